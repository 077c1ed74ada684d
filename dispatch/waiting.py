"""Expected waiting: what a timetable asks of passengers who come without looking at it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.loads import cumulative_passengers
from dispatch.riders import riders
from dispatch.timetable import DIRECTIONS, Timetable, Trip
from energy_models.arrays import FloatArray
from scenarios.schema import Scenario
from scenarios.travel import Travel


@dataclass(frozen=True)
class Waiting:
    """Mean wait in s over `passengers` (those who come between the first and the last departure at their station)."""

    mean_s: float
    passengers: float

    @property
    def passenger_hours(self) -> float:
        """Waiting of all together."""
        return self.mean_s * self.passengers / 3600.0


def expected_waiting(timetable: Timetable, scenario: Scenario) -> Waiting:
    """Mean expected waiting of a timetable under the scenario's demand.

    Passengers come evenly within each gap h between two departures of trains that go where they want, and wait h/2;
    each gap counts with those who come in it: W = Σ n h/2 / Σ n. Without demand every second at a station counts the
    same, W = Σ h²/2 / Σ h, and `passengers` is 0.
    """
    travel = Travel.of(scenario)
    waited, came, span, squared = 0.0, 0.0, 0.0, 0.0
    for direction in DIRECTIONS:
        order = [station.id for station in scenario.stations_in_order(direction)]
        trips = timetable.of(direction)
        for group in riders(trips, order, direction, travel):
            for station in range(len(order) - 1):
                departures = _departures(group.calls(order, station))
                boardings = group.boardings_per_hour[:, station]
                passengers = np.diff(cumulative_passengers(group.time_bin_s, boardings, departures))
                waited += float(passengers @ np.diff(departures)) / 2
                came += float(passengers.sum())
        for name in order[:-1]:
            gaps = np.diff(sorted(t.departure_s[t.stations.index(name)] for t in trips if name in t.stations[:-1]))
            squared += float(gaps @ gaps) / 2
            span += float(gaps.sum())
    if came > 0.0:
        return Waiting(waited / came, came)
    return Waiting(squared / span if span > 0.0 else 0.0, 0.0)


def _departures(calls: Sequence[tuple[Trip, int]]) -> FloatArray:
    return np.array([trip.departure_s[place] for trip, place in calls], dtype=np.float64)
