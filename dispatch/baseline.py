"""The timetable in force: what runs today, to the second, with vehicles and planned loads."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from dispatch.duties import first_in_first_out
from dispatch.loads import planned_loads
from dispatch.plan import HeadwayPeriod
from dispatch.short_turns import ShortTrip
from dispatch.timetable import DIRECTIONS, Direction, Timetable, Trip
from scenarios.schema import Scenario
from scenarios.travel import Travel

SHORTEST_LAST_GAP_S = 180
"""A last train runs at the last departure if the train before it left at least this long ago."""


def timetable_in_force(scenario: Scenario) -> Timetable:
    """Every trip of today's service day with driving of the baseline strategy, planned loads and vehicles.

    Departures step by the headway in force (or are the explicit ones), running times and dwells are those of the
    scenario, vehicles turn first in first out after at least the turnback time. A vehicle beyond the fleet is named
    all the same: what runs today is a fact, and the planner says what is wrong with it.
    """
    departures = {direction: departures_in_force(scenario, direction) for direction in DIRECTIONS}
    return first_in_first_out(timetable_from_departures(scenario, departures), scenario)


def departures_in_force(scenario: Scenario, direction: Direction) -> tuple[int, ...]:
    """Departures from the terminal of one direction, in s, rising.

    With headway periods: from the first departure on, t grows by the headway in force at t; one more train leaves at
    the last departure when the gap to it is at least `SHORTEST_LAST_GAP_S`.
    """
    timetable = scenario.timetable
    if timetable.departures is not None:
        return tuple(sorted(row.departure_s for row in timetable.departures if row.direction == direction))
    if timetable.first_departure_s is None or timetable.last_departure_s is None:
        raise ValueError("headway periods need first and last departures; the scenario's checks see to it")
    first, last = getattr(timetable.first_departure_s, direction), getattr(timetable.last_departure_s, direction)
    departures = [first]
    while (
        departures[-1] < last and (after := departures[-1] + _headway_at(scenario, direction, departures[-1])) <= last
    ):
        departures.append(after)
    if last - departures[-1] >= SHORTEST_LAST_GAP_S:
        departures.append(last)
    return tuple(departures)


def _headway_at(scenario: Scenario, direction: Direction, time_s: int) -> int:
    for row in scenario.timetable.periods or ():
        if row.direction in (direction, "both") and row.from_s <= time_s < row.to_s:
            return row.headway_s
    raise ValueError(f"no headway {direction} at {time_s} s; the scenario's checks see to it")


def timetable_from_departures(
    scenario: Scenario, departures: Mapping[Direction, Sequence[int]], shorts: Sequence[ShortTrip] = ()
) -> Timetable:
    """Trips over the whole line at those departures, run and stand as today, with planned loads and without vehicles.

    Trips are named by direction and place in the day: up-001, up-002, …; short trips run over their part of the line
    and are named up-short-001, up-short-002, …
    """
    trips: list[Trip] = []
    for direction in DIRECTIONS:
        stations = scenario.stations_in_order(direction)
        arrival_after, departure_after = _times_after_departure(scenario, direction)
        sections = len(stations) - 1
        for number, departure in enumerate(sorted(departures[direction]), start=1):
            trips.append(
                Trip(
                    trip_id=f"{direction}-{number:03d}",
                    direction=direction,
                    stations=tuple(station.id for station in stations),
                    arrival_s=tuple(departure + after for after in arrival_after),
                    departure_s=tuple(departure + after for after in departure_after),
                    driving=(scenario.driving.baseline,) * sections,
                    passengers=(0.0,) * sections,
                )
            )
        turning = sorted((short for short in shorts if short.direction == direction), key=lambda one: one.departure_s)
        trips += [_short_trip(scenario, short, number) for number, short in enumerate(turning, start=1)]
    trips.sort(key=lambda trip: (trip.direction != "up", trip.start_s))
    return Timetable(planned_loads(trips, Travel.of(scenario), [station.id for station in scenario.stations]))


def _short_trip(scenario: Scenario, short: ShortTrip, number: int) -> Trip:
    order = [station.id for station in scenario.stations_in_order(short.direction)]
    arrival_after, departure_after = _times_after_departure(scenario, short.direction)
    first, last = order.index(short.first), order.index(short.last)
    began = short.departure_s - departure_after[first]
    arrivals = [began + arrival_after[k] for k in range(first, last + 1)]
    departures = [began + departure_after[k] for k in range(first, last + 1)]
    arrivals[0], departures[-1] = departures[0], arrivals[-1]
    return Trip(
        trip_id=f"{short.direction}-short-{number:03d}",
        direction=short.direction,
        stations=tuple(order[first : last + 1]),
        arrival_s=tuple(arrivals),
        departure_s=tuple(departures),
        driving=(scenario.driving.baseline,) * (last - first),
        passengers=(0.0,) * (last - first),
    )


def one_way_time_s(scenario: Scenario, direction: Direction) -> int:
    """Departure at one terminal to arrival at the other, as today."""
    return _times_after_departure(scenario, direction)[0][-1]


def station_arrivals_s(scenario: Scenario, direction: Direction) -> tuple[int, ...]:
    """Arrival at each station after the departure from the terminal, as today."""
    return _times_after_departure(scenario, direction)[0]


def station_offsets_s(scenario: Scenario, direction: Direction) -> tuple[int, ...]:
    """Departure at each station after the departure from the terminal (arrival at the last), as today."""
    return _times_after_departure(scenario, direction)[1]


def _times_after_departure(scenario: Scenario, direction: Direction) -> tuple[tuple[int, ...], tuple[int, ...]]:
    stations = scenario.stations_in_order(direction)
    arrivals, departures = [0], [0]
    for station, running_time in zip(stations[1:], scenario.running_times_s(direction), strict=True):
        arrivals.append(departures[-1] + running_time)
        departures.append(arrivals[-1] + station.dwell_s)
    departures[-1] = arrivals[-1]
    return tuple(arrivals), tuple(departures)


def periods_in_force(scenario: Scenario, direction: Direction) -> tuple[tuple[int, int], ...]:
    """The periods (from, to) of the headway table that the service of one direction touches, without gaps between them.

    The first begins with the first departure and the last ends with the last; explicit departures make one period.
    """
    departures = departures_in_force(scenario, direction)
    rows = [row for row in scenario.timetable.periods or () if row.direction in (direction, "both")]
    inner = sorted({row.from_s for row in rows if departures[0] < row.from_s < departures[-1]})
    edges = [departures[0], *inner, departures[-1]]
    return tuple(pairwise(edges))


def headway_table(
    timetable: Timetable, scenario: Scenario, in_force: Timetable | None = None
) -> tuple[HeadwayPeriod, ...]:
    """Departures and mean headways of a timetable in each period of the table in force, by direction.

    A trip counts for the period in which it departs, or, with `in_force` (equal service), for that of the trip in
    force it stands for. A period's headway is the mean of the gaps after its departures; a period without one shows
    its own length. Where trips turn on the way, a part of the line that they run has rows of its own.
    """
    table: list[HeadwayPeriod] = []
    for direction in DIRECTIONS:
        order = tuple(station.id for station in scenario.stations_in_order(direction))
        trips = timetable.of(direction)
        if in_force is not None or all(trip.stations == order for trip in trips):
            starts = [trip.start_s for trip in trips]
            counted = starts if in_force is None else [trip.start_s for trip in in_force.of(direction)]
            table += _headway_rows(scenario, direction, starts, counted)
            continue
        starts = [trip.start_s for trip in trips if trip.stations == order]
        rows = _headway_rows(scenario, direction, starts, starts)
        for part in sorted({trip.stations for trip in trips} - {order}, key=lambda part: order.index(part[0])):
            rows += _rows_on_part(scenario, direction, trips, part)
        table += sorted(rows, key=lambda row: row.from_s)
    return tuple(table)


def _rows_on_part(
    scenario: Scenario, direction: Direction, trips: Sequence[Trip], part: tuple[str, ...]
) -> list[HeadwayPeriod]:
    """All trains over a part of the line, in the periods in which some of them run only there.

    They count for the period in which they leave the end of the line, or would have left it, run as today.
    """
    order = [station.id for station in scenario.stations_in_order(direction)]
    after_s = station_offsets_s(scenario, direction)[order.index(part[0])]
    over = [trip for trip in trips if part[0] in trip.stations[:-1] and part[-1] in trip.stations[1:]]
    leaves = sorted((trip.departure_s[trip.stations.index(part[0])] - after_s, trip.stations == part) for trip in over)
    times = [time for time, _ in leaves]
    turning = [time for time, turns in leaves if turns]
    rows = _headway_rows(scenario, direction, times, times)
    return [
        replace(row, first=part[0], last=part[-1])
        for row in rows
        if any(row.from_s <= time < row.to_s for time in turning)
    ]


def _headway_rows(
    scenario: Scenario, direction: Direction, starts: Sequence[int], counted: Sequence[int]
) -> list[HeadwayPeriod]:
    """Mean headways of departures by the periods in which `counted` ones, one for each, leave."""
    rows = []
    periods = periods_in_force(scenario, direction)
    begins = [begin for begin, _ in periods]
    for number, (begin, end) in enumerate(periods):
        inside = [k for k, time in enumerate(counted) if max(bisect_right(begins, time) - 1, 0) == number]
        inside = [k for k in inside if k < len(starts)]
        gaps = [starts[k + 1] - starts[k] for k in inside if k + 1 < len(starts)]
        headway = sum(gaps) / len(gaps) if gaps else float(max(end - begin, 1))
        rows.append(HeadwayPeriod(direction, begin, end, round(headway, 3), len(inside)))
    return rows
