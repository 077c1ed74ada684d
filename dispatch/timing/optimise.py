"""The search for the timetable that draws the least electricity for the same service.

Three stages, each exact in what it prices (the supply is solved for every instant, on the equivalent track):
patterns of each period's cycle, shifts of whole periods, then every trip by itself over the whole day.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from dispatch.timetable import DIRECTIONS, Timetable
from dispatch.timing.bank import MotionBank, motion_bank
from dispatch.timing.cycle import CycleProblem, Effort, Pattern, find_pattern
from dispatch.timing.day import build_day, free_trips, load_steps, retimed
from dispatch.timing.kernel import Limits, chain_of, search
from dispatch.timing.noise import departure_noise_s
from dispatch.timing.periods import Period, periods_of
from dispatch.timing.phases import PeriodPhases, best_shifts
from dispatch.timing.rules import TimingRules
from energy_models.arrays import IntArray
from energy_models.running_times import ProfileLibrary
from energy_models.supply.device_laws import PackedNetwork, pack
from energy_models.supply.network import SupplyNetwork
from energy_models.train import Train

LOAD_STEP = 100
"""Passengers a step of the bank: 6 t of 250, and the power is exact at the step."""
DAY_ODDS = np.array([34, 30, 18, 10, 8], dtype=np.int64)
SHIFT_STEP_S = 4
SEARCH_TOLERANCE_A = 0.1
"""Residual current at which the search takes an instant as solved: some 80 W of some 5 MW."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class TimingOptions:
    """How hard to search and for what: seed, effort (1 is the default search), time limit, and the noise to plan for."""

    seed: int = 0
    effort: float = 1.0
    time_limit_s: float = 60.0
    noise_deviation_s: float = 0.0
    noise_accumulates: bool = False
    samples: int = 6
    workers: int = 2


@dataclass(frozen=True)
class Step:
    """One point of the convergence: when it was reached, by which stage, and the energy of the day at the search's terms."""

    seconds: float
    stage: str
    energy_kwh: float


@dataclass(frozen=True, eq=False)
class TimingResult:
    """The timetable found, how the search came there, and whether it was cut short."""

    timetable: Timetable
    convergence: tuple[Step, ...]
    stopped_early: bool


@dataclass(eq=False)
class _Search:
    """What all stages share."""

    baseline: Timetable
    rules: TimingRules
    options: TimingOptions
    bank: MotionBank
    network: PackedNetwork
    limits: Limits
    progress: Progress
    began_s: float
    stop: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    convergence: list[Step] = field(default_factory=list)

    def note(self, stage: str, energy_j: float) -> None:
        self.convergence.append(Step(time.monotonic() - self.began_s, stage, energy_j / 3.6e6))


def optimise(
    baseline: Timetable,
    library: ProfileLibrary,
    train: Train,
    network: SupplyNetwork,
    rules: TimingRules,
    options: TimingOptions,
    progress: Progress = lambda _stage, _share: None,
) -> TimingResult:
    """Retime the baseline's trips so that the substations feed least, under the rules; every trip keeps its one-way time.

    The same seed and effort give the same timetable for any number of workers, unless the time limit cuts the search short.
    """
    began = time.monotonic()
    bank = _bank(baseline, library, train, options.workers)
    limits = _limits(baseline, library, rules)
    found = _Search(baseline, rules, options, bank, pack(network)._replace(tolerance_a=SEARCH_TOLERANCE_A), limits, progress, began)
    timer = threading.Timer(options.time_limit_s, lambda: found.stop.__setitem__(0, 1))
    timer.daemon = True
    timer.start()
    try:
        periods = periods_of(baseline)
        patterns = _patterns(found, periods)
        start = _with_patterns(found, periods, patterns)
        timetable = _refine(found, start)
    finally:
        timer.cancel()
    return TimingResult(timetable, tuple(found.convergence), bool(found.stop[0]))


def _bank(baseline: Timetable, library: ProfileLibrary, train: Train, workers: int) -> MotionBank:
    """Motions for running times around today's, at every load that occurs."""
    spans: dict[str, tuple[tuple[int, int], ...]] = {}
    steps: dict[str, tuple[frozenset[int], ...]] = {}
    for direction in DIRECTIONS:
        trips = baseline.of(direction)
        used = load_steps(trips, LOAD_STEP)
        spans[direction] = tuple(
            _span(library, direction, k, [trip.running_time_s(k) for trip in trips], int(used[:, k].max()) * LOAD_STEP)
            for k in range(used.shape[1])
        )
        # A trip may be given any neighbour's times but keeps its own load, so each load goes with each running time.
        steps[direction] = tuple(frozenset(used[:, k].tolist()) for k in range(used.shape[1]))
    library.prepare(
        [
            (direction, k, running, float(step * LOAD_STEP), "optimal")
            for direction in DIRECTIONS
            for k, span in enumerate(spans[direction])
            for running in range(span[0], span[1] + 1)
            for step in sorted(steps[direction][k])
        ],
        workers,
    )
    return motion_bank(library, train, spans, steps, LOAD_STEP)


def _span(
    library: ProfileLibrary, direction: str, section: int, running_s: list[int], passengers: float
) -> tuple[int, int]:
    """Running times worth a look: a tenth around today's, never below what the heaviest train can do."""
    today_short, today_long = min(running_s), max(running_s)
    possible = int(np.ceil(library.minimum_time_s(direction, section, passengers) + 0.5))
    shortest = max(possible, int(np.floor(0.9 * today_short)))
    return min(shortest, today_short), int(np.ceil(1.1 * today_long))


def _limits(baseline: Timetable, library: ProfileLibrary, rules: TimingRules) -> Limits:
    up_tracks = library.sections["up"]
    down_tracks = library.sections["down"]
    order = baseline.trips
    sections = len(up_tracks)
    spans = np.array([rules.dwell_span_s[d] for d in DIRECTIONS], dtype=np.int64).reshape(2, sections - 1, 2)
    totals = [max(sum(trip.dwell_s(k) for k in range(1, sections)) for trip in baseline.of(d)) for d in DIRECTIONS]
    end = [tracks[-1].departure_chainage_m + tracks[-1].chainage_sign * tracks[-1].length_m
           for tracks in (up_tracks, down_tracks)]  # fmt: skip
    return Limits(
        dwell_shortest_s=np.ascontiguousarray(spans[:, :, 0]),
        dwell_longest_s=np.ascontiguousarray(spans[:, :, 1]),
        turnback_shortest_s=np.array(rules.turnback_shortest_s, dtype=np.int64),
        headway_shortest_s=rules.headway_shortest_s,
        auxiliary_w=rules.auxiliary_w,
        stand_auxiliary_s=rules.stand_auxiliary_s,
        stand_fallback_s=rules.stand_fallback_s,
        terminal_chainage_m=np.array(end),
        station_chainage_m=np.array(
            [[track.departure_chainage_m for track in tracks] for tracks in (up_tracks, down_tracks)]
        ),
        arrivals_per_s=np.array([list(rules.arrivals_per_s[trip.trip_id]) for trip in order]),
        waiting_budget=0.0,
        dwell_to_run_s=rules.dwell_to_run_s,
        dwell_total_s=np.array(totals, dtype=np.int64),
        vehicles_most=rules.vehicles_most,
    )


def _patterns(found: _Search, periods: tuple[Period, ...]) -> tuple[Pattern | None, ...]:
    """The pattern of each period that has one headway, searched side by side; longest periods first."""
    options = found.options
    effort = Effort(3, int(2200 * options.effort), int(500 * options.effort))
    done = 0

    def one(number: int) -> Pattern | None:
        nonlocal done
        period = periods[number]
        problem = _cycle_problem(found, period)
        pattern = find_pattern(problem, effort, options.seed * 31 + number, found.stop) if problem else None
        done += 1
        found.progress("patterns", done / len(periods))
        return pattern

    with ThreadPoolExecutor(options.workers) as pool:
        patterns = tuple(pool.map(one, range(len(periods))))
    known = [p for p in patterns if p is not None]
    if known:
        energy = sum(
            p.energy_j * period.duration_s / p.headway_s
            for p, period in zip(patterns, periods, strict=True)
            if p is not None
        )
        found.note("patterns", energy)
    return patterns


def _cycle_problem(found: _Search, period: Period) -> CycleProblem | None:
    """The cycle of a period, with the period's mean loads; none where the headway is not the same in both directions."""
    if period.headway_s is None:
        return None
    trips = [[found.baseline.trips[j] for j in members] for members in period.members]
    sections = len(trips[0][0].driving)
    middle = [group[len(group) // 2] for group in trips]
    run = np.array([[trip.running_time_s(k) for k in range(sections)] for trip in middle], dtype=np.int64)
    dwell = np.array([[trip.dwell_s(k) for k in range(1, sections)] for trip in middle], dtype=np.int64)
    load = np.array([_typical_steps(load_steps(tuple(group), LOAD_STEP)) for group in trips], dtype=np.int64)
    options = found.options
    return CycleProblem(
        period.headway_s, run, dwell, load, (middle[1].start_s - middle[0].start_s) % period.headway_s,
        found.limits, found.bank, found.network,
        options.noise_deviation_s, options.noise_accumulates, options.samples,
    )  # fmt: skip


def _typical_steps(steps: IntArray) -> IntArray:
    """Of each column the entry nearest to its mean: a load for which the bank has motions."""
    nearest = np.abs(steps - steps.mean(axis=0)).argmin(axis=0)
    return np.asarray(steps[nearest, np.arange(steps.shape[1])])


def _with_patterns(found: _Search, periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...]) -> Timetable:
    """Give each trip its period's pattern, and shift whole periods so that the phases pay and waiting grows no longer."""
    baseline, rules = found.baseline, found.rules
    before = weighted_waiting(baseline, rules.arrivals_per_s)
    borders = _period_phases(found, periods, patterns)
    kept: Timetable | None = None
    price = 0.0
    for _ in range(14):
        shifts = best_shifts(borders, price, SHIFT_STEP_S)
        # The first and the last row of the shifts are the fixed first and last trips.
        timetable = _shifted(baseline, periods, patterns, shifts[1:-1], rules.window_s)
        if weighted_waiting(timetable, rules.arrivals_per_s) <= before:
            kept = timetable
            break
        price = max(price * 3.0, 20.0)
    if kept is None:
        kept = _shifted(baseline, periods, patterns, np.zeros((len(periods), 2), dtype=np.int64), rules.window_s)
    return kept


def _period_phases(
    found: _Search, periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...]
) -> list[PeriodPhases]:
    """The chain of periods between two fixed ends: the first trips before it, the last trips after it."""
    trips = found.baseline.trips
    fixed = PeriodPhases(0.0, np.zeros(1), 0, 0, (None, None), (0.0, 0.0))
    chain = [fixed]
    for period, pattern in zip(periods, patterns, strict=True):
        gaps: list[int | None] = []
        weights: list[float] = []
        for members in period.moving:
            first = members[0] if members else -1
            previous = period.previous.get(first, -1)
            gaps.append(trips[first].start_s - trips[previous].start_s if previous >= 0 else None)
            weights.append(float(sum(found.rules.arrivals_per_s[trips[first].trip_id])) if first >= 0 else 0.0)
        largest = min((period.largest_shift_s(found.rules.window_s, trips)), 600)
        curve = pattern.energy_by_phase_j if pattern is not None else np.zeros(1)
        cycles = period.duration_s / pattern.headway_s if pattern is not None else 0.0
        chain.append(PeriodPhases(cycles, curve, period.phase_s, largest, (gaps[0], gaps[1]), (weights[0], weights[1])))
    end_gaps = periods[-1].end_gaps_s(trips)
    end_weights = periods[-1].end_weights(trips, found.rules.arrivals_per_s)
    chain.append(PeriodPhases(0.0, np.zeros(1), 0, 0, end_gaps, end_weights))
    return chain


def _shifted(
    baseline: Timetable,
    periods: tuple[Period, ...],
    patterns: tuple[Pattern | None, ...],
    shifts: IntArray,
    window_s: Mapping[str, tuple[int, int]],
) -> Timetable:
    """The baseline with each period's pattern and shift; a trip's window is never left."""
    trips = list(baseline.trips)
    for number, period in enumerate(periods):
        pattern = patterns[number]
        for d, members in enumerate(period.members):
            for j in members:
                trip = trips[j]
                earliest, latest = window_s[trip.trip_id]
                departure = min(max(trip.start_s + int(shifts[number, d]), earliest), latest)
                sections = len(trip.driving)
                run = pattern.run_s[d].tolist() if pattern else [trip.running_time_s(k) for k in range(sections)]
                dwell = pattern.dwell_s[d].tolist() if pattern else [trip.dwell_s(k) for k in range(1, sections)]
                trips[j] = retimed(trip, departure, run, dwell, "optimal")
    return Timetable(tuple(trips))


def weighted_waiting(timetable: Timetable, arrivals_per_s: Mapping[str, Sequence[float]]) -> float:
    """Sum over departures of arrivals per second · gap²/2: the passenger seconds waited, for the weights given."""
    total = 0.0
    for direction in DIRECTIONS:
        trips = timetable.of(direction)
        for ahead, trip in zip(trips, trips[1:], strict=False):
            for i, weight in enumerate(arrivals_per_s[trip.trip_id]):
                gap = trip.departure_s[i] - ahead.departure_s[i]
                total += weight * 0.5 * gap * gap
    return total


def _refine(found: _Search, start: Timetable) -> Timetable:
    """Change single trips over the whole day, in spans of time that do not touch each other, side by side."""
    rules, options = found.rules, found.options
    order = start.trips
    windows = (
        np.array([rules.window_s[trip.trip_id][0] for trip in order], dtype=np.int64),
        np.array([rules.window_s[trip.trip_id][1] for trip in order], dtype=np.int64),
    )
    noise = departure_noise_s(
        options.samples, len(order), len(order[0].driving),
        options.noise_deviation_s, options.noise_accumulates, options.seed + 1,
    )  # fmt: skip
    day = build_day(start, windows, found.limits, found.bank, noise, found.network)
    found.note("periods", day.energy_j)
    horizon = day.traffic.power_w.shape[1]
    passes = (0.5, 0.35, 0.65)
    for number, split in enumerate(passes):
        if found.stop[0]:
            break
        slack = weighted_waiting(found.baseline, rules.arrivals_per_s) - weighted_waiting(
            day.timetable("optimal"), rules.arrivals_per_s
        )
        cut = int(split * horizon)
        spans = ((0, cut), (cut, horizon))
        limits = day.limits._replace(waiting_budget=max(slack, 0.0) / len(spans))

        def one(
            part: int, spans: tuple[tuple[int, int], ...] = spans, limits: Limits = limits, number: int = number
        ) -> None:
            free = free_trips(day, *spans[part])
            if len(free) == 0:
                return
            search(
                day.trips, limits, found.bank, day.noise_s, day.traffic, found.network,
                chain_of(day.traffic, found.network), free, DAY_ODDS,
                int(24 * options.effort * len(free)), 2e5, 1e4, options.seed * 13 + number * 2 + part, False, found.stop,
            )  # fmt: skip

        with ThreadPoolExecutor(options.workers) as pool:
            list(pool.map(one, range(len(spans))))
        found.progress("trips", (number + 1) / len(passes))
        found.note("trips", day.energy_j)
    return day.timetable("optimal")
