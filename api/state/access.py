"""The rows of users, their roles and their keys. A user is never deleted, so that the audit log keeps its meaning."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, text, update

from api.state.access_tables import ApiKeyRow, RoleGrantRow, UserRow
from api.state.database import Session, now

_ANY_USER = text("SELECT 1 FROM users LIMIT 1")


def has_users(session: Session) -> bool:
    """Whether the installation has a user, disabled users included."""
    return session.connection().execute(_ANY_USER).first() is not None  # each request without a key asks this


def user_row(session: Session, user_id: str, is_locked: bool = False) -> UserRow | None:
    """A user; with `is_locked`, other transactions that lock the user wait for this one."""
    return session.get(UserRow, user_id, with_for_update=True if is_locked else None)


def users(session: Session, limit: int | None = None, after: str = "") -> Sequence[UserRow]:
    """Users by id: all, or at most `limit` after an id."""
    return session.scalars(select(UserRow).where(UserRow.id > after).order_by(UserRow.id).limit(limit)).all()


def add_user(session: Session, user_id: str) -> None:
    """Store a new user."""
    session.add(UserRow(id=user_id, name=user_id, created_at=now()))
    session.flush()


def disable_user(session: Session, user_id: str) -> None:
    """End all access of a user; its keys stay in the list."""
    session.execute(update(UserRow).where(UserRow.id == user_id).values(disabled_at=now()))


def grants(session: Session, user_id: str) -> dict[str, str]:
    """The roles of a user by line."""
    asked = select(RoleGrantRow.line_id, RoleGrantRow.role).where(RoleGrantRow.user_id == user_id)
    return dict(session.execute(asked.order_by(RoleGrantRow.line_id)).all())


def grant(session: Session, user_id: str, line_id: str, role: str, by_id: str) -> None:
    """Give a user a role on a line instead of an earlier one."""
    row = session.get(RoleGrantRow, (user_id, line_id))
    if row is None:
        row = RoleGrantRow(user_id=user_id, line_id=line_id, role=role, granted_at=now(), granted_by=by_id)
        session.add(row)
    row.role, row.granted_at, row.granted_by = role, now(), by_id
    session.flush()


def end_grant(session: Session, user_id: str, line_id: str) -> None:
    """Take a user's role on a line."""
    session.execute(delete(RoleGrantRow).where(RoleGrantRow.user_id == user_id, RoleGrantRow.line_id == line_id))


def add_key(
    session: Session,
    user_id: str,
    prefix: str,
    secret_hash: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
) -> None:
    """Store a new key of a user; its prefix is its id."""
    session.add(
        ApiKeyRow(
            id=prefix, user_id=user_id, name=prefix, prefix=prefix, secret_hash=secret_hash, scopes=list(scopes),
            created_at=now(), expires_at=expires_at,
        )
    )  # fmt: skip
    session.flush()


def keys(session: Session, user_id: str) -> Sequence[ApiKeyRow]:
    """The keys of a user, oldest first."""
    return session.scalars(select(ApiKeyRow).where(ApiKeyRow.user_id == user_id).order_by(ApiKeyRow.created_at)).all()


def every_key(session: Session, limit: int, after: str) -> Sequence[ApiKeyRow]:
    """At most `limit` keys by id, after an id."""
    return session.scalars(select(ApiKeyRow).where(ApiKeyRow.id > after).order_by(ApiKeyRow.id).limit(limit)).all()


def key_row(session: Session, prefix: str) -> ApiKeyRow | None:
    """A key by its prefix."""
    return session.get(ApiKeyRow, prefix)


def key_of_hash(session: Session, secret_hash: str) -> tuple[ApiKeyRow, UserRow] | None:
    """A key by the hash of its secret, with its user."""
    asked = select(ApiKeyRow, UserRow).join(UserRow, UserRow.id == ApiKeyRow.user_id)
    found = session.execute(asked.where(ApiKeyRow.secret_hash == secret_hash)).one_or_none()
    return (found[0], found[1]) if found is not None else None


def revoke_key(session: Session, prefix: str) -> None:
    """Revoke a key; the first time of a revocation stays."""
    session.execute(
        update(ApiKeyRow).where(ApiKeyRow.prefix == prefix, ApiKeyRow.revoked_at.is_(None)).values(revoked_at=now())
    )
