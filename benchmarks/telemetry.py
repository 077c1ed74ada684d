"""Speeds of the telemetry store: rows per CPU second into the store with every rule, and a train-hour out of a month.

    python benchmarks/telemetry.py [--vehicles 20] [--month 100]

`--month N` makes a store with a month of N vehicles at 1 Hz, 20 hours a day: N = 100 gives 216 million rows. The same
file stands for all vehicles and days, so that it takes little room on the disk.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from recorded_train import recorded_train
from telemetry_mappings import own_mapping

from energy_models.telemetry.findings.history import summaries
from energy_models.telemetry.findings.vehicle_day import VehicleDay, vehicle_day
from energy_models.telemetry.findings.within_day import findings_within
from energy_models.telemetry.intake import accept
from energy_models.telemetry.recordings.files import file_batches
from energy_models.telemetry.store.compaction import compact
from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.state import Commit, StoredFile
from energy_models.telemetry.store.store import TelemetryStore, create_store

HOURS = 6.0


def recordings(folder: Path, vehicles: int) -> dict[str, Path]:
    """One file of several vehicles as CSV and as Parquet."""
    day = recorded_train(hours=HOURS).round(4)
    rows = pd.concat([day.assign(vehicle=f"TS{k:03d}") for k in range(vehicles)], ignore_index=True)
    files = {"Parquet": folder / "day.parquet", "CSV": folder / "day.csv"}
    rows.to_parquet(files["Parquet"])
    rows.to_csv(files["CSV"], index=False)
    return files


def into_the_store(file: Path, folder: Path) -> tuple[float, int, TelemetryStore]:
    """Rows per CPU second, their number, and the store."""
    shutil.rmtree(folder, ignore_errors=True)
    store = create_store(folder, "Asia/Shanghai")
    begin, rows = time.process_time(), 0
    for batch in file_batches(file, own_mapping()):
        rows += accept(batch, store, 1).rows_in
    return rows / (time.process_time() - begin), rows, store


def checked(store: TelemetryStore) -> tuple[float, float]:
    """Rows per CPU second of compaction, and of all findings by vehicle and day."""
    begin = time.process_time()
    compact(store)
    compacting = time.process_time() - begin
    rows = read_rows(store, "test_line")
    begin = time.process_time()
    days: dict[str, VehicleDay] = {
        str(name): vehicle_day(str(name), "2026-11-30", mine) for name, mine in rows.groupby("vehicle", sort=True)
    }
    for data in days.values():
        findings_within(data)
    summaries(days)
    return len(rows) / compacting, len(rows) / (time.process_time() - begin)


def month(folder: Path, vehicles: int) -> None:
    """A train-hour out of a month. The same day is linked for all days and vehicles but one, which are never read."""
    store = create_store(folder, "Asia/Shanghai")
    recorded_train(hours=20.0).round(4).to_parquet(folder.parent / "one.parquet")
    for batch in file_batches(folder.parent / "one.parquet", own_mapping()):
        accept(batch, store, 1)
    compact(store)
    (first,) = store.state.files
    per_file = first.vehicles["TS01"]
    files = []
    for number in range(30):
        for vehicle in range(vehicles):
            name, service_day = f"TS{vehicle:03d}", str(np.datetime64("2026-12-01") + number)
            path = f"rows/line=test_line/day={service_day}/vehicle={name}/{first.path.rsplit('/', 1)[1]}"
            (store.root / path).parent.mkdir(parents=True, exist_ok=True)
            (store.root / path).hardlink_to(store.root / first.path)
            files.append(StoredFile(path, "test_line", service_day, {name: per_file}, True))
    with store.locked():
        store.commit(Commit(tuple(files), (), {}))
    rows = sum(span[2] for file in files for span in file.vehicles.values())
    seconds = []
    for k in range(21):
        low = per_file[0] + 3_600_000 * (k % 18)
        begin = time.perf_counter()
        found = read_rows(
            store, "test_line", vehicles=["TS007"], days=["2026-12-15"], from_ms=low, to_ms=low + 3_599_999
        )
        seconds.append(time.perf_counter() - begin)
        assert len(found) > 3_500
    print(f"a train-hour out of {rows / 1e6:.0f} M rows in {len(files)} files: "
          f"median {1e3 * np.median(seconds):.0f} ms, longest {1e3 * max(seconds):.0f} ms")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vehicles", type=int, default=20)
    parser.add_argument("--month", type=int, default=100)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = recordings(folder, wanted.vehicles)
        for form, file in files.items():
            into_the_store(file, folder / "warm")
            speed, rows, store = into_the_store(file, folder / "store")
            size = sum(path.stat().st_size for path in store.root.rglob("*.parquet"))
            print(f"{form}: {speed / 1e6:.2f} M rows per CPU second ({rows:,} rows, {size / rows:.1f} bytes each)")
            compacting, checking = checked(store)
            print(f"  compaction {compacting / 1e6:.2f} M, findings {checking / 1e6:.2f} M rows per CPU second")
        month(folder / "month", wanted.month)
        print(f"largest memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
