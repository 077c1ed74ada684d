"""What was inferred from published times: means by section, the table and the sentences of the import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from statistics import fmean

from scenarios.imports.line import ImportedLine, SeenTrip
from scenarios.imports.patterns import trip_list
from scenarios.schema.base import Direction


@dataclass(frozen=True)
class SectionChange:
    """What was inferred for a section and the dwell at its end: means over the trips, and the largest change of a
    published time, in s. Means of published values are None where no trip has them."""

    direction: Direction
    here: str
    there: str
    published_run_s: float | None
    run_s: float
    published_dwell_s: float | None
    dwell_s: float
    largest_change_s: int
    beyond_resolution_s: int


def section_changes(
    line: ImportedLine, direction: Direction, trips: Sequence[SeenTrip], done: Mapping[str, SeenTrip],
    beyond: Mapping[str, int],
) -> list[SectionChange]:  # fmt: skip
    """The sections of a direction with means over the trips before and after; `beyond` has the seconds beyond the
    resolution by trip."""
    order = line.order(direction)
    found = []
    for here, there in pairwise(order):
        runs: tuple[list[float], list[float]] = ([], [])
        dwells: tuple[list[float], list[float]] = ([], [])
        largest = beyond_s = 0
        for trip in trips:
            if here not in trip.stations[:-1]:
                continue
            k = trip.stations.index(here)
            if k + 1 >= len(trip.stations):
                continue
            now = done[trip.trip_id]
            runs[0].append(trip.arrival_s[k + 1] - trip.departure_s[k])
            runs[1].append(now.arrival_s[k + 1] - now.departure_s[k])
            beyond_s = max(beyond_s, beyond[trip.trip_id])
            if k + 2 < len(trip.stations):
                dwells[0].append(trip.departure_s[k + 1] - trip.arrival_s[k + 1])
                dwells[1].append(now.departure_s[k + 1] - now.arrival_s[k + 1])
            moved = now.departure_s[k + 1] - trip.departure_s[k + 1]
            largest = max(largest, abs(round(moved)) if isfinite(moved) else 0)
        found.append(
            SectionChange(
                direction, here, there, _mean(runs[0]), _mean(runs[1]) or 0.0, _mean(dwells[0]),
                _mean(dwells[1]) or 0.0, largest, beyond_s,
            )
        )  # fmt: skip
    return found


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if isfinite(value)]
    return fmean(known) if known else None


def change_notes(changes: Sequence[SectionChange], resolution_s: int, dwell_s: int) -> list[str]:
    """Sentences about the resolution, the moved departures and the new dwells."""
    rounded = (
        f"the published times are multiples of {resolution_s} s" if resolution_s > 1 else "the times are in seconds"
    )
    largest = max((change.largest_change_s for change in changes), default=0)
    moved = [change for change in changes if change.largest_change_s]
    new_dwells = [change for change in changes if change.dwell_s and not change.published_dwell_s]
    notes = []
    if moved:
        notes.append(
            f"{rounded}: running times and dwells were fitted to them; a departure moved by up to {largest} s, the "
            "mean one-way time of each hour stays (table at the head of scenario.yaml)"
        )
    else:
        notes.append(f"{rounded}; every published departure stays")
    if new_dwells:
        notes.append(
            f"{len({change.there for change in new_dwells})} stations have no dwell in the timetable: about "
            f"{dwell_s} s of the time to the next departure are dwell there"
        )
    beyond = [change for change in changes if change.beyond_resolution_s]
    if beyond:
        notes.append(
            "some times moved by more than the resolution, because the train cannot run the published times of single "
            "sections: " + trip_list(f"{change.here} to {change.there}" for change in beyond if change.largest_change_s)
        )
    return notes


def change_table(line: ImportedLine, changes: Sequence[SectionChange]) -> list[str]:
    """The inferred sections as lines of text, without sections that stayed as published."""
    names = {station.id: station.name for station in line.stations}
    rows = []
    for one in changes:
        before = "-" if one.published_run_s is None else f"{one.published_run_s:.1f}"
        stood = "-" if one.published_dwell_s is None else f"{one.published_dwell_s:.1f}"
        if one.largest_change_s or before != f"{one.run_s:.1f}" or (stood not in ("-", f"{one.dwell_s:.1f}")):
            rows.append(
                f"{one.direction} {names[one.here]} - {names[one.there]}: running time {before} -> {one.run_s:.1f} s, "
                f"dwell then {stood} -> {one.dwell_s:.1f} s, a departure moved by up to {one.largest_change_s} s"
            )
    return ["Means over the trips, published -> inferred:", *rows] if rows else []
