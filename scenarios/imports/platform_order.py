"""Trains one behind the other: each arrives at a station after the train ahead has left it, and none overtakes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from energy_models.faults import Fault, InputFaults
from scenarios.imports.line import ImportedLine, SeenTrip
from scenarios.imports.patterns import trip_list
from scenarios.schema.base import DIRECTIONS

FREE_FOR_S = 15
"""Time from a departure to the next arrival at a platform that is aimed at (assumed)."""
LEAST_DWELL_S = 20


def one_behind_the_other(line: ImportedLine) -> ImportedLine:
    """The line with arrivals after the departure of the train ahead: a train that would arrive earlier runs longer and
    dwells shorter, and departs as before.

    The trips have whole seconds at every stop. Raises InputFaults for trains that overtake another one.
    """
    arrivals: dict[str, dict[str, float]] = {}
    faults: list[Fault] = []
    for direction in DIRECTIONS:
        trips = line.trips_in(direction)
        for here, there in pairwise(line.order(direction)):
            calls = [(trip, k) for trip in trips if (k := _position(trip, here)) is not None]
            calls.sort(key=lambda call: (call[0].departure_s[call[1]], call[0].trip_id))
            for (ahead, i), (behind, k) in pairwise(calls):
                _follow(ahead, i, behind, k, there, arrivals, faults)
    if faults:
        raise InputFaults(faults)
    if not arrivals:
        return line
    note = (
        f"{len(arrivals)} trips would arrive at a station before the train ahead has left it: they run longer and "
        f"dwell shorter there: {trip_list(arrivals)}"
    )
    return line.with_trips([_arriving(trip, arrivals.get(trip.trip_id, {})) for trip in line.trips], [note])


def _position(trip: SeenTrip, station: str) -> int | None:
    """Where a trip leaves a station; None if it does not."""
    return trip.stations.index(station) if station in trip.stations[:-1] else None


def _follow(
    ahead: SeenTrip, i: int, behind: SeenTrip, k: int, there: str, arrivals: dict[str, dict[str, float]],
    faults: list[Fault],
) -> None:  # fmt: skip
    """Let a train arrive at the next station after the train ahead of it has left."""
    free_s, arrival_s, leaves_s = ahead.departure_s[i + 1], behind.arrival_s[k + 1], behind.departure_s[k + 1]
    ends_here = k + 2 == len(behind.stations)
    is_last_of_ahead = i + 2 == len(ahead.stations)
    if not is_last_of_ahead and not ends_here and leaves_s <= free_s:
        value = f"trip {behind.trip_id} leaves {there} not after trip {ahead.trip_id}, which is ahead of it"
        allowed = "trains of one direction in one order at every station: Headwatt does not plan overtaking"
        faults.append(Fault("", "", "overtaking", value, allowed))
        return
    if arrival_s >= free_s + FREE_FOR_S or is_last_of_ahead or ends_here:
        return
    later_s = min(free_s + FREE_FOR_S, leaves_s - min(LEAST_DWELL_S, leaves_s - arrival_s))
    if later_s > arrival_s:
        arrivals.setdefault(behind.trip_id, {})[there] = later_s


def _arriving(trip: SeenTrip, at: Mapping[str, float]) -> SeenTrip:
    times: Sequence[float] = [
        at.get(station, time_s) for station, time_s in zip(trip.stations, trip.arrival_s, strict=True)
    ]
    return replace(trip, arrival_s=tuple(times))
