"""Reads a table of any of the accepted forms as rows of text, with notes about everything that is not the default.

The forms: text with separators (CSV) in one of the detected encodings, and one sheet of an XLSX workbook.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from energy_models.faults import Fault
from energy_models.tables.encoding import decoded
from energy_models.tables.separated_text import WORDS, Record, decimal_mark, separated, with_points
from energy_models.tables.stored_bytes import MOST_TABLE_BYTES, stored_bytes
from energy_models.tables.workbook import ARCHIVE, OLD_WORKBOOK, sheet_of

WORKBOOK_ENDINGS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class TableForm:
    """What the user states about a table, so that it is not detected.

    `remedy` is what the user can do if the encoding is not clear, such as a use of the option that sets it; `comments`
    states that lines that begin with # are comments; `score` is the number of known columns in a header.
    """

    encoding: str | None = None
    remedy: str = "save the file as UTF-8"
    comments: bool = False
    score: Callable[[Sequence[str]], int] | None = None
    most_bytes: int = MOST_TABLE_BYTES


DEFAULT_FORM = TableForm()


@dataclass(frozen=True)
class TableRows:
    """The rows of a table that are not empty, each with its number in the file; cells are not stripped.

    `separator` is a comma for a sheet of a workbook. `notes` contains the encoding, the separator, the decimal mark and
    the sheet, where they are not the default.
    """

    records: tuple[Record, ...]
    separator: str = ","
    notes: tuple[str, ...] = field(default=())


def sheet_in_name(path: Path) -> tuple[Path, str | None]:
    """The file and the sheet of a path such as `day.xlsx#Saturday`; None without a sheet."""
    if "#" in path.name and not path.exists():
        file, _, sheet = str(path).rpartition("#")
        if file.casefold().endswith(WORKBOOK_ENDINGS):
            return Path(file), sheet
    return path, None


def read_rows(
    path: Path, name: str, wanted: str, faults: list[Fault], form: TableForm = DEFAULT_FORM
) -> TableRows | None:
    """The rows of a file; None, with its faults, if the file cannot be read as a table.

    `name` is the file as faults name it, and `wanted` the words for what should be there.
    """  # fmt: skip
    file, sheet = sheet_in_name(path)
    content = stored_bytes(file, name, wanted, faults, form.most_bytes)
    return None if content is None else rows_of_bytes(content, name, faults, form, sheet)


def rows_of_bytes(
    content: bytes, name: str, faults: list[Fault], form: TableForm = DEFAULT_FORM, sheet: str | None = None
) -> TableRows | None:
    """The rows of the bytes of a file; None, with its faults, if they are not a table."""
    if content.startswith(OLD_WORKBOOK):
        faults.append(Fault(name, "", "", "a workbook of an old form (.xls), or one with a password", "XLSX or CSV"))
        return None
    if content.startswith(ARCHIVE):
        found = sheet_of(content, name, sheet, faults)
        if found is None:
            return None
        unread = f"; the sheets {', '.join(found.others)} were not read" if found.others and sheet is None else ""
        records = found.records
        if form.comments:
            records = tuple((number, cells) for number, cells in records if not cells[0].startswith("#"))
        return TableRows(records, ",", (f"sheet {found.name} of a workbook{unread}",))
    text = decoded(content, name, faults, form.encoding, form.remedy)
    if text is None:
        return None
    rows = rows_of_text(text.text, name, faults, form)
    return None if rows is None else replace(rows, notes=(*text.notes, *rows.notes))


def rows_of_text(text: str, name: str, faults: list[Fault], form: TableForm = DEFAULT_FORM) -> TableRows | None:
    """The rows of a text; None, with one fault, if cells are too long or the decimal mark is not clear."""
    try:
        found = separated(text, comments=form.comments, score=form.score)
    except csv.Error as error:
        allowed = "cells of at most 131,072 characters; a quotation mark may not be closed"
        faults.append(Fault(name, "", "", str(error), allowed))
        return None
    notes = [] if found.separator == "," else [f"cells separated by {WORDS[found.separator]}"]
    mark = decimal_mark(found.records, found.separator)
    if mark == "unclear":
        allowed = "one decimal mark: a point, or a comma with at least one number that is not of the form 1,234"
        faults.append(Fault(name, "", "", "numbers with a comma whose meaning is not clear", allowed))
        return None
    records = found.records
    if mark == "comma":
        notes.append("decimal comma")
        records = tuple((number, [with_points(cell) for cell in cells]) for number, cells in records)
    return TableRows(records, found.separator, tuple(notes))
