"""Expected waiting of passengers who arrive independently of the timetable."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.plans.loads import cumulative_passengers
from dispatch.plans.passenger_groups import riders
from dispatch.plans.timetable import Timetable, Trip
from energy_models.arrays import FloatArray
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.travel import Travel


@dataclass(frozen=True)
class Waiting:
    """Mean wait in s of `passengers` (those who arrive between the first and the last departure at their station)."""

    mean_s: float
    passengers: float

    @property
    def passenger_hours(self) -> float:
        """Total waiting of all passengers."""
        return self.mean_s * self.passengers / 3600.0


def expected_waiting(timetable: Timetable, scenario: Scenario, travel: Travel | None = None) -> Waiting:
    """Mean expected waiting of a timetable under the scenario's demand.

    Passengers arrive evenly within each gap h between two departures of trains to their destination, and wait h/2 on
    average; the weight of a gap is its number n of passengers: W = Σ n h/2 / Σ n. Without demand, every second at a
    station has the same weight, W = Σ h²/2 / Σ h, and `passengers` is 0. `travel` is the demand of the scenario, if it
    is computed already.
    """
    travel = travel or Travel.of(scenario)
    waited, came = 0.0, 0.0
    for direction in DIRECTIONS:
        order = [station.id for station in scenario.stations_in_order(direction)]
        for group in riders(timetable.of(direction), order, direction, travel):
            for station in range(len(order) - 1):
                departures = _departures(group.calls(order, station))
                boardings = group.boardings_per_hour[:, station]
                passengers = np.diff(cumulative_passengers(group.time_bin_s, boardings, departures))
                waited += float(passengers @ np.diff(departures)) / 2
                came += float(passengers.sum())
    return Waiting(waited / came, came) if came > 0.0 else _waiting_without_demand(timetable, scenario)


def _waiting_without_demand(timetable: Timetable, scenario: Scenario) -> Waiting:
    squared, span = 0.0, 0.0
    for direction in DIRECTIONS:
        trips = timetable.of(direction)
        for station in scenario.stations_in_order(direction)[:-1]:
            name = station.id
            gaps = np.diff(sorted(t.departure_s[t.stations.index(name)] for t in trips if name in t.stations[:-1]))
            squared += float(gaps @ gaps) / 2
            span += float(gaps.sum())
    return Waiting(squared / span if span > 0.0 else 0.0, 0.0)


def _departures(calls: Sequence[tuple[Trip, int]]) -> FloatArray:
    return np.array([trip.departure_s[place] for trip, place in calls], dtype=np.float64)
