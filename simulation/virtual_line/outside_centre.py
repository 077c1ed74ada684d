"""The control centre of a virtual line: events go out, advice and incidents come in from outside the simulation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import ReadyTrain, TrainEvent
from simulation.disturbances.draws import uniform
from simulation.railway.trip_run import Journey

REVIEW_S = 1.0
"""A train that waits looks for later commands after this time."""


@dataclass(frozen=True)
class SeenEvent:
    """An event of a train as a control centre sees it.

    `stop` is the index of the station in the trip, `time_s` the time in s of the day, `passengers` the load after the
    event, `running_time_s` the commanded running time after a departure, otherwise 0.
    """

    vehicle: str
    trip_id: str
    event: TrainEvent
    stop: int
    station_id: str
    time_s: float
    passengers: float
    running_time_s: int = 0


@dataclass(frozen=True)
class Command:
    """Advice that has reached the trains: departure (s of the day, None: at once) and running time (None: own)."""

    trip_id: str
    stop: int
    departs_s: float | None
    running_time_s: int | None
    received_s: float


@dataclass
class OutsideCentre:
    """Trains follow the share `obedience` of the commands, each `delay_s` after it was received.

    `see` is called with each event. Held trains and stations keep their doors open until the time of the incident.
    """

    see: Callable[[SeenEvent], None]
    obedience: float = 1.0
    delay_s: float = 0.0
    seed: int | None = None
    held_trains_s: dict[str, float] = field(default_factory=dict)
    held_stations_s: dict[str, float] = field(default_factory=dict)
    _commands: dict[tuple[str, int], list[Command]] = field(default_factory=dict)
    _ready: set[tuple[str, int]] = field(default_factory=set)

    def command(self, command: Command) -> None:
        """Receive a command; a later one for the same departure replaces it as soon as it has reached the train."""
        self._commands.setdefault((command.trip_id, command.stop), []).append(command)

    def withdraw(self, trip_id: str, stop: int) -> None:
        """Withdraw the command for a departure."""
        self._commands.pop((trip_id, stop), None)

    def report(
        self, journey: Journey, event: TrainEvent, stop: int, now_s: float, passengers: float, running_time_s: int = 0
    ) -> None:
        """Send an event of a train."""
        trip = journey.trip
        self.see(
            SeenEvent(
                trip.vehicle or trip.trip_id, trip.trip_id, event, stop, trip.stations[stop], now_s, passengers,
                running_time_s,
            )
        )  # fmt: skip
        if event == "departed":
            self.withdraw(trip.trip_id, stop)
            self._ready.discard((trip.trip_id, stop))

    def report_end(self, journey: Journey, now_s: float) -> None:
        """The last trip of a duty has ended; its arrival was an event already."""

    def advise(self, train: ReadyTrain) -> Advice | None:
        """The command for a train that is ready to leave; None if there is none or the train does not follow it."""
        trip, station_id = train.trip, train.trip.stations[train.stop]
        if train.can_hold and train.stop > 0 and (trip.trip_id, train.stop) not in self._ready:
            self._ready.add((trip.trip_id, train.stop))
            name = trip.vehicle or trip.trip_id
            self.see(
                SeenEvent(name, trip.trip_id, "ready", train.stop, station_id, train.now_s, train.passengers)
            )  # fmt: skip
        held_s = max(
            _of(self.held_trains_s, trip.vehicle or trip.trip_id), _of(self.held_stations_s, station_id)
        )  # fmt: skip
        received = self._commands.get((trip.trip_id, train.stop), ())
        there = [one for one in received if one.received_s + self.delay_s <= train.now_s]
        command = there[-1] if there and self._obeys(train) else None
        if command is None and held_s <= train.now_s:
            return None
        departs_s, running_time_s = train.now_s, train.own_running_time_s
        if command is not None:
            departs_s = max(departs_s, command.departs_s or 0.0)
            running_time_s = max(command.running_time_s or running_time_s, train.shortest_s)
        if train.can_hold:
            departs_s = max(departs_s, held_s)
        # A train that waits takes later commands, and an incident can begin meanwhile.
        return Advice(
            trip.trip_id, train.stop, departs_s, running_time_s, "schedule", review_s=train.now_s + REVIEW_S
        )  # fmt: skip

    def _obeys(self, train: ReadyTrain) -> bool:
        return self.obedience >= 1.0 or uniform("obeys", self.seed, train.trip.trip_id, train.stop) < self.obedience


def _of(held_s: Mapping[str, float], name: str) -> float:
    return held_s.get(name, float("-inf"))
