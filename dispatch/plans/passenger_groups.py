"""Groups of passengers of one direction by the trips that serve their origin and destination.

If all trains run the whole line, there is one group. With short trips, passengers with a destination beyond wait for a
train to their destination, as in the simulation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dispatch.plans.timetable import Trip
from energy_models.arrays import BoolArray, FloatArray
from scenarios.schema.base import Direction
from scenarios.values.travel import Travel

Extent = tuple[int, int]
"""First and last station of a trip, counted in order of travel."""


@dataclass(frozen=True, eq=False)
class Riders:
    """One group: the trips that all of its passengers can take, and its flows.

    Rates in passengers an hour by (bin, section) and (bin, station), in order of travel; edges of the bins in s.
    """

    trips: tuple[Trip, ...]
    time_bin_s: FloatArray
    passengers_per_hour: FloatArray
    boardings_per_hour: FloatArray

    @cached_property
    def routes(self) -> frozenset[tuple[str, ...]]:
        """The stations of the trips, each sequence once."""
        return frozenset(trip.stations for trip in self.trips)

    def calls(self, order: Sequence[str], station: int) -> tuple[tuple[Trip, int], ...]:
        """The trips that leave a station towards the next one, by departure, each with the index of the station."""
        name = order[station]
        places = {stations: stations.index(name) for stations in self.routes if name in stations[:-1]}
        calling = [(trip, places[trip.stations]) for trip in self.trips if trip.stations in places]
        return tuple(sorted(calling, key=lambda call: call[0].departure_s[call[1]]))


def riders(trips: Sequence[Trip], order: Sequence[str], direction: Direction, travel: Travel) -> Iterator[Riders]:
    """The groups of passengers of one direction; `order` are the stations of the line in order of travel."""
    extent = {trip.trip_id: (order.index(trip.stations[0]), order.index(trip.stations[-1])) for trip in trips}
    whole = (0, len(order) - 1)
    if set(extent.values()) <= {whole}:
        loads = travel.loads
        yield Riders(
            tuple(trips),
            loads.time_bin_s,
            loads.passengers_per_hour[direction],
            loads.boardings_per_hour[direction],
        )
        return
    for extents, served in groups_of_pairs(sorted(set(extent.values())), len(order)):
        part = travel.part(direction, served)
        able = tuple(trip for trip in trips if extent[trip.trip_id] in extents)
        yield Riders(able, part.time_bin_s, part.passengers_per_hour, part.boardings_per_hour)


def groups_of_pairs(extents: Sequence[Extent], stations: int) -> Iterator[tuple[frozenset[Extent], BoolArray]]:
    """The pairs of stations (origin, destination) that the same trips serve; without pairs that no trip serves."""
    masks: dict[frozenset[Extent], BoolArray] = {}
    for origin in range(stations - 1):
        for destination in range(origin + 1, stations):
            able = frozenset(one for one in extents if one[0] <= origin and destination <= one[1])
            if able:
                masks.setdefault(able, np.zeros((stations, stations), dtype=np.bool_))[origin, destination] = True
    yield from masks.items()
