"""A real Dask cluster on this machine: a scheduler and two worker processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    """The address of a scheduler of Dask, and its two worker processes, started as an engineer starts them."""
    pytest.importorskip("distributed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    file = tmp_path / "scheduler.json"

    def dask(*arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
        log = (tmp_path / f"{arguments[0]}.log").open("ab")
        return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)

    where = ("--scheduler-file", str(file), "--no-dashboard")
    scheduler = dask("dask_scheduler", "--host", "127.0.0.1", "--port", "0", *where)
    worker = ("dask_worker", "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
    workers = [dask(*worker, "--local-directory", str(tmp_path / name), *where) for name in ("one", "two")]
    from distributed import Client

    try:
        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            address = str(client.scheduler.address)
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
