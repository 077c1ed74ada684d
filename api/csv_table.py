"""CSV tables with declared columns, read strictly: every fault of a file is told with its row, field and value."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from energy_models.faults import Fault, InputFaults

_FAULTS_SHOWN = 200
"""More faults than this in one table say that the file is another file; the rest is counted, not listed."""


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with a header row; lines end with a newline on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def read_table(path: Path, columns: Mapping[str, "Field"]) -> tuple[dict[str, Any], ...]:
    """Read a table whose columns are exactly those given, in any order; each row gets the key `row`, the line's number.

    Raises `InputFaults` with every fault: a file that is missing or not UTF-8, columns missing or unknown, cells beyond
    the header, cells that do not parse.
    """
    name = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputFaults([Fault(name, "", "", "", f"the file is missing in {path.parent}")]) from None
    except UnicodeDecodeError as error:
        raise InputFaults([Fault(name, f"byte {error.start}", "", "", "text in UTF-8")]) from None
    lines = csv.reader(text.splitlines())
    header = next(lines, [])
    _check_header(name, header, columns)
    faults: list[Fault] = []
    rows: list[dict[str, Any]] = []
    for cells in lines:
        if not cells:
            continue
        place = f"row {lines.line_num}"
        if len(cells) != len(header):
            faults.append(Fault(name, place, "", f"{len(cells)} cells", f"{len(header)} cells, as in the header"))
            continue
        row: dict[str, Any] = {"row": lines.line_num}
        for column, cell in zip(header, cells, strict=True):
            try:
                row[column] = columns[column].parse(cell.strip())
            except ValueError:
                faults.append(Fault(name, place, column, repr(cell), columns[column].allowed))
        rows.append(row)
    if faults:
        raise InputFaults(_shortened(name, faults))
    return tuple(rows)


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


def _check_header(name: str, header: Sequence[str], columns: Mapping[str, Field]) -> None:
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in columns]
    twice = sorted({column for column in header if header.count(column) > 1})
    known = ", ".join(columns)
    faults = [Fault(name, "header", column, "missing", f"the columns {known}") for column in missing]
    faults += [Fault(name, "header", column, "unknown column", f"the columns {known}") for column in unknown]
    faults += [Fault(name, "header", column, "named more than once", "each column once") for column in twice]
    if faults:
        raise InputFaults(faults)


def _shortened(name: str, faults: list[Fault]) -> list[Fault]:
    if len(faults) <= _FAULTS_SHOWN:
        return faults
    more = len(faults) - _FAULTS_SHOWN
    return [*faults[:_FAULTS_SHOWN], Fault(name, "", "", "", f"{more} more faults of the same file are not listed")]
