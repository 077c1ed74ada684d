"""The rows of Parquet files, of JSON records and of workbooks."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from energy_models.faults import Fault, InputFaults
from energy_models.tables.workbook import sheet_of
from energy_models.telemetry.batch import Rejected
from energy_models.telemetry.recordings.raw_rows import BLANKS, RawRows

PIECE_ROWS = 500_000
"""Rows of a piece of a Parquet file."""


def parquet_rows(stream: BinaryIO, name: str, columns: Sequence[str], digest: str) -> Iterator[RawRows]:
    """The rows of a Parquet file, piece by piece; `digest` is the hash of the file. Raises InputFaults."""
    try:
        file = pq.ParquetFile(stream)
        present = file.schema_arrow.names
    except (pa.ArrowException, OSError) as error:
        raise InputFaults([Fault(name, "", "", str(error)[:200], "a whole Parquet file")]) from None
    require_columns(present, columns, name)
    first = 1
    try:
        for piece, batch in enumerate(file.iter_batches(PIECE_ROWS, columns=list(columns), use_threads=False)):
            table = pa.Table.from_batches([batch])
            yield RawRows(table, _json_of(table), _numbers(first), (), f"{digest}/{piece}")
            first += table.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputFaults([Fault(name, f"row {first}", "", str(error)[:200], "a whole Parquet file")]) from None


def require_columns(present: Sequence[str], wanted: Sequence[str], name: str) -> None:
    """Raise InputFaults for each column that the mapping reads and the source does not have, or has twice."""
    faults = [
        Fault(name, "header", column, "missing", "a column that the mapping reads; there are " + _short(present))
        for column in wanted
        if column not in present
    ]
    faults += [
        Fault(name, "header", column, "several columns of this name", "each name once")
        for column in wanted
        if list(present).count(column) > 1
    ]
    if faults:
        raise InputFaults(faults)


def json_rows(content: bytes, name: str, columns: Sequence[str], *, is_lines: bool) -> RawRows:
    """The rows of a JSON array of objects, or of one JSON object on each line.

    A line that is no object is rejected with its bytes. In an array, an element that is no object is rejected.

    Raises:
        InputFaults: The text is no JSON array, or no row has a column that the mapping reads.
    """
    rejected: list[Rejected] = []
    records: list[Mapping[str, Any]] = []
    lines: list[bytes] = []
    numbers: list[int] = []
    has_escapes = b"\\ud" in content or b"\\uD" in content
    for number, line, value in _lines(content) if is_lines else _elements(content, name):
        if not isinstance(value, dict):
            rejected.append(Rejected(number, "the row is no JSON object", line or _text_of(value)))
        elif has_escapes and not _is_text(value, columns):
            rejected.append(
                Rejected(number, "a text has half of a character (\\ud800 to \\udfff)", line or _text_of(value))
            )
        else:
            records.append(value)
            lines.append(line)
            numbers.append(number)
    table = pa.table({column: _column([record.get(column) for record in records]) for column in columns})
    digest = hashlib.sha256(content).hexdigest()
    return RawRows(
        table, lambda row: lines[row] or _text_of(records[row]), numbers.__getitem__, tuple(rejected), digest
    )


def is_one_json_object(content: bytes) -> bool:
    """Whether a text that begins with a brace is one object over several lines, and not an object on each line."""
    first = content.lstrip().split(b"\n", 1)[0]
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        try:
            return isinstance(json.loads(content), dict)
        except (ValueError, RecursionError):
            return False
    return False


def workbook_rows(content: bytes, name: str, columns: Sequence[str]) -> RawRows:
    """The rows of the first sheet of a workbook as text. Raises InputFaults."""
    faults: list[Fault] = []
    sheet = sheet_of(content, name, None, faults)
    if sheet is None or not sheet.records:
        raise InputFaults(faults or [Fault(name, "", "", "an empty sheet", "a header and rows")])
    header = [cell.strip() for cell in sheet.records[0][1]]
    require_columns(header, columns, name)
    rows = [(number, (*cells, *[""] * len(header))[: len(header)]) for number, cells in sheet.records[1:]]
    table = pa.table(
        {
            column: _column([row[header.index(column)] for _, row in rows])
            for column in columns
        }
    )  # fmt: skip
    return RawRows(
        table,
        lambda row: json.dumps(rows[row][1], ensure_ascii=False).encode(),
        lambda row: rows[row][0],
        (),
        hashlib.sha256(content).hexdigest(),
    )


def _lines(content: bytes) -> Iterable[tuple[int, bytes, object]]:
    """Number, bytes and value of each line that is not blank; None for a line that is no JSON."""
    lines = content.split(b"\n")
    values = _objects_at_once(content, lines)
    if values is not None:
        return zip(range(1, len(values) + 1), lines, values, strict=False)
    return _line_by_line(lines)


def _objects_at_once(content: bytes, lines: Sequence[bytes]) -> list[object] | None:
    """The values of lines that are one object each, read as one array; None if that is not certain.

    One array is read in half the time of its lines. A text cannot reach over two lines, because a line feed is not
    allowed in it; an object cannot either, because only an array may have an object after a comma, and none begins.
    """
    whole = lines[:-1] if lines and not lines[-1] else lines
    if b"[" in content or not all(line[:1] == b"{" and line[-1:] == b"}" for line in whole):
        return None
    try:
        values = json.loads(b"[" + b",\n".join(whole) + b"]")
    except (ValueError, RecursionError):
        return None
    return values if len(values) == len(whole) else None


def _line_by_line(lines: Sequence[bytes]) -> Iterator[tuple[int, bytes, object]]:
    decoder = json.JSONDecoder()
    for number, line in enumerate(lines, 1):
        if own := line.strip():
            try:
                # Quicker than `json.loads`, which first finds out the encoding of each line.
                text = own.decode()
                value, end = decoder.raw_decode(text)
                yield number, line.rstrip(b"\r"), value if end == len(text) else None
            except (ValueError, RecursionError):
                yield number, line.rstrip(b"\r"), None


def _elements(content: bytes, name: str) -> Iterator[tuple[int, bytes, object]]:
    """Number and value of each element of an array; the bytes are empty, because elements have no lines."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputFaults([Fault(name, "", "", str(error)[:120], "a JSON array of objects")]) from None
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        raise InputFaults([Fault(name, "", "", type(found).__name__, "a JSON array of objects")])
    for number, value in enumerate(found, 1):
        yield number, b"", value


def _is_text(record: Mapping[str, Any], columns: Sequence[str]) -> bool:
    """Whether all values can be stored as text; JSON can name half of a character, which no text has."""
    try:
        for column in columns:
            str(record.get(column)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _text_of(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _column(values: Sequence[object]) -> pa.Array:
    kinds = set(map(type, values))
    if kinds <= {int, float, type(None)}:
        try:
            if float not in kinds:
                return pa.array(values, pa.int64())
            if int in kinds:
                values = [None if value is None else float(value) for value in values]  # type: ignore[arg-type]
            return pa.array(values, pa.float64())
        except (OverflowError, pa.ArrowInvalid):
            return pa.array([None if value is None else str(value) for value in values], pa.string())
    words = {True: "true", False: "false"}
    texts = [
        None if value is None else words[value] if isinstance(value, bool) else str(value) for value in values
    ]  # fmt: skip
    return pa.array([None if text is None or text.strip() in BLANKS else text for text in texts], pa.string())


def _json_of(table: pa.Table) -> "Any":
    def original(row: int) -> bytes:
        return json.dumps(table.slice(row, 1).to_pylist()[0], default=str, ensure_ascii=False).encode()

    return original


def _numbers(first: int) -> "Any":
    return lambda row: first + row


def _short(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown}, ..." if len(names) > 20 else shown
