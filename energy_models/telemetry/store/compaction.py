"""Compaction and retention: one file for each vehicle and day whose bytes depend on the rows alone; old days end."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from energy_models.telemetry.batch import FLAGS, INSTANT, VEHICLE, Flag
from energy_models.telemetry.store.layout import QUARANTINE, ROWS, digest_of, ordered, vehicle_place, write_rows
from energy_models.telemetry.store.query import versions
from energy_models.telemetry.store.state import State, StoredFile
from energy_models.telemetry.store.store import TelemetryStore

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Removed:
    """What retention removed: numbers of vehicle-days, of rows and of quarantined rows."""

    vehicle_days: int
    rows: int
    quarantined: int


def compact(store: TelemetryStore, progress: Progress | None = None) -> int:
    """Merge the files of each vehicle and day into one, and remove files that no commit names.

    The result depends on the rows alone: each version of a row once, in order of instant, with its earliest arrival.

    Returns:
        Number of vehicle-days that were merged.
    """
    report = progress or (lambda _stage, _share: None)
    with store.locked() as state:
        waiting = sorted(
            {(file.line, file.day, vehicle) for file in state.files if not file.is_compact for vehicle in file.vehicles}
        )
        by_day: dict[tuple[str, str], list[StoredFile]] = {}
        for file in state.files:
            by_day.setdefault((file.line, file.day), []).append(file)
        merged: list[StoredFile] = []
        for place, (line, day, vehicle) in enumerate(waiting):
            report("compacting", place / len(waiting))
            files = [file for file in by_day[line, day] if vehicle in file.vehicles]
            merged.append(_merged(store, state, files, line, day, vehicle))
        gone = {file.path for file in state.files if not file.is_compact}
        replaced = {(one.line, one.day, vehicle) for one in merged for vehicle in one.vehicles}
        kept = [
            file
            for file in state.files
            if file.path not in gone and not any((file.line, file.day, name) in replaced for name in file.vehicles)
        ]
        after = replace(state, files=tuple(sorted((*kept, *merged), key=lambda one: one.path)))
        store.checkpoint(after)
        _remove_unnamed(store.root, after)
        report("compacting", 1.0)
    return len(waiting)


def _merged(
    store: TelemetryStore, state: State, files: list[StoredFile], line: str, day: str, vehicle: str
) -> StoredFile:  # fmt: skip
    table = _of_one_file(store, files, vehicle)
    if table is None:
        table = versions(store, files, state, vehicles=[vehicle], every_version=True)
    # A column that only other vehicles of the same files have is no column of this vehicle.
    blank = [name for name in table.column_names if table.column(name).null_count == table.num_rows]
    table = table.select(ordered(set(table.column_names) - set(blank)))
    place = vehicle_place(line, day, vehicle)
    temporary = ".merged.parquet"
    write_rows(table, store.root / place, temporary)
    name = f"{digest_of(store.root / place / temporary)}.parquet"
    (store.root / place / temporary).rename(store.root / place / name)
    instant = table.column(INSTANT).to_numpy()
    span = {vehicle: (int(instant[0]), int(instant[-1]), len(instant))}
    return StoredFile(f"{place}/{name}", line, day, span, True, bool((np.diff(instant) == 0).any()))


def _of_one_file(store: TelemetryStore, files: list[StoredFile], vehicle: str) -> pa.Table | None:
    """The rows of a vehicle that one file has, in order and without repeats; None if versions must be found."""
    if len(files) != 1:
        return None
    table = pq.read_table(
        store.root / files[0].path, filters=[(VEHICLE, "=", vehicle)], use_threads=False, partitioning=None
    )
    instant = table.column(INSTANT).to_numpy()
    flags = table.column(FLAGS).to_numpy()
    if bool((np.diff(instant) <= 0).any()) or bool((flags & int(Flag.OTHER_VERSION)).any()):
        return None
    return table


def forget_before(
    store: TelemetryStore, day: str, *, line: str | None = None, quarantine_ms: int | None = None
) -> Removed:
    """Remove the rows of service days before `day`, and quarantined rows that arrived before `quarantine_ms`.

    Args:
        store: The store.
        day: First service day that stays.
        line: Only this line.
        quarantine_ms: Instant of arrival from which quarantined rows stay; None: all stay.
    """
    with store.locked() as state:
        old = [file for file in state.files if file.day < day and line in (None, file.line)]
        gone = {file.path for file in old}
        quarantine = {
            key: one
            for key, one in state.quarantine.items()
            if quarantine_ms is None or one.available_ms >= quarantine_ms or line not in (None, one.line)
        }
        after = replace(
            state, files=tuple(file for file in state.files if file.path not in gone), quarantine=quarantine
        )  # fmt: skip
        if after != state:
            store.checkpoint(after)
            _remove_unnamed(store.root, after)
    lost = sum(one.rows for key, one in state.quarantine.items() if key not in quarantine)
    days = {(file.line, file.day, vehicle) for file in old for vehicle in file.vehicles}
    return Removed(len(days), sum(span[2] for file in old for span in file.vehicles.values()), lost)


def _remove_unnamed(root: Path, state: State) -> None:
    """Remove files that no commit names: merged ones, and those of a process that ended before its commit."""
    named = {file.path for file in state.files} | {one.path for one in state.quarantine.values()}
    for top in (ROWS, QUARANTINE):
        folder = root / top
        if not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*"), key=lambda one: -len(one.parts)):
            if path.is_dir():
                if not any(path.iterdir()):
                    shutil.rmtree(path, ignore_errors=True)
            elif path.relative_to(root).as_posix() not in named:
                path.unlink(missing_ok=True)
