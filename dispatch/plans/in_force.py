"""The timetable in force, to the second, with vehicles and planned loads."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dispatch.plans.loads import planned_loads
from dispatch.plans.plan import HeadwayPeriod
from dispatch.plans.short_turns import ShortTrip
from dispatch.plans.timetable import Timetable, Trip
from dispatch.plans.vehicle_chains import turned_as_operated
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.service import CalledTrip
from scenarios.values.headway_periods import period_number, periods_today
from scenarios.values.station_times import departures_today, station_times
from scenarios.values.travel import Travel


def timetable_in_force(scenario: Scenario) -> Timetable:
    """All trips of today's service day with driving of the baseline strategy, planned loads and vehicles.

    With calls, each trip has its own times, and its own vehicle if every trip has one. Otherwise departures follow from
    the headways in force (or are the explicit ones), and running times and dwells are those of the scenario. Vehicles
    without names in the timetable turn as an operator turns them. If the timetable needs more vehicles than the fleet
    has, they have names too; the planner reports the missing vehicles.
    """
    if scenario.timetable.calls is not None:
        timetable = with_planned_loads(scenario, [_called(scenario, trip) for trip in scenario.timetable.called_trips])
        return timetable if all(timetable.vehicles) else turned_as_operated(timetable, scenario)
    departures = {direction: departures_today(scenario, direction) for direction in DIRECTIONS}
    return turned_as_operated(timetable_from_departures(scenario, departures), scenario)


def _called(scenario: Scenario, called: CalledTrip) -> Trip:
    sections = len(called.stations) - 1
    return Trip(
        trip_id=called.trip_id,
        direction=scenario.direction_of(*called.stations[:2]),
        stations=called.stations,
        arrival_s=(called.departure_s[0], *called.arrival_s[1:]),
        departure_s=(*called.departure_s[:-1], called.arrival_s[-1]),
        driving=(scenario.driving.baseline,) * sections,
        passengers=(0.0,) * sections,
        vehicle=called.vehicle or "",
    )


def timetable_from_departures(
    scenario: Scenario, departures: Mapping[Direction, Sequence[int]], shorts: Sequence[ShortTrip] = ()
) -> Timetable:
    """Trips over the whole line at these departures, with today's times, planned loads and without vehicles.

    Trip names consist of direction and number: up-001, up-002, …; short trips run over their part of the line and have
    the names up-short-001, up-short-002, …
    """
    trips: list[Trip] = []
    for direction in DIRECTIONS:
        stations = scenario.stations_in_order(direction)
        sections = len(stations) - 1
        for number, departure in enumerate(sorted(departures[direction]), start=1):
            after = station_times(scenario, direction, departure)
            trips.append(
                Trip(
                    trip_id=f"{direction}-{number:03d}",
                    direction=direction,
                    stations=tuple(station.id for station in stations),
                    arrival_s=tuple(departure + after_s for after_s in after.arrival_s),
                    departure_s=tuple(departure + after_s for after_s in after.departure_s),
                    driving=(scenario.driving.baseline,) * sections,
                    passengers=(0.0,) * sections,
                )
            )
        turning = sorted((short for short in shorts if short.direction == direction), key=lambda one: one.departure_s)
        trips += [_short_trip(scenario, short, number) for number, short in enumerate(turning, start=1)]
    return with_planned_loads(scenario, trips)


def with_planned_loads(scenario: Scenario, trips: Sequence[Trip]) -> Timetable:
    """The trips by direction and departure, with planned loads."""
    ordered = sorted(trips, key=lambda trip: (trip.direction != "up", trip.start_s))
    return Timetable(planned_loads(ordered, Travel.of(scenario), [station.id for station in scenario.stations]))


def _short_trip(scenario: Scenario, short: ShortTrip, number: int) -> Trip:
    order = [station.id for station in scenario.stations_in_order(short.direction)]
    after = station_times(scenario, short.direction, short.departure_s)
    first, last = order.index(short.first), order.index(short.last)
    began = short.departure_s - after.departure_s[first]
    arrivals = [began + after.arrival_s[k] for k in range(first, last + 1)]
    departures = [began + after.departure_s[k] for k in range(first, last + 1)]
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


def headway_table(
    timetable: Timetable, scenario: Scenario, in_force: Timetable | None = None
) -> tuple[HeadwayPeriod, ...]:
    """Departures and mean headways of a timetable in each period of the table in force, by direction.

    A trip counts for the period of its departure or, with `in_force` (equal service), for the period of the
    corresponding trip in force. The headway of a period is the mean of the gaps after its departures; for a period
    without departures it is the length of the period. A part of the line with short trips has its own rows.
    """
    table: list[HeadwayPeriod] = []
    for direction in DIRECTIONS:
        order = tuple(station.id for station in scenario.stations_in_order(direction))
        trips = timetable.of(direction)
        if all(trip.stations == order for trip in trips):
            starts = [trip.start_s for trip in trips]
            counted = starts if in_force is None else [trip.start_s for trip in in_force.of(direction)]
            table += _headway_rows(scenario, direction, starts, counted)
            continue
        starts = [trip.start_s for trip in trips if trip.stations == order]
        counted = starts if in_force is None else [t.start_s for t in in_force.of(direction) if t.stations == order]
        rows = _headway_rows(scenario, direction, starts, counted)
        for part in sorted({trip.stations for trip in trips} - {order}, key=lambda part: order.index(part[0])):
            rows += _rows_on_part(scenario, direction, trips, part)
        table += sorted(rows, key=lambda row: row.from_s)
    return tuple(table)


def _rows_on_part(
    scenario: Scenario, direction: Direction, trips: Sequence[Trip], part: tuple[str, ...]
) -> list[HeadwayPeriod]:
    """All trains on a part of the line, in the periods with short trips on this part.

    They count for the period of their departure, or their virtual departure, from the end of the line.
    """
    order = [station.id for station in scenario.stations_in_order(direction)]
    place = order.index(part[0])
    over = [trip for trip in trips if part[0] in trip.stations[:-1] and part[-1] in trip.stations[1:]]
    left = [(trip.departure_s[trip.stations.index(part[0])], trip.stations == part) for trip in over]
    leaves = sorted((time - station_times(scenario, direction, time).departure_s[place], turns) for time, turns in left)
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
    """Mean headways of departures by the periods of the corresponding departures `counted`."""
    rows = []
    periods = periods_today(scenario, direction)
    for number, (begin, end) in enumerate(periods):
        inside = [k for k, time in enumerate(counted) if period_number(periods, time) == number]
        inside = [k for k in inside if k < len(starts)]
        gaps = [starts[k + 1] - starts[k] for k in inside if k + 1 < len(starts)]
        headway = sum(gaps) / len(gaps) if gaps else float(max(end - begin, 1))
        rows.append(HeadwayPeriod(direction, begin, end, round(headway, 3), len(inside)))
    return rows
