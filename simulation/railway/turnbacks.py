"""Turnbacks and depots: tracks at terminals, and vehicles that start a duty, turn, stay in a depot, and end a duty.

A turnback track is occupied from the time when a train would have to brake for the signal before the track until the
train has cleared the points on its next trip. A train from or to a depot occupies a track for half a turnback time (as
in the checker). A train without a free track waits before the terminal.
"""

import math
from bisect import bisect_right
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

from simulation.railway.operating_rules import OperatingRules
from simulation.railway.train_order import TrainOrder
from simulation.railway.trip_run import Duty, Journey


@dataclass(frozen=True)
class Withdrawal:
    """The early end of a duty; `spare_s` after the arrival a spare is ready, None without one."""

    spare_ready_after_s: float | None


class VehicleEvents(Protocol):
    """The disturbances of a vehicle outside its runs: late pull-outs, and failures that end its duty."""

    def withdrawal(self, journey: Journey) -> Withdrawal | None:
        """The withdrawal after a trip; None if the vehicle continues its duty."""
        ...

    def pull_out_s(self, duty: Duty) -> float:
        """Time in s of the day when the vehicle is ready at the first station of its duty; -inf without a delay."""
        ...


class AlwaysReady:
    """No vehicle is late or fails."""

    def withdrawal(self, journey: Journey) -> Withdrawal | None:  # noqa: ARG002
        """No vehicle is withdrawn."""
        return None

    def pull_out_s(self, duty: Duty) -> float:  # noqa: ARG002
        """No vehicle is late."""
        return -math.inf


class TurnbackTracks:
    """The tracks of one terminal, with the trains that occupy a track or wait for one.

    `points` is the shared resource of trains in and out; None if their routes do not cross.

    Trains leave in the order of the timetable. If this order would block the terminal (each track has a train
    that must follow a train without a track), the train on a track with the earliest departure goes first.
    """

    def __init__(self, env: simpy.Environment, tracks: int, order: TrainOrder, shared_points: bool = False) -> None:
        self.env = env
        self.points = simpy.Resource(env, capacity=1) if shared_points else None
        self._resource = simpy.Resource(env, capacity=tracks)
        self._order = order
        self._waiting_for_order: list[Journey] = []

    @property
    def taken(self) -> int:
        """Number of occupied tracks."""
        return self._resource.count

    def request(self) -> "TrackRequest":
        """Request a track; first come, first served."""
        request = TrackRequest(self._resource)
        self.settle()
        return request

    def begins_to_wait(self, journey: Journey) -> None:
        """A train on a track is ready, but must follow another train that has not left yet."""
        self._waiting_for_order.append(journey)
        self.settle()

    def ends_to_wait(self, journey: Journey) -> None:
        """The train may leave in the order."""
        self._waiting_for_order.remove(journey)

    def settle(self) -> None:
        """Allow a train to leave out of order if the terminal would otherwise be blocked."""
        if not self._resource.queue or len(self._waiting_for_order) < self._resource.capacity:
            return
        first = min(self._waiting_for_order, key=lambda journey: (journey.trip.start_s, journey.trip.trip_id))
        ahead = self._order.ahead(first, 0)
        while ahead is not None and not ahead[0].has_left(ahead[1]):
            self._order.let_pass(first, ahead[0])
            ahead[0].reconsider()
            ahead = self._order.ahead(first, 0)


class TrackRequest:
    """The request of one train for a turnback track, or for the points before the tracks."""

    def __init__(self, resource: simpy.Resource) -> None:
        self._resource = resource
        self._request = resource.request()

    @property
    def event(self) -> simpy.Event | None:
        """The event of the grant; None if it is granted."""
        return None if self._request.triggered else self._request

    def release(self) -> None:
        """Release the track or the points."""
        self._resource.release(self._request)


class TerminalGate:
    """The entry of a terminal for one train: `track` is its request.

    With shared points, the train also needs the points after the track, until it stops: so no train occupies the
    points while it waits for a track that another train can leave only over the points.
    """

    def __init__(self, tracks: TurnbackTracks) -> None:
        self._tracks = tracks
        self.track: TrackRequest | None = None
        self._points: TrackRequest | None = None

    def request(self) -> simpy.Event | None:
        """Request the entry, once: None if it is free at once, otherwise the event of the entry becoming free."""
        self.track = self._tracks.request()
        if self._tracks.points is None:
            return self.track.event
        if self.track.event is not None:
            return self._tracks.env.process(self._come_over_points(self.track.event))
        self._points = TrackRequest(self._tracks.points)
        return self._points.event

    def stands(self) -> None:
        """Record that the train has stopped on its track: the points are free again."""
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
    """The earliest departure of the vehicle of a finished journey: the minimum turnback after its arrival."""
    return journey.arrival_s[-1] + rules.turnback_after_s(journey.trip)


@dataclass
class _Stand:
    """A planned stand on a turnback track; `trip_id` is the trip before the stand if the train turns back."""

    from_s: float
    to_s: float
    trip_id: str | None = None


def depot_rests(duties: Iterable[Duty], rules: OperatingRules) -> frozenset[str]:
    """Trips after which the vehicle goes to a depot until its next trip.

    A vehicle goes to the depot if its stand is longer than the longest turnback of the terminal. If the timetable has
    more trains at a terminal than tracks, the train with the longest stand that leaves enough time (half a turnback
    each to enter, to stay and to leave) goes to the depot. At a terminal without a depot, trains stay on the tracks.
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
    """Start times and end times of stands, each in order; their difference in number gives the occupancy."""
    return sorted(stand.from_s for stand in stands), sorted(stand.to_s for stand in stands)


def shunting_s(rules: OperatingRules, station: str) -> float:
    """Time of a train from or to the depot on a turnback track."""
    return rules.operation.depot_shunting_share * rules.minimum_turnback_s.get(station, 0.0)
