"""The planner: from a scenario to a checked plan, with the saving of each lever."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dispatch.checker.check import CheckReport
from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays
from dispatch.explanation.lever import NUMBER_AND_DEPARTURES, Lever
from dispatch.explanation.levers import fewer_trips, lever_shares
from dispatch.explanation.potential import potential_of
from dispatch.headways.trade import Trade
from dispatch.planner.beside import NOTHING_BESIDE, Beside
from dispatch.planner.fleet_feasibility import (
    refuse_over_fleet,
    refuse_too_fast,
    within_fleet,
)
from dispatch.planner.new_plan import new_plan
from dispatch.planner.objective import objective_weights_for
from dispatch.planner.options import require_sensible
from dispatch.planner.planner_options import PlannerOptions
from dispatch.planner.planning_task import planning_task
from dispatch.planner.proof import Proof
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.longer_trips import allowed_in
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanFacts, SearchFacts, SearchStep
from dispatch.plans.potential import Potential
from dispatch.plans.terminal_occupancy import terminal_excess_s
from dispatch.plans.timetable import Timetable
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.common_running_times import shortest_for_all
from dispatch.rostering.vehicle_assignment import fleet_types_of, vehicle_kinds
from dispatch.timing.best_saving import Found, best_savings
from dispatch.timing.optimise import SearchWish, TimingResult, optimise
from dispatch.timing.task import Progress, SearchStop, Step, TimingOptions
from energy_models.account.energy import J_PER_KWH
from scenarios.schema import Scenario
from scenarios.values.build import require_possible_running_times
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
    task = planning_task(line, options, in_force, shortest, progress)
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
    baseline = new_plan(scenario, in_force, in_force, options, PlanFacts())
    steps = tuple(SearchStep(round(one.seconds, 2), one.stage, round(one.energy_kwh, 1)) for one in timing.convergence)
    facts = PlanFacts(
        search=SearchFacts(steps, timing.stopped_early, stop.is_cancelled),
        patterns_cost_kwh=_rounded_kwh(timing.patterns_cost_j),
        grids_cost_kwh=_rounded_kwh(timing.grids_cost_j),
    )
    paired = in_force if options.mode == "equal-service" else None
    vehicles = vehicle_kinds(stock, line.of_vehicle, fleet_types)
    proof = Proof(task, options, facts, paired, shortest, vehicles)
    plan, report = proof.settled(timing, baseline, days, progress)
    refuse_too_fast(report, fleet_types, start)
    refuse_over_fleet(report, scenario, start, timing_limits)
    timetable = plan.timetable
    clock.lap("check")
    beside.decided(timetable)
    plan = proof.with_assignment_saving(plan, days)
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
    return lambda convergence: found(best_savings(days.energy_j(in_force) / J_PER_KWH, convergence))


def _rounded_kwh(energy_j: float | None) -> float | None:
    return None if energy_j is None else round(energy_j / J_PER_KWH, 1)


def _search_effort(effort: float, timetable: Timetable) -> float:
    """The effort of the timing search: less for each trip where there are more trips."""
    runs = sum(len(trip.driving) for trip in timetable.trips)
    return effort / (EFFORT_OF_ALL_CHANGES * float(max(1.0, runs / RUNS_OF_A_DAY) ** LESS_FOR_MORE_RUNS))
