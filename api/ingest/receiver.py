"""Receives bytes of recorders for a store: by the mapping of their source, one batch after the other."""

import io
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.mapping.read import read_mapping
from energy_models.telemetry.mapping.values import RecorderMapping
from energy_models.telemetry.receipt import Receipt, total
from energy_models.telemetry.store.store import SETTINGS, TelemetryStore, create_store, open_store

BATCHES_BETWEEN_COMPACTIONS = 500
"""Small files slow readers down; compaction costs about a second for each vehicle-day."""


class Receiver:
    """Stores what arrives. Several threads may use it; each batch is whole in the store when its receipt returns."""

    def __init__(self, store: TelemetryStore, mappings: Sequence[RecorderMapping]) -> None:
        self.store = store
        self.mappings = {mapping.source: mapping for mapping in mappings}
        self._lock = Lock()
        self._since_compaction = 0

    def mapping(self, source: str | None) -> RecorderMapping:
        """The mapping of a source; without a name the only one. Raises InputFaults."""
        if source is None and len(self.mappings) == 1:
            return next(iter(self.mappings.values()))
        if source not in self.mappings:
            allowed = "one of " + ", ".join(sorted(self.mappings))
            raise InputFaults([Fault("", "", "source", source or "missing", allowed)])
        return self.mappings[source]

    def receive(self, content: bytes, source: str | None = None, name: str = "message") -> Receipt:
        """Store CSV, Parquet, JSON or NDJSON, also as gzip; returns the receipt when the rows are durable.

        Args:
            content: The bytes.
            source: Kind of recorder, which names the mapping.
            name: Name of the message in faults, and that of a file for mappings that use it.

        Raises:
            InputFaults: The bytes are no table, or columns of the mapping are missing. Nothing is stored.
        """
        # Imported with the first rows, so that a service that receives none does not have these packages in memory.
        from energy_models.telemetry.intake import accept  # noqa: PLC0415
        from energy_models.telemetry.recordings.files import MOST_BYTES_AT_ONCE, stream_batches  # noqa: PLC0415
        from energy_models.telemetry.store.compaction import compact  # noqa: PLC0415

        mapping = self.mapping(source)
        with self._lock:
            # All batches are read before the first one is stored, so that a fault leaves nothing behind.
            batches = list(stream_batches(io.BytesIO(content), name, mapping, MOST_BYTES_AT_ONCE))
            receipts = [accept(batch, self.store, time.time_ns() // 1_000_000) for batch in batches]
            self._since_compaction += len(receipts)
            if self._since_compaction >= BATCHES_BETWEEN_COMPACTIONS:
                compact(self.store)
                self._since_compaction = 0
        return total(receipts)


def receiver_of(folder: Path, mapping_files: Sequence[Path]) -> Receiver:
    """The receiver for a store, which is created if there is none, and for mapping files.

    Raises InputFaults for a wrong mapping or store, and for two mappings of one source.
    """
    mappings = [read_mapping(file) for file in mapping_files]
    sources = [mapping.source for mapping in mappings]
    faults = [
        Fault(str(file), "", "source", mapping.source, "a source of its own for each mapping file")
        for file, mapping in zip(mapping_files, mappings, strict=True)
        if sources.count(mapping.source) > 1
    ]
    if not mappings:
        faults.append(Fault("", "", "--mapping", "missing", "at least one mapping file"))
    if faults:
        raise InputFaults(faults)
    store = open_store(folder) if (folder / SETTINGS).exists() else create_store(folder, mappings[0].clock.zone)
    return Receiver(store, mappings)
