"""The input of the search: baseline, headways, and the rules with the fixes."""

from dataclasses import dataclass, replace

from dispatch.checker.check import check
from dispatch.energy.line_model import LineModel
from dispatch.headways.pareto import trade_of
from dispatch.headways.trade import Trade
from dispatch.headways.wished import laid_anew
from dispatch.planner.fleet_feasibility import (
    refuse_hopeless,
    refused_today,
)
from dispatch.planner.new_plan import new_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.planner.repair import demand_led_limits, refuse_broken
from dispatch.planner.replan import fixed_for, timetable_of
from dispatch.plans.plan_record import PlanFacts
from dispatch.plans.run_as_today import run_as_today
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.rostering.duties import assign
from dispatch.rostering.fixed_duties import assign_fixed
from dispatch.timing.limits import TimingLimits, equal_service_limits
from dispatch.timing.task import Progress
from energy_models.faults import Infeasible
from scenarios.schema import Scenario
from scenarios.values.shortest_running_times import ShortestTimes


@dataclass(frozen=True, eq=False)
class PlanningTask:
    """The input of the timing: the baseline trips of the rules, the start of the search if it is not the patterns, the
    rules with the fixes, and the choices of headways."""

    scenario: Scenario
    in_force: Timetable
    start: Timetable
    begin: Timetable | None
    timing_limits: TimingLimits
    trade: Trade | None

    def turned(self, timetable: Timetable) -> Timetable:
        """The timetable with vehicles that keep the vehicle fixes, if there are any."""
        fixed = self.timing_limits.fixed
        return assign_fixed(timetable, self.scenario, fixed, self.in_force) if fixed.holds_duties else timetable

    def with_vehicles(self, timetable: Timetable) -> Timetable:
        """Vehicles for new times: surplus trains stay in the depot if fleet and depots allow this; otherwise first in,
        first out."""
        try:
            return assign(timetable, self.scenario, self.in_force)
        except Infeasible:
            return first_in_first_out(timetable, self.scenario)

    def reassigned(self, timetable: Timetable) -> Timetable:
        """Vehicles that can keep rules that the vehicles of a timetable violate; terminals may still be too full.

        Raises `Infeasible` if no vehicles can keep the fixes, or if the fleet is too small.
        """
        if self.timing_limits.fixed.holds_duties:
            return self.turned(timetable)
        return assign(timetable, self.scenario, self.in_force, may_exceed=True)


def planning_task(
    line: LineModel,
    options: PlannerOptions,
    in_force: Timetable,
    shortest: ShortestTimes,
    progress: Progress,
) -> PlanningTask:
    """Headways and rules. Equal service: the proof that fleet, turnbacks and depots suffice for today's timetable, or
    may suffice at other times; demand-led: new headways, unless the plan to start from has them."""
    scenario, mode, close_s = line.scenario, options.mode, options.keep_close_s
    begin = timetable_of(options.start, scenario, mode, in_force, shortest) if options.start is not None else None
    trade: Trade | None = None
    start = in_force
    lacking: tuple[str, ...] = ()
    if mode == "equal-service":
        lacking = refused_today(scenario, in_force)
    elif begin is not None:
        # The plan to start from is timed already: it is held against its headways run as today, like a new plan.
        start = run_as_today(begin, in_force)
    elif options.headways:
        start = _with_wished_headways(line, options, in_force, shortest)
    else:
        trade = trade_of(line, options.headway_choice, in_force, progress)
        start = next(choice.timetable for choice in trade.choices if choice.is_chosen)
    timing_limits = equal_service_limits(scenario, start, line.train.auxiliary_w)
    if mode == "demand-led":
        timing_limits = demand_led_limits(timing_limits, scenario, start)
    are_new = trade is not None or (bool(options.headways) and begin is None)
    fixed = fixed_for(
        options.fixes, scenario, mode, begin or start, timing_limits, trips_are_new=are_new, close_s=close_s
    )
    most = min(timing_limits.vehicles_most, scenario.trainsets - fixed.spare_trains)
    if begin is None and close_s is not None:
        begin = start
    timing_limits = replace(
        timing_limits,
        fixed=fixed,
        vehicles_most=most,
        longer_s=options.longer_trips_s,
        departure_grid_s=options.departure_grid_s,
        dwell_grid_s=options.dwell_grid_s,
    )
    refuse_hopeless(begin or start, scenario, timing_limits, shortest, lacking)
    return PlanningTask(scenario, in_force, start, begin, timing_limits, trade)


def _with_wished_headways(
    line: LineModel, options: PlannerOptions, in_force: Timetable, shortest: ShortestTimes
) -> Timetable:
    """Today's service with the wished headways and with vehicles.

    Raises `Infeasible` with the rules that these headways violate, or with what fleet and depots lack for them.
    """
    scenario = line.scenario
    laid = assign(laid_anew(scenario, in_force, options.headways), scenario, in_force)
    plan = new_plan(scenario, laid, None, options, PlanFacts())
    wished = "; ".join(wish.words for wish in options.headways)
    refuse_broken(check(plan, scenario, in_force, shortest), f"the wished headways ({wished}) violate")
    return laid
