"""The jobs on disk: order, progress and outcome of each job.

A restarted server reads the same files. A job is a folder. Each file has one writer and appears atomically. The status
is not stored; it follows from the files. `order.json` exists from the start, `worker.json` after the start of a worker;
the worker writes `progress.json`; `plan/` contains the files of a succeeded job; `outcome.json` is written once, by the
process that ends the job first, and never changes. The worker holds a lock on `worker.lock` as long as it runs; the
lock shows whether the worker still runs, even if process ids are used again. `keep_best` exists after a request for the
best plan so far; the worker checks for this file.
"""

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from api.plan_files.placing import recover
from dispatch.planner.options import ServiceOptions

JobStatus = Literal["queued", "running", "succeeded", "infeasible", "failed", "cancelled"]
KEEP_BEST = "keep_best"
ENDED: frozenset[JobStatus] = frozenset({"succeeded", "infeasible", "failed", "cancelled"})


@dataclass(frozen=True)
class PlanOrder(ServiceOptions):
    """The order of a client: only names, numbers and texts, so that it can be stored.

    `headways` is the text of a table of required headways. `fixes` and `vehicle` are the content or the text of a fixes
    file or a vehicle file, `fleet` is the content of a vehicle file by vehicle; `from_plan` is the id of the plan at
    the start of the search.
    """

    scenario: str
    overrides: tuple[str, ...] = ()
    replications: int = 10
    fixes: dict[str, Any] | str | None = None
    headways: str | None = None
    from_plan: str | None = None
    vehicle: dict[str, Any] | str | None = None
    fleet: dict[str, Any] | None = None
    as_type: str | None = None


@dataclass(frozen=True)
class Job:
    """The present state of a job; times are UTC in ISO 8601, `problem` is a problem+json object.

    `is_ending` is true after a request to end the search with the best plan so far.
    """

    job_id: str
    order: PlanOrder
    status: JobStatus
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    stage: str = ""
    share: float = 0.0
    problem: dict[str, Any] | None = None
    is_ending: bool = False


class UnknownJobError(KeyError):
    """No job has this id."""


def now_utc() -> str:
    """The present time, UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def replace_json(path: Path, value: object) -> None:
    """Write a JSON file so that a reader gets the complete old or the complete new file."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file, or None without the file."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return dict(loaded)


def order_of(written: dict[str, Any]) -> PlanOrder:
    """The order in the content of `order.json`."""
    order = written["order"]
    return PlanOrder(**{**order, "overrides": tuple(order["overrides"])})


def end_job(folder: Path, status: JobStatus, problem: dict[str, Any] | None = None) -> bool:
    """Write the outcome unless it exists already; True if this call ended the job."""
    part = folder / f"outcome.{secrets.token_hex(4)}.part"
    value = {"status": status, "ended_at": now_utc(), "problem": problem}
    part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    try:
        os.link(part, folder / "outcome.json")  # unlike a rename, a link never replaces an earlier outcome
    except FileExistsError:
        return False
    finally:
        part.unlink()
    return True


class JobStore:
    """All jobs below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def create(self, order: PlanOrder) -> Job:
        """Store a new job; it waits until a supervisor starts it."""
        job_id = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f") + "-" + secrets.token_hex(3)
        part = self.directory / f".{job_id}"
        part.mkdir()
        replace_json(part / "order.json", {"order": asdict(order), "created_at": now_utc()})
        part.rename(self.directory / job_id)
        return self.get(job_id)

    def folder(self, job_id: str) -> Path:
        """Folder of a job, always inside the store; raises `UnknownJobError`."""
        folder = self.directory / job_id
        if job_id.startswith(".") or Path(job_id).name != job_id or not (folder / "order.json").is_file():
            raise UnknownJobError(job_id)
        return folder

    def get(self, job_id: str) -> Job:
        """The present state of a job; raises `UnknownJobError`."""
        folder = self.folder(job_id)
        written = read_json(folder / "order.json") or {}
        started = read_json(folder / "worker.json")
        progress = read_json(folder / "progress.json") or {}
        # The lock is checked before the outcome is read, because a worker writes its outcome before it releases the
        # lock.
        alive = worker_alive(folder)
        outcome = read_json(folder / "outcome.json")
        status: JobStatus
        if outcome is not None:
            status = outcome["status"]
        elif started is None:
            status = "queued"
        else:
            status = "running" if alive else "failed"
        return Job(
            job_id=job_id,
            order=order_of(written),
            status=status,
            created_at=written["created_at"],
            started_at=started["started_at"] if started else None,
            ended_at=outcome["ended_at"] if outcome else None,
            stage=progress.get("stage", ""),
            share=1.0 if status == "succeeded" else progress.get("share", 0.0),
            problem=outcome["problem"] if outcome else None,
            is_ending=status == "running" and (folder / KEEP_BEST).exists(),
        )

    def ids(self) -> tuple[str, ...]:
        """Ids of all jobs, oldest first."""
        return tuple(sorted(path.parent.name for path in self.directory.glob("[!.]*/order.json")))

    def all(self) -> tuple[Job, ...]:
        """The present state of all jobs, oldest first."""
        return tuple(self.get(job_id) for job_id in self.ids())

    def forget_start(self, job_id: str) -> None:
        """Put a job whose worker was stopped back into the queue."""
        folder = self.folder(job_id)
        recover(folder / "plan")
        (folder / "progress.json").unlink(missing_ok=True)
        (folder / "worker.json").unlink(missing_ok=True)


def worker_alive(folder: Path) -> bool:
    """Whether a worker holds the lock of the job."""
    try:
        descriptor = os.open(folder / "worker.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


@contextmanager
def worker_lock(folder: Path) -> Iterator[int | None]:
    """Take the lock for a worker and yield its descriptor for the worker; None if another worker holds the lock."""
    descriptor = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # the worker keeps the lock, because it shares the open file
