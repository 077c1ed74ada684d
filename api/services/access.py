"""Users, their roles and their keys: who a request comes from, and who may come."""

import hashlib
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.access.keys import NewKey, hash_of_key, key_in, new_key
from api.access.oidc import PREFIX, TokenRefusedError, Tokens, is_token
from api.access.principal import LOCAL, Grants, Principal
from api.access.roles import EVERY_LINE, Role
from api.access.signing_keys import ProviderUnavailableError
from api.problems import ProblemError, ProblemKind
from api.services.sessions import is_valid_key, roles_of, scopes_of
from api.state import access as rows
from api.state import sessions
from api.state.access_tables import ApiKeyRow, UserRow
from api.state.audit import Change, note
from api.state.database import Database, Session, now
from api.state.line_filter import Caller
from api.state.lines import newest_scenarios
from energy_models.faults import Fault, InputFaults

_RESERVED = (LOCAL.actor_id, "headwatt")
_NOT_VALID = "The key is unknown, has expired, or was revoked."
_log = logging.getLogger("headwatt.access")
LONGEST_NAME = 100
"""Longest name of a user in characters."""


@dataclass(frozen=True)
class KeyView:
    """A key of a user, without its secret; `roles` are its limits by line."""

    prefix: str
    user: str
    roles: dict[str, str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class UserView:
    """A user with its roles by line and its keys."""

    name: str
    disabled_at: datetime | None
    roles: dict[str, str]
    keys: Sequence[KeyView]

    @property
    def tag(self) -> str:
        """A text that differs after each change of the roles."""
        state = json.dumps([self.roles, self.disabled_at is not None], sort_keys=True)
        return hashlib.sha256(state.encode()).hexdigest()[:16]


class Access:
    """The users of an installation."""

    def __init__(self, database: Database, tokens: Tokens | None = None) -> None:
        self.database = database
        self._tokens = tokens
        self._has_users = tokens is not None

    def for_caller(self, caller: Caller) -> "Access":
        """The users, with the request of a caller in the audit log."""
        other = copy(self)
        other.database = self.database.for_caller(replace(caller, lines=None))
        return other

    def local(self) -> Principal | None:
        """The user of this machine; None as soon as the installation has users."""
        if not self._has_users:  # users are never deleted, so that the first answer with users holds
            with self.database.reading() as session:
                self._has_users = rows.has_users(session)
        return None if self._has_users else LOCAL

    def of_token(self, token: str) -> Principal:
        """The user of a token of the provider; raises `ProblemError` if the token is not valid or the user disabled."""
        assert self._tokens is not None
        try:
            identity = self._tokens.identity(token)
        except TokenRefusedError as error:
            _log.info("A token was refused: %s", error)
            raise ProblemError(ProblemKind.KEY_REQUIRED, _NOT_VALID) from None
        except ProviderUnavailableError as error:
            _log.warning("%s", error)
            detail = "The keys of the provider cannot be read; the same request can be sent again."
            raise ProblemError(ProblemKind.NO_PROVIDER, detail) from None
        with self.database.reading() as session:
            user = rows.user_row(session, identity.user_id)
        if user is None:
            with self.database.writing() as session:
                user = rows.user_row(session, identity.user_id)
                if user is None:
                    rows.add_user(session, identity.user_id)
                    note(session, Change("user.added", "user", identity.user_id), identity.user_id)
        if user is not None and user.disabled_at is not None:
            raise ProblemError(ProblemKind.KEY_REQUIRED, _NOT_VALID)
        return Principal(identity.user_id, identity.grants, LOCAL.scopes)

    def of_header(self, authorization: str) -> Principal:
        """The user of a header `Authorization`; raises `ProblemError` if its key is not valid.

        The problem does not contain the key, and is the same for unknown, revoked and expired keys.
        """
        secret = key_in(authorization)
        if secret is None and self._tokens is not None:
            scheme, _, given = authorization.partition(" ")
            if scheme.casefold() == "bearer" and is_token(given.strip()):
                return self.of_token(given.strip())
        if secret is not None:
            with self.database.reading() as session:
                found = rows.key_of_hash(session, hash_of_key(secret))
                if found is not None:
                    key, user = found
                    if is_valid_key(key) and user.disabled_at is None:
                        granted = roles_of(rows.grants(session, user.id))
                        return Principal(user.id, Grants(granted), Grants(scopes_of(key.scopes)))
        raise ProblemError(ProblemKind.KEY_REQUIRED, _NOT_VALID)

    def add(self, name: str, role: Role, lines: Collection[str], lifetime: timedelta | None, by_id: str) -> str:
        """Give a user a role on lines and make a key that is limited to both; returns the key, which is not kept.

        Raises `InputFaults` for a name or a line that is not possible.
        """
        with self.database.writing() as session:
            self._require(session, name, lines)
            user = rows.user_row(session, name)
            if user is None:
                rows.add_user(session, name)
            else:
                user.disabled_at = None
            earlier = rows.grants(session, name)
            for line in sorted(lines):
                rows.grant(session, name, line, role, by_id)
            return _new_key(session, name, role, lines, lifetime, earlier, by_id).secret

    def add_key(
        self, name: str, role: Role, lines: Collection[str], lifetime: timedelta, by_id: str
    ) -> tuple[str, KeyView]:
        """Make a key of a user that is limited to a role on lines; returns the key, which is not kept, and its view.

        Raises `InputFaults` for a user who is unknown or disabled, and for unknown lines.
        """
        with self.database.writing() as session:
            self._require(session, name, lines)
            user = rows.user_row(session, name)
            if user is None or user.disabled_at is not None:
                raise InputFaults([Fault("", "", "user", name[:80], "a user from the list who is not disabled")])
            key = _new_key(session, name, role, lines, lifetime, rows.grants(session, name), by_id)
            row = rows.key_row(session, key.prefix)
            assert row is not None
            return key.secret, _key_view(row)

    def set_roles(self, name: str, roles: Mapping[str, Role], tag: str | None, by_id: str) -> tuple[UserView, bool]:
        """Set all roles of a user, who is added or enabled if needed; returns the user and whether it is new.

        `tag` is that of the user as it was read; None only for a new user. Raises `ProblemError` if the user has
        changed, and `InputFaults` for a name or a line that is not possible.
        """
        with self.database.writing() as session:
            self._require(session, name, roles)
            user = rows.user_row(session, name, is_locked=True)
            if user is not None and tag is None:
                raise ProblemError(ProblemKind.NO_MATCH_GIVEN, "Send the ETag of the user that was read.")
            if tag is not None and (user is None or tag != _user_view(session, user).tag):
                raise ProblemError(ProblemKind.STALE, "The user was changed meanwhile; read it again.")
            is_new = user is None
            if user is None:
                rows.add_user(session, name)
                user = rows.user_row(session, name)
                assert user is not None
            user.disabled_at = None
            earlier = rows.grants(session, name)
            for line in earlier:
                if line not in roles:
                    rows.end_grant(session, name, line)
            for line, role in sorted(roles.items()):
                if earlier.get(line) != role:
                    rows.grant(session, name, line, role, by_id)
            after = {"roles": rows.grants(session, name)}
            action = "user.added" if is_new else "roles.set"
            note(session, Change(action, "user", name, None, None if is_new else {"roles": earlier}, after), by_id)
            return _user_view(session, user), is_new

    def revoke_key(self, prefix: str, by_id: str) -> None:
        """Revoke a key; raises `InputFaults` for an unknown prefix."""
        with self.database.writing() as session:
            key = rows.key_row(session, prefix)
            if key is None:
                raise InputFaults([Fault("", "", "key", _shown(prefix), "the begin of a key from the list")])
            if key.revoked_at is None:
                rows.revoke_key(session, prefix)
                note(session, Change("key.revoked", "user", key.user_id, None, None, {"key": prefix}), by_id)

    def revoke_role(self, name: str, line: str | None, by_id: str) -> None:
        """Take a user's role on a line, or all access without a line; raises `InputFaults` for what is unknown."""
        with self.database.writing() as session:
            if rows.user_row(session, name) is None:
                raise InputFaults([Fault("", "", "user", name[:80], "a user from the list")])
            roles = rows.grants(session, name)
            if line is None:
                for one in roles:
                    rows.end_grant(session, name, one)
                for key in rows.keys(session, name):
                    rows.revoke_key(session, key.prefix)
                rows.disable_user(session, name)
                sessions.end_sessions(session, name)
            elif line not in roles:
                allowed = f"one of {', '.join(roles) or 'none'}"
                raise InputFaults([Fault("", "", "line", line, allowed)])
            else:
                rows.end_grant(session, name, line)
            after = {"roles": rows.grants(session, name), "is_disabled": line is None}
            note(session, Change("role.revoked", "user", name, None, {"roles": roles}, after), by_id)

    def users(self, limit: int | None = None, after: str = "") -> list[UserView]:
        """Users by name: every user, or at most `limit` of those whose names come after another one."""
        with self.database.reading() as session:
            return [_user_view(session, user) for user in rows.users(session, limit, after)]

    def user(self, name: str) -> UserView | None:
        """A user; None for an unknown name."""
        with self.database.reading() as session:
            found = rows.user_row(session, name)
            return _user_view(session, found) if found is not None else None

    def keys(self, limit: int, after: str = "") -> list[KeyView]:
        """At most `limit` keys by their begin, of those that come after another one."""
        with self.database.reading() as session:
            return [_key_view(key) for key in rows.every_key(session, limit, after)]

    def _require(self, session: Session, name: str, lines: Collection[str]) -> None:
        faults = []
        is_text = name.isprintable() and 0 < len(name) <= LONGEST_NAME
        is_reserved = name in _RESERVED or name.startswith(PREFIX) or "/" in name
        if not is_text or (is_reserved and rows.user_row(session, name) is None):
            allowed = f"1 to {LONGEST_NAME} printable characters without /, neither local nor headwatt nor {PREFIX}..."
            faults.append(Fault("", "", "name", name[:80], allowed))
        known = [EVERY_LINE, *(one.line_id for one in newest_scenarios(session))]
        faults += [
            Fault("", "", "line", line[:80], f"one of {', '.join(known)}") for line in lines if line not in known
        ]
        if faults:
            raise InputFaults(faults)


def _new_key(
    session: Session,
    name: str,
    role: Role,
    lines: Collection[str],
    lifetime: timedelta | None,
    earlier: Mapping[str, str],
    by_id: str,
) -> NewKey:
    key = new_key()
    scopes = [f"{role}:{line}" for line in sorted(lines)]
    expires_at = now() + lifetime if lifetime is not None else None
    rows.add_key(session, name, key.prefix, key.secret_hash, scopes, expires_at)
    until = expires_at.isoformat() if expires_at is not None else None
    made = {"roles": rows.grants(session, name), "key": key.prefix, "scopes": scopes, "expires_at": until}
    note(session, Change("key.added", "user", name, None, {"roles": dict(earlier)}, made), by_id)
    return key


def _user_view(session: Session, user: UserRow) -> UserView:
    keys = [_key_view(key) for key in rows.keys(session, user.id)]
    return UserView(user.id, user.disabled_at, rows.grants(session, user.id), keys)


def _key_view(key: ApiKeyRow) -> KeyView:
    roles = {line: str(role) for line, role in scopes_of(key.scopes).items()}
    return KeyView(key.prefix, key.user_id, roles, key.created_at, key.expires_at, key.revoked_at)


def _shown(prefix: str) -> str:
    """At most the part of a key that may be shown, if somebody gives the whole key."""
    return prefix[:11]
