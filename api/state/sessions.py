"""The rows of sessions and of one-time links."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update

from api.state.access_tables import ApiKeyRow, OneTimeLinkRow, SessionRow, UserRow
from api.state.database import Session, now


def add_session(session: Session, row: SessionRow) -> None:
    """Store a new session."""
    session.add(row)
    session.flush()


def session_of_hash(session: Session, id_hash: str) -> tuple[SessionRow, UserRow, ApiKeyRow | None] | None:
    """A session by the hash of its secret, with its user, and with the key that began it."""
    found = session.execute(
        select(SessionRow, UserRow, ApiKeyRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .join(ApiKeyRow, ApiKeyRow.id == SessionRow.key_id, isouter=True)
        .where(SessionRow.id_hash == id_hash)
    ).one_or_none()
    return (found[0], found[1], found[2]) if found is not None else None


def note_seen(session: Session, id_hash: str) -> None:
    """Note that a session was used."""
    session.execute(update(SessionRow).where(SessionRow.id_hash == id_hash).values(seen_at=now()))


def end_session(session: Session, id_hash: str) -> bool:
    """End a session; False if it had ended before."""
    ended = update(SessionRow).where(SessionRow.id_hash == id_hash, SessionRow.ended_at.is_(None))
    return bool(session.execute(ended.values(ended_at=now())).rowcount)  # type: ignore[attr-defined]


def end_sessions(session: Session, user_id: str) -> None:
    """End all sessions of a user."""
    ended = update(SessionRow).where(SessionRow.user_id == user_id, SessionRow.ended_at.is_(None))
    session.execute(ended.values(ended_at=now()))


def remove_sessions(session: Session, before: datetime) -> None:
    """Remove the sessions and links that expired before a time."""
    session.execute(delete(SessionRow).where(SessionRow.expires_at < before))
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.expires_at < before, OneTimeLinkRow.used_at.is_(None)))


def add_link(session: Session, row: OneTimeLinkRow) -> None:
    """Store a new one-time link; earlier links of its user that were not used expire."""
    expired = update(OneTimeLinkRow).where(OneTimeLinkRow.user_id == row.user_id, OneTimeLinkRow.used_at.is_(None))
    session.execute(expired.where(OneTimeLinkRow.expires_at > now()).values(expires_at=now()))
    session.add(row)
    session.flush()


def knows_link(session: Session, token_hash: str) -> bool:
    """Whether there is a link, used and expired ones included."""
    return session.get(OneTimeLinkRow, token_hash) is not None


def use_link(session: Session, token_hash: str) -> str | None:
    """The user of a link, which is then used; None for an unknown, used or expired link, or a disabled user.

    The condition is part of the change, so that of two requests at the same time one gets the session.
    """
    used = (
        update(OneTimeLinkRow)
        .where(
            OneTimeLinkRow.token_hash == token_hash, OneTimeLinkRow.used_at.is_(None),
            OneTimeLinkRow.expires_at > now(),
            exists().where(UserRow.id == OneTimeLinkRow.user_id, UserRow.disabled_at.is_(None)),
        )
        .values(used_at=now())
        .returning(OneTimeLinkRow.user_id)
    )  # fmt: skip
    found: Sequence[str] = session.execute(used).scalars().all()
    return found[0] if found else None


def has_entered(session: Session) -> bool:
    """Whether anybody got a key or used a link, so that the installation needs no link of the first start."""
    has_key = session.execute(select(ApiKeyRow.id).limit(1)).first() is not None
    used = select(OneTimeLinkRow.token_hash).where(OneTimeLinkRow.used_at.is_not(None)).limit(1)
    return has_key or session.execute(used).first() is not None
