"""The whole path of a decision: from a scenario to a checked plan, with what each lever saves."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version

from pydantic import JsonValue

from dispatch.baseline import headway_table, timetable_in_force
from dispatch.check import CheckReport, check
from dispatch.duties import assign, first_in_first_out
from dispatch.evidence import Evidence, evidence_of
from dispatch.fewer_trains import refuse_hopeless, refuse_over_fleet, refused_today, within_fleet
from dispatch.fixed_duties import assign_fixed
from dispatch.fixed_service import NOTHING_FIXED, OPTION, FixedService
from dispatch.fleet_times import refuse_too_fast, shortest_for_all
from dispatch.headway_choice import HeadwayWish, Trade, trade_of
from dispatch.levers import NUMBER_AND_DEPARTURES, Lever, fewer_trips, lever_shares
from dispatch.longer_trips import OPTION as LONGER_TRIPS
from dispatch.longer_trips import require_sensible
from dispatch.objective import worth_for
from dispatch.plan import Mode, Plan
from dispatch.repair import better_of, demand_led_rules, refuse_broken, repaired
from dispatch.revision import fixed_for, timetable_of
from dispatch.rules.shortest_times import ShortestTimes
from dispatch.run_today import run_as_today
from dispatch.stands import crowding_s
from dispatch.timetable import Timetable
from dispatch.timing.job import SearchStop, TimingOptions
from dispatch.timing.optimise import SearchWish, TimingResult, optimise
from dispatch.timing.refine import driven_optimally
from dispatch.timing.rules import TimingRules, equal_service_rules
from dispatch.traffic import planned_energy_j
from dispatch.vehicle_choice import Kind, dealt_by_energy, kinds_of_fleet
from dispatch.waiting import expected_waiting
from energy_models.faults import Infeasible
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train
from scenarios.build import profile_library, require_possible_running_times, supply_network, train_of
from scenarios.fixes import NO_FIXES, FixesFile
from scenarios.fleet import by_vehicle, vehicle_names
from scenarios.schema import Scenario

Progress = Callable[[str, float], None]

SECONDS_AN_EFFORT = 75.0
"""Time limit that buys one measure of search; two cores of 2026 need less, so that the clock does not decide."""
WORKERS_OF_A_LIMIT = 2
"""With fewer the clock runs as much longer, so that the plan is the same."""
RUNS_OF_A_DAY = 5000.0
"""Sections run in a day for which that is so; the time goes with the root of more of them, as trips share patterns."""


@dataclass(frozen=True)
class PlannerOptions:
    """How to plan: mode, seed, time for the search, threads to use, and what is asked of demand-led headways.

    `headways.objective` is what the timing saves, too. `fixes` are what the planner fixes; `start` is a plan to begin
    with instead of today's timetable; with `keep_close_s` no trip moves further than that from what the search begins
    with; `peak_limit_kw` bounds the mean power of any 15 minutes at the substation DC terminals. At equal service a
    trip may become `longer_trips_s` longer from end to end; its vehicle then stands as much less at the terminal.

    The time sets how much is searched, by count and not by the clock, so that the same options give the same plan;
    where the machine is too slow for that, the clock ends the search (with one worker after twice the time) and the
    plan says so.
    """

    mode: Mode = "equal-service"
    seed: int = 0
    time_limit_s: float = 30.0
    workers: int = 2
    headways: HeadwayWish = field(default_factory=HeadwayWish)
    fixes: FixesFile = NO_FIXES
    start: Plan | None = None
    keep_close_s: int | None = None
    peak_limit_kw: float | None = None
    longer_trips_s: int = 0


@dataclass(frozen=True, eq=False)
class Planned:
    """A decision: today's timetable and the new one as plans, the checker's report, the levers, seconds by stage.

    `levers` are shares of the noise-free saving on the equivalent track; they add up to it. `trade` is what headways
    could be had, where they follow the demand. `evidence` holds the plan against its bound and against today's mean
    over all phases.
    """

    scenario: Scenario
    train: Train
    library: ProfileLibrary
    network: SupplyNetwork
    baseline: Plan
    plan: Plan
    check: CheckReport
    levers: tuple[Lever, ...]
    timing: TimingResult
    evidence: Evidence
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


@dataclass(frozen=True, eq=False)
class _Task:
    """What is to be timed: the trips as the rules judge them, what the search begins with if not with patterns, the
    rules with what is fixed, and the trade that the headways were chosen from."""

    scenario: Scenario
    in_force: Timetable
    start: Timetable
    begin: Timetable | None
    rules: TimingRules
    trade: Trade | None

    def turned(self, timetable: Timetable) -> Timetable:
        """Vehicles around what is fixed about them, if anything is."""
        fixed = self.rules.fixed
        return assign_fixed(timetable, self.scenario, fixed, self.in_force) if fixed.holds_duties else timetable

    def with_vehicles(self, timetable: Timetable) -> Timetable:
        """Vehicles for new times: trains in excess rest in the depot and crowd no terminal, where fleet and depots bear
        that; else first in, first out."""
        try:
            return assign(timetable, self.scenario, self.in_force)
        except Infeasible:
            return first_in_first_out(timetable, self.scenario)

    def reassigned(self, timetable: Timetable) -> Timetable:
        """Vehicles as they may keep rules that first in first out breaks."""
        if self.rules.fixed.holds_duties:
            return self.turned(timetable)
        return assign(timetable, self.scenario, self.in_force)


@dataclass(frozen=True, eq=False)
class _Judge:
    """Makes plans of timetables and checks them; `shortest` as the checker wants it, `kinds` by train type."""

    task: _Task
    options: PlannerOptions
    metadata: Mapping[str, JsonValue]
    paired: Timetable | None
    shortest: ShortestTimes
    kinds: Mapping[str, Kind]

    def proven(self, timetable: Timetable) -> tuple[Plan, CheckReport]:
        """The timetable as a checked plan; where its own duties break rules, other duties may keep them."""
        plan, report = self._by_energy(timetable)
        if report.passed:
            return plan, report
        try:
            return self._by_energy(self.task.reassigned(timetable))
        except Infeasible:
            return plan, report

    def settled(
        self, timing: TimingResult, baseline: Plan, energy_j: Callable[[Plan], float]
    ) -> tuple[Plan, CheckReport]:
        """What was searched, with trips that break rules put back; at equal service it may break what `baseline`
        breaks. Raises `Infeasible` where new headways keep breaking rules."""
        tried, first = self.proven(timing.timetable)
        if first.passed:
            return tried, first
        task, is_led = self.task, self.options.mode == "demand-led"
        plan, report, trips_back = repaired(
            tried, first, timing.fallback, lambda timetable: self.proven(task.with_vehicles(timetable))
        )
        key = "trips_back_at_even_headways" if is_led else "trips_back_at_todays_times"
        plan = replace(plan, metadata={**plan.metadata, key: trips_back})
        if is_led:
            even = self.proven(task.with_vehicles(driven_optimally(task.begin or task.start)))
            plan, report = better_of((plan, report), even, energy_j)
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

    def _by_energy(self, timetable: Timetable) -> tuple[Plan, CheckReport]:
        """The duties with the vehicles that draw least, where vehicles differ and no more rules are broken."""
        plan, report = self._checked(timetable, self.metadata)
        dealt, told = dealt_by_energy(timetable, self.task.scenario, self.kinds, self.task.rules.fixed)
        if not told:
            return plan, report
        other, of_other = self._checked(dealt, {**self.metadata, **told})
        return (plan, report) if len(of_other.violations) > len(report.violations) else (other, of_other)

    def _checked(self, timetable: Timetable, metadata: Mapping[str, JsonValue]) -> tuple[Plan, CheckReport]:
        task = self.task
        plan = _plan(task.scenario, timetable, self.paired, self.options, metadata, task.rules.fixed)
        return plan, check(plan, task.scenario, task.in_force, self.shortest)


def _task(
    scenario: Scenario,
    options: PlannerOptions,
    in_force: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    shortest: ShortestTimes,
    progress: Progress,
) -> _Task:
    """Headways and rules. Equal service: the proof that fleet, turnbacks and depots bear today's, or may bear it at
    other times; demand-led: new headways, unless another plan has them."""
    mode, close_s = options.mode, options.keep_close_s
    begin = timetable_of(options.start, scenario, mode, in_force, train) if options.start is not None else None
    trade: Trade | None = None
    start = in_force
    lacking: tuple[str, ...] = ()
    if mode == "equal-service":
        lacking = refused_today(scenario, in_force)
    elif begin is not None:
        # The plan to start from is timed already: it is held against its headways run as today, like a new plan.
        start = run_as_today(begin, in_force)
    else:
        trade = trade_of(scenario, options.headways, in_force, library, train, network, progress)
        start = next(choice.timetable for choice in trade.choices if choice.is_chosen)
    rules = equal_service_rules(scenario, start, train.auxiliary_w)
    if mode == "demand-led":
        rules = demand_led_rules(rules, scenario, start)
    fixed = fixed_for(
        options.fixes, scenario, mode, begin or start, rules, trips_are_new=trade is not None, close_s=close_s
    )
    most = min(rules.vehicles_most, scenario.trainsets - fixed.spare_trains)
    if begin is None and close_s is not None:
        begin = start
    rules = replace(rules, fixed=fixed, vehicles_most=most, longer_s=options.longer_trips_s)
    refuse_hopeless(begin or start, scenario, rules, shortest, lacking)
    return _Task(scenario, in_force, start, begin, rules, trade)


def make_plan(
    scenario: Scenario,
    options: PlannerOptions,
    train: Train | None = None,
    progress: Progress = lambda _stage, _share: None,
    stop: SearchStop | None = None,
) -> Planned:
    """Plan a service day; `train` replaces the scenario's vehicle, for example by a calibrated one.

    `stop` ends the search from outside; what it found so far is then checked and returned. Raises `Infeasible` with
    the clashing rules or fixes when no plan exists, `InputFaults` with every fault of longer trips, or of fixes and of
    the plan to start from.
    """
    require_sensible(options.longer_trips_s, options.mode, options.start)
    stop = stop or SearchStop()
    clock = _Clock()
    train = train or train_of(scenario)
    library = profile_library(scenario, train)
    shortest = ShortestTimes(scenario, train)
    kinds = kinds_of_fleet(scenario, library, shortest.at_normal_load())
    require_possible_running_times(scenario, library)
    network = supply_network(scenario)
    in_force = timetable_in_force(scenario)
    clock.lap("read")
    task = _task(scenario, options, in_force, library, train, network, shortest, progress)
    start, rules, trade = task.start, task.rules, task.trade
    clock.lap("headways")
    worth = worth_for(scenario, options.headways.objective, options.peak_limit_kw)
    noise = scenario.disturbances
    timing = optimise(
        start,
        library,
        train,
        network,
        rules,
        task.with_vehicles,
        TimingOptions(
            seed=options.seed,
            effort=_effort(options.time_limit_s, start),
            time_limit_s=options.time_limit_s * max(1.0, WORKERS_OF_A_LIMIT / options.workers),
            noise_deviation_s=noise.dwell_noise_s,
            noise_accumulates=noise.dwell_noise_accumulates,
            workers=options.workers,
        ),
        progress,
        SearchWish(
            start=task.begin,
            worth=worth,
            duties=task.turned,
            fewer=partial(within_fleet, scenario),
            waiting_s=lambda timetable: expected_waiting(timetable, scenario).mean_s,
            crowding_s=lambda timetable: crowding_s(timetable, scenario),
            possible_s=shortest_for_all(kinds, start),
            stop=stop,
        ),
    )
    if not stop.is_cancelled:
        worth.refuse_if_too_high()
    clock.lap("timetable")
    baseline = _plan(scenario, in_force, in_force, options, {})
    metadata: dict[str, JsonValue] = {
        "convergence": [[round(s.seconds, 2), s.stage, round(s.energy_kwh, 1)] for s in timing.convergence],
        "stopped_early": timing.stopped_early,
        "cancelled": stop.is_cancelled,
    }
    paired = in_force if options.mode == "equal-service" else None
    others = by_vehicle(scenario, {name: kind.library for name, kind in kinds.items()}).others
    judge = _Judge(task, options, metadata, paired, shortest, kinds)
    plan, report = judge.settled(
        timing, baseline, lambda one: planned_energy_j(one.timetable, library, train, network, others)
    )
    refuse_too_fast(report, kinds, start)
    refuse_over_fleet(report, scenario, start, rules)
    timetable = plan.timetable
    clock.lap("check")
    levers = lever_shares(start, timetable, library, train, network, options.workers, progress, others)
    if options.mode == "demand-led":
        number = fewer_trips(in_force, start, library, train, network, others)
        # Without a decision about headways the departures of another plan belong to them, its timing included.
        name = number.name if trade is not None else NUMBER_AND_DEPARTURES
        levers = (replace(number, name=name), *levers)
    clock.lap("levers")
    evidence = evidence_of(in_force, start, timetable, library, train, network, rules, options.workers, others)
    plan = replace(plan, metadata={**plan.metadata, **evidence.document()})
    clock.lap("evidence")
    return Planned(
        scenario, train, library, network, baseline, plan, report, levers, timing, evidence, clock.seconds, trade
    )


def _effort(time_limit_s: float, timetable: Timetable) -> float:
    """How much is searched in that time: less of each trip where there are more of them."""
    runs = sum(len(trip.driving) for trip in timetable.trips)
    return time_limit_s / (SECONDS_AN_EFFORT * max(1.0, math.sqrt(runs / RUNS_OF_A_DAY)))


def _rules_of(report: CheckReport) -> frozenset[str]:
    return frozenset(violation.rule for violation in report.violations)


def _plan(
    scenario: Scenario,
    timetable: Timetable,
    in_force: Timetable | None,
    options: PlannerOptions,
    metadata: Mapping[str, JsonValue],
    fixed: FixedService = NOTHING_FIXED,
) -> Plan:
    names = vehicle_names(scenario)
    used = sorted({trip.vehicle for trip in timetable.trips})
    return Plan(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        mode=options.mode,
        timetable=timetable,
        headways=headway_table(timetable, scenario, in_force),
        vehicles={vehicle: names.get(vehicle, scenario.main_train_type) for vehicle in used},
        seed=options.seed,
        version=version("headwatt"),
        options=_options(options) | ({OPTION: kept} if (kept := fixed.as_option()) is not None else {}),
        metadata=metadata,
    )


def _options(options: PlannerOptions) -> dict[str, JsonValue]:
    """The options as the plan keeps them; those of headways only where headways were decided."""
    kept: dict[str, JsonValue] = {"time_limit_s": options.time_limit_s}
    if options.mode == "demand-led":
        wish = options.headways
        kept |= {"objective": wish.objective, "pick": wish.pick, "mean_waiting_s": wish.mean_waiting_s}
    elif options.headways.objective != "energy":
        kept["objective"] = options.headways.objective
    if options.peak_limit_kw is not None:
        kept["peak_limit_kw"] = options.peak_limit_kw
    if options.longer_trips_s:
        kept[LONGER_TRIPS] = options.longer_trips_s
    return kept
