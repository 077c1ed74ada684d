"""The checker: proves every rule on a finished plan, including plans edited by hand.

The checker reads the plan, the scenario and the timetable in force, and shares no code with the planner.
"""

from dataclasses import dataclass

from dispatch.checker.known import Known
from dispatch.checker.rules import CheckCase, Violation, registered
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable
from scenarios.schema import Scenario
from scenarios.values.shortest_running_times import ShortestTimes

FORM = ("whole-seconds", "stations-in-order")
"""The rules of form: if a plan violates them, nothing else can be computed for the plan."""


@dataclass(frozen=True)
class CheckReport:
    """The report of the checker: all violations, and the ids of the checked rules."""

    violations: tuple[Violation, ...]
    rules: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True if there is no violation."""
        return not self.violations


def check(
    plan: Plan,
    scenario: Scenario,
    baseline: Timetable,
    shortest: ShortestTimes,
    known: Known | None = None,
) -> CheckReport:
    """Check all rules of the plan's mode.

    `baseline` is the timetable in force with vehicles, for the rules of equal service.
    `shortest` gives the minimum running times of each train type of the fleet. `known` keeps what several checks with
    the same scenario and the same timetable in force share.
    """
    case = CheckCase(plan, scenario, baseline, shortest, known if known is not None else Known())
    entries = [entry for entry in registered() if plan.mode in entry.modes]
    violations = tuple(violation for entry in entries for violation in entry.check(case))
    return CheckReport(violations, tuple(entry.rule for entry in entries))


def violations_of_form(plan: Plan, scenario: Scenario) -> tuple[Violation, ...]:
    """The violations of the rules of form (`FORM`), which do not need the timetable in force."""
    case = CheckCase(plan, scenario, Timetable(()), ShortestTimes(scenario))
    return tuple(violation for entry in registered() if entry.rule in FORM for violation in entry.check(case))
