"""The batches of files and folders: the kind of each file is recognised by its first bytes, gzip included."""

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from energy_models.faults import Fault, InputFaults
from energy_models.tables.stored_bytes import kind_of, stored_bytes
from energy_models.tables.workbook import ARCHIVE, OLD_WORKBOOK
from energy_models.telemetry.batch import Batch
from energy_models.telemetry.mapping.clock import ClockMemory
from energy_models.telemetry.mapping.values import RecorderMapping
from energy_models.telemetry.recordings.gtfs_realtime import is_feed_message, vehicle_position_rows
from energy_models.telemetry.recordings.mapped import mapped
from energy_models.telemetry.recordings.raw_rows import RawRows
from energy_models.telemetry.recordings.text_layout import HEAD_BYTES, text_layout
from energy_models.telemetry.recordings.text_rows import text_rows
from energy_models.telemetry.recordings.typed_rows import (
    is_one_json_object,
    json_rows,
    parquet_rows,
    require_columns,
    workbook_rows,
)

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
MOST_BYTES_AT_ONCE = 200_000_000
"""Largest JSON text, workbook or feed message, which are read as a whole; CSV and Parquet are read in pieces."""
MOST_UNPACKED_BYTES = 40_000_000_000
"""Largest unpacked gzip file: ten days of a fleet."""


def recording_files(paths: "list[Path] | tuple[Path, ...]") -> tuple[Path, ...]:
    """The files of paths, those of folders and their subfolders included, in order of their names.

    Files whose names begin with a point are left out. Raises InputFaults for paths where nothing is.
    """
    faults: list[Fault] = []
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file() and not _is_hidden(one, path))
            if not inside:
                faults.append(Fault(str(path), "", "", "a folder without files", "a folder with recordings"))
            found += inside
            continue
        try:
            kind = kind_of(path)
        except OSError:
            kind = "no such file"
        if kind:
            faults.append(Fault(str(path), "", "", kind, "a recording, or a folder with recordings"))
        found.append(path)
    if faults:
        raise InputFaults(faults)
    return tuple(dict.fromkeys(found))


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def file_batches(path: Path, mapping: RecorderMapping) -> Iterator[Batch]:
    """The batches of a file: one of a small file, several of a large one.

    Raises:
        InputFaults: The file is not readable, or lacks columns that the mapping reads; with all faults.
    """
    with _opened(path) as stream:
        yield from stream_batches(stream, path.name, mapping)


def stream_batches(
    stream: BinaryIO, name: str, mapping: RecorderMapping, most_unpacked: int = MOST_UNPACKED_BYTES
) -> Iterator[Batch]:
    """The batches of a stream of bytes that can seek.

    Args:
        stream: The bytes.
        name: The file, as faults name it.
        mapping: How the rows are read.
        most_unpacked: Largest number of bytes of an unpacked gzip stream.

    Raises:
        InputFaults: The bytes are no recording that the mapping can read.
    """
    memory = ClockMemory()
    try:
        for raw in _raw_rows(_plain(stream, name, most_unpacked), name, mapping):
            yield mapped(raw, mapping, name, memory)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputFaults([Fault(name, "", "", f"gzip: {error}", "a whole gzip file")]) from None


def _raw_rows(stream: BinaryIO, name: str, mapping: RecorderMapping) -> Iterator[RawRows]:
    start = stream.read(64).removeprefix(codecs.BOM_UTF8)
    stream.seek(0)
    if start.startswith(PARQUET):
        digest = hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()
        stream.seek(0)
        yield from parquet_rows(stream, name, mapping.source_columns, digest)
    elif is_feed_message(start[:4]):
        yield vehicle_position_rows(_whole(stream, name), name, mapping.source_columns)
    elif start.startswith((ARCHIVE, OLD_WORKBOOK)):
        yield workbook_rows(_whole(stream, name), name, mapping.source_columns)
    elif start.lstrip()[:1] in (b"[", b"{"):
        content = _whole(stream, name).removeprefix(codecs.BOM_UTF8)
        is_lines = start.lstrip()[:1] == b"{" and not is_one_json_object(content)
        yield json_rows(content, name, mapping.source_columns, is_lines=is_lines)
    else:
        yield from _text(stream, name, mapping)


def _plain(stream: BinaryIO, name: str, most: int) -> BinaryIO:
    """The stream, unpacked if it is gzip."""
    start = stream.read(2)
    stream.seek(0)
    if start != GZIP:
        return stream
    limited = _Limited(cast("BinaryIO", gzip.GzipFile(fileobj=stream)), name, most)
    return cast("BinaryIO", io.BufferedReader(limited, 1 << 20))


@contextmanager
def opened_plain(path: Path) -> Iterator[BinaryIO]:
    """An ordinary file, open for reading and unpacked if it is gzip. Raises InputFaults for anything else."""
    with _opened(path) as stream:
        yield _plain(stream, path.name, MOST_UNPACKED_BYTES)


def _text(stream: BinaryIO, name: str, mapping: RecorderMapping) -> Iterator[RawRows]:
    head = stream.read(HEAD_BYTES)
    is_whole = len(head) < HEAD_BYTES
    faults: list[Fault] = []
    layout = text_layout(head, name, mapping.file, faults, is_whole=is_whole)
    if layout is None:
        raise InputFaults(faults)
    wanted = mapping.source_columns
    require_columns(layout.header, wanted, name)
    types: dict[str, pa.DataType] = dict.fromkeys(wanted, pa.string())
    for signal in mapping.signals:
        if not signal.is_text and not signal.words:
            types[signal.column] = pa.float64()
    if mapping.clock.form.startswith("epoch") or mapping.clock.form == "service_day_s":
        types[mapping.clock.columns[0]] = pa.float64()
    # The hash of a piece has no header, and the header decides what a cell means.
    stream.seek(0)
    yield from text_rows(stream, layout, name, types)


def _whole(stream: BinaryIO, name: str) -> bytes:
    content = stream.read(MOST_BYTES_AT_ONCE + 1)
    if len(content) > MOST_BYTES_AT_ONCE:
        allowed = f"at most {MOST_BYTES_AT_ONCE / 1e6:,.0f} MB; larger recordings as CSV or Parquet"
        raise InputFaults([Fault(name, "", "", f"more than {MOST_BYTES_AT_ONCE / 1e6:,.0f} MB", allowed)])
    return content


class _Limited(io.RawIOBase):
    """An unpacked gzip stream that ends with a fault beyond the limit."""

    def __init__(self, stream: BinaryIO, name: str, most: int) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._most = most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        if self._stream.tell() > self._most:
            allowed = f"at most {self._most / 1e9:,.1f} GB"
            raise InputFaults([Fault(self._name, "", "", "too large when it is unpacked", allowed)])
        buffer[: len(piece)] = piece
        return len(piece)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """An ordinary file, open for reading. Raises InputFaults for anything else."""
    faults: list[Fault] = []
    stored_bytes(path, str(path), "a recording", faults, 0) if not path.is_file() else None
    if faults:
        raise InputFaults(faults)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputFaults([Fault(str(path), "", "", error.strerror or str(error), "a readable file")]) from None
    with stream:
        yield stream
