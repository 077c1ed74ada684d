"""What the planner reports beside a plan that it did not search for, such as one edited by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dispatch.checker.check import CheckReport, check
from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays
from dispatch.explanation.lever import NUMBER_AND_DEPARTURES, Lever
from dispatch.explanation.levers import fewer_trips, lever_shares
from dispatch.explanation.potential import potential_of
from dispatch.planner.repair import demand_led_limits
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.longer_trips import allowed_in
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanFacts, PlanOptions
from dispatch.plans.potential import Potential
from dispatch.plans.run_as_today import run_as_today
from dispatch.plans.timetable import Timetable
from dispatch.timing.limits import equal_service_limits
from scenarios.schema import Scenario
from scenarios.values.build import require_possible_running_times
from scenarios.values.fleet import vehicle_names
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.shortest_running_times import ShortestTimes


@dataclass(frozen=True, eq=False)
class AccountedPlan:
    """A plan with the checker's report, beside today's timetable as a plan; the line has the plan's trains.

    `levers` add up to the saving without noise on the equivalent track. They are empty, and `potential` is None, where
    the plan breaks rules: then its trips cannot be compared with today's one by one.
    """

    line: LineModel
    baseline: Plan
    plan: Plan
    check: CheckReport
    levers: tuple[Lever, ...]
    potential: Potential | None


def accounted(
    plan: Plan,
    scenario: Scenario,
    stock: RollingStock,
    workers: int = 1,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> AccountedPlan:
    """Check a plan and say what each lever saves; its headways and its facts are made anew.

    Raises `InputFaults` for running times in force that no train can meet.
    """
    line = LineModel.of(scenario, stock)
    require_possible_running_times(scenario, line.library)
    in_force = timetable_in_force(scenario)
    report = check(plan, scenario, in_force, ShortestTimes(scenario, stock))
    paired = in_force if plan.mode == "equal-service" else None
    facts = PlanFacts(revised=plan.facts.revised)
    plan = replace(plan, headways=headway_table(plan.timetable, scenario, paired), facts=facts)
    baseline = _in_force(plan, scenario, in_force)
    if not report.passed:
        return AccountedPlan(line, baseline, plan, report, (), None)
    is_led = plan.mode == "demand-led"
    # Like a plan to start from: where headways follow the demand it is held against its own trips run as today.
    start = run_as_today(plan.timetable, in_force) if is_led else in_force
    limits = equal_service_limits(scenario, start, stock.main.auxiliary_w)
    if is_led:
        limits = demand_led_limits(limits, scenario, start)
    limits = replace(limits, longer_s=allowed_in(plan))
    days = PlannedDays(line)
    levers = lever_shares(start, plan.timetable, line, workers, progress, days)
    if is_led:
        number = fewer_trips(in_force, start, days)
        levers = (replace(number, name=NUMBER_AND_DEPARTURES), *levers)
    progress("potential", 0.0)
    potential = potential_of(in_force, start, plan.timetable, line, limits, workers, days)
    plan = replace(plan, facts=replace(plan.facts, potential=potential.rounded()))
    return AccountedPlan(line, baseline, plan, report, levers, potential)


def _in_force(plan: Plan, scenario: Scenario, in_force: Timetable) -> Plan:
    names = vehicle_names(scenario)
    return replace(
        plan,
        timetable=in_force,
        headways=headway_table(in_force, scenario, in_force),
        vehicles={trip.vehicle: names.get(trip.vehicle, scenario.main_train_type) for trip in in_force.trips},
        options=PlanOptions(),
        facts=PlanFacts(),
    )
