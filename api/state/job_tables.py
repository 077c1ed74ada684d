"""The tables of jobs, of the workers that compute them, and of the answers to repeated requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.state.columns import Base

HOLDS_CHANGES = "holds_changes"
"""In the information of a session: its transaction has the lock of the row of `ChangeCounterRow`."""


class JobRow(Base):
    """A job: its order, its state, and what came of it.

    `engine_id` is the job's name in the engine, after the engine has it; `attempt` counts the starts. `change` is a
    number from `ChangeCounterRow` that is larger after each change of any job, so that a reader finds what changed
    since. `stop` is the requested end: `nothing` discards what the job has, `best` keeps the best so far. `at_once` is
    how many jobs of its owner may be at the engine in its lane.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_status_created", "status", "created_at"),
        Index("ix_jobs_owner_status", "owner_id", "status"),
        Index("ix_jobs_worker_status", "worker_id", "status"),
        Index("ix_jobs_kind_created", "kind", "created_at", "id"),
        Index("ix_jobs_created", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    lane: Mapped[str] = mapped_column(String(20))
    line_id: Mapped[str | None] = mapped_column(String(100))
    owner_id: Mapped[str] = mapped_column(String(100))
    order: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(String(20))
    engine_id: Mapped[str | None] = mapped_column(String(120))
    attempt: Mapped[int]
    worker_id: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stage: Mapped[str]
    share: Mapped[float]
    best: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    problem: Mapped[dict[str, Any] | None]
    stop: Mapped[str | None] = mapped_column(String(20))
    limit_s: Mapped[float | None]
    at_once: Mapped[int | None]
    change: Mapped[int] = mapped_column(BigInteger, index=True)


class JobFileRow(Base):
    """A file of a job: `role` is `input` for what came with the order, `result` for what the job made."""

    __tablename__ = "job_files"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("files.sha256"), index=True)


class ChangeCounterRow(Base):
    """The newest number of a change; its row is locked by each transaction that changes a job."""

    __tablename__ = "change_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(BigInteger)


class WorkerRow(Base):
    """A process that computes jobs; `beat` grows while the process lives."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    host: Mapped[str]
    pid: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str] = mapped_column(String(100))
    at_once: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    beat: Mapped[int] = mapped_column(BigInteger)


class IdempotencyRow(Base):
    """The object that the first request with an `Idempotency-Key` made, and the SHA-256 of the body of the request."""

    __tablename__ = "idempotency_keys"

    owner_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer_id: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(index=True)
