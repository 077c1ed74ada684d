"""Tables read strictly, the same way everywhere: each fault with file, row, column, value and what is allowed.

A table is CSV text or a sheet of a workbook (`energy_models/tables`). Cells lose the spaces around them. Rows without
any content do not count. A row is named by its line in the file, as a spreadsheet counts; a record with a cell of
several lines is named by its last line.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from energy_models.faults import Fault, InputFaults
from energy_models.tables.formulas import read_cell
from energy_models.tables.rows import DEFAULT_FORM, WORKBOOK_ENDINGS, TableForm, TableRows, read_rows
from energy_models.tables.separated_text import ALLOWED_SEPARATORS, WORDS, records_of
from scenarios.files.names import nearest
from scenarios.files.table_headers import known_columns, mapped_header, scaled


@dataclass(frozen=True)
class CsvRow:
    """One row: its line in the file, and its cells by column; None where the row has a wrong number of cells."""

    number: int
    cells: Mapping[str, str] | None

    @property
    def place(self) -> str:
        """The row as faults name it."""
        return f"row {self.number}"


@dataclass(frozen=True)
class CsvTable:
    """A header and the rows below it; `missing` are the required columns that the header lacks.

    `notes` contains what was detected and mapped, where it is not the default.
    """

    header: tuple[str, ...]
    header_place: str
    missing: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    notes: tuple[str, ...] = ()


class Column(Protocol):
    """How the cells of one column are read, and the words for what is allowed there."""

    @property
    def parse(self) -> Callable[[str], Any]:
        """The value of a cell; ValueError where the cell may not stand there."""
        ...

    @property
    def allowed(self) -> str:
        """What may stand there."""
        ...


def is_table_name(text: str) -> bool:
    """Whether a text is the name of a table: a CSV file, or a workbook with or without `#` and a sheet."""
    return text.casefold().endswith(".csv") or text.partition("#")[0].casefold().endswith(WORKBOOK_ENDINGS)


def read_table_file(
    path: Path,
    name: str,
    wanted: str,
    faults: list[Fault],
    *,
    required: Sequence[str] = (),
    known: Collection[str] | None = None,
    columns: Collection[str] = (),
    other_names: bool = True,
    form: TableForm = DEFAULT_FORM,
) -> CsvTable | None:
    """The table of a file; None, with its faults, if the file cannot be read as a table.

    Args:
        path: The file; a sheet of a workbook follows a `#`.
        name: The file, as faults name it.
        wanted: The words for what should be there.
        faults: The list of faults that grows.
        required: Columns that the header must have.
        known: All columns that the header may have; None: any others are passed over.
        columns: Columns whose other names are recognised; by default the known or required columns.
        other_names: Whether other names of columns are recognised at all.
        form: What the user states about the table.
    """
    names = tuple(columns or known or required)
    rows = read_rows(path, name, wanted, faults, replace(form, score=lambda header: known_columns(header, names)))
    if rows is None:
        return None
    return table_of_rows(rows, name, faults, required=required, known=known, columns=names if other_names else ())


def csv_table(
    text: str,
    name: str,
    faults: list[Fault],
    *,
    required: Sequence[str] = (),
    known: Collection[str] | None = None,
    comments: bool = False,
    pads: bool = False,
) -> CsvTable:
    """The rows of a text with commas and Headwatt's own column names, as `table_of_rows`.

    `comments` states that lines that begin with # are comments.
    """
    rows = TableRows(tuple(records_of(text, ",", comments)))
    return table_of_rows(rows, name, faults, required=required, known=known, pads=pads)


def table_of_rows(
    rows: TableRows,
    name: str,
    faults: list[Fault],
    *,
    required: Sequence[str] = (),
    known: Collection[str] | None = None,
    columns: Collection[str] = (),
    pads: bool = False,
) -> CsvTable:
    """The table of rows whose first row is the header; all faults of header and row lengths are appended to `faults`.

    Args:
        rows: The rows of a file.
        name: The file, as faults name it.
        faults: The list of faults that grows.
        required: Columns that the header must have.
        known: All columns that the header may have; None: any others are passed over.
        columns: Columns whose other names are recognised (`scenarios/files/table_headers.py`).
        pads: Whether short rows are filled with empty cells, and empty cells beyond the header pass.
    """
    allowed = "the columns " + ", ".join(known if known is not None else required)
    number, cells = rows.records[0] if rows.records else (1, [])
    given = tuple(cell.strip() for cell in cells)
    place = f"row {number}"
    everything = tuple(known if known is not None else required)
    if not any(given):
        faults.append(Fault(name, place, "", "no header", f"a header with {allowed}"))
        return CsvTable((), place, everything, (), rows.notes)
    if len(given) == 1 and len(required) > 1 and given[0] not in everything:
        shown = given[0] if len(given[0]) <= 60 else given[0][:57] + "..."
        faults.append(Fault(name, place, "", f"one cell: {shown}", f"{ALLOWED_SEPARATORS}, with {allowed}"))
        return CsvTable(given, place, everything, (), rows.notes)
    mapped = mapped_header(given, columns)
    header = mapped.columns
    missing = _header_faults(name, place, header, required, known, allowed, faults)
    body: list[CsvRow] = []
    wrong: list[tuple[int, int, str]] = []
    for number, record in rows.records[1:]:
        cells = [read_cell(cell.strip()) for cell in record]
        if not any(cells):
            continue
        if pads and not any(cells[len(header) :]):
            cells = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        if len(cells) != len(header):
            wrong.append((number, len(cells), "" if pads else f": {_shown(cells)}"))
            body.append(CsvRow(number, None))
            continue
        # Of a column that stands twice, which is a fault, the first counts.
        found = dict(zip(reversed(header), reversed(cells), strict=True))
        for column, factor in mapped.factors.items():
            found[column] = scaled(found[column], factor)
        body.append(CsvRow(number, found))
    faults.extend(_length_faults(name, wrong, len(body), len(header), rows.separator))
    return CsvTable(header, place, missing, tuple(body), (*rows.notes, *mapped.notes))


def _length_faults(
    name: str, wrong: Sequence[tuple[int, int, str]], rows: int, width: int, separator: str
) -> list[Fault]:  # fmt: skip
    """The faults of rows with a wrong number of cells; one fault if all rows have the same wrong number."""
    allowed = f"{width} cells, as in the header"
    lengths = {length for _, length, _ in wrong}
    if len(wrong) == rows and rows > 1 and len(lengths) == 1:
        allowed += f", separated by {WORDS[separator]}s as in the header"
        return [Fault(name, f"row {wrong[0][0]}", "", f"{lengths.pop()} cells in each of {rows} rows", allowed)]
    return [Fault(name, f"row {number}", "", f"{length} cells{shown}", allowed) for number, length, shown in wrong]


def _shown(cells: Sequence[str]) -> str:
    text = ", ".join(cells)
    return text if len(text) <= 60 else text[:57] + "..."


def parsed_rows(table: CsvTable, name: str, columns: Mapping[str, Column], faults: list[Fault]) -> list[dict[str, Any]]:
    """The values of each row with the key `row`, its line; a cell that its column does not allow becomes a fault."""
    parsed: list[dict[str, Any]] = []
    read = [(column, columns[column]) for column in dict.fromkeys(table.header) if column in columns]
    for row in table.rows:
        if row.cells is None:
            continue
        values: dict[str, Any] = {"row": row.number}
        for column, field in read:
            text = row.cells[column]
            try:
                values[column] = field.parse(text)
            except ValueError:
                faults.append(Fault(name, row.place, column, text or "empty", field.allowed))
        parsed.append(values)
    return parsed


def read_csv(
    path: Path, columns: Mapping[str, Column], wanted: str, optional: Collection[str] = ()
) -> list[dict[str, Any]]:  # fmt: skip
    """Read a table whose columns are exactly those given, in any order; each row has the key `row`, its line.

    Columns have no other names here, because Headwatt itself writes such tables. `optional` are the columns that may be
    missing.

    Raises InputFaults with every fault of the file, many rows with the same one shortened.
    """
    faults: list[Fault] = []
    required = [column for column in columns if column not in optional]
    table = read_table_file(path, path.name, wanted, faults, required=required, known=columns, other_names=False)
    if table is None:
        raise InputFaults(faults)
    rows = parsed_rows(table, path.name, columns, faults)
    if faults:
        raise InputFaults(shortened(sorted(faults, key=lambda fault: int(fault.place.removeprefix("row ") or 0))))
    return rows


def shortened(faults: Sequence[Fault], most: int = 5) -> list[Fault]:
    """The faults; of more than `most` rows with the same fault the first ones, and the number of the others."""
    count: Counter[tuple[str, str, str]] = Counter()
    kept = []
    for fault in faults:
        kind = (fault.file, fault.field, fault.allowed)
        is_row = fault.place.startswith("row")
        count[kind] += is_row
        if not is_row or count[kind] <= most:
            kept.append(fault)
    for (file, field, allowed), number in count.items():
        if number > most:
            kept.append(Fault(file, "", field, f"the same in {number - most} more rows", allowed))
    return kept


def _header_faults(
    name: str,
    place: str,
    header: Sequence[str],
    required: Sequence[str],
    known: Collection[str] | None,
    allowed: str,
    faults: list[Fault],
) -> tuple[str, ...]:
    """The columns that the header lacks; a column under a misspelt name is one fault, not two."""
    for column in dict.fromkeys(column for column in header if header.count(column) > 1):
        if known is None or column in known:
            faults.append(Fault(name, place, column, "column given twice", "each column once"))
    missing = tuple(column for column in required if column not in header)
    unknown = [] if known is None else [column for column in dict.fromkeys(header) if column not in known]
    faults.extend(Fault(name, place, column, "unknown column", allowed) for column in unknown)
    meant = {near for column in unknown for near in nearest(column, missing)[:1]}
    faults.extend(Fault(name, place, column, "column missing", allowed) for column in missing if column not in meant)
    return missing
