"""The rows of a text file in pieces of bounded size; a broken row is kept with its bytes and stops no other row."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.batch import Rejected
from energy_models.telemetry.recordings.raw_rows import BLANKS, RawRows
from energy_models.telemetry.recordings.text_layout import TextLayout

PIECE_BYTES = 16 << 20
"""Size of a piece of a text file."""
LONGEST_RECORD_BYTES = 64 << 20


def text_rows(stream: BinaryIO, layout: TextLayout, name: str, types: Mapping[str, pa.DataType]) -> Iterator[RawRows]:
    """The rows of a text file, piece by piece.

    Args:
        stream: The bytes of the file from its start.
        layout: How they are read.
        name: The file, as faults name it.
        types: The columns that are read, with their types; other columns are skipped.

    Raises:
        InputFaults: A record is longer than 64 MB.
    """
    number = layout.lines_before + 1
    rest = b""
    for piece in _with_last_end(_in_utf8(stream, layout)):
        rest += piece
        cut = _end_of_records(rest)
        if cut == 0:
            if len(rest) > LONGEST_RECORD_BYTES:
                allowed = "lines that end, and closed quotation marks"
                raise InputFaults([Fault(name, f"line {number}", "", "a record of more than 64 MB", allowed)])
            continue
        block, rest = rest[:cut], rest[cut:]
        yield _of_block(block, number, layout, types)
        number += block.count(b"\n")
    if rest.strip():
        yield _of_block(rest, number, layout, types)


def _in_utf8(stream: BinaryIO, layout: TextLayout) -> Iterator[bytes]:
    """The bytes after the header, in UTF-8. Bytes of a UTF-8 file that are no UTF-8 stay as they are."""
    skipped = layout.lines_before
    if layout.codec in ("utf-8", "utf-8-sig"):
        for _ in range(skipped):
            stream.readline()
        while piece := stream.read(PIECE_BYTES):
            yield piece
        return
    text = io.TextIOWrapper(stream, encoding=layout.codec, errors="replace", newline="")
    for _ in range(skipped):
        text.readline()
    while characters := text.read(PIECE_BYTES):
        yield characters.encode("utf-8")


def _with_last_end(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, with a line end after the last line."""
    last = b""
    for piece in pieces:
        if last:
            yield last
        last = piece
    if last:
        yield last if last.endswith(b"\n") else last + b"\n"


def _end_of_records(block: bytes) -> int:
    """The length of the part of a block that ends with a whole record."""
    cut = block.rfind(b"\n") + 1
    if b'"' not in block:
        return cut
    while cut > 0 and block.count(b'"', 0, cut) % 2:
        cut = block.rfind(b"\n", 0, cut - 1) + 1
    return cut


def _of_block(block: bytes, number: int, layout: TextLayout, types: Mapping[str, pa.DataType]) -> RawRows:
    digest = hashlib.sha256(block).hexdigest()
    rejected: list[Rejected] = []
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
    try:
        table, broken = _parsed(block, layout, types)
    except pa.ArrowInvalid:
        # A cell that is no number, or bytes that are no UTF-8: the piece is read as text, and each cell is tried.
        block, numbers = _without_broken_bytes(block, number, rejected)
        try:
            table, broken = _parsed(block, layout, dict.fromkeys(types, pa.string()))
        except pa.ArrowInvalid:
            return _by_hand(block, number, layout, types, digest, rejected)
    if numbers is None and not broken and not rejected:
        lines: list[bytes] | None = None

        def line_of(row: int) -> bytes:
            nonlocal lines
            if lines is None:
                lines = _lines(block, table.num_rows)
            return _original(lines, row, table, layout)

        return RawRows(table, line_of, lambda row: number + row, (), digest, layout.decimal)
    stored = _lines(block, table.num_rows + len(broken))
    if stored is None:
        return _by_hand(block, number, layout, types, digest, rejected)
    at = numbers if numbers is not None else number + np.flatnonzero([bool(one.strip()) for one in block.split(b"\n")])
    is_broken = np.zeros(len(stored), dtype=bool)
    if broken:
        is_broken[np.asarray(broken, dtype=np.int64)] = True
    width = len(layout.header)
    rejected += [
        Rejected(int(at[row]), f"the row does not have {width} cells", _encoded(stored[row], layout))
        for row in np.flatnonzero(is_broken)
    ]
    good = np.flatnonzero(~is_broken)
    return RawRows(
        table,
        lambda row: _encoded(stored[good[row]], layout),
        lambda row: int(at[good[row]]),
        tuple(sorted(rejected, key=lambda one: one.row)),
        digest,
        layout.decimal,
    )


def _parsed(block: bytes, layout: TextLayout, types: Mapping[str, pa.DataType]) -> tuple[pa.Table, list[int]]:
    """The table of a block, and the places of records with another number of cells. Raises ArrowInvalid."""
    broken: list[int] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        broken.append(int(row.number) - 1)
        return "skip"

    # Columns without a name, and names that occur twice, are never read; pyarrow needs names that differ.
    names = [name if name in types else f"\0{place}" for place, name in enumerate(layout.header)]
    table = arrow_csv.read_csv(
        pa.BufferReader(block),
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=max(len(block), 1)),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=b'"' in block, invalid_row_handler=note
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict(types),
            include_columns=list(types),
            null_values=list(BLANKS),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            decimal_point=layout.decimal,
        ),
    )
    return table, broken


def _lines(block: bytes, wanted: int) -> list[bytes] | None:
    """The lines of a block that are not empty, if there are as many as records; otherwise None."""
    lines = [line for line in block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n") if line.strip()]
    return lines if len(lines) == wanted else None


def _original(lines: list[bytes] | None, row: int, table: pa.Table, layout: TextLayout) -> bytes:
    if lines is not None:
        return _encoded(lines[row], layout)
    # A cell of several lines: the record is written again from its cells.
    return str(table.slice(row, 1).to_pylist()[0]).encode("utf-8")


def _encoded(line: bytes, layout: TextLayout) -> bytes:
    if layout.codec in ("utf-8", "utf-8-sig"):
        return line
    codec = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(layout.codec, layout.codec)
    return line.decode("utf-8", "replace").encode(codec, "replace")


def _without_broken_bytes(
    block: bytes, number: int, rejected: list[Rejected]
) -> tuple[bytes, "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """The block without lines that are no UTF-8, and the numbers of its lines."""
    kept: list[bytes] = []
    numbers: list[int] = []
    for place, line in enumerate(block.split(b"\n")):
        if not line.strip():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            rejected.append(Rejected(number + place, "the row is not UTF-8 text", line.rstrip(b"\r")))
            continue
        kept.append(line)
        numbers.append(number + place)
    return b"\n".join(kept) + b"\n", np.asarray(numbers, dtype=np.int64)


def _by_hand(
    block: bytes,
    number: int,
    layout: TextLayout,
    types: Mapping[str, pa.DataType],
    digest: str,
    rejected: list[Rejected],
) -> RawRows:
    """Records whose cells contain line ends, beside broken records: the csv module reads them one by one."""
    text = codecs.decode(block, "utf-8", "replace")
    rows: list[list[str]] = []
    originals: list[bytes] = []
    numbers: list[int] = []
    for place, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator)):
        if not any(cell.strip() for cell in cells):
            continue
        original = layout.separator.join(cells).encode("utf-8")
        if len(cells) != len(layout.header):
            rejected.append(Rejected(number + place, f"the row does not have {len(layout.header)} cells", original))
            continue
        rows.append(cells)
        originals.append(original)
        numbers.append(number + place)
    blank = set(BLANKS)
    columns = {}
    for name in types:
        at = layout.header.index(name)
        columns[name] = pa.array([None if row[at].strip() in blank else row[at] for row in rows], pa.string())
    return RawRows(
        pa.table(columns),
        originals.__getitem__,
        numbers.__getitem__,
        tuple(sorted(rejected, key=lambda one: one.row)),
        digest,
        layout.decimal,
    )
