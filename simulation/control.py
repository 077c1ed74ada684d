"""Controllers: whoever regulates the traffic while the day goes on, plugged in by one small interface."""

from dataclasses import dataclass
from typing import Literal, Protocol

from dispatch.timetable import Trip

ControllerName = Literal["none", "hold", "even"]


@dataclass(frozen=True)
class Neighbour:
    """The train before or after another one at a station: when the timetable lets it leave there, and when it does.

    `departs_s` of the train before is its departure; of the train after what its lateness so far makes likely.
    """

    trip_id: str
    planned_s: float
    departs_s: float


@dataclass(frozen=True)
class ReadyTrain:
    """A train that is ready to leave a platform, and what a control centre knows about it.

    `stop` is the index of the station in its trip, `station` that in order of travel. No train before or after: None.
    """

    trip: Trip
    stop: int
    station: int
    now_s: float
    before: Neighbour | None
    after: Neighbour | None

    @property
    def planned_s(self) -> float:
        """When the timetable lets it leave."""
        return float(self.trip.departure_s[self.stop])


class Controller(Protocol):
    """Decides how long a train that is ready is held, and which running time it is told."""

    def departs_s(self, train: ReadyTrain) -> float:
        """When the train may leave, on the day's clock; nothing later than `now_s` means at once."""
        ...

    def running_time_s(self, train: ReadyTrain, wished_s: int, shortest_s: int) -> int:
        """Running time that the train is told where its own control would take `wished_s`.

        Less than `shortest_s` cannot be driven, and is taken as that.
        """
        ...


@dataclass(frozen=True)
class NoControl:
    """Nobody regulates: trains leave when they are ready."""

    def departs_s(self, train: ReadyTrain) -> float:
        """At once."""
        return train.now_s

    def running_time_s(self, train: ReadyTrain, wished_s: int, shortest_s: int) -> int:  # noqa: ARG002
        """What the train itself would take."""
        return wished_s


@dataclass(frozen=True)
class HoldToSchedule(NoControl):
    """No train leaves before its time."""

    def departs_s(self, train: ReadyTrain) -> float:
        """At the scheduled second, or at once when that has passed."""
        return max(train.now_s, train.planned_s)


@dataclass(frozen=True)
class EvenHeadways(NoControl):
    """Holds a train so that the gaps before and behind it have the proportion that the timetable gives them.

    With departures P of the train before, F of the train after as they look now, and planned gaps h and k, a train
    leaves at `P + (F - P) h / (h + k)` if it is ready earlier, but is held at most `most_s` (assumed).
    """

    most_s: float = 45.0

    def __post_init__(self) -> None:
        if not self.most_s >= 0.0:
            raise ValueError(f"most_s(={self.most_s}) must be >= 0")

    def departs_s(self, train: ReadyTrain) -> float:
        """The even moment, at most `most_s` from now; at once at the ends of a day, where a gap has one side only."""
        before, after = train.before, train.after
        if before is None or after is None or after.planned_s <= before.planned_s:
            return train.now_s
        share = (train.planned_s - before.planned_s) / (after.planned_s - before.planned_s)
        even_s = before.departs_s + (after.departs_s - before.departs_s) * share
        return min(max(even_s, train.now_s), train.now_s + self.most_s)


CONTROLLERS: dict[ControllerName, Controller] = {
    "none": NoControl(),
    "hold": HoldToSchedule(),
    "even": EvenHeadways(),
}
"""Controllers by the name that the command line knows."""
