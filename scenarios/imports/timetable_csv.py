"""Import of a timetable from tables: one row per stop, or an operator's table with a column or a row for each train."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan
from pathlib import Path

from energy_models.faults import Fault, InputFaults
from energy_models.tables.rows import TableForm, TableRows, read_rows
from scenarios.files.clock_text import DAY_S, is_clock, plain_text, read_clock
from scenarios.files.csv_rows import CsvTable, shortened, table_of_rows
from scenarios.files.table_headers import known_columns, mapped_header
from scenarios.imports.direction_words import DIRECTION_ALLOWED, direction_of
from scenarios.imports.grid_block import FORMS
from scenarios.imports.line import ImportedLine, ImportedStation, identifiers, readable_name, seen_line
from scenarios.imports.patterns import SeenTrip, recognised_line
from scenarios.imports.timetable_grid import grid_timetable
from scenarios.imports.timetable_stops import CellText, StopText, TimedTrip, mistyped, timed_trips
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.service import TimetableOrigin

COLUMNS = ("trip_id", "direction", "station", "arrival", "departure")
"""Required columns of a table with one row per stop; `time` can replace arrival and departure."""
OPTIONAL_COLUMNS = ("station_name", "chainage_m", "vehicle", "time")
"""Optional columns; other columns are named in the notes."""
SHORTEST_FOLDED_NAME = 3
"""Shorter names of stations are compared with case, because they may be codes."""
MOST_FAULTS = 200


@dataclass(frozen=True)
class TimetableReading:
    """What the user states about timetable tables: the encoding, and whether times after 23:59 begin again at 00:00.

    `branch` is a station of the line to import; `without_expresses` leaves out trips that pass stations of the line.
    """

    encoding: str | None = None
    wrap_midnight: bool = False
    branch: str | None = None
    without_expresses: bool = False


DEFAULT_READING = TimetableReading()


@dataclass
class _Read:
    """What the tables contain: stops, names and chainages by station, and notes."""

    stops: list[StopText]
    names: dict[str, str]
    chainage_m: dict[str, float]
    notes: list[str]


def line_of_csv(
    paths: Path | Sequence[Path],
    chainage_m: Mapping[str, float] | None = None,
    up_from: str | None = None,
    reading: TimetableReading = DEFAULT_READING,
) -> ImportedLine:
    """The line of one or more tables, for example one for each direction, in any of the forms of `FORMS`.

    The rows of a trip are in order of travel. `chainage_m` contains the chainage of stations for which the tables have
    none. Raises InputFaults with every fault.
    """
    files = [paths] if isinstance(paths, Path) else list(paths)
    faults: list[Fault] = []
    read = _Read([], {}, dict(chainage_m or {}), [])
    for path in files:
        _read_file(path, read, reading, faults)
    stops = _one_spelling(read)
    trips = timed_trips(stops, faults, wrap_midnight=reading.wrap_midnight)
    if faults or not trips:
        raise InputFaults(_bounded(faults or [Fault(files[0].name, "", "", "no trips", FORMS)]))
    read.notes += _wrapped(trips)
    # Stations of other alphabets keep their names, and get identifiers.
    ids = identifiers(dict.fromkeys(stop.station for stop in stops))
    names = {ids[station]: readable_name(read.names.get(station, station)) for station in ids}
    known = {ids[station]: place_m for station, place_m in read.chainage_m.items() if station in ids}
    trips.sort(key=lambda trip: trip.direction != "up")
    seen = [_seen(trip, ids) for trip in trips]
    source = f"CSV timetable {' and '.join(path.name for path in files)}"
    # A mistyped station makes an express of a trip; it is looked for before expresses are refused.
    order = recognised_line(seen, names, files[0].name, up_from, reading.branch, without_expresses=True).order
    faults += mistyped(trips, order, names, ids.__getitem__)
    if faults:
        raise InputFaults(_bounded(faults))
    found = recognised_line(seen, names, files[0].name, up_from, reading.branch, reading.without_expresses)
    return seen_line(
        seen,
        [ImportedStation(station, names[station], known.get(station)) for station in found.order],
        source=source,
        origin_of_chainage="the scenario's own",
        notes=(*read.notes, *found.notes),
        recognised=found,
        origin=TimetableOrigin(format="csv", file=" and ".join(path.name for path in files)),
    )


def _bounded(faults: Sequence[Fault]) -> list[Fault]:
    """The faults; of very many the first ones and the number of the others."""
    kept = shortened(faults)
    more = len(kept) - MOST_FAULTS
    return [*kept[:MOST_FAULTS], Fault(kept[0].file, "", "", f"{more} more faults", "none")] if more > 0 else kept


def _seen(trip: TimedTrip, ids: Mapping[str, str]) -> SeenTrip:
    return SeenTrip(
        trip.trip,
        tuple(ids[station] for station in trip.stations),
        tuple(float(timed.arrival_s) for timed in trip.stops),
        tuple(float(timed.departure_s) for timed in trip.stops),
        trip.stops[0].stop.vehicle,
        trip.stops[0].stop.train_number,
    )


def _read_file(path: Path, read: _Read, reading: TimetableReading, faults: list[Fault]) -> None:
    columns = (*COLUMNS, *OPTIONAL_COLUMNS)
    form = TableForm(
        encoding=reading.encoding,
        remedy="name the encoding with --encoding, for example --encoding gb18030",
        score=lambda header: max(0, known_columns(header, columns) - 2),
    )
    rows = read_rows(path, path.name, "a timetable as CSV or XLSX", faults, form)
    if rows is None:
        return
    if _has_a_row_per_stop(rows, columns):
        _read_long(path.name, rows, columns, read, faults)
        return
    read.notes += (f"{path.name}: {note}" for note in rows.notes)
    found = grid_timetable(rows, path.name, faults, read.stops)
    read.stops += found.stops
    read.notes += found.notes
    for station, cell in found.chainage_m.items():
        _place(path.name, f"{cell.place} (station {station})", station, cell.text, read.chainage_m, faults)


def _has_a_row_per_stop(rows: TableRows, columns: Sequence[str]) -> bool:
    """Whether the header is that of a table with one row per stop: no times, and columns beside those of a grid."""
    header = rows.records[0][1] if rows.records else []
    has_times = any(len(cells) > 1 and any(map(is_clock, cells)) for _, cells in rows.records)
    if len(header) < 2 or any(is_clock(cell) and ":" in plain_text(cell) for cell in header):
        return not has_times
    known = set(mapped_header(header, columns).columns) & set(columns)
    of_calls = bool(known & {"arrival", "departure", "time"})
    of_trips = {"trip_id", "direction"} <= known and bool(known & {"station", "station_name"})
    return len(known) >= 4 or (of_calls and len(known) >= 2) or of_trips or (not has_times and len(known) != 1)


def _read_long(file: str, rows: TableRows, columns: Sequence[str], read: _Read, faults: list[Fault]) -> None:
    before = len(faults)
    names = rows.records[0][1] if rows.records else []
    if {"trip_id", "train_number"} <= {name.strip() for name in names}:
        # In other tables, the train number is the trip.
        columns = (*columns, "train_number")
    header = mapped_header(names, columns).columns
    # A name can stand for the station, and one column of times for arrival and departure.
    instead = {"station": "station_name", "arrival": "time", "departure": "time"}
    required = [column for column in COLUMNS if instead.get(column) not in header or column in header]
    table = table_of_rows(rows, file, faults, required=required, columns=columns)
    if table.missing:
        return
    read.notes += (f"{file}: {note}" for note in table.notes)
    unused = [column for column in table.header if column and column not in columns]
    if unused:
        read.notes.append(f"{file}: columns that are not used: {', '.join(unused)}")
    if not any(row.cells for row in table.rows) and len(faults) == before:
        faults.append(Fault(file, "", "", "no trips", "one row for each stop of each trip"))
    _read_stops(file, table, read, faults)


def _read_stops(file: str, table: CsvTable, read: _Read, faults: list[Fault]) -> None:
    elsewhere = {stop.trip for stop in read.stops}
    direction: dict[str, Direction] = {}
    vehicle: dict[str, str] = {}
    words: Counter[str] = Counter()
    for row in table.rows:
        if row.cells is None:
            continue
        cells = row.cells
        trip, way = cells["trip_id"], direction_of(cells["direction"])
        station = cells.get("station") or cells.get("station_name", "")
        place = row.place + _named(trip, station)
        for column, text in (("trip_id", trip), ("station", station)):
            if not text:
                faults.append(Fault(file, place, column, "empty", "a text" if column == "trip_id" else "a station"))
        if way is None:
            faults.append(Fault(file, place, "direction", cells["direction"] or "empty", DIRECTION_ALLOWED))
        elif direction.setdefault(trip, way) != way:
            allowed = f"{direction[trip]}, as in the trip's first row"
            faults.append(Fault(file, place, "direction", cells["direction"], allowed))
        if way is not None and cells["direction"] not in DIRECTIONS:
            words[f'"{cells["direction"]}" as {way}'] += 1
        if not trip or not station:
            continue
        if cells.get("chainage_m"):
            _place(file, place, station, cells["chainage_m"], read.chainage_m, faults)
        read.names[station] = cells.get("station_name") or read.names.get(station, station)
        if trip in elsewhere:
            # Files for each direction may number their trips alike.
            trip = f"{way or 'up'}-{trip}"
            if trip in elsewhere:
                faults.append(Fault(file, place, "trip_id", cells["trip_id"], "each trip in one file"))
                continue
        times = [CellText(cells.get(column) or cells.get("time", ""), row.place) for column in ("arrival", "departure")]
        vehicle.setdefault(trip, cells.get("vehicle", ""))
        number = cells.get("train_number", "")
        read.stops.append(StopText(file, "", trip, way or "up", station, times[0], times[1], vehicle[trip], number))
    if words:
        read.notes.append(f"{file}: directions read: {', '.join(words)}")


def _named(trip: str, station: str) -> str:
    parts = [f"{what} {text}" for what, text in (("trip", trip), ("station", station)) if text]
    return f" ({', '.join(parts)})" if parts else ""


def _place(
    file: str, place: str, station: str, text: str, known: dict[str, float], faults: list[Fault]
) -> None:  # fmt: skip
    try:
        chainage_m = float(text)
    except ValueError:
        chainage_m = nan
    if not isfinite(chainage_m):
        faults.append(Fault(file, place, "chainage_m", text, "a number of metres"))
    else:
        known[station] = chainage_m


def _one_spelling(read: _Read) -> list[StopText]:
    """The stops with one spelling for station names that differ only in case, width or spaces."""
    first: dict[str, str] = {}
    other: dict[str, str] = {}
    for stop in read.stops:
        key = "".join(plain_text(stop.station).casefold().split())
        spelling = first.setdefault(key if len(key) >= SHORTEST_FOLDED_NAME else stop.station, stop.station)
        if spelling != stop.station:
            other[stop.station] = spelling
    read.notes += (f'station "{given}" read as "{spelling}"' for given, spelling in other.items())
    for given, spelling in other.items():
        if given in read.chainage_m:
            read.chainage_m.setdefault(spelling, read.chainage_m[given])
    return [replace(stop, station=other.get(stop.station, stop.station)) for stop in read.stops]


def _wrapped(trips: Sequence[TimedTrip]) -> list[str]:
    moved = [
        trip.trip
        for trip in trips
        if trip.stops[-1].arrival_s >= DAY_S
        and read_clock(trip.stops[-1].stop.arrival.text or trip.stops[-1].stop.departure.text) < DAY_S
    ]
    return [f"times after midnight moved to the end of the day: trips {', '.join(moved)}"] if moved else []
