"""The timetable: trips in whole seconds from the service day's midnight."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
DIRECTIONS: tuple[Direction, Direction] = ("up", "down")


@dataclass(frozen=True)
class Trip:
    """One train, terminal to terminal. Tuples run over `stations` in order of travel.

    The first arrival equals the first departure, the last departure equals the last arrival. `driving[k]` names how
    the train runs from station k to k + 1: a strategy (`speed_cap`, `optimal`, `flat_out`) or an ATO level.
    `passengers[k]` is the planned load over that section. `vehicle` is the duty's vehicle, empty before duties are
    made.
    """

    trip_id: str
    direction: Direction
    stations: tuple[str, ...]
    arrival_s: tuple[int, ...]
    departure_s: tuple[int, ...]
    driving: tuple[str, ...]
    passengers: tuple[float, ...]
    vehicle: str = ""

    @property
    def start_s(self) -> int:
        """Departure from the first station."""
        return self.departure_s[0]

    @property
    def end_s(self) -> int:
        """Arrival at the last station."""
        return self.arrival_s[-1]

    def running_time_s(self, section: int) -> int:
        """Departure at station `section` to arrival at the next."""
        return self.arrival_s[section + 1] - self.departure_s[section]

    def dwell_s(self, station: int) -> int:
        """Arrival to departure at an intermediate station."""
        return self.departure_s[station] - self.arrival_s[station]


@dataclass(frozen=True)
class Timetable:
    """All trips of one service day, ordered by direction and departure."""

    trips: tuple[Trip, ...]

    def of(self, direction: Direction) -> tuple[Trip, ...]:
        """The trips of one direction in order of departure."""
        return tuple(trip for trip in self.trips if trip.direction == direction)
