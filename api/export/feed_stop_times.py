"""The times of a trip of a feed after a plan: those of the plan at its stations, moved times at all other stops."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from dispatch.plans.timetable import Trip


@dataclass(frozen=True)
class FeedCall:
    """One row of `stop_times.txt`: its position in the table, station, published times in s (NaN for none)."""

    row: int
    station: str
    arrival_s: float
    departure_s: float


@dataclass(frozen=True)
class NewTimes:
    """New times of one row in s; None for a row without times that stays without times."""

    arrival_s: int | None
    departure_s: int | None


@dataclass(frozen=True)
class _Stop:
    """Neighbouring rows at one station, with the published arrival and departure of the train."""

    begin: int
    end: int
    station: str
    arrival_s: float
    departure_s: float


def places_of(stations: Sequence[str], calls: Sequence[FeedCall]) -> list[int] | None:
    """Where the stations are among the stops of a trip (neighbouring rows of a station are one stop); None if one is
    missing or in another order."""
    stops = [stop.station for stop in _stops(calls)]
    found: list[int] = []
    for station in stations:
        try:
            found.append(stops.index(station, found[-1] + 1 if found else 0))
        except ValueError:
            return None
    return found


def rows_between(trip: Trip, calls: Sequence[FeedCall]) -> range:
    """The rows from the first to the last station of a planned trip. The trip must fit (`places_of`)."""
    places, stops = places_of(trip.stations, calls), _stops(calls)
    assert places is not None
    return range(stops[places[0]].begin, stops[places[-1]].end)


def new_times(trip: Trip, calls: Sequence[FeedCall]) -> list[NewTimes]:
    """The times of all rows of a trip of the feed if it runs as a planned trip that fits (`places_of`).

    Stops before the first and after the last station of the plan move with the nearest end. Stops between two
    neighbouring stations of the plan keep their share of the running time. Standing times of the feed at the first and
    the last station of the plan stay.
    """
    places, stops = places_of(trip.stations, calls), _stops(calls)
    assert places is not None
    planned = {place: k for k, place in enumerate(places)}
    last = len(places) - 1
    times: list[tuple[float, float]] = []
    for number, stop in enumerate(stops):
        k = planned.get(number)
        if k is not None:
            arrival, departure = float(trip.arrival_s[k]), float(trip.departure_s[k])
            stands_s = 0.0 if isnan(stop.departure_s - stop.arrival_s) else stop.departure_s - stop.arrival_s
            if k == 0:
                arrival = departure - stands_s
            if k == last:
                departure = arrival + stands_s
            times.append((arrival, departure))
        elif number < places[0]:
            times.append(_moved(stop, _change_s(trip, stops, places, 0)))
        elif number > places[-1]:
            times.append(_moved(stop, _change_s(trip, stops, places, last)))
        else:
            before = max(k for k, place in enumerate(places) if place < number)
            times.append(_between(stop, trip, before, stops[places[before]], stops[places[before + 1]]))
    return _of_rows(calls, stops, times)


def _stops(calls: Sequence[FeedCall]) -> list[_Stop]:
    stops: list[_Stop] = []
    for number, call in enumerate(calls):
        comes = call.departure_s if isnan(call.arrival_s) else call.arrival_s
        leaves = call.arrival_s if isnan(call.departure_s) else call.departure_s
        if stops and stops[-1].station == call.station:
            one = stops.pop()
            stops.append(
                _Stop(one.begin, number + 1, one.station, one.arrival_s, one.departure_s if isnan(leaves) else leaves)
            )
        else:
            stops.append(_Stop(number, number + 1, call.station, comes, leaves))
    return stops


def _change_s(trip: Trip, stops: Sequence[_Stop], places: Sequence[int], end: int) -> float:
    """The change at the station of the plan with a published time that is nearest to one end."""
    order = range(len(places)) if end == 0 else range(len(places) - 1, -1, -1)
    for k in order:
        stop = stops[places[k]]
        published_s, planned_s = (
            (stop.departure_s, trip.departure_s[k]) if k < len(places) - 1 else (stop.arrival_s, trip.arrival_s[k])
        )
        if not isnan(published_s):
            return planned_s - published_s
    return nan


def _moved(stop: _Stop, by_s: float) -> tuple[float, float]:
    return tuple(time_s if isnan(time_s) else max(0.0, time_s + by_s) for time_s in (stop.arrival_s, stop.departure_s))  # type: ignore[return-value]


def _between(stop: _Stop, trip: Trip, before: int, here: _Stop, there: _Stop) -> tuple[float, float]:
    """Times at a stop between two stations of the plan: the same share of the running time as published."""
    begin_s, end_s = trip.departure_s[before], trip.arrival_s[before + 1]
    published_s = there.arrival_s - here.departure_s
    found = []
    for time_s in (stop.arrival_s, stop.departure_s):
        if isnan(time_s) or isnan(published_s):
            found.append(nan if isnan(time_s) else float(min(max(time_s, begin_s), end_s)))
            continue
        share = (time_s - here.departure_s) / published_s if published_s > 0 else 0.5
        found.append(float(round(begin_s + min(max(share, 0.0), 1.0) * (end_s - begin_s))))
    return found[0], found[1]


def _of_rows(
    calls: Sequence[FeedCall], stops: Sequence[_Stop], times: Sequence[tuple[float, float]]
) -> list[NewTimes]:  # fmt: skip
    """The times of each row; of several rows at a station, the first has the arrival and the last the departure."""
    found: list[NewTimes] = []
    for stop, (arrival, departure) in zip(stops, times, strict=True):
        by_s = arrival - stop.arrival_s
        for number in range(stop.begin, stop.end):
            call = calls[number]
            comes = arrival if number == stop.begin else _inside(call.arrival_s + by_s, arrival, departure)
            leaves = departure if number == stop.end - 1 else _inside(call.departure_s + by_s, arrival, departure)
            found.append(NewTimes(None if isnan(comes) else round(comes), None if isnan(leaves) else round(leaves)))
    return found


def _inside(time_s: float, low_s: float, high_s: float) -> float:
    return low_s if isnan(time_s) else min(max(time_s, low_s), high_s)
