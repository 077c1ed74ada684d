"""Runs from station to station: for how long a train is driven, given how late it is and what it can do."""

import math
from dataclasses import dataclass
from typing import Protocol

from dispatch.timetable import Direction, Trip
from energy_models.starved import ServedShare
from simulation.dwells import planned_minimum_s
from simulation.rules import OperatingRules


@dataclass(frozen=True)
class RunAsked:
    """A run that a train is about to make: section in order of travel, load, way of driving, departure on the day."""

    trip_id: str
    direction: Direction
    section: int
    running_time_s: int
    passengers: float
    strategy: str
    departs_s: float


class Running(Protocol):
    """Answers how trains run sections: the place for whatever makes a run slower than planned.

    A temporary speed limit, or rails that are slippery, change these answers; `departs_s` says when.
    """

    def shortest_s(self, run: RunAsked) -> int:
        """Least whole-second running time of that run's section, load and way of driving; its own time is ignored."""
        ...

    def slowed_s(self, run: RunAsked, served: ServedShare) -> float:
        """By how many seconds the run takes longer when only that share of its traction is served."""
        ...


def told_running_time_s(
    rules: OperatingRules, trip: Trip, stop: int, now_s: float, shortest_s: int, next_start_s: float | None
) -> int:
    """The running time that a train is driven for from its stop of that index.

    It is the planned one; longer where the load does not allow it; shorter, down to `shortest_s`, where a train that
    holds its timetable is too late for the next dwell, or for the turnback to `next_start_s`, to absorb it.
    """
    planned_s = trip.running_time_s(stop)
    if rules.noise.accumulates or planned_s <= shortest_s:
        return max(planned_s, shortest_s)
    due_s = float(trip.arrival_s[stop + 1])
    if stop + 2 < len(trip.stations):
        due_s = trip.departure_s[stop + 1] - planned_minimum_s(rules, trip, stop + 1)
    elif next_start_s is not None:
        due_s = max(due_s, next_start_s - rules.minimum_turnback_s.get(trip.stations[-1], 0.0))
    if now_s + planned_s <= due_s + rules.tolerated_lateness_s:
        return planned_s
    return min(planned_s, max(shortest_s, math.floor(due_s - now_s)))
