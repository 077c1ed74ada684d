"""Today's times over the line: from the departure at the terminal to arrival and departure at each station."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from statistics import median_low

from scenarios.schema.base import Direction
from scenarios.schema.scenario import Scenario
from scenarios.schema.service import CalledTrip


@dataclass(frozen=True)
class StationTimes:
    """Times in s after the departure from the terminal, by station in order of travel.

    The first values are 0; the departure from the last station equals the arrival there.
    """

    arrival_s: tuple[int, ...]
    departure_s: tuple[int, ...]

    @property
    def one_way_s(self) -> int:
        """From the departure at one terminal to the arrival at the other."""
        return self.arrival_s[-1]

    @cached_property
    def running_times_s(self) -> tuple[int, ...]:
        """Running time of each section in order of travel."""
        return tuple(
            arrival - departure for departure, arrival in zip(self.departure_s, self.arrival_s[1:], strict=False)
        )

    @cached_property
    def dwells_s(self) -> tuple[int, ...]:
        """Dwell at each intermediate station in order of travel."""
        return tuple(
            departure - arrival for arrival, departure in zip(self.arrival_s[1:-1], self.departure_s[1:-1], strict=True)
        )


def station_times(scenario: Scenario, direction: Direction, departure_s: float | None = None) -> StationTimes:
    """Times of a trip of the timetable in force over the whole line.

    With calls, these are the times of one real trip: the one whose departure is closest to `departure_s`, or, without
    `departure_s`, the first one with the median one-way time. Otherwise they are running times and dwells of the
    scenario, with those of the period of `departure_s`.
    """
    trips = scenario.whole_trips[direction] if scenario.timetable.calls is not None else ()
    if trips:
        return _times_of(_typical(trips) if departure_s is None else _closest(trips, departure_s))
    given = scenario.timetable.running_time_s
    if given is None:
        raise ValueError("a timetable needs running times or calls; the scenario's checks see to it")
    stations = scenario.stations_in_order(direction)
    running = list(given.up if direction == "up" else given.down)
    dwells = [station.dwell_s for station in stations]
    if departure_s is not None and scenario.timetable.section_times:
        place = {station.id: k for k, station in enumerate(stations)}
        for row in scenario.timetable.section_times:
            if row.direction in (direction, "both") and row.from_s <= departure_s < row.to_s:
                k = place[row.departure_station]
                running[k] = row.running_time_s
                dwells[k] = dwells[k] if row.dwell_s is None else row.dwell_s
    arrivals, departures = [0], [0]
    for dwell, running_time in zip(dwells[1:], running, strict=True):
        arrivals.append(departures[-1] + running_time)
        departures.append(arrivals[-1] + dwell)
    departures[-1] = arrivals[-1]
    return StationTimes(tuple(arrivals), tuple(departures))


def departures_today(scenario: Scenario, direction: Direction) -> tuple[int, ...]:
    """Departures of today's trips from the terminal at the beginning of the line, in s, in order.

    Trips that begin on the way do not count. With headway periods: from the first departure, t increases by the headway
    in force at t; one more train leaves at the last departure if the gap before it is at least the operation's
    `shortest_last_gap_s`.
    """
    timetable = scenario.timetable
    if timetable.calls is not None:
        first = scenario.stations_in_order(direction)[0].id
        return tuple(sorted(trip.departure_s[0] for trip in timetable.called_trips if trip.stations[0] == first))
    if timetable.departures is not None:
        return tuple(sorted(row.departure_s for row in timetable.departures if row.direction == direction))
    if timetable.first_departure_s is None or timetable.last_departure_s is None:
        raise ValueError("headway periods need first and last departures; the scenario's checks see to it")
    first_s, last_s = getattr(timetable.first_departure_s, direction), getattr(timetable.last_departure_s, direction)
    departures = [first_s]
    while departures[-1] < last_s:
        after = departures[-1] + _headway_at(scenario, direction, departures[-1])
        if after > last_s:
            break
        departures.append(after)
    if last_s - departures[-1] >= scenario.operation.shortest_last_gap_s:
        departures.append(last_s)
    return tuple(departures)


def _headway_at(scenario: Scenario, direction: Direction, time_s: int) -> int:
    for row in scenario.timetable.periods or ():
        if row.direction in (direction, "both") and row.from_s <= time_s < row.to_s:
            return row.headway_s
    raise ValueError(f"no headway {direction} at {time_s} s; the scenario's checks see to it")


def _times_of(trip: CalledTrip) -> StationTimes:
    start_s = trip.departure_s[0]
    arrivals = [0, *(time_s - start_s for time_s in trip.arrival_s[1:])]
    departures = [*(time_s - start_s for time_s in trip.departure_s[:-1]), arrivals[-1]]
    return StationTimes(tuple(arrivals), tuple(departures))


def _typical(trips: tuple[CalledTrip, ...]) -> CalledTrip:
    middle_s = median_low([trip.arrival_s[-1] - trip.departure_s[0] for trip in trips])
    return next(trip for trip in trips if trip.arrival_s[-1] - trip.departure_s[0] == middle_s)


def _closest(trips: tuple[CalledTrip, ...], departure_s: float) -> CalledTrip:
    after = bisect_left(trips, departure_s, key=lambda trip: trip.departure_s[0])
    beside = trips[max(after - 1, 0) : after + 1]
    return min(beside, key=lambda trip: abs(trip.departure_s[0] - departure_s))
