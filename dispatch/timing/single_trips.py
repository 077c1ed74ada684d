"""Single trips over the whole day: what the patterns leave where periods meet, loads differ, and disturbances bite."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.day_state import Day, build_day, free_trips, lay_trips, refill, under_noise, without_trains
from dispatch.timing.fit_to_fixes import departure_window_s, held_flags, rigid_trips, trip_spans
from dispatch.timing.kernel.annealing import anneal_exactly, anneal_on_surrogate
from dispatch.timing.kernel.exact_state import chain_of
from dispatch.timing.kernel.moves import odds_within
from dispatch.timing.kernel.noise import departure_noise_s
from dispatch.timing.kernel.surrogate_state import empty_surrogate_state, fill_surrogate_state
from dispatch.timing.kernel.trips import Limits
from dispatch.timing.objective_weights import highest_mean_w
from dispatch.timing.periods import periods_of
from dispatch.timing.shared_patterns import shared_patterns
from dispatch.timing.shifts import WAITING_MARGIN, weighted_waiting
from dispatch.timing.task import UNDER_DISTURBANCES, SearchTask
from energy_models.arrays import IntArray
from scenarios.schema.base import DIRECTIONS

ODDS = np.array([44, 40, 6, 4, 12, 14, 6], dtype=np.int64)
"""Kinds of change: dwells, running times, departure, another trip's way, dwell into running time, a longer trip,
another pattern."""
SPARE_DRIFT = 0.002
"""How far a period may still grow at each end, as a share of its span: what the shifts left of the checker's 5 %."""


LEAST_ROUNDS = 2000
"""Of an exact pass over a part of the day: few trips are quickly looked at, and each deserves it."""
EXACT_VEHICLES = 30
"""With more vehicles on the line an exact solution takes as much longer, and an exact pass looks at fewer changes
(assumed; the Yizhuang day has 20)."""
WAITING_TOLERANCE_S = 0.04
"""A pass that makes the mean waiting longer by more is undone; the rule of the checker allows 0.05 s."""
WORTH_A_CUT = 40
"""Fewer trips are searched as a whole."""


@dataclass(frozen=True)
class Pass:
    """One pass over the day: whether it looks at the estimate or at exact solutions, at disturbances or not, where it
    is cut in two (trips over the cut rest), whose trips it changes how often, from which temperature to which."""

    is_estimated: bool
    is_quiet: bool
    cut_share: float
    at_borders: bool
    rounds_a_trip: float
    hot_j: float
    cold_j: float


BORDERS = (
    Pass(True, True, 0.5, True, 1500.0, 1e6, 1e5),
    Pass(True, True, 0.35, True, 1000.0, 2e5, 5e4),
    Pass(True, True, 0.65, True, 500.0, 1e5, 2e4),
    Pass(False, True, 0.5, True, 60.0, 5e4, 2e4),
)
"""Where periods meet, nothing repeats and no pattern has seen what happens: most is left to gain there, and what is
good without disturbances is good with them. Numbers of all passes were found by trial on the Yizhuang day."""
UNDISTURBED = (
    Pass(True, True, 0.5, False, 400.0, 1.5e5, 3e4),
    Pass(True, True, 0.35, False, 200.0, 5e4, 1e4),
    Pass(False, True, 0.65, False, 12.0, 3e4, 1e4),
    Pass(False, True, 0.5, False, 12.0, 2e4, 5e3),
)
"""All trips, on a day that nothing disturbs."""
DISTURBED = (
    Pass(True, False, 0.5, False, 200.0, 1.5e5, 3e4),
    Pass(True, False, 0.35, False, 150.0, 5e4, 2e4),
    Pass(True, False, 0.65, False, 100.0, 3e4, 1e4),
)
"""All trips under disturbances, each pass under other ones: exact solutions could look at few samples only, and what
is tuned to few does worse under all others."""


def refine(task: SearchTask, start: Timetable) -> Day:
    """Change trips, or all trips of a pattern, one by one, in spans of time that do not touch each other, side by side.

    Returns the day found, or the day of the start if that draws less.
    """
    options = task.options
    order = start.trips
    is_disturbed = options.noise_deviation_s > 0.0 and options.samples > 1
    passes = BORDERS + (DISTURBED if is_disturbed else UNDISTURBED)
    day = search_day(task, start, day_noise_s(task, order, 1), shared_patterns(task, start))
    is_quiet = True
    task.note("periods", day.substation_energy_j)
    known = _Known(day)
    lowest = None if is_disturbed else _Lowest(task, day)
    waiting_longest_s = max(task.waiting_s(task.baseline), task.waiting_s(start)) + WAITING_TOLERANCE_S
    for number in range(len(passes) + task.weights.extra_passes):
        if task.stop[0] or (number >= len(passes) and task.weights.excess_w(day) <= 0.0):
            break
        stage = passes[min(number, len(passes) - 1)]
        if is_quiet and not stage.is_quiet:
            noise_s, day = day_noise_s(task, order, options.samples), without_trains(day)
            day, is_quiet = under_noise(day, noise_s, task.motions, task.network, options.workers), False
            known = _Known(day)
            # The same trips at another price: what follows is to be compared with this.
            task.note(UNDER_DISTURBANCES, day.substation_energy_j)
            lowest = _Lowest(task, day)
        task.weights.raise_multipliers(day)
        _one_pass(task, day, stage, number, waiting_longest_s)
        if stage.is_quiet or not task.weights.is_plain or number + 1 == len(passes):
            # Passes under disturbances are held against exact solutions together: those take as long as a pass.
            known = known.or_better(task, day)
            task.note("trips" if is_quiet else UNDER_DISTURBANCES, day.substation_energy_j)
            if lowest is not None:
                lowest.look_at(task, day)
        task.progress("trips", min((number + 1) / len(passes), 1.0))
    known.or_better(task, day)
    if task.weights.limit_w is not None:
        if lowest is not None:
            lowest.look_at(task, day)
            lowest.put_back(task, day)
        elif is_disturbed:
            # Cut short before the disturbed passes: what the limit is held against counts disturbances all the same.
            day = under_noise(
                day, day_noise_s(task, order, options.samples), task.motions, task.network, options.workers
            )
        quiet = under_noise(day, day_noise_s(task, order, 1), task.motions, task.network, options.workers)
        task.weights.excess_w(day)
        task.weights.quiet_w = highest_mean_w(quiet)
    if task.weights.is_plain and day.substation_energy_j > _substation_energy_j(task, start, day.noise_s):
        return search_day(task, start, day_noise_s(task, order, 1))
    return day


def _one_pass(task: SearchTask, day: Day, stage: Pass, number: int, waiting_longest_s: float) -> None:
    """Search the day once; undone if the mean waiting becomes too long."""
    before = [values.copy() for values in _decided(day)]
    if stage.is_estimated:
        pass_on_surrogate(task, day, stage, number)
    else:
        _pass_exact(task, day, stage, number)
    if task.waiting_s(day.timetable("optimal")) > waiting_longest_s:
        # The kernel weighs gaps with today's arrivals, which other departures change a little.
        for values, kept in zip(_decided(day), before, strict=True):
            values[:] = kept
        refill(day, task.motions, task.network, task.options.workers)


def _pass_exact(task: SearchTask, day: Day, stage: Pass, number: int) -> None:
    """Search the parts of the day on exact solutions."""
    odds = odds_within(task.limits, ODDS, day.trips)
    rounds_a_trip = stage.rounds_a_trip * min(1.0, EXACT_VEHICLES / task.limits.vehicles_most)

    def search_part(free: IntArray, limits: Limits, part: int) -> None:
        anneal_exactly(
            day.trips, limits, task.motions, day.noise_s, day.exact, task.network, chain_of(day.exact, task.network),
            free, odds, _rounds(day, free, task.options.effort * max(rounds_a_trip * len(free), LEAST_ROUNDS)),
            stage.hot_j, stage.cold_j, task.options.seed * 13 + number * 2 + part, False, task.stop,
        )  # fmt: skip

    _in_parts(task, day, stage, search_part)


def pass_on_surrogate(task: SearchTask, day: Day, stage: Pass, number: int) -> None:
    """Search the parts of the day on the estimate; the day's traffic stays as it was."""
    odds = odds_within(task.limits, ODDS, day.trips)
    samples = 1 if stage.is_quiet else task.options.surrogate_samples
    noise_s = day_noise_s(task, day.order, samples, number)
    surrogate_state = empty_surrogate_state(len(noise_s), day.exact.weight)
    fill_surrogate_state(day.trips, day.limits, task.motions, noise_s, surrogate_state, task.surrogate)

    def dive_part(free: IntArray, limits: Limits, part: int) -> None:
        anneal_on_surrogate(
            day.trips, limits, task.motions, noise_s, surrogate_state, task.surrogate, free, odds,
            _rounds(day, free, task.options.effort * stage.rounds_a_trip * len(free)), stage.hot_j, stage.cold_j,
            task.options.seed * 17 + number * 2 + part, 0, task.stop,
        )  # fmt: skip

    _in_parts(task, day, stage, dive_part)


def _rounds(day: Day, free: IntArray, work: float) -> int:
    """How many changes are tried for so much work, counted in trips changed."""
    patterns, sizes = np.unique(day.trips.pattern, return_counts=True)
    of_free, free_sizes = np.unique(day.trips.pattern[free], return_counts=True)
    whole = sizes[np.searchsorted(patterns, of_free)] == free_sizes
    tried = float((free_sizes * np.where(whole, free_sizes, 1)).sum()) / len(free)
    return int(work / tried)


class _Known:
    """A day as exact solutions know it: what a search may come back to."""

    def __init__(self, day: Day) -> None:
        self.decided = [values.copy() for values in _decided(day)]
        self.energy_by_second = day.exact.power_w.mean(axis=0)

    def or_better(self, task: SearchTask, day: Day) -> "_Known":
        """The day as it stands now, solved anew; put back to what was known where that draws less."""
        if all(np.array_equal(now, before) for now, before in zip(_decided(day), self.decided, strict=True)):
            return self
        refill(day, task.motions, task.network, task.options.workers)
        if day.energy_j > float(self.energy_by_second @ day.exact.weight):
            for values, before in zip(_decided(day), self.decided, strict=True):
                values[:] = before
            refill(day, task.motions, task.network, task.options.workers)
            return self
        return _Known(day)


class _Lowest:
    """Under a limit on the peak, of all days looked at: the one that draws least of those that keep it, else the one
    with the lowest peak. Pressure moves the peaks from pass to pass, so that the last day need not be that."""

    def __init__(self, task: SearchTask, day: Day) -> None:
        self.rank = (float("inf"), float("inf"))
        self.decided: list[IntArray] = []
        self.look_at(task, day)

    def look_at(self, task: SearchTask, day: Day) -> None:
        """Remember a day as solved exactly, if it is better than all before."""
        rank = task.weights.excess_w(day), day.substation_energy_j
        if task.weights.limit_w is not None and rank < self.rank:
            self.rank, self.decided = rank, [values.copy() for values in _decided(day)]

    def put_back(self, task: SearchTask, day: Day) -> None:
        """Make the day the best that was looked at."""
        for values, best in zip(_decided(day), self.decided, strict=True):
            values[:] = best
        refill(day, task.motions, task.network, task.options.workers)


def _decided(day: Day) -> tuple[IntArray, ...]:
    """What a search changes."""
    trips = day.trips
    return trips.departure_s, trips.run_s, trips.dwell_s, trips.stand_s, trips.pattern


def _in_parts(task: SearchTask, day: Day, stage: Pass, search_part: Callable[[IntArray, Limits, int], None]) -> None:
    """Search both sides of the stage's cut at once; each may use half of the waiting that is left."""
    horizon = day.exact.power_w.shape[1]
    cut = int(stage.cut_share * horizon)
    spans = ((0, cut), (cut, horizon)) if len(day.order) >= WORTH_A_CUT else ((0, horizon),)
    allowed = WAITING_MARGIN * weighted_waiting(task.baseline, task.timing_limits.arrivals_per_s)
    slack = allowed - weighted_waiting(day.timetable("optimal"), task.timing_limits.arrivals_per_s)
    limits = day.limits._replace(waiting_budget=max(slack, 0.0) / len(spans))
    may_change = held_flags(task, day.order) == 0
    # Without patterns every trip is still as today, and there is as much to gain anywhere.
    if stage.at_borders and not Timetable(day.order).turns_on_the_way:
        may_change &= _at_borders(task)

    def one(part: int) -> None:
        within = free_trips(day, *spans[part])
        free = within[may_change[within]]
        if len(free):
            search_part(free, limits, part)

    with ThreadPoolExecutor(task.options.workers) as pool:
        list(pool.map(one, range(len(spans))))


def driven_optimally(timetable: Timetable) -> Timetable:
    """The same times, driven for the least energy."""
    return Timetable(tuple(replace(trip, driving=("optimal",) * len(trip.driving)) for trip in timetable.trips))


def quiet_energy_j(task: SearchTask, timetable: Timetable) -> float:
    """What a timetable draws when nothing disturbs it and all trains are driven for least energy."""
    return search_day(task, timetable, day_noise_s(task, timetable.trips, 1)).substation_energy_j


def _substation_energy_j(task: SearchTask, timetable: Timetable, noise_s: IntArray) -> float:
    """What a timetable draws under disturbances, mean over the samples; one after another, as a day takes much room."""
    return sum(search_day(task, timetable, sample[None]).substation_energy_j for sample in noise_s) / len(noise_s)


def surrogate_energy_j(task: SearchTask, timetable: Timetable) -> float:
    """What a timetable draws by the estimate, when nothing disturbs it and all trains are driven for least energy."""
    order = timetable.trips
    laid = lay_trips(
        timetable,
        _windows(task, timetable),
        _longest_gaps(task, timetable),
        task.limits,
        task.motions,
        trip_spans(task, order),
    )
    surrogate_state = empty_surrogate_state(1, np.ones(laid.horizon_s))
    fill_surrogate_state(
        laid.trips, task.limits, task.motions, day_noise_s(task, order, 1), surrogate_state, task.surrogate
    )
    return float(surrogate_state.fed_w.sum())


def search_day(
    task: SearchTask, timetable: Timetable, noise_s: IntArray, sharing: Mapping[str, IntArray] | None = None
) -> Day:
    """A timetable laid out for the search, with the patterns that its trips share (none: each has its own)."""
    order = timetable.trips
    return build_day(
        timetable, _windows(task, timetable), _longest_gaps(task, timetable), task.limits, task.motions, noise_s,
        task.network,
        spans=trip_spans(task, order),
        turnback_s=np.array([task.timing_limits.turnback_s(trip) for trip in order], dtype=np.int64),
        sharing=sharing,
        rooms=task.timing_limits.rooms,
        workers=task.options.workers,
    )  # fmt: skip


def _longest_gaps(task: SearchTask, timetable: Timetable) -> IntArray:
    """The longest headway before each trip, at every station or, where trips turn on the way or differ, by section."""
    order = timetable.trips
    if not timetable.turns_on_the_way and not task.timing_limits.section_gap_longest_s:
        return np.array([task.timing_limits.gap_longest_s[trip.trip_id] for trip in order], dtype=np.int64)
    longest = np.zeros((len(order), len(timetable.line("up")) - 1), dtype=np.int64)
    for row, trip, first in zip(longest, order, timetable.first_sections(), strict=True):
        row[first : first + len(trip.driving)] = task.timing_limits.gaps_longest_s(trip)
    return longest


def day_noise_s(task: SearchTask, order: tuple[Trip, ...], samples: int, number: int = 0) -> IntArray:
    """Disturbances of every trip's departures, other ones for another number; none for a single sample."""
    options = task.options
    return departure_noise_s(
        samples,
        len(order),
        max(len(trip.driving) for trip in order),
        options.noise_deviation_s,
        options.noise_accumulates,
        options.seed + 1 + 1000 * number,
    )


def _at_borders(task: SearchTask) -> NDArray[np.bool_]:
    """The trips that run while a period changes: there no pattern repeats, and most is left to gain."""
    starts = [min(task.baseline.trips[j].start_s for group in period.members for j in group)
              for period in periods_of(task.baseline, task.timing_limits.period_starts_s)]  # fmt: skip
    trips = task.baseline.trips
    starts.append(max(trip.start_s for trip in trips))
    return np.array([any(t.start_s - (t.end_s - t.start_s) < at < t.end_s for at in starts) for t in trips])


def _windows(task: SearchTask, start: Timetable) -> tuple[IntArray, IntArray]:
    """Earliest and latest departures. The last trip of a period may move only a little, because it determines the mean
    headway of the period."""
    window = {trip.trip_id: departure_window_s(task.timing_limits, trip) for trip in start.trips}
    trips, today = start.trips, task.baseline.trips
    periods = periods_of(task.baseline, task.timing_limits.period_starts_s)
    for before, period in pairwise(periods):
        for d in range(len(DIRECTIONS)):
            if not period.moving[d]:
                continue
            first = trips[period.moving[d][0]]
            room = int(SPARE_DRIFT * min(before.span_s(d, today), period.span_s(d, today)))
            earliest, latest = window[first.trip_id]
            window[first.trip_id] = (max(earliest, first.start_s - room), min(latest, first.start_s + room))
    rigid = rigid_trips(task)
    window |= {trip.trip_id: (trip.start_s, trip.start_s) for trip in start.trips if trip.trip_id in rigid}
    pairs = [window[trip.trip_id] for trip in start.trips]
    return np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.int64)
