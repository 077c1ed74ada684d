"""Processes that write to a telemetry store, for tests that kill them; and batches that are easy to count."""

import hashlib
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pyarrow as pa

from energy_models.telemetry.batch import Batch, Rejected
from energy_models.telemetry.intake import accept
from energy_models.telemetry.store.store import create_store

BEGIN_MS = 1_796_000_000_000


def small_batch(number: int, *, rows: int = 60, shift: int = 0, rejected: int = 2, source: str = "s") -> Batch:
    """Rows of three vehicles; batches of neighbouring numbers share rows, so that duplicates occur."""
    rng = np.random.default_rng(number)
    vehicle = [f"V{k}" for k in rng.integers(0, 3, rows)]
    second = number * 20 + rng.integers(0, 45, rows) + shift
    instant = BEGIN_MS + 1000 * second
    # The values follow from vehicle and instant, so that the same key has the same row in every batch.
    value = [float(int(v[1]) * 1000 + t % 997) for v, t in zip(vehicle, second, strict=True)]
    table = pa.table(
        {
            "vehicle": pa.array(vehicle),
            "instant_ms": pa.array(instant, pa.int64()),
            "flags": pa.array(np.zeros(rows, dtype=np.int16)),
            "source": pa.array([source] * rows),
            "speed_m_s": pa.array(value),
            "state": pa.array(["stand" if x % 2 else "coast" for x in value]),
        }
    )
    identity = hashlib.sha256(f"{number}/{shift}/{source}".encode()).hexdigest()[:32]
    bad = tuple(Rejected(rows + k + 1, "broken", f"row {k} of batch {number}".encode()) for k in range(rejected))
    return Batch(identity, "line", table, bad)


def write_batches(root: str, numbers: list[int], log: str, begun: Connection | None = None) -> None:
    """Accept batches one after the other; each receipt is a line of the log, written at once.

    `begun` is told when the imports are done and the writing begins.
    """
    if begun is not None:
        begun.send("begun")
    store = create_store(root, "UTC")
    with Path(log).open("a", encoding="utf-8", buffering=1) as receipts:
        for number in numbers:
            batch = small_batch(number)
            found = accept(batch, store, 1_000 + number)
            counts = (found.rows_in, found.stored, found.flagged, found.duplicates, found.quarantined)
            receipts.write(f"{number} {' '.join(map(str, counts))}\n")
