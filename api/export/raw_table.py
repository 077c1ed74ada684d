"""A table of a feed that is edited cell by cell: everything that is not changed stays byte for byte.

A record keeps its own text with quotation marks, spaces and line end. A change replaces the content of one cell.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from energy_models.faults import Fault, InputFaults
from energy_models.tables.encoding import decoded
from scenarios.files.table_headers import compared

BOM = "\ufeff"
_REMEDY = "save the file as UTF-8"
_CODECS = {"UTF-8": ("utf-8",), "UTF-16": ("utf-16-le", "utf-16-be"), "UTF-32": ("utf-32-le", "utf-32-be"),
           "Windows-1252": ("cp1252",)}  # fmt: skip
"""Codecs of the encodings that are detected, if their names differ."""


@dataclass(eq=False)
class RawTable:
    """The records of a table, the header first; `edited` and `removed` are positions of records.

    `added` has, by position of a record, the texts of the records that follow it.
    """

    name: str
    encoding: str
    separator: str
    records: list[str]
    columns: Mapping[str, int]
    edited: dict[int, str] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    added: dict[int, list[str]] = field(default_factory=dict)
    has_new_column: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether a record was changed, added or removed, or the table has a new column."""
        return bool(self.edited or self.removed or self.added or self.has_new_column)

    def has(self, column: str) -> bool:
        """Whether the table has a column."""
        return _key(column) in self.columns

    def cell(self, position: int, column: str) -> str:
        """The content of a cell as it was read, without spaces around it; empty for a column that is missing."""
        return self._content(self._cells(position), column)

    def values(self, column: str) -> Iterator[tuple[int, str]]:
        """Position and content of a cell for each record below the header; the whole table is read once."""
        for position, cells in enumerate(_parsed(self.records, self.separator)):
            if position:
                yield position, self._content(cells, column)

    def _content(self, cells: Sequence[str], column: str) -> str:
        place = self.columns.get(_key(column))
        return cells[place].strip() if place is not None and place < len(cells) else ""

    def _cells(self, position: int) -> list[str]:
        return next(_parsed([self.records[position]], self.separator))

    def change(self, position: int, values: Mapping[str, str]) -> None:
        """Write values into the cells of a record; cells with the same content stay as they are."""
        text = self.with_values(position, values)
        if text != self.records[position]:
            self.edited[position] = text
        else:
            self.edited.pop(position, None)

    def add_column(self, column: str) -> None:
        """Add a column at the end, empty in every record; nothing happens if the table has the column."""
        if self.has(column):
            return
        place = len(self._cells(0))
        for position, record in enumerate(self.records):
            body = record.rstrip("\r\n")
            if not body:
                continue
            missing = max(0, place - len(self._cells(position)))
            cell = column if position == 0 else ""
            self.records[position] = body + self.separator * (missing + 1) + cell + record[len(body) :]
        self.columns = {**self.columns, _key(column): place}
        self.has_new_column = True

    def remove(self, position: int) -> None:
        """Remove a record."""
        self.edited.pop(position, None)
        self.removed.add(position)

    def add(self, after: int, text: str) -> None:
        """Add a record after another one."""
        self.added.setdefault(after, []).append(text)

    def with_values(self, position: int, values: Mapping[str, str]) -> str:
        """The text of a record with other values in some cells. Raises KeyError for a column that is missing."""
        raw = self.records[position]
        body = raw.rstrip("\r\n")
        end = raw[len(body) :]
        cells = _raw_cells(body, self.separator)
        for column, value in values.items():
            place = self.columns[_key(column)]
            cells += [""] * (place + 1 - len(cells))
            if self.cell(position, column) != value:
                cells[place] = _replaced(cells[place], value, self.separator)
        return self.separator.join(cells) + end

    def text(self) -> str:
        """The whole table as it is now."""
        parts: list[str] = []
        for position, record in enumerate(self.records):
            if position not in self.removed:
                parts.append(self.edited.get(position, record))
            parts += self.added.get(position, [])
        return self._with_line_ends(parts)

    def changed_text(self) -> str:
        """The header with the changed and added records only."""
        parts = [self.records[0]]
        for position in range(1, len(self.records)):
            if position in self.edited:
                parts.append(self.edited[position])
            parts += self.added.get(position, [])
        return self._with_line_ends(parts)

    def removed_text(self) -> str:
        """The header with the removed records only."""
        return self._with_line_ends([self.records[0], *(self.records[position] for position in sorted(self.removed))])

    def encoded(self, text: str) -> bytes:
        """The text in the encoding of the table."""
        return text.encode(self.encoding)

    def _with_line_ends(self, parts: Sequence[str]) -> str:
        """Records with a line end after each; only the last one may lack it, as in the table that was read."""
        first = self.records[0]
        end = first[len(first.rstrip("\r\n")) :] or "\n"
        return "".join(
            part if part.endswith(("\r", "\n")) or number == len(parts) - 1 else part + end
            for number, part in enumerate(parts)
        )


def raw_table(name: str, content: bytes, shared: str | None = None) -> RawTable:
    """The table of a file; `shared` is the encoding of the files beside it, for a file that is not clear alone.

    Raises InputFaults for text in an unknown encoding.
    """
    text, encoding = _decoded(name, content, shared)
    lines = list(io.StringIO(text, newline=""))
    header = next(csv.reader(lines[:1]), [])
    separator = max(",;\t|", key="".join(lines[:1]).count) if len(header) < 2 else ","
    taken = 0

    def counted() -> Iterable[str]:
        nonlocal taken
        for line in lines:
            taken += 1
            yield line

    records: list[str] = []
    begin = 0
    for _ in csv.reader(counted(), delimiter=separator, skipinitialspace=separator != "\t"):
        records.append(lines[begin] if taken == begin + 1 else "".join(lines[begin:taken]))
        begin = taken
    columns: dict[str, int] = {}
    for place, column in enumerate(next(_parsed(records[:1], separator), [])):
        columns.setdefault(_key(column), place)
    return RawTable(name, encoding, separator, records, columns)


def _parsed(records: Iterable[str], separator: str) -> Iterator[list[str]]:
    return iter(csv.reader(records, delimiter=separator, skipinitialspace=separator != "\t"))


@lru_cache(1000)
def _key(column: str) -> str:
    """The name of a column in the form in which names are compared."""
    return compared(column.removeprefix(BOM).strip().strip('"'))


def _decoded(name: str, content: bytes, shared: str | None) -> tuple[str, str]:
    """The text with its mark at the start, and the codec that gives the same bytes again."""
    faults: list[Fault] = []
    found = decoded(content, name, faults, remedy=_REMEDY)
    if found is None and shared is not None:
        # A short file is not clear alone, and has the encoding of the files beside it.
        found = decoded(content, name, [], shared)
    if found is None:
        raise InputFaults(faults)
    for codec in _CODECS.get(found.encoding, (found.encoding,)):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if text.removeprefix(BOM) == found.text.removeprefix(BOM) and text.encode(codec) == content:
            return text, codec
    raise InputFaults([Fault(name, "", "", f"{found.encoding} with more than one form of a character", _REMEDY)])


def _raw_cells(body: str, separator: str) -> list[str]:
    """The cells of a record with their quotation marks and spaces."""
    cells: list[str] = []
    begin, quoted = 0, False
    for place, character in enumerate(body):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            cells.append(body[begin:place])
            begin = place + 1
    return [*cells, body[begin:]]


def _replaced(raw: str, value: str, separator: str) -> str:
    """The cell with another content, with the quotation marks and the spaces that it had."""
    content = raw.strip(" \t") if separator != "\t" else raw.strip(" ")
    needs = any(mark in value for mark in (separator, '"', "\n", "\r"))
    written = f'"{value.replace(chr(34), 2 * chr(34))}"' if needs or content.startswith('"') else value
    return raw.replace(content, written, 1) if content else raw + written
