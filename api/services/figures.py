"""Figures about the jobs and plans of an installation, for metrics."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.services.health import SEEN_WITHIN
from api.state import job_figures as rows
from api.state.database import Database, now
from api.state.jobs import newest_change, workers

_MOST = 10_000


@dataclass(frozen=True)
class PresentFigures:
    """Jobs by lane and status, age of the oldest job in the queue, living workers, and figures of plans by line."""

    jobs: Mapping[tuple[str, str], int]
    oldest_waiting_s: float
    workers: int
    newest_plans: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class EndedJob:
    """A job that has ended, and its time from start to end."""

    kind: str
    status: str
    seconds: float


class Figures:
    """Reads the figures."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._change: int | None = None
        self._lock = threading.Lock()

    def present(self) -> PresentFigures:
        """The present figures of every line."""
        with self._database.reading() as session:
            time = now()
            oldest = rows.oldest_waiting_at(session)
            return PresentFigures(
                rows.jobs_by_lane(session),
                (time - oldest).total_seconds() if oldest is not None else 0.0,
                sum(time - one.seen_at < SEEN_WITHIN for one in workers(session)),
                rows.figures_of_newest_plans(session),
            )

    def newly_ended(self) -> list[EndedJob]:
        """The jobs that ended after the call before; none at the first call, so that old jobs cost nothing."""
        with self._lock, self._database.reading() as session:
            if self._change is None:
                self._change = newest_change(session)
                return []
            found = rows.ended_since(session, self._change, _MOST)
            self._change = found[-1].change if found else self._change
        return [
            EndedJob(one.kind, one.status, (one.ended_at - one.started_at).total_seconds())
            for one in found
            if one.started_at is not None
        ]
