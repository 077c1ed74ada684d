"""Controllers: they regulate the trains during the day, through one small interface."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from dispatch.plans.timetable import Trip
from scenarios.schema.operation import Operation

ControllerName = Literal["none", "hold", "even", "track"]


@dataclass(frozen=True)
class Neighbour:
    """The train ahead of or behind a train at a station, with its scheduled and its actual or expected departure.

    `departs_s` of the train ahead is its departure; of the train behind it is the departure that its present delay
    gives.
    """

    trip_id: str
    planned_s: float
    departs_s: float


@dataclass(frozen=True)
class ReadyTrain:
    """A train that is ready to leave a platform, with the information of a control centre.

    `stop` is the index of the station in its trip, `station` its index in order of travel. None: there is no train
    ahead or behind.
    """

    trip: Trip
    stop: int
    station: int
    now_s: float
    before: Neighbour | None
    after: Neighbour | None

    @property
    def planned_s(self) -> float:
        """Scheduled departure."""
        return float(self.trip.departure_s[self.stop])


class Controller(Protocol):
    """Decides how long a ready train is held, and its running time."""

    def departs_s(self, train: ReadyTrain) -> float:
        """When the train may leave, in s of the day; a time up to `now_s` means at once."""
        ...

    def running_time_s(self, train: ReadyTrain, wished_s: int, shortest_s: int) -> int:
        """The running time for the train if its own control would use `wished_s`.

        A value below `shortest_s` counts as `shortest_s`.
        """
        ...


@dataclass(frozen=True)
class NoControl:
    """No regulation: trains leave when they are ready."""

    def departs_s(self, train: ReadyTrain) -> float:
        """At once."""
        return train.now_s

    def running_time_s(self, train: ReadyTrain, wished_s: int, shortest_s: int) -> int:  # noqa: ARG002
        """The running time of the train's own control."""
        return wished_s


@dataclass(frozen=True)
class HoldToSchedule(NoControl):
    """No train leaves before its scheduled departure."""

    def departs_s(self, train: ReadyTrain) -> float:
        """The scheduled departure, or at once if it has passed."""
        return max(train.now_s, train.planned_s)


@dataclass(frozen=True)
class EvenHeadways(NoControl):
    """Holds a train so that the gaps to the trains ahead and behind have the proportion of the timetable.

    With the departure P of the train ahead, the expected departure F of the train behind, and planned gaps h and k, a
    train that is ready earlier leaves at `P + (F - P) h / (h + k)`, but is held at most `most_s`.
    """

    most_s: float

    def __post_init__(self) -> None:
        if not self.most_s >= 0.0:
            raise ValueError(f"most_s(={self.most_s}) must be >= 0")

    def departs_s(self, train: ReadyTrain) -> float:
        """The departure with even gaps, at most `most_s` from now; at once for the first and last trains of a day."""
        before, after = train.before, train.after
        if before is None or after is None or after.planned_s <= before.planned_s:
            return train.now_s
        share = (train.planned_s - before.planned_s) / (after.planned_s - before.planned_s)
        even_s = before.departs_s + (after.departs_s - before.departs_s) * share
        return min(max(even_s, train.now_s), train.now_s + self.most_s)


@dataclass(frozen=True)
class TrackSchedule(NoControl):
    """Brings every train back to its schedule, with a margin for dwells that take longer.

    A train leaves at its scheduled time plus the margin at the earliest, and then takes the running time that brings it
    to the next station at the scheduled time plus the margin. The margin lets a train that is a little late run as
    planned; without it, each late second costs a faster run.
    """

    margin_s: float

    def __post_init__(self) -> None:
        if not self.margin_s >= 0.0:
            raise ValueError(f"margin_s(={self.margin_s}) must be >= 0")

    def departs_s(self, train: ReadyTrain) -> float:
        """The scheduled departure plus the margin, or at once if it has passed."""
        return max(train.now_s, train.planned_s + self.margin_s)

    def running_time_s(self, train: ReadyTrain, wished_s: int, shortest_s: int) -> int:  # noqa: ARG002
        """Until the scheduled arrival plus the margin, in whole seconds."""
        return max(shortest_s, math.floor(train.trip.arrival_s[train.stop + 1] + self.margin_s - train.now_s))


def controller_named(name: ControllerName, operation: Operation) -> Controller:
    """The controller with that name on the command line, with the limits of the operation."""
    match name:
        case "none":
            return NoControl()
        case "hold":
            return HoldToSchedule()
        case "even":
            return EvenHeadways(float(operation.longest_hold_s))
        case "track":
            return TrackSchedule(float(operation.schedule_margin_s))
