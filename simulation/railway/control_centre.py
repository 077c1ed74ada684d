"""The control centre of a simulated day: what it knows of the trains, and the advice that the trains receive.

The control centre receives every event of a train after `operation.state_latency_s`. A train that is ready to leave
sends its own state at once with its question. Trains follow the share `operation.advice_followed_share` of the advice
and otherwise use their own control.
"""

from collections import deque
from types import MappingProxyType
from typing import Protocol

from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.line_state import LineState, ReadyTrain, TrainEvent, TrainState
from dispatch.regulation.interface.regulator import Regulator
from simulation.disturbances.draws import uniform
from simulation.railway.trip_run import Journey


class Centre(Protocol):
    """Receives the events of the trains of a day, and answers the questions of trains that are ready to leave."""

    def report(
        self, journey: Journey, event: TrainEvent, stop: int, now_s: float, passengers: float, running_time_s: int = 0
    ) -> None:
        """Send an event of a train."""
        ...

    def report_end(self, journey: Journey, now_s: float) -> None:
        """Send that the last trip of a duty has ended."""
        ...

    def advise(self, train: ReadyTrain) -> Advice | None:
        """The advice for a train that is ready to leave; None if the train uses its own control."""
        ...


class ControlCentre:
    """The states of all trains with their latency, and the regulator of the day."""

    def __init__(self, regulator: Regulator, latency_s: float, followed_share: float, seed: int | None) -> None:
        self._regulator, self._latency_s = regulator, latency_s
        self._followed_share, self._seed = followed_share, seed
        self._on_the_way: deque[tuple[float, str, TrainState | None]] = deque()
        self._known: dict[str, TrainState] = {}
        self._advised: dict[str, Advice] = {}
        self._state: LineState | None = None

    def report(
        self, journey: Journey, event: TrainEvent, stop: int, now_s: float, passengers: float, running_time_s: int = 0
    ) -> None:
        """Send an event of a train."""
        trip = journey.trip
        planned_s = trip.arrival_s[stop] if event == "arrived" else trip.departure_s[stop]
        state = TrainState(
            trip.trip_id, trip.vehicle, event, stop, now_s, now_s - planned_s, passengers, running_time_s
        )
        self._on_the_way.append((now_s, trip.vehicle or trip.trip_id, state))

    def report_end(self, journey: Journey, now_s: float) -> None:
        """Send that the last trip of a duty has ended."""
        self._on_the_way.append((now_s, journey.trip.vehicle or journey.trip.trip_id, None))

    def advise(self, train: ReadyTrain) -> Advice | None:
        """The advice for a train that is ready to leave; None if the train does not follow the advice."""
        if self._followed_share < 1.0:
            share = uniform("advice", self._seed, train.trip.trip_id, train.stop)
            if share >= self._followed_share:
                return None
        advice = self._regulator.advise(train, self._line_state(train.now_s))
        self._advised[train.trip.vehicle or train.trip.trip_id] = advice
        return advice

    def _line_state(self, now_s: float) -> LineState:
        known_at_s = now_s - self._latency_s
        is_new = self._state is None
        while self._on_the_way and self._on_the_way[0][0] <= known_at_s:
            _, duty, state = self._on_the_way.popleft()
            is_new = True
            if state is None:
                self._known.pop(duty, None)
            else:
                self._known[duty] = state
        if self._state is None or is_new:
            self._state = LineState(known_at_s, MappingProxyType(dict(self._known)), MappingProxyType(self._advised))
        else:
            self._state = LineState(known_at_s, self._state.trains, self._state.advised)
        return self._state
