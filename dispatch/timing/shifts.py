"""Patterns and shifts laid on the day: each trip takes its period's pattern, each period its shift."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatch.timetable import DIRECTIONS, Timetable, Trip
from dispatch.timing.cycle import Pattern
from dispatch.timing.day import retimed
from dispatch.timing.job import Job
from dispatch.timing.periods import Period
from dispatch.timing.phases import Border, PeriodPhases, best_shifts
from energy_models.arrays import FloatArray, IntArray

SHIFT_STEP_S = 4
WAITING_ROUNDING_S = 0.005
"""Mean waiting counts as no longer when it is as long to the hundredth of a second: where gaps are even today, any
other phase makes it longer by some hair."""
WAITING_MARGIN = 0.9995
"""The search of single trips weighs waiting by today's arrivals; the checker integrates them anew. The margin covers
the difference."""
DRIFT_SHARE = 0.045
"""By how much a period's mean headway may change; the checker's rule allows 5 %."""
CROWDED_J_PER_S = 1e6
"""What a second costs in which a train finds its terminal full: it brakes and starts again, some 7 kWh in half a minute
(seen in simulated days of the Yizhuang line)."""
_PRICES_J = (0.0, 20.0, 60.0, 200.0, 600.0, 2e3, 6e3, 2e4, 1e5)
_REACHES = (1.0, 0.6, 0.3, 0.1)
_STEPS = (0, 2, 4, 8, 16)
"""Trips on each side of a border that pass to the other period's way; few cost least energy, so they come first."""
_CRUMB_S = 1e-6
"""What rounding leaves of a whole second."""


def shift_periods(
    job: Job,
    periods: tuple[Period, ...],
    patterns: tuple[Pattern | None, ...],
    energy_j: Callable[[Timetable], float],
) -> Timetable:
    """The baseline with patterns and the cheapest shifts at which waiting and fleet do not grow; duties included.

    Waiting is priced higher, then trips pass from one pattern to the next in steps, then shifts are bounded closer,
    until both hold; without any shift, and one pattern for the whole day, they do. Of several prices that do, the one
    whose day draws least counts, with what it costs when trains find terminals full.
    """
    longest_s = job.waiting_s(job.baseline) + WAITING_ROUNDING_S
    for reach in _REACHES:
        chain = _chain(job, periods, patterns, reach)
        # The first and the last row belong to the fixed first and last trips.
        priced = [best_shifts(chain, price, SHIFT_STEP_S)[1:-1] for price in _PRICES_J]
        shifts = {moved.tobytes(): moved for moved in priced}
        for steps in _STEPS:
            possible: list[Timetable] = []
            for moved in shifts.values():
                laid = _laid(job, periods, patterns, moved, steps)
                if job.waiting_s(laid) <= longest_s:
                    turned = job.turn(laid)
                    possible += [turned] if _vehicles(turned) <= job.rules.vehicles_most else []
            if possible:
                return min(possible, key=lambda one: energy_j(one) + CROWDED_J_PER_S * job.crowding_s(one))
    # With one pattern for the whole day every gap stays as it is, at every station.
    still = np.zeros((len(periods), 2), dtype=np.int64)
    for same in (patterns, (_commonest(periods, patterns),) * len(periods)):
        candidate = _laid(job, periods, same, still, 0)
        if job.waiting_s(candidate) <= longest_s:
            break
    return job.turn(candidate)


def _commonest(periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...]) -> Pattern | None:
    """The pattern of the period with most trips, of those that have one."""
    trips = [sum(map(len, period.members)) if pattern else 0 for period, pattern in zip(periods, patterns, strict=True)]
    return patterns[trips.index(max(trips))]


def mean_waiting_s(timetable: Timetable, arrivals_per_s: Mapping[str, Sequence[float]]) -> float:
    """Mean wait in s at the weights given: gaps h count with those who come in them, W = Σ a h²/2 / Σ a h."""
    waited = weighted_waiting(timetable, arrivals_per_s)
    came = 0.0
    for direction in DIRECTIONS:
        for (ahead, trip), places in timetable.neighbours(direction).items():
            for place_ahead, place in places:
                came += arrivals_per_s[trip.trip_id][place] * (trip.departure_s[place] - ahead.departure_s[place_ahead])
    return waited / came if came else 0.0


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


@dataclass(frozen=True, eq=False)
class _Way:
    """How a trip runs as its period wants: when it leaves its terminal, and its running times and dwells."""

    departure_s: float
    run_s: FloatArray
    dwell_s: FloatArray

    def mixed(self, other: "_Way", share: float) -> "_Way":
        """This way with a share of another one."""
        return _Way(
            (1.0 - share) * self.departure_s + share * other.departure_s,
            (1.0 - share) * self.run_s + share * other.run_s,
            (1.0 - share) * self.dwell_s + share * other.dwell_s,
        )

    def in_whole_seconds(self) -> tuple[int, list[int], list[int]]:
        """Departure, running times and dwells.

        Sums are rounded, so that each of them stays between those that were mixed; running up and standing down, so
        that the trip takes no longer.
        """
        run_s = np.diff(np.ceil(np.cumsum(self.run_s) - _CRUMB_S), prepend=0.0)
        dwell_s = np.diff(np.floor(np.cumsum(self.dwell_s) + _CRUMB_S), prepend=0.0)
        return round(self.departure_s), run_s.astype(int).tolist(), dwell_s.astype(int).tolist()


def _way(trip: Trip, d: int, pattern: Pattern | None, shift_s: int) -> _Way:
    """How a period wants a trip; without a pattern it runs as today."""
    run = pattern.run_s[d] if pattern else [trip.running_time_s(k) for k in range(len(trip.driving))]
    dwell = pattern.dwell_s[d] if pattern else [trip.dwell_s(k) for k in range(1, len(trip.driving))]
    return _Way(trip.start_s + shift_s, np.asarray(run, dtype=np.float64), np.asarray(dwell, dtype=np.float64))


def _laid(
    job: Job, periods: tuple[Period, ...], patterns: tuple[Pattern | None, ...], shifts: IntArray, steps: int
) -> Timetable:
    """The baseline with each period's pattern and shift; no trip leaves its window, vehicles stay as they are.

    The `steps` trips on both sides of a border take ever more of the other period's way, so that the change of headway
    spreads over their gaps.
    """
    trips = list(job.baseline.trips)
    for number, period in enumerate(periods):
        for d, members in enumerate(period.members):
            for place, j in enumerate(members):
                way = _way(trips[j], d, patterns[number], int(shifts[number, d]))
                for other, from_border in ((number - 1, place), (number + 1, len(members) - 1 - place)):
                    if 0 <= other < len(periods) and from_border < steps:
                        share = 0.5 - (from_border + 0.5) / (2 * steps)
                        way = way.mixed(_way(trips[j], d, patterns[other], int(shifts[other, d])), share)
                departure_s, run_s, dwell_s = way.in_whole_seconds()
                earliest, latest = job.rules.window_s[trips[j].trip_id]
                trips[j] = retimed(trips[j], min(max(departure_s, earliest), latest), run_s, dwell_s, "optimal")
    return Timetable(tuple(trips))
