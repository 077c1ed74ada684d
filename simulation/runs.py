"""Runs from station to station: for how long a train is driven, given how late it is and what it can do."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dispatch.timetable import Direction, Trip
from energy_models.driving.profile import DrivingProfile
from energy_models.starved import ServedShare
from energy_models.train import Train
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

    def train(self, run: RunAsked) -> Train:
        """The train as it runs then: slippery rails lower what it may accelerate and brake."""
        ...

    def profile(self, run: RunAsked, served: ServedShare | None = None) -> DrivingProfile:
        """How the run is driven when nothing is in its way; `served` is the share of its traction that is served."""
        ...

    def slowed_s(self, run: RunAsked, served: ServedShare) -> float:
        """By how many seconds the run takes longer when only that share of its traction is served."""
        ...


def least_running_time_s(rules: OperatingRules, planned_s: int, shortest_s: int) -> int:
    """What a late train may be driven for at least: its shortest time and the margin, never more than is planned."""
    if rules.noise.accumulates or not rules.recovery.runs_faster:
        return max(planned_s, shortest_s)
    return max(shortest_s, min(planned_s, math.ceil(shortest_s * (1.0 + rules.recovery.running_time_margin_share))))


def due_s(rules: OperatingRules, trip: Trip, stop: int, next_start_s: float | None) -> float:
    """The latest arrival at the stop after that index that the next dwell, or the turnback, still absorbs."""
    if stop + 2 < len(trip.stations):
        return trip.departure_s[stop + 1] - planned_minimum_s(rules, trip, stop + 1)
    due = float(trip.arrival_s[stop + 1])
    if next_start_s is not None:
        due = max(due, next_start_s - rules.minimum_turnback_s.get(trip.stations[-1], 0.0))
    return due


def told_running_time_s(
    rules: OperatingRules, trip: Trip, stop: int, now_s: float, shortest_s: int, next_start_s: float | None
) -> int:
    """The running time that a train is driven for from its stop of that index.

    It is the planned one; longer where the load does not allow it; shorter, as far as the rules of recovery go, where
    a train that holds its timetable is too late for the next dwell, or for the turnback to `next_start_s`, to absorb.
    """
    planned_s = trip.running_time_s(stop)
    least_s = least_running_time_s(rules, planned_s, shortest_s)
    if planned_s <= least_s:
        return least_s
    latest_s = due_s(rules, trip, stop, next_start_s)
    if now_s + planned_s <= latest_s + rules.recovery.tolerated_lateness_s:
        return planned_s
    return min(planned_s, max(least_s, math.floor(latest_s - now_s)))


@dataclass(frozen=True, eq=False)
class FasterWhenLate:
    """Re-plans a run that was hindered: the slowest profile that is still in time, between the told and the least time.

    `profile_for` gives the profile of a running time, `due_s` is the latest arrival that does no harm.
    """

    profile_for: "ProfileFor"
    told_s: int
    least_s: int
    due_s: float

    def profile(self, now_s: float, arrives: Callable[[DrivingProfile], float]) -> DrivingProfile:  # noqa: ARG002
        """The profile to follow from now on."""
        told = self.profile_for(self.told_s)
        if self.least_s >= self.told_s or arrives(told) <= self.due_s:
            return told
        least = self.profile_for(self.least_s)
        arrival_s = arrives(least)
        if not math.isfinite(arrival_s):
            return told  # it has to stop anyway, and is re-planned when it can go on
        if arrival_s > self.due_s:
            return least
        low, high = self.least_s, self.told_s  # in time, and too late
        while high - low > 1:
            middle = (low + high) // 2
            if arrives(self.profile_for(middle)) <= self.due_s:
                low = middle
            else:
                high = middle
        return self.profile_for(low)


class ProfileFor(Protocol):
    """Gives the driving profile of a whole-second running time."""

    def __call__(self, running_time_s: int) -> DrivingProfile:
        """The profile of the section and load at hand."""
        ...
