"""Patterns and shifts laid on the day: each trip takes its period's pattern, each period its shift."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from dispatch.timetable import DIRECTIONS, Timetable, Trip
from dispatch.timing.cycle import Pattern
from dispatch.timing.day import retimed
from dispatch.timing.job import Job
from dispatch.timing.periods import Period
from dispatch.timing.phases import Border, PeriodPhases, best_shifts
from energy_models.arrays import IntArray

SHIFT_STEP_S = 4
WAITING_MARGIN = 0.9995
"""The search weighs waiting by today's arrivals; the checker integrates them anew. The margin covers the difference."""
DRIFT_SHARE = 0.045
"""By how much a period's mean headway may change; the checker's rule allows 5 %."""
CROWDED_J_PER_S = 1e6
"""What a second costs in which a train finds its terminal full: it brakes and starts again, some 7 kWh in half a minute
(seen in simulated days of the Yizhuang line)."""
_PRICES_J = (0.0, 20.0, 60.0, 200.0, 600.0, 2e3, 6e3, 2e4, 1e5)
_REACHES = (1.0, 0.6, 0.3, 0.1)


def shift_periods(
    job: Job,
    periods: tuple[Period, ...],
    patterns: tuple[Pattern | None, ...],
    energy_j: Callable[[Timetable], float],
) -> Timetable:
    """The baseline with patterns and the cheapest shifts at which waiting and fleet do not grow; duties included.

    Waiting is priced higher, then shifts are bounded closer, until both hold; without any shift, and one pattern for
    the whole day, they do. Of several prices that do, the one whose day draws least counts, with what it costs when
    trains find terminals full.
    """
    today_waiting = weighted_waiting(job.baseline, job.rules.arrivals_per_s)
    for reach in _REACHES:
        chain = _chain(job, periods, patterns, reach)
        possible: dict[bytes, Timetable] = {}
        for price in _PRICES_J:
            # The first and the last row belong to the fixed first and last trips.
            shifts = best_shifts(chain, price, SHIFT_STEP_S)[1:-1]
            candidate = _laid(job, periods, patterns, shifts)
            waiting = weighted_waiting(candidate, job.rules.arrivals_per_s)
            if waiting <= WAITING_MARGIN * today_waiting and _vehicles(candidate) <= job.rules.vehicles_most:
                possible.setdefault(shifts.tobytes(), candidate)
        if possible:
            return min(possible.values(), key=lambda one: energy_j(one) + CROWDED_J_PER_S * job.crowding_s(one))
    # With one pattern for the whole day every gap stays as it is, at every station.
    still = np.zeros((len(periods), 2), dtype=np.int64)
    for same in (patterns, (_commonest(periods, patterns),) * len(periods)):
        candidate = _laid(job, periods, same, still)
        if weighted_waiting(candidate, job.rules.arrivals_per_s) <= today_waiting * (1.0 + 1e-9):
            return candidate
    return candidate


def _commonest(periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...]) -> Pattern | None:
    """The pattern of the period with most trips, of those that have one."""
    trips = [sum(map(len, period.members)) if pattern else 0 for period, pattern in zip(periods, patterns, strict=True)]
    return patterns[trips.index(max(trips))]


def weighted_waiting(timetable: Timetable, arrivals_per_s: Mapping[str, Sequence[float]]) -> float:
    """Passenger seconds waited at the weights given: sum over departures of arrivals a second times gap²/2."""
    total = 0.0
    turns = timetable.turns_on_the_way
    for direction in DIRECTIONS:
        if turns:
            for (ahead, trip), places in timetable.neighbours(direction).items():
                for place_ahead, place in places:
                    gap = trip.departure_s[place] - ahead.departure_s[place_ahead]
                    total += 0.5 * arrivals_per_s[trip.trip_id][place] * gap * gap
            continue
        for ahead, trip in pairwise(timetable.of(direction)):
            gaps = np.subtract(trip.departure_s[:-1], ahead.departure_s[:-1]).astype(np.float64)
            total += 0.5 * float(np.dot(arrivals_per_s[trip.trip_id], gaps * gaps))
    return total


def _vehicles(timetable: Timetable) -> int:
    return len({trip.vehicle for trip in timetable.trips})


def _chain(
    job: Job, periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...], reach: float
) -> list[PeriodPhases]:
    """The periods between two fixed ends: the first trips before them, the last trips after them."""
    trips, rules = job.baseline.trips, job.rules
    nothing = np.zeros(1)
    chain = [PeriodPhases(0.0, nothing, 0, 0, (None, None))]
    before: Period | None = None
    for period, pattern in zip(periods, patterns, strict=True):
        up, down = (moving[0] if moving else None for moving in period.moving)
        chain.append(
            PeriodPhases(
                cycles=period.duration_s / pattern.headway_s if pattern else 0.0,
                energy_by_phase_j=pattern.energy_by_phase_j if pattern else nothing,
                phase_s=period.phase_s,
                largest_shift_s=int(reach * period.largest_shift_s(rules.window_s, trips)),
                borders=(_border(job, period, up), _border(job, period, down)),
                drift_longest_s=_drifts(before, trips),
                begins_fixed=_holds(before, first=True),
            )
        )
        before = period
    end = periods[-1]
    up, down = (end.members[d][-1] if held else None for d, held in enumerate(_holds(end, first=False)))
    borders = (_border(job, end, up), _border(job, end, down))
    chain.append(PeriodPhases(0.0, nothing, 0, 0, borders, _drifts(end, trips), _holds(end, first=True)))
    return chain


def _drifts(period: Period | None, trips: Sequence[Trip]) -> tuple[float, float]:
    """By how much a period may grow in each direction."""
    if period is None:
        return (np.inf, np.inf)
    return (DRIFT_SHARE * period.span_s(0, trips), DRIFT_SHARE * period.span_s(1, trips))


def _holds(period: Period | None, first: bool) -> tuple[bool, bool]:
    """Whether the first (or last) trip of the day, which does not move, belongs to the period, by direction."""
    if period is None:
        return (False, False)
    up, down = (
        bool(members) and members[0 if first else -1] not in moving
        for members, moving in zip(period.members, period.moving, strict=True)
    )
    return (up, down)


def _border(job: Job, period: Period, j: int | None) -> Border | None:
    """The border before trip j."""
    ahead = period.previous.get(j) if j is not None else None
    if j is None or ahead is None:
        return None
    trip, rules = job.baseline.trips[j], job.rules
    return Border(
        gap_s=trip.start_s - job.baseline.trips[ahead].start_s,
        gap_longest_s=rules.gap_longest_s[trip.trip_id],
        arrivals_per_s=float(sum(rules.arrivals_per_s[trip.trip_id])),
    )


def _laid(job: Job, periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...], shifts: IntArray) -> Timetable:
    """The baseline with each period's pattern and shift, and vehicles; no trip leaves its window."""
    trips = list(job.baseline.trips)
    for number, (period, pattern) in enumerate(zip(periods, patterns, strict=True)):
        for d, members in enumerate(period.members):
            for j in members:
                trip = trips[j]
                earliest, latest = job.rules.window_s[trip.trip_id]
                departure = min(max(trip.start_s + int(shifts[number, d]), earliest), latest)
                sections = len(trip.driving)
                run = pattern.run_s[d].tolist() if pattern else [trip.running_time_s(k) for k in range(sections)]
                dwell = pattern.dwell_s[d].tolist() if pattern else [trip.dwell_s(k) for k in range(1, sections)]
                trips[j] = retimed(trip, departure, run, dwell, "optimal")
    return job.turn(Timetable(tuple(trips)))
