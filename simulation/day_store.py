"""Simulated days kept in a Parquet data set, so that a stopped run continues and a longer one reuses earlier days.

A folder of files `days-*.parquet`, one a batch, each complete or not there: it is written under another name, then
renamed. A row is one simulated day: what it belongs to (a content key of everything that decides it, and its seed), its
figures by name for whoever reads the data set, and the whole result. The same day kept twice counts once. Files of
several programs at once do not disturb each other.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dispatch.timetable import Timetable
from energy_models.faults import Fault, InputFaults
from energy_models.running_times.store import content_hash
from energy_models.train import Train
from scenarios.schema import Scenario
from simulation.control import ControllerName
from simulation.replications import DayResult
from simulation.source import source_hash
from simulation.stored_values import plain, restored

BATCH_S = 10.0
"""Days are written at the latest this long after they were done; a killed run loses no more."""

Label = str | int | float | bool | None


def day_key(
    scenario: Scenario, train: Train, timetable: Timetable, version: str, controller: ControllerName = "none"
) -> str:
    """Hash of all but the seed that decides a simulated day: line, train, timetable, controller, version, source."""
    digest = hashlib.sha256()
    for part in (version, source_hash(), scenario.hash, content_hash(train), repr(timetable.trips), controller):
        digest.update(part.encode())
        digest.update(b"|")
    return digest.hexdigest()[:32]


@dataclass(frozen=True, eq=False)
class KeptDay:
    """One row: whose day it is, its seed, its result, and labels for readers (names, levels of factors)."""

    key: str
    seed: int
    result: DayResult
    labels: Mapping[str, Label]


class DayStore:
    """A data set of simulated days in a folder, which is made when the first day is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting: list[KeptDay] = []
        self._since = time.monotonic()
        self._known: dict[tuple[str, int], Path] | None = None

    def has(self, key: str, seed: int) -> bool:
        """Whether a day is kept, or waits to be written. Raises InputFaults when a file cannot be read."""
        return (key, seed) in self._places() or any(day.key == key and day.seed == seed for day in self._waiting)

    def find(self, key: str, seeds: Sequence[int]) -> tuple[DayResult, ...]:
        """The days of those seeds, in their order; all must be kept. Raises InputFaults when a file cannot be read."""
        places = self._places()
        texts: dict[int, str] = {}
        for file in sorted({places[key, seed] for seed in seeds}):
            table = _readable(file, ["key", "seed", "result"])
            columns = (table[name].to_pylist() for name in ("key", "seed", "result"))
            texts.update((seed, text) for one, seed, text in zip(*columns, strict=True) if one == key)
        return tuple(restored(DayResult, json.loads(texts[seed])) for seed in seeds)

    def figures(self, keys: Iterable[str], seeds: Iterable[int]) -> pd.DataFrame:
        """The figures of the kept days of those keys and seeds: a row a day with key, seed and a column a figure."""
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
        """Keep a day; it is on disk after `flush`."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(day)

    def flush_when_due(self) -> None:
        """Write what has waited long enough."""
        if self._waiting and time.monotonic() - self._since > BATCH_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits, as one file, at once or not at all."""
        if not self._waiting:
            return
        rows = [_row(day) for day in self._waiting]
        places = self._places()
        names = hashlib.sha256("".join(sorted(f"{row['key']}{row['seed']}" for row in rows)).encode()).hexdigest()
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"days-{names[:24]}.parquet"
        part = self.folder / f".{file.name}.{os.getpid()}.part"
        try:
            pq.write_table(_table(rows), part, compression="zstd")
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        places.update(((day.key, day.seed), file) for day in self._waiting)
        self._waiting.clear()

    @contextmanager
    def open(self) -> Iterator["DayStore"]:
        """While this lasts days may be kept; in the end, also after Ctrl-C, all are on disk."""
        try:
            yield self
        finally:
            self.flush()

    def _places(self) -> dict[tuple[str, int], Path]:
        """The file of each kept day; read once."""
        if self._known is None:
            self._known = {}
            for file in sorted(self.folder.glob("days-*.parquet")):
                table = _readable(file, ["key", "seed"])
                columns = (table[name].to_pylist() for name in ("key", "seed"))
                self._known.update((day, file) for day in zip(*columns, strict=True))
        return self._known


def _readable(file: Path, columns: list[str]) -> pa.Table:
    try:
        return pq.ParquetFile(file).read(columns=columns)
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
    """Plain numbers of a dataclass by name."""
    return {
        field.name: float(number)
        for field in fields(value)
        if isinstance(number := getattr(value, field.name), int | float) and not isinstance(number, bool)
    }


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    """A table with a column for each name of any row; a seed needs all 64 bits."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    kinds = {"seed": pa.uint64()}
    return pa.table({name: pa.array(values, kinds.get(name)) for name, values in columns.items()})
