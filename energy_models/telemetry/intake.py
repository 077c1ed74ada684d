"""The one door of the store: `accept(batch)` stores each row, or counts why it is not stored."""

from collections import Counter

import numpy as np
import pyarrow as pa

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.batch import AVAILABLE, FLAG_WORDS, FLAGS, INSTANT, VEHICLE, Batch
from energy_models.telemetry.receipt import Receipt
from energy_models.telemetry.service_day import day_name, service_days
from energy_models.telemetry.store.arriving import Arrival, compared, sorted_rows, without_repeats
from energy_models.telemetry.store.layout import (
    QUARANTINE,
    QUARANTINE_SCHEMA,
    delta_place,
    kinds_of,
    ordered,
    write_rows,
)
from energy_models.telemetry.store.state import Commit, Kind, QuarantineFile, State, StoredFile
from energy_models.telemetry.store.store import TelemetryStore


def accept(batch: Batch, store: TelemetryStore, available_ms: int) -> Receipt:
    """Store a batch; after the return, the store has it whole and durably, and before the commit nothing of it.

    Args:
        batch: The rows, and the rows that cannot be stored.
        store: The store.
        available_ms: The instant at which the batch became available, in milliseconds of Unix time.

    Raises:
        InputFaults: A signal is text here and a number in the store, or the other way round. Nothing is stored.
    """
    table = batch.rows.append_column(AVAILABLE, pa.array(np.full(batch.rows.num_rows, available_ms, dtype=np.int64)))
    table = sorted_rows(table.select(ordered(table.column_names)))
    table, repeats = without_repeats(table)
    days = service_days(table.column(INSTANT).to_numpy(), store.settings.zone, store.settings.day_begins_s)
    with store.locked() as state:
        kinds = _checked_kinds(table.schema, state)
        files: list[StoredFile] = []
        arrivals: list[Arrival] = []
        for day in np.unique(days):
            rows = table if days[0] == days[-1] and (days == day).all() else table.filter(pa.array(days == day))
            name = day_name(int(day))
            arrival = compared(rows, store.root, state.of(batch.line, [name]))
            arrivals.append(arrival)
            if arrival.is_written.any():
                files.append(_write(arrival, batch, store, name, available_ms))
        rejected = _write_quarantine(batch, store, state, available_ms)
        if files or rejected:
            store.commit(Commit(tuple(files), rejected, {k: v for k, v in kinds.items() if k not in state.kinds}))
    return _receipt(batch, arrivals, repeats, is_new_quarantine=bool(rejected))


def _checked_kinds(schema: pa.Schema, state: State) -> dict[str, Kind]:
    kinds = kinds_of(schema)
    faults = [
        Fault("", "signals", name, kind, f"{state.kinds[name]}, as in the store")
        for name, kind in kinds.items()
        if state.kinds.get(name, kind) != kind
    ]
    if faults:
        raise InputFaults(faults)
    return kinds


def _write(arrival: Arrival, batch: Batch, store: TelemetryStore, day: str, available_ms: int) -> StoredFile:
    rows = arrival.table if arrival.is_written.all() else arrival.table.filter(pa.array(arrival.is_written))
    place = delta_place(batch.line, day)
    name = f"{batch.batch_id}-{available_ms}.parquet"
    write_rows(rows, store.root / place, name)
    return StoredFile(f"{place}/{name}", batch.line, day, vehicle_spans(rows))


def vehicle_spans(rows: pa.Table) -> dict[str, tuple[int, int, int]]:
    """For each vehicle of sorted rows its first and last instant and its number of rows."""
    vehicle = rows.column(VEHICLE).combine_chunks().dictionary_encode()
    codes = vehicle.indices.to_numpy(zero_copy_only=False)
    instant = rows.column(INSTANT).to_numpy()
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    ends = np.append(starts[1:], len(codes))
    return {
        str(vehicle.dictionary[int(codes[a])].as_py()): (int(instant[a]), int(instant[b - 1]), int(b - a))
        for a, b in zip(starts, ends, strict=True)
    }


def _write_quarantine(
    batch: Batch, store: TelemetryStore, state: State, available_ms: int
) -> tuple[QuarantineFile, ...]:  # fmt: skip
    """Write the rejected rows of a batch, unless the same batch has been here."""
    if not batch.rejected or batch.batch_id in state.quarantine:
        return ()
    count = len(batch.rejected)
    table = pa.table(
        [
            pa.array([batch.batch_id] * count, pa.string()),
            pa.array([batch.source] * count, pa.string()),
            pa.array([one.row for one in batch.rejected], pa.int64()),
            pa.array([one.reason for one in batch.rejected], pa.string()),
            pa.array([one.original for one in batch.rejected], pa.binary()),
            pa.array([available_ms] * count, pa.int64()),
        ],
        schema=QUARANTINE_SCHEMA,
    )
    place = f"{QUARANTINE}/line={batch.line}"
    write_rows(table, store.root / place, f"{batch.batch_id}.parquet")
    return (
        QuarantineFile(f"{place}/{batch.batch_id}.parquet", batch.line, batch.batch_id, count, available_ms),
    )  # fmt: skip


def _receipt(batch: Batch, arrivals: list[Arrival], repeats: int, *, is_new_quarantine: bool) -> Receipt:
    flags: Counter[str] = Counter()
    stored = flagged = 0
    duplicates = repeats
    for arrival in arrivals:
        new = ~arrival.is_duplicate
        duplicates += int(arrival.is_duplicate.sum())
        of_new = arrival.table.column(FLAGS).to_numpy()[new]
        flagged += int((of_new != 0).sum())
        stored += int((of_new == 0).sum())
        for flag, words in FLAG_WORDS.items():
            if count := int(((of_new & int(flag)) != 0).sum()):
                flags[words] += count
    quarantined = len(batch.rejected) if is_new_quarantine else 0
    receipt = Receipt(
        batch.batch_id, batch.rows_in, stored, flagged, duplicates + len(batch.rejected) - quarantined, quarantined,
        dict(flags), dict(Counter(one.reason for one in batch.rejected)) if is_new_quarantine else {},
    )  # fmt: skip
    assert receipt.is_balanced
    return receipt
