"""Whether the service can do its work: database, workers, and space on the disk."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from api.state.database import Database, DatabaseUnavailableError, now
from api.state.jobs import jobs_by_status, workers
from api.state.line_filter import Caller

SEEN_WITHIN = timedelta(seconds=30)
"""A worker that has not shown itself for longer counts as dead."""
_LEAST_FREE_BYTES = 200_000_000


@dataclass(frozen=True)
class Readiness:
    """The faults that keep the service from its work; empty if it is ready."""

    faults: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Whether the service can do its work."""
        return not self.faults


class Health:
    """The state of the service."""

    def __init__(self, database: Database, data: Path) -> None:
        self._database = database
        self._data = data

    def for_caller(self, caller: Caller) -> "Health":
        """The state of the service with the jobs that a caller may see."""
        return Health(self._database.for_caller(caller), self._data)

    def jobs(self) -> dict[str, int]:
        """Number of jobs by status."""
        with self._database.reading() as session:
            return jobs_by_status(session)

    def readiness(self) -> Readiness:
        """What is missing."""
        faults = []
        try:
            with self._database.reading() as session:
                alive = [one for one in workers(session) if now() - one.seen_at < SEEN_WITHIN]
            if not alive:
                faults.append("No worker has shown itself in the last 30 s; no job starts.")
        except DatabaseUnavailableError:
            faults.append("The database does not answer.")
        try:
            free = shutil.disk_usage(self._data).free
        except OSError as error:
            faults.append(f"The data folder cannot be read ({error.strerror}).")
        else:
            if free < _LEAST_FREE_BYTES:
                faults.append(f"The data folder has {free / 1e6:.0f} MB left; jobs need 200 MB.")
        return Readiness(tuple(faults))
