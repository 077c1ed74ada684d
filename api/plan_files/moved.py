"""A plan with trips at other times: whole trips moved, and single arrivals and departures moved beside that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from api.plan_files.edits import StopMove
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from energy_models.faults import Fault, InputFaults


def moved(plan: Plan, moves: Mapping[str, int], stops: Sequence[StopMove] = ()) -> Plan:
    """The plan with trips moved by whole seconds, later if positive, and then with single stops moved.

    At the first stop, only the departure counts, and at the last stop only the arrival.

    Raises `InputFaults` with every trip and every stop that the plan does not have, or with every trip that would begin
    before 00:00.
    """
    by_id = {trip.trip_id: trip for trip in plan.timetable.trips}
    faults = [Fault("", "", "moves.trip", trip, "a trip of the plan") for trip in moves if trip not in by_id]
    at_stops: dict[str, list[StopMove]] = {}
    for one in stops:
        trip = by_id.get(one.trip)
        if trip is None:
            faults.append(Fault("", "", "stops.trip", one.trip, "a trip of the plan"))
        elif one.stop >= len(trip.stations):
            allowed = f"0 to {len(trip.stations) - 1} for trip {one.trip}"
            faults.append(Fault("", "", "stops.stop", str(one.stop), allowed))
        else:
            at_stops.setdefault(one.trip, []).append(one)
    if faults:
        raise InputFaults(faults)
    trips = tuple(
        _moved(trip, moves.get(trip.trip_id, 0), at_stops.get(trip.trip_id, ())) for trip in plan.timetable.trips
    )
    early = [trip.trip_id for trip in trips if trip.start_s < 0]
    if early:
        raise InputFaults(Fault("", "", "moves.by_s", trip, "a trip that begins after 00:00") for trip in early)
    return replace(plan, timetable=Timetable(trips))


def _moved(trip: Trip, by_s: int, stops: Sequence[StopMove]) -> Trip:
    if not by_s and not stops:
        return trip
    arrival_s = [time + by_s for time in trip.arrival_s]
    departure_s = [time + by_s for time in trip.departure_s]
    last = len(trip.stations) - 1
    for one in stops:
        arrival_s[one.stop] += one.departure_by_s if one.stop == 0 else one.arrival_by_s
        departure_s[one.stop] += one.arrival_by_s if one.stop == last else one.departure_by_s
    return replace(trip, arrival_s=tuple(arrival_s), departure_s=tuple(departure_s))
