"""Application of patterns and shifts to the day: each trip has the pattern and the shift of its period."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.timing.period_pattern import PeriodPattern
from dispatch.timing.period_phases import Border, PeriodPhases, best_shifts
from dispatch.timing.periods import Period
from dispatch.timing.task import BORDER_PATTERNS_FROM, SearchTask
from energy_models.arrays import FloatArray, IntArray
from scenarios.schema.base import DIRECTIONS

SHIFT_STEP_S = 4
WAITING_ROUNDING_S = 0.005
"""Mean waiting counts as no longer when it is as long to the hundredth of a second: where gaps are even today, any
other phase makes it longer by some hair."""
WAITING_MARGIN = 0.9995
"""The search of single trips uses today's arrival rates; the checker integrates them for the new times. The margin
covers the difference."""
DRIFT_SHARE = 0.045
"""Largest change of the mean headway of a period; the rule of the checker allows 5 %."""
_PRICES_J = (0.0, 20.0, 60.0, 200.0, 600.0, 2e3, 6e3, 2e4, 1e5)
_REACHES = (1.0, 0.6, 0.3, 0.1)
_STEPS = (0, 2, 4, 8, 16)
"""Trips on each side of a border that pass to the other period's way; few cost least energy, so they come first."""
TRANSITION_SHARE = 0.25
"""Of the other period's times, where all trips near a border share one pattern."""
_CRUMB_S = 1e-6
"""Tolerance of rounding to a whole second."""


def shift_periods(
    task: SearchTask,
    periods: tuple[Period, ...],
    patterns: tuple[PeriodPattern | None, ...],
    energy_j: Callable[[Timetable], float],
    waiting_s: float,
) -> Timetable:
    """The baseline with patterns and the cheapest shifts at which waiting and fleet do not grow; duties included.

    `waiting_s` is the mean waiting that must not grow.

    Waiting is priced higher, then trips pass from one pattern to the next in steps, then shifts are bounded closer,
    until both hold and no more trains than today find their terminal full; without any shift, and one pattern for the
    whole day, waiting and fleet hold. Where the terminals are full even then, the result is the baseline. Of several
    prices that do, the one whose day draws least counts. Duties are assigned only if a bound of the number of vehicles
    and the waiting hold; a stop of the search ends the trials.
    """
    longest_s = waiting_s + WAITING_ROUNDING_S
    excess_longest_s = task.terminal_excess_s(task.baseline)
    ways = _Ways(task, periods, patterns)
    trials = len(_REACHES) * len(_STEPS)
    task.progress("shifts", 0.0)
    for number, reach in enumerate(_REACHES):
        chain = _chain(task, periods, patterns, reach)
        # The first and the last row belong to the fixed first and last trips.
        priced = [best_shifts(chain, price, SHIFT_STEP_S)[1:-1] for price in _PRICES_J]
        shifts = {moved.tobytes(): moved for moved in priced}
        for trial, steps in enumerate(_STEPS):
            found = () if task.stop[0] else _possible(task, ways, shifts.values(), steps, longest_s)
            possible = [one for one in found if task.terminal_excess_s(one) <= excess_longest_s]
            if possible:
                task.progress("shifts", 1.0)
                return min(possible, key=energy_j)
            task.progress("shifts", (number * len(_STEPS) + trial + 1) / trials)
    # With one pattern for the whole day every gap stays as it is, at every station.
    still = np.zeros((len(periods), 2), dtype=np.int64)
    for same in (patterns, (_commonest(periods, patterns),) * len(periods)):
        candidate = shifted(task, periods, same, still, 0)
        if task.waiting_s(candidate) <= longest_s:
            break
    turned = task.turn(candidate)
    return turned if task.terminal_excess_s(turned) <= excess_longest_s else task.turn(task.baseline)


def _possible(
    task: SearchTask, ways: "_Ways", shifts: Iterable[IntArray], steps: int, waiting_longest_s: float
) -> Iterator[Timetable]:
    """The timetables with duties, one for each row of shifts, at which waiting and fleet do not grow."""
    most = task.timing_limits.vehicles_most
    for moved in shifts:
        laid = ways.laid(moved, steps)
        if vehicles_least(task, laid.start_s, laid.end_s) > most or task.stop[0]:
            continue
        timetable = laid.timetable()
        if task.waiting_s(timetable) > waiting_longest_s:
            continue
        turned = task.turn(timetable)
        if _vehicles(turned) <= most:
            yield turned


def vehicles_least(task: SearchTask, start_s: IntArray, end_s: IntArray) -> int:
    """Lower bound of the number of vehicles for the trips of the baseline at other times, in the baseline's order.

    At a station, departures up to a time need as many vehicles as there are more departures than trips that arrived
    at least the shortest turnback before: Σ over stations of max over t of (departures until t - ready until t). With
    one turnback time at each terminal this is the number of vehicles itself.
    """
    limits, trips = task.timing_limits, task.baseline.trips
    ready_s = end_s + np.array([
        limits.turnback_at_s.get(trip.stations[-1], limits.turnback_shortest_s[DIRECTIONS.index(trip.direction)])
        for trip in trips
    ])  # fmt: skip
    first, last = (np.array([trip.stations[k] for trip in trips]) for k in (0, -1))
    total = 0
    for station in np.unique(first):
        departures_s, ready = np.sort(start_s[first == station]), np.sort(ready_s[last == station])
        excess = np.arange(1, len(departures_s) + 1) - np.searchsorted(ready, departures_s, side="right")
        total += max(int(excess.max()), 0)
    return total


def _commonest(periods: tuple[Period, ...], patterns: tuple[PeriodPattern | None, ...]) -> PeriodPattern | None:
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
    return len(timetable.vehicles)


def _chain(
    task: SearchTask, periods: tuple[Period, ...], patterns: tuple[PeriodPattern | None, ...], reach: float
) -> list[PeriodPhases]:
    """The periods between two fixed ends: the first trips before them, the last trips after them."""
    trips, timing_limits = task.baseline.trips, task.timing_limits
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
                largest_shift_s=int(reach * period.largest_shift_s(timing_limits.window_s, trips)),
                borders=(_border(task, period, up), _border(task, period, down)),
                drift_longest_s=_drifts(before, trips),
                begins_fixed=_holds(before, first=True),
            )
        )
        before = period
    end = periods[-1]
    up, down = (end.members[d][-1] if held else None for d, held in enumerate(_holds(end, first=False)))
    borders = (_border(task, end, up), _border(task, end, down))
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


def _border(task: SearchTask, period: Period, j: int | None) -> Border | None:
    """The border before trip j."""
    ahead = period.previous.get(j) if j is not None else None
    if j is None or ahead is None:
        return None
    trip, timing_limits = task.baseline.trips[j], task.timing_limits
    return Border(
        gap_s=trip.start_s - task.baseline.trips[ahead].start_s,
        gap_longest_s=timing_limits.gap_longest_s[trip.trip_id],
        arrivals_per_s=float(sum(timing_limits.arrivals_per_s[trip.trip_id])),
    )


@dataclass(frozen=True, eq=False)
class TripTimes:
    """How a trip runs as its period wants: when it leaves its terminal, and its running times and dwells."""

    departure_s: float
    run_s: FloatArray
    dwell_s: FloatArray

    def mixed(self, other: "TripTimes", share: float, way_share: float) -> "TripTimes":
        """These times with a share of the departure and a share of the running times and dwells of other ones."""
        return TripTimes(
            (1.0 - share) * self.departure_s + share * other.departure_s,
            (1.0 - way_share) * self.run_s + way_share * other.run_s,
            (1.0 - way_share) * self.dwell_s + way_share * other.dwell_s,
        )

    def in_whole_seconds(self) -> tuple[int, list[int], list[int]]:
        """Departure, running times and dwells.

        Sums are rounded, so that each of them stays between those that were mixed; running up and standing down, so
        that the trip takes no longer.
        """
        run_s = np.diff(np.ceil(np.cumsum(self.run_s) - _CRUMB_S), prepend=0.0)
        dwell_s = np.diff(np.floor(np.cumsum(self.dwell_s) + _CRUMB_S), prepend=0.0)
        return round(self.departure_s), run_s.astype(int).tolist(), dwell_s.astype(int).tolist()


def trip_times(task: SearchTask, trip: Trip, d: int, pattern: PeriodPattern | None, shift_s: int) -> TripTimes:
    """How a period wants a trip.

    A trip whose times differ from those that the pattern was made of gets the changes of the pattern to its own times.
    Without a pattern, or if the changed times break a limit, the trip runs as today.
    """
    run, dwell = np.array(trip.running_times_s), np.array(trip.dwells_s)
    if pattern is not None:
        changed_run = run + pattern.run_s[d] - pattern.today_run_s[d]
        changed_dwell = dwell + pattern.dwell_s[d] - pattern.today_dwell_s[d]
        is_own = np.array_equal(run, pattern.today_run_s[d]) and np.array_equal(dwell, pattern.today_dwell_s[d])
        if is_own or _is_possible(task, d, changed_run, changed_dwell):
            run, dwell = changed_run, changed_dwell
    return TripTimes(trip.start_s + shift_s, run.astype(np.float64), dwell.astype(np.float64))


def _is_possible(task: SearchTask, d: int, run_s: IntArray, dwell_s: IntArray) -> bool:
    limits, motions = task.limits, task.motions
    return bool(
        (motions.shortest_s[d] <= run_s).all()
        and (run_s <= motions.longest_s[d]).all()
        and (limits.dwell_shortest_s[d] <= dwell_s).all()
        and (dwell_s <= limits.dwell_longest_s[d]).all()
    )


def _way_share(task: SearchTask, share: float) -> float:
    """How much of the running times and dwells of the other period a trip near a border takes."""
    if task.options.patterns == 0:
        return share
    return TRANSITION_SHARE if task.options.patterns >= BORDER_PATTERNS_FROM else 0.0


def shifted(
    task: SearchTask,
    periods: tuple[Period, ...],
    patterns: tuple[PeriodPattern | None, ...],
    shifts: IntArray,
    steps: int,
) -> Timetable:
    """The baseline with each period's pattern and shift; no trip leaves its window, vehicles stay as they are.

    The `steps` trips on both sides of a border take ever more of the other period's way, so that the change of headway
    spreads over their gaps. Where trips share patterns, these trips have one pattern for each side, or none.
    """
    return _Ways(task, periods, patterns).laid(shifts, steps).timetable()


Mix = tuple[tuple[int, float], ...]
"""The other periods whose ways a trip takes, each with the share of it."""


@dataclass(frozen=True, eq=False)
class _Laid:
    """The trips of the baseline at other times: departure and arrival at the terminals, and the times between them."""

    trips: tuple[Trip, ...]
    start_s: IntArray
    end_s: IntArray
    between_s: list[tuple[list[int], list[int]] | None]

    def timetable(self) -> Timetable:
        """The timetable with these times; trips without times between the terminals stay as they are."""
        return Timetable(tuple(
            trip if between is None else retimed(trip, start_s, *between, "optimal")
            for trip, start_s, between in zip(self.trips, self.start_s.tolist(), self.between_s, strict=True)
        ))  # fmt: skip


class _Ways:
    """How the trips of a day run as their periods want, for any shifts; trips with the same times today share this."""

    def __init__(
        self, task: SearchTask, periods: tuple[Period, ...], patterns: tuple[PeriodPattern | None, ...]
    ) -> None:
        self._task, self._periods, self._patterns = task, periods, patterns
        self._today = [(trip.running_times_s, trip.dwells_s) for trip in task.baseline.trips]
        self._way: dict[tuple[int, int, object], TripTimes] = {}
        self._between: dict[tuple[int, int, Mix, object], tuple[list[int], list[int]]] = {}

    def laid(self, shifts: IntArray, steps: int) -> _Laid:
        """The trips with each period's pattern and shift, see `shifted`."""
        trips = self._task.baseline.trips
        start_s = np.array([trip.start_s for trip in trips], dtype=np.int64)
        end_s = np.array([trip.end_s for trip in trips], dtype=np.int64)
        between_s: list[tuple[list[int], list[int]] | None] = [None] * len(trips)
        for number, period in enumerate(self._periods):
            for d, members in enumerate(period.members):
                for place, j in enumerate(members):
                    mix = self._mix(number, place, len(members), steps)
                    departure_s = float(trips[j].start_s + int(shifts[number, d]))
                    for other, share in mix:
                        own_s, other_s = departure_s, float(trips[j].start_s + int(shifts[other, d]))
                        departure_s = (1.0 - share) * own_s + share * other_s
                    earliest, latest = self._task.timing_limits.window_s[trips[j].trip_id]
                    between_s[j] = run_s, dwell_s = self._rounded(j, d, number, mix)
                    start_s[j] = min(max(round(departure_s), earliest), latest)
                    end_s[j] = start_s[j] + sum(run_s) + sum(dwell_s)
        return _Laid(trips, start_s, end_s, between_s)

    def _mix(self, number: int, place: int, count: int, steps: int) -> Mix:
        """The shares of the periods before and after for the trip at a place of a period with `count` trips."""
        return tuple(
            (other, 0.5 - (from_border + 0.5) / (2 * steps))
            for other, from_border in ((number - 1, place), (number + 1, count - 1 - place))
            if 0 <= other < len(self._periods) and from_border < steps
        )

    def _rounded(self, j: int, d: int, number: int, mix: Mix) -> tuple[list[int], list[int]]:
        """Running times and dwells of a trip in whole seconds."""
        key = (number, d, mix, self._today[j])
        found = self._between.get(key)
        if found is None:
            way = self._of(j, d, number)
            for other, share in mix:
                way = way.mixed(self._of(j, d, other), share, _way_share(self._task, share))
            _, run_s, dwell_s = way.in_whole_seconds()
            found = self._between[key] = run_s, dwell_s
        return found

    def _of(self, j: int, d: int, number: int) -> TripTimes:
        """The way of a period for a trip, without a shift."""
        key = (number, d, self._today[j])
        found = self._way.get(key)
        if found is None:
            found = self._way[key] = trip_times(self._task, self._task.baseline.trips[j], d, self._patterns[number], 0)
        return found
