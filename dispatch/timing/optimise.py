"""The search for the timetable that draws the least electricity for the same service.

Three stages: patterns of each period's cycle, shifts of whole periods, then every trip by itself over the whole day. A
quick estimate of the supply finds where to look, and exact solutions on the equivalent track decide.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.plans.timetable import Timetable
from dispatch.timing.day_state import load_steps
from dispatch.timing.even_headways import evened
from dispatch.timing.fit_to_fixes import pinned_dwells_s, way_on_grid, way_with_dwells
from dispatch.timing.held_timetable import held
from dispatch.timing.kernel.trips import Limits
from dispatch.timing.kernel_limits import SEARCH_TOLERANCE_A, dwell_totals_s, kernel_limits, one_way_times_s
from dispatch.timing.limits import TimingLimits
from dispatch.timing.line_motions import LOAD_STEP, motion_table_for
from dispatch.timing.line_surrogate import fit_line_surrogate
from dispatch.timing.objective_weights import ObjectiveWeights
from dispatch.timing.period_pattern import CycleProblem, PeriodPattern, find_pattern
from dispatch.timing.periods import Period, periods_of
from dispatch.timing.restriction_cost import cost_of_grids_j, cost_of_shared_patterns_j
from dispatch.timing.shifts import WAITING_ROUNDING_S, mean_waiting_s, shift_periods
from dispatch.timing.single_trips import quiet_energy_j, refine, surrogate_energy_j
from dispatch.timing.spacing import spaced
from dispatch.timing.task import CYCLES, DRIVING, Clock, Progress, SearchStop, SearchTask, Step, TimingOptions
from energy_models.arrays import IntArray
from energy_models.faults import Infeasible
from energy_models.supply.device_laws import pack
from scenarios.schema.base import Direction

PATTERN_WORK = 1_600_000
"""Changes tried for a pattern on the estimate at effort 1, without noise."""
COMPILING_HEADWAY_S = 600
"""Of the cycle that has the search compiled; any would do."""


@dataclass(frozen=True, eq=False)
class SearchWish:
    """What a search is asked beside its rules: a timetable to start from instead of patterns, the worth of a joule,
    duties around fixed vehicles, times at which the trains that may run suffice, mean waiting (by default that of the
    rules' weights), how long trains find terminals full, the seconds that further train types need for each section,
    a way to end it, what waits until the kernels are compiled, if somebody else compiles them, and what receives the
    convergence at each of its points."""

    start: Timetable | None = None
    weights: ObjectiveWeights = field(default_factory=ObjectiveWeights)
    duties: Callable[[Timetable], Timetable] = field(default=lambda timetable: timetable)
    fewer: Callable[[SearchTask, Timetable], Timetable] = field(default=lambda _, timetable: timetable)
    waiting_s: Callable[[Timetable], float] | None = None
    terminal_excess_s: Callable[[Timetable], float] = field(default=lambda _: 0.0)
    possible_s: Mapping[Direction, Sequence[int]] = field(default_factory=dict)
    stop: SearchStop = field(default_factory=SearchStop)
    compiled: Callable[[], None] = field(default=lambda: None)
    noted: Callable[[Sequence[Step]], None] = field(default=lambda _: None)


@dataclass(frozen=True, eq=False)
class TimingResult:
    """The timetable found, how the search came there, and whether it was cut short.

    `fallback` keeps rules and fixes, unimproved: what a trip can go back to. `seconds` are those of the stages before
    the search. `patterns_cost_j` is by how much the day would draw less if each trip had its own times, `grids_cost_j`
    if departures and dwells could have any second (None: they have, or the search was cut short).
    """

    timetable: Timetable
    convergence: tuple[Step, ...]
    stopped_early: bool
    fallback: Timetable
    seconds: Mapping[str, float] = field(default_factory=dict)
    patterns_cost_j: float | None = None
    grids_cost_j: float | None = None


def optimise(
    baseline: Timetable,
    line: LineModel,
    timing_limits: TimingLimits,
    turn: Callable[[Timetable], Timetable],
    options: TimingOptions,
    progress: Progress = lambda _stage, _share: None,
    wish: SearchWish | None = None,
) -> TimingResult:
    """Retime the baseline's trips so that the substations feed least; no trip becomes longer than the rules allow.

    `turn` gives a timetable its vehicles; `wish` asks for more than the rules do. The same seed and effort give the
    same timetable for any number of workers, unless the time limit or a cancel cuts the search short.
    """
    wish = wish or SearchWish()
    began_s = time.monotonic()
    trips = _both(baseline, wish.start)
    motions = motion_table_for(
        trips, line.library, line.train, options.workers, progress, timing_limits.longer_s, wish.possible_s
    )
    profiles_s = time.monotonic()
    progress("compiling the search", 0.0)
    wish.compiled()
    packed = pack(line.network)._replace(tolerance_a=SEARCH_TOLERANCE_A)
    limits = kernel_limits(baseline, line.library, timing_limits)
    task = SearchTask(
        baseline=baseline,
        timing_limits=timing_limits,
        turn=turn,
        options=options,
        motions=motions,
        network=packed,
        limits=limits,
        surrogate=fit_line_surrogate(baseline, limits, motions, packed, options.seed, options.workers),
        progress=progress,
        began_s=0.0,
        waiting_s=wish.waiting_s or partial(mean_waiting_s, arrivals_per_s=timing_limits.arrivals_per_s),
        weights=wish.weights,
        terminal_excess_s=wish.terminal_excess_s,
        stop=wish.stop.flag,
        noted=wish.noted,
    )
    _compile(task)
    compiled_s = time.monotonic()
    # What a machine does once for a line, profiles and compiled code, is not search: the first plan is as good as any.
    task = replace(task, began_s=time.monotonic())
    clock = Clock(options.time_limit_s, task.stop)
    clock.go()
    try:
        wish.stop.is_searching = True
        begin, fallback = _prepared(task, wish, clock)
        day = refine(task, begin)
        patterns_cost_j = cost_of_shared_patterns_j(task, day) if options.patterns and not task.stop[0] else None
        has_grid = max(timing_limits.departure_grid_s, timing_limits.dwell_grid_s) > 1
        grids_cost_j = cost_of_grids_j(task, day) if has_grid and not task.stop[0] else None
    finally:
        wish.stop.is_searching = False
        clock.halt()
    return TimingResult(
        day.timetable("optimal"), tuple(task.convergence), bool(task.stop[0]), fallback,
        {"profiles": profiles_s - began_s, "compilation": compiled_s - profiles_s}, patterns_cost_j, grids_cost_j,
    )  # fmt: skip


def _compile(task: SearchTask) -> None:
    """Have the search compiled, or read from the disk, by the least search there is."""
    periods = list(periods_of(task.baseline, task.timing_limits.period_starts_s))
    least = replace(cycle_problem(task, COMPILING_HEADWAY_S, periods), samples=1)
    find_pattern(least, 1, 0, np.zeros(1, dtype=np.int64))
    task.progress("compiling the search", 1.0)


def _both(baseline: Timetable, start: Timetable | None) -> Timetable:
    """Trips of either timetable, so that the bank holds what the search may begin with."""
    return baseline if start is None else Timetable((*baseline.trips, *start.trips))


def _prepared(task: SearchTask, wish: SearchWish, clock: Clock) -> tuple[Timetable, Timetable]:
    """What the search of single trips begins with: the timetable asked for, or patterns and shifts; fixes kept.

    And what trips can go back to.
    """
    if wish.start is not None:
        with clock.halted():
            start = _kept(task, wish, wish.start)
        return start, start
    # Told before the search when nothing keeps the fixes; and what is searched must not be worse than nothing.
    with clock.halted():
        plain = _kept(task, wish, task.baseline)
    task.note(DRIVING, quiet_energy_j(task, plain))
    if task.baseline.turns_on_the_way:
        # A cycle stands for trips that all run the whole line; the search of single trips begins without.
        return plain, plain
    laid = spaced(task, _laid(task))
    if task.waiting_s(laid) > max(task.waiting_s(task.baseline), task.waiting_s(plain)) + WAITING_ROUNDING_S:
        return plain, plain
    if plain is task.baseline and _trains(laid) <= task.timing_limits.vehicles_most:
        return min(laid, plain, key=partial(quiet_energy_j, task)), plain
    # With trains enough as many may begin at each terminal as in the baseline, else as in the times that need fewer.
    reference = task.baseline if _trains(task.baseline) <= task.timing_limits.vehicles_most else plain
    try:
        with clock.halted():
            near = held(task, laid, reference)
            return wish.duties(near if _trains(near) <= task.timing_limits.vehicles_most else task.turn(near)), plain
    except Infeasible:
        return plain, plain


def _kept(task: SearchTask, wish: SearchWish, timetable: Timetable) -> Timetable:
    """The timetable with what is fixed and no more trains than may run; itself where it keeps that already."""
    if _trains(timetable) > task.timing_limits.vehicles_most:
        timetable = wish.fewer(task, timetable)
    elif task.timing_limits.holds_times:
        timetable = held(task, timetable, timetable)
    return wish.duties(timetable) if task.timing_limits.fixed.holds_duties else timetable


def _trains(timetable: Timetable) -> int:
    return len(timetable.vehicles)


def _laid(task: SearchTask) -> Timetable:
    """Patterns and shifts laid on the day, with even headways where those of today are uneven."""
    limits = task.timing_limits
    even = evened(task.baseline, limits.period_starts_s, limits.window_s, limits.gap_longest_s)
    of_even = task if even is task.baseline else replace(task, baseline=even)
    periods = periods_of(even, limits.period_starts_s)
    longest_s = task.waiting_s(task.baseline)
    patterns = _patterns(of_even, periods)
    return shift_periods(of_even, periods, patterns, partial(surrogate_energy_j, task), longest_s)


def _patterns(task: SearchTask, periods: tuple[Period, ...]) -> tuple[PeriodPattern | None, ...]:
    """The pattern of each period that has one headway; periods of one headway share theirs.

    The headways are searched side by side, and the candidates of each of them too, so that no processor waits at the
    end.
    """
    options = task.options
    headways = sorted({period.headway_s for period in periods if period.headway_s is not None})
    groups = {headway_s: [period for period in periods if period.headway_s == headway_s] for headway_s in headways}
    whole_s = sum(period.duration_s for period in periods)
    # A pattern that runs for a small part of the day is worth less search.
    weights = {
        headway_s: min(1.0, 2.0 * sum(period.duration_s for period in group) / whole_s)
        for headway_s, group in groups.items()
    }
    works = {headway_s: max(1, int(PATTERN_WORK * options.effort * weight)) for headway_s, weight in weights.items()}
    done = 0
    task.progress("patterns", 0.0)

    def one(headway_s: int) -> PeriodPattern | None:
        nonlocal done
        if task.stop[0]:
            return None
        problem = cycle_problem(task, headway_s, groups[headway_s])
        pattern = find_pattern(problem, works[headway_s], options.seed * 31 + headway_s, task.stop, candidates)
        done += works[headway_s]
        task.progress("patterns", done / sum(works.values()))
        return pattern

    # Two pools, because a headway waits for its candidates.
    with ThreadPoolExecutor(options.workers) as candidates, ThreadPoolExecutor(options.workers) as pool:
        found = dict(zip(headways, pool.map(one, headways), strict=True))
    patterns = tuple(found[period.headway_s] if period.headway_s is not None else None for period in periods)
    task.note(
        CYCLES,
        sum(p.energy_j * t.duration_s / p.headway_s for p, t in zip(patterns, periods, strict=True) if p is not None),
    )
    return patterns


def cycle_problem(task: SearchTask, headway_s: int, periods: list[Period]) -> CycleProblem:
    """The cycle of periods with one headway, with their trips' typical loads."""
    sections = len(task.limits.station_chainage_m[0])
    members = [[task.baseline.trips[j] for period in periods for j in period.members[d]] for d in range(2)]
    trips = [tuple(trip for trip in group if len(trip.driving) == sections) for group in members]
    middle = [group[len(group) // 2] for group in trips]
    # Departures come onto their grid when the cycle is laid on the day.
    limits = task.limits._replace(
        dwell_total_s=dwell_totals_s(middle), one_way_s=one_way_times_s(middle), departure_grid_s=1
    )
    pinned = [pinned_dwells_s(task, group) for group in trips]
    ways = [
        way_on_grid(task, trip, *way_with_dwells(task, trip, fixed, []), fixed)
        for trip, fixed in zip(middle, pinned, strict=True)
    ]
    return CycleProblem(
        headway_s=headway_s,
        run_s=np.array([run for run, _ in ways], dtype=np.int64),
        dwell_s=np.array([dwell for _, dwell in ways], dtype=np.int64),
        today_run_s=np.array([trip.running_times_s for trip in middle], dtype=np.int64),
        today_dwell_s=np.array([trip.dwells_s for trip in middle], dtype=np.int64),
        load_step=np.array([_typical(load_steps(group, LOAD_STEP)) for group in trips], dtype=np.int64),
        limits=_pinned(limits, pinned),
        motions=task.motions,
        network=task.network,
        surrogate=task.surrogate,
        noise_deviation_s=task.options.noise_deviation_s,
        noise_accumulates=task.options.noise_accumulates,
        samples=task.options.samples,
        surrogate_samples=task.options.surrogate_samples,
    )


def _pinned(limits: Limits, dwells_s: list[dict[int, int]]) -> Limits:
    """The limits with some dwells of each direction fixed."""
    if not any(dwells_s):
        return limits
    shortest, longest = limits.dwell_shortest_s.copy(), limits.dwell_longest_s.copy()
    for d, fixed in enumerate(dwells_s):
        for inner, value in fixed.items():
            shortest[d, inner] = longest[d, inner] = value
    return limits._replace(dwell_shortest_s=shortest, dwell_longest_s=longest)


def _typical(steps: IntArray) -> IntArray:
    """Of each column the entry nearest to its mean: a load for which the bank has motions."""
    nearest = np.abs(steps - steps.mean(axis=0)).argmin(axis=0)
    return np.asarray(steps[nearest, np.arange(steps.shape[1])])
