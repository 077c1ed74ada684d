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

from dispatch.timetable import DIRECTIONS, Direction, Timetable
from dispatch.timing.bank import LOAD_STEP, bank_for
from dispatch.timing.cycle import CycleProblem, Pattern, find_pattern
from dispatch.timing.day import load_steps
from dispatch.timing.estimate import line_estimate
from dispatch.timing.fitting import held, pinned_dwells_s, way_with_dwells
from dispatch.timing.job import Clock, Job, Progress, SearchStop, Step, TimingOptions
from dispatch.timing.periods import Period, periods_of
from dispatch.timing.refine import estimated_energy_j, quiet_energy_j, refine
from dispatch.timing.rules import TimingRules
from dispatch.timing.shifts import mean_waiting_s, shift_periods
from dispatch.timing.trips import Limits
from dispatch.timing.worth import Worth
from energy_models.arrays import IntArray
from energy_models.faults import Infeasible
from energy_models.running_times import ProfileLibrary
from energy_models.supply.device_laws import pack
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train

SEARCH_TOLERANCE_A = 0.02
"""Residual current of a node at which the search takes an instant as solved: in all less than 500 W of some 5 MW."""
PATTERN_WORK = 1_600_000
"""Changes tried for a pattern on the estimate at effort 1, without noise."""
COMPILING_HEADWAY_S = 600
"""Of the cycle that has the search compiled; any would do."""


@dataclass(frozen=True, eq=False)
class SearchWish:
    """What a search is asked beside its rules: a timetable to start from instead of patterns, the worth of a joule,
    duties around fixed vehicles, times at which the trains that may run suffice, mean waiting (by default that of the
    rules' weights), how long trains find terminals full, the seconds that further train types need for each section,
    and a way to end it."""

    start: Timetable | None = None
    worth: Worth = field(default_factory=Worth)
    duties: Callable[[Timetable], Timetable] = field(default=lambda timetable: timetable)
    fewer: Callable[[Job, Timetable], Timetable] = field(default=lambda _, timetable: timetable)
    waiting_s: Callable[[Timetable], float] | None = None
    crowding_s: Callable[[Timetable], float] = field(default=lambda _: 0.0)
    possible_s: Mapping[Direction, Sequence[int]] = field(default_factory=dict)
    stop: SearchStop = field(default_factory=SearchStop)


@dataclass(frozen=True, eq=False)
class TimingResult:
    """The timetable found, how the search came there, and whether it was cut short.

    `fallback` keeps rules and fixes, unimproved: what a trip can go back to.
    """

    timetable: Timetable
    convergence: tuple[Step, ...]
    stopped_early: bool
    fallback: Timetable


def optimise(
    baseline: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    rules: TimingRules,
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
    trips = _both(baseline, wish.start)
    bank = bank_for(trips, library, train, options.workers, progress, rules.longer_s, wish.possible_s)
    packed = pack(network)._replace(tolerance_a=SEARCH_TOLERANCE_A)
    limits = _limits(baseline, library, rules)
    job = Job(
        baseline=baseline,
        rules=rules,
        turn=turn,
        options=options,
        bank=bank,
        network=packed,
        limits=limits,
        estimate=line_estimate(baseline, limits, bank, packed, options.seed, options.workers),
        progress=progress,
        began_s=0.0,
        waiting_s=wish.waiting_s or partial(mean_waiting_s, arrivals_per_s=rules.arrivals_per_s),
        worth=wish.worth,
        crowding_s=wish.crowding_s,
        stop=wish.stop.flag,
    )
    _compile(job)
    # What a machine does once for a line, profiles and compiled code, is not search: the first plan is as good as any.
    job = replace(job, began_s=time.monotonic())
    clock = Clock(options.time_limit_s, job.stop)
    clock.go()
    try:
        wish.stop.is_searching = True
        begin, fallback = _prepared(job, wish, clock)
        timetable = refine(job, begin)
    finally:
        wish.stop.is_searching = False
        clock.halt()
    return TimingResult(timetable, tuple(job.convergence), bool(job.stop[0]), fallback)


def _compile(job: Job) -> None:
    """Have the search compiled, or read from the disk, by the least search there is."""
    job.progress("compiling the search", 0.0)
    periods = list(periods_of(job.baseline, job.rules.period_starts_s))
    least = replace(_cycle_problem(job, COMPILING_HEADWAY_S, periods), samples=1)
    find_pattern(least, 1, 0, np.zeros(1, dtype=np.int64))
    job.progress("compiling the search", 1.0)


def _both(baseline: Timetable, start: Timetable | None) -> Timetable:
    """Trips of either timetable, so that the bank holds what the search may begin with."""
    return baseline if start is None else Timetable((*baseline.trips, *start.trips))


def _prepared(job: Job, wish: SearchWish, clock: Clock) -> tuple[Timetable, Timetable]:
    """What the search of single trips begins with: the timetable asked for, or patterns and shifts; fixes kept.

    And what trips can go back to.
    """
    if wish.start is not None:
        with clock.halted():
            start = _kept(job, wish, wish.start)
        return start, start
    # Told before the search when nothing keeps the fixes; and what is searched must not be worse than nothing.
    with clock.halted():
        plain = _kept(job, wish, job.baseline)
    if job.baseline.turns_on_the_way:
        # A cycle stands for trips that all run the whole line; the search of single trips begins without.
        return plain, plain
    laid = _laid(job, periods_of(job.baseline, job.rules.period_starts_s))
    if plain is job.baseline and _trains(laid) <= job.rules.vehicles_most:
        return min(laid, plain, key=partial(quiet_energy_j, job)), plain
    # With trains enough as many may begin at each terminal as in the baseline, else as in the times that need fewer.
    reference = job.baseline if _trains(job.baseline) <= job.rules.vehicles_most else plain
    try:
        with clock.halted():
            near = held(job, laid, reference)
            return wish.duties(near if _trains(near) <= job.rules.vehicles_most else job.turn(near)), plain
    except Infeasible:
        return plain, plain


def _kept(job: Job, wish: SearchWish, timetable: Timetable) -> Timetable:
    """The timetable with what is fixed and no more trains than may run; itself where it keeps that already."""
    if _trains(timetable) > job.rules.vehicles_most:
        timetable = wish.fewer(job, timetable)
    elif job.rules.fixed.holds_times:
        timetable = held(job, timetable, timetable)
    return wish.duties(timetable) if job.rules.fixed.holds_duties else timetable


def _trains(timetable: Timetable) -> int:
    return len({trip.vehicle for trip in timetable.trips})


def _laid(job: Job, periods: tuple[Period, ...]) -> Timetable:
    """Patterns and shifts laid on the day."""
    return shift_periods(job, periods, _patterns(job, periods), partial(estimated_energy_j, job))


def _limits(baseline: Timetable, library: ProfileLibrary, rules: TimingRules) -> Limits:
    """The rules in kernel form."""
    sections = len(library.sections["up"])
    spans = np.array([rules.dwell_span_s[d] for d in DIRECTIONS], dtype=np.int64).reshape(2, sections - 1, 2)
    whole = {d: [trip for trip in baseline.of(d) if len(trip.driving) == sections] for d in DIRECTIONS}
    standing = [max(sum(trip.dwell_s(k) for k in range(1, sections)) for trip in whole[d]) for d in DIRECTIONS]
    one_way = np.array([max(t.end_s - t.start_s for t in whole[d]) for d in DIRECTIONS], dtype=np.int64)
    arrivals = np.zeros((len(baseline.trips), sections))
    for row, trip, first in zip(arrivals, baseline.trips, baseline.first_sections(), strict=True):
        row[first : first + len(trip.driving)] = rules.arrivals_per_s[trip.trip_id]
    last = [library.sections[direction][-1] for direction in DIRECTIONS]
    return Limits(
        dwell_shortest_s=np.ascontiguousarray(spans[:, :, 0]),
        dwell_longest_s=np.ascontiguousarray(spans[:, :, 1]),
        turnback_shortest_s=np.array(rules.turnback_shortest_s, dtype=np.int64),
        headway_shortest_s=rules.headway_shortest_s,
        auxiliary_w=rules.auxiliary_w,
        stand_auxiliary_s=rules.stand_auxiliary_s,
        stand_fallback_s=rules.stand_fallback_s,
        terminal_chainage_m=np.array([t.departure_chainage_m + t.chainage_sign * t.length_m for t in last]),
        station_chainage_m=np.array([[t.departure_chainage_m for t in library.sections[d]] for d in DIRECTIONS]),
        arrivals_per_s=arrivals,
        waiting_budget=0.0,
        dwell_to_run_s=rules.dwell_to_run_s,
        dwell_total_s=np.array(standing, dtype=np.int64),
        one_way_shortest_s=one_way,
        one_way_longest_s=one_way + rules.longer_s,
        vehicles_most=rules.vehicles_most,
    )


def _patterns(job: Job, periods: tuple[Period, ...]) -> tuple[Pattern | None, ...]:
    """The pattern of each period that has one headway; periods of one headway share theirs, searched side by side."""
    options = job.options
    headways = sorted({period.headway_s for period in periods if period.headway_s is not None})
    whole_s = sum(period.duration_s for period in periods)
    done = 0

    def one(headway_s: int) -> Pattern | None:
        nonlocal done
        if job.stop[0]:
            return None
        group = [period for period in periods if period.headway_s == headway_s]
        # A pattern that runs for a small part of the day is worth less search.
        weight = min(1.0, 2.0 * sum(period.duration_s for period in group) / whole_s)
        work = max(1, int(PATTERN_WORK * options.effort * weight))
        pattern = find_pattern(_cycle_problem(job, headway_s, group), work, options.seed * 31 + headway_s, job.stop)
        done += 1
        job.progress("patterns", done / len(headways))
        return pattern

    with ThreadPoolExecutor(options.workers) as pool:
        found = dict(zip(headways, pool.map(one, headways), strict=True))
    patterns = tuple(found[period.headway_s] if period.headway_s is not None else None for period in periods)
    job.note(
        "patterns",
        sum(p.energy_j * t.duration_s / p.headway_s for p, t in zip(patterns, periods, strict=True) if p is not None),
    )
    return patterns


def _cycle_problem(job: Job, headway_s: int, periods: list[Period]) -> CycleProblem:
    """The cycle of periods with one headway, with their trips' typical loads."""
    sections = len(job.limits.station_chainage_m[0])
    members = [[job.baseline.trips[j] for period in periods for j in period.members[d]] for d in range(2)]
    trips = [tuple(trip for trip in group if len(trip.driving) == sections) for group in members]
    middle = [group[len(group) // 2] for group in trips]
    pinned = [pinned_dwells_s(job, group) for group in trips]
    ways = [way_with_dwells(job, trip, fixed, []) for trip, fixed in zip(middle, pinned, strict=True)]
    return CycleProblem(
        headway_s=headway_s,
        run_s=np.array([run for run, _ in ways], dtype=np.int64),
        dwell_s=np.array([dwell for _, dwell in ways], dtype=np.int64),
        load_step=np.array([_typical(load_steps(group, LOAD_STEP)) for group in trips], dtype=np.int64),
        limits=_pinned(job.limits, pinned),
        bank=job.bank,
        network=job.network,
        estimate=job.estimate,
        noise_deviation_s=job.options.noise_deviation_s,
        noise_accumulates=job.options.noise_accumulates,
        samples=job.options.samples,
        estimated_samples=job.options.estimated_samples,
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
