"""Longer trips: an option of equal service that moves time from the stand at the terminal to the running time."""

from dataclasses import dataclass

from dispatch.plans.plan import Plan
from dispatch.plans.plan_options import LONGER_TRIPS_MOST_S
from dispatch.plans.timetable import Timetable


@dataclass(frozen=True)
class LongerTrips:
    """Additional one-way time of a plan's trips against the trips in force: largest and mean value in s."""

    allowed_s: int
    most_s: int
    mean_s: float


def allowed_in(plan: Plan) -> int:
    """Time in s by which the plan's trips may be longer than today's trips; 0 if its option is out of range."""
    allowed_s = plan.options.longer_trips_s
    return allowed_s if 0 <= allowed_s <= LONGER_TRIPS_MOST_S else 0


def longer_trips(plan: Plan, in_force: Timetable) -> LongerTrips | None:
    """The longer trips of a plan with the option, by the trips in force of the same name; otherwise None."""
    allowed_s = allowed_in(plan)
    today = {trip.trip_id: trip.end_s - trip.start_s for trip in in_force.trips}
    changes = [t.end_s - t.start_s - today[t.trip_id] for t in plan.timetable.trips if t.trip_id in today]
    if not allowed_s or not changes:
        return None
    return LongerTrips(allowed_s, max(changes), sum(changes) / len(changes))
