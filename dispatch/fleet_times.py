"""Running times that every train type of a fleet can keep, so that any vehicle may work any duty."""

from collections.abc import Iterator, Mapping
from math import ceil

from dispatch.check import CheckReport
from dispatch.timetable import DIRECTIONS, Direction, Timetable
from dispatch.traffic import first_section
from dispatch.vehicle_choice import Kind
from energy_models.faults import Infeasible

MARGIN_S = 0.5
"""Above the shortest time in which a type can run a section; the search leaves the main type as much."""
TOLD = 8
RULE = "minimum-running-time"


def shortest_for_all(kinds: Mapping[str, Kind], timetable: Timetable) -> dict[Direction, tuple[int, ...]]:
    """Whole seconds that every type of a fleet can run each section in, in order of travel, with its fullest load.

    With one type there is nothing to hold against it: an empty mapping.
    """
    if len(kinds) < 2:
        return {}
    fullest = _fullest(kinds, timetable)
    return {
        direction: tuple(
            max(ceil(_needed_s(kind, direction, k, load) + MARGIN_S) for kind in kinds.values())
            for k, (load, _) in enumerate(fullest[direction])
        )
        for direction in DIRECTIONS
    }


def refuse_too_fast(report: CheckReport, kinds: Mapping[str, Kind], timetable: Timetable) -> None:
    """Raise `Infeasible` where a mixed fleet's plan is left with trips that their vehicles are too slow for.

    `timetable` holds the times to which trips may go back: what no choice of vehicles and no retiming could mend lies
    there.
    """
    broken = [violation for violation in report.violations if violation.rule == RULE]
    if len(kinds) < 2 or not broken:
        return
    reasons = [*_too_slow(kinds, timetable), *(violation.sentence for violation in broken)]
    more = [f"{len(reasons) - TOLD} more of this kind"] if len(reasons) > TOLD else []
    raise Infeasible(["no choice of vehicles keeps the shortest running times of their types", *reasons[:TOLD], *more])


def _too_slow(kinds: Mapping[str, Kind], timetable: Timetable) -> Iterator[str]:
    """The types that cannot keep the times of a timetable with its loads, section by section."""
    fullest = _fullest(kinds, timetable)
    for name, kind in kinds.items():
        for direction in DIRECTIONS:
            for k, (load, running_s) in enumerate(fullest[direction]):
                needed_s = _needed_s(kind, direction, k, load)
                if needed_s > running_s:
                    yield (
                        f"{name} needs {needed_s:.1f} s for {kind.library.sections[direction][k].name}; the timetable "
                        f"gives {running_s} s"
                    )


def _fullest(kinds: Mapping[str, Kind], timetable: Timetable) -> dict[Direction, list[tuple[float, int]]]:
    """For each section in order of travel the largest planned load, and the least running time in s."""
    library = next(iter(kinds.values())).library
    found: dict[Direction, list[tuple[float, int]]] = {}
    for direction in DIRECTIONS:
        loads = [0.0] * len(library.sections[direction])
        times = [10**6] * len(loads)
        for trip in timetable.of(direction):
            first = first_section(trip, library)
            for k, passengers in enumerate(trip.passengers):
                loads[first + k] = max(loads[first + k], passengers)
                times[first + k] = min(times[first + k], trip.running_time_s(k))
        found[direction] = list(zip(loads, times, strict=True))
    return found


def _needed_s(kind: Kind, direction: Direction, section: int, passengers: float) -> float:
    """What a type needs for a section with so many passengers, and at least what the checker asks of it."""
    return max(kind.shortest_s[direction][section], kind.library.minimum_time_s(direction, section, passengers))
