"""The rows of jobs and workers: each function is one step in the life of a job and says when it does nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Select, bindparam, delete, func, select, tuple_, update

from api.state.columns import insert_row
from api.state.database import Session, now
from api.state.job_tables import HOLDS_CHANGES, ChangeCounterRow, JobFileRow, JobRow, WorkerRow
from api.state.line_filter import caller_of, line_is_seen

ACTIVE = ("queued", "running")
# These run for each order; as statements of columns around the session, they take a fifth of the time.
_COUNT_CHANGE = update(ChangeCounterRow).values(value=ChangeCounterRow.value + 1).returning(ChangeCounterRow.value)
_WAITING = (
    select(func.count()).select_from(JobRow).where(JobRow.owner_id == bindparam("owner_id"), JobRow.status == "queued")
)
_MOST_OF_AN_OWNER = 20


@dataclass(frozen=True)
class JobStamp:
    """A job with the number that grows with each change of the job."""

    job_id: str
    created_at: datetime
    change: int


def _next_change(session: Session) -> int:
    """A number larger than that of each change before; other transactions with a change wait for this one."""
    session.info[HOLDS_CHANGES] = True
    return int(session.connection().execute(_COUNT_CHANGE).scalar_one())


def add_job(session: Session, /, **values: Any) -> int:
    """Store a new job with these values; return the number of this change."""
    change = _next_change(session)
    insert_row(session, JobRow, **values, change=change)
    return change


def job_row(session: Session, job_id: str) -> JobRow | None:
    """A job."""
    return session.get(JobRow, job_id, populate_existing=True)


def job_stamp(session: Session, job_id: str) -> JobStamp | None:
    """The stamp of a job; this takes a tenth of the time that the job itself takes."""
    found = session.connection().execute(_stamp_of_job(caller_of(session).lines), {"id": job_id}).one_or_none()
    return JobStamp(*found) if found is not None else None


def job_rows(session: Session, job_ids: Collection[str]) -> Sequence[JobRow]:
    """The jobs with these ids."""
    asked = select(JobRow).where(JobRow.id.in_(job_ids)).execution_options(populate_existing=True)
    return session.scalars(asked).all()


def newest_jobs(
    session: Session,
    limit: int,
    before: tuple[datetime, str] | None = None,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = (),
) -> list[JobStamp]:
    """The stamps of jobs, newest first, after the job with the time and the id `before`; of all kinds by default."""
    asked = _newest_stamps(caller_of(session).lines)
    if before is not None:
        asked = asked.where(tuple_(JobRow.created_at, JobRow.id) < before)
    if kinds:
        asked = asked.where(JobRow.kind.in_(kinds))
    if statuses:
        asked = asked.where(JobRow.status.in_(statuses))
    return [JobStamp(*found) for found in session.connection().execute(asked, {"limit": limit})]


def add_job_files(session: Session, job_id: str, role: Literal["input", "result"], files: Mapping[str, str]) -> None:
    """Name the files of a job, by name and SHA-256; the files themselves are named before."""
    for name, sha256 in files.items():
        session.add(JobFileRow(job_id=job_id, role=role, name=name, sha256=sha256))
    session.flush()


def job_files(session: Session, job_id: str, role: Literal["input", "result"] = "result") -> dict[str, str]:
    """The files of a job: SHA-256 by name."""
    asked = select(JobFileRow.name, JobFileRow.sha256).where(JobFileRow.job_id == job_id, JobFileRow.role == role)
    return dict(session.execute(asked.order_by(JobFileRow.name)).all())


def note_result(session: Session, job_id: str, result: Mapping[str, Any]) -> None:
    """Add what became of a job when its end was written, such as the number of a new version."""
    session.execute(update(JobRow).where(JobRow.id == job_id).values(result=dict(result)))


def files_of_jobs(session: Session, job_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """The files that jobs made: SHA-256 by name, by job."""
    asked = select(JobFileRow.job_id, JobFileRow.name, JobFileRow.sha256)
    asked = asked.where(JobFileRow.job_id.in_(job_ids), JobFileRow.role == "result").order_by(JobFileRow.name)
    files: dict[str, dict[str, str]] = {job_id: {} for job_id in job_ids}
    for job_id, name, sha256 in session.execute(asked):
        files[job_id][name] = sha256
    return files


def jobs_changed_since(session: Session, change: int, limit: int) -> Sequence[tuple[str, int]]:
    """Id and change of the jobs with a change after `change`, in the order of their changes."""
    asked = select(JobRow.id, JobRow.change).where(JobRow.change > change).order_by(JobRow.change).limit(limit)
    return session.execute(asked).all()


def newest_change(session: Session) -> int:
    """The number of the newest change of any job."""
    return session.execute(select(ChangeCounterRow.value)).scalar_one()


def waiting_jobs(session: Session, owner_id: str) -> int:
    """Number of jobs of a user in the queue."""
    return session.connection().execute(_WAITING, {"owner_id": owner_id}).scalar_one()


def jobs_by_status(session: Session) -> dict[str, int]:
    """Number of jobs by status."""
    return dict(session.connection().execute(_count_by_status(caller_of(session).lines)).all())


def active_jobs(session: Session) -> Sequence[JobRow]:
    """Jobs that have not ended, oldest first."""
    return session.scalars(select(JobRow).where(JobRow.status.in_(ACTIVE)).order_by(JobRow.created_at)).all()


def jobs_without_engine(session: Session, limit: int = 100) -> Sequence[JobRow]:
    """Jobs in the queue that the engine may get now, oldest first: no more of an owner than may run at once."""
    owner_and_lane = (JobRow.owner_id, JobRow.lane)
    # Only the oldest jobs of each owner, so that a long queue of one owner does not hide the jobs of the others.
    place_in_line = func.row_number().over(partition_by=owner_and_lane, order_by=JobRow.created_at).label("place")
    ranked = select(JobRow.id, place_in_line).where(JobRow.status == "queued", JobRow.engine_id.is_(None)).subquery()
    oldest = select(JobRow).join(ranked, ranked.c.id == JobRow.id).where(ranked.c.place <= _MOST_OF_AN_OWNER)
    waiting = session.scalars(oldest.order_by(JobRow.created_at).limit(limit)).all()
    if not waiting:
        return ()
    owners = {job.owner_id for job in waiting}
    at_engine = select(*owner_and_lane, func.count()).group_by(*owner_and_lane)
    at_engine = at_engine.where(JobRow.owner_id.in_(owners), JobRow.status.in_(ACTIVE), JobRow.engine_id.is_not(None))
    count = {(owner, lane): number for owner, lane, number in session.execute(at_engine)}
    ready = []
    for job in waiting:
        place = (job.owner_id, job.lane)
        if job.at_once is None or count.get(place, 0) < job.at_once:
            count[place] = count.get(place, 0) + 1
            ready.append(job)
    return ready


def note_engine(session: Session, job_id: str, engine_id: str | None) -> None:
    """Note the job's name in the engine."""
    session.execute(update(JobRow).where(JobRow.id == job_id).values(engine_id=engine_id))


def begin_job(session: Session, job_id: str, worker_id: str) -> JobRow | None:
    """Mark a job as running at a worker; None if the job has ended meanwhile."""
    begun = (
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.status.in_(ACTIVE))
        .values(
            status="running",
            worker_id=worker_id,
            attempt=JobRow.attempt + 1,
            started_at=func.coalesce(JobRow.started_at, now()),
            stage="",
            share=0.0,
            best=None,
            change=_next_change(session),
        )
    )
    return job_row(session, job_id) if session.execute(begun).rowcount else None  # type: ignore[attr-defined]


def note_progress(
    session: Session, job_id: str, worker_id: str, stage: str, share: float, best: Mapping[str, Any] | None = None
) -> None:
    """Store the progress of a job that runs at a worker, with the best that its search has found so far."""
    session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.status == "running", JobRow.worker_id == worker_id)
        .values(stage=stage, share=share, best=dict(best) if best is not None else None, change=_next_change(session))
    )


def requested_stop(session: Session, job_id: str, worker_id: str) -> str | None:
    """`nothing` if a worker has to end a job at once, `best` if it has to end it with the best so far."""
    asked = select(JobRow.stop).where(JobRow.id == job_id, JobRow.status == "running", JobRow.worker_id == worker_id)
    found = session.scalars(asked).all()
    return found[0] if found else "nothing"


def end_job(
    session: Session,
    job_id: str,
    status: str,
    problem: Mapping[str, Any] | None = None,
    result: Mapping[str, Any] | None = None,
) -> bool:
    """End a job; False if it had ended before: the first end stays."""
    ended = (
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.status.in_(ACTIVE))
        .values(
            status=status,
            ended_at=now(),
            problem=dict(problem) if problem is not None else None,
            result=dict(result) if result is not None else None,
            share=1.0 if status == "succeeded" else JobRow.share,
            change=_next_change(session),
        )
    )
    return bool(session.execute(ended).rowcount)  # type: ignore[attr-defined]


def request_best(session: Session, job_id: str) -> None:
    """Request that a running job ends with its best so far."""
    wanted = update(JobRow).where(JobRow.id == job_id, JobRow.status == "running")
    session.execute(wanted.values(stop="best", change=_next_change(session)))


def queue_again(session: Session, job_id: str, *, of_statuses: Sequence[str]) -> bool:
    """Put a job with one of some statuses back into the queue, without what an earlier attempt left."""
    queued = (
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.status.in_(of_statuses))
        .values(
            status="queued", engine_id=None, worker_id=None, started_at=None, ended_at=None, problem=None, stop=None,
            stage="", share=0.0, best=None, change=_next_change(session),
        )
    )  # fmt: skip
    return bool(session.execute(queued).rowcount)  # type: ignore[attr-defined]


def release_jobs(session: Session, worker_id: str) -> None:
    """Put the running jobs of a worker back into the queue; the engine still has them."""
    released = update(JobRow).where(JobRow.worker_id == worker_id, JobRow.status == "running")
    session.execute(
        released.values(
            status="queued",
            worker_id=None,
            started_at=None,
            stage="",
            share=0.0,
            best=None,
            change=_next_change(session),
        )
    )


def add_worker(session: Session, worker: WorkerRow) -> None:
    """Store a new worker."""
    session.add(worker)


def beat(session: Session, worker_id: str) -> bool:
    """Show that a worker lives; False if another worker has declared it dead."""
    alive = update(WorkerRow).where(WorkerRow.id == worker_id).values(beat=WorkerRow.beat + 1, seen_at=now())
    return bool(session.execute(alive).rowcount)  # type: ignore[attr-defined]


def workers(session: Session) -> Sequence[WorkerRow]:
    """All workers that have not ended or were not declared dead."""
    return session.scalars(select(WorkerRow).order_by(WorkerRow.started_at)).all()


def remove_worker(session: Session, worker_id: str) -> None:
    """Forget a worker."""
    session.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))


def count_attempt(session: Session, job_id: str) -> None:
    """Count an attempt that the engine lost, so that the job gets a new name in the engine."""
    session.execute(update(JobRow).where(JobRow.id == job_id).values(attempt=JobRow.attempt + 1))


# The caches hold few statements: one for each set of lines that a user sees.
@lru_cache(maxsize=256)
def _stamp_of_job(lines: frozenset[str] | None) -> Select[str, datetime, int]:
    return _stamps(lines).where(JobRow.id == bindparam("id"))


@lru_cache(maxsize=256)
def _newest_stamps(lines: frozenset[str] | None) -> Select[str, datetime, int]:
    return _stamps(lines).order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(bindparam("limit"))


@lru_cache(maxsize=256)
def _count_by_status(lines: frozenset[str] | None) -> Select[str, int]:
    return select(JobRow.status, func.count()).where(line_is_seen(JobRow, lines)).group_by(JobRow.status)


def _stamps(lines: frozenset[str] | None) -> Select[str, datetime, int]:
    return select(JobRow.id, JobRow.created_at, JobRow.change).where(line_is_seen(JobRow, lines))
