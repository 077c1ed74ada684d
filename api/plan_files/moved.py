"""A plan with trips at other times: each moved trip leaves and arrives everywhere by the same seconds later."""

from collections.abc import Mapping
from dataclasses import replace

from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable
from energy_models.faults import Fault, InputFaults


def moved(plan: Plan, moves: Mapping[str, int]) -> Plan:
    """The plan with trips moved by whole seconds, later if positive.

    Raises `InputFaults` with every trip that the plan does not have, or with every trip that would begin before 00:00.
    """
    known = {trip.trip_id for trip in plan.timetable.trips}
    strangers = [trip for trip in moves if trip not in known]
    if strangers:
        raise InputFaults(Fault("", "", "moves.trip", trip, "a trip of the plan") for trip in strangers)
    trips = tuple(
        replace(
            trip,
            arrival_s=tuple(time + by_s for time in trip.arrival_s),
            departure_s=tuple(time + by_s for time in trip.departure_s),
        )
        if (by_s := moves.get(trip.trip_id, 0))
        else trip
        for trip in plan.timetable.trips
    )
    early = [trip.trip_id for trip in trips if trip.start_s < 0]
    if early:
        raise InputFaults(Fault("", "", "moves.by_s", trip, "a trip that begins after 00:00") for trip in early)
    return replace(plan, timetable=Timetable(trips))
