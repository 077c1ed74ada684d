"""Crowding: the loads of trains by section and quarter of an hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.base import DIRECTIONS, Direction

if TYPE_CHECKING:
    from simulation.railway.trip_record import TripRecord

INTERVAL_S = 900.0


@dataclass(frozen=True, eq=False)
class Crowding:
    """Loads of a day by direction, interval and section; arrays of shape (intervals, sections in order of travel).

    A train counts in the interval of its departure towards the section. `edge_s` are the edges of the intervals;
    `mean_load` and `fullest_load` are passengers on board, NaN without a train; `denied` passengers found no room at
    the start of the section.
    """

    edge_s: FloatArray
    trains: Mapping[Direction, FloatArray]
    passengers: Mapping[Direction, FloatArray]
    fullest_load: Mapping[Direction, FloatArray]
    denied: Mapping[Direction, FloatArray]

    @property
    def mean_load(self) -> Mapping[Direction, FloatArray]:
        """Mean passengers on board over the trains of the interval."""
        mean: dict[Direction, FloatArray] = {}
        for direction, trains in self.trains.items():
            mean[direction] = np.full(trains.shape, np.nan)
            np.divide(self.passengers[direction], trains, out=mean[direction], where=trains > 0.0)
        return mean


def crowding(
    trips: Sequence["TripRecord"], station_order: Mapping[Direction, Sequence[str]], interval_s: float = INTERVAL_S
) -> Crowding:
    """Tabulate the loads of trip records."""
    departures = [time_s for trip in trips for time_s in trip.departure_s[:-1]]
    first = int(min(departures, default=0.0) // interval_s)
    count = int(max(departures, default=0.0) // interval_s) - first + 1
    trains, passengers, fullest, denied = (
        {d: np.zeros((count, len(station_order[d]) - 1)) for d in DIRECTIONS} for _ in range(4)
    )
    for trip in trips:
        begin = list(station_order[trip.direction]).index(trip.trip.stations[0])
        for i, load in enumerate(trip.passengers):
            cell = (int(trip.departure_s[i] // interval_s) - first, begin + i)
            trains[trip.direction][cell] += 1.0
            passengers[trip.direction][cell] += load
            fullest[trip.direction][cell] = max(fullest[trip.direction][cell], load)
            denied[trip.direction][cell] += trip.denied[i]
    for direction in DIRECTIONS:
        fullest[direction][trains[direction] == 0.0] = np.nan
    edge_s = interval_s * (first + np.arange(count + 1.0))
    return Crowding(edge_s, trains, passengers, fullest, denied)
