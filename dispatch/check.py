"""The checker: proves every rule on a finished plan, also on one that was edited by hand.

It reads the plan, the scenario and the timetable in force, and shares no code with what decides.
"""

from dataclasses import dataclass

from dispatch.plan import Plan
from dispatch.rules import Case, Violation, registered
from dispatch.rules.shortest_times import ShortestTimes
from dispatch.timetable import Timetable
from scenarios.schema import Scenario

FORM = ("whole-seconds", "stations-in-order")
"""The rules without which a plan is no timetable of the line: nothing can be computed of one that breaks them."""


@dataclass(frozen=True)
class CheckReport:
    """What the checker found: every violation, and the ids of the rules that were asked."""

    violations: tuple[Violation, ...]
    rules: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True when no rule is broken."""
        return not self.violations


def check(
    plan: Plan,
    scenario: Scenario,
    baseline: Timetable,
    shortest: ShortestTimes,
) -> CheckReport:
    """Ask every rule of the plan's mode about the plan.

    `baseline` is the timetable in force with vehicles, against which equal service is judged.
    `shortest` tells how fast each train type of the fleet can run each section.
    """
    case = Case(plan, scenario, baseline, shortest)
    asked = [entry for entry in registered() if plan.mode in entry.modes]
    violations = tuple(violation for entry in asked for violation in entry.check(case))
    return CheckReport(violations, tuple(entry.rule for entry in asked))


def violations_of_form(plan: Plan, scenario: Scenario) -> tuple[Violation, ...]:
    """What the rules of form (`FORM`) alone say; they do not ask for the timetable in force."""
    case = Case(plan, scenario, Timetable(()), ShortestTimes(scenario))
    return tuple(violation for entry in registered() if entry.rule in FORM for violation in entry.check(case))
