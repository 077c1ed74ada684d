"""CSV tables of a plan folder: how they are written, and how the cells of their columns are read."""

import csv
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from energy_models.tables.formulas import without_formula
from scenarios.files.csv_rows import read_csv


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with a header row; lines end with a newline on every system, and no text is a formula."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([without_formula(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def read_table(
    path: Path, columns: Mapping[str, "Field"], optional: Collection[str] = ()
) -> tuple[dict[str, Any], ...]:  # fmt: skip
    """Read a table whose columns are exactly those given, in any order; each row gets the key `row`, the line's number.

    `optional` are the columns that may be missing. Raises `InputFaults` with every fault of the file.
    """
    return tuple(read_csv(path, columns, f"the file {path.name} in {path.parent}", optional))


class Field:
    """How one column's cells are read, and the words for what is allowed there."""

    def __init__(self, parse: Callable[[str], object], allowed: str) -> None:
        self.parse = parse
        self.allowed = allowed


def decimal(value: float, digits: int) -> str:
    """A number with at most that many decimals, without trailing zeros."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def amount(text: str) -> float:
    """A finite number of at least 0."""
    value = float(text)
    if not 0.0 <= value < float("inf"):
        raise ValueError(text)
    return value


def word(text: str) -> str:
    """A text that is not empty."""
    if not text:
        raise ValueError(text)
    return text


def one_of(*allowed: str) -> Field:
    """A column that knows a few words only."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return Field(parse, " or ".join(allowed))


WHOLE = Field(whole, "a whole number, 0 or more")
AMOUNT = Field(amount, "a number, 0 or more")
WORD = Field(word, "a text that is not empty")
TEXT = Field(str, "any text")
