"""Scenarios whose timetable in force gives every stop of every trip."""

from collections.abc import Callable

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Trip, retimed
from scenarios.schema import Scenario
from scenarios.schema.service import Call, HeadwayPeriod, TimetableInForce


def called(
    scenario: Scenario,
    change: Callable[[Trip], Trip | None] = lambda trip: trip,
    *,
    periods: tuple[HeadwayPeriod, ...] | None = None,
    with_vehicles: bool = False,
) -> Scenario:
    """The scenario with the calls of its own trips, each of them changed, or left out where `change` gives None."""
    trips = [changed for trip in timetable_in_force(scenario).trips if (changed := change(trip)) is not None]
    calls = tuple(
        Call(
            trip_id=trip.trip_id,
            station=station,
            arrival_s=trip.arrival_s[k],
            departure_s=trip.departure_s[k],
            vehicle=trip.vehicle if with_vehicles else None,
        )
        for trip in trips
        for k, station in enumerate(trip.stations)
    )
    return scenario.with_parts(timetable=TimetableInForce(calls=calls, periods=periods))


def slower(trip: Trip, run_s: int, dwell_s: int, later_s: int = 0) -> Trip:
    """The trip with longer running times and dwells, and a later departure."""
    sections = range(len(trip.driving))
    runs = [trip.running_time_s(k) + run_s for k in sections]
    dwells = [dwell + dwell_s for dwell in trip.dwells_s]
    return retimed(trip, trip.start_s + later_s, runs, dwells, trip.driving[0])


def cut(trip: Trip, first: int, last: int) -> Trip:
    """The part of a trip from one of its stations to another."""
    return Trip(
        trip_id=trip.trip_id,
        direction=trip.direction,
        stations=trip.stations[first : last + 1],
        arrival_s=(trip.departure_s[first], *trip.arrival_s[first + 1 : last + 1]),
        departure_s=(*trip.departure_s[first:last], trip.arrival_s[last]),
        driving=trip.driving[first:last],
        passengers=trip.passengers[first:last],
    )
