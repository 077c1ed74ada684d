"""The timetable: trips in whole seconds from midnight of the service day."""

from dataclasses import dataclass, replace
from itertools import pairwise

from scenarios.schema.base import DIRECTIONS, Direction


@dataclass(frozen=True)
class Trip:
    """One trip of a train, terminal to terminal. Tuples run over `stations` in order of travel.

    The first arrival equals the first departure, the last departure equals the last arrival. `driving[k]` is the
    driving from station k to k + 1: a strategy (`speed_cap`, `optimal`, `flat_out`) or an ATO level. `passengers[k]` is
    the planned load over that section. `vehicle` is the vehicle of the duty, empty before the trips have vehicles.
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
        """Time from the departure at station `section` to the arrival at the next station."""
        return self.arrival_s[section + 1] - self.departure_s[section]

    @property
    def running_times_s(self) -> tuple[int, ...]:
        """Running time of each section that the trip runs, in order of travel."""
        return tuple(self.running_time_s(section) for section in range(len(self.driving)))

    def dwell_s(self, station: int) -> int:
        """Time from arrival to departure at an intermediate station."""
        return self.departure_s[station] - self.arrival_s[station]

    @property
    def dwells_s(self) -> tuple[int, ...]:
        """Dwell at each intermediate station, in order of travel."""
        return tuple(self.dwell_s(station) for station in range(1, len(self.driving)))


@dataclass(frozen=True)
class Timetable:
    """All trips of one service day, ordered by direction and departure."""

    trips: tuple[Trip, ...]

    def of(self, direction: Direction) -> tuple[Trip, ...]:
        """The trips of one direction in order of departure."""
        return tuple(trip for trip in self.trips if trip.direction == direction)

    def by_departure(self) -> list[Trip]:
        """All trips in order of departure; ties by direction and name."""
        return sorted(self.trips, key=lambda trip: (trip.start_s, trip.direction, trip.trip_id))

    def duties(self) -> dict[str, tuple[Trip, ...]]:
        """The trips of each vehicle in order of departure, vehicles in order of their first trips.

        Trips without a vehicle are the duty of the empty name.
        """
        found: dict[str, list[Trip]] = {}
        for trip in self.by_departure():
            found.setdefault(trip.vehicle, []).append(trip)
        return {vehicle: tuple(trips) for vehicle, trips in found.items()}

    @property
    def vehicles(self) -> tuple[str, ...]:
        """Names of the vehicles that work at least one trip, sorted."""
        return tuple(sorted({trip.vehicle for trip in self.trips}))

    def line(self, direction: Direction) -> tuple[str, ...]:
        """The stations of the longest trip of a direction: the whole line, unless all trips are short."""
        return max((trip.stations for trip in self.of(direction)), key=len, default=())

    @property
    def turns_on_the_way(self) -> bool:
        """Whether some trips run only over a part of the line."""
        lengths = ({len(trip.stations) for trip in self.of(direction)} for direction in DIRECTIONS)
        return any(len(different) > 1 for different in lengths)

    def first_sections(self) -> tuple[int, ...]:
        """The index of the first section of each trip in order of travel, in the order of the timetable."""
        lines = {direction: self.line(direction) for direction in DIRECTIONS}
        return tuple(lines[trip.direction].index(trip.stations[0]) for trip in self.trips)

    def calls(self, direction: Direction) -> dict[str, list[tuple[Trip, int]]]:
        """For each station but the last, the trips that leave it, by departure, and its index in each trip."""
        trips = self.of(direction)
        place_of = {stations: _places(stations) for stations in {trip.stations for trip in trips}}
        of_trips = [(trip, place_of[trip.stations]) for trip in trips]
        found: dict[str, list[tuple[Trip, int]]] = {}
        for station in self.line(direction)[:-1]:
            calling = [(trip, places[station]) for trip, places in of_trips if station in places]
            found[station] = sorted(calling, key=lambda call: call[0].departure_s[call[1]])
        return found

    def neighbours(self, direction: Direction) -> dict[tuple[Trip, Trip], list[tuple[int, int]]]:
        """Each trip with a trip directly behind it, and the indices in both of the stations where this is so."""
        # A trip is hashed with all its times; by identity, each pair is hashed once and not at each station.
        found: dict[tuple[int, int], tuple[tuple[Trip, Trip], list[tuple[int, int]]]] = {}
        for calling in self.calls(direction).values():
            for (ahead, place), (behind, place_behind) in pairwise(calling):
                pair = found.get((id(ahead), id(behind)))
                if pair is None:
                    pair = found[id(ahead), id(behind)] = ((ahead, behind), [])
                pair[1].append((place, place_behind))
        return dict(found.values())


def _places(stations: tuple[str, ...]) -> dict[str, int]:
    """The index of each station that a trip leaves; of a station that appears twice, the first index."""
    places: dict[str, int] = {}
    for place, station in enumerate(stations[:-1]):
        places.setdefault(station, place)
    return places


def retimed(trip: Trip, departure_s: int, run_s: list[int], dwell_s: list[int], strategy: str) -> Trip:
    """The same trip with other times: departure at the first station, running times and dwells in order."""
    arrivals, departures = [departure_s], [departure_s]
    for k, run in enumerate(run_s):
        arrivals.append(departures[-1] + run)
        departures.append(arrivals[-1] + (dwell_s[k] if k < len(dwell_s) else 0))
    return replace(trip, arrival_s=tuple(arrivals), departure_s=tuple(departures), driving=(strategy,) * len(run_s))
