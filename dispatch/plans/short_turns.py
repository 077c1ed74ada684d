"""Short turns: trips between two turning stations that are not both ends of the line, between long trips.

The service of a period is a cycle of trains with even headways on the shared part: a long trip, then the short trips of
the mix. All trips run as if they had left the end of the line one headway apart, so that the long trips also have an
even headway beyond the shared part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from energy_models.arrays import BoolArray, FloatArray, IntArray
from scenarios.schema import Scenario
from scenarios.schema.base import Direction

SHORTS_AFTER_A_LONG = (1, 2)
"""Numbers of short trips between two long trips: every second train, or two of three trains."""
MOST_IDLE = 3
"""Largest number of short trips at one end of a period that run the whole line, for lack of trains at a turn."""


@dataclass(frozen=True)
class Part:
    """The part of the line between two stations, counted by rising chainage."""

    first: int
    last: int

    def in_order(self, direction: Direction, stations: int) -> tuple[int, int]:
        """First and last station in order of travel, on a line of so many stations."""
        return (self.first, self.last) if direction == "up" else (stations - 1 - self.last, stations - 1 - self.first)


@dataclass(frozen=True)
class ShortTrip:
    """A trip between two stations of the line, with its departure from the first station."""

    direction: Direction
    first: str
    last: str
    departure_s: int


@dataclass(frozen=True)
class Mix:
    """Short trips on a part of the line after each long trip; the first or last `idle` of a period run the whole line.

    For short trips that begin at an inner station, the first ones run the whole line, because no train is at the
    station yet. Otherwise the last ones do, because their trains would remain at the end of the short trips.
    """

    part: Part
    shorts: int
    idle: int

    @property
    def cycle(self) -> int:
        """Number of trains from one long trip to the next."""
        return 1 + self.shorts

    def is_short(self, gaps: int, begins_inside: bool) -> BoolArray:
        """Whether each train of a period is a short trip; the first train of the period has number 0."""
        turning = np.arange(gaps) % self.cycle > 0
        numbers = np.flatnonzero(turning)
        through = numbers[: self.idle] if begins_inside else numbers[len(numbers) - self.idle :]
        turning[through] = False
        return turning


def parts_of(scenario: Scenario) -> tuple[Part, ...]:
    """The parts of the line between two turning stations, without the whole line."""
    ends = (0, len(scenario.stations) - 1)
    turning = [number for number, station in enumerate(scenario.stations) if station.id in scenario.terminals]
    return tuple(Part(*pair) for pair in combinations(turning, 2) if pair != ends)


def part_km(scenario: Scenario, part: Part) -> float:
    """Length of a part in km."""
    return (scenario.stations[part.last].chainage_m - scenario.stations[part.first].chainage_m) / 1000.0


def loads_of_slots(local: FloatArray, through: FloatArray, longs: IntArray) -> FloatArray:
    """Loads by (train, section) from passengers of two groups.

    `local` are passengers since the train ahead; on long trips, `through` passengers since the long trip ahead are
    added. Rows of `local` belong to trains 1, 2, …; `longs` are the numbers of the long trips from 0 on.
    """
    loads = local.copy()
    loads[longs[1:] - 1] += through
    return loads


def short_trips(
    direction: Direction, part: Part, stations: Sequence[str], departures_s: Sequence[int]
) -> tuple[ShortTrip, ...]:
    """The short trips of a direction in a timetable; `stations` in order of chainage."""
    first, last = part.in_order(direction, len(stations))
    order = list(stations if direction == "up" else stations[::-1])
    return tuple(ShortTrip(direction, order[first], order[last], time) for time in departures_s)
