"""Running times that every train type of a fleet can keep, so that every vehicle can work every duty."""

from collections.abc import Iterator, Mapping
from math import ceil

from dispatch.energy.planned_movements import sections_of
from dispatch.plans.timetable import Timetable
from dispatch.rostering.vehicle_assignment import FleetType
from scenarios.schema.base import DIRECTIONS, Direction

MARGIN_S = 0.5
"""Reserve above the minimum running time of a type; the search uses the same reserve for the main type."""


def shortest_for_all(fleet_types: Mapping[str, FleetType], timetable: Timetable) -> dict[Direction, tuple[int, ...]]:
    """Running times in whole seconds that every type of a fleet can keep with its largest load, in order of travel.

    Empty for a fleet of one type.
    """
    if len(fleet_types) < 2:
        return {}
    fullest = _fullest(fleet_types, timetable)
    return {
        direction: tuple(
            max(ceil(_needed_s(fleet_type, direction, k, load) + MARGIN_S) for fleet_type in fleet_types.values())
            for k, (load, _) in enumerate(fullest[direction])
        )
        for direction in DIRECTIONS
    }


def too_slow(fleet_types: Mapping[str, FleetType], timetable: Timetable) -> Iterator[str]:
    """For each section, the types that cannot keep the running times of a timetable with its loads."""
    fullest = _fullest(fleet_types, timetable)
    for name, fleet_type in fleet_types.items():
        for direction in DIRECTIONS:
            for k, (load, running_s) in enumerate(fullest[direction]):
                needed_s = _needed_s(fleet_type, direction, k, load)
                if needed_s > running_s:
                    yield (
                        f"{name} needs {needed_s:.1f} s for {fleet_type.library.sections[direction][k].name}; "
                        f"the timetable has {running_s} s"
                    )


def _fullest(fleet_types: Mapping[str, FleetType], timetable: Timetable) -> dict[Direction, list[tuple[float, int]]]:
    """For each section in order of travel, the largest planned load and the smallest running time in s."""
    library = next(iter(fleet_types.values())).library
    found: dict[Direction, list[tuple[float, int]]] = {}
    for direction in DIRECTIONS:
        loads = [0.0] * len(library.sections[direction])
        times = [10**6] * len(loads)
        for trip in timetable.of(direction):
            for k, section, _ in sections_of(trip, library):
                loads[section] = max(loads[section], trip.passengers[k])
                times[section] = min(times[section], trip.running_time_s(k))
        found[direction] = list(zip(loads, times, strict=True))
    return found


def _needed_s(fleet_type: FleetType, direction: Direction, section: int, passengers: float) -> float:
    """The running time that a type needs with a load, at least the minimum running time of the checker."""
    return max(
        fleet_type.shortest_s[direction][section], fleet_type.library.minimum_time_s(direction, section, passengers)
    )
