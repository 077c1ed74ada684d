"""Standing that became running: what the policy's `standing_to_running_s` gave the plan, for people to see."""

from dataclasses import dataclass

from dispatch.timetable import Timetable, Trip


@dataclass(frozen=True)
class ShorterStanding:
    """By how many seconds trips stand less at their stations together than those in force: at most, and on average;
    `today_s` is the mean of what they stand today."""

    most_s: int
    mean_s: float
    today_s: float


def standing_s(trip: Trip) -> int:
    """Seconds that a trip stands at its stations between the terminals."""
    return sum(trip.dwell_s(index) for index in range(1, len(trip.stations) - 1))


def shorter_standing(planned: Timetable, in_force: Timetable) -> ShorterStanding | None:
    """What became of the standing of trips that keep their names; None where no trip stands less."""
    today = {trip.trip_id: standing_s(trip) for trip in in_force.trips}
    pairs = [(standing_s(trip), today[trip.trip_id]) for trip in planned.trips if trip.trip_id in today]
    less = [before - after for after, before in pairs]
    if max(less, default=0) <= 0:
        return None
    return ShorterStanding(max(less), sum(less) / len(less), sum(before for _, before in pairs) / len(pairs))
