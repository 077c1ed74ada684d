"""The door under kill -9: processes are killed at random and batches sent again; no row is lost or twice."""

import multiprocessing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from store_writers import small_batch, write_batches

from energy_models.telemetry.store.compaction import compact
from energy_models.telemetry.store.query import read_quarantine, read_rows
from energy_models.telemetry.store.store import open_store

# Processes of this server have imported everything, unless other tests have started the server before.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["store_writers"])
PATIENCE_S = 120.0


def received(log: Path) -> dict[int, tuple[int, ...]]:
    """The receipts of a log; a killed process may leave half of a line."""
    lines = log.read_text(encoding="utf-8").split("\n")[:-1] if log.exists() else []
    return {int(line.split()[0]): tuple(map(int, line.split()[1:])) for line in lines if len(line.split()) == 6}


def kill_and_send_again(folder: Path, kills: int, batches: int, seed: int) -> int:
    """Send batches through processes that are killed, until all have receipts; returns the number of kills."""
    rng = np.random.default_rng(seed)
    root, log = folder / "store", folder / "receipts.log"
    killed = 0
    while True:
        missing = [number for number in range(batches) if number not in received(log)]
        if not missing and killed >= kills:
            return killed
        # Batches with a receipt are sent again too: a sender that lost its own state does so.
        again = rng.choice(batches, size=5).tolist()
        numbers = [int(number) for number in rng.permutation([*missing, *again])]
        begun, begins = SERVER.Pipe(duplex=False)
        process = SERVER.Process(target=write_batches, args=(str(root), numbers, str(log), begins))
        process.start()
        # So that a kill meets the writing and not the import.
        assert begun.poll(PATIENCE_S)
        if killed < kills:
            process.join(float(rng.uniform(0.01, 0.25)))
            if process.is_alive():
                process.kill()
                killed += 1
            else:
                kills -= 1
        process.join()
        assert process.exitcode in (0, -9)
        if killed < kills and log.exists() and len(received(log)) == batches:
            log.write_text("", encoding="utf-8")


def check(folder: Path, batches: int) -> None:
    store = open_store(folder / "store")
    for counts in received(folder / "receipts.log").values():
        rows_in, *parts = counts
        assert rows_in == sum(parts)
    sent = pd.concat([small_batch(number).rows.to_pandas() for number in range(batches)])
    wanted = sent.drop_duplicates(["vehicle", "instant_ms"]).sort_values(["vehicle", "instant_ms"])
    for _ in range(2):
        found = read_rows(store, "line", every_version=True)
        assert len(found) == len(wanted)
        for name in ("vehicle", "instant_ms", "speed_m_s", "state"):
            assert found[name].tolist() == wanted[name].tolist()
        bad = [one.original for number in range(batches) for one in small_batch(number).rejected]
        assert sorted(read_quarantine(store)["original"]) == sorted(bad)
        compact(store)
    # The bytes are those of a store that nobody disturbed.
    calm = folder / "calm"
    write_batches(str(calm), list(range(batches)), str(folder / "calm.log"))
    compact(open_store(calm))
    trees = [
        {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder / "store", calm)
    ]
    assert trees[0] == trees[1]


@pytest.mark.many_cases
def test_kill_and_send_again(tmp_path: Path) -> None:
    kill_and_send_again(tmp_path, kills=12, batches=30, seed=1)
    check(tmp_path, 30)


@pytest.mark.long_runs
def test_two_hundred_kills(tmp_path: Path) -> None:
    assert kill_and_send_again(tmp_path, kills=200, batches=60, seed=2) >= 150
    check(tmp_path, 60)


@pytest.mark.many_cases
def test_several_processes_write_at_the_same_time(tmp_path: Path) -> None:
    logs = [tmp_path / f"{k}.log" for k in range(3)]
    processes = [
        SERVER.Process(target=write_batches, args=(str(tmp_path / "store"), list(range(20)), str(log))) for log in logs
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    store = open_store(tmp_path / "store")
    sent = pd.concat([small_batch(number).rows.to_pandas() for number in range(20)])
    assert len(read_rows(store, "line")) == len(sent.drop_duplicates(["vehicle", "instant_ms"]))
    totals = np.array([counts for log in logs for counts in received(log).values()]).sum(axis=0)
    assert totals[0] == 3 * 20 * 62
    assert totals[0] == totals[1:].sum()
    assert totals[4] == len(read_quarantine(store)) == 40
