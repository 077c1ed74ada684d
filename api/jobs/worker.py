"""The worker process: it computes jobs until a signal ends it. `headwatt worker` and `headwatt serve` start it."""

import fcntl
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from pathlib import Path

from api.jobs.engine import Engine
from api.jobs.port import Limits
from api.jobs.process import COMMAND
from api.process_memory import settle_memory
from api.state import jobs as rows
from api.state.database import Database, DatabaseUnavailableError, now
from api.state.job_tables import WorkerRow
from api.state.migrate import require_current
from api.version import headwatt_version

TICK_S = 1.0
BEAT_TICKS = 3
"""A living worker shows itself every three seconds."""
DEAD_AFTER = 5
"""A worker is dead if it did not show itself between so many beats of an observer. Looks are counted instead of
seconds, so that a machine that slept takes over nothing."""
REPAIR_TICKS = 30
_log = logging.getLogger("headwatt.jobs")


class Worker:
    """A worker of an installation: takes jobs, shows that it lives, and takes over the jobs of dead workers."""

    def __init__(
        self,
        database: Database,
        data: Path,
        at_once: int,
        limits: Limits,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.database = database
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.engine = Engine(database, data, self.worker_id, at_once, limits, command)
        self._locks = data / "workers"
        self._own_lock: int | None = None
        self._seen: dict[str, tuple[int, int]] = {}
        self._ended = threading.Event()
        self._parent_died = threading.Event()

    def run(self) -> None:
        """Work until `end` is called, or until the parent has died and no job is left."""
        require_current(self.database)
        self._register()
        self.engine.launch()
        self.engine.repair()
        tick = 0
        while not self._ended.wait(TICK_S):
            try:
                self._tick(tick)
            except DatabaseUnavailableError:
                _log.warning("The database does not answer.")
            except Exception:
                _log.exception("A check of the jobs failed.")
            if self._parent_died.is_set():
                self.engine.is_draining = True
                if not self.engine.running:
                    break
            tick += 1
        self._leave()

    def end(self) -> None:
        """End soon; running jobs return to the queue."""
        self._ended.set()

    def end_after_jobs(self) -> None:
        """End when the running jobs have ended, without new ones."""
        self._parent_died.set()

    def _tick(self, tick: int) -> None:
        self.engine.hand_over()
        if tick % BEAT_TICKS == 0:
            with self.database.writing() as session:
                is_known = rows.beat(session, self.worker_id)
            if not is_known:
                self._register()
            self.engine.take_over(self._alive())
        if tick % REPAIR_TICKS == REPAIR_TICKS - 1:
            self.engine.repair()

    def _alive(self) -> set[str]:
        """The workers that live; the others are removed."""
        with self.database.reading() as session:
            found = rows.workers(session)
        dead = [one.id for one in found if one.id != self.worker_id and self._is_dead(one)]
        if dead:
            with self.database.writing() as session:
                for worker_id in dead:
                    rows.remove_worker(session, worker_id)
                    self._seen.pop(worker_id, None)
        return {one.id for one in found} - set(dead) | {self.worker_id}

    def _is_dead(self, worker: WorkerRow) -> bool:
        if worker.host == socket.gethostname() and _is_free(self._locks / worker.id):
            return True
        beat, looks = self._seen.get(worker.id, (worker.beat, -1))
        self._seen[worker.id] = (worker.beat, looks + 1 if beat == worker.beat else 0)
        return self._seen[worker.id][1] >= DEAD_AFTER

    def _register(self) -> None:
        if self._own_lock is None:
            self._locks.mkdir(parents=True, exist_ok=True)
            self._own_lock = os.open(self._locks / self.worker_id, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._own_lock, fcntl.LOCK_EX)
        with self.database.writing() as session:
            rows.add_worker(
                session,
                WorkerRow(
                    id=self.worker_id, host=socket.gethostname(), pid=os.getpid(), version=headwatt_version(),
                    at_once=self.engine.at_once, started_at=now(), seen_at=now(), beat=0,
                ),
            )  # fmt: skip

    def _leave(self) -> None:
        """Return the running jobs to the queue; the next worker finds them without a living worker."""
        self.engine.is_draining = True
        self.engine.end_processes()
        with self.database.writing() as session:
            rows.release_jobs(session, self.worker_id)
            rows.remove_worker(session, self.worker_id)
        (self._locks / self.worker_id).unlink(missing_ok=True)


def _is_free(lock: Path) -> bool:
    """Whether no process holds the lock of a worker of this machine."""
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return False  # some network file systems have no locks
    else:
        lock.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def run_worker(database: Database, data: Path, at_once: int, limits: Limits, *, has_parent: bool = False) -> None:
    """Run a worker in this process until SIGTERM or SIGINT; with a parent, until the end of the standard input."""
    worker = Worker(database, data, at_once, limits)
    for received in (signal.SIGTERM, signal.SIGINT):
        signal.signal(received, lambda *_: worker.end())
    if has_parent:

        def wait() -> None:
            sys.stdin.buffer.read()
            worker.end_after_jobs()

        threading.Thread(target=wait, name="headwatt-parent-lives", daemon=True).start()
    settle_memory()
    worker.run()
    # The threads of the engine must not write outcomes of jobs that are queued again.
    os._exit(0)
