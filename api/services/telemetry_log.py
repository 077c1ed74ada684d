"""Received telemetry in the audit log: one entry a minute for each user and source, not one for each batch."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields

from api.state.audit import Change, note
from api.state.database import Database, DatabaseUnavailableError
from api.state.line_filter import Caller
from energy_models.telemetry.receipt import Receipt

BETWEEN_S = 60.0
"""Shortest time between two entries of a user and a source."""


@dataclass
class Counts:
    """The sums of the receipts of some requests."""

    requests: int = 0
    rows_in: int = 0
    stored: int = 0
    flagged: int = 0
    duplicates: int = 0
    quarantined: int = 0


def counts_of(receipt: Receipt) -> Counts:
    """The counts of the receipt of one request, or of the messages that were stored together."""
    return Counts(1, receipt.rows_in, receipt.stored, receipt.flagged, receipt.duplicates, receipt.quarantined)


class TelemetryLog:
    """Adds up receipts and writes the sums. What a killed process had not written is in the telemetry store only."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._sums: dict[tuple[str, str], Counts] = {}
        self._written_s: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def received(self, caller: Caller, source: str, counts: Counts) -> None:
        """Add a receipt; the first one of a user and source is written at once, later ones each minute."""
        who = (caller.actor_id, source)
        with self._lock:
            sums = self._sums.setdefault(who, Counts())
            for one in fields(Counts):
                setattr(sums, one.name, getattr(sums, one.name) + getattr(counts, one.name))
            is_due = self._clock() - self._written_s.get(who, -BETWEEN_S) >= BETWEEN_S
            if is_due:
                self._written_s[who] = self._clock()
                del self._sums[who]
        if is_due:
            self._write(who, sums, caller.request_id)

    def write_all(self) -> None:
        """Write what was not written yet, at the end of the process."""
        with self._lock:
            waiting, self._sums = self._sums, {}
        for who, sums in waiting.items():
            self._write(who, sums, "")

    def _write(self, who: tuple[str, str], sums: Counts, request_id: str) -> None:
        actor_id, source = who
        counted = {one.name: getattr(sums, one.name) for one in fields(Counts)}
        try:
            with self._database.for_caller(Caller(actor_id, request_id)).writing() as session:
                note(session, Change("telemetry.received", "source", source, None, None, counted))
        except DatabaseUnavailableError:
            with self._lock:  # the rows are stored; the sums wait for the next entry
                kept = self._sums.setdefault(who, Counts())
                for name, value in counted.items():
                    setattr(kept, name, getattr(kept, name) + value)
