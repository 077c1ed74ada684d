"""The audit log: its entries, and the proof that no entry was changed or removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.state import audit as rows
from api.state.access_tables import AuditRow
from api.state.database import Database


@dataclass(frozen=True)
class EntryView:
    """An entry of the audit log: who did what to which object, when, and by which request."""

    number: int
    at: datetime
    actor_id: str
    request_id: str
    action: str
    object_kind: str
    object_id: str
    line_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str


@dataclass(frozen=True)
class Verification:
    """The result of a check: the number of entries, the hash of the newest one, and the first fault."""

    entries: int
    newest_hash: str
    fault: str | None


class Audit:
    """The audit log of an installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, limit: int, before: int | None = None) -> Sequence[EntryView]:
        """The newest entries, newest first; with `before`, those before the entry of this number."""
        with self._database.reading() as session:
            return [_view(row) for row in rows.newest_entries(session, limit, before)]

    def verify(self, kept_hash: str | None = None) -> Verification:
        """Compute each hash again, in order; `kept_hash` is a hash that was noted earlier and must still be there.

        A log whose newest entries were removed has a complete chain, so that only a kept hash shows the removal.
        """
        number, last, is_kept = 0, rows.FIRST_HASH, kept_hash is None
        with self._database.reading() as session:
            for row in rows.every_entry(session):
                number += 1
                if row.id != number:
                    return Verification(number - 1, last, f"entry {number} is missing")
                if row.previous_hash != last:
                    return Verification(number - 1, last, f"entry {number} does not follow the entry before it")
                if row.hash != rows.hash_of_entry(row):
                    return Verification(number - 1, last, f"entry {number} was changed")
                last = row.hash
                is_kept = is_kept or last == kept_hash
        return Verification(number, last, None if is_kept else "no entry has the hash that was kept")


def _view(row: AuditRow) -> EntryView:
    return EntryView(
        row.id, row.at, row.actor_id, row.request_id, row.action, row.object_kind, row.object_id, row.line_id,
        row.before, row.after, row.hash,
    )  # fmt: skip
