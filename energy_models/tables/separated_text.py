"""Text with separators as rows of cells: the separator and the decimal mark are detected.

A row is numbered by its line in the file, as a spreadsheet counts; a record with a cell of several lines has the number
of its last line.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

SEPARATORS = (",", ";", "\t", "|")
WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ALLOWED_SEPARATORS = "cells separated by commas, semicolons, tabs or vertical bars"

Decimal = Literal["point", "comma", "unclear"]

_ROWS_SEEN = 60
_COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+")
_GROUPED_COMMA_NUMBER = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+,\d+")
_POINT_NUMBER = re.compile(r"[-+]?\d*\.\d+")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+")
_STATED = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Separated:
    """Records with their line numbers, and the separator between their cells."""

    records: tuple[Record, ...]
    separator: str


def separated(
    text: str, *, comments: bool = False, score: Callable[[Sequence[str]], int] | None = None
) -> Separated:  # fmt: skip
    """The records of a text, without empty lines, by the separator that fits best.

    Args:
        text: The text.
        comments: Whether lines that begin with # are comments.
        score: The number of known columns in a header; the separator with the highest number is taken. Without known
            columns, the separator is taken whose records are most alike.

    Raises csv.Error for a cell of more than 131,072 characters: a quotation mark that is never closed makes one cell of
    the rest of a file.
    """
    stated = _STATED.fullmatch(text.split("\n", 1)[0]) if text[:4].lower() == "sep=" else None
    if stated is not None and stated.group(1) in SEPARATORS:
        # Excel's own way to state the separator; the line stays in the count.
        rest = text.split("\n", 1)[1] if "\n" in text else ""
        return Separated(tuple(records_of(rest, stated.group(1), comments, first=2)), stated.group(1))
    best, found = (-1, 0.0, 0), ","
    for separator in SEPARATORS:
        if separator != "," and separator not in text:
            continue
        try:
            seen = [cells for _, cells in islice(records_of(text, separator, comments), _ROWS_SEEN)]
        except csv.Error:
            continue
        known = score(seen[0]) if score is not None and seen else 0
        rank = (known, *_evenness(seen))
        if rank > best:
            best, found = rank, separator
    return Separated(tuple(records_of(text, found, comments)), found)


def decimal_mark(records: Iterable[Record], separator: str) -> Decimal:
    """The decimal mark of numbers in cells, from cells that are one number.

    A comma can be a decimal mark only where it does not separate cells. It is unclear if all numbers with a comma are
    of the form 1,234, because the comma can then separate thousands, or if some cells have a comma and others a point.
    """
    if separator == ",":
        return "point"
    commas = points = thousands = 0
    for _, cells in records:
        for cell in cells:
            text = cell.strip()
            if "," in text:
                if _COMMA_NUMBER.fullmatch(text) or _GROUPED_COMMA_NUMBER.fullmatch(text):
                    commas += 1
                    thousands += _THOUSANDS.fullmatch(text) is not None
            elif "." in text and _POINT_NUMBER.fullmatch(text):
                points += 1
    if not commas:
        return "point"
    return "unclear" if points or thousands == commas else "comma"


def with_points(text: str) -> str:
    """A number with a decimal comma as a number with a decimal point; any other text unchanged."""
    stripped = text.strip()
    if _COMMA_NUMBER.fullmatch(stripped):
        return stripped.replace(",", ".")
    if _GROUPED_COMMA_NUMBER.fullmatch(stripped):
        return stripped.replace(".", "").replace(",", ".")
    return text


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The share of rows of the commonest width above 1, and this width; zeros if no row has two cells."""
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    if not widths:
        return 0.0, 0
    width, number = max(widths.items(), key=lambda item: (item[1], item[0]))
    return round(number / len(rows), 1), width


def records_of(text: str, separator: str, comments: bool, first: int = 1) -> Iterator[Record]:
    """Cells of each record that is not empty, with the number of its last line in the file."""
    numbers: list[int] = []

    def lines() -> Iterator[str]:
        for number, line in enumerate(io.StringIO(text, newline=None), first):
            if not (comments and line.startswith("#")):
                numbers.append(number)
                yield line

    for cells in csv.reader(lines(), delimiter=separator, skipinitialspace=separator != "\t"):
        if cells:
            yield numbers[-1], cells
