"""The user of a request, and what this user may do on which line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.access.roles import ALLOWED, EVERY_LINE, OF_INSTALLATION, Action, Role


@dataclass(frozen=True)
class Grants:
    """A role by line; `*` is every line."""

    roles: Mapping[str, Role] = field(default_factory=dict)

    def may(self, action: Action, line_id: str) -> bool:
        """Whether the roles allow an action on a line."""
        return any(self.roles.get(line) in ALLOWED[action] for line in (EVERY_LINE, line_id))

    def lines(self, action: Action) -> frozenset[str] | None:
        """The lines on which the roles allow an action; None for every line."""
        found = frozenset(line for line, role in self.roles.items() if role in ALLOWED[action])
        return None if EVERY_LINE in found else found


@dataclass(frozen=True)
class Principal:
    """The user of a request.

    `scopes` are the limits of the key of the request: the user may do what the grants and the scopes both allow.
    """

    actor_id: str
    grants: Grants
    scopes: Grants

    def may(self, action: Action, line_id: str) -> bool:
        """Whether the user may do an action on a line."""
        return self.grants.may(action, line_id) and self.scopes.may(action, line_id)

    def lines(self, action: Action) -> frozenset[str] | None:
        """The lines on which the user may do an action; None for every line."""
        granted, scoped = self.grants.lines(action), self.scopes.lines(action)
        if granted is None or scoped is None:
            return scoped if granted is None else granted
        return granted & scoped

    def may_somewhere(self, action: Action) -> bool:
        """Whether the user may do an action on any line; an action of the installation needs every line."""
        lines = self.lines(action)
        return lines is None or (bool(lines) and action not in OF_INSTALLATION)


LOCAL = Principal("local", Grants({EVERY_LINE: Role.ADMIN}), Grants({EVERY_LINE: Role.ADMIN}))
"""The user of this machine, as long as the installation has no users."""
