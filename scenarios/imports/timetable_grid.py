"""Operators' timetables: a column for each train and a row for each station, or a row for each train.

A table may have several blocks below each other, such as one for each direction. A block begins with a header: titles,
train numbers (or, with a row for each train, station names), vehicles, directions. A station has one row, or one row
for arrivals and one for departures. A block with a row for each train is read as its transpose.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from energy_models.faults import Fault
from energy_models.tables.rows import TableRows
from energy_models.tables.workbook import column_letters
from scenarios.files.clock_text import is_clock, is_no_call, read_clock
from scenarios.files.table_headers import mapped_header
from scenarios.imports.direction_words import direction_in, direction_of
from scenarios.imports.grid_block import FORMS, ROLES, Block, grid_blocks
from scenarios.imports.station_rows import StationRow, station_rows
from scenarios.imports.timetable_stops import CellText, StopText
from scenarios.schema.base import Direction


@dataclass(frozen=True)
class GridTimetable:
    """The stops of a table, chainages in m by station, and notes about how the table was read."""

    stops: tuple[StopText, ...]
    chainage_m: dict[str, CellText]
    notes: tuple[str, ...]


@dataclass
class _Trains:
    """What the header of a block states about its trains, by column."""

    names: dict[int, str] = field(default_factory=dict)
    vehicles: dict[int, str] = field(default_factory=dict)
    directions: dict[int, Direction] = field(default_factory=dict)


def grid_timetable(rows: TableRows, file: str, faults: list[Fault], earlier: Sequence[StopText]) -> GridTimetable:
    """The stops of an operator's timetable; all faults are appended to `faults`.

    `file` is the file as faults name it. `earlier` are the stops of other files: a train number that they use gets its
    direction before the number, and their first trip shows which order of stations is which direction.
    """
    used = {stop.trip for stop in earlier}
    notes: list[str] = []
    blocks = grid_blocks(rows, file, faults)
    chainage: dict[str, CellText] = {}
    found: list[tuple[Block, int, _Train]] = []
    for block in blocks:
        stations = list(station_rows(block, file, faults, notes))
        for station in stations:
            if station.chainage is not None:
                chainage.setdefault(station.name, station.chainage)
        found += ((block, column, train) for column, train in _trains_of(block, stations, notes))
    stops: list[StopText] = []
    trains: Counter[Direction] = Counter()
    numbers: set[tuple[Direction, str]] = set()
    for (block, column, train), way in zip(
        found, _directions([train for _, _, train in found], file, earlier), strict=True
    ):
        name = train.name if train.name not in used else f"{way}-{train.name}"
        if (way, train.name) in numbers or name in used:
            allowed = "each train number once in each direction"
            faults.append(Fault(file, block.train_place(column), "trip_id", train.name, allowed))
            continue
        used.add(name)
        numbers.add((way, train.name))
        trains[way] += 1
        stops += (
            StopText(file, block.text, name, way, station, arrival, departure, train.vehicle, train.number)
            for station, arrival, departure in train.calls
        )
    if not stops and not faults:
        faults.append(Fault(file, "", "", "no times", FORMS))
    form = "row" if any(block.transposed for block in blocks) else "column"
    count = " and ".join(f"{number} trains {way}" for way, number in sorted(trains.items(), reverse=True))
    notes.insert(0, f"read as a table with a {form} for each train: {count}")
    return GridTimetable(tuple(stops), chainage, tuple(f"{file}: {note}" for note in notes))


@dataclass(frozen=True)
class _Train:
    name: str
    number: str
    vehicle: str
    direction: Direction | None
    calls: tuple[tuple[str, CellText, CellText], ...]


def _trains_of(
    block: Block, stations: Sequence[StationRow], notes: list[str]
) -> Iterator[tuple[int, _Train]]:  # fmt: skip
    known = _header(block, notes)
    default = direction_in(block.title)
    empty, backward = [], 0
    for column in range(block.labels, len(block.cells[0]) if block.cells else 0):
        calls = list(_calls(block, stations, column))
        title = known.names.get(column, "")
        if not calls:
            if title:
                empty.append(f"{title} ({block.train_place(column)})")
            continue
        if not any(is_clock(cell.text) for _, arrival, departure in calls for cell in (arrival, departure)):
            texts = ", ".join(dict.fromkeys(c.text for _, a, d in calls for c in (a, d) if c.text))
            notes.append(f"{block.train_place(column)} was not used, because it has no times: {texts[:60]}")
            continue
        if _decreases(calls):
            # A table that both directions share: trains of the other direction are read from its end.
            calls, backward = (
                [(name, *_turned(arrival, departure)) for name, arrival, departure in calls[::-1]],
                backward + 1,
            )
        name = title or block.train_place(column).replace(" ", "-")
        way = known.directions.get(column, default)
        yield column, _Train(name, title, known.vehicles.get(column, ""), way, tuple(calls))
    if empty:
        notes.append(f"trains without a time in {block.text}: {', '.join(empty)}")
    if backward:
        notes.append(f"{backward} trains in {block.text} have decreasing times and were read from the last station on")
    if not known.names:
        notes.append(f"no train numbers in {block.text}; the trips are named by their place")


def _turned(arrival: CellText, departure: CellText) -> tuple[CellText, CellText]:
    """Arrival and departure of a train that is read from the end: the earlier one is the arrival."""
    later = is_clock(arrival.text) and is_clock(departure.text) and _seconds(arrival.text) > _seconds(departure.text)
    return (departure, arrival) if later else (arrival, departure)


def _calls(
    block: Block, stations: Sequence[StationRow], column: int
) -> Iterator[tuple[str, CellText, CellText]]:  # fmt: skip
    for station in stations:
        cells = []
        for row in (station.arrival_row, station.departure_row):
            text = "" if row is None else block.cells[row][column]
            cells.append(CellText("" if is_no_call(text) else text, "" if row is None else block.place(row, column)))
        if any(cell.text for cell in cells):
            yield station.name, cells[0], cells[1]


def _decreases(calls: Sequence[tuple[str, CellText, CellText]]) -> bool:
    """Whether the times of a train decrease from station to station, at three stations or more."""
    times = [_seconds(departure.text or arrival.text) for _, arrival, departure in calls]
    return len(times) > 2 and -1 not in times and all(a > b for a, b in pairwise(times))


def _seconds(text: str) -> int:
    return read_clock(text) if is_clock(text) else -1


def _directions(trains: Sequence[_Train], file: str, earlier: Sequence[StopText]) -> list[Direction]:
    """The direction of each train: as table, sheet or file name state it, otherwise by the order of its stations.

    The order is compared with that of the longest train of a stated direction, otherwise with the first trip of the
    earlier files, otherwise with the first train, which then runs up.
    """
    of_file = None if any(train.direction for train in trains) else direction_in(file)
    stated = [train for train in trains if train.direction is not None]
    reference: list[str] = []
    same: Direction = "up"
    if stated or (trains and not earlier):
        first = max(stated, key=lambda train: len(train.calls), default=trains[0])
        reference, same = [name for name, _, _ in first.calls], first.direction or "up"
    elif earlier:
        reference = [stop.station for stop in earlier if stop.trip == earlier[0].trip]
        same = earlier[0].direction
    other: Direction = "down" if same == "up" else "up"
    by_order: list[Direction] = []
    for train in trains:
        places = [reference.index(name) for name, _, _ in train.calls if name in reference]
        by_order.append(other if len(places) > 1 and places[0] > places[-1] else same)
    if of_file is not None and len(set(by_order)) == 1:
        return [of_file] * len(trains)
    return [train.direction or way for train, way in zip(trains, by_order, strict=True)]


def _header(block: Block, notes: list[str]) -> _Trains:
    """Train numbers, vehicles and directions from the rows above the times."""
    trains = _Trains()
    unlabelled: list[int] = []
    for row in range(block.head):
        labels = [cell for cell in block.cells[row][: block.labels] if cell]
        cells = {place: cell for place, cell in enumerate(block.cells[row]) if place >= block.labels and cell}
        role = _role(labels)
        ways = {place: way for place, cell in cells.items() if (way := direction_of(cell)) is not None}
        if not cells:
            continue
        if role == "trip_id" and not trains.names:
            trains.names.update(cells)
        elif role == "vehicle":
            trains.vehicles.update(cells)
        elif role == "direction" or len(ways) == len(cells):
            trains.directions.update(ways)
        else:
            unlabelled.append(row)
    if not trains.names and unlabelled:
        best = max(unlabelled, key=lambda row: len(set(block.cells[row][block.labels :]) - {""}))
        unlabelled.remove(best)
        trains.names.update({p: c for p, c in enumerate(block.cells[best]) if p >= block.labels and c})
    for row in unlabelled:
        shown = ", ".join(dict.fromkeys(cell for cell in block.cells[row] if cell))[:60]
        where = f"column {column_letters(row)}" if block.transposed else f"row {block.rows[row]}"
        notes.append(f"{where} was not used: {shown}")
    return trains


def _role(labels: Sequence[str]) -> str:
    """The role of a header row by its labels; empty for an unknown label or a label of the stations."""
    roles = [column for column in mapped_header(labels, ROLES).columns if column in ROLES]
    return next((role for role in ("trip_id", "vehicle", "direction") if role in roles), "")
