"""Reading a GTFS zip strictly: every fault of every file at once, with file, row, field, value and what is allowed."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.faults import Fault, InputFaults
from scenarios.gtfs.forms import KEYS, REFERENCES, REQUIRED, TABLES, Cell, Column

ROWS_TOLD = 5
"""Rows that are named one by one when they share a fault; the others are counted."""
LARGEST_TABLE_BYTES = 2_000_000_000

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Feed:
    """A feed without faults of its own. Each table has all columns of its form as text, absent ones empty.

    Times of `stop_times.txt` and `frequencies.txt` are seconds from the service day's midnight, not a number where
    the cell is empty. The index of a row is its line in the file.
    """

    file: str
    tables: Mapping[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame:
        """The table of a file; without rows if the feed lacks it."""
        return self.tables[name]


def read_feed(path: Path) -> Feed:
    """Read the files of a zip that Headwatt needs.

    Raises InputFaults with every fault of form, keys, references and times.
    """
    faults: list[Fault] = []
    texts = _texts(path, faults)
    if not {"calendar.txt", "calendar_dates.txt"} & set(texts) and not faults:
        faults.append(Fault(path.name, "", "", "no calendar", "calendar.txt or calendar_dates.txt"))
    present = {name: _table(name, text, faults) for name, text in texts.items()}
    tables = {name: present.get(name, _empty(name)) for name in TABLES}
    for name, columns in KEYS.items():
        _check_keys(name, tables[name], columns, faults)
    _check_references(tables, set(present), faults)
    _check_times(tables, faults)
    if faults:
        raise InputFaults(dict.fromkeys(faults))
    return Feed(path.name, tables)


def seconds_of(times: "pd.Series[str]") -> FloatArray:
    """Seconds of texts such as 24:10:00; not a number where the text is empty or no time."""
    codes, values = pd.factorize(times)
    seconds = np.full(len(values), np.nan)
    for place, text in enumerate(values):
        if match := re.fullmatch(r"(\d+):(\d+):(\d+)", str(text)):
            hours, minutes, rest = (int(part) for part in match.groups())
            seconds[place] = hours * 3600 + minutes * 60 + rest
    of_rows: FloatArray = seconds[codes]
    return of_rows


def tell(
    faults: list[Fault], file: str, table: pd.DataFrame, wrong: Flags, field: str, values: Sequence[str], allowed: str
) -> None:
    """Append a fault for each wrong row: the first few by name, the number of the others."""
    rows = np.flatnonzero(wrong)
    for row in rows[:ROWS_TOLD]:
        faults.append(Fault(file, f"row {table.index[row]}", field, values[row] or "empty", allowed))
    if len(rows) > ROWS_TOLD:
        faults.append(Fault(file, "", field, f"the same in {len(rows) - ROWS_TOLD} more rows", allowed))


def _texts(path: Path, faults: list[Fault]) -> dict[str, str]:
    """Contents of the files that Headwatt reads; a zip may hold them in one folder."""
    texts: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: PurePosixPath(name) for name in archive.namelist()}
            folders = {place.parent for place in members.values() if place.name == "stops.txt"}
            folder = min(folders, key=lambda place: len(place.parts), default=PurePosixPath("."))
            for name, place in members.items():
                if place.parent != folder or place.name not in TABLES:
                    continue
                if archive.getinfo(name).file_size > LARGEST_TABLE_BYTES:
                    faults.append(Fault(place.name, "", "", "too large", "at most 2 GB"))
                    continue
                try:
                    texts[place.name] = archive.read(name).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
                except UnicodeDecodeError as error:
                    faults.append(Fault(place.name, f"byte {error.start}", "", "", "text in UTF-8"))
                    texts[place.name] = ""
                except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
                    faults.append(
                        Fault(place.name, "", "", str(error), "a file that can be unpacked without a password")
                    )
                    texts[place.name] = ""
    except FileNotFoundError:
        raise InputFaults([Fault(str(path), "", "", "no such file", "the zip of a GTFS feed")]) from None
    except (zipfile.BadZipFile, OSError) as error:
        raise InputFaults([Fault(path.name, "", "", str(error), "the zip of a GTFS feed")]) from None
    found = ", ".join(sorted(texts)) or "none of the files of a feed"
    faults += [Fault(path.name, "", name, "missing", f"a feed with this file; there: {found}") for name in REQUIRED
               if name not in texts]  # fmt: skip
    return {name: text for name, text in texts.items() if text}


def _empty(name: str) -> pd.DataFrame:
    return _with_seconds(pd.DataFrame({column: pd.Series(dtype=str) for column in TABLES[name]}))


def _table(name: str, text: str, faults: list[Fault]) -> pd.DataFrame:
    """The table of a file with its columns checked; rows with too many cells are told and left out."""
    columns = TABLES[name]
    header = [cell.strip() for cell in next(csv.reader([text.split("\n", 1)[0]]), [])]
    known = ", ".join(columns)
    for column in sorted({column for column in header if column in columns and header.count(column) > 1}):
        faults.append(Fault(name, "row 1", column, "column given twice", "each column once"))
    missing = [column for column, form in columns.items() if form.needed and column not in header]
    faults += [Fault(name, "row 1", column, "column missing", f"the columns {known}") for column in missing]
    rows = _rows(name, text, header, faults)
    table = pd.DataFrame({column: rows.get(column, "") for column in columns}, index=rows.index, dtype=str)
    for column, form in columns.items():
        if column not in missing:
            _check_column(name, table, column, form, faults)
    return _with_seconds(table)


def _rows(name: str, text: str, header: list[str], faults: list[Fault]) -> pd.DataFrame:
    """All rows as text, by line number, without spaces around the cells and without empty lines."""
    found = _rows_of_even_lines(text, header)
    if found is None:
        found = _rows_line_by_line(name, text, header, faults)
    wanted = {column: place for place, column in reversed(list(enumerate(header))) if column in TABLES[name]}
    places = sorted(wanted.values())
    found = found[places]
    found.columns = [header[place] for place in places]
    return found


def _rows_of_even_lines(text: str, header: list[str]) -> pd.DataFrame | None:
    """The quick way for large files; None where a line has too many cells or a cell more than one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            found = pd.read_csv(
                io.StringIO(text), dtype=str, na_filter=False, skip_blank_lines=False, index_col=False,
                skipinitialspace=True, header=None, names=range(len(header)), skiprows=1,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError):
        return None
    lines = text.count("\n") + (not text.endswith("\n"))
    if len(found) != lines - 1:
        return None
    found.index = pd.RangeIndex(2, lines + 1)
    if re.search(r"[ \t](?:,|\n|\Z)", text):
        found = found.apply(lambda column: column.str.strip())
    empty = (found == "").all(axis=1)
    return found[~empty] if empty.any() else found


def _rows_line_by_line(name: str, text: str, header: list[str], faults: list[Fault]) -> pd.DataFrame:
    """The same for any file; lines with too many cells are told and left out."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    next(reader, None)
    lines: list[int] = []
    cells: list[list[str]] = []
    count = len(header)
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        # A comma too many at the end of a line says nothing.
        if any(cell.strip() for cell in row[count:]):
            given = f"{len(row)} cells"
            faults.append(Fault(name, f"row {reader.line_num}", "", given, f"{count} cells, as in the header"))
            continue
        lines.append(reader.line_num)
        cells.append([cell.strip() for cell in row[:count]] + [""] * (count - len(row)))
    return pd.DataFrame(cells, columns=range(count), index=lines, dtype=str)


def _check_column(name: str, table: pd.DataFrame, column: str, form: Column, faults: list[Fault]) -> None:
    series = table[column]
    # Columns of large files have few different values: each is looked at once.
    codes, values = pd.factorize(series)
    fits = np.array([_fits(str(value), form.cell) for value in values], dtype=bool)
    empty = np.array([value == "" for value in values], dtype=bool)
    wrong = ~fits & ~empty
    if form.filled and empty.any():
        tell(faults, name, table, empty[codes], column, series.tolist(), form.cell.allowed)
    if wrong.any():
        tell(faults, name, table, wrong[codes], column, series.tolist(), form.cell.allowed)


def _fits(text: str, cell: Cell) -> bool:
    """Whether a text that is not empty may stand in a cell."""
    if not re.fullmatch(cell.pattern, text, re.DOTALL):
        return False
    low = -np.inf if cell.low is None else cell.low
    high = np.inf if cell.high is None else cell.high
    return (cell.low is None and cell.high is None) or bool(low <= float(text) <= high)


def _with_seconds(table: pd.DataFrame) -> pd.DataFrame:
    for column in table.columns:
        if column.endswith("_time"):
            table[column.removesuffix("_time") + "_s"] = seconds_of(table[column])
    return table


def _check_keys(name: str, table: pd.DataFrame, columns: tuple[str, ...], faults: list[Fault]) -> None:
    whole = table[list(columns)]
    given: Flags = (whole != "").all(axis=1).to_numpy(dtype=bool)
    twice: Flags = whole.duplicated().to_numpy(dtype=bool) & given
    values = [", ".join(row) for row in whole.to_numpy().tolist()] if twice.any() else []
    tell(faults, name, table, twice, " and ".join(columns), values, "a value that no row above has")


def _check_references(tables: Mapping[str, pd.DataFrame], present: set[str], faults: list[Fault]) -> None:
    for name, column, targets in REFERENCES:
        if not any(file in present for file, _ in targets):
            # An absent required file has been told; shapes and agencies may be absent, and are then not used.
            continue
        known: set[str] = set()
        for file, key in targets:
            known.update(tables[file][key].tolist())
        series = tables[name][column]
        wrong: Flags = ((series != "") & ~series.isin(known)).to_numpy(dtype=bool)
        where = " or ".join(f"{key} of {file}" for file, key in targets if file in present)
        tell(faults, name, tables[name], wrong, column, series.tolist(), f"a {where}")


def _check_times(tables: Mapping[str, pd.DataFrame], faults: list[Fault]) -> None:
    """Each trip has two stops or more, times at both ends, and no time runs backwards."""
    name, table = "stop_times.txt", tables["stop_times.txt"]
    trips = tables["trips.txt"]
    counts = table["trip_id"].value_counts()
    stops = trips["trip_id"].map(counts).fillna(0).to_numpy(dtype=float)
    few: Flags = (stops < 2) & (trips["trip_id"] != "").to_numpy(dtype=bool)
    if len(table):
        tell(
            faults, "trips.txt", trips, few, "trip_id", trips["trip_id"].tolist(), "two rows or more in stop_times.txt"
        )
    order = pd.to_numeric(table["stop_sequence"], errors="coerce")
    ordered = table.assign(order=order).sort_values(["trip_id", "order"], kind="stable")
    trip = ordered["trip_id"].to_numpy(dtype=object)
    begins = np.concatenate([[True], trip[1:] != trip[:-1]]) if len(trip) else np.zeros(0, dtype=bool)
    ends = np.concatenate([begins[1:], [True]]) if len(trip) else begins
    arrival, departure = ordered["arrival_s"].to_numpy(dtype=float), ordered["departure_s"].to_numpy(dtype=float)
    start = np.where(np.isnan(departure), arrival, departure)
    at_end = (begins | ends) & np.isnan(start) & ((ordered["arrival_time"] == "") & (ordered["departure_time"] == ""))
    shown = ordered["departure_time"].tolist()
    tell(faults, name, ordered, np.asarray(at_end, dtype=bool), "departure_time", shown,
         "a time at the first and the last stop of a trip")  # fmt: skip
    with np.errstate(invalid="ignore"):
        tell(faults, name, ordered, departure < arrival, "departure_time", shown, "not before the arrival_time")
    last = pd.Series(start).groupby(np.cumsum(begins)).ffill().to_numpy(dtype=float)
    before = np.where(begins, np.nan, np.concatenate([[np.nan], last[:-1]])) if len(last) else last
    comes = np.where(np.isnan(arrival), departure, arrival)
    with np.errstate(invalid="ignore"):
        backwards = comes < before
    tell(faults, name, ordered, backwards, "arrival_time", ordered["arrival_time"].tolist(),
         "not before the departure from the stop before")  # fmt: skip


def rows_of(table: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """The cells of some columns, row by row."""
    return zip(*(table[column].tolist() for column in columns), strict=True)
