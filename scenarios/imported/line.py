"""A line as a published timetable shows it: stations, running times, dwells and departures of one service day."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from energy_models.faults import Fault, InputFaults
from scenarios.located import scalar
from scenarios.schema.base import DIRECTIONS, Direction

SOURCE_KEY = "TIMETABLE"
"""Key under which a scenario's sources name the timetable that it began with."""
LONGEST_IDENTIFIER = 40
SPREAD_TOLD_S = 15
"""Running times that differ by more than this over the day are told."""


@dataclass(frozen=True)
class SeenTrip:
    """One trip of a published timetable, stations in order of travel, times in s from the service day's midnight."""

    trip_id: str
    stations: tuple[str, ...]
    arrival_s: tuple[float, ...]
    departure_s: tuple[float, ...]
    vehicle: str = ""


@dataclass(frozen=True)
class ImportedStation:
    """A station; what the timetable does not tell is None."""

    id: str
    name: str
    chainage_m: float | None = None
    dwell_s: int | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None


@dataclass(frozen=True)
class ImportedLine:
    """What a timetable tells about a line. Running times are in order of travel, departures rise.

    `running_times_hold_dwells`: the timetable has one time a stop, so that running times last until the departure.
    `vehicles` is the number of vehicles that the timetable names, None if it names none.
    """

    title: str
    stations: tuple[ImportedStation, ...]
    running_time_s: Mapping[Direction, tuple[int, ...]]
    departure_s: Mapping[Direction, tuple[int, ...]]
    running_times_hold_dwells: bool
    vehicles: int | None
    source: str
    origin_of_chainage: str
    notes: tuple[str, ...] = field(default=())

    def offsets_s(self, direction: Direction) -> tuple[int, ...]:
        """Departure from each station after the departure from the terminal; the arrival at the last."""
        stations = self.stations if direction == "up" else self.stations[::-1]
        offsets = [0]
        for station, running_s in zip(stations[1:], self.running_time_s[direction], strict=True):
            offsets.append(offsets[-1] + running_s + (station.dwell_s or 0))
        offsets[-1] -= stations[-1].dwell_s or 0
        return tuple(offsets)


def identifiers(keys: Iterable[str]) -> dict[str, str]:
    """Identifiers as the scenario language allows them, each once, and text also where a table would see a number."""
    found: dict[str, str] = {}
    for number, key in enumerate(keys, start=1):
        text = re.sub(r"[^A-Za-z0-9_\-]+", "_", key).strip("_")[:LONGEST_IDENTIFIER] or f"S{number:02d}"
        if str(scalar(text)) != text:
            text = f"S{text}"[:LONGEST_IDENTIFIER]
        if text in found.values():
            ending = f"_{number}"
            text = text[: LONGEST_IDENTIFIER - len(ending)] + ending
        found[key] = text
    return found


def readable_name(text: str) -> str:
    """A name on one line, and text also where a table would see a number."""
    name = " ".join(text.split())
    return name if isinstance(scalar(name), str) else f"Station {name}"


def main_pattern(
    trips: Sequence[SeenTrip], names: Mapping[str, str], file: str, first: str | None = None
) -> tuple[str, ...]:
    """The stations of the line in direction up: the pattern, run both ways, with the most stops served over the day.

    `first` is the station where up begins; by default the pattern's own trips come first in the timetable. Raises
    InputFaults when no pattern is run in both directions.
    """
    counts = Counter(trip.stations for trip in trips)
    both_ways = [pattern for pattern in counts if pattern[::-1] in counts and pattern[0] != pattern[-1]]
    if not both_ways:
        shown = [f"{_words(pattern, names)}: {number} trips" for pattern, number in counts.most_common(8)]
        allowed = "a line whose trains run the same stations up and down; loops and branches are not planned"
        raise InputFaults([Fault(file, "", "stations", text, allowed) for text in shown or ["no trips"]])
    served = {pattern: (counts[pattern] + counts[pattern[::-1]]) * len(pattern) for pattern in both_ways}
    best = max(both_ways, key=lambda pattern: (served[pattern], len(pattern)))
    if first is None:
        return next(trip.stations for trip in trips if trip.stations in (best, best[::-1]))
    ends = {best[0]: best, best[-1]: best[::-1]}
    wanted = [end for end in ends if first.casefold() in (end.casefold(), names.get(end, "").casefold())]
    if not wanted:
        allowed = " or ".join(f"{end} ({names.get(end, end)})" for end in ends) + ", an end of the line"
        raise InputFaults([Fault(file, "", "up-from", first, allowed)])
    return ends[wanted[0]]


def seen_line(
    trips: Sequence[SeenTrip],
    stations: Sequence[ImportedStation],
    *,
    title: str,
    source: str,
    origin_of_chainage: str,
    notes: Iterable[str] = (),
) -> ImportedLine:
    """The line of those stations (in direction up) as its trips show it: medians over the day, departures as they are.

    Trips over other stations are left out and told in the notes.
    """  # fmt: skip
    ids = tuple(station.id for station in stations)
    names = {station.id: station.name for station in stations}
    orders: dict[Direction, tuple[str, ...]] = {"up": ids, "down": ids[::-1]}
    of = {direction: [trip for trip in trips if trip.stations == order] for direction, order in orders.items()}
    told = [*notes, *_left_out(trips, orders.values(), names)]
    dwells: dict[str, list[float]] = defaultdict(list)
    for trip in (*of["up"], *of["down"]):
        for station, arrival, departure in zip(
            trip.stations[1:-1], trip.arrival_s[1:-1], trip.departure_s[1:-1], strict=True
        ):
            dwells[station].append(departure - arrival)
    dwell_s = {station: round(median(values)) for station, values in dwells.items()}
    without = [station for station in ids[1:-1] if not dwell_s.get(station)]
    running: dict[Direction, tuple[int, ...]] = {}
    for direction in DIRECTIONS:
        running[direction] = tuple(
            max(1, round(median(trip.arrival_s[k + 1] - trip.departure_s[k] for trip in of[direction])))
            for k in range(len(ids) - 1)
        )
        told += _spread(direction, of[direction], names)
    vehicles = {trip.vehicle for trip in (*of["up"], *of["down"])}
    return ImportedLine(
        title=title,
        stations=tuple(
            ImportedStation(
                station.id, station.name, station.chainage_m,
                0 if station.id in (ids[0], ids[-1]) else dwell_s.get(station.id) or None,
                station.latitude_deg, station.longitude_deg,
            )
            for station in stations
        ),
        running_time_s=running,
        departure_s={
            direction: tuple(sorted(round(trip.departure_s[0]) for trip in of[direction])) for direction in DIRECTIONS
        },
        running_times_hold_dwells=bool(without),
        vehicles=len(vehicles) if "" not in vehicles else None,
        source=source,
        origin_of_chainage=origin_of_chainage,
        notes=tuple(told),
    )  # fmt: skip


def with_dwell(line: ImportedLine, dwell_s: int) -> ImportedLine:
    """The line with that dwell where the timetable tells none; the running time before such a station gives it up."""
    without = {station.id for station in line.stations if station.dwell_s is None}
    running: dict[Direction, tuple[int, ...]] = {}
    for direction in DIRECTIONS:
        order = line.stations if direction == "up" else line.stations[::-1]
        running[direction] = tuple(
            max(1, time_s - dwell_s) if station.id in without else time_s
            for station, time_s in zip(order[1:], line.running_time_s[direction], strict=True)
        )
    return ImportedLine(
        line.title,
        tuple(
            ImportedStation(one.id, one.name, one.chainage_m, dwell_s, one.latitude_deg, one.longitude_deg)
            if one.id in without else one
            for one in line.stations
        ),
        running, line.departure_s, False, line.vehicles, line.source, line.origin_of_chainage,
        (*line.notes, f"{len(without)} stations have no dwell in the timetable: {dwell_s} s were taken off the "
         "running time before each"),
    )  # fmt: skip


def _left_out(
    trips: Sequence[SeenTrip], orders: Iterable[tuple[str, ...]], names: Mapping[str, str]
) -> list[str]:  # fmt: skip
    taken = set(orders)
    counts = Counter((trip.stations[0], trip.stations[-1], len(trip.stations)) for trip in trips
                     if trip.stations not in taken)  # fmt: skip
    return [
        f"left out: {number} trips {names.get(begin, begin)} to {names.get(end, end)} with {count} stations; "
        "a line's trains run from end to end and stop everywhere"
        for (begin, end, count), number in counts.most_common()
    ]


def _spread(direction: Direction, trips: Sequence[SeenTrip], names: Mapping[str, str]) -> list[str]:
    worst, where = 0.0, ""
    for k, (here, there) in enumerate(pairwise(trips[0].stations)):
        times = [trip.arrival_s[k + 1] - trip.departure_s[k] for trip in trips]
        if max(times) - min(times) > worst:
            worst, where = max(times) - min(times), f"{names[here]} to {names[there]}"
    if worst <= SPREAD_TOLD_S:
        return []
    return [f"running times {direction} differ over the day, by up to {worst:.0f} s from {where}; the median was taken"]


def _words(pattern: Sequence[str], names: Mapping[str, str]) -> str:
    return f"{names.get(pattern[0], pattern[0])} to {names.get(pattern[-1], pattern[-1])} ({len(pattern)} stations)"
