"""Depots on the day: how many trains are in each, and what becomes of a train that finds one full.

A train that is to go in stands on its turnback track until a place becomes free, first come, first served; if none does
before its next trip it works that trip from there. After a while the dispatcher has it put beside the places, where a
depot has none: the day goes on, and tells it.
"""

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from typing import Any

import simpy

from simulation.depot_wait import DepotWait
from simulation.journeys import Duty
from simulation.turnbacks import TrackRequest

BESIDE_AFTER_S = 300.0
"""A train that stands before a full depot so long is put somewhere beside its places (assumed)."""


class Depot:
    """The depots at one station: `trains` are in it, of `places`; more where the day begins so or some stand beside."""

    def __init__(self, env: simpy.Environment, places: int, trains: int) -> None:
        self.places, self.trains = places, trains
        self._env = env
        self._waiting: deque[simpy.Event] = deque()

    def come_in(self) -> simpy.Event | None:
        """Take a place: None when there is one at once, else the event of being given one."""
        if self.trains < self.places:
            self.trains += 1
            return None
        self._waiting.append(self._env.event())
        return self._waiting[-1]

    def give_up(self, place: simpy.Event) -> None:
        """Wait no longer for a place."""
        self._waiting.remove(place)

    def squeeze_in(self, place: simpy.Event) -> None:
        """Come in without a place."""
        self._waiting.remove(place)
        self.trains += 1

    def go_out(self) -> None:
        """Leave a place, which goes to the train that has waited longest."""
        self.trains -= 1
        while self._waiting and self.trains < self.places:
            self.trains += 1
            self._waiting.popleft().succeed()


class Depots:
    """All depots of a day; at first the vehicles that begin their duty at a station are in its depots."""

    def __init__(self, env: simpy.Environment, places: Mapping[str, int] | None, duties: Iterable[Duty]) -> None:
        begin = [duty.journeys[0].trip.stations[0] for duty in duties if duty.has_vehicle]
        self._env = env
        self._at = {name: Depot(env, count, begin.count(name)) for name, count in (places or {}).items()}
        self._waits: list[PutAway] = []

    def go_out(self, station: str) -> None:
        """A train comes out of the depot at a station; nothing where none is told."""
        if station in self._at:
            self._at[station].go_out()

    def put_away(
        self, duty: Duty, station: str, track: TrackRequest, shunting_s: float, takes_place: bool = True
    ) -> "PutAway":
        """Let a train go from its track into the depot; without `takes_place` it takes the one that a spare leaves."""
        depot = self._at.get(station) if duty.has_vehicle and takes_place else None
        put = PutAway(self._env, duty.vehicle, station, track, depot, shunting_s)
        if put.waits:
            self._waits.append(put)
        return put

    def waits(self) -> tuple[DepotWait, ...]:
        """All trains that found a depot full, in the order in which they did."""
        return tuple(DepotWait(put.vehicle, put.station, put.from_s, put.to_s, put.is_beside) for put in self._waits)


class PutAway:
    """One train on its way into a depot, from the moment when it is done with its trip."""

    def __init__(
        self, env: simpy.Environment, vehicle: str, station: str, track: TrackRequest, depot: Depot | None,
        shunting_s: float,
    ) -> None:  # fmt: skip
        self.vehicle, self.station, self.from_s, self.to_s = vehicle, station, env.now, env.now
        self.is_beside = False
        self._env, self._track, self._depot, self._shunting_s = env, track, depot, shunting_s
        self._place = None if depot is None else depot.come_in()
        self.waits, self._is_called = self._place is not None, False
        env.process(self._go_in())

    def stays(self) -> TrackRequest | None:
        """The track on which it stands still because no place became free; None where it has gone in."""
        if self._depot is None or self._place is None or self._place.triggered or self.is_beside:
            return None
        self._depot.give_up(self._place)
        self._place.succeed()
        self._is_called = True
        self.to_s = self._env.now
        return self._track

    def _go_in(self) -> Generator[simpy.Event, Any, None]:
        if self._depot is not None and self._place is not None:
            yield self._place | self._env.timeout(BESIDE_AFTER_S)
            if self._is_called:
                return
            if not self._place.triggered:
                self._depot.squeeze_in(self._place)
                self.is_beside = True
            self.to_s = self._env.now
        yield self._env.timeout(self._shunting_s)
        self._track.release()
