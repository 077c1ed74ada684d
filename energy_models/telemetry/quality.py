"""Reads a telemetry file: every row is used, or excluded with a counted and reported reason."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.columns import COLUMN_NAMES, COLUMNS, Column
from energy_models.telemetry.stored_table import stored_table

LARGEST_EXCLUDED_SHARE = 0.2
"""A file with a larger share of excluded rows is rejected, because it is not telemetry of this format."""

_HEADER_LINES = 1


@dataclass(frozen=True)
class Exclusion:
    """Rows excluded for one reason: their number, and the line numbers of the first rows."""

    reason: str
    rows: int
    first_lines: tuple[int, ...]

    def __str__(self) -> str:
        """One line for the user."""
        lines = ", ".join(str(line) for line in self.first_lines)
        more = ", ..." if self.rows > len(self.first_lines) else ""
        return f"{self.rows} row{'s' if self.rows != 1 else ''} excluded: {self.reason} (line {lines}{more})"


@dataclass(frozen=True, eq=False)
class Telemetry:
    """The usable rows of a file in order of vehicle and time, and the excluded rows.

    `rows` has the columns of `COLUMNS` with numbers as float64; `rows_read` counts every data row of the file, so
    `len(rows) + sum(exclusion.rows)` equals it. `sha256` is the hash of the file's bytes. `notes` contains encoding,
    separator and decimal mark of the file, where they are not the default.
    """

    rows: pd.DataFrame
    rows_read: int
    exclusions: tuple[Exclusion, ...]
    file: str
    sha256: str
    notes: tuple[str, ...] = ()


def read_telemetry(path: str | Path, without: Collection[str] = ()) -> Telemetry:
    """Read a telemetry file, as CSV text or XLSX workbook, without the columns `without`, which may be missing.

    Returns:
        The telemetry; a row with an implausible or missing value, out of order or repeated, is excluded and counted for
        the first reason that applies.

    Raises:
        InputFaults: The file is not readable, columns are missing or repeated, there are no rows, or more than a fifth
            of the rows would be excluded; with all faults.
    """
    path = Path(path)
    stored = stored_table(path)
    table = stored.rows
    columns = tuple(column for column in COLUMNS if column.name not in without)
    _check_header(list(stored.header), str(path), columns)
    if table.empty:
        raise InputFaults([Fault(str(path), "", "", "", "at least one row under the header")])

    rows, reason = _judge(table, columns)
    exclusions = _count(reason)
    if float((reason != "").mean()) > LARGEST_EXCLUDED_SHARE:
        raise InputFaults(
            Fault(str(path), "line " + ", ".join(map(str, one.first_lines)), "", f"{one.rows} of {len(rows)} rows",
                  one.reason.replace(" is not ", " must be ", 1))
            for one in exclusions
        )  # fmt: skip
    good = rows.loc[reason == ""].sort_values(["vehicle", "time_s"], kind="stable").reset_index(drop=True)
    return Telemetry(good, len(rows), exclusions, path.name, hashlib.sha256(stored.content).hexdigest(), stored.notes)


def _check_header(header: list[str], file: str, columns: Sequence[Column]) -> None:
    faults = [
        Fault(file, "header", column.name, "missing", f"{column.meaning}: {column.allowed}")
        for column in columns
        if column.name not in header
    ]
    faults += [
        Fault(file, "header", name, f"{header.count(name)} times in the header", "each column once")
        for name in COLUMN_NAMES
        if header.count(name) > 1
    ]
    if faults:
        raise InputFaults(faults)


def _judge(table: pd.DataFrame, columns: Sequence[Column]) -> tuple[pd.DataFrame, pd.Series]:
    """Each row with numbers as numbers, and the first reason to exclude it (empty if there is none)."""
    rows = pd.DataFrame(index=table.index)
    reason = pd.Series("", index=table.index, dtype=object)

    def exclude(bad: pd.Series, words: str) -> None:
        reason.loc[bad & (reason == "")] = words

    for column in columns:
        text = table[column.name].str.strip()
        exclude(text == "", f"{column.name} is blank")
        if column.numeric:
            number = pd.to_numeric(text, errors="coerce").astype(np.float64)
            exclude(number.isna() | (number.abs() == np.inf), f"{column.name} is not a number")
            outside = (number < column.lowest) | (number > column.highest)
            exclude(outside, f"{column.name} is not from {column.lowest:g} to {column.highest:g}")
            rows[column.name] = number
        else:
            if column.choices:
                exclude(~text.isin(column.choices), f"{column.name} is not {column.allowed}")
            rows[column.name] = text
    # The order is checked among plausible rows only; otherwise one wrong time would exclude all later rows.
    good = rows.loc[reason == ""]
    latest = good.groupby("vehicle")["time_s"].cummax().groupby(good["vehicle"]).shift(1)
    late = (good["time_s"] <= latest).reindex(rows.index, fill_value=False)
    exclude(late, "time_s is not later than in the previous row of the vehicle")
    return rows, reason


def _count(reason: pd.Series) -> tuple[Exclusion, ...]:
    bad = reason[reason != ""]
    return tuple(
        Exclusion(str(words), len(group), tuple(int(row) + 1 + _HEADER_LINES for row in group.index[:5]))
        for words, group in bad.groupby(bad, sort=True)
    )
