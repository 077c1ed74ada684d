"""Following: the run of a train between two stations behind the trains ahead.

A run follows its driving profile until a train ahead restricts it; from there on its motion is integrated
(`movement.following`), again at each change of a train ahead. A train without restriction needs one event of the
simulation.
"""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import simpy

from energy_models.driving.profile import DrivingProfile
from energy_models.movement.following import (
    Ahead,
    Path,
    RestrictedMotion,
    first_restriction,
    follow,
    joined,
    profile_along_path,
)
from energy_models.train import Train
from simulation.railway.signalling import Signalling
from simulation.railway.train_order import TrainOrder
from simulation.railway.trip_run import Journey

_INSTANT_S = 1e-6
_STANDS_BY_PLAN_S = 0.5

Process = Generator[simpy.Event, Any, "RunDone"]


class Gate(Protocol):
    """The entry of a terminal: a turnback track that a train needs before it may enter."""

    def request(self) -> simpy.Event | None:
        """Request a track, once: None if it is granted at once, otherwise the event of a track becoming free."""
        ...


class Recovery(Protocol):
    """Selects the profile of a train that was delayed by the train ahead."""

    def profile(self, now_s: float, arrives: Callable[[DrivingProfile], float]) -> DrivingProfile:
        """The profile from now on.

        `arrives` gives the expected arrival with a profile from now on; inf if the train must stop for an obstacle
        without a known movement.
        """
        ...


@dataclass(frozen=True, eq=False)
class RunDone:
    """A finished run: its actual profile if it was delayed by the train ahead (otherwise None), and its arrival."""

    arrival_s: float
    delayed_profile: DrivingProfile | None


@dataclass(frozen=True, eq=False)
class PlannedRun:
    """A planned run: profile, load, arrival; `train` has the run's limits.

    `recovery` gives the re-planning of a train that the train ahead has delayed.
    """

    profile: DrivingProfile
    train: Train
    passengers: float
    free_arrival_s: float
    recovery: Callable[[], Recovery]


def run_section(
    env: simpy.Environment,
    signalling: Signalling,
    order: TrainOrder,
    journey: Journey,
    stop: int,
    planned: PlannedRun,
    gate: Gate | None,
) -> Process:
    """Move a train from its stop to the next stop; returns at its arrival."""
    run = _Run(env, signalling, order, journey, stop, planned, gate)
    yield from run.free()
    if run.is_restricted:
        yield from run.move_restricted()
    if env.now < planned.free_arrival_s and planned.free_arrival_s - float(run.own.time_s[-1]) > _STANDS_BY_PLAN_S:
        # This driving strategy is faster than the running time: the train stands for the rest, delayed or not.
        yield env.timeout(planned.free_arrival_s - env.now)
    return RunDone(env.now, run.driven())


class _Run:
    """One train between two stations, with its present and planned motion."""

    def __init__(
        self,
        env: simpy.Environment,
        signalling: Signalling,
        order: TrainOrder,
        journey: Journey,
        stop: int,
        planned: PlannedRun,
        gate: Gate | None,
    ) -> None:
        self._env, self._signalling, self._order = env, signalling, order
        self._journey, self._stop, self._planned = journey, stop, planned
        profile = planned.profile
        self._origin_m = signalling.station_m[journey.trip.direction][journey.first_station + stop]
        self.own = Path(profile.time_s - profile.time_s[0] + env.now, profile.distance_m, profile.speed_m_s)
        self.is_restricted = False
        self._motion, self._own_nodes, self._stands = self.own, len(self.own.time_s), False
        # The train requests a track only when the entry restricts it; until the entry is free, there is an obstacle.
        self._gate, self._closed = gate, gate is not None
        self._opens: simpy.Event | None = None
        journey.begin_run(self.own, self._origin_m)

    def free(self) -> Generator[simpy.Event, Any, None]:
        """Follow the profile to its end or to the first restriction by a train ahead."""
        env, arrival_s = self._env, self._planned.free_arrival_s
        while True:
            ahead, leaders = self._look_ahead()
            restriction = first_restriction(self.own, env.now, ahead)
            if restriction.clear:
                yield env.timeout(max(0.0, arrival_s - env.now))
                return
            if restriction.from_s <= env.now + _INSTANT_S:
                if self._request_track():
                    continue
                self.is_restricted = True
                self._own_nodes = int(np.searchsorted(self.own.time_s, env.now + _INSTANT_S, side="right"))
                return
            if env.now >= arrival_s - _INSTANT_S:
                return
            # Favourable changes ahead need no event: they matter only at the time when the authority binds.
            yield from self._wait(
                min(arrival_s, restriction.from_s), [leader.unfavourable_change(env) for leader in leaders]
            )

    def move_restricted(self) -> Generator[simpy.Event, Any, None]:
        """Move within the movement authority, with a new motion at each change ahead."""
        env = self._env
        while True:
            self._request_track()
            ahead, leaders = self._look_ahead()
            self._plan_anew(ahead)
            arrival_s = np.inf if self._stands else float(self._motion.time_s[-1])
            if arrival_s > env.now + _INSTANT_S:
                yield from self._wait(arrival_s, [leader.any_change(env) for leader in leaders])
            if not self._stands and env.now >= arrival_s - _INSTANT_S:
                return

    def driven(self) -> DrivingProfile | None:
        """The actual profile; None if it is the planned profile."""
        if not self.is_restricted:
            return None
        planned = self._planned
        return profile_along_path(planned.profile, planned.train, planned.passengers, self._motion, self._own_nodes)

    def _look_ahead(self) -> tuple[Ahead, list[Journey]]:
        if self._opens is not None and self._opens.triggered:
            self._closed = False
        service_m_s2 = self._planned.train.maximum_deceleration_m_s2
        return self._signalling.ahead(self._journey, self._stop, self._order, self._closed, service_m_s2)

    def _request_track(self) -> bool:
        """Request a track at the terminal, once; True if it is granted at once."""
        if self._gate is None or not self._closed or self._opens is not None:
            return False
        leader = self._order.ahead(self._journey, self._stop)
        if leader is not None and leader[0].last_station == self._journey.last_station and not leader[0].has_requested:
            return False  # tracks are granted in the order of trains; the request of the train ahead triggers an event
        self._opens = self._gate.request()
        self._journey.record_track_request()
        self._closed = self._opens is not None
        return not self._closed

    def _plan_anew(self, ahead: Ahead) -> None:
        now_s, planned = self._env.now, self._planned
        place_m, speed_m_s = self._motion.at(now_s)

        def onwards(profile: DrivingProfile) -> RestrictedMotion:
            return follow(profile, planned.train, planned.passengers, now_s, place_m, speed_m_s, ahead)

        def arrives(profile: DrivingProfile) -> float:
            tried = onwards(profile)
            return np.inf if tried.stands else float(tried.path.time_s[-1])

        chosen = onwards(planned.recovery().profile(now_s, arrives))
        self._motion, self._stands = joined(_before(self._motion, now_s), chosen.path), chosen.stands
        self._journey.change_run(self._motion, self._origin_m)

    def _wait(self, until_s: float, events: list[simpy.Event]) -> Generator[simpy.Event, Any, None]:
        """Wait until a time, until one of the events, or until the entry of the terminal is free."""
        env = self._env
        if self._opens is not None and self._closed:
            events.append(self._opens)
        if math.isfinite(until_s):
            events.append(env.timeout(max(0.0, until_s - env.now)))
        yield events[0] if len(events) == 1 else env.any_of(events)


def _before(motion: Path, now_s: float) -> Path:
    """The nodes of a motion before now."""
    count = int(np.searchsorted(motion.time_s, now_s - _INSTANT_S, side="left"))
    return Path(motion.time_s[:count], motion.place_m[:count], motion.speed_m_s[:count])
