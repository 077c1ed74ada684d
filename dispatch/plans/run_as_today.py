"""Baseline operation: trips with today's running times, dwells and driving, for comparison with other trips."""

from collections.abc import Mapping

from dispatch.plans.timetable import Timetable, Trip, retimed


def run_as_today(timetable: Timetable, in_force: Timetable) -> Timetable:
    """The timetable's departures, vehicles and loads with today's running times, dwells and driving.

    Each trip has the times of the trip in force with its name; without one, those of the trip in force over the same
    stations with the closest departure from the first station.
    """
    named = {trip.trip_id: trip for trip in in_force.trips}
    return Timetable(tuple(_as_run_today(trip, _counterpart(trip, named, in_force)) for trip in timetable.trips))


def _counterpart(trip: Trip, named: Mapping[str, Trip], in_force: Timetable) -> Trip:
    same = named.get(trip.trip_id)
    if same is not None and same.direction == trip.direction and _covers(same, trip):
        return same
    possible = [one for one in in_force.of(trip.direction) if _covers(one, trip)]
    return min(
        possible,
        key=lambda one: (abs(one.departure_s[one.stations.index(trip.stations[0])] - trip.start_s), one.start_s),
    )


def _covers(today: Trip, trip: Trip) -> bool:
    """Whether a trip in force calls at the first and the last station of a trip of its direction."""
    return trip.stations[0] in today.stations and trip.stations[-1] in today.stations


def _as_run_today(trip: Trip, today: Trip) -> Trip:
    """One trip at its own departure with the times of a trip in force of its direction."""
    first = today.stations.index(trip.stations[0])
    sections = range(first, first + len(trip.driving))
    run = [today.running_time_s(k) for k in sections]
    dwell = [today.dwell_s(k) for k in sections[1:]]
    return retimed(trip, trip.start_s, run, dwell, today.driving[0])
