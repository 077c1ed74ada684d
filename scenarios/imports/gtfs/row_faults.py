"""Faults of the rows of a table: told row by row, counted, or noted where nothing uses the rows."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_models.faults import Fault

ROWS_LISTED = 5
"""Number of rows with the same fault that are listed one by one; the others are counted."""
NAMED_WITH = {"stop_times.txt": ("trip_id", "stop_id"), "frequencies.txt": ("trip_id",)}
"""Columns that name a row in a fault, beside the number of the row."""
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class RowFaults:
    """Rows of a table with the same fault: row number, place for the user and value of each."""

    file: str
    field: str
    allowed: str
    rows: tuple[tuple[int, str, str], ...]

    def faults(self) -> Iterator[Fault]:
        """A fault for each of the first rows, and a fault with the number of the others."""
        for _, place, value in self.rows[:ROWS_LISTED]:
            yield Fault(self.file, place, self.field, value or "empty", self.allowed)
        if len(self.rows) > ROWS_LISTED:
            others = f"the same fault in {len(self.rows) - ROWS_LISTED} more rows"
            yield Fault(self.file, "", self.field, others, self.allowed)

    def note(self) -> str:
        """One sentence about all rows."""
        places = "; ".join(f"{place} ({value or 'empty'})" for _, place, value in self.rows[:ROWS_LISTED])
        more = f" and {len(self.rows) - ROWS_LISTED} more rows" if len(self.rows) > ROWS_LISTED else ""
        return f"{self.file}, {self.field}: {places}{more} - allowed: {self.allowed}"

    def within(self, rows: Collection[int], wanted: bool) -> "RowFaults":
        """The faults of the rows that are, or are not, among these rows."""
        kept = tuple(row for row in self.rows if (row[0] in rows) == wanted)
        return RowFaults(self.file, self.field, self.allowed, kept)


Faults = list[Fault | RowFaults]


def tell(
    faults: Faults, file: str, table: pd.DataFrame, wrong: Flags, field: str, values: Sequence[str], allowed: str
) -> None:
    """Append the faults of the wrong rows; a row of `stop_times.txt` is named with its trip and its stop."""
    rows = [int(row) for row in np.flatnonzero(wrong)]
    if not rows:
        return
    keys = [column for column in NAMED_WITH.get(file, ()) if column in table.columns and column != field]
    named = table[keys].to_numpy(dtype=object)

    def place(row: int) -> str:
        words = [f"{key.removesuffix('_id')} {cell}" for key, cell in zip(keys, named[row], strict=True) if cell]
        return ", ".join([f"row {table.index[row]}", *words])

    faults.append(
        RowFaults(file, field, allowed, tuple((int(table.index[row]), place(row), values[row]) for row in rows))
    )
