"""Spacing of trains: a timetable with headways within the limits of the search.

Patterns and shifts of whole periods look at one period and one station at a time. Where periods meet, and behind a trip
that does not move, two trains can come too close or too far apart. The search of single trips keeps all limits, but
cannot repair a pair of trains that breaks one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.limits import TimingLimits
from dispatch.timing.task import SearchTask
from energy_models.arrays import BoolArray, FloatArray, IntArray
from scenarios.schema.base import DIRECTIONS, Direction

Pair = tuple[Trip, Trip]


def spaced(task: SearchTask, timetable: Timetable) -> Timetable:
    """The timetable itself if all headways are within the limits; otherwise with other departures, or with today's
    times, for the trips of each pair that breaks a limit, and with new vehicles.

    Pairs that break a limit today keep their times of today.
    """
    order = [trip.trip_id for trip in timetable.trips]
    today = {trip.trip_id: trip for trip in task.baseline.trips}
    directions = [_Spacing(task.timing_limits, timetable, direction) for direction in DIRECTIONS]
    if not any(one.misfits() for one in directions):
        return timetable
    trips = {trip.trip_id: trip for trip in moved_apart(task.timing_limits, timetable).trips}
    for one in directions:
        one.take(trips)
    back: set[str] = set()
    while True:
        misfits = {name for one in directions for name in one.misfits()}
        if misfits <= back:
            return task.turn(Timetable(tuple(trips[name] for name in order)))
        trips |= {name: today[name] for name in misfits - back}
        for one in directions:
            one.take({name: today[name] for name in misfits - back})
        back |= misfits


def misfits(limits: TimingLimits, timetable: Timetable) -> set[str]:
    """The trips of each pair that is too close or too far apart at some station."""
    return {name for direction in DIRECTIONS for name in _Spacing(limits, timetable, direction).misfits()}


class _Spacing:
    """The times of all trips of a direction by station of the line, as arrays, to find pairs that break a limit.

    `arrival_s` and `departure_s` are NaN where a trip does not call, `longest_s` is the longest headway before a trip
    at the stations that it leaves (infinite elsewhere); shape (trips, stations).
    """

    def __init__(self, limits: TimingLimits, timetable: Timetable, direction: Direction) -> None:
        trips, line = timetable.of(direction), timetable.line(direction)
        self.shortest_s = limits.headway_shortest_s
        self.row = {trip.trip_id: number for number, trip in enumerate(trips)}
        self.columns = [np.array([line.index(station) for station in trip.stations], dtype=np.int64) for trip in trips]
        self.arrival_s: FloatArray = np.full((len(trips), len(line)), np.nan)
        self.departure_s: FloatArray = np.full((len(trips), len(line)), np.nan)
        self.longest_s: FloatArray = np.full((len(trips), len(line)), np.inf)
        self.begins: BoolArray = np.zeros((len(trips), len(line)), dtype=np.bool_)
        self.ends: BoolArray = np.zeros((len(trips), len(line)), dtype=np.bool_)
        for number, (trip, columns) in enumerate(zip(trips, self.columns, strict=True)):
            longest = limits.gaps_longest_s(trip)
            self.longest_s[number, columns[: len(longest)]] = longest
            self.begins[number, columns[0]] = self.ends[number, columns[-1]] = True
        self.take({trip.trip_id: trip for trip in trips})

    def take(self, trips: Mapping[str, Trip]) -> None:
        """Use the times of these trips; trips of the other direction are ignored."""
        for name, trip in trips.items():
            number = self.row.get(name)
            if number is not None:
                self.arrival_s[number, self.columns[number]] = trip.arrival_s
                self.departure_s[number, self.columns[number]] = trip.departure_s

    def misfits(self) -> set[str]:
        """The trips of each pair, one directly behind the other at some station, that breaks a limit at any station."""
        ahead, behind = self._pairs()
        gap_s = self.departure_s[behind] - self.departure_s[ahead]
        closeness_s = self.arrival_s[behind] - self.departure_s[ahead]
        on_the_way = ~self.begins[behind] & ~self.begins[ahead]
        # A comparison with NaN is false: only stations where both trips call count.
        bad = (gap_s < self.shortest_s) | (on_the_way & (closeness_s <= 0.0))
        bad |= ~self.ends[ahead] & (gap_s > self.longest_s[behind])
        broken = bad.any(axis=1)
        numbers = {int(number) for number in (*ahead[broken], *behind[broken])}
        return {name for name, number in self.row.items() if number in numbers} if numbers else set()

    def _pairs(self) -> tuple[IntArray, IntArray]:
        """Trips and the trips directly behind them at some station that both leave, each pair once."""
        count = len(self.row)
        keys: list[IntArray] = []
        for column in range(self.departure_s.shape[1] - 1):
            leaving = np.flatnonzero(np.isfinite(self.departure_s[:, column]) & ~self.ends[:, column])
            leaving = leaving[np.argsort(self.departure_s[leaving, column], kind="stable")]
            keys.append(leaving[:-1] * count + leaving[1:])
        found = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *keys]))
        return found // max(count, 1), found % max(count, 1)


def moved_apart(limits: TimingLimits, timetable: Timetable) -> Timetable:
    """The timetable in which trips move later, or else the trains ahead earlier, within their windows, where trips are
    too close; where they are too far apart, trips move earlier, or else the trains ahead later.

    Vehicles stay as they are; some pairs can still break a limit.
    """
    trips = {trip.trip_id: trip for trip in timetable.trips}
    pairs = [(ahead.trip_id, trip.trip_id) for ahead, trip in _pairs(timetable)]
    for ahead, trip in pairs:
        trips[trip] = _moved(limits, trips[trip], _misfits_s(limits, (trips[ahead], trips[trip])))
    for ahead, trip in reversed(pairs):
        trips[ahead] = _moved(limits, trips[ahead], -_misfits_s(limits, (trips[ahead], trips[trip])))
    return Timetable(tuple(trips[trip.trip_id] for trip in timetable.trips))


def _moved(limits: TimingLimits, trip: Trip, later_s: int) -> Trip:
    """The trip at another time, as far as its window allows."""
    earliest, latest = limits.window_s[trip.trip_id]
    by_s = min(max(trip.start_s + later_s, earliest), latest) - trip.start_s
    if by_s == 0:
        return trip
    return replace(
        trip,
        arrival_s=tuple(time + by_s for time in trip.arrival_s),
        departure_s=tuple(time + by_s for time in trip.departure_s),
    )


def _pairs(timetable: Timetable) -> Iterator[Pair]:
    """Each train with the next one behind it, in order of departure."""
    for direction in DIRECTIONS:
        yield from sorted(timetable.neighbours(direction), key=lambda pair: (pair[1].start_s, pair[0].start_s))


def _misfits_s(limits: TimingLimits, pair: Pair) -> int:
    """By how many seconds a pair is too close (positive) or too far apart (negative) at its worst station; 0 if the
    pair keeps the limits."""
    ahead, trip = pair
    longest = limits.gaps_longest_s(trip)
    too_close, too_far = 0, 0
    at: Mapping[str, int] = {station: place for place, station in enumerate(ahead.stations)}
    for place, station in enumerate(trip.stations):
        if station not in at:
            continue
        here = at[station]
        gap = trip.departure_s[place] - ahead.departure_s[here]
        too_close = max(too_close, limits.headway_shortest_s - gap)
        if place > 0 and here > 0:
            too_close = max(too_close, 1 + ahead.departure_s[here] - trip.arrival_s[place])
        if place < len(longest) and here < len(ahead.driving):
            too_far = max(too_far, gap - longest[place])
    return too_close or -too_far
