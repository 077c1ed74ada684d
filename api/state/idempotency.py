"""The rows of requests with an `Idempotency-Key`."""

from datetime import timedelta

from sqlalchemy import delete

from api.state.database import Session, now
from api.state.job_tables import IdempotencyRow

KEPT = timedelta(days=7)
"""How long a key is known."""


def answered(session: Session, owner_id: str, key: str) -> IdempotencyRow | None:
    """What the first request of a user with a key made."""
    return session.get(IdempotencyRow, (owner_id, key))


def note_answer(session: Session, owner_id: str, key: str, request_sha256: str, answer_id: str) -> None:
    """Note what the first request with a key made, and forget keys of more than a week ago."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < now() - KEPT))
    session.add(
        IdempotencyRow(owner_id=owner_id, key=key, request_sha256=request_sha256, answer_id=answer_id, created_at=now())
    )
    session.flush()
