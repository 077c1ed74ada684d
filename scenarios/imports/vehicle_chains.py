"""Vehicles of a timetable: the chains that the timetable gives, and the fleet that its trips need."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import pairwise

from scenarios.imports.patterns import SeenTrip
from scenarios.schema.base import seconds_to_clock

SHORTEST_TURN_S = 30
"""Shortest time from an arrival to the departure of the same vehicle in a chain that a vehicle can run."""


@dataclass(frozen=True)
class Turning:
    """How trains turn: shortest turnback by station, the longest stand on a track before a train goes to the depot, the
    time on a track on the way to or from a depot by station, and the time until a left track is clear; in s."""

    turnback_s: Mapping[str, float]
    longest_stand_s: float = 900.0
    shunting_s: Mapping[str, float] = field(default_factory=dict)
    clearing_s: float = 45.0


@dataclass(frozen=True)
class FleetNeed:
    """The fleet that trips need: vehicles in all, vehicles that begin at each station, and the most vehicles on the
    tracks of a station at one time."""

    vehicles: int
    begin_at: dict[str, int]
    standing: dict[str, int]


def with_possible_chains(trips: Sequence[SeenTrip]) -> tuple[list[SeenTrip], list[str]]:
    """The trips with their vehicles if one vehicle can run each chain, otherwise without vehicles, and a note."""
    names = {trip.vehicle for trip in trips if trip.vehicle}
    if not names:
        return list(trips), []
    without = [replace(trip, vehicle="") for trip in trips]
    given = f"the timetable names {len(names)} vehicles (blocks) for {len(trips)} trips"
    derived = "the fleet was derived from the trips"
    if any(not trip.vehicle for trip in trips):
        missing = sum(not trip.vehicle for trip in trips)
        return without, [f"{given}, but {missing} trips have none: {derived}"]
    if any(trip.of_frequency for trip in trips):
        return without, [f"{given} of frequencies, which one vehicle cannot run: {derived}"]
    if len(names) == len(trips):
        return without, [f"{given}, one for each trip, which is not a chain: {derived}"]
    chains: dict[str, list[SeenTrip]] = defaultdict(list)
    for trip in sorted(trips, key=lambda trip: trip.departure_s[0]):
        chains[trip.vehicle].append(trip)
    for vehicle, chain in chains.items():
        for before, after in pairwise(chain):
            if before.stations[-1] != after.stations[0]:
                why = f"trip {before.trip_id} ends at {before.stations[-1]}, {after.trip_id} begins at another station"
            elif after.departure_s[0] - before.arrival_s[-1] < SHORTEST_TURN_S:
                why = (
                    f"trip {before.trip_id} arrives at {seconds_to_clock(before.arrival_s[-1])}, {after.trip_id} "
                    f"departs at {seconds_to_clock(after.departure_s[0])}"
                )
            else:
                continue
            return without, [f"{given}, but vehicle {vehicle} cannot run its trips ({why}): {derived}"]
    return list(trips), [f"{len(names)} vehicles run the trips in the chains of the timetable"]


def shortest_turns_s(trips: Sequence[SeenTrip]) -> dict[str, int]:
    """The shortest time between two trips of one vehicle at each station, if the trips have vehicles."""
    chains: dict[str, list[SeenTrip]] = defaultdict(list)
    for trip in sorted(trips, key=lambda trip: trip.departure_s[0]):
        if trip.vehicle:
            chains[trip.vehicle].append(trip)
    found: dict[str, int] = {}
    for chain in chains.values():
        for before, after in pairwise(chain):
            turn_s = int(after.departure_s[0] - before.arrival_s[-1])
            found[after.stations[0]] = min(turn_s, found.get(after.stations[0], turn_s))
    return found


def fleet_need(trips: Sequence[SeenTrip], turning: Turning) -> FleetNeed:
    """The smallest fleet: each departure uses the vehicle that has been ready longest at its station, otherwise a new
    vehicle that begins there. Trips with vehicles keep their vehicles."""
    chained = all(trip.vehicle for trip in trips)
    ready: dict[str, list[tuple[float, float]]] = defaultdict(list)
    at: dict[str, float] = {}
    begin_at: dict[str, int] = defaultdict(int)
    stands: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for trip in sorted(trips, key=lambda trip: (trip.departure_s[0], trip.trip_id)):
        first, last, leaves_s, comes_s = trip.stations[0], trip.stations[-1], trip.departure_s[0], trip.arrival_s[-1]
        if chained:
            came_s = at.get(trip.vehicle)
            at[trip.vehicle] = comes_s
        else:
            came_s = heappop(ready[first])[1] if ready[first] and ready[first][0][0] <= leaves_s else None
            heappush(ready[last], (comes_s + turning.turnback_s[last], comes_s))
        begin_at[first] += came_s is None
        stands[first].append((came_s, leaves_s))
        if chained:
            stands[last].append((comes_s, None))
            if came_s is not None:
                stands[first].remove((came_s, None))
    for station, waiting in ready.items():
        stands[station] += [(came_s, None) for _, came_s in waiting]
    return FleetNeed(
        sum(begin_at.values()),
        {station: number for station, number in begin_at.items() if number},
        {station: _most_at_once(_on_tracks(found, station, turning)) for station, found in stands.items()},
    )


def _on_tracks(
    stands: Sequence[tuple[float | None, float | None]], station: str, turning: Turning
) -> Iterator[tuple[float, float]]:
    """The times when vehicles are on the tracks of a station; a long stand, a night and the time before the first trip
    are in the depot."""
    shunting_s = turning.shunting_s.get(station, 0.0)
    for came_s, leaves_s in stands:
        if came_s is not None and leaves_s is not None and leaves_s - came_s <= turning.longest_stand_s:
            yield came_s, leaves_s + turning.clearing_s
            continue
        if came_s is not None:
            yield came_s, came_s + shunting_s
        if leaves_s is not None:
            yield leaves_s - shunting_s, leaves_s + turning.clearing_s


def _most_at_once(intervals: Iterable[tuple[float, float]]) -> int:
    events = sorted(event for begin, end in intervals for event in ((begin, 1), (end, -1)))
    most = count = 0
    for _, change in events:
        count += change
        most = max(most, count)
    return most
