"""Changes of jobs for open event streams: one reader for all streams, and none without a stream."""

import asyncio
from collections.abc import AsyncGenerator

from api.state.database import Database, DatabaseUnavailableError
from api.state.jobs import jobs_changed_since, newest_change

_LOOK_S = 0.5
_MOST = 500


class Changes:
    """Wakes the streams of a job after a change of the job."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def of(self, job_id: str, wait_s: float) -> AsyncGenerator[bool]:
        """True after each change of a job, False after `wait_s` without one."""
        event = asyncio.Event()
        self._waiting.setdefault(job_id, set()).add(event)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        try:
            while True:
                try:
                    await asyncio.wait_for(event.wait(), wait_s)
                except TimeoutError:
                    yield False
                else:
                    event.clear()
                    yield True
        finally:
            events = self._waiting[job_id]
            events.discard(event)
            if not events:
                del self._waiting[job_id]

    async def _read(self) -> None:
        change: int | None = None
        while self._waiting:
            try:
                if change is None:
                    # A stream reads its job after this, so that no change is lost between both.
                    change = await asyncio.to_thread(self._newest)
                    self._wake(set(self._waiting))
                changed = await asyncio.to_thread(self._since, change)
            except DatabaseUnavailableError:
                changed = []
            if changed:
                change = changed[-1][1]
                self._wake({job_id for job_id, _ in changed})
            await asyncio.sleep(_LOOK_S)

    def _wake(self, job_ids: set[str]) -> None:
        for job_id in job_ids:
            for event in self._waiting.get(job_id, ()):
                event.set()

    def _newest(self) -> int:
        with self._database.reading() as session:
            return newest_change(session)

    def _since(self, change: int) -> list[tuple[str, int]]:
        with self._database.reading() as session:
            return [(job_id, number) for job_id, number in jobs_changed_since(session, change, _MOST)]
