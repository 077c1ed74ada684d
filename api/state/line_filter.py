"""The one place that filters by line: a session finds only the rows of lines that its caller may see."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from api.state.fleet_tables import FleetReportRow, TelemetryDayRow, VehicleModelRow
from api.state.job_tables import JobRow
from api.state.tables import LineRow, PlanRow, ScenarioVersionRow

CALLER = "caller"
"""The name of the caller in the information of a session."""
_LINES: dict[Any, Any] = {
    LineRow: LineRow.id,
    ScenarioVersionRow: ScenarioVersionRow.line_id,
    PlanRow: PlanRow.line_id,
    JobRow: JobRow.line_id,
    VehicleModelRow: VehicleModelRow.line_id,
    TelemetryDayRow: TelemetryDayRow.line_id,
    FleetReportRow: FleetReportRow.line_id,
}
"""The line of each table with lines; versions, files and approvals of a plan are found through the plan."""


@dataclass(frozen=True)
class Caller:
    """Who uses the database: the user, the request, and the lines that the user may see; None for every line."""

    actor_id: str = "headwatt"
    request_id: str = ""
    lines: frozenset[str] | None = None


def caller_of(session: Session) -> Caller:
    """The caller of a session."""
    found = session.info.get(CALLER)
    return found if isinstance(found, Caller) else Caller()


def line_is_seen(table: Any, lines: frozenset[str] | None) -> ColumnElement[bool]:
    """The condition for rows of lines that a caller may see, for queries of columns that go around the session."""
    return true() if lines is None else _LINES[table].in_(lines)


def filter_lines(state: ORMExecuteState) -> None:
    """Add the lines of the caller to each query of a session."""
    caller = caller_of(state.session)
    if caller.lines is None or not state.is_select:
        return
    state.statement = state.statement.options(
        *(with_loader_criteria(table, line.in_(caller.lines), include_aliases=True) for table, line in _LINES.items())
    )
