"""Time and memory of `headwatt calibrate` over many vehicle-days: from a store, from a folder of files, from one file.

The generator of Headwatt records one day of some trains of the bundled line at 1 Hz; the other days have the same rows.
Each command runs in a fresh process. The memory is the largest sum over its processes of their own memory and their
share of common memory (proportional set size), looked up every half second. Run:

    python benchmarks/calibration_scale.py [--trains 10] [--days 10] [--workers 2] [--keep FOLDER]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from process_memory import tree_kilobytes

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from telemetry_mappings import own_mapping

from energy_models.telemetry.intake import accept
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from energy_models.telemetry.recordings.files import file_batches
from energy_models.telemetry.store.compaction import compact
from energy_models.telemetry.store.store import create_store
from scenarios.files.load import load_scenario
from scenarios.values.build import train_of
from simulation.virtual_line.telemetry import record_line, rounded

LINE = "beijing_yizhuang"
FROM_S, TO_S = 5 * 3600 + 1800, 23 * 3600 + 1800


def recorded(folder: Path, trains: int, days: int) -> None:
    """The vehicle-days as one CSV file for each vehicle and day, as one file of all, and as a store."""
    scenario = load_scenario(LINE)
    truth = draw_ground_truth(train_of(scenario), np.random.default_rng(0))
    rows = rounded(record_line(scenario, truth, from_s=FROM_S, to_s=TO_S, trainsets=trains, seed=0).rows)
    names = [str(np.datetime64("2026-11-01") + number) for number in range(days)]
    (folder / "files").mkdir(parents=True)
    (folder / "one_file").mkdir()
    for vehicle, mine in rows.groupby("vehicle", sort=True):
        text = mine.to_csv(index=False)
        for day in names:
            (folder / "files" / f"{vehicle}_{day}.csv").write_text(text)
    whole = pd.concat([rows.assign(service_day=day) for day in names]).sort_values(["service_day", "time_s"])
    whole.to_csv(folder / "one_file" / "all.csv", index=False)
    store = create_store(folder / "store", "Asia/Shanghai")
    for day in names:
        for file in sorted((folder / "files").glob(f"*_{day}.csv")):
            for batch in file_batches(file, own_mapping(day)):
                accept(batch, store, 1)
    compact(store)
    print(f"{trains * days} vehicle-days, {len(whole):,} rows", flush=True)


def measured(command: list[str]) -> str:
    """Wall time, CPU time and memory of a command and its processes."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        largest = 0
        while process.poll() is None:
            largest = max(largest, tree_kilobytes(process.pid))
            time.sleep(0.5)
        wall = time.perf_counter() - begin
        last = (process.stdout.read().strip().splitlines() or ["nothing"])[-1] if process.stdout else ""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{wall:.1f} s wall, {cpu:.1f} s CPU, {largest / 1e6:.2f} GB; {last}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trains", type=int, default=10)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the recordings, which is used again if it exists")
    parser.add_argument("sources", nargs="*", default=["store", "files", "one_file"])
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = wanted.keep or Path(name) / "recordings"
        if not folder.exists():
            recorded(folder, wanted.trains, wanted.days)
        for source in wanted.sources:
            out = Path(name) / f"fleet_{source}"
            command = [sys.executable, "-m", "api.cli", "calibrate", str(folder / source), "--scenario", LINE,
                       "--out", str(out), "--workers", str(wanted.workers)]  # fmt: skip
            print(f"{source}: {measured(command)}", flush=True)


if __name__ == "__main__":
    main()
