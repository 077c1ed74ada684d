"""Trains at terminals: on a turnback track or in a depot, how many at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dispatch.timetable import Timetable, Trip
from scenarios.schema import Scenario

DEPOT_AFTER_S = 900
"""Where a terminal sets no longest turnback, a train that stands longer than this is taken to the depot (assumed)."""


CLEARING_S = 45
"""From a departure from a turnback track until the next train may arrive on it without braking for it (assumed; the
simulated day finds 44 s on the Yizhuang line)."""


@dataclass(frozen=True)
class Turn:
    """A vehicle at a station between two trips; `from_s` None: it comes from its night, `to_s` None: it goes to it."""

    vehicle: str
    station: str
    from_s: int | None
    to_s: int | None


@dataclass(frozen=True)
class Moment:
    """The largest number of trains somewhere at once, and when it is first reached."""

    trains: int
    time_s: float


Interval = tuple[float, float]


def turns_of(chains: Mapping[str, Sequence[Trip]]) -> list[Turn]:
    """Every stand of every vehicle, nights included, from the trips of each vehicle in order."""
    turns = []
    for vehicle, trips in chains.items():
        turns.append(Turn(vehicle, trips[0].stations[0], None, trips[0].start_s))
        turns += [Turn(vehicle, before.stations[-1], before.end_s, after.start_s) for before, after in pairwise(trips)]
        turns.append(Turn(vehicle, trips[-1].stations[-1], trips[-1].end_s, None))
    return turns


def depot_capacity(scenario: Scenario) -> dict[str, int] | None:
    """Trains that the depots at each station hold; None when the scenario has no depots: trains may rest anywhere."""
    if not scenario.depots:
        return None
    capacity: dict[str, int] = {}
    for depot in scenario.depots:
        capacity[depot.station] = capacity.get(depot.station, 0) + depot.capacity
    return capacity


def goes_to_depot(turn: Turn, scenario: Scenario) -> bool:
    """Whether a stand between two trips is so long that the train leaves the turnback track."""
    if turn.from_s is None or turn.to_s is None:
        return False
    longest = scenario.terminals[turn.station].maximum_turnback_s
    if longest is not None:
        return turn.to_s - turn.from_s > longest
    capacity = depot_capacity(scenario)
    return (capacity is None or turn.station in capacity) and turn.to_s - turn.from_s > DEPOT_AFTER_S


def on_tracks(turns: Iterable[Turn], scenario: Scenario, station: str) -> list[Interval]:
    """When trains hold the turnback tracks of one station: until they have cleared them after their departure.

    A train that comes from or goes to a depot or its night stands there for half a turnback time.
    """
    half = scenario.terminals[station].turnback_s / 2
    intervals: list[Interval] = []
    for turn in turns:
        if turn.station != station:
            continue
        if turn.from_s is not None and turn.to_s is not None and not goes_to_depot(turn, scenario):
            intervals.append((turn.from_s, turn.to_s + CLEARING_S))
            continue
        if turn.from_s is not None:
            intervals.append((turn.from_s, turn.from_s + half))
        if turn.to_s is not None:
            intervals.append((turn.to_s - half, turn.to_s + CLEARING_S))
    return intervals


def in_depot(turns: Iterable[Turn], scenario: Scenario, station: str) -> list[Interval]:
    """When trains of the day rest at one station, nights included."""
    return [
        (float("-inf") if turn.from_s is None else turn.from_s, float("inf") if turn.to_s is None else turn.to_s)
        for turn in turns
        if turn.station == station and (turn.from_s is None or turn.to_s is None or goes_to_depot(turn, scenario))
    ]


def busiest_moment(intervals: Iterable[Interval]) -> Moment:
    """The largest number of intervals that overlap; one that ends in a second makes room for one that begins in it."""
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


def crowding_s(timetable: Timetable, scenario: Scenario) -> float:
    """For how many train-seconds trains come to terminals whose tracks are taken."""
    chains: dict[str, list[Trip]] = {}
    for trip in sorted(timetable.trips, key=lambda trip: trip.start_s):
        chains.setdefault(trip.vehicle, []).append(trip)
    turns = turns_of(chains)
    total_s = 0.0
    for station, terminal in scenario.terminals.items():
        standing = on_tracks(turns, scenario, station)
        events = sorted([(begin, 1) for begin, _ in standing] + [(end, -1) for _, end in standing])
        count = 0
        for (time, change), (following, _) in pairwise([*events, events[-1]]):
            count += change
            total_s += max(count - terminal.tracks, 0) * (following - time)
    return total_s
