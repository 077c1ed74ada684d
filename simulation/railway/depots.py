"""Depots on the day: the number of trains in each depot, and trains that find a depot full.

A train that cannot enter waits on its turnback track until a place becomes free, first come, first served. If there is
no free place before its next trip, the train works this trip from its track. After some time the dispatcher stables the
train outside the places; the simulated day continues and records this.
"""

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from typing import Any

import simpy

from simulation.railway.depot_wait import DepotWait
from simulation.railway.trip_run import Duty
from simulation.railway.turnbacks import TrackRequest


class Depot:
    """The depots at one station: `trains` of `places`; more if the day begins so, or with trains outside the places."""

    def __init__(self, env: simpy.Environment, places: int, trains: int) -> None:
        self.places, self.trains = places, trains
        self._env = env
        self._waiting: deque[simpy.Event] = deque()

    def come_in(self) -> simpy.Event | None:
        """Take a place: None if there is a free place, otherwise the event of a place becoming free."""
        if self.trains < self.places:
            self.trains += 1
            return None
        self._waiting.append(self._env.event())
        return self._waiting[-1]

    def give_up(self, place: simpy.Event) -> None:
        """Stop waiting for a place."""
        self._waiting.remove(place)

    def squeeze_in(self, place: simpy.Event) -> None:
        """Enter without a place."""
        self._waiting.remove(place)
        self.trains += 1

    def go_out(self) -> None:
        """Leave a place; the train that has waited longest gets the place."""
        self.trains -= 1
        while self._waiting and self.trains < self.places:
            self.trains += 1
            self._waiting.popleft().succeed()


class Depots:
    """All depots of a day; at its start, vehicles are in the depots of the station where their duty begins."""

    def __init__(
        self, env: simpy.Environment, places: Mapping[str, int] | None, duties: Iterable[Duty], patience_s: float
    ) -> None:
        begin = [duty.journeys[0].trip.stations[0] for duty in duties if duty.has_vehicle]
        self._env, self._patience_s = env, patience_s
        self._at = {name: Depot(env, count, begin.count(name)) for name, count in (places or {}).items()}
        self._waits: list[PutAway] = []

    def go_out(self, station: str) -> None:
        """A train leaves the depot at a station; no effect if the station has no depot."""
        if station in self._at:
            self._at[station].go_out()

    def put_away(
        self, duty: Duty, station: str, track: TrackRequest, shunting_s: float, takes_place: bool = True
    ) -> "PutAway":
        """A train goes from its track into the depot; without `takes_place` it uses the place of a departing spare."""
        depot = self._at.get(station) if duty.has_vehicle and takes_place else None
        put = PutAway(self._env, duty.vehicle, station, track, depot, shunting_s, self._patience_s)
        if put.waits:
            self._waits.append(put)
        return put

    def waits(self) -> tuple[DepotWait, ...]:
        """All trains that found a depot full, in order of time."""
        return tuple(DepotWait(put.vehicle, put.station, put.from_s, put.to_s, put.is_beside) for put in self._waits)


class PutAway:
    """One train on its way into a depot, from the end of its trip."""

    def __init__(
        self, env: simpy.Environment, vehicle: str, station: str, track: TrackRequest, depot: Depot | None,
        shunting_s: float, patience_s: float,
    ) -> None:  # fmt: skip
        self.vehicle, self.station, self.from_s, self.to_s = vehicle, station, env.now, env.now
        self.is_beside = False
        self._env, self._track, self._depot = env, track, depot
        self._shunting_s, self._patience_s = shunting_s, patience_s
        self._place = None if depot is None else depot.come_in()
        self.waits, self._is_called = self._place is not None, False
        env.process(self._go_in())

    def stays(self) -> TrackRequest | None:
        """The track on which the train still waits because no place became free; None if it is in the depot."""
        if self._depot is None or self._place is None or self._place.triggered or self.is_beside:
            return None
        self._depot.give_up(self._place)
        self._place.succeed()
        self._is_called = True
        self.to_s = self._env.now
        return self._track

    def _go_in(self) -> Generator[simpy.Event, Any, None]:
        if self._depot is not None and self._place is not None:
            yield self._place | self._env.timeout(self._patience_s)
            if self._is_called:
                return
            if not self._place.triggered:
                self._depot.squeeze_in(self._place)
                self.is_beside = True
            self.to_s = self._env.now
        yield self._env.timeout(self._shunting_s)
        self._track.release()
