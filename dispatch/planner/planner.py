"""The planner: from a scenario to a checked plan, with the saving of each lever."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version

from dispatch.checker.check import CheckReport, check
from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays
from dispatch.explanation.levers import NUMBER_AND_DEPARTURES, Lever, fewer_trips, lever_shares
from dispatch.explanation.potential import potential_of
from dispatch.headways.pareto import HeadwayWish, Trade, trade_of
from dispatch.headways.wished import laid_anew
from dispatch.planner.beside import NOTHING_BESIDE, Beside
from dispatch.planner.fleet_feasibility import (
    refuse_hopeless,
    refuse_over_fleet,
    refuse_too_fast,
    refused_today,
    within_fleet,
)
from dispatch.planner.objective import objective_weights_for
from dispatch.planner.options import ServiceOptions, require_sensible
from dispatch.planner.repair import DUTY_RULES, Mending, better_of, demand_led_limits, refuse_broken, repaired
from dispatch.planner.replan import fixed_for, timetable_of
from dispatch.plans.fixed import NOTHING_FIXED, FixedService
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.longer_trips import allowed_in
from dispatch.plans.plan import Plan
from dispatch.plans.plan_options import planning_values
from dispatch.plans.plan_record import PlanFacts, PlanOptions, SearchFacts, SearchStep
from dispatch.plans.potential import Potential
from dispatch.plans.run_as_today import run_as_today
from dispatch.plans.terminal_occupancy import terminal_excess_s
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.assignment_saving import assignment_saving
from dispatch.rostering.common_running_times import shortest_for_all
from dispatch.rostering.duties import assign
from dispatch.rostering.fixed_duties import assign_fixed
from dispatch.rostering.vehicle_assignment import VehicleKinds, fleet_types_of, least_energy_duties, vehicle_kinds
from dispatch.timing.best_saving import Found, best_savings
from dispatch.timing.limits import TimingLimits, equal_service_limits
from dispatch.timing.optimise import SearchWish, TimingResult, optimise
from dispatch.timing.single_trips import driven_optimally
from dispatch.timing.spacing import misfits, moved_apart
from dispatch.timing.task import Progress, SearchStop, Step, TimingOptions
from energy_models.faults import Infeasible
from scenarios.requests.fixes import NO_FIXES, FixesFile
from scenarios.requests.headways import WishedHeadway
from scenarios.schema import Scenario
from scenarios.values.build import require_possible_running_times
from scenarios.values.fleet import vehicle_names
from scenarios.values.rolling_stock import RollingStock, fleet_profiles
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.values.travel import Travel

EFFORT_OF_ALL_CHANGES = 2.5
"""At this effort the timing tries as many changes as its stages name, for a day of up to `RUNS_OF_A_DAY` runs."""
RUNS_OF_A_DAY = 5000.0
LESS_FOR_MORE_RUNS = 0.75
"""With n times `RUNS_OF_A_DAY` section runs, n^0.75 times fewer changes are tried for each trip, because trips share
patterns. On Shanghai line 8 (n = 3, effort `standard`, 2026-12-01), n^0.5 saves 16.02 % instead of 15.90 %;
its search takes 19 to 20 s instead of 16 to 18 s."""


@dataclass(frozen=True, kw_only=True)
class PlannerOptions(ServiceOptions):
    """Options of the planner: the plain options, the number of threads, the fixes, and a plan to start from.

    `headways` are wished headways instead of decided ones. `fixes` are the fixes of the user; `start` is a plan to
    start from instead of today's timetable.

    The effort sets how much is searched, counted in changes that are tried. The same options and seed give the same
    plan on any machine, for any number of workers, unless `time_limit_s` or a stop ends the search; the plan's facts
    then record that.
    """

    workers: int = 2
    fixes: FixesFile = NO_FIXES
    start: Plan | None = None
    headways: tuple[WishedHeadway, ...] = ()

    @property
    def headway_choice(self) -> HeadwayWish:
        """The selection among demand-led headways; its objective is also that of the timing."""
        return HeadwayWish(self.objective, self.pick, self.mean_waiting_s)


@dataclass(frozen=True, eq=False)
class Planned:
    """A decision: today's timetable and the new one as plans, the checker's report, the levers, seconds by stage.

    `levers` are shares of the saving without noise on the equivalent track; their sum is this saving. `trade` contains
    the choices of demand-led headways. `potential` compares the plan with its bound and with today's mean over all
    phases.
    """

    line: LineModel
    baseline: Plan
    plan: Plan
    check: CheckReport
    levers: tuple[Lever, ...]
    timing: TimingResult
    potential: Potential
    seconds: dict[str, float]
    trade: Trade | None = None


class _Clock:
    """Wall seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now

    def divide(self, stage: str, parts: Mapping[str, float], rest: str) -> None:
        """Name the parts of a stage, and the rest of it."""
        left_s = self.seconds.pop(stage)
        for part, seconds in parts.items():
            self.seconds[part] = round(seconds, 3)
            left_s -= seconds
        self.seconds[rest] = round(left_s, 3)


@dataclass(frozen=True, eq=False)
class _Task:
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


@dataclass(frozen=True, eq=False)
class _Judge:
    """Builds plans of timetables and checks them; `shortest` for the checker, `vehicles` for the assignment."""

    task: _Task
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
        plan = _plan(task.scenario, timetable, self.paired, self.options, facts, task.timing_limits.fixed)
        return plan, check(plan, task.scenario, task.in_force, self.shortest)


def _task(
    line: LineModel,
    options: PlannerOptions,
    in_force: Timetable,
    shortest: ShortestTimes,
    progress: Progress,
) -> _Task:
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
    return _Task(scenario, in_force, start, begin, timing_limits, trade)


def _with_wished_headways(
    line: LineModel, options: PlannerOptions, in_force: Timetable, shortest: ShortestTimes
) -> Timetable:
    """Today's service with the wished headways and with vehicles.

    Raises `Infeasible` with the rules that these headways violate, or with what fleet and depots lack for them.
    """
    scenario = line.scenario
    laid = assign(laid_anew(scenario, in_force, options.headways), scenario, in_force)
    plan = _plan(scenario, laid, None, options, PlanFacts())
    wished = "; ".join(wish.words for wish in options.headways)
    refuse_broken(check(plan, scenario, in_force, shortest), f"the wished headways ({wished}) violate")
    return laid


def make_plan(
    scenario: Scenario,
    options: PlannerOptions,
    stock: RollingStock | None = None,
    progress: Progress = lambda _stage, _share: None,
    stop: SearchStop | None = None,
    beside: Beside = NOTHING_BESIDE,
    found: Found | None = None,
) -> Planned:
    """Plan a service day; `stock` replaces the trains of the scenario, for example by calibrated trains.

    `stop` ends the search; the best result so far is then checked and returned. `beside` receives the line when it is
    read and the timetable when it is decided, so that the caller can work at the same time. `found` receives the best
    savings of the search while it runs. Raises `Infeasible` with
    the conflicting rules or fixes if no plan exists, `InputFaults` with all faults of longer trips, or of fixes and of
    the plan to start from.
    """
    require_sensible(options, allowed_in(options.start) if options.start is not None else 0)
    stop = stop or SearchStop()
    clock = _Clock()
    stock = stock or RollingStock.of(scenario)
    profiles = fleet_profiles(scenario, stock)
    shortest = ShortestTimes(scenario, stock)
    fleet_types = fleet_types_of(scenario, profiles.of_type, shortest.at_normal_load())
    require_possible_running_times(scenario, profiles.main)
    line = LineModel.with_profiles(scenario, profiles)
    in_force = timetable_in_force(scenario)
    clock.lap("read")
    task = _task(line, options, in_force, shortest, progress)
    start, timing_limits, trade = task.start, task.timing_limits, task.trade
    clock.lap("headways")
    beside.begun(line.of_vehicle, in_force)
    weights = objective_weights_for(scenario, options.headway_choice.objective, options.peak_limit_kw)
    noise = scenario.disturbances
    travel = Travel.of(scenario)
    days = PlannedDays(line)

    timing = optimise(
        start,
        line,
        timing_limits,
        task.with_vehicles,
        TimingOptions(
            seed=options.seed,
            effort=_search_effort(options.effort, start),
            time_limit_s=options.time_limit_s,
            noise_deviation_s=noise.dwell_noise_s,
            noise_accumulates=noise.dwell_noise_accumulates,
            patterns=options.patterns,
            workers=options.workers,
        ),
        progress,
        SearchWish(
            start=task.begin,
            weights=weights,
            duties=task.turned,
            fewer=partial(within_fleet, scenario),
            waiting_s=lambda timetable: expected_waiting(timetable, scenario, travel).mean_s,
            terminal_excess_s=lambda timetable: terminal_excess_s(timetable, scenario),
            possible_s=shortest_for_all(fleet_types, start),
            stop=stop,
            compiled=beside.compiled,
            noted=_report(found, days, in_force),
        ),
    )
    if not stop.is_cancelled:
        weights.refuse_if_too_high()
    clock.lap("timetable")
    clock.divide("timetable", timing.seconds, "search")
    progress("check", 0.0)
    baseline = _plan(scenario, in_force, in_force, options, PlanFacts())
    steps = tuple(SearchStep(round(one.seconds, 2), one.stage, round(one.energy_kwh, 1)) for one in timing.convergence)
    facts = PlanFacts(
        search=SearchFacts(steps, timing.stopped_early, stop.is_cancelled),
        patterns_cost_kwh=_rounded_kwh(timing.patterns_cost_j),
        grids_cost_kwh=_rounded_kwh(timing.grids_cost_j),
    )
    paired = in_force if options.mode == "equal-service" else None
    vehicles = vehicle_kinds(stock, line.of_vehicle, fleet_types)
    judge = _Judge(task, options, facts, paired, shortest, vehicles)
    plan, report = judge.settled(timing, baseline, days, progress)
    refuse_too_fast(report, fleet_types, start)
    refuse_over_fleet(report, scenario, start, timing_limits)
    timetable = plan.timetable
    clock.lap("check")
    beside.decided(timetable)
    plan = judge.with_assignment_saving(plan, days)
    levers = lever_shares(start, timetable, line, options.workers, progress, days)
    if options.mode == "demand-led":
        number = fewer_trips(in_force, start, days)
        # Without a decision about headways the departures of another plan belong to them, its timing included.
        name = number.name if trade is not None else NUMBER_AND_DEPARTURES
        levers = (replace(number, name=name), *levers)
    clock.lap("levers")
    progress("potential", 0.0)
    potential = potential_of(in_force, start, timetable, line, timing_limits, options.workers, days)
    plan = replace(plan, facts=replace(plan.facts, potential=potential.rounded()))
    clock.lap("evidence")
    return Planned(line, baseline, plan, report, levers, timing, potential, clock.seconds, trade)


def _report(found: Found | None, days: PlannedDays, in_force: Timetable) -> Callable[[Sequence[Step]], None]:
    """What turns each convergence into the best savings against today's timetable."""
    if found is None:
        return lambda _: None
    return lambda convergence: found(best_savings(days.energy_j(in_force) / 3.6e6, convergence))


def _rounded_kwh(energy_j: float | None) -> float | None:
    return None if energy_j is None else round(energy_j / 3.6e6, 1)


def _search_effort(effort: float, timetable: Timetable) -> float:
    """The effort of the timing search: less for each trip where there are more trips."""
    runs = sum(len(trip.driving) for trip in timetable.trips)
    return effort / (EFFORT_OF_ALL_CHANGES * float(max(1.0, runs / RUNS_OF_A_DAY) ** LESS_FOR_MORE_RUNS))


@cache
def _version() -> str:
    """The version of Headwatt; reading it takes some milliseconds."""
    return version("headwatt")


def _rules_of(report: CheckReport) -> frozenset[str]:
    return frozenset(violation.rule for violation in report.violations)


def _plan(
    scenario: Scenario,
    timetable: Timetable,
    in_force: Timetable | None,
    options: PlannerOptions,
    facts: PlanFacts,
    fixed: FixedService = NOTHING_FIXED,
) -> Plan:
    names = vehicle_names(scenario)
    used = timetable.vehicles
    return Plan(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        mode=options.mode,
        timetable=timetable,
        headways=headway_table(timetable, scenario, in_force),
        vehicles={vehicle: names.get(vehicle, scenario.main_train_type) for vehicle in used},
        seed=options.seed,
        version=_version(),
        options=PlanOptions(**planning_values(options), fixed=fixed, headways=options.headways),
        facts=facts,
    )
