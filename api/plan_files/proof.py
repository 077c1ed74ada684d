"""The proof of a written plan: the checker runs again on the present files of the folder."""

from dataclasses import dataclass, replace
from typing import Any

from api.plan_files.folder import WrittenPlan
from api.result import PlanResult
from dispatch.checker.check import CheckReport, check
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import FileEdit, PlanFacts
from scenarios.schema import Scenario
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.values.train_numbers import train_numbers


def prove(written: WrittenPlan) -> CheckReport:
    """Check every rule on the plan in a folder, with the trains of the planning."""
    scenario = written.scenario
    return check(written.plan, scenario, timetable_in_force(scenario), ShortestTimes(scenario, written.stock()))


def violations_json(report: CheckReport, scenario: Scenario) -> list[dict[str, Any]]:
    """The violations of a report as `--json` prints them; with train numbers if the timetable has them."""
    numbers = train_numbers(scenario)
    return [
        {
            "rule": one.rule,
            "sentence": one.sentence,
            "trip": one.trip,
            "place": one.place,
            "time_s": one.time_s,
            "amount": one.amount,
            "unit": one.unit,
            **({"train_number": numbers.get(one.trip, "")} if numbers else {}),
        }
        for one in report.violations
    ]


@dataclass(frozen=True)
class CheckedPlan:
    """A plan folder with a new report of the checker."""

    written: WrittenPlan
    report: CheckReport

    @property
    def is_proven(self) -> bool:
        """Whether the folder is as it was written and every rule holds."""
        return self.written.state.is_as_written and self.report.passed

    @property
    def mark(self) -> str:
        """The mark of an unproven plan, "UNPROVEN: edited after it was written; 2 violations"; otherwise empty."""
        if self.is_proven:
            return ""
        reasons = [self.written.state.mark.removeprefix("unproven: ")]
        if count := len(self.report.violations):
            reasons.append(f"{count} violation{'s' if count != 1 else ''} of {len(self.report.rules)} rules")
        return "UNPROVEN: " + "; ".join(reason for reason in reasons if reason)

    @property
    def proof(self) -> str:
        """The mark, or the sentence that every rule holds."""
        return self.mark or f"all {len(self.report.rules)} rules hold"

    @property
    def result(self) -> PlanResult | None:
        """The figures of this timetable; None for an edited folder, whose figures are those of another timetable."""
        return self.written.proven_result

    @property
    def plan(self) -> Plan:
        """The plan; for an edited folder with the mark instead of the facts of the timetable before the edit."""
        plan, state = self.written.plan, self.written.state
        if self.is_proven:
            return plan
        facts = plan.facts if state.is_as_written else PlanFacts()
        changes = tuple(FileEdit(one.file, one.change) for one in state.changes)
        return replace(plan, facts=replace(facts, unproven=self.mark, changes=changes))


def checked_plan(written: WrittenPlan) -> CheckedPlan:
    """Run the checker on the plan in a folder."""
    return CheckedPlan(written, prove(written))
