"""The roles, the actions, and the one table of which role may do which action.

`docs/access.md` contains the table as `markdown()` writes it; a test compares both.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum

EVERY_LINE = "*"
"""The line of a role that holds on every line, and for actions of the whole installation."""


class Role(StrEnum):
    """What a user is on a line."""

    VIEWER = "viewer"
    CONTROLLER = "controller"
    PLANNER = "planner"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Action(Enum):
    """What a request does; each route names one action."""

    READ_SERVICE = "Read pages, state of the service and its description"
    READ_LINES = "Read lines, scenarios, models of vehicles and the quality of telemetry"
    READ_PLANS = "Read plans, their files, reports, approvals and events"
    ORDER_PLANS = "Order plans"
    STOP_PLANS = "Stop plans"
    APPROVE_PLANS = "Approve, withdraw, activate, archive and restore plans"
    ROLL_BACK = "Roll back to the plan before"
    SEND_TELEMETRY = "Send telemetry"
    READ_METRICS = "Read metrics"
    MANAGE_ACCESS = "Read and change users and keys"
    READ_AUDIT = "Read the audit log"
    ORDER_STUDIES = "Order simulations, sweeps, comparisons, explanations, exports and checks of telemetry"
    READ_LIVE = "Read live lines"
    OPERATE_LIVE = "Answer advice, stop advising, act on alarms, let incidents happen on virtual lines"
    SEND_LIVE = "Send events and telemetry of a live line"
    EDIT_SCENARIOS = "Import and edit scenarios, calibrate vehicles"


_ALL = frozenset(Role)
_PLANS = frozenset((Role.PLANNER, Role.ENGINEER, Role.ADMIN))

ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.READ_SERVICE: _ALL,
    Action.READ_LINES: _ALL,
    Action.READ_PLANS: _ALL,
    Action.ORDER_PLANS: _PLANS,
    Action.STOP_PLANS: _PLANS,
    Action.APPROVE_PLANS: frozenset((Role.PLANNER, Role.ADMIN)),
    Action.ROLL_BACK: frozenset((Role.CONTROLLER, Role.PLANNER, Role.ADMIN)),
    Action.SEND_TELEMETRY: frozenset((Role.ENGINEER, Role.ADMIN)),
    Action.READ_METRICS: _ALL,
    Action.MANAGE_ACCESS: frozenset((Role.ADMIN,)),
    Action.READ_AUDIT: frozenset((Role.ADMIN,)),
    Action.ORDER_STUDIES: frozenset((Role.CONTROLLER, Role.PLANNER, Role.ENGINEER, Role.ADMIN)),
    Action.READ_LIVE: _ALL,
    Action.OPERATE_LIVE: frozenset((Role.CONTROLLER, Role.ADMIN)),
    Action.SEND_LIVE: frozenset((Role.ENGINEER, Role.ADMIN)),
    Action.EDIT_SCENARIOS: frozenset((Role.ENGINEER, Role.ADMIN)),
}
"""The roles that may do an action."""

OF_INSTALLATION = frozenset((Action.SEND_TELEMETRY, Action.READ_METRICS, Action.MANAGE_ACCESS, Action.READ_AUDIT))
"""Actions that belong to no line: they need a role on every line (`*`)."""


def markdown() -> str:
    """The table of actions and roles for the documentation."""
    lines = [f"| action | {' | '.join(Role)} |", f"| --- |{' :-: |' * len(Role)}"]
    for action, roles in ALLOWED.items():
        name = f"{action.value} (role on every line)" if action in OF_INSTALLATION else action.value
        lines.append(f"| {name} | {' | '.join('yes' if role in roles else '' for role in Role)} |")
    return "\n".join(" ".join(line.split()) for line in lines)
