"""Following: a train between two stations, as the trains ahead let it.

A run is its driving profile until what is ahead begins to hinder it; from there on its motion is integrated
(`energy_models.hindered`), anew whenever there is news of a train ahead. A train that is not hindered costs the
simulation one event.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import simpy

from energy_models.driving.profile import DrivingProfile
from energy_models.hindered import Ahead, Path, Restricted, first_hindered, follow, profile_along_path
from energy_models.train import Train
from simulation.journeys import Journey
from simulation.order import TrainOrder
from simulation.signalling import Signalling

_INSTANT_S = 1e-6
_STANDS_BY_PLAN_S = 0.5

Process = Generator[simpy.Event, Any, "RunDone"]


class Gate(Protocol):
    """The way into a terminal: a turnback track that a train needs before it may run in."""

    def request(self) -> simpy.Event | None:
        """Ask for a track, once: None when it is granted at once, else the event of its becoming free."""
        ...


class Recovery(Protocol):
    """Chooses the profile of a train that was hindered."""

    def profile(self, now_s: float, arrives: Callable[[DrivingProfile], float]) -> DrivingProfile:
        """The profile to follow from now on.

        `arrives` tells when the train would arrive were it to follow a profile from now on, as far as is known; inf
        where it has to stop for something that is not known to move.
        """
        ...


@dataclass(frozen=True, eq=False)
class RunDone:
    """A run as it was: the profile that was really driven where it was hindered (else None), and its arrival."""

    arrival_s: float
    hindered: DrivingProfile | None


@dataclass(frozen=True, eq=False)
class RunWish:
    """What a train wants on a section: profile, load, arrival, what it does once hindered; `train` as it runs there."""

    profile: DrivingProfile
    train: Train
    passengers: float
    free_arrival_s: float
    recovery: Recovery


def run_section(
    env: simpy.Environment,
    signalling: Signalling,
    order: TrainOrder,
    journey: Journey,
    stop: int,
    wish: RunWish,
    gate: Gate | None,
) -> Process:
    """Move a train from its stop to the next one; it returns when the train has arrived."""
    run = _Run(env, signalling, order, journey, stop, wish, gate)
    yield from run.free()
    if run.is_hindered:
        yield from run.hindered()
    if env.now < wish.free_arrival_s and wish.free_arrival_s - float(run.own.time_s[-1]) > _STANDS_BY_PLAN_S:
        # This way of driving is quicker than its running time: the train stands the rest of it, hindered or not.
        yield env.timeout(wish.free_arrival_s - env.now)
    return RunDone(env.now, run.driven())


class _Run:
    """One train between two stations, as far as its motion is known now."""

    def __init__(
        self,
        env: simpy.Environment,
        signalling: Signalling,
        order: TrainOrder,
        journey: Journey,
        stop: int,
        wish: RunWish,
        gate: Gate | None,
    ) -> None:
        self._env, self._signalling, self._order = env, signalling, order
        self._journey, self._stop, self._wish = journey, stop, wish
        profile = wish.profile
        self._origin_m = signalling.station_m[journey.trip.direction][journey.first_station + stop]
        self.own = Path(profile.time_s - profile.time_s[0] + env.now, profile.distance_m, profile.speed_m_s)
        self.is_hindered = False
        self._motion, self._own_nodes, self._stands = self.own, len(self.own.time_s), False
        # A gate is asked when it begins to matter; until it is open there is a wall.
        self._gate, self._closed = gate, gate is not None
        self._opens: simpy.Event | None = None
        journey.begin_run(self.own, self._origin_m)

    def free(self) -> Generator[simpy.Event, Any, None]:
        """Run the profile, to its end or to where something ahead begins to hinder it."""
        env, arrival_s = self._env, self._wish.free_arrival_s
        while True:
            ahead, leaders = self._look_ahead()
            hindrance = first_hindered(self.own, env.now, ahead)
            if hindrance.clear:
                yield env.timeout(max(0.0, arrival_s - env.now))
                return
            if hindrance.from_s <= env.now + _INSTANT_S:
                if self._ask_gate():
                    continue
                self.is_hindered = True
                self._own_nodes = int(np.searchsorted(self.own.time_s, env.now + _INSTANT_S, side="right"))
                return
            if env.now >= arrival_s - _INSTANT_S:
                return
            # Good news of the trains ahead may come until then; only when it binds does it matter whether they did.
            yield from self._wait(min(arrival_s, hindrance.from_s), [leader.change(env) for leader in leaders])

    def hindered(self) -> Generator[simpy.Event, Any, None]:
        """Move as far and as fast as is allowed, planned anew at each news of what is ahead."""
        env = self._env
        while True:
            self._ask_gate()
            ahead, leaders = self._look_ahead()
            self._plan_anew(ahead)
            arrival_s = np.inf if self._stands else float(self._motion.time_s[-1])
            if arrival_s > env.now + _INSTANT_S:
                yield from self._wait(arrival_s, [leader.news(env) for leader in leaders])
            if not self._stands and env.now >= arrival_s - _INSTANT_S:
                return

    def driven(self) -> DrivingProfile | None:
        """The profile that was really driven; None when it is the one that was wanted."""
        if not self.is_hindered:
            return None
        wish = self._wish
        return profile_along_path(wish.profile, wish.train, wish.passengers, self._motion, self._own_nodes)

    def _look_ahead(self) -> tuple[Ahead, list[Journey]]:
        if self._opens is not None and self._opens.triggered:
            self._closed = False
        service_m_s2 = self._wish.train.maximum_deceleration_m_s2
        return self._signalling.ahead(self._journey, self._stop, self._order, self._closed, service_m_s2)

    def _ask_gate(self) -> bool:
        """Ask for a track at the terminal, once; True when that opens the way at once."""
        if self._gate is None or not self._closed or self._opens is not None:
            return False
        leader = self._order.ahead(self._journey, self._stop)
        if leader is not None and leader[0].last_station == self._journey.last_station and not leader[0].has_asked:
            return False  # tracks are given in the order in which trains come; there will be news when it asks
        self._opens = self._gate.request()
        self._journey.ask_for_track()
        self._closed = self._opens is not None
        return not self._closed

    def _plan_anew(self, ahead: Ahead) -> None:
        now_s, wish = self._env.now, self._wish
        place_m, speed_m_s = self._motion.at(now_s)

        def onwards(profile: DrivingProfile) -> Restricted:
            return follow(profile, wish.train, wish.passengers, now_s, place_m, speed_m_s, ahead)

        def arrives(profile: DrivingProfile) -> float:
            tried = onwards(profile)
            return np.inf if tried.stands else float(tried.path.time_s[-1])

        chosen = onwards(wish.recovery.profile(now_s, arrives))
        self._motion, self._stands = _joined(_until(self._motion, now_s), chosen.path), chosen.stands
        self._journey.change_run(self._motion, self._origin_m)

    def _wait(self, until_s: float, events: list[simpy.Event]) -> Generator[simpy.Event, Any, None]:
        """Let time pass until then, or until one of the events, or the way into the terminal opens."""
        env = self._env
        if self._opens is not None and self._closed:
            events.append(self._opens)
        if np.isfinite(until_s):
            events.append(env.timeout(max(0.0, until_s - env.now)))
        yield events[0] if len(events) == 1 else env.any_of(events)


def _until(motion: Path, now_s: float) -> Path:
    """The nodes of a motion until now, and one for now."""
    place_m, speed_m_s = motion.at(now_s)
    count = int(np.searchsorted(motion.time_s, now_s - _INSTANT_S, side="left"))
    return Path(
        np.append(motion.time_s[:count], now_s),
        np.append(motion.place_m[:count], place_m),
        np.append(motion.speed_m_s[:count], speed_m_s),
    )


def _joined(first: Path, second: Path) -> Path:
    return Path(
        np.concatenate((first.time_s, second.time_s[1:])),
        np.concatenate((first.place_m, second.place_m[1:])),
        np.concatenate((first.speed_m_s, second.speed_m_s[1:])),
    )
