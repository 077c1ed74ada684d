"""The rows of a telemetry file as text; its encoding, separator and decimal mark are detected.

Telemetry has millions of rows, so that pandas reads the rows. Everything else is that of `energy_models/tables`.
"""

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from energy_models.faults import Fault, InputFaults
from energy_models.tables.encoding import decoded
from energy_models.tables.separated_text import ALLOWED_SEPARATORS, SEPARATORS, WORDS
from energy_models.tables.stored_bytes import stored_bytes
from energy_models.tables.workbook import ARCHIVE, OLD_WORKBOOK, sheet_of
from energy_models.telemetry.columns import COLUMN_NAMES, COLUMNS

MOST_BYTES = 4_000_000_000
"""Largest telemetry file: a day of several hundred vehicles with a row each second."""
_FIRST_CHARACTERS = 1 << 20

_DECIMAL_COMMA = re.compile(r"\d,\d")


@dataclass(frozen=True, eq=False)
class StoredTable:
    """A header, the rows below it as text, the bytes of the file, and notes about values that are not the default.

    The index of a row is its line number minus 2.
    """

    header: tuple[str, ...]
    rows: pd.DataFrame
    content: bytes
    notes: tuple[str, ...]


def stored_table(path: Path) -> StoredTable:
    """The table of a telemetry file as CSV text or XLSX workbook. Raises InputFaults if it is neither."""
    name = str(path)
    faults: list[Fault] = []
    content = stored_bytes(path, name, "a readable CSV file", faults, MOST_BYTES)
    if content is not None and content.startswith((ARCHIVE, OLD_WORKBOOK)):
        found = _of_workbook(content, name, faults)
        if found is not None:
            return found
    elif content is not None:
        text = decoded(content, name, faults)
        if text is not None:
            return _of_text(text.text, content, text.notes, name)
    raise InputFaults(faults)


def _of_text(text: str, content: bytes, notes: tuple[str, ...], name: str) -> StoredTable:
    first = re.split(r"[\r\n]", text[:_FIRST_CHARACTERS].lstrip("\r\n"), maxsplit=1)[0]
    separator = max(SEPARATORS, key=lambda one: sum(cell.strip(' "') in COLUMN_NAMES for cell in first.split(one)))
    try:
        # The header is read separately, because pandas renames a repeated column without a message.
        top = pd.read_csv(StringIO(text), header=None, nrows=1, dtype=str, sep=separator)
        header = tuple(str(cell).strip() for cell in top.iloc[0].fillna(""))
        rows = pd.read_csv(
            StringIO(text), dtype=str, keep_default_na=False, index_col=False, on_bad_lines="error", sep=separator
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputFaults([Fault(name, "", "", "", f"CSV text with one header line ({error})")]) from error
    if len(header) == 1 and header[0] not in COLUMN_NAMES:
        raise InputFaults([Fault(name, "header", "", f"one cell: {header[0][:60]}", ALLOWED_SEPARATORS)])
    rows.columns = pd.Index(header[: len(rows.columns)])
    if separator != ",":
        notes = (*notes, f"cells separated by {WORDS[separator]}")
        numbers = [column.name for column in COLUMNS if column.numeric and header.count(column.name) == 1]
        if any(rows[column].str.contains(_DECIMAL_COMMA).any() for column in numbers):
            notes = (*notes, "decimal comma")
            rows[numbers] = rows[numbers].apply(lambda column: column.str.replace(",", ".", n=1, regex=False))
    return StoredTable(header, rows, content, notes)


def _of_workbook(content: bytes, name: str, faults: list[Fault]) -> StoredTable | None:
    if content.startswith(OLD_WORKBOOK):
        faults.append(Fault(name, "", "", "a workbook of an old form (.xls), or one with a password", "XLSX or CSV"))
        return None
    sheet = sheet_of(content, name, None, faults)
    if sheet is None or not sheet.records:
        faults.append(Fault(name, "", "", "", "at least one row under the header"))
        return None
    header = tuple(cell.strip() for cell in sheet.records[0][1])
    numbers = [number - 2 for number, _ in sheet.records[1:]]
    cells = [(*row, *[""] * len(header))[: len(header)] for _, row in sheet.records[1:]]
    rows = pd.DataFrame(cells, columns=pd.Index(header), index=pd.Index(numbers), dtype=str)
    return StoredTable(header, rows, content, (f"sheet {sheet.name} of a workbook",))
