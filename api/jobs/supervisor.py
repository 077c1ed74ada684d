"""The supervisor: starts a worker process for each queued job, detects ended workers, stops cancelled jobs."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from api.jobs.store import (
    ENDED,
    KEEP_BEST,
    Job,
    JobStore,
    end_job,
    now_utc,
    read_json,
    replace_json,
    worker_alive,
    worker_lock,
)
from api.problems import Problem, ProblemKind

WORKER_COMMAND = (sys.executable, "-m", "api.jobs.worker")
_GRACE_S = 3.0
_TICK_S = 0.2


class Supervisor:
    """Runs the queued jobs of a store, oldest first, at most `at_once` at a time, each in its own process.

    A worker has its own session: it continues after a kill of the server, and the next supervisor finds it by its lock.
    `stop` ends the workers and queues their jobs again; a repeated job gives the same plan.
    """

    def __init__(self, store: JobStore, at_once: int = 1, command: Sequence[str] = WORKER_COMMAND) -> None:
        self.store = store
        self.at_once = at_once
        self._command = tuple(command)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="headwatt-supervisor", daemon=True)

    def start(self) -> None:
        """Start the supervision in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop every worker of this supervisor and queue its job again."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            for job_id, child in self._children.items():
                folder = self.store.folder(job_id)
                _stop_group(folder, child.pid)
                child.wait()
                if not (folder / "outcome.json").exists():
                    self.store.forget_start(job_id)
            self._children.clear()

    def wake(self) -> None:
        """Check the queue now instead of at the next tick."""
        self._wake.set()

    def cancel(self, job_id: str, *, keep_best: bool = False) -> Job:
        """Stop a job and return it; an ended job keeps its outcome. Raises `UnknownJobError`.

        With `keep_best`, a running job ends its search and finishes with the best plan so far.
        """
        with self._lock:
            folder = self.store.folder(job_id)
            status = self.store.get(job_id).status
            if keep_best and status == "running":
                (folder / KEEP_BEST).touch()
            elif status not in ENDED:
                started = read_json(folder / "worker.json")
                if started is not None:
                    _stop_group(folder, started["pid"])
                end_job(folder, "cancelled")
        self.wake()
        return self.store.get(job_id)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self.tick()
            self._wake.wait(_TICK_S)
            self._wake.clear()

    def tick(self) -> None:
        """Check all jobs once: end jobs with an ended worker, start the next jobs."""
        with self._lock:
            for job_id, child in list(self._children.items()):
                if child.poll() is not None:
                    del self._children[job_id]
                    self._end_dead(job_id, child.returncode)
            waiting: list[str] = []
            running = 0
            for job_id in self.store.ids():
                folder = self.store.folder(job_id)
                if (folder / "outcome.json").exists():
                    continue
                if not (folder / "worker.json").exists():
                    waiting.append(job_id)
                elif worker_alive(folder):
                    running += 1
                elif job_id not in self._children:
                    self._end_dead(job_id, None)
            for job_id in waiting[: max(self.at_once - running, 0)]:
                self._start(job_id)

    def _start(self, job_id: str) -> None:
        folder = self.store.folder(job_id)
        with worker_lock(folder) as descriptor:
            if descriptor is None or (folder / "worker.json").exists() or (folder / "outcome.json").exists():
                return  # another server was faster
            with (folder / "worker.log").open("ab") as log:
                child = subprocess.Popen(
                    (*self._command, str(folder)),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=(descriptor,),
                )
            replace_json(folder / "worker.json", {"pid": child.pid, "started_at": now_utc()})
            self._children[job_id] = child

    def _end_dead(self, job_id: str, returncode: int | None) -> None:
        folder = self.store.folder(job_id)
        if (folder / "outcome.json").exists():
            return
        if returncode is not None and returncode < 0:
            how = f"signal {-returncode} ({signal.Signals(-returncode).name}) ended the worker"
        elif returncode is not None:
            how = f"its exit code was {returncode}"
        else:
            how = "it had ended before the check of the server"
        end_job(folder, "failed", Problem(ProblemKind.WORKER_DIED, f"The worker has no result: {how}.").as_json())


def _stop_group(folder: Path, pid: int) -> None:
    """End a worker and its children: first SIGTERM, then SIGKILL. The lock shows whether the worker still runs."""
    for sent, patience_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _GRACE_S)):
        if not worker_alive(folder):
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, sent)
        until = time.monotonic() + patience_s
        while worker_alive(folder) and time.monotonic() < until:
            time.sleep(0.02)
