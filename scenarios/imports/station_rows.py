"""The stations of a block of an operator's timetable: their names, and the rows of their arrivals and departures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from energy_models.faults import Fault
from energy_models.tables.workbook import column_letters
from scenarios.files.clock_text import is_clock, is_no_call
from scenarios.files.table_headers import mapped_header, scaled
from scenarios.imports.call_words import Call, call_of
from scenarios.imports.grid_block import ROLES, Block
from scenarios.imports.timetable_stops import CellText


@dataclass(frozen=True)
class StationRow:
    """A station of a block and the rows of its arrivals and departures, which may be one row.

    `chainage` is the text of its chainage in m.
    """

    name: str
    arrival_row: int | None
    departure_row: int | None
    chainage: CellText | None = None


@dataclass(frozen=True)
class _Columns:
    """The label columns of a block: names, words for arrival and departure, and distances with their factor to m."""

    name: int
    call: int | None
    chainage: int | None
    factor: int
    words_in_names: bool


def station_rows(block: Block, file: str, faults: list[Fault], notes: list[str]) -> Iterator[StationRow]:
    """The stations of a block in order of its rows.

    Rows with times but without a station are faults; other rows without a station are named in the notes.
    """
    columns = _columns(block, notes)
    if columns is None:
        faults.append(
            Fault(file, block.text, "station", "no names", "a name for each station, beside or above its times")
        )
        return
    last: StationRow | None = None
    for row in range(block.head, len(block.cells)):
        cells = block.cells[row]
        name, call = _name_and_call(cells, columns)
        trains = [(place, cell) for place, cell in enumerate(cells) if place >= block.labels and cell]
        if not name and last is not None and call is not None:
            name = last.name
        if not name:
            timed = next((place for place, cell in trains if is_clock(cell)), None)
            if timed is not None:
                allowed = "a station beside each row of times"
                faults.append(Fault(file, block.place(row, timed), "station", "empty", allowed))
            elif any(cells):
                notes.append(f"{_line(block, row)} was not used: {_shown(cells)}")
            continue
        if trains and not any(is_clock(cell) or is_no_call(cell) for _, cell in trains):
            notes.append(f"{_line(block, row)} was not used, because it has no times: {_shown(cells)}")
            continue
        if not trains and call is None and sum(1 for cell in cells if cell) == 1 and row == len(block.cells) - 1:
            notes.append(f"{_line(block, row)} was not used: {_shown(cells)}")
            continue
        found = StationRow(
            name,
            row if call != "departure" else None,
            row if call != "arrival" else None,
            _chainage(block, row, columns),
        )
        joined = _joined(last, found)
        if joined is None:
            if last is not None:
                yield last
            last = found
        else:
            last = joined
    if last is not None:
        yield last


def _joined(before: StationRow | None, now: StationRow) -> StationRow | None:
    """One station of two rows: arrivals, then departures; None if the rows are of two stations."""
    if before is None or before.name != now.name:
        return None
    if before.arrival_row == before.departure_row and now.arrival_row == now.departure_row:
        return replace(before, departure_row=now.departure_row)
    if before.departure_row is None and now.departure_row is not None:
        return replace(before, departure_row=now.departure_row, chainage=before.chainage or now.chainage)
    if before.arrival_row is None and now.arrival_row is not None:
        return replace(before, arrival_row=now.arrival_row, chainage=before.chainage or now.chainage)
    return None


def _columns(block: Block, notes: list[str]) -> _Columns | None:
    """The roles of the label columns, by their headers and their content."""
    below = range(block.head, len(block.cells))
    headers: dict[int, tuple[str, int]] = {}
    for column in range(block.labels):
        for row in range(block.head):
            mapped = mapped_header([block.cells[row][column]], ROLES)
            if mapped.columns[0] in ROLES:
                headers[column] = (mapped.columns[0], mapped.factors.get(mapped.columns[0], 1))
    calls = [
        column
        for column in range(block.labels)
        if (words := [block.cells[row][column] for row in below if block.cells[row][column]])
        and sum(1 for word in words if call_of(word)[0] == "" and call_of(word)[1]) >= 0.8 * len(words)
    ]
    distances = [column for column, (role, _) in headers.items() if role == "chainage_m"]
    left = [column for column in range(block.labels) if column not in calls and column not in distances]
    if not left:
        return None
    named = [column for column in left if headers.get(column, ("", 1))[0] == "station_name"]
    named = named or [column for column in left if headers.get(column, ("", 1))[0] == "station"]
    variety = {column: len({block.cells[row][column] for row in below} - {""}) for column in left}
    name = named[0] if named else max(left, key=lambda column: (variety[column], -column))
    if not variety[name]:
        return None
    for column in left:
        if column != name and variety[column]:
            where = f"row {block.rows[column]}" if block.transposed else f"column {column_letters(column)}"
            shown = ", ".join(dict.fromkeys(block.cells[row][column] for row in below if block.cells[row][column]))
            notes.append(f"{where} of the stations was not used: {shown[:60]}")
    kinds = {call_of(block.cells[row][name])[1] for row in below if block.cells[row][name]}
    return _Columns(
        name,
        calls[0] if calls else None,
        distances[0] if distances else None,
        headers[distances[0]][1] if distances else 1,
        not calls and kinds >= {"arrival", "departure"},
    )


def _name_and_call(cells: Sequence[str], columns: _Columns) -> tuple[str, Call | None]:
    if columns.call is not None:
        return cells[columns.name], call_of(cells[columns.call])[1]
    # A name such as Hoi An ends with a word for an arrival; the words count if a block has both of them.
    return call_of(cells[columns.name]) if columns.words_in_names else (cells[columns.name], None)


def _chainage(block: Block, row: int, columns: _Columns) -> CellText | None:
    if columns.chainage is None or not block.cells[row][columns.chainage]:
        return None
    return CellText(scaled(block.cells[row][columns.chainage], columns.factor), block.place(row, columns.chainage))


def _line(block: Block, row: int) -> str:
    return f"column {column_letters(row)}" if block.transposed else f"row {block.rows[row]}"


def _shown(cells: Sequence[str]) -> str:
    return ", ".join(cell for cell in cells if cell)[:60]
