"""Short turns: trips between two turning stations that are not both ends of the line, laid between long ones.

A period's service is a cycle of trains at even headways on the shared part: after each long trip come as many short
ones as the mix says. All run as if they had left the end of the line a headway apart, so that beyond the shared part
the long trips keep an even headway, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from dispatch.timetable import Direction
from energy_models.arrays import BoolArray, FloatArray, IntArray
from scenarios.schema import Scenario

SHORTS_AFTER_A_LONG = (1, 2)
"""Short trips between two long ones: every second train, or two of three."""
MOST_IDLE = 3
"""At most so many short trips at one end of a period run through, as no train is there yet, or none could go on."""


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
    """A trip between two stations of the line, with its departure from the first one."""

    direction: Direction
    first: str
    last: str
    departure_s: int


@dataclass(frozen=True)
class Mix:
    """Short trips on a part of the line: so many after each long one; the first or last `idle` of a period run through.

    Short trips that begin at an inner station wait for a train to come there: the first ones run through. Else the last
    ones do, whose trains would otherwise be left where the short trips end.
    """

    part: Part
    shorts: int
    idle: int

    @property
    def cycle(self) -> int:
        """Trains from one long trip to the next."""
        return 1 + self.shorts

    def is_short(self, gaps: int, begins_inside: bool) -> BoolArray:
        """Which of a period's trains turn on the way, the first one of the period counted as 0."""
        turning = np.arange(gaps) % self.cycle > 0
        numbers = np.flatnonzero(turning)
        through = numbers[: self.idle] if begins_inside else numbers[len(numbers) - self.idle :]
        turning[through] = False
        return turning


def parts_of(scenario: Scenario) -> tuple[Part, ...]:
    """The parts between two turning stations, but for the whole line."""
    ends = (0, len(scenario.stations) - 1)
    turning = [number for number, station in enumerate(scenario.stations) if station.id in scenario.terminals]
    return tuple(Part(*pair) for pair in combinations(turning, 2) if pair != ends)


def part_km(scenario: Scenario, part: Part) -> float:
    """Length of a part in km."""
    return (scenario.stations[part.last].chainage_m - scenario.stations[part.first].chainage_m) / 1000.0


def loads_of_slots(local: FloatArray, through: FloatArray, longs: IntArray) -> FloatArray:
    """Loads by (train, section): `local` passengers since the train ahead and, on long trips, `through` ones since the
    long trip ahead. Rows of `local` end with trains 1, 2, …; `longs` are the numbers of the long ones from 0 on."""
    loads = local.copy()
    loads[longs[1:] - 1] += through
    return loads


def short_trips(
    direction: Direction, part: Part, stations: Sequence[str], departures_s: Sequence[int]
) -> tuple[ShortTrip, ...]:
    """The short trips of a direction as they stand in a timetable; `stations` by rising chainage."""
    first, last = part.in_order(direction, len(stations))
    order = list(stations if direction == "up" else stations[::-1])
    return tuple(ShortTrip(direction, order[first], order[last], time) for time in departures_s)
