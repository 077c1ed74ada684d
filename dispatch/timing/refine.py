"""Single trips over the whole day: what the patterns leave where periods meet, loads differ, and disturbances bite."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dispatch.timetable import DIRECTIONS, Timetable, Trip
from dispatch.timing.annealing import search
from dispatch.timing.balance import empty_balance, fill_balance
from dispatch.timing.day import Day, build_day, free_trips, lay_trips, refill, under_noise
from dispatch.timing.dive import dive
from dispatch.timing.fitting import departure_window_s, held_flags, rigid_trips, trip_spans
from dispatch.timing.job import Job
from dispatch.timing.moves import odds_within
from dispatch.timing.noise import departure_noise_s
from dispatch.timing.periods import periods_of
from dispatch.timing.shifts import WAITING_MARGIN, weighted_waiting
from dispatch.timing.traffic import chain_of
from dispatch.timing.trips import Limits
from dispatch.timing.worth import highest_mean_w
from energy_models.arrays import IntArray

ODDS = np.array([44, 40, 6, 4, 12, 14], dtype=np.int64)
"""Kinds of change: dwells, running times, departure, another trip's way, dwell into running time, a longer trip."""
SPARE_DRIFT = 0.002
"""How far a period may still grow at each end, as a share of its span: what the shifts left of the checker's 5 %."""


UNDER_DISTURBANCES = "trips under disturbances"
"""The stage whose energies are means over disturbed days; those of the stages before are of the undisturbed day."""
LEAST_ROUNDS = 2000
"""Of an exact pass over a part of the day: few trips are quickly looked at, and each deserves it."""
EXACT_VEHICLES = 30
"""With more vehicles on the line an exact solution takes as much longer, and an exact pass looks at fewer changes
(assumed; the Yizhuang day has 20)."""
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


def refine(job: Job, start: Timetable) -> Timetable:
    """Change trips one by one, in spans of time that do not touch each other, side by side."""
    options = job.options
    order = start.trips
    is_disturbed = options.noise_deviation_s > 0.0 and options.samples > 1
    passes = BORDERS + (DISTURBED if is_disturbed else UNDISTURBED)
    day = _day(job, start, _noise(job, order, 1))
    is_quiet = True
    job.note("periods", day.fed_j)
    known = _Known(day)
    lowest = None if is_disturbed else _Lowest(job, day)
    for number in range(len(passes) + job.worth.extra_passes):
        if job.stop[0] or (number >= len(passes) and job.worth.excess_w(day) <= 0.0):
            break
        stage = passes[min(number, len(passes) - 1)]
        if is_quiet and not stage.is_quiet:
            noise_s = _noise(job, order, options.samples)
            day, is_quiet = under_noise(day, noise_s, job.bank, job.network, options.workers), False
            known = _Known(day)
            # The same trips at another price: what follows is to be compared with this.
            job.note(UNDER_DISTURBANCES, day.fed_j)
            lowest = _Lowest(job, day)
        job.worth.press(day)
        if stage.is_estimated:
            _pass_estimated(job, day, stage, number)
        else:
            _pass_exact(job, day, stage, number)
        if stage.is_quiet or not job.worth.is_plain or number + 1 == len(passes):
            # Passes under disturbances are held against exact solutions together: those take as long as a pass.
            known = known.or_better(job, day)
            job.note("trips" if is_quiet else UNDER_DISTURBANCES, day.fed_j)
            if lowest is not None:
                lowest.look_at(job, day)
        job.progress("trips", min((number + 1) / len(passes), 1.0))
    known.or_better(job, day)
    if job.worth.limit_w is not None:
        if lowest is not None:
            lowest.look_at(job, day)
            lowest.put_back(job, day)
        elif is_disturbed:
            # Cut short before the disturbed passes: what the limit is held against counts disturbances all the same.
            day = under_noise(day, _noise(job, order, options.samples), job.bank, job.network, options.workers)
        quiet = under_noise(day, _noise(job, order, 1), job.bank, job.network, options.workers)
        job.worth.excess_w(day)
        job.worth.quiet_w = highest_mean_w(quiet)
    if job.worth.is_plain and day.fed_j > _fed_j(job, start, day.noise_s):
        return driven_optimally(start)
    return day.timetable("optimal")


def _pass_exact(job: Job, day: Day, stage: Pass, number: int) -> None:
    """Search the parts of the day on exact solutions."""
    odds = odds_within(job.limits, ODDS)
    rounds_a_trip = stage.rounds_a_trip * min(1.0, EXACT_VEHICLES / job.limits.vehicles_most)

    def search_part(free: IntArray, limits: Limits, part: int) -> None:
        search(
            day.trips, limits, job.bank, day.noise_s, day.traffic, job.network, chain_of(day.traffic, job.network),
            free, odds, int(job.options.effort * max(rounds_a_trip * len(free), LEAST_ROUNDS)), stage.hot_j,
            stage.cold_j, job.options.seed * 13 + number * 2 + part, False, job.stop,
        )  # fmt: skip

    _in_parts(job, day, stage, search_part)


def _pass_estimated(job: Job, day: Day, stage: Pass, number: int) -> None:
    """Search the parts of the day on the estimate; the day's traffic stays as it was."""
    odds = odds_within(job.limits, ODDS)
    samples = 1 if stage.is_quiet else job.options.estimated_samples
    noise_s = _noise(job, day.order, samples, number)
    balance = empty_balance(len(noise_s), day.traffic.weight)
    fill_balance(day.trips, day.limits, job.bank, noise_s, balance, job.estimate)

    def dive_part(free: IntArray, limits: Limits, part: int) -> None:
        dive(
            day.trips, limits, job.bank, noise_s, balance, job.estimate, free, odds,
            int(job.options.effort * stage.rounds_a_trip * len(free)), stage.hot_j, stage.cold_j,
            job.options.seed * 17 + number * 2 + part, 0, job.stop,
        )  # fmt: skip

    _in_parts(job, day, stage, dive_part)


class _Known:
    """A day as exact solutions know it: what a search may come back to."""

    def __init__(self, day: Day) -> None:
        self.decided = [values.copy() for values in _decided(day)]
        self.energy_by_second = day.traffic.power_w.mean(axis=0)

    def or_better(self, job: Job, day: Day) -> "_Known":
        """The day as it stands now, solved anew; put back to what was known where that draws less."""
        if all(np.array_equal(now, before) for now, before in zip(_decided(day), self.decided, strict=True)):
            return self
        refill(day, job.bank, job.network, job.options.workers)
        if day.energy_j > float(self.energy_by_second @ day.traffic.weight):
            for values, before in zip(_decided(day), self.decided, strict=True):
                values[:] = before
            refill(day, job.bank, job.network, job.options.workers)
            return self
        return _Known(day)


class _Lowest:
    """Under a limit on the peak, of all days looked at: the one that draws least of those that keep it, else the one
    with the lowest peak. Pressure moves the peaks from pass to pass, so that the last day need not be that."""

    def __init__(self, job: Job, day: Day) -> None:
        self.rank = (float("inf"), float("inf"))
        self.decided: list[IntArray] = []
        self.look_at(job, day)

    def look_at(self, job: Job, day: Day) -> None:
        """Remember a day as solved exactly, if it is better than all before."""
        rank = job.worth.excess_w(day), day.fed_j
        if job.worth.limit_w is not None and rank < self.rank:
            self.rank, self.decided = rank, [values.copy() for values in _decided(day)]

    def put_back(self, job: Job, day: Day) -> None:
        """Make the day the best that was looked at."""
        for values, best in zip(_decided(day), self.decided, strict=True):
            values[:] = best
        refill(day, job.bank, job.network, job.options.workers)


def _decided(day: Day) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """What a search changes."""
    trips = day.trips
    return trips.departure_s, trips.run_s, trips.dwell_s, trips.stand_s


def _in_parts(job: Job, day: Day, stage: Pass, search_part: Callable[[IntArray, Limits, int], None]) -> None:
    """Search both sides of the stage's cut at once; each may use half of the waiting that is left."""
    horizon = day.traffic.power_w.shape[1]
    cut = int(stage.cut_share * horizon)
    spans = ((0, cut), (cut, horizon)) if len(day.order) >= WORTH_A_CUT else ((0, horizon),)
    allowed = WAITING_MARGIN * weighted_waiting(job.baseline, job.rules.arrivals_per_s)
    slack = allowed - weighted_waiting(day.timetable("optimal"), job.rules.arrivals_per_s)
    limits = day.limits._replace(waiting_budget=max(slack, 0.0) / len(spans))
    may_change = held_flags(job, day.order) == 0
    # Without patterns every trip is still as today, and there is as much to gain anywhere.
    if stage.at_borders and not Timetable(day.order).turns_on_the_way:
        may_change &= _at_borders(job)

    def one(part: int) -> None:
        within = free_trips(day, *spans[part])
        free = within[may_change[within]]
        if len(free):
            search_part(free, limits, part)

    with ThreadPoolExecutor(job.options.workers) as pool:
        list(pool.map(one, range(len(spans))))


def driven_optimally(timetable: Timetable) -> Timetable:
    """The same times, driven for the least energy."""
    return Timetable(tuple(replace(trip, driving=("optimal",) * len(trip.driving)) for trip in timetable.trips))


def quiet_energy_j(job: Job, timetable: Timetable) -> float:
    """What a timetable draws when nothing disturbs it and all trains are driven for least energy."""
    return _day(job, timetable, _noise(job, timetable.trips, 1)).fed_j


def _fed_j(job: Job, timetable: Timetable, noise_s: IntArray) -> float:
    """What a timetable draws under disturbances, mean over the samples; one after another, as a day takes much room."""
    return sum(_day(job, timetable, sample[None]).fed_j for sample in noise_s) / len(noise_s)


def estimated_energy_j(job: Job, timetable: Timetable) -> float:
    """What a timetable draws by the estimate, when nothing disturbs it and all trains are driven for least energy."""
    order = timetable.trips
    laid = lay_trips(
        timetable, _windows(job, timetable), _longest_gaps(job, timetable), job.limits, job.bank, trip_spans(job, order)
    )
    balance = empty_balance(1, np.ones(laid.horizon_s))
    fill_balance(laid.trips, job.limits, job.bank, _noise(job, order, 1), balance, job.estimate)
    return float(balance.fed_w.sum())


def _day(job: Job, timetable: Timetable, noise_s: IntArray) -> Day:
    """A timetable laid out for the search."""
    order = timetable.trips
    return build_day(
        timetable, _windows(job, timetable), _longest_gaps(job, timetable), job.limits, job.bank, noise_s, job.network,
        spans=trip_spans(job, order),
        turnback_s=np.array([job.rules.turnback_s(trip) for trip in order], dtype=np.int64),
        workers=job.options.workers,
    )  # fmt: skip


def _longest_gaps(job: Job, timetable: Timetable) -> IntArray:
    """The longest headway before each trip, at every station or, where trips turn on the way, by section."""
    order = timetable.trips
    if not timetable.turns_on_the_way:
        return np.array([job.rules.gap_longest_s[trip.trip_id] for trip in order], dtype=np.int64)
    longest = np.zeros((len(order), len(timetable.line("up")) - 1), dtype=np.int64)
    for row, trip, first in zip(longest, order, timetable.first_sections(), strict=True):
        row[first : first + len(trip.driving)] = job.rules.gaps_longest_s(trip)
    return longest


def _noise(job: Job, order: tuple[Trip, ...], samples: int, number: int = 0) -> IntArray:
    """Disturbances of every trip's departures, other ones for another number; none for a single sample."""
    options = job.options
    return departure_noise_s(
        samples,
        len(order),
        max(len(trip.driving) for trip in order),
        options.noise_deviation_s,
        options.noise_accumulates,
        options.seed + 1 + 1000 * number,
    )


def _at_borders(job: Job) -> NDArray[np.bool_]:
    """The trips that run while a period changes: there no pattern repeats, and most is left to gain."""
    starts = [min(job.baseline.trips[j].start_s for group in period.members for j in group)
              for period in periods_of(job.baseline, job.rules.period_starts_s)]  # fmt: skip
    trips = job.baseline.trips
    starts.append(max(trip.start_s for trip in trips))
    return np.array([any(t.start_s - (t.end_s - t.start_s) < at < t.end_s for at in starts) for t in trips])


def _windows(job: Job, start: Timetable) -> tuple[IntArray, IntArray]:
    """Earliest and latest departures; the last trip of a period stays near, as the period's mean headway hangs on
    it."""
    window = {trip.trip_id: departure_window_s(job.rules, trip) for trip in start.trips}
    trips, today = start.trips, job.baseline.trips
    periods = periods_of(job.baseline, job.rules.period_starts_s)
    for before, period in pairwise(periods):
        for d in range(len(DIRECTIONS)):
            if not period.moving[d]:
                continue
            first = trips[period.moving[d][0]]
            room = int(SPARE_DRIFT * min(before.span_s(d, today), period.span_s(d, today)))
            earliest, latest = window[first.trip_id]
            window[first.trip_id] = (max(earliest, first.start_s - room), min(latest, first.start_s + room))
    rigid = rigid_trips(job)
    window |= {trip.trip_id: (trip.start_s, trip.start_s) for trip in start.trips if trip.trip_id in rigid}
    pairs = [window[trip.trip_id] for trip in start.trips]
    return np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.int64)
