"""The approval of plans: draft, checked, judged, approved, active from a date, superseded; rolled back in one call.

The job of a plan brings it to `checked` and `judged`. An active plan is never edited: a later plan supersedes it. A
plan that was not approved can be archived, and restored to the state before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from api.problems import ProblemError, ProblemKind
from api.services.plans import Plans, PlanView, unknown_plan
from api.state import plans as rows
from api.state.database import Session, now
from api.state.line_filter import Caller
from api.state.lines import setting
from api.state.tables import LineRow, PlanRow

Step = Literal["approve", "withdraw", "activate", "archive", "restore"]
ARCHIVED = "archived"
_BEFORE: dict[Step, tuple[str, ...]] = {
    "approve": ("judged",),
    "withdraw": ("approved",),
    "activate": ("approved",),
    "archive": ("draft", "checked", "judged"),
    "restore": (ARCHIVED,),
}
_AFTER: dict[Step, str] = {"approve": "approved", "withdraw": "judged", "activate": "active", "archive": ARCHIVED}
"""The state after a step; `restore` brings a plan back into the state before it was archived."""
SECOND_PERSON = "approval_by_second_person"
"""The setting after which the person who ordered a plan may not approve it."""


@dataclass(frozen=True)
class ApprovalStep:
    """A step of the approval of a plan."""

    before: str
    after: str
    active_from: date | None
    by_id: str
    at: datetime
    note: str


class Approvals:
    """The approvals of the plans of an installation."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans
        self.database = plans.database

    def for_caller(self, caller: Caller) -> "Approvals":
        """The approvals of the plans that a caller may see."""
        return Approvals(self._plans.for_caller(caller))

    def steps(self, plan_id: str) -> Sequence[ApprovalStep]:
        """The steps of a plan, oldest first; raises `ProblemError` for an unknown plan."""
        self._plans.read(plan_id)
        with self.database.reading() as session:
            found = rows.approvals(session, plan_id)
        return [ApprovalStep(one.before, one.after, one.active_from, one.by_id, one.at, one.note) for one in found]

    def take(
        self, plan_id: str, step: Step, by_id: str, revision: int, note: str = "", active_from: date | None = None
    ) -> PlanView:
        """Take a step; raises `ProblemError` if the state, the person or the revision does not allow the step."""
        with self.database.writing() as session:
            record = rows.plan_record(session, plan_id)
            if record is None:
                raise unknown_plan(plan_id)
            plan = record.plan
            if plan.revision != revision:
                raise _stale()
            if plan.approval not in _BEFORE[step]:
                allowed = " or ".join(_BEFORE[step])
                raise ProblemError(ProblemKind.WRONG_STATE, f"The plan is {plan.approval}; {step} needs {allowed}.")
            if step == "archive" and record.job.ended_at is None:
                raise ProblemError(ProblemKind.WRONG_STATE, "A job of the plan is at work; stop it first.")
            if step == "approve" and by_id == plan.owner_id and setting(session, SECOND_PERSON):
                raise ProblemError(ProblemKind.SAME_PERSON, "The person who ordered the plan may not approve it.")
            begin = None
            if step == "activate":
                begin = active_from or service_day(session, plan.line_id)
                if begin < service_day(session, plan.line_id):
                    raise ProblemError(ProblemKind.WRONG_STATE, f"{begin} is over; a plan begins today or later.")
            after = rows.approvals(session, plan_id)[-1].before if step == "restore" else _AFTER[step]
            if not rows.change_approval(session, plan, after, by_id, note, begin):
                raise _stale()
            _settle(session, plan.line_id, by_id)
        return self._plans.read(plan_id)

    def in_force(self, line_id: str, on: date | None = None) -> PlanView | None:
        """The active plan of a line on a service day, by default today; None if today's timetable is in force."""
        with self.database.reading() as session:
            _require_line(session, line_id)
            day = on or service_day(session, line_id)
            found = next((one for one in rows.active_plans(session, line_id) if _begins(one) <= day), None)
        return self._plans.read(found.id) if found is not None else None

    def roll_back(self, line_id: str, by_id: str, note: str = "") -> PlanView | None:
        """Supersede the active plan and make the plan before it active again; None if there was none before it.

        Raises `ProblemError` for an unknown line or a line without an active plan.
        """
        with self.database.writing() as session:
            _require_line(session, line_id)
            _settle(session, line_id, by_id)
            today = service_day(session, line_id)
            active = next((one for one in rows.active_plans(session, line_id) if _begins(one) <= today), None)
            if active is None:
                raise ProblemError(ProblemKind.WRONG_STATE, "No plan of the line is active.")
            before = rows.superseded_last(session, line_id)
            rows.change_approval(session, active, "superseded", by_id, note or "rolled back")
            if before is None:
                return None
            rows.change_approval(session, before, "active", by_id, note or "rolled back", today)
        return self._plans.read(before.id)


def service_day(session: Session, line_id: str) -> date:
    """Today in the zone of a line, UTC without a zone."""
    line = session.get(LineRow, line_id)
    zone = line.time_zone if line is not None and line.time_zone else "UTC"
    return now().astimezone(ZoneInfo(zone)).date()


def _settle(session: Session, line_id: str, by_id: str) -> None:
    """Mark active plans as superseded whose successor has begun."""
    today = service_day(session, line_id)
    begun = [one for one in rows.active_plans(session, line_id) if _begins(one) <= today]
    for plan in begun[1:]:
        rows.change_approval(session, plan, "superseded", by_id, f"{begun[0].id} is active", plan.active_from)


def _begins(plan: PlanRow) -> date:
    assert plan.active_from is not None
    return plan.active_from


def _require_line(session: Session, line_id: str) -> None:
    if len(line_id) > 100 or not line_id.isprintable() or session.get(LineRow, line_id) is None:
        raise ProblemError(ProblemKind.UNKNOWN_LINE, f"No line has the id {line_id[:80]!r}.")


def _stale() -> ProblemError:
    return ProblemError(ProblemKind.STALE, "The plan was changed meanwhile; read it again.")
