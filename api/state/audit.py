"""The rows of the audit log: each entry has a hash over itself and the hash of the entry before it.

An entry is written in the transaction of the change that it describes. Entries are only added.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from api.state.access_tables import AuditRow
from api.state.columns import insert_row
from api.state.database import Session, now
from api.state.job_tables import HOLDS_CHANGES, ChangeCounterRow
from api.state.line_filter import caller_of

FIRST_HASH = "0" * 64
"""The hash before the first entry."""
_AT_ONCE = 500
_HASHED = (
    "id", "at", "actor_id", "request_id", "action", "object_kind", "object_id", "line_id", "before", "after",
    "previous_hash",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """What an entry describes: an action on an object, with what changed of it."""

    action: str
    object_kind: str
    object_id: str
    line_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


_HOLD = update(ChangeCounterRow).values(value=ChangeCounterRow.value + 1)
_NEWEST = select(AuditRow.id, AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)


def hold_log(session: Session) -> None:
    """Let other transactions that add entries wait for this one.

    The lock is the row that each change of a job locks as well: with one lock, two transactions cannot wait for each
    other. A transaction that has changed a job has the lock already.
    """
    if not session.info.get(HOLDS_CHANGES):
        session.connection().execute(_HOLD)
        session.info[HOLDS_CHANGES] = True


def note(session: Session, change: Change, by_id: str | None = None) -> None:
    """Add an entry; the user is `by_id`, or the caller of the session."""
    hold_log(session)
    caller = caller_of(session)
    newest = session.connection().execute(_NEWEST).one_or_none()
    entry = {
        "id": 1 if newest is None else newest.id + 1,
        "at": now(),
        "actor_id": by_id or caller.actor_id,
        "request_id": caller.request_id,
        "action": change.action,
        "object_kind": change.object_kind,
        "object_id": change.object_id,
        "line_id": change.line_id,
        "before": dict(change.before) if change.before is not None else None,
        "after": dict(change.after) if change.after is not None else None,
        "previous_hash": FIRST_HASH if newest is None else newest.hash,
    }
    insert_row(session, AuditRow, **entry, hash=_hash_of(entry))


def hash_of_entry(row: AuditRow) -> str:
    """The hash of an entry: SHA-256 over its fields as JSON with sorted names, with the hash of the entry before it."""
    return _hash_of({name: getattr(row, name) for name in _HASHED})


def _hash_of(entry: Mapping[str, Any]) -> str:
    fields = {**entry, "at": entry["at"].isoformat()}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def every_entry(session: Session) -> Iterator[AuditRow]:
    """All entries, oldest first."""
    last = 0
    while found := session.scalars(
        select(AuditRow).where(AuditRow.id > last).order_by(AuditRow.id).limit(_AT_ONCE)
    ).all():
        yield from found
        last = found[-1].id
        session.expunge_all()


def newest_entries(session: Session, limit: int, before: int | None = None) -> Sequence[AuditRow]:
    """The newest entries, newest first; with `before`, those before the entry of this number."""
    found = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    return session.scalars(found if before is None else found.where(AuditRow.id < before)).all()
