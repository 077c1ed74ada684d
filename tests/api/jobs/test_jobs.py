"""Jobs in real processes: started, ended, killed, cancelled, found again by another server."""

import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from api.jobs.store import ENDED, JobStore, PlanOrder, UnknownJobError, end_job, read_json
from api.jobs.supervisor import Supervisor

ORDER = PlanOrder("tutorial_line", overrides=("rain",), seed=7)

# A worker is any program that is handed the job's folder; these are real ones, only quicker than planning.
SUCCEEDS = (
    "import sys; from pathlib import Path; from api.jobs.store import end_job, replace_json;"
    "folder = Path(sys.argv[1]); replace_json(folder / 'progress.json', {'stage': 'search', 'share': 0.5});"
    "end_job(folder, 'succeeded')"
)
SLEEPS = "import time; time.sleep(600)"
SLEEPS_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
SLEEPS_WITH_CHILD = (
    "import subprocess, sys, time; from pathlib import Path;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "(Path(sys.argv[1]) / 'child').write_text(str(child.pid)); time.sleep(600)"
)
BREAKS = "raise SystemExit(9)"


def until(condition: Callable[[], bool], patience_s: float = 30.0) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def running_with(store: JobStore, program: str, at_once: int = 1) -> Supervisor:
    supervisor = Supervisor(store, at_once, (sys.executable, "-c", program))
    supervisor.start()
    return supervisor


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path / "jobs")


def test_an_order_is_kept_as_given_and_waits(store: JobStore) -> None:
    job = store.create(ORDER)
    assert (job.order, job.status, job.ended_at) == (ORDER, "queued", None)
    assert JobStore(store.directory).get(job.job_id) == job


@pytest.mark.parametrize("strange", ["", ".", "..", "../etc", "a/b", "nothing", ".hidden"])
def test_an_id_that_is_no_job_is_unknown_and_never_leads_out_of_the_store(store: JobStore, strange: str) -> None:
    store.create(ORDER)
    with pytest.raises(UnknownJobError):
        store.folder(strange)


def test_the_first_outcome_stays(store: JobStore) -> None:
    folder = store.folder(store.create(ORDER).job_id)
    assert end_job(folder, "succeeded")
    assert not end_job(folder, "cancelled")
    assert (read_json(folder / "outcome.json") or {})["status"] == "succeeded"
    assert not list(folder.glob("*.part"))


def test_jobs_run_oldest_first_and_one_at_a_time(store: JobStore) -> None:
    jobs = [store.create(ORDER).job_id for _ in range(3)]
    supervisor = running_with(store, SUCCEEDS)
    try:
        until(lambda: all(store.get(job).status == "succeeded" for job in jobs))
    finally:
        supervisor.stop()
    found = [store.get(job) for job in jobs]
    assert [job.share for job in found] == [1.0, 1.0, 1.0]
    for earlier, later in pairwise(found):
        assert earlier.ended_at is not None
        assert later.started_at is not None
        assert earlier.ended_at <= later.started_at


def test_no_more_jobs_at_once_than_allowed(store: JobStore) -> None:
    jobs = [store.create(ORDER).job_id for _ in range(3)]
    supervisor = running_with(store, SLEEPS, at_once=2)
    try:
        until(lambda: [store.get(job).status for job in jobs].count("running") == 2)
        supervisor.tick()
        assert [store.get(job).status for job in jobs] == ["running", "running", "queued"]
    finally:
        supervisor.stop()


@pytest.mark.parametrize(("program", "reason"), [(BREAKS, "exit code was 9"), (SLEEPS, "SIGKILL")])
def test_a_worker_that_ends_without_a_result_fails_its_job_with_the_reason(
    store: JobStore, program: str, reason: str
) -> None:
    job = store.create(ORDER).job_id
    supervisor = running_with(store, program)
    try:
        if program == SLEEPS:
            until(lambda: store.get(job).status == "running")
            os.kill((read_json(store.folder(job) / "worker.json") or {})["pid"], signal.SIGKILL)
        until((store.folder(job) / "outcome.json").exists)
    finally:
        supervisor.stop()
    problem = store.get(job).problem
    assert store.get(job).status == "failed"
    assert problem is not None
    assert problem["code"] == "worker-died"
    assert reason in problem["detail"]


@pytest.mark.parametrize("program", [SLEEPS, SLEEPS_DEAF])
def test_cancel_ends_the_worker_even_if_it_does_not_listen(store: JobStore, program: str) -> None:
    job = store.create(ORDER).job_id
    supervisor = running_with(store, program)
    try:
        until(lambda: store.get(job).status == "running")
        pid = (read_json(store.folder(job) / "worker.json") or {})["pid"]
        assert supervisor.cancel(job).status == "cancelled"
        until(lambda: not _exists(pid))
    finally:
        supervisor.stop()


def test_cancel_ends_what_the_worker_had_started_too(store: JobStore) -> None:
    job = store.create(ORDER).job_id
    supervisor = running_with(store, SLEEPS_WITH_CHILD)
    child_file = store.folder(job) / "child"
    try:
        until(lambda: child_file.exists() and child_file.read_text() != "")
        supervisor.cancel(job)
        until(lambda: not _exists(int(child_file.read_text())))
    finally:
        supervisor.stop()


def test_cancel_of_a_waiting_job_means_that_it_never_starts(store: JobStore) -> None:
    supervisor = Supervisor(store, 1, (sys.executable, "-c", SUCCEEDS))
    job = store.create(ORDER).job_id
    assert supervisor.cancel(job).status == "cancelled"
    supervisor.tick()
    assert (store.get(job).status, store.get(job).started_at) == ("cancelled", None)


def test_cancel_does_not_change_a_job_that_has_ended(store: JobStore) -> None:
    job = store.create(ORDER).job_id
    end_job(store.folder(job), "succeeded")
    assert Supervisor(store).cancel(job).status == "succeeded"


def test_a_stopped_server_puts_its_work_back_and_the_next_one_does_it(store: JobStore) -> None:
    job = store.create(ORDER).job_id
    first = running_with(store, SLEEPS)
    until(lambda: store.get(job).status == "running")
    pid = (read_json(store.folder(job) / "worker.json") or {})["pid"]
    first.stop()
    assert not _exists(pid)
    assert store.get(job).status == "queued"
    second = running_with(store, SUCCEEDS)
    try:
        until(lambda: store.get(job).status in ENDED)
    finally:
        second.stop()
    assert store.get(job).status == "succeeded"


def test_another_server_finds_a_living_worker_and_can_cancel_it(store: JobStore) -> None:
    """What happens after kill -9 of a server: its worker lives on, and the next server takes over."""
    job = store.create(ORDER).job_id
    crashed = Supervisor(store, 1, (sys.executable, "-c", SLEEPS))
    crashed.tick()
    successor = Supervisor(JobStore(store.directory), 1, (sys.executable, "-c", SUCCEEDS))
    successor.tick()
    assert successor.store.get(job).status == "running"
    assert successor.cancel(job).status == "cancelled"
    crashed.tick()  # reaps the process that this test, unlike a crash, still has as its child
    assert crashed.store.get(job).status == "cancelled"


def test_another_server_fails_a_job_whose_worker_died_meanwhile(store: JobStore) -> None:
    job = store.create(ORDER).job_id
    crashed = Supervisor(store, 1, (sys.executable, "-c", SLEEPS))
    crashed.tick()
    os.kill((read_json(store.folder(job) / "worker.json") or {})["pid"], signal.SIGKILL)
    successor = Supervisor(JobStore(store.directory))
    until(lambda: store.get(job).status == "failed")
    successor.tick()
    problem = store.get(job).problem
    assert problem is not None
    assert problem["whose_fault"] == "headwatt"
    crashed.tick()


def _exists(pid: int) -> bool:
    """True while the process runs; one that has ended and waits to be reaped counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")
