"""The port of the jobs: what a service does with a job, without knowledge of the engine that computes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from api.state.database import Session

JobKind = Literal[
    "plan",
    "simulate",
    "sweep",
    "describe",
    "trace",
    "calibrate",
    "check-telemetry",
    "judge",
    "compare",
    "explain",
    "export",
    "revise",
    "import",
]
"""What a job computes; `revise` makes a version of a plan, `import` one of a scenario, `calibrate` vehicle models."""
JobStatus = Literal["queued", "running", "succeeded", "infeasible", "failed", "cancelled"]
Keep = Literal["nothing", "best"]
Lane = Literal["short", "long"]
"""Short jobs have their own places at a worker, so that no short job waits for long jobs."""

ENDED: frozenset[JobStatus] = frozenset({"succeeded", "infeasible", "failed", "cancelled"})


@dataclass(frozen=True)
class Limits:
    """Limits of the jobs of one user: jobs in the queue, jobs at once in each lane, seconds and simulated days of a
    job; None means without a limit."""

    waiting: int = 100
    at_once: int = 4
    seconds: float | None = None
    replications: int | None = None


@dataclass(frozen=True)
class NewJob:
    """A job that is submitted. The order is a JSON object; `limit_s` ends the job after this time of computation."""

    job_id: str
    kind: JobKind
    owner_id: str
    order: Mapping[str, Any]
    lane: Lane = "long"
    line_id: str | None = None
    limit_s: float | None = None


@dataclass(frozen=True)
class Job:
    """The present state of a job.

    `problem` is a problem+json object. `is_ending` is true after a request to end a running job with its best so far.
    `change` is larger after each change of any job.
    """

    job_id: str
    kind: JobKind
    owner_id: str
    line_id: str | None
    order: Mapping[str, Any]
    status: JobStatus
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    stage: str = ""
    share: float = 0.0
    best: Mapping[str, Any] | None = None
    problem: Mapping[str, Any] | None = None
    is_ending: bool = False
    change: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether the job is neither in the queue nor running."""
        return self.status in ENDED


@dataclass(frozen=True)
class Result:
    """What a job that succeeded made: facts as JSON, and files by name with their SHA-256."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


class UnknownJobError(KeyError):
    """No job has this id."""


class TooManyJobsError(Exception):
    """The user has as many jobs in the queue as the limits allow."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} jobs are waiting")


class Jobs(Protocol):
    """The jobs of an installation. Each call takes part in the transaction of the session."""

    def submit(self, session: Session, job: NewJob, limits: Limits) -> Job:
        """Put a job into the queue; raises `TooManyJobsError`."""

    def get(self, session: Session, job_id: str) -> Job:
        """The present state of a job with its progress and its best so far; raises `UnknownJobError`."""

    def stop(self, session: Session, job_id: str, keep: Keep = "nothing") -> Job:
        """End a job. With `best`, a running job ends with its best so far. A job that has ended stays as it is."""

    def resume(self, session: Session, job_id: str) -> Job:
        """Put a job that failed or was cancelled back into the queue; any other job stays as it is."""

    def result(self, session: Session, job_id: str) -> Result | None:
        """What a job made; None unless it succeeded."""
