"""Longer trips: an explicit trade of equal service, running time from end to end against the stand at the terminal."""

from dataclasses import dataclass

from dispatch.plan import Mode, Plan
from dispatch.timetable import Timetable
from energy_models.faults import Fault, InputFaults

OPTION = "longer_trips_s"
"""Under this name a plan keeps among its options by how much its trips may be longer than today's."""
MOST_S = 120
"""More than two minutes would be another service."""


@dataclass(frozen=True)
class LongerTrips:
    """By how many seconds a plan's trips are longer from end to end than those in force: at most, and on average."""

    allowed_s: int
    most_s: int
    mean_s: float


def require_sensible(longer_s: int, mode: Mode, start: Plan | None = None, asked_as: str = OPTION) -> None:
    """Raise `InputFaults` where longer trips cannot be asked for; `asked_as` is the name by which they were.

    Out of range, with headways that follow the demand, or less than a plan to start from has.
    """
    faults = []
    if not 0 <= longer_s <= MOST_S:
        faults.append(Fault("", "", asked_as, str(longer_s), f"0 to {MOST_S} s"))
    elif longer_s and mode != "equal-service":
        only = "only with the mode equal-service: demand-led headways count vehicles with today's one-way times"
        faults.append(Fault("", "", asked_as, str(longer_s), only))
    had_s = allowed_in(start) if start is not None else 0
    if had_s > longer_s and mode == "equal-service":
        least = f"{had_s} or more: the trips of the plan to start from may be that much longer than today's"
        faults.append(Fault("", "", asked_as, str(longer_s), least))
    if faults:
        raise InputFaults(faults)


def allowed_in(plan: Plan) -> int:
    """By how many seconds the plan's trips may be longer than today's; 0 unless its options say otherwise."""
    allowed = plan.options.get(OPTION, 0)
    return allowed if isinstance(allowed, int) and 0 <= allowed <= MOST_S else 0


def longer_trips(plan: Plan, in_force: Timetable) -> LongerTrips | None:
    """What became of the trips of a plan that may be longer than those in force of the same name; else None."""
    allowed_s = allowed_in(plan)
    today = {trip.trip_id: trip.end_s - trip.start_s for trip in in_force.trips}
    changes = [t.end_s - t.start_s - today[t.trip_id] for t in plan.timetable.trips if t.trip_id in today]
    if not allowed_s or not changes:
        return None
    return LongerTrips(allowed_s, max(changes), sum(changes) / len(changes))
