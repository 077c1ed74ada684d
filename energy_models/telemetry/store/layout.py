"""How rows stand in the files of the store: order of columns and rows, compression, names."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from energy_models.telemetry.batch import AVAILABLE, BOOKKEEPING, FLAGS, INSTANT, SOURCE, VEHICLE
from energy_models.telemetry.signals import SIGNALS
from energy_models.telemetry.store.state import Kind, sync_folder

ROWS = "rows"
QUARANTINE = "quarantine"
ROW_GROUP = 32_768
"""Rows of a row group: nine hours at 1 Hz, so that one hour is found without reading a day."""
COMPRESSION_LEVEL = 1
"""Higher levels of zstd save 3 % of the bytes and take twice the time."""

_BOOKKEEPING_TYPES = {
    VEHICLE: pa.string(),
    INSTANT: pa.int64(),
    AVAILABLE: pa.int64(),
    FLAGS: pa.int16(),
    SOURCE: pa.string(),
}
QUARANTINE_SCHEMA = pa.schema(
    [
        ("batch_id", pa.string()),
        ("source", pa.string()),
        ("row", pa.int64()),
        ("reason", pa.string()),
        ("original", pa.binary()),
        ("available_ms", pa.int64()),
    ]
)


def ordered(columns: Iterable[str]) -> tuple[str, ...]:
    """Columns in the order of the store: bookkeeping, known signals, further signals by name."""
    present = set(columns)
    known = [*BOOKKEEPING, *SIGNALS]
    return (*[name for name in known if name in present], *sorted(present - set(known)))


def signals_in(columns: Iterable[str]) -> tuple[str, ...]:
    """The signals among columns, in the order of the store."""
    return tuple(name for name in ordered(columns) if name not in BOOKKEEPING)


def schema_of(columns: Iterable[str], kinds: Mapping[str, Kind]) -> pa.Schema:
    """The schema of a file with some columns."""
    return pa.schema(
        [
            (name, _BOOKKEEPING_TYPES.get(name) or (pa.float64() if kinds[name] == "number" else pa.string()))
            for name in ordered(columns)
        ]
    )


def kinds_of(schema: pa.Schema) -> dict[str, Kind]:
    """Whether the signals of a table are numbers or text."""
    return {
        name: "number" if pa.types.is_floating(schema.field(name).type) else "text" for name in signals_in(schema.names)
    }


def write_rows(table: pa.Table, folder: Path, name: str) -> None:
    """Write a Parquet file that survives a loss of power."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    # Dictionaries pay for text and for quantised numbers; a column with more values falls back by itself.
    pq.write_table(
        table, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=COMPRESSION_LEVEL
    )  # fmt: skip
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)


def delta_place(line: str, day: str) -> str:
    """Folder, within the store, of the files of a line and day."""
    return f"{ROWS}/line={line}/day={day}"


def vehicle_place(line: str, day: str, vehicle: str) -> str:
    """Folder, within the store, of the compact file of a vehicle and day."""
    return f"{delta_place(line, day)}/vehicle={vehicle}"


def digest_of(path: Path) -> str:
    """Hash of a file's bytes, short enough for a name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
