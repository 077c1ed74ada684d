"""The timetable: trips in whole seconds from the service day's midnight."""

from dataclasses import dataclass
from itertools import pairwise
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

    def line(self, direction: Direction) -> tuple[str, ...]:
        """The stations of the longest trip of a direction: the whole line, unless every trip turns on the way."""
        return max((trip.stations for trip in self.of(direction)), key=len, default=())

    @property
    def turns_on_the_way(self) -> bool:
        """True when some trips run over a part of the line only."""
        lengths = ({len(trip.stations) for trip in self.of(direction)} for direction in DIRECTIONS)
        return any(len(different) > 1 for different in lengths)

    def first_sections(self) -> tuple[int, ...]:
        """Where each trip begins: the number of its first section in order of travel, in the timetable's order."""
        lines = {direction: self.line(direction) for direction in DIRECTIONS}
        return tuple(lines[trip.direction].index(trip.stations[0]) for trip in self.trips)

    def calls(self, direction: Direction) -> dict[str, list[tuple[Trip, int]]]:
        """At each station but the last the trips that leave it, by departure, with the station's place in the trip."""
        trips = self.of(direction)
        found: dict[str, list[tuple[Trip, int]]] = {}
        for station in self.line(direction)[:-1]:
            calling = [(trip, trip.stations.index(station)) for trip in trips if station in trip.stations[:-1]]
            found[station] = sorted(calling, key=lambda call: call[0].departure_s[call[1]])
        return found

    def neighbours(self, direction: Direction) -> dict[tuple[Trip, Trip], list[tuple[int, int]]]:
        """Each train with the next one behind it, and for every station at which it is that the station's places in
        both."""
        found: dict[tuple[Trip, Trip], list[tuple[int, int]]] = {}
        for calling in self.calls(direction).values():
            for (ahead, place), (behind, place_behind) in pairwise(calling):
                found.setdefault((ahead, behind), []).append((place, place_behind))
        return found
