"""Turnbacks and depots: tracks at terminals, vehicles that come out for a duty, turn, rest in a depot, and go in.

A turnback track is taken from the moment when a train would have to brake for a signal before it until the train, on
its next trip, has cleared the points; a train that comes from a depot or goes to one needs a track for half a turnback
time (the plan's checker counts the same way). A train that finds no track free waits before the terminal.
"""

import math
from bisect import bisect_right
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from simulation.journeys import Duty, Journey
from simulation.order import TrainOrder
from simulation.rules import OperatingRules

PATIENCE_S = 300.0
"""Where trips begin, a train whose vehicle is not there so long after its time lets the ready ones behind it go first.

Assumed: what a dispatcher does about a late pull-out or a train that has failed."""


@dataclass(frozen=True)
class Withdrawal:
    """A vehicle ends its duty early; a spare is ready for the later trips that long after its arrival, or nobody is."""

    spare_ready_after_s: float | None


class VehicleEvents(Protocol):
    """Says what befalls a vehicle apart from its runs: late pull-outs, and failures that end its duty."""

    def withdrawal(self, journey: Journey) -> Withdrawal | None:
        """What becomes of the duty after a trip: None where the vehicle goes on."""
        ...

    def pull_out_s(self, duty: Duty) -> float:
        """When the vehicle is ready at the first station of its duty, on the day's clock; -inf where in good time."""
        ...


class AlwaysReady:
    """Every vehicle comes out of its depot in good time, and none fails."""

    def withdrawal(self, journey: Journey) -> Withdrawal | None:  # noqa: ARG002
        """No vehicle is withdrawn."""
        return None

    def pull_out_s(self, duty: Duty) -> float:  # noqa: ARG002
        """No vehicle is late."""
        return -math.inf


class TurnbackTracks:
    """The tracks of one terminal, with the trains that stand there or wait for one.

    `points` are what trains in and out take one at a time; None where their routes do not cross.

    Trains leave in the order of the timetable. Where that order would block the terminal (each track held by a train
    that has to follow one which finds no track) the train on a track with the earliest departure goes first.
    """

    def __init__(self, env: simpy.Environment, tracks: int, order: TrainOrder, shared_points: bool = False) -> None:
        self.env = env
        self.points = simpy.Resource(env, capacity=1) if shared_points else None
        self._resource = simpy.Resource(env, capacity=tracks)
        self._order = order
        self._waiting_for_order: list[Journey] = []

    @property
    def taken(self) -> int:
        """Tracks that are taken now."""
        return self._resource.count

    def request(self) -> "TrackRequest":
        """Ask for a track; first come, first served."""
        request = TrackRequest(self._resource)
        self.settle()
        return request

    def begins_to_wait(self, journey: Journey) -> None:
        """A train on a track is ready, but has to follow another one that has not left yet."""
        self._waiting_for_order.append(journey)
        self.settle()

    def ends_to_wait(self, journey: Journey) -> None:
        """The train has its turn."""
        self._waiting_for_order.remove(journey)

    def settle(self) -> None:
        """Let a train leave out of order where the terminal would be blocked else."""
        if not self._resource.queue or len(self._waiting_for_order) < self._resource.capacity:
            return
        first = min(self._waiting_for_order, key=lambda journey: (journey.trip.start_s, journey.trip.trip_id))
        ahead = self._order.ahead(first, 0)
        while ahead is not None and not ahead[0].has_left(ahead[1]):
            self._order.let_pass(first, ahead[0])
            ahead[0].reconsider()
            ahead = self._order.ahead(first, 0)


class TrackRequest:
    """One train's claim to a turnback track, or to the points before them."""

    def __init__(self, resource: simpy.Resource) -> None:
        self._resource = resource
        self._request = resource.request()

    @property
    def event(self) -> simpy.Event | None:
        """The event of its being granted; None when it is."""
        return None if self._request.triggered else self._request

    def release(self) -> None:
        """Give it back."""
        self._resource.release(self._request)


class TerminalGate:
    """The way into a terminal for one train: `track` is its claim once it has asked.

    Where trains share the points it also needs them, after the track, until it stands: so no train holds the points
    and waits for a track that another one leaves only over them.
    """

    def __init__(self, tracks: TurnbackTracks) -> None:
        self._tracks = tracks
        self.track: TrackRequest | None = None
        self._points: TrackRequest | None = None

    def request(self) -> simpy.Event | None:
        """Ask for the way in, once: None when it is open at once, else the event of its opening."""
        self.track = self._tracks.request()
        if self._tracks.points is None:
            return self.track.event
        if self.track.event is not None:
            return self._tracks.env.process(self._come_over_points(self.track.event))
        self._points = TrackRequest(self._tracks.points)
        return self._points.event

    def stands(self) -> None:
        """Note that the train stands on its track: the points are free again."""
        if self._points is not None:
            self._points.release()

    def _come_over_points(self, track: simpy.Event) -> Generator[simpy.Event, Any, None]:
        yield track
        assert self._tracks.points is not None
        self._points = TrackRequest(self._tracks.points)
        if self._points.event is not None:
            yield self._points.event


def tracks_of(env: simpy.Environment, rules: OperatingRules, order: TrainOrder) -> dict[str, TurnbackTracks]:
    """The turnback tracks of all terminals of a day."""
    return {
        station: TurnbackTracks(env, count, order, station in rules.shared_points)
        for station, count in rules.turnback_tracks.items()
    }


def ready_after_s(rules: OperatingRules, journey: Journey) -> float:
    """When the vehicle of a finished journey can leave again: the minimum turnback after its arrival."""
    return journey.arrival_s[-1] + rules.minimum_turnback_s.get(journey.trip.stations[-1], 0.0)


@dataclass
class _Stand:
    """A train on a turnback track as the timetable has it; `trip_id` names the trip before it, if it turns back."""

    from_s: float
    to_s: float
    trip_id: str | None = None


def depot_rests(duties: Iterable[Duty], rules: OperatingRules) -> frozenset[str]:
    """Trips after which the timetable lets the vehicle rest in a depot until its next one.

    That is so after a stand beyond the terminal's longest, and where the timetable has more trains at a terminal than
    tracks: then the longest stand there that leaves time to go in, to be there and to come out, half a turnback each,
    goes to the depot, as a dispatcher would have it. A terminal without a depot keeps its trains on its tracks.
    """
    rests: set[str] = set()
    stands: dict[str, list[_Stand]] = {station: [] for station in rules.turnback_tracks}
    for duty in duties:
        for journey, following in duty.turns():
            first, last = journey.trip.stations[0], journey.trip.stations[-1]
            if journey is duty.journeys[0] and first in stands:
                stands[first].append(_Stand(journey.trip.start_s - shunting_s(rules, first), journey.trip.start_s))
            if last not in stands:
                continue
            end_s = float(journey.trip.end_s)
            if following is None:
                stands[last].append(_Stand(end_s, end_s + shunting_s(rules, last)))
            else:
                stands[last].append(_Stand(end_s, float(following.trip.start_s), journey.trip.trip_id))
    for station, at_station in stands.items():
        rests |= _rests_at(at_station, rules, station)
    return frozenset(rests)


def _rests_at(stands: list[_Stand], rules: OperatingRules, station: str) -> set[str]:
    half_s, rests = shunting_s(rules, station), set[str]()

    def rest(stand: _Stand) -> None:
        stands.remove(stand)
        stands.extend((_Stand(stand.from_s, stand.from_s + half_s), _Stand(stand.to_s - half_s, stand.to_s)))
        rests.add(str(stand.trip_id))

    longest_s = rules.longest_turnback_s.get(station, math.inf)
    for stand in [s for s in stands if s.trip_id is not None and s.to_s - s.from_s > longest_s]:
        rest(stand)
    if not rules.has_depot(station):
        return rests
    begins_s, ends_s = _ordered(stands)
    for time_s in sorted(set(begins_s)):
        while bisect_right(begins_s, time_s) - bisect_right(ends_s, time_s) > rules.turnback_tracks[station]:
            there = [stand for stand in stands if stand.from_s <= time_s < stand.to_s]
            able = [
                s
                for s in there
                if s.trip_id is not None and s.to_s - s.from_s >= 3.0 * half_s and s.to_s - half_s > time_s
            ]
            if not able:
                break
            rest(max(able, key=lambda s: (s.to_s - s.from_s, s.trip_id)))
            begins_s, ends_s = _ordered(stands)
            if sum(s.from_s <= time_s < s.to_s for s in stands) >= len(there):
                break
    return rests


def _ordered(stands: list[_Stand]) -> tuple[list[float], list[float]]:
    """When stands begin, and when they end, each in order: as many are there as have begun and not ended."""
    return sorted(stand.from_s for stand in stands), sorted(stand.to_s for stand in stands)


def shunting_s(rules: OperatingRules, station: str) -> float:
    """How long a train that comes from the depot or goes there is on a turnback track: half a turnback time."""
    return 0.5 * rules.minimum_turnback_s.get(station, 0.0)
