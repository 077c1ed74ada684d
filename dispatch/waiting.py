"""Expected waiting: what a timetable asks of passengers who come without looking at it."""

from dataclasses import dataclass

import numpy as np

from dispatch.loads import cumulative_passengers
from dispatch.timetable import DIRECTIONS, Timetable
from scenarios.demand import section_loads
from scenarios.schema import Scenario


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

    Passengers come evenly within each gap h between two departures and wait h/2; each gap counts with those who come
    in it: W = Σ n h/2 / Σ n. Without demand every second counts the same, W = Σ h²/2 / Σ h, and `passengers` is 0.
    """
    loads = section_loads(scenario)
    waited, came, span, squared = 0.0, 0.0, 0.0, 0.0
    for direction in DIRECTIONS:
        order = [station.id for station in scenario.stations_in_order(direction)]
        boardings = loads.boardings_per_hour[direction]
        for number, station in enumerate(order[:-1]):
            departures = np.array(
                sorted(
                    trip.departure_s[trip.stations.index(station)]
                    for trip in timetable.of(direction)
                    if station in trip.stations[:-1]
                ),
                dtype=np.float64,
            )
            gaps = np.diff(departures)
            passengers = np.diff(cumulative_passengers(loads.time_bin_s, boardings[:, number], departures))
            waited += float(passengers @ gaps) / 2
            came += float(passengers.sum())
            squared += float(gaps @ gaps) / 2
            span += float(gaps.sum())
    if came > 0.0:
        return Waiting(waited / came, came)
    return Waiting(squared / span if span > 0.0 else 0.0, 0.0)
