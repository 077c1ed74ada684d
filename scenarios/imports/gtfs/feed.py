"""Strict reading of a GTFS zip: all faults of all files together, with file, row, field, value and allowed values."""

import csv
import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.faults import Fault, InputFaults
from scenarios.files.csv_rows import csv_table
from scenarios.imports.gtfs.checks import check_keys, check_references, check_times
from scenarios.imports.gtfs.feed_files import feed_files
from scenarios.imports.gtfs.feed_hash import feed_sha256
from scenarios.imports.gtfs.forms import KEYS, REQUIRED, TABLES, Cell, Column
from scenarios.imports.gtfs.midnight import repair_midnight
from scenarios.imports.gtfs.route_rows import routes_meant, used_rows
from scenarios.imports.gtfs.row_faults import Faults, RowFaults, tell


@dataclass(frozen=True)
class Feed:
    """A feed without faults. Each table has all columns of its form as text; missing columns are empty.

    Times of `stop_times.txt` and `frequencies.txt` are seconds from midnight of the service day, NaN for an empty
    cell. The index of a row is its line number in the file. `pending` are faults of the trips of the chosen routes,
    which matter only on the days of these trips. `sha256` is the hash of the tables (`feed_hash`).
    """

    file: str
    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = field(default=())
    pending: tuple[RowFaults, ...] = field(default=())
    sha256: str = ""

    def table(self, name: str) -> pd.DataFrame:
        """The table of a file; without rows if the feed does not have the file."""
        return self.tables[name]


def read_feed(path: Path, route: str | Sequence[str] | None = None, wrap_midnight: bool = False) -> Feed:
    """Read the files of the zip that Headwatt uses.

    With `route` (empty: the only route of the feed, if it has one only), the faults of rows that these routes do not
    use are notes of the feed, and the faults in the stops of a trip are pending until a day is chosen. `wrap_midnight`
    repairs times that begin again at 00:00 within a trip. Raises InputFaults with every other fault of form, keys,
    references and times.
    """
    files = feed_files(path)
    texts = files.texts
    faults: Faults = list(files.faults)
    names = ", ".join(files.names) or "no file of a GTFS feed"
    faults += [Fault(path.name, "", name, "missing", f"a feed with this file; found: {names}") for name in REQUIRED
               if name not in files.names]  # fmt: skip
    if not {"calendar.txt", "calendar_dates.txt"} & set(texts) and not faults:
        faults.append(Fault(path.name, "", "", "no calendar", "calendar.txt or calendar_dates.txt"))
    present = {name: _table(name, text, faults) for name, text in texts.items()}
    tables = {name: present.get(name, _empty(name)) for name in TABLES}
    notes = [*files.notes, *(repair_midnight(tables, set(present)) if wrap_midnight else ())]
    for name, columns in KEYS.items():
        check_keys(name, tables[name], columns, faults)
    check_references(tables, set(present), faults)
    check_times(tables, faults)
    used = None if route is None else used_rows(tables, routes_meant(tables, route))
    found: list[Fault] = []
    pending: list[RowFaults] = []
    for fault in faults:
        if isinstance(fault, Fault):
            found.append(fault)
        elif used is None:
            found += fault.faults()
        else:
            own = fault.within(used[fault.file], wanted=True)
            if (fault.file, fault.field) == ("trips.txt", "trip_id") or fault.file == "stop_times.txt":
                pending += [own] if own.rows else []
            else:
                found += own.faults()
            others = fault.within(used[fault.file], wanted=False)
            notes += [f"not used by the route: {others.note()}"] if others.rows else []
    if found:
        raise InputFaults(dict.fromkeys((*found, *(fault for rows in pending for fault in rows.faults()))))
    return Feed(path.name, tables, tuple(notes), tuple(pending), feed_sha256(path))


def seconds_of(times: "pd.Series[str]") -> FloatArray:
    """Seconds of texts such as 24:10:00; NaN for an empty text or a text that is not a time."""
    codes, values = pd.factorize(times)
    seconds = np.full(len(values), np.nan)
    for place, text in enumerate(values):
        if match := re.fullmatch(r"(\d+):(\d+):(\d+)", str(text)):
            hours, minutes, rest = (int(part) for part in match.groups())
            seconds[place] = hours * 3600 + minutes * 60 + rest
    of_rows: FloatArray = seconds[codes]
    return of_rows


def _empty(name: str) -> pd.DataFrame:
    return _with_seconds(pd.DataFrame({column: pd.Series(dtype=str) for column in TABLES[name]}))


def _table(name: str, text: str, faults: Faults) -> pd.DataFrame:
    """The table of a file with checked columns; rows with too many cells are reported and left out."""
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


def _rows(name: str, text: str, header: list[str], faults: Faults) -> pd.DataFrame:
    """All rows as text, by line number, without spaces around cells and without empty lines."""
    found = _rows_of_even_lines(text, header)
    if found is None:
        found = _rows_line_by_line(name, text, header, faults)
    wanted = {column: place for place, column in reversed(list(enumerate(header))) if column in TABLES[name]}
    places = sorted(wanted.values())
    found = found[places]
    found.columns = [header[place] for place in places]
    return found


def _rows_of_even_lines(text: str, header: list[str]) -> pd.DataFrame | None:
    """A fast reader for large files; None if a line has too many cells or a cell has more than one line."""
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


def _rows_line_by_line(name: str, text: str, header: list[str], faults: Faults) -> pd.DataFrame:
    """A reader for every file; lines with too many cells are reported and left out."""
    of_rows: list[Fault] = []
    found = csv_table(text, name, of_rows, pads=True)
    faults += of_rows
    rows = [
        (row.number, [row.cells.get(column, "") for column in header]) for row in found.rows if row.cells is not None
    ]
    return pd.DataFrame(
        [cells for _, cells in rows], columns=range(len(header)), index=[number for number, _ in rows], dtype=str
    )


def _check_column(name: str, table: pd.DataFrame, column: str, form: Column, faults: Faults) -> None:
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
    """Whether a text that is not empty is allowed in a cell."""
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


def rows_of(table: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """The cells of some columns, row by row."""
    return zip(*(table[column].tolist() for column in columns), strict=True)
