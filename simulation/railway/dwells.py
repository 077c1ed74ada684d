"""Dwells: the minimum dwell of a train at a platform, and its earliest departure."""

from dataclasses import dataclass
from typing import Protocol

from dispatch.plans.timetable import Trip
from simulation.railway.operating_rules import OperatingRules


@dataclass(frozen=True)
class PlatformStop:
    """A train that has just stopped at an intermediate platform.

    `stop` is the index in its trip, `station` the index in order of travel. `alighting` of the `on_board` passengers
    alight, `waiting` passengers are on the platform at the arrival; without a demand both are 0.
    """

    trip: Trip
    stop: int
    station: int
    arrived_s: float
    on_board: float
    alighting: float
    waiting: float


class LeastDwell(Protocol):
    """Gives the minimum dwell for the boarding and alighting passengers."""

    def least_s(self, stop: PlatformStop) -> float:
        """Minimum time from arrival to departure of this stop, in s, for every delay of the train."""
        ...


@dataclass(frozen=True)
class MinimumDwell:
    """The minimum dwell of the station, independent of passengers; a shorter planned dwell is used as planned."""

    rules: OperatingRules

    def least_s(self, stop: PlatformStop) -> float:
        """The minimum of the station or the planned dwell, whichever is shorter."""
        return planned_minimum_s(self.rules, stop.trip, stop.stop)


def planned_minimum_s(rules: OperatingRules, trip: Trip, stop: int) -> float:
    """The shortest dwell of a late train by the rules; a shorter planned dwell is used as planned."""
    if not rules.recovery.shortens_dwells:
        return float(trip.dwell_s(stop))
    return min(rules.minimum_dwell_s.get(trip.stations[stop], 0.0), float(trip.dwell_s(stop)))


def wish_to_leave_s(rules: OperatingRules, stop: PlatformStop, least_s: float, deviation_s: float) -> float:
    """Departure from an intermediate station without a train ahead, in s of the day."""
    if rules.noise.accumulates:
        return stop.arrived_s + max(stop.trip.dwell_s(stop.stop) + deviation_s, least_s)
    return max(stop.trip.departure_s[stop.stop] + deviation_s, stop.arrived_s + least_s + max(0.0, deviation_s))
