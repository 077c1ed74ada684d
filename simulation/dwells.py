"""Dwells: how long a train stands at a platform at least, and when it wishes to leave."""

from dataclasses import dataclass
from typing import Protocol

from dispatch.timetable import Trip
from simulation.rules import OperatingRules


@dataclass(frozen=True)
class PlatformStop:
    """A train that has just come to a stop at a platform on its way.

    `stop` is the index in its trip, `station` the index in order of travel. `alighting` passengers of those
    `on_board` leave here, `waiting` stand on the platform at the arrival; without a demand both are 0.
    """

    trip: Trip
    stop: int
    station: int
    arrived_s: float
    on_board: float
    alighting: float
    waiting: float


class LeastDwell(Protocol):
    """Says what a dwell lasts at least, given who wants to board and alight."""

    def least_s(self, stop: PlatformStop) -> float:
        """Shortest time from arrival to departure that this stop allows, in s, whatever the train's lateness."""
        ...


@dataclass(frozen=True)
class MinimumDwell:
    """The station's minimum dwell, however many board; a timetable that plans less is taken at its word."""

    rules: OperatingRules

    def least_s(self, stop: PlatformStop) -> float:
        """The minimum of the station or the planned dwell, whichever is shorter."""
        return planned_minimum_s(self.rules, stop.trip, stop.stop)


def planned_minimum_s(rules: OperatingRules, trip: Trip, stop: int) -> float:
    """The shortest dwell that the rules let a late train make at a stop; a shorter plan is taken at its word."""
    if not rules.recovery.shortens_dwells:
        return float(trip.dwell_s(stop))
    return min(rules.minimum_dwell_s.get(trip.stations[stop], 0.0), float(trip.dwell_s(stop)))


def wish_to_leave_s(rules: OperatingRules, stop: PlatformStop, least_s: float, deviation_s: float) -> float:
    """When the train would leave a station on its way if there were no train ahead, on the day's clock."""
    if rules.noise.accumulates:
        return stop.arrived_s + max(stop.trip.dwell_s(stop.stop) + deviation_s, least_s)
    return max(stop.trip.departure_s[stop.stop] + deviation_s, stop.arrived_s + least_s + max(0.0, deviation_s))
