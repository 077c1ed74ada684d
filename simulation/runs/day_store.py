"""Simulated days in a Parquet data set, so that a stopped run can continue and a longer run uses earlier days.

A folder of files `days-*.parquet`, one per batch. A file is written under another name and then renamed, so that every
file is complete. A row is one simulated day: its content key (a hash of all inputs of the day) and its seed, its
figures by name for readers of the data set, and the whole result. A day that is stored twice counts once. Several
programs can write files at the same time. Parquet pages have checksums: a damaged file is renamed,
and its days are simulated again.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.faults import Fault, InputFaults
from energy_models.running_times.store import content_hash
from scenarios.schema import Scenario
from scenarios.values.rolling_stock import RollingStock
from simulation.runs.replications import DayResult
from simulation.runs.source_hash import source_hash
from simulation.runs.stored_values import plain, restored

if TYPE_CHECKING:
    import pandas as pd

BATCH_S = 10.0
"""Days are written at the latest this long after their simulation; a killed run loses only later days."""

Label = str | int | float | bool | None


def day_key(
    scenario: Scenario,
    stock: RollingStock,
    timetable: Timetable,
    version: str,
    regulators: RegulatorFactory | None = None,
) -> str:
    """Hash of all inputs of a simulated day except the seed: line, trains, timetable, version, source, and the
    controller with its parameters."""
    controller = "none" if regulators is None else regulators.content
    digest = hashlib.sha256()
    for part in (version, source_hash(), scenario.hash, content_hash(stock.content), repr(timetable.trips), controller):
        digest.update(part.encode())
        digest.update(b"|")
    return digest.hexdigest()[:32]


@dataclass(frozen=True, eq=False)
class KeptDay:
    """One row: key and seed of the day, its result, and labels for readers (names, levels of factors)."""

    key: str
    seed: int
    result: DayResult
    labels: Mapping[str, Label]


class DayStore:
    """A data set of simulated days in a folder, which is created with the first day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting: list[KeptDay] = []
        self._since = time.monotonic()
        self._known: dict[tuple[str, int], Path] | None = None
        self._sound: set[Path] = set()

    def has(self, key: str, seed: int) -> bool:
        """Whether a day is stored or waits for the next write; its file is checked first. Raises OSError."""
        file = self._places().get((key, seed))
        if file is not None and self._is_sound(file):
            return True
        return any(day.key == key and day.seed == seed for day in self._waiting)

    def find(self, key: str, seeds: Sequence[int]) -> tuple[DayResult, ...]:
        """The days of those seeds, in their order; all must be stored. Raises InputFaults if a file is not readable."""
        places = self._places()
        texts: dict[int, str] = {}
        for file in sorted({places[key, seed] for seed in seeds}):
            table = _readable(file, ["key", "seed", "result"])
            columns = (table[name].to_pylist() for name in ("key", "seed", "result"))
            texts.update((seed, text) for one, seed, text in zip(*columns, strict=True) if one == key)
        return tuple(restored(DayResult, json.loads(texts[seed])) for seed in seeds)

    def figures(self, keys: Iterable[str], seeds: Iterable[int]) -> "pd.DataFrame":
        """The figures of the stored days of those keys and seeds: a row per day with key, seed and figures."""
        import pandas as pd  # noqa: PLC0415 - a plan without stored days does not wait for it

        wanted = {(key, seed) for key in keys for seed in seeds}
        frames = []
        for file in sorted({place for day, place in self._places().items() if day in wanted}):
            names = [name for name in pq.ParquetFile(file).schema_arrow.names if name != "result"]
            frame = _readable(file, names).to_pandas()
            frames.append(frame[[day in wanted for day in zip(frame["key"], frame["seed"], strict=True)]])
        if not frames:
            return pd.DataFrame({"key": [], "seed": []})
        days: pd.DataFrame = pd.concat(frames, ignore_index=True)
        return days.drop_duplicates(["key", "seed"], ignore_index=True)

    def keep(self, day: KeptDay) -> None:
        """Add a day; it is on disk after `flush`."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(day)

    def flush_when_due(self) -> None:
        """Write the waiting days if the oldest has waited for `BATCH_S`."""
        if self._waiting and time.monotonic() - self._since > BATCH_S:
            self.flush()

    def flush(self) -> None:
        """Write all waiting days as one file, completely or not at all."""
        if not self._waiting:
            return
        rows = [_row(day) for day in self._waiting]
        places = self._places()
        names = hashlib.sha256("".join(sorted(f"{row['key']}{row['seed']}" for row in rows)).encode()).hexdigest()
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"days-{names[:24]}.parquet"
        part = self.folder / f".{file.name}.{os.getpid()}.part"
        try:
            pq.write_table(_table(rows), part, compression="zstd", write_page_checksum=True)
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        places.update(((day.key, day.seed), file) for day in self._waiting)
        self._sound.add(file)
        self._waiting.clear()

    @contextmanager
    def open(self) -> Iterator["DayStore"]:
        """Inside this context, days can be added; at its end, also after Ctrl-C, all days are on disk."""
        try:
            yield self
        finally:
            self.flush()

    def _places(self) -> dict[tuple[str, int], Path]:
        """The file of each stored day, read once; a damaged file is renamed."""
        if self._known is None:
            self._known = {}
            for file in sorted(self.folder.glob("days-*.parquet")):
                table = _sound_table(file, ["key", "seed"])
                if table is None:
                    continue
                columns = (table[name].to_pylist() for name in ("key", "seed"))
                self._known.update((day, file) for day in zip(*columns, strict=True))
        return self._known

    def _is_sound(self, file: Path) -> bool:
        """Whether every page of a file agrees with its checksum; otherwise its days are forgotten."""
        if file not in self._sound:
            if _sound_table(file, None) is None:
                self._known = {day: place for day, place in self._places().items() if place != file}
                return False
            self._sound.add(file)
        return True


def _sound_table(file: Path, columns: list[str] | None) -> pa.Table | None:
    """Columns of a file; None for a damaged file, which is renamed so that no later run reads it."""
    try:
        return _read(file, columns)
    except (pa.ArrowException, OSError) as error:
        # Errors of Arrow have no error number; a file without read permission is not damaged.
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, FileNotFoundError):
            raise
        with suppress(FileNotFoundError):
            file.replace(file.with_name(f"{file.name}.damaged"))
        return None


def _read(file: Path, columns: list[str] | None) -> pa.Table:
    return pq.ParquetFile(file, page_checksum_verification=True).read(columns=columns)


def _readable(file: Path, columns: list[str]) -> pa.Table:
    try:
        return _read(file, columns)
    except (OSError, pa.ArrowException) as error:
        allowed = "a Parquet file that Headwatt wrote; remove it, and its days are simulated again"
        raise InputFaults([Fault(str(file), "", "", str(error).split("\n")[0][:80], allowed)]) from error


def _row(day: KeptDay) -> dict[str, Any]:
    result = day.result
    energy = {f"energy.{name}": value for name, value in _numbers(result.account).items()}
    service = {f"service.{name}": value for name, value in _numbers(result.service).items()}
    return {
        "key": day.key,
        "seed": day.seed,
        **day.labels,
        **energy,
        **service,
        "cost": result.bill.cost.total,
        "co2_kg": result.bill.co2_kg,
        "train_km": result.train_km,
        "trips": result.trips,
        "vehicles": result.vehicles,
        "result": json.dumps(plain(result), separators=(",", ":")),
    }


def _numbers(value: Any) -> dict[str, float]:
    """The numbers of a dataclass by name."""
    return {
        field.name: float(number)
        for field in fields(value)
        if isinstance(number := getattr(value, field.name), int | float) and not isinstance(number, bool)
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """A table with a column for each name of any row; seeds have 64 bits."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    kinds = {"seed": pa.uint64()}
    return pa.table({name: pa.array(values, kinds.get(name)) for name, values in columns.items()})
