"""Journeys of passengers: waiting time and time on board, mean and by origin and destination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.base import DIRECTIONS, Direction

if TYPE_CHECKING:
    from simulation.railway.trip_record import TripRecord


@dataclass(frozen=True, eq=False)
class JourneyTimes:
    """Sums over the passengers of a day, by direction: arrays (origin, destination), stations in order of travel.

    `waited_s` is the time from the arrival at the platform to the departure of the train (it includes passengers
    without a train), `rode_s` the time from this departure to the arrival at the destination; both in passenger-s.
    """

    passengers: Mapping[Direction, FloatArray]
    waited_s: Mapping[Direction, FloatArray]
    rode_s: Mapping[Direction, FloatArray]

    def mean_s(self, direction: Direction) -> FloatArray:
        """Mean time from platform to arrival for each pair of stations, NaN without passengers."""
        mean = np.full(self.passengers[direction].shape, np.nan)
        time_s = self.waited_s[direction] + self.rode_s[direction]
        np.divide(time_s, self.passengers[direction], out=mean, where=self.passengers[direction] > 0.0)
        return mean

    @property
    def mean_ride_s(self) -> float:
        """Mean time on board, 0 without passengers."""
        passengers = sum(float(table.sum()) for table in self.passengers.values())
        return self.total_ride_s / passengers if passengers > 0.0 else 0.0

    @property
    def total_ride_s(self) -> float:
        """Total time on board of all passengers, in passenger-s."""
        return sum(float(table.sum()) for table in self.rode_s.values())


def journey_times(trips: Sequence["TripRecord"], station_order: Mapping[Direction, Sequence[str]]) -> JourneyTimes:
    """Sum of the journeys of all passengers who boarded the trips."""
    passengers, waited_s, rode_s = (
        {d: np.zeros((len(station_order[d]), len(station_order[d]))) for d in DIRECTIONS} for _ in range(3)
    )
    for trip in trips:
        if not trip.boarded_to or not trip.boarded_to[0]:
            continue
        begin = list(station_order[trip.direction]).index(trip.trip.stations[0])
        stops = len(trip.trip.stations)
        rows = slice(begin, begin + stops - 1)
        boarded = np.array(trip.boarded_to)
        riding_s = np.array(trip.arrival_s)[None, :] - np.array(trip.departure_s[:-1])[:, None]
        passengers[trip.direction][rows, begin:] += boarded
        waited_s[trip.direction][rows, begin:] += np.array(trip.waited_to_s)
        rode_s[trip.direction][rows, begin : begin + stops] += boarded[:, :stops] * riding_s
    return JourneyTimes(passengers, waited_s, rode_s)
