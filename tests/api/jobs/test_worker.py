"""Workers in real processes on both databases: jobs done once, killed workers, stops, a worker that leaves."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from finished_plans import ordered

from api.jobs.plan_order import PlanOrder
from api.jobs.port import ENDED, Job, Keep
from api.jobs.stored_jobs import StoredJobs
from api.state.database import SETTING, Database

pytest_plugins = ["state_databases"]

ORDER = PlanOrder("tutorial_line")
JOBS = StoredJobs()


def until(condition: Callable[[], bool], patience_s: float = 300.0) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


@dataclass(frozen=True)
class Place:
    """A data folder and its database."""

    data: Path
    database: Database

    @contextmanager
    def worker(self, program: str, at_once: int = 1) -> Iterator["subprocess.Popen[bytes]"]:
        """A worker process, which ends with SIGTERM unless it has ended before."""
        environment = {**os.environ, SETTING: self.database.url, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = (sys.executable, "-m", "job_worker", program, str(self.data), str(at_once))
        process = subprocess.Popen(command, env=environment)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def order(self) -> str:
        return ordered(self.database, ORDER)

    def job(self, job_id: str) -> Job:
        with self.database.reading() as session:
            return JOBS.get(session, job_id)

    def stop(self, job_id: str, keep: Keep = "nothing") -> Job:
        with self.database.writing() as session:
            return JOBS.stop(session, job_id, keep)

    def starts(self) -> Counter[str]:
        file = self.data / "starts"
        return Counter(file.read_text().split()) if file.exists() else Counter()


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    data = tmp_path / "data"
    data.mkdir()
    return Place(data, database)


def exists(pid: int) -> bool:
    """True while the process runs; one that has ended and waits to be reaped counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.many_cases
def test_jobs_are_done_once_each_and_a_killed_job_fails_with_the_reason(place: Place) -> None:
    jobs = [place.order() for _ in range(3)]
    with place.worker("second", at_once=2):
        until(lambda: all(place.job(job).status == "succeeded" for job in jobs))
        assert place.starts() == Counter(jobs)
    dying = place.order()
    with place.worker("dies"):
        until(lambda: place.job(dying).status in ENDED)
    problem = place.job(dying).problem
    assert problem is not None
    assert (place.job(dying).status, problem["code"]) == ("failed", "worker-died")
    assert "SIGKILL" in problem["detail"]


@pytest.mark.many_cases
def test_a_killed_worker_loses_no_job_and_its_successor_does_it(place: Place) -> None:
    """Two jobs: one that runs at the worker that is killed, one that waits."""
    running, waiting = place.order(), place.order()
    with place.worker("sleeps") as worker:
        until(lambda: "running" in (place.job(running).status, place.job(waiting).status))
        worker.kill()
        worker.wait()
    with place.worker("second"):
        until(lambda: all(place.job(job).status in ENDED for job in (running, waiting)))
    assert {place.job(job).status for job in (running, waiting)} == {"succeeded"}


@pytest.mark.many_cases
def test_a_second_worker_takes_over_the_jobs_of_a_dead_one(place: Place) -> None:
    job = place.order()
    with place.worker("sleeps") as first:
        until(lambda: place.job(job).status == "running")
        with place.worker("second"):
            first.kill()
            first.wait()
            until(lambda: place.job(job).status in ENDED)
    assert place.job(job).status == "succeeded"


@pytest.mark.many_cases
def test_a_stopped_job_ends_with_all_of_its_processes(place: Place) -> None:
    job = place.order()
    child = place.data / "child"
    with place.worker("child"):
        until(lambda: child.exists() and child.read_text() != "")
        assert place.stop(job).status == "cancelled"
        until(lambda: not exists(int(child.read_text())))
        assert place.job(job).status == "cancelled"


@pytest.mark.many_cases
def test_a_search_ends_with_its_best_and_a_leaving_worker_returns_its_job(place: Place) -> None:
    job = place.order()
    with place.worker("until_stopped"):
        until(lambda: place.job(job).status == "running")
    assert place.job(job).status == "queued"
    with place.worker("until_stopped"):
        until(lambda: place.job(job).status == "running")
        assert place.stop(job, "best").is_ending
        until(lambda: place.job(job).status in ENDED)
    assert place.job(job).status == "succeeded"


@pytest.mark.many_cases
def test_a_job_that_does_not_listen_is_killed(place: Place) -> None:
    job = place.order()
    with place.worker("deaf"):
        until(lambda: place.job(job).status == "running")
        until(lambda: place.starts()[job] == 1)
        place.stop(job)
    assert place.job(job).status == "cancelled"


@pytest.mark.many_cases
def test_twenty_kills_lose_nothing_and_finish_nothing_twice(place: Place) -> None:
    """Workers are killed at twenty moments; at the end each job has succeeded, and no process of a job is left."""
    jobs = [place.order() for _ in range(6)]
    for kill in range(20):
        with place.worker("second") as worker:
            time.sleep(1.0 + 0.37 * kill % 3.1)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    with place.worker("second"):
        until(lambda: all(place.job(job).status in ENDED for job in jobs))
    assert {place.job(job).status for job in jobs} == {"succeeded"}
