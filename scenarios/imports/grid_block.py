"""The blocks of an operator's timetable: where headers, labels and times are, and if trains are columns or rows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from energy_models.faults import Fault
from energy_models.tables.rows import TableRows
from energy_models.tables.workbook import column_letters
from scenarios.files.clock_text import is_clock, is_no_call, plain_text
from scenarios.files.table_headers import compared, mapped_header
from scenarios.imports.call_words import call_of
from scenarios.imports.direction_words import direction_in

FORMS = (
    "a table with one row for each stop of each trip, with a column for each train and a row for each station, or with "
    "a row for each train and a column for each station"
)
ROLES = ("trip_id", "direction", "station", "station_name", "vehicle", "chainage_m")
"""Columns and rows beside the times whose labels are recognised."""

_COLON_CLOCK = re.compile(r".*\d.*\D\d{2}.*")
_DIGITS = re.compile(r"\d{3,4}")
_FRACTION = re.compile(r"\d?\.\d+")


@dataclass(frozen=True)
class Block:
    """A part of a table as if it had a column for each train; `place` names a cell of the file.

    `cells` are all rows of equal length. The first `head` rows and the first `labels` columns hold no times.
    """

    cells: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]
    head: int
    labels: int
    title: str
    transposed: bool = False

    def place(self, row: int, column: int) -> str:
        """The row and the column of a cell in the file."""
        if self.transposed:
            row, column = column, row
        return f"row {self.rows[row]}, column {column_letters(column)}"

    def train_place(self, column: int) -> str:
        """The row or the column of a train."""
        return f"row {self.rows[column]}" if self.transposed else f"column {column_letters(column)}"

    @property
    def text(self) -> str:
        """The rows of the block in words."""
        return f"rows {self.rows[0]} to {self.rows[-1]}"


def grid_blocks(rows: TableRows, file: str, faults: list[Fault]) -> list[Block]:
    """The blocks of a table, each with a column for each train; a table without clear blocks is one fault."""
    width = max((len(cells) for _, cells in rows.records), default=0)
    table = [
        (number, tuple(_one_line(cell) for cell in cells) + ("",) * (width - len(cells)))
        for number, cells in rows.records
        if any(cell.strip() for cell in cells)
    ]
    style = _clock_style([cell for _, cells in table for cell in cells])
    if style is None:
        faults.append(Fault(file, "", "", "no times of day", FORMS))
        return []
    timed = [_has_times(cells, style) for _, cells in table]
    blocks: list[Block] = []
    for begin, end in _parts(table, timed):
        head = next((row for row in range(begin, end) if timed[row]), end) - begin
        lines = table[begin:end]
        titles = [cells for _, cells in lines[:head] if sum(1 for cell in cells if cell) == 1]
        title = " ".join(cell for cells in titles for cell in cells if cell)
        body = [line for position, line in enumerate(lines) if position >= head or line[1] not in titles]
        if not body:
            continue
        head -= len(lines) - len(body)
        labels = _label_columns([cells for _, cells in body], head, style)
        block = Block(tuple(c for _, c in body), tuple(n for n, _ in body), head, labels, title)
        turned = _is_turned(block, blocks[-1] if blocks else None)
        if turned is None:
            allowed = 'a table whose corner is "Station" above the stations, or "Train" above the trains'
            faults.append(Fault(file, f"row {block.rows[0]}", "", "stations and trains are not clear", allowed))
            return []
        blocks.append(_transposed(block) if turned else block)
    return blocks


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _clock_style(cells: Sequence[str]) -> re.Pattern[str] | None:
    """The form of the times in a table: with colons if there are any, otherwise digits or fractions of a day."""
    counts = Counter(style for cell in cells if is_clock(cell) for style in [_style_of(plain_text(cell))])
    if counts[_COLON_CLOCK]:
        return _COLON_CLOCK
    return max(counts, key=lambda style: counts[style]) if counts else None


def _style_of(plain: str) -> re.Pattern[str]:
    return next((style for style in (_FRACTION, _DIGITS) if style.fullmatch(plain)), _COLON_CLOCK)


def _is_time(cell: str, style: re.Pattern[str]) -> bool:
    return is_clock(cell) and _style_of(plain_text(cell)) is style


def _has_times(cells: Sequence[str], style: re.Pattern[str]) -> bool:
    if not any(_is_time(cell, style) for cell in cells[1:]):
        return False
    # Train numbers of three or four digits look like times; their row has a label of its own, or none.
    label = cells[0] or next((cell for cell in cells[:3] if cell and not _is_time(cell, style)), "")
    return style is _COLON_CLOCK or bool(label and not set(mapped_header([label], ROLES).columns) & set(ROLES))


def _parts(table: Sequence[tuple[int, tuple[str, ...]]], timed: Sequence[bool]) -> list[tuple[int, int]]:
    """Begin and end of each block: headers, then rows of stations or trains."""
    begins = [0]
    seen: set[str] = set()
    for row in range(1, len(table)):
        label = compared(next((cell for cell in table[row][1] if cell), ""))
        above = range(begins[-1], row)
        if timed[row] or not any(timed[r] for r in above):
            if timed[row]:
                seen.add(label)
            continue
        filled = sum(1 for cell in table[row][1] if cell)
        marks = sum(1 for cell in table[row][1] if cell and is_no_call(cell))
        if marks >= filled - 2 and marks:
            continue
        after = next((r for r in range(row + 1, len(table)) if timed[r]), None)
        is_header = filled > 2 or direction_in(" ".join(table[row][1])) is not None
        again = after is not None and compared(next((c for c in table[after][1] if c), "")) in seen
        if after is not None and (is_header or again):
            begins.append(row)
            seen = set()
    ends = [*begins[1:], len(table)]
    return list(zip(begins, ends, strict=True))


def _label_columns(rows: Sequence[Sequence[str]], head: int, style: re.Pattern[str]) -> int:
    """The number of columns left of the first column with times; a column of distances holds no times."""
    width = len(rows[0]) if rows else 0
    for column in range(width):
        header = [rows[row][column] for row in range(head)]
        if "chainage_m" in mapped_header(header, ROLES).columns:
            continue
        times = sum(1 for row in rows[head:] if _is_time(row[column], style))
        if column == 0 and (style is not _COLON_CLOCK or times <= len(rows[head:]) / 2):
            continue
        if times:
            return column
    return width


def _is_turned(block: Block, before: Block | None) -> bool | None:
    """Whether the trains of a block are in rows; None if neither words nor train numbers show it."""
    left = [next((c for c in cells[: block.labels] if c), "") for cells in block.cells[block.head :]]
    top = [cell for row in block.cells[: block.head] for cell in row[block.labels :] if cell]
    corner = [cell for row in block.cells[: block.head] for cell in row[: block.labels] if cell]
    beside = [cell for cells in block.cells[block.head :] for cell in cells[: block.labels]]
    has_calls = [{call_of(cell)[1] for cell in cells} >= {"arrival", "departure"} for cells in (beside, top)]
    if has_calls[0] != has_calls[1]:
        return has_calls[1]
    numbers = [_digit_share(texts) for texts in (left, top)]
    roles = set(mapped_header(corner, ROLES).columns) & set(ROLES)
    if abs(numbers[0] - numbers[1]) > 0.3 and (top or not numbers[0]):
        return numbers[0] > numbers[1]
    if roles & {"station", "station_name", "chainage_m"}:
        return False
    if roles & {"trip_id", "vehicle"} and top:
        return True
    if not top and any(left):
        return False
    return before.transposed if before is not None else None


def _digit_share(texts: Sequence[str]) -> float:
    shown = [text for text in texts if text]
    return sum(1 for text in shown if re.search(r"\d", plain_text(text))) / len(shown) if shown else 0.0


def _transposed(block: Block) -> Block:
    cells = tuple(zip(*block.cells, strict=True))
    return replace(block, cells=cells, head=block.labels, labels=block.head, transposed=True)
