"""A timetable as a CSV table of calls, such as the `timetable.csv` of a plan: the beginning of a scenario."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

from pydantic_core import PydanticCustomError

from energy_models.faults import Fault, InputFaults
from scenarios.imported.line import (
    ImportedLine,
    ImportedStation,
    SeenTrip,
    identifiers,
    main_pattern,
    readable_name,
    seen_line,
)
from scenarios.schema.base import clock_to_seconds

COLUMNS = ("trip_id", "direction", "station", "arrival", "departure")
"""Columns that the table must have; `vehicle`, `station_name` and `chainage_m` are used, others are passed over."""

_CLOCK = 'a time of day such as "05:20" or "24:10:30", up to "48:00"'
ROWS_TOLD = 5


@dataclass(frozen=True)
class _Call:
    row: int
    station: str
    arrival_s: int
    departure_s: int


def line_of_csv(path: Path, chainage_m: Mapping[str, float] | None = None, up_from: str | None = None) -> ImportedLine:
    """The line of a table with one row for each call of each trip, the rows of a trip in order of travel.

    `chainage_m` gives the places of the stations that the table does not tell in a column of that name.
    Raises InputFaults with every fault.
    """
    faults: list[Fault] = []
    rows = _rows(path, faults)
    calls: dict[str, list[_Call]] = defaultdict(list)
    direction: dict[str, str] = {}
    vehicle: dict[str, str] = {}
    names: dict[str, str] = {}
    known = dict(chainage_m or {})
    for number, cells in rows:
        call = _call(path.name, number, cells, faults)
        trip, way = cells["trip_id"], cells["direction"]
        if not trip:
            faults.append(Fault(path.name, f"row {number}", "trip_id", "empty", "a text that is not empty"))
        if way not in ("up", "down"):
            faults.append(Fault(path.name, f"row {number}", "direction", way or "empty", "up or down"))
        elif direction.setdefault(trip, way) != way:
            allowed = f"{direction[trip]}, as in the trip's first row"
            faults.append(Fault(path.name, f"row {number}", "direction", way, allowed))
        if call is None:
            continue
        if calls[trip] and call.arrival_s < calls[trip][-1].departure_s:
            allowed = f"not before the departure in row {calls[trip][-1].row}"
            faults.append(Fault(path.name, f"row {number}", "arrival", cells["arrival"], allowed))
        calls[trip].append(call)
        vehicle.setdefault(trip, cells.get("vehicle", ""))
        if cells.get("chainage_m"):
            _place(path.name, number, cells, known, faults)
        names[call.station] = cells.get("station_name") or names.get(call.station, call.station)
    faults += [
        Fault(path.name, f"row {found[0].row}", "trip_id", trip, "two rows or more for each trip")
        for trip, found in calls.items()
        if len(found) == 1
    ]
    if faults:
        raise InputFaults(_shortened(faults))
    # Stations of other alphabets keep their names, and get identifiers.
    ids = identifiers(names)
    names = {ids[station]: readable_name(name) for station, name in names.items()}
    known = {ids[station]: place_m for station, place_m in known.items() if station in ids}
    seen = [
        SeenTrip(
            trip,
            tuple(ids[call.station] for call in found),
            tuple(float(call.arrival_s) for call in found),
            tuple(float(call.departure_s) for call in found),
            vehicle[trip],
        )
        for trip, found in sorted(calls.items(), key=lambda item: direction[item[0]] != "up")
    ]
    order = main_pattern(seen, names, path.name, up_from)
    stations = [ImportedStation(station, names[station], known.get(station)) for station in order]
    return seen_line(
        seen, stations, title=path.stem, source=f"CSV timetable {path.name}", origin_of_chainage="the scenario's own"
    )


def _rows(path: Path, faults: list[Fault]) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputFaults([Fault(str(path), "", "", "no such file", "a CSV timetable")]) from None
    except UnicodeDecodeError as error:
        raise InputFaults([Fault(path.name, f"byte {error.start}", "", "", "text in UTF-8")]) from None
    reader = csv.reader(text.splitlines())
    header = [cell.strip() for cell in next(reader, [])]
    missing = [column for column in COLUMNS if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    told = [(column, "column missing", "the columns " + ", ".join(COLUMNS)) for column in missing]
    told += [(column, "column given twice", "each column once") for column in twice]
    if told:
        raise InputFaults(Fault(path.name, "row 1", *one) for one in told)
    rows = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            allowed = f"{len(header)} cells, as in the header"
            faults.append(Fault(path.name, f"row {reader.line_num}", "", f"{len(cells)} cells", allowed))
            continue
        rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    if not rows and not faults:
        raise InputFaults([Fault(path.name, "", "", "no trips", "one row for each call of each trip")])
    return rows


def _call(file: str, number: int, cells: Mapping[str, str], faults: list[Fault]) -> _Call | None:
    """One call; at the ends of a trip one of the two times may be left out."""
    times: dict[str, int] = {}
    for column in ("arrival", "departure"):
        text = cells[column] or cells["departure" if column == "arrival" else "arrival"]
        try:
            times[column] = clock_to_seconds(text)
        except PydanticCustomError:
            faults.append(Fault(file, f"row {number}", column, cells[column] or "empty", _CLOCK))
    if not cells["station"]:
        faults.append(Fault(file, f"row {number}", "station", "empty", "a station"))
    if len(times) < 2 or not cells["station"]:
        return None
    if times["departure"] < times["arrival"]:
        faults.append(Fault(file, f"row {number}", "departure", cells["departure"], "not before the arrival"))
        return None
    return _Call(number, cells["station"], times["arrival"], times["departure"])


def _place(file: str, number: int, cells: Mapping[str, str], known: dict[str, float], faults: list[Fault]) -> None:
    """Take the chainage of a call's station; the table's own goes before another's."""
    try:
        place_m = float(cells["chainage_m"])
    except ValueError:
        place_m = nan
    if isfinite(place_m):
        known[cells["station"]] = place_m
    else:
        faults.append(Fault(file, f"row {number}", "chainage_m", cells["chainage_m"], "a number of metres"))


def _shortened(faults: list[Fault]) -> list[Fault]:
    """Of many rows with the same fault the first few, and the number of the others."""
    kinds: dict[tuple[str, str], int] = defaultdict(int)
    kept = []
    for fault in faults:
        kind = (fault.field, fault.allowed)
        kinds[kind] += 1
        if kinds[kind] <= ROWS_TOLD:
            kept.append(fault)
    for (field, allowed), number in kinds.items():
        if number > ROWS_TOLD:
            kept.append(Fault(faults[0].file, "", field, f"the same in {number - ROWS_TOLD} more rows", allowed))
    return kept
