"""Terminal occupancy: the number of trains on turnback tracks and in depots."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema import Scenario


@dataclass(frozen=True)
class Turn:
    """A vehicle at a station between two trips; `from_s` is None before its first trip, `to_s` after its last."""

    vehicle: str
    station: str
    from_s: int | None
    to_s: int | None


@dataclass(frozen=True)
class Moment:
    """The largest number of trains at a place at the same time, and its first time."""

    trains: int
    time_s: float


Interval = tuple[float, float]


def turns_of(chains: Mapping[str, Sequence[Trip]]) -> list[Turn]:
    """All stands of all vehicles, including nights, from the trips of each vehicle in order."""
    turns = []
    for vehicle, trips in chains.items():
        turns.append(Turn(vehicle, trips[0].stations[0], None, trips[0].start_s))
        turns += [Turn(vehicle, before.stations[-1], before.end_s, after.start_s) for before, after in pairwise(trips)]
        turns.append(Turn(vehicle, trips[-1].stations[-1], trips[-1].end_s, None))
    return turns


def depot_capacity(scenario: Scenario) -> dict[str, int] | None:
    """Capacity of the depots at each station; None if the scenario has no depots: trains may stay at every station."""
    if not scenario.depots:
        return None
    capacity: dict[str, int] = {}
    for depot in scenario.depots:
        capacity[depot.station] = capacity.get(depot.station, 0) + depot.capacity
    return capacity


@dataclass(frozen=True)
class TerminalRoom:
    """The tracks of a terminal, and how long trains occupy them.

    A train that stands for more than `depot_beyond_s` between two trips goes to the depot (infinity: it never does). A
    train from or to a depot, or before its first or after its last trip, occupies a track for `shunting_s`. A track is
    occupied until `clearing_s` after a departure.
    """

    tracks: int
    shunting_s: float
    clearing_s: float
    depot_beyond_s: float


def terminal_rooms(scenario: Scenario) -> dict[str, TerminalRoom]:
    """The room of each terminal."""
    capacity = depot_capacity(scenario)
    rooms: dict[str, TerminalRoom] = {}
    for station, terminal in scenario.terminals.items():
        beyond_s = float("inf")
        if terminal.maximum_turnback_s is not None:
            beyond_s = terminal.maximum_turnback_s
        elif capacity is None or station in capacity:
            beyond_s = scenario.operation.depot_after_s
        rooms[station] = TerminalRoom(
            tracks=terminal.tracks,
            shunting_s=scenario.operation.depot_shunting_share * terminal.turnback_s,
            clearing_s=scenario.operation.track_clearing_s,
            depot_beyond_s=beyond_s,
        )
    return rooms


def goes_to_depot(turn: Turn, scenario: Scenario) -> bool:
    """Whether the train leaves the turnback track because its stand between two trips is long."""
    return _leaves_tracks(turn, terminal_rooms(scenario)[turn.station])


def _leaves_tracks(turn: Turn, room: TerminalRoom) -> bool:
    return turn.from_s is not None and turn.to_s is not None and turn.to_s - turn.from_s > room.depot_beyond_s


def on_tracks(turns: Iterable[Turn], scenario: Scenario, station: str) -> list[Interval]:
    """The times when trains occupy the turnback tracks of one station, until the track is clear after a departure."""
    return occupied(turns, terminal_rooms(scenario)[station], station)


def occupied(turns: Iterable[Turn], room: TerminalRoom, station: str) -> list[Interval]:
    """As `on_tracks`, with the room of the station."""
    intervals: list[Interval] = []
    for turn in turns:
        if turn.station != station:
            continue
        if turn.from_s is not None and turn.to_s is not None and not _leaves_tracks(turn, room):
            intervals.append((turn.from_s, turn.to_s + room.clearing_s))
            continue
        if turn.from_s is not None:
            intervals.append((turn.from_s, turn.from_s + room.shunting_s))
        if turn.to_s is not None:
            intervals.append((turn.to_s - room.shunting_s, turn.to_s + room.clearing_s))
    return intervals


def in_depot(turns: Iterable[Turn], scenario: Scenario, station: str) -> list[Interval]:
    """The times when trains are in the depots of one station, including nights."""
    return [
        (float("-inf") if turn.from_s is None else turn.from_s, float("inf") if turn.to_s is None else turn.to_s)
        for turn in turns
        if turn.station == station and (turn.from_s is None or turn.to_s is None or goes_to_depot(turn, scenario))
    ]


def busiest_moment(intervals: Iterable[Interval]) -> Moment:
    """The largest number of overlapping intervals; an interval that ends in a second does not overlap one that begins
    in this second."""
    events: list[tuple[float, int]] = []
    for begin, end in intervals:
        if end > begin:
            events += [(begin, 1), (end, -1)]
    best, count = Moment(0, 0.0), 0
    for time, change in sorted(events):
        count += change
        if count > best.trains:
            best = Moment(count, time)
    return best


def terminal_excess_s(timetable: Timetable, scenario: Scenario) -> float:
    """Terminal occupancy excess: train-seconds of trains at terminals above the number of tracks."""
    turns = turns_of(timetable.duties())
    total_s = 0.0
    for station, terminal in scenario.terminals.items():
        standing = on_tracks(turns, scenario, station)
        events = sorted([(begin, 1) for begin, _ in standing] + [(end, -1) for _, end in standing])
        count = 0
        for (time, change), (following, _) in pairwise(events):
            count += change
            total_s += max(count - terminal.tracks, 0) * (following - time)
    return total_s
