"""The records of recorders of a live line go into a telemetry store, through the door that files have.

Records are stored in batches. `stored.json` has the place in the record of the line up to which they are in the store,
so that a start stores what a killed process left; rows that come twice are duplicates there.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from api.live.messages import UnreadableRow, VehicleRecord, read_row
from api.live.place import read_whole, write_whole
from api.live.record import Record
from energy_models.faults import InputFaults
from energy_models.telemetry.intake import accept
from energy_models.telemetry.mapping.clock import ClockMemory, day_begin_ms
from energy_models.telemetry.mapping.values import Clock, RecorderMapping, SignalMapping, SourceText
from energy_models.telemetry.receipt import Receipt
from energy_models.telemetry.recordings.mapped import mapped
from energy_models.telemetry.recordings.raw_rows import RawRows
from energy_models.telemetry.signals import SIGNALS
from energy_models.telemetry.store.compaction import compact
from energy_models.telemetry.store.store import TelemetryStore

SOURCE = "live"
BATCH_S = 60.0
MOST_ROWS = 20_000
"""A batch is stored after this time, or with this number of rows."""
BATCHES_BETWEEN_COMPACTIONS = 240
MOST_WAITING = 500_000
_log = logging.getLogger("headwatt.live")


@dataclass
class StoredRecords:
    """Stores the records of a line; `stored` counts the rows that the store has taken as new."""

    store: TelemetryStore
    line: str
    place: Path
    stored: int = 0
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _began: float | None = None
    _task: "tuple[list[dict[str, Any]], Future[Receipt]] | None" = None
    _batches: int = 0
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "records"))

    def recover(self, record: Record, day_of: Callable[[], str]) -> None:
        """Take the recorded rows that are not in the store yet."""
        kept = read_whole(self.place)
        if kept is None:
            self._mark(record.position)
        else:
            for line in record.since(kept["segment"], kept["offset"]):
                self.add(line.get("rows", ()), line.get("day", day_of()), time.time())

    def add(self, rows: Any, day: str, wall_s: float) -> None:
        """Take the records among the rows of a service day."""
        for row in rows:
            if isinstance(row, dict) and row.get("kind") == "record":
                self._rows.append({**row, "day": day})
        if self._rows and self._began is None:
            self._began = wall_s

    def look(self, record: Record, wall_s: float) -> None:
        """Begin to store a batch if it is time; the line does not wait for the store."""
        if self._task is not None:
            if not self._task[1].done():
                return
            self._finish()
        if self._began is not None and (wall_s - self._began >= BATCH_S or len(self._rows) >= MOST_ROWS):
            self._begin(record)

    def close(self, record: Record) -> None:
        """Store what waits."""
        if self._task is not None:
            self._finish()
        if self._rows:
            self._begin(record)
            self._finish()
        self._pool.shutdown()

    def _begin(self, record: Record) -> None:
        rows, self._rows, self._began = self._rows, [], None
        self._task = rows, self._pool.submit(self._store, rows, record.position)

    def _finish(self) -> None:
        """Take the receipt. Rows that the store did not take wait for the next batch, and for the next start."""
        assert self._task is not None
        (rows, task), self._task = self._task, None
        try:
            receipt = task.result()
        except (InputFaults, OSError) as error:
            _log.warning("Records are not stored: %s", error)
            self._rows = [*rows, *self._rows][-MOST_WAITING:]
            self._began = time.time()
            return
        self.stored += receipt.stored + receipt.flagged

    def _mark(self, position: tuple[int, int]) -> None:
        write_whole(self.place, {"segment": position[0], "offset": position[1]})

    def _store(self, rows: list[dict[str, Any]], position: tuple[int, int]) -> Receipt:
        receipt = store_records(rows, self.store, self.line)
        self._batches += 1
        if self._batches % BATCHES_BETWEEN_COMPACTIONS == 0:
            compact(self.store)
        self._mark(position)
        return receipt


def store_records(rows: list[dict[str, Any]], store: TelemetryStore, line: str) -> Receipt:
    """Store rows of records, each with its service `day`; rows that are no records are left out."""
    known = [row for row in rows if _is_record(row)]
    names = [name for name in SIGNALS if any(row.get(name) is not None for row in known)]
    columns: dict[str, pa.Array] = {
        "vehicle": pa.array([row["vehicle"] for row in known], pa.string()),
        "instant_ms": pa.array(_instants_ms(known, store.settings.zone), pa.int64()),
    }
    for name in names:
        is_text = not SIGNALS[name].column.numeric
        kind: Callable[[Any], Any] = _text if is_text else _number
        columns[name] = pa.array([kind(row.get(name)) for row in known], pa.string() if is_text else pa.float64())
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    raw = RawRows(
        pa.table(columns), lambda at: json.dumps(known[at]).encode(), lambda at: at + 1, (), digest
    )  # fmt: skip
    return accept(mapped(raw, _mapping(line, names), "live", ClockMemory()), store, time.time_ns() // 1_000_000)


def _mapping(line: str, names: list[str]) -> RecorderMapping:
    signals = tuple(
        SignalMapping(name, name, SIGNALS[name].unit, is_text=not SIGNALS[name].column.numeric) for name in names
    )
    return RecorderMapping(
        SOURCE, line, Clock(("instant_ms",), "epoch_ms"), SourceText(column="vehicle"), signals,
        sha256=hashlib.sha256(f"{SOURCE}/{line}/{','.join(names)}".encode()).hexdigest(),
    )  # fmt: skip


def _instants_ms(rows: list[dict[str, Any]], zone: str) -> list[int]:
    begin_ms: dict[str, int] = {}
    found = []
    for row in rows:
        day = row["day"]
        if day not in begin_ms:
            begin_ms[day] = day_begin_ms(day, zone)
        found.append(begin_ms[day] + round(1e3 * row["time_s"]))
    return found


def _is_record(row: Mapping[str, Any]) -> bool:
    try:
        return isinstance(read_row(row), VehicleRecord)
    except UnreadableRow:
        return False


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
