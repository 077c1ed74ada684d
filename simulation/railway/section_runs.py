"""Runs from station to station: the running time of a train for its delay and its abilities."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dispatch.plans.timetable import Trip
from energy_models.driving.profile import DrivingProfile
from energy_models.movement.low_voltage import ServedShare
from energy_models.train import Train
from scenarios.schema.base import Direction
from simulation.railway.dwells import planned_minimum_s
from simulation.railway.operating_rules import OperatingRules


@dataclass(frozen=True)
class RunRequest:
    """The next run of a train: section in order of travel, load, driving strategy, departure time of the day."""

    trip_id: str
    direction: Direction
    section: int
    running_time_s: int
    passengers: float
    strategy: str
    departs_s: float


class Running(Protocol):
    """Gives the runs of trains on sections; effects that make a run slower than planned belong here.

    Temporary speed limits and slippery rails change the results; `departs_s` is the time of the run.
    """

    def shortest_s(self, run: RunRequest) -> int:
        """Minimum running time in whole seconds for section, load and driving of the run; its own time is ignored."""
        ...

    def train(self, run: RunRequest) -> Train:
        """The train of the run: slippery rails reduce its acceleration and braking limits."""
        ...

    def profile(self, run: RunRequest, served: ServedShare | None = None) -> DrivingProfile:
        """The profile of the run without a train ahead; `served` is the served share of its traction."""
        ...

    def slowed_s(self, run: RunRequest, served: ServedShare) -> float:
        """Additional running time in s if only this share of the traction is served."""
        ...


def least_running_time_s(rules: OperatingRules, planned_s: int, shortest_s: int) -> int:
    """The shortest running time of a late train: the minimum plus the margin, at most the planned running time."""
    if rules.noise.accumulates or not rules.recovery.runs_faster:
        return max(planned_s, shortest_s)
    return max(shortest_s, min(planned_s, math.ceil(shortest_s * (1.0 + rules.recovery.running_time_margin_share))))


def due_s(rules: OperatingRules, trip: Trip, stop: int, next_start_s: float | None) -> float:
    """The latest arrival at the stop after an index that the next dwell, or the turnback, can absorb."""
    if stop + 2 < len(trip.stations):
        return trip.departure_s[stop + 1] - planned_minimum_s(rules, trip, stop + 1)
    due = float(trip.arrival_s[stop + 1])
    if next_start_s is not None:
        due = max(due, next_start_s - rules.turnback_after_s(trip))
    return due


def running_time_to_drive_s(
    rules: OperatingRules, trip: Trip, stop: int, now_s: float, shortest_s: int, next_start_s: float | None
) -> int:
    """The running time of a train from its stop with an index.

    It is the planned running time; longer if the load does not allow the planned one; shorter, within the rules of
    recovery, if the next dwell or the turnback to `next_start_s` cannot absorb the delay.
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
    """Re-plans a run delayed by the train ahead: the slowest profile that still arrives in time.

    The running time is between the given and the shortest one. `profile_for` gives the profile of a running time,
    `due_s` is the latest arrival without a delay of the departure.
    """

    profile_for: "ProfileFor"
    given_s: int
    least_s: int
    due_s: float

    def profile(self, now_s: float, arrives: Callable[[DrivingProfile], float]) -> DrivingProfile:  # noqa: ARG002
        """The profile from now on."""
        given = self.profile_for(self.given_s)
        if self.least_s >= self.given_s or arrives(given) <= self.due_s:
            return given
        least = self.profile_for(self.least_s)
        arrival_s = arrives(least)
        if not math.isfinite(arrival_s):
            return given  # the train must stop with every profile, and is planned again when it can continue
        if arrival_s > self.due_s:
            return least
        low, high = self.least_s, self.given_s  # in time, and too late
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
        """The profile of the section and load of this run."""
        ...
