"""The state of a line as a control centre has it: the last event of every train."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from dispatch.plans.timetable import Trip
from dispatch.regulation.interface.advice import Advice

TrainEvent = Literal["ready", "arrived", "departed"]
"""`ready`: the train stands at the first station of its trip, and the trip can begin."""

NO_TRAINS: "Mapping[str, TrainState]" = MappingProxyType({})
NO_ADVICE: Mapping[str, Advice] = MappingProxyType({})


@dataclass(frozen=True)
class TrainState:
    """The last known event of a train.

    `stop` is the index of the station in the trip, `at_s` the time of the event in s of the day, `lateness_s` the
    deviation from the timetable at the event, `passengers` the load after the event. `running_time_s` is the commanded
    running time of the section that the train runs after a departure, otherwise 0. `vehicle` selects the model of the
    vehicle; it is empty if the timetable has no vehicles.
    """

    trip_id: str
    vehicle: str
    event: TrainEvent
    stop: int
    at_s: float
    lateness_s: float
    passengers: float
    running_time_s: int = 0

    def age_s(self, now_s: float) -> float:
        """Time since the event."""
        return now_s - self.at_s


@dataclass(frozen=True)
class LineState:
    """The last event of each train that has begun a trip, by duty, at the moment `known_at_s`.

    A duty has the name of its vehicle, or of its only trip if the timetable has no vehicles. Trains without an event
    are not in `trains`: their trips are expected at their scheduled times. `advised` is the last advice that the
    control centre has sent to each duty; it is known before the event that follows from it.
    """

    known_at_s: float
    trains: Mapping[str, TrainState] = field(default_factory=lambda: NO_TRAINS)
    advised: Mapping[str, Advice] = field(default_factory=lambda: NO_ADVICE)


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
    """A train that is ready to leave a platform: its doors may close, and the train ahead is far enough away.

    `stop` is the index of the station in its trip, `station` its index in order of travel. None: there is no train
    ahead or behind. `passengers` is the expected load over the next section, `own_running_time_s` the running time of
    the train's own control, `shortest_s` the shortest running time for load and section. Without `can_hold`, the train
    leaves now, and only its running time is open.
    """

    trip: Trip
    stop: int
    station: int
    now_s: float
    before: Neighbour | None
    after: Neighbour | None
    passengers: float
    own_running_time_s: int
    shortest_s: int
    can_hold: bool = True

    @property
    def planned_s(self) -> float:
        """Scheduled departure."""
        return float(self.trip.departure_s[self.stop])
