"""Telemetry files in the project's own columns, split by vehicle and service day, so that each is read alone."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import feather

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.batch import INSTANT, VEHICLE, Batch
from energy_models.telemetry.mapping.values import Clock, RecorderMapping, SignalMapping, SourceText
from energy_models.telemetry.recordings.files import PARQUET, file_batches, opened_plain
from energy_models.telemetry.recordings.text_layout import HEAD_BYTES, text_layout
from energy_models.telemetry.service_day import day_number
from energy_models.telemetry.signals import CALIBRATION_SIGNALS, SIGNALS

SERVICE_DAY, TIME = "service_day", "time_s"
LARGEST_REJECTED_SHARE = 0.2
"""A file with a larger share of rows without a vehicle, a time or the form of a row is no telemetry."""
_BUFFERED_ROWS = 500_000
_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True)
class VehicleDayPart:
    """The rows of one vehicle and service day in one file: their copy in `path`, and the file as faults name it."""

    vehicle: str
    day: str
    path: Path
    rows: int
    file: str


@dataclass(frozen=True)
class SplitFile:
    """The parts of a file, and its rows that belong to no vehicle and time, counted by reason; or its faults."""

    parts: tuple[VehicleDayPart, ...] = ()
    unusable: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class FileSplitting:
    """Splits files into vehicle-days, each file by itself: the copies are below `folder`; see `split_file`."""

    folder: Path
    day: str | None = None

    def work(self, path: Path) -> SplitFile:
        """The parts of a file, or the faults for which it cannot be read."""
        own = self.folder / hashlib.sha256(str(path).encode()).hexdigest()[:16]
        own.mkdir(exist_ok=True)
        try:
            return split_file(path, own, self.day)
        except InputFaults as error:
            return SplitFile(faults=tuple(error.faults))


def split_file(path: Path, folder: Path, day: str | None = None) -> SplitFile:
    """Copy the rows of each vehicle and service day of a file into files of their own.

    The file is read in pieces, so that its size does not matter. The service day is that of the column `service_day`,
    otherwise that in the name of the file, otherwise `day`.

    Args:
        path: CSV or Parquet, also gzip, with the columns of the telemetry; those that can be derived may be missing.
        folder: Existing folder for the copies, of this file alone.
        day: Service day of a file that does not contain its day.

    Raises:
        InputFaults: The file is not readable, has no vehicle, time or service day, or more than a fifth of its rows
            belongs to no vehicle and time; with all faults.
    """
    header = _header(path)
    days = _day_in_name(path.name) or day
    faults = [Fault(path.name, "header", name, "missing", "a column of the telemetry")
              for name in (VEHICLE, TIME) if name not in header]  # fmt: skip
    if SERVICE_DAY not in header and days is None:
        allowed = "a name with the service day (2026-11-30), a column service_day, or --day"
        faults.append(Fault(path.name, "", SERVICE_DAY, "missing", allowed))
    if faults:
        raise InputFaults(faults)
    writer = _Parts(folder, path.name)
    unusable: dict[str, int] = {}
    rows = 0
    for batch in file_batches(path, _mapping(header)):
        rows += batch.rows_in
        for one in batch.rejected:
            unusable[one.reason] = unusable.get(one.reason, 0) + 1
        writer.add(batch, days)
    writer.flush()
    if not rows:
        raise InputFaults([Fault(path.name, "", "", "no rows", "at least one row under the header")])
    if sum(unusable.values()) > LARGEST_REJECTED_SHARE * rows:
        raise InputFaults(
            Fault(path.name, "", "", f"{count} of {rows} rows", f"rows of a vehicle and time: {words}")
            for words, count in unusable.items()
        )
    return SplitFile(writer.parts(), unusable)


def rows_of_parts(parts: Iterable[VehicleDayPart]) -> pd.DataFrame:
    """The rows of one vehicle and day in order of time, with `time_s`, in the form of the store's rows.

    Of several rows of one instant, the last one of the last file is used; `repeated` in `attrs` counts the others.
    """
    found = list(parts)
    table = pa.concat_tables([feather.read_table(part.path, memory_map=False) for part in found],
                             promote_options="default")  # fmt: skip
    frame: pd.DataFrame = table.to_pandas()
    frame = frame.sort_values(INSTANT, kind="stable")
    latest = frame.drop_duplicates(INSTANT, keep="last").reset_index(drop=True)
    latest[TIME] = latest[INSTANT] / 1000.0
    latest[VEHICLE] = found[0].vehicle
    latest.attrs["repeated"] = len(frame) - len(latest)
    return latest


class _Parts:
    """Collects rows by vehicle and day and writes them in blocks of bounded size."""

    def __init__(self, folder: Path, file: str) -> None:
        self._folder = folder
        self._file = file
        self._waiting: dict[tuple[str, str], list[pa.Table]] = {}
        self._rows = 0
        self._written: list[VehicleDayPart] = []

    def add(self, batch: Batch, day: str | None) -> None:
        table = batch.rows
        if not table.num_rows:
            return
        names = table.column(VEHICLE).combine_chunks().dictionary_encode()
        codes = np.asarray(names.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        vehicles = names.dictionary.to_pylist()
        days: list[str] = [day or ""]
        if SERVICE_DAY in table.column_names:
            given = pc.fill_null(table.column(SERVICE_DAY), day or "").combine_chunks().dictionary_encode()
            days = [_checked_day(str(one), self._file) for one in given.dictionary.to_pylist()]
            codes = codes * len(days) + np.asarray(given.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        kept = table.select([INSTANT, *(name for name in CALIBRATION_SIGNALS if name in table.column_names)])
        order = np.argsort(codes, kind="stable")
        kept, codes = kept.take(pa.array(order)), codes[order]
        begin = np.flatnonzero(np.diff(codes, prepend=-1))
        for first, last in zip(begin, np.append(begin[1:], len(codes)), strict=True):
            key = (str(vehicles[codes[first] // len(days)]), days[codes[first] % len(days)])
            self._waiting.setdefault(key, []).append(kept.slice(first, last - first))
        self._rows += len(codes)
        if self._rows >= _BUFFERED_ROWS:
            self.flush()

    def flush(self) -> None:
        for (vehicle, day), tables in self._waiting.items():
            path = self._folder / f"{quote(vehicle, safe='')}_{day}_{len(self._written)}.feather"
            whole = pa.concat_tables(tables)
            feather.write_feather(whole, path, compression="lz4")
            self._written.append(VehicleDayPart(vehicle, day, path, whole.num_rows, self._file))
        self._waiting.clear()
        self._rows = 0

    def parts(self) -> tuple[VehicleDayPart, ...]:
        return tuple(self._written)


def _mapping(header: tuple[str, ...]) -> RecorderMapping:
    """The mapping of the project's own columns; the seconds of the service day are read as they are."""
    signals = [
        SignalMapping(name, name, SIGNALS[name].unit, is_text=not SIGNALS[name].column.numeric)
        for name in CALIBRATION_SIGNALS
        if name in header
    ]
    if SERVICE_DAY in header:
        signals.append(SignalMapping(SERVICE_DAY, SERVICE_DAY, is_text=True))
    return RecorderMapping("own", "own", Clock((TIME,), "epoch_s"), SourceText(column=VEHICLE), tuple(signals))


def _header(path: Path) -> tuple[str, ...]:
    """The names of the columns of a CSV or Parquet file. Raises InputFaults for other files."""
    with opened_plain(path) as stream:
        head = stream.read(HEAD_BYTES)
        if head.startswith(PARQUET):
            stream.seek(0)
            try:
                return tuple(pq.ParquetFile(stream).schema_arrow.names)
            except (pa.ArrowException, OSError) as error:
                raise InputFaults([Fault(path.name, "", "", str(error)[:200], "a whole Parquet file")]) from None
    faults: list[Fault] = []
    layout = text_layout(head, path.name, _mapping(()).file, faults, is_whole=len(head) < HEAD_BYTES)
    if layout is None:
        raise InputFaults(faults)
    return layout.header


def _day_in_name(name: str) -> str | None:
    found = _DAY_IN_NAME.search(name)
    if found is None:
        return None
    day = "-".join(found.groups())
    try:
        day_number(day)
    except ValueError:
        return None
    return day


def _checked_day(day: str, file: str) -> str:
    try:
        day_number(day)
    except ValueError:
        allowed = "a day such as 2026-11-30"
        raise InputFaults([Fault(file, "", SERVICE_DAY, day or "blank", allowed)]) from None
    return day
