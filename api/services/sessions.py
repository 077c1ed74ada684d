"""Sessions of browsers: begun with a key or a one-time link, and ended by the user, by time, or with their key."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access.keys import hash_of_key, key_in
from api.access.principal import Grants, Principal
from api.access.roles import EVERY_LINE, Role
from api.access.sessions import (
    FIRST_USER,
    Lifetimes,
    is_link_token,
    is_session_secret,
    new_link_token,
    new_session_secret,
)
from api.problems import ProblemError, ProblemKind
from api.state import access as access_rows
from api.state import sessions as rows
from api.state.access_tables import ApiKeyRow, OneTimeLinkRow, SessionRow
from api.state.audit import Change, note
from api.state.database import Database, Session, now
from api.state.line_filter import Caller
from energy_models.faults import Fault, InputFaults

_BETWEEN_NOTES = timedelta(minutes=1)
_KEPT = timedelta(days=30)
_UNLIMITED = [f"{Role.ADMIN}:{EVERY_LINE}"]


@dataclass(frozen=True)
class SessionView:
    """A session: its user with its roles, its secret for the cookie, and the latest time of its end."""

    principal: Principal
    secret: str
    expires_at: datetime

    def __repr__(self) -> str:
        """The session without its secret, for logs and errors."""
        return f"SessionView({self.principal.actor_id})"


class Sessions:
    """The sessions of an installation."""

    def __init__(self, database: Database, lifetimes: Lifetimes) -> None:
        self._database = database
        self.lifetimes = lifetimes

    def for_caller(self, caller: Caller) -> "Sessions":
        """The sessions, with the request of a caller in the audit log."""
        return Sessions(self._database.for_caller(dataclasses.replace(caller, lines=None)), self.lifetimes)

    def begin(self, *, key: str = "", link: str = "") -> SessionView:
        """A new session for a key or for the token of a one-time link; raises `ProblemError` if it is not valid.

        The problem is the same for unknown, used, revoked and expired keys and links.
        """
        if self._is_known(key, link):
            with self._database.writing() as session:
                began = self._of_link(session, link) if link else self._of_key(session, key)
                if began is not None:
                    return began
        raise ProblemError(
            ProblemKind.KEY_REQUIRED, "The key or link is unknown, was used, has expired, or was revoked."
        )

    def of_secret(self, secret: str) -> SessionView | None:
        """The session of a cookie; None if it is unknown or has ended."""
        if not is_session_secret(secret):
            return None
        with self._database.reading() as session:
            found = rows.session_of_hash(session, hash_of_key(secret))
            if found is None:
                return None
            row, user, key = found
            time = now()
            is_over = row.ended_at is not None or time >= min(row.expires_at, row.seen_at + self.lifetimes.idle)
            if is_over or user.disabled_at is not None or not (key is None or is_valid_key(key)):
                return None
            grants = Grants(roles_of(access_rows.grants(session, user.id)))
        if time - row.seen_at >= min(_BETWEEN_NOTES, self.lifetimes.idle / 4):
            with self._database.writing() as session:
                rows.note_seen(session, row.id_hash)
        return SessionView(Principal(user.id, grants, Grants(scopes_of(row.scopes))), secret, row.expires_at)

    def end(self, secret: str, by_id: str) -> None:
        """End a session; one that has ended stays as it is."""
        with self._database.writing() as session:
            if rows.end_session(session, hash_of_key(secret)):
                note(session, Change("session.ended", "user", by_id), by_id)

    def new_link(self, name: str, by_id: str, lifetime: timedelta | None = None) -> str:
        """The token of a new one-time link for a user, which makes earlier links of this user invalid.

        As long as nobody got a key or used a link, `FIRST_USER` is added as administrator. Raises `InputFaults` for a
        user who is unknown or disabled.
        """
        token = new_link_token()
        time = now()
        expires_at = time + (lifetime or self.lifetimes.link)
        with self._database.writing() as session:
            user = access_rows.user_row(session, name)
            if user is None and name == FIRST_USER and not rows.has_entered(session):
                _add_first_user(session, by_id)
            elif user is None or user.disabled_at is not None:
                raise InputFaults([Fault("", "", "NAME", name[:80], "a user from the list who is not disabled")])
            row = OneTimeLinkRow(token_hash=hash_of_key(token), user_id=name, created_at=time, expires_at=expires_at)
            rows.add_link(session, row)
            made = {"expires_at": expires_at.isoformat()}
            note(session, Change("link.made", "user", name, None, None, made), by_id)
        return token

    def first_link(self) -> str | None:
        """The token of a link for the first administrator; None as soon as anybody got a key or used a link."""
        with self._database.reading() as session:
            if rows.has_entered(session):
                return None
        return self.new_link(FIRST_USER, "first start")

    def _is_known(self, key: str, link: str) -> bool:
        """Whether a key or link exists, so that a guess takes no lock of the database."""
        with self._database.reading() as session:
            if link:
                return is_link_token(link) and rows.knows_link(session, hash_of_key(link))
            known = key_in(f"Bearer {key}")
            return known is not None and access_rows.key_of_hash(session, hash_of_key(known)) is not None

    def _of_link(self, session: Session, link: str) -> SessionView | None:
        user_id = rows.use_link(session, hash_of_key(link))
        return self._begun(session, user_id, None, _UNLIMITED) if user_id is not None else None

    def _of_key(self, session: Session, secret: str) -> SessionView | None:
        found = access_rows.key_of_hash(session, hash_of_key(secret))
        if found is None or not is_valid_key(found[0]) or found[1].disabled_at is not None:
            return None
        return self._begun(session, found[1].id, found[0], found[0].scopes)

    def _begun(self, session: Session, user_id: str, key: ApiKeyRow | None, scopes: list[str]) -> SessionView:
        secret, time = new_session_secret(), now()
        rows.remove_sessions(session, time - _KEPT)
        latest = time + self.lifetimes.longest
        expires_at = min(latest, key.expires_at) if key is not None and key.expires_at is not None else latest
        row = SessionRow(
            id_hash=hash_of_key(secret), user_id=user_id, key_id=key.id if key is not None else None, scopes=scopes,
            created_at=time, seen_at=time, expires_at=expires_at,
        )  # fmt: skip
        rows.add_session(session, row)
        began_with = key.prefix if key is not None else "one-time link"
        note(session, Change("session.began", "user", user_id, None, None, {"with": began_with}), user_id)
        grants = Grants(roles_of(access_rows.grants(session, user_id)))
        return SessionView(Principal(user_id, grants, Grants(scopes_of(scopes))), secret, expires_at)


def _add_first_user(session: Session, by_id: str) -> None:
    access_rows.add_user(session, FIRST_USER)
    access_rows.grant(session, FIRST_USER, EVERY_LINE, Role.ADMIN, by_id)
    note(session, Change("user.added", "user", FIRST_USER, None, None, {"roles": {EVERY_LINE: str(Role.ADMIN)}}), by_id)


def is_valid_key(key: ApiKeyRow) -> bool:
    """Whether a key was neither revoked nor has expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now())


def roles_of(stored: Mapping[str, str]) -> dict[str, Role]:
    """Roles by line, as the database holds them."""
    return {line: Role(role) for line, role in stored.items()}


def scopes_of(stored: list[str]) -> dict[str, Role]:
    """The limits of a key by line, as the database holds them: `role:line`."""
    pairs = (scope.split(":", maxsplit=1) for scope in stored)
    return {line: Role(role) for role, line in pairs}
