"""Users, their roles and their keys: who a request comes from, and who may come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.access.keys import hash_of_key, key_in, new_key
from api.access.principal import LOCAL, Grants, Principal
from api.access.roles import EVERY_LINE, Role
from api.problems import ProblemError, ProblemKind
from api.state import access as rows
from api.state.access_tables import ApiKeyRow
from api.state.audit import Change, note
from api.state.database import Database, Session, now
from api.state.lines import newest_scenarios
from energy_models.faults import Fault, InputFaults

LONGEST_NAME = 100
"""Longest name of a user in characters."""


@dataclass(frozen=True)
class KeyView:
    """A key of a user, without its secret; `roles` are its limits by line."""

    prefix: str
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


class Access:
    """The users of an installation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._has_users = False

    def local(self) -> Principal | None:
        """The user of this machine; None as soon as the installation has users."""
        if not self._has_users:  # users are never deleted, so that the first answer with users holds
            with self.database.reading() as session:
                self._has_users = rows.has_users(session)
        return None if self._has_users else LOCAL

    def of_header(self, authorization: str) -> Principal:
        """The user of a header `Authorization`; raises `ProblemError` if its key is not valid.

        The problem does not contain the key, and is the same for unknown, revoked and expired keys.
        """
        secret = key_in(authorization)
        if secret is not None:
            with self.database.reading() as session:
                found = rows.key_of_hash(session, hash_of_key(secret))
                if found is not None:
                    key, user = found
                    is_over = key.expires_at is not None and key.expires_at <= now()
                    if key.revoked_at is None and not is_over and user.disabled_at is None:
                        return Principal(user.id, _grants(rows.grants(session, user.id)), _grants(_scopes(key)))
        raise ProblemError(ProblemKind.KEY_REQUIRED, "The key is unknown, has expired, or was revoked.")

    def add(self, name: str, role: Role, lines: Collection[str], lifetime: timedelta | None, by_id: str) -> str:
        """Give a user a role on lines and make a key that is limited to both; returns the key, which is not kept.

        Raises `InputFaults` for a name or a line that is not possible.
        """
        key = new_key()
        with self.database.writing() as session:
            self._require(session, name, lines)
            user = rows.user_row(session, name)
            if user is None:
                rows.add_user(session, name)
            else:
                user.disabled_at = None
            scopes = [f"{role}:{line}" for line in sorted(lines)]
            expires_at = now() + lifetime if lifetime is not None else None
            earlier = rows.grants(session, name)
            for line in sorted(lines):
                rows.grant(session, name, line, role, by_id)
            rows.add_key(session, name, key.prefix, key.secret_hash, scopes, expires_at)
            until = expires_at.isoformat() if expires_at is not None else None
            made = {"roles": rows.grants(session, name), "key": key.prefix, "scopes": scopes, "expires_at": until}
            note(session, Change("key.added", "user", name, None, {"roles": earlier}, made), by_id)
        return key.secret

    def revoke_key(self, prefix: str, by_id: str) -> None:
        """Revoke a key; raises `InputFaults` for an unknown prefix."""
        with self.database.writing() as session:
            key = rows.key_row(session, prefix)
            if key is None:
                raise InputFaults([Fault("", "", "--key", _shown(prefix), "the begin of a key from the list")])
            rows.revoke_key(session, prefix)
            note(session, Change("key.revoked", "user", key.user_id, None, None, {"key": prefix}), by_id)

    def revoke_role(self, name: str, line: str | None, by_id: str) -> None:
        """Take a user's role on a line, or all access without a line; raises `InputFaults` for what is unknown."""
        with self.database.writing() as session:
            if rows.user_row(session, name) is None:
                raise InputFaults([Fault("", "", "--user", name, "a user from the list")])
            roles = rows.grants(session, name)
            if line is None:
                for one in roles:
                    rows.end_grant(session, name, one)
                for key in rows.keys(session, name):
                    rows.revoke_key(session, key.prefix)
                rows.disable_user(session, name)
            elif line not in roles:
                allowed = f"one of {', '.join(roles) or 'none'}"
                raise InputFaults([Fault("", "", "--line", line, allowed)])
            else:
                rows.end_grant(session, name, line)
            after = {"roles": rows.grants(session, name), "is_disabled": line is None}
            note(session, Change("role.revoked", "user", name, None, {"roles": roles}, after), by_id)

    def users(self) -> list[UserView]:
        """Every user, by name."""
        with self.database.reading() as session:
            return [
                UserView(
                    user.id,
                    user.disabled_at,
                    rows.grants(session, user.id),
                    [
                        KeyView(
                            key.prefix,
                            {line: str(role) for line, role in _grants(_scopes(key)).roles.items()},
                            key.created_at,
                            key.expires_at,
                            key.revoked_at,
                        )
                        for key in rows.keys(session, user.id)
                    ],
                )
                for user in rows.users(session)
            ]

    def _require(self, session: Session, name: str, lines: Collection[str]) -> None:
        faults = []
        if not name or len(name) > LONGEST_NAME or not name.isprintable() or name in (LOCAL.actor_id, "headwatt"):
            allowed = f"1 to {LONGEST_NAME} printable characters, neither local nor headwatt"
            faults.append(Fault("", "", "NAME", name[:80], allowed))
        known = [EVERY_LINE, *(one.line_id for one in newest_scenarios(session))]
        faults += [
            Fault("", "", "--line", line[:80], f"one of {', '.join(known)}") for line in lines if line not in known
        ]
        if faults:
            raise InputFaults(faults)


def _scopes(key: ApiKeyRow) -> dict[str, str]:
    pairs = (scope.split(":", maxsplit=1) for scope in key.scopes)
    return {line: role for role, line in pairs}


def _grants(roles: dict[str, str]) -> Grants:
    return Grants({line: Role(role) for line, role in roles.items()})


def _shown(prefix: str) -> str:
    """At most the part of a key that may be shown, if somebody gives the whole key."""
    return prefix[:11]
