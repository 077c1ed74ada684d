"""Plans of timetables that the checker has examined; trips that violate rules are repaired."""

from dataclasses import dataclass, replace
from functools import partial

from dispatch.checker.check import CheckReport, check
from dispatch.energy.planned_day import PlannedDays
from dispatch.planner.new_plan import new_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.planner.planning_task import PlanningTask
from dispatch.planner.repair import DUTY_RULES, Mending, better_of, refuse_broken, repaired
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanFacts
from dispatch.plans.timetable import Timetable
from dispatch.rostering.assignment_saving import assignment_saving
from dispatch.rostering.vehicle_assignment import VehicleKinds, least_energy_duties
from dispatch.timing.optimise import TimingResult
from dispatch.timing.single_trips import driven_optimally
from dispatch.timing.spacing import misfits, moved_apart
from dispatch.timing.task import Progress
from energy_models.faults import Infeasible
from scenarios.values.shortest_running_times import ShortestTimes


@dataclass(frozen=True, eq=False)
class Proof:
    """Builds plans of timetables and checks them; `shortest` for the checker, `vehicles` for the assignment."""

    task: PlanningTask
    options: PlannerOptions
    facts: PlanFacts
    paired: Timetable | None
    shortest: ShortestTimes
    vehicles: VehicleKinds

    def proven(self, timetable: Timetable) -> tuple[Plan, CheckReport]:
        """The timetable as a checked plan; if its duties violate rules, other duties may keep them."""
        plan, report = self._by_energy(timetable)
        if report.passed or not (len(self.vehicles.kinds) > 1 or _rules_of(report) & DUTY_RULES):
            return plan, report
        try:
            turned = self.task.reassigned(timetable)
        except Infeasible:
            return plan, report
        if turned == timetable:
            return plan, report
        other, of_other = self._by_energy(turned)
        return (other, of_other) if len(of_other.violations) <= len(report.violations) else (plan, report)

    def settled(
        self, timing: TimingResult, baseline: Plan, days: PlannedDays, progress: Progress
    ) -> tuple[Plan, CheckReport]:
        """The result of the search; trips that violate rules return to their original times. At equal service the plan
        may have the violations of `baseline`. Raises `Infeasible` if new headways still violate rules."""
        tried, first = self.proven(timing.timetable)
        if first.passed:
            return tried, first
        task, is_led = self.task, self.options.mode == "demand-led"
        plan, report, trips_back = repaired(tried, first, timing.fallback, self.proven, self._mending, progress)
        counted = replace(
            plan.facts,
            trips_back_at_even_headways=trips_back if is_led else None,
            trips_back_at_todays_times=None if is_led else trips_back,
        )
        plan = replace(plan, facts=counted)
        if is_led:
            even = self.proven(task.with_vehicles(driven_optimally(task.begin or task.start)))
            plan, report = better_of((plan, report), even, lambda one: days.energy_j(one.timetable))
            if not report.passed:
                # The headways with the vehicles that they were decided with, run as today.
                plan, report = self.proven(task.start)
            refuse_broken(report)
        elif not report.passed and _rules_of(first) <= _rules_of(
            check(baseline, task.scenario, task.in_force, self.shortest)
        ):
            # Today's own times break these rules as well: going back to them mends nothing.
            return tried, first
        return plan, report

    def with_assignment_saving(self, plan: Plan, days: PlannedDays) -> Plan:
        """The plan with what its vehicles save alone, if vehicles have models of their own."""
        if not self.vehicles.energy_error:
            return plan
        fixed = self.task.timing_limits.fixed
        saved = assignment_saving(plan.timetable, self.task.scenario, self.vehicles, fixed, days, self.options.seed)
        return replace(plan, facts=replace(plan.facts, assignment_saving=saved))

    @property
    def _mending(self) -> Mending:
        """Mending within the windows of trips; fixed times stay as the search holds them."""
        limits = self.task.timing_limits
        kept = Mending(misfits=partial(misfits, limits))
        return kept if limits.fixed.holds_times else replace(kept, moved=partial(moved_apart, limits))

    def _by_energy(self, timetable: Timetable) -> tuple[Plan, CheckReport]:
        """The duties with the assignment of least energy, if vehicles differ and there are no more violations."""
        plan, report = self._checked(timetable, self.facts)
        dealt, chosen = least_energy_duties(timetable, self.task.scenario, self.vehicles, self.task.timing_limits.fixed)
        if chosen is None:
            return plan, report
        other, of_other = self._checked(dealt, replace(self.facts, vehicles_by_energy=chosen))
        return (plan, report) if len(of_other.violations) > len(report.violations) else (other, of_other)

    def _checked(self, timetable: Timetable, facts: PlanFacts) -> tuple[Plan, CheckReport]:
        task = self.task
        plan = new_plan(task.scenario, timetable, self.paired, self.options, facts, task.timing_limits.fixed)
        return plan, check(plan, task.scenario, task.in_force, self.shortest)


def _rules_of(report: CheckReport) -> frozenset[str]:
    return frozenset(violation.rule for violation in report.violations)
