"""Trips run as today: what another set of trips is held against, before any of them is timed or driven better."""

from dispatch.timetable import DIRECTIONS, Timetable, Trip
from dispatch.timing.day import retimed


def run_as_today(timetable: Timetable, in_force: Timetable) -> Timetable:
    """The timetable's departures, vehicles and loads with today's running times, dwells and driving.

    Each trip is run as the first one of its direction in force.
    """
    typical = {direction: trips[0] for direction in DIRECTIONS if (trips := in_force.of(direction))}
    return Timetable(tuple(as_run_today(trip, typical[trip.direction]) for trip in timetable.trips))


def as_run_today(trip: Trip, today: Trip) -> Trip:
    """One trip at its own departure, run as a trip in force of its direction."""
    first = today.stations.index(trip.stations[0])
    sections = range(first, first + len(trip.driving))
    run = [today.running_time_s(k) for k in sections]
    dwell = [today.dwell_s(k) for k in sections[1:]]
    return retimed(trip, trip.start_s, run, dwell, today.driving[0])
