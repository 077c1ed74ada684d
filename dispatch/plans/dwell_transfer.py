"""The dwell-to-running-time transfer of a plan (field `standing_to_running_s` of the policy), for reports."""

from dataclasses import dataclass

from dispatch.plans.timetable import Timetable, Trip


@dataclass(frozen=True)
class DwellTransfer:
    """Decrease of the total dwell of trips against the trips in force: largest and mean value in s; `today_s` is the
    mean total dwell of today."""

    most_s: int
    mean_s: float
    today_s: float


def standing_s(trip: Trip) -> int:
    """Total dwell of a trip at its intermediate stations, in s."""
    return sum(trip.dwells_s)


def dwell_transfer(planned: Timetable, in_force: Timetable) -> DwellTransfer | None:
    """The transfer of trips with the same names; None if no trip has a smaller total dwell."""
    today = {trip.trip_id: standing_s(trip) for trip in in_force.trips}
    pairs = [(standing_s(trip), today[trip.trip_id]) for trip in planned.trips if trip.trip_id in today]
    less = [before - after for after, before in pairs]
    if max(less, default=0) <= 0:
        return None
    return DwellTransfer(max(less), sum(less) / len(less), sum(before for _, before in pairs) / len(pairs))
