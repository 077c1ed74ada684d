"""Single trips over the whole day: what the patterns leave where periods meet, loads differ, and disturbances bite."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from dispatch.timetable import DIRECTIONS, Timetable
from dispatch.timing.day import build_day, free_trips
from dispatch.timing.fitting import departure_window_s, held_flags, rigid_trips, trip_spans
from dispatch.timing.job import Job
from dispatch.timing.kernel import Limits, chain_of, search
from dispatch.timing.noise import departure_noise_s
from dispatch.timing.periods import periods_of
from dispatch.timing.shifts import WAITING_MARGIN, weighted_waiting
from energy_models.arrays import IntArray

ODDS = np.array([44, 40, 6, 4, 6], dtype=np.int64)
"""Kinds of change: dwells, running times, departure, another trip's way, dwell into running time."""
ROUNDS_A_TRIP = 5
PASSES = (0.5, 0.35, 0.65, 0.5)
"""Where the day is cut in two for each pass; trips over the cut rest in that pass."""
SPARE_DRIFT = 0.002
"""How far a period may still grow at each end, as a share of its span: what the shifts left of the checker's 5 %."""
BORDER_WEIGHT = 3
HOT_J = 2.0e5
COLD_J = 5.0e3


def refine(job: Job, start: Timetable) -> Timetable:
    """Change trips one by one, in spans of time that do not touch each other, side by side."""
    rules, options = job.rules, job.options
    order = start.trips
    earliest, latest = _windows(job, start)
    noise = departure_noise_s(
        options.samples,
        len(order),
        len(order[0].driving),
        options.noise_deviation_s,
        options.noise_accumulates,
        options.seed + 1,
    )
    longest = np.array([rules.gap_longest_s[trip.trip_id] for trip in order], dtype=np.int64)
    day = build_day(
        start, (earliest, latest), longest, job.limits, job.bank, noise, job.network, spans=trip_spans(job, order)
    )
    may_change = held_flags(job, order) == 0
    job.note("periods", day.fed_j)
    horizon = day.traffic.power_w.shape[1]
    allowed = WAITING_MARGIN * weighted_waiting(job.baseline, rules.arrivals_per_s)
    at_borders = _at_borders(job)
    for number, split in enumerate(job.worth.passes(day, PASSES)):
        if job.stop[0]:
            break
        slack = allowed - weighted_waiting(day.timetable("optimal"), rules.arrivals_per_s)
        cut = int(split * horizon)
        spans = ((0, cut), (cut, horizon))
        limits = day.limits._replace(waiting_budget=max(slack, 0.0) / len(spans))

        def one(
            part: int, limits: Limits = limits, number: int = number, spans: tuple[tuple[int, int], ...] = spans
        ) -> None:
            within = free_trips(day, *spans[part])
            free = _weighed(within[may_change[within]], at_borders)
            if len(free):
                rounds = int(ROUNDS_A_TRIP * options.effort * len(np.unique(free)))
                cooler = 0.5 ** min(number, len(PASSES) - 1)
                search(
                    day.trips, limits, job.bank, day.noise_s, day.traffic, job.network,
                    chain_of(day.traffic, job.network), free, ODDS, rounds, HOT_J * cooler, COLD_J * cooler,
                    options.seed * 13 + number * 2 + part, False, job.stop,
                )  # fmt: skip

        with ThreadPoolExecutor(options.workers) as pool:
            list(pool.map(one, range(len(spans))))
        job.progress("trips", min((number + 1) / len(PASSES), 1.0))
        job.note("trips", day.fed_j)
    job.worth.keeps_limit(day)
    return day.timetable("optimal")


def _at_borders(job: Job) -> IntArray:
    """The trips that run while a period changes: there no pattern repeats, and most is left to gain."""
    starts = [min(job.baseline.trips[j].start_s for group in period.members for j in group)
              for period in periods_of(job.baseline, job.rules.period_starts_s)]  # fmt: skip
    trips = job.baseline.trips
    meets = [any(t.start_s - (t.end_s - t.start_s) < at < t.end_s for at in starts) for t in trips]
    return np.flatnonzero(np.array(meets)).astype(np.int64)


def _weighed(free: IntArray, often: IntArray) -> IntArray:
    """The free trips, those that deserve it listed BORDER_WEIGHT times, so that they are drawn as much more often."""
    return np.concatenate([free, np.repeat(free[np.isin(free, often)], BORDER_WEIGHT - 1)])


def _windows(job: Job, start: Timetable) -> tuple[IntArray, IntArray]:
    """Earliest and latest departures; the last trip of a period stays near, as the period's mean headway hangs on
    it."""
    window = {trip.trip_id: departure_window_s(job, trip) for trip in start.trips}
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
