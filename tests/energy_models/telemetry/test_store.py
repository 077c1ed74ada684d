"""The store: each row once, the same bytes for any order of batches, what was known when, retention, new columns."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_train import recorded_train
from store_writers import BEGIN_MS, small_batch
from telemetry_mappings import own_mapping

from energy_models.faults import InputFaults
from energy_models.telemetry.batch import Batch, Flag
from energy_models.telemetry.intake import accept
from energy_models.telemetry.receipt import Receipt, total
from energy_models.telemetry.recordings.files import file_batches
from energy_models.telemetry.service_day import day_name, day_number, service_days
from energy_models.telemetry.store.compaction import compact, forget_before
from energy_models.telemetry.store.query import read_quarantine, read_rows, stored_days
from energy_models.telemetry.store.store import TelemetryStore, create_store, open_store


def filled(root: Path, batches: Sequence[tuple[Batch, int]]) -> tuple[TelemetryStore, list[Receipt]]:
    store = create_store(root, "UTC")
    return store, [accept(batch, store, now) for batch, now in batches]


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def one_row(value: float, *, second: int = 0, vehicle: str = "A", source: str = "s", **more: object) -> Batch:
    columns = {
        "vehicle": [vehicle], "instant_ms": [BEGIN_MS + second * 1000], "source": [source], "speed_m_s": [value], **more
    }  # fmt: skip
    table = pa.table({**columns, "flags": pa.array([0], pa.int16())})
    return Batch(f"{value}{second}{vehicle}{source}{sorted(more)}", "line", table)


def test_a_day_is_read_back_as_it_was(tmp_path: Path) -> None:
    rows = recorded_train(hours=2.0)
    rows.to_csv(tmp_path / "x.csv", index=False)
    store = create_store(tmp_path / "store", "Asia/Shanghai")
    (receipt,) = [accept(batch, store, 1) for batch in file_batches(tmp_path / "x.csv", own_mapping())]
    assert (receipt.rows_in, receipt.stored) == (len(rows), len(rows))
    for _ in range(2):
        found = read_rows(store, "test_line")
        for name in rows.columns:
            if pd.api.types.is_numeric_dtype(rows[name]):
                np.testing.assert_allclose(found[name], rows[name], rtol=1e-12, err_msg=name)
            else:
                assert found[name].tolist() == rows[name].tolist()
        compact(store)
    assert stored_days(store)[["line", "day", "vehicle", "rows", "files"]].to_numpy().tolist() == [
        ["test_line", "2026-11-30", "TS01", len(rows), 1]
    ]


@settings(max_examples=examples(8))
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4), st.integers(0, 6))
def test_any_order_of_batches_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], again: list[int], pause: int
) -> None:
    """Property: after compaction, the store depends on the batches alone; also with re-sends and compaction between."""
    batches = [(small_batch(number), 1_000 + number) for number in range(6)]
    reference, _ = filled(tmp_path_factory.mktemp("a"), batches)
    compact(reference)
    other = create_store(tmp_path_factory.mktemp("b"), "UTC")
    receipts = []
    for place, number in enumerate([*order, *again]):
        receipts.append(accept(*batches[number][:1], other, batches[number][1]))
        if place == pause:
            compact(other)
    compact(other)
    assert all(receipt.is_balanced for receipt in receipts)
    assert tree(other.root) == tree(reference.root)
    rows = pd.concat([batch.rows.to_pandas() for batch, _ in batches])
    keys = set(zip(rows["vehicle"], rows["instant_ms"], strict=True))
    found = read_rows(other, "line")
    assert set(zip(found["vehicle"], found["instant_ms"], strict=True)) == keys
    assert len(found) == len(keys)
    summed = total(receipts)
    assert summed.stored + summed.flagged == len(keys)
    assert summed.quarantined == len(read_quarantine(other)) == 12


def test_other_versions_of_a_row_are_kept_and_the_last_one_is_read(tmp_path: Path) -> None:
    store, receipts = filled(tmp_path / "s", [(one_row(5.0), 100), (one_row(7.0), 200), (one_row(5.0), 300)])
    assert [(r.stored, r.flagged, r.duplicates) for r in receipts] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    for _ in range(2):
        assert read_rows(store, "line")["speed_m_s"].tolist() == [7.0]
        assert read_rows(store, "line")["flags"].tolist() == [Flag.OTHER_VERSION]
        every = read_rows(store, "line", every_version=True)
        assert every[["speed_m_s", "available_ms"]].to_numpy().tolist() == [[5.0, 100], [7.0, 200]]
        # An analysis of that time can be repeated.
        assert read_rows(store, "line", as_of_ms=150)["speed_m_s"].tolist() == [5.0]
        assert read_rows(store, "line", as_of_ms=150)["flags"].tolist() == [0]
        assert read_rows(store, "line", as_of_ms=99).empty
        compact(store)


def test_a_new_signal_needs_no_migration(tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", [(one_row(5.0), 1), (one_row(6.0, second=1, power_w=[2e5], note=["x"]), 2)])
    for _ in range(2):
        found = read_rows(store, "line")
        assert found["power_w"].isna().tolist() == [True, False]
        assert found["note"].tolist()[1] == "x"
        assert read_rows(store, "line", columns=["voltage_v"])["voltage_v"].isna().all()
        compact(store)
    with pytest.raises(InputFaults, match="power_w: text - allowed: number"):
        accept(one_row(6.0, second=2, power_w=["much"]), store, 3)
    assert len(read_rows(store, "line")) == 2


def test_a_row_twice_in_a_batch_is_a_duplicate_and_flagged(tmp_path: Path) -> None:
    batch = one_row(5.0)
    doubled = Batch("twice", "line", pa.concat_tables([batch.rows, batch.rows, one_row(6.0, second=1).rows]))
    store, (receipt,) = filled(tmp_path / "s", [(doubled, 1)])
    assert (receipt.rows_in, receipt.stored, receipt.flagged, receipt.duplicates) == (3, 1, 1, 1)
    assert read_rows(store, "line")["flags"].tolist() == [Flag.REPEATED, 0]


def test_what_no_commit_names_is_never_read(tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", [(one_row(5.0), 1)])
    folder = next((store.root / "rows").rglob("*.parquet")).parent
    (folder / "half.parquet").write_bytes(b"PAR1 half of a file")
    (store.root / "commits" / ".000000002.json.77").write_bytes(b'{"format": 1, "fi')
    assert len(read_rows(open_store(store.root), "line")) == 1
    compact(store)
    assert not (folder / "half.parquet").exists()
    assert len(read_rows(open_store(store.root), "line")) == 1


def test_retention(tmp_path: Path) -> None:
    day = 86_400
    batches = [(one_row(float(k), second=k * day), 10 + k) for k in range(5)] + [(small_batch(50_000), 99)]
    store, _ = filled(tmp_path / "s", batches)
    days = sorted(set(stored_days(store)["day"]))
    removed = forget_before(store, days[2], quarantine_ms=100)
    assert (removed.vehicle_days, removed.rows, removed.quarantined) == (2, 2, 2)
    assert sorted(set(stored_days(store)["day"])) == days[2:]
    assert sorted(set(stored_days(open_store(store.root))["day"])) == days[2:]
    assert read_quarantine(store).empty
    assert len(list((store.root / "rows").rglob("*.parquet"))) == len(store.state.files)


def test_a_reader_survives_a_compaction_of_another_process(tmp_path: Path) -> None:
    store, _ = filled(tmp_path / "s", [(small_batch(k), k) for k in range(4)])
    reader = open_store(store.root)
    before = read_rows(reader, "line")
    compact(store)
    pd.testing.assert_frame_equal(read_rows(reader, "line"), before)
    accept(small_batch(9), store, 9)
    assert len(read_rows(reader, "line")) > len(before)


def test_quarantine_keeps_reason_and_bytes(tmp_path: Path) -> None:
    store, receipts = filled(tmp_path / "s", [(small_batch(1), 7), (small_batch(1), 8)])
    assert [r.quarantined for r in receipts] == [2, 0]
    assert receipts[1].duplicates == receipts[1].rows_in
    found = read_quarantine(store)
    assert found["original"].tolist() == [b"row 0 of batch 1", b"row 1 of batch 1"]
    assert set(found["reason"]) == {"broken"}
    assert set(found["available_ms"]) == {7}


def test_stores_and_folders_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="no telemetry store"):
        open_store(tmp_path)
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(InputFaults, match="an empty or new folder"):
        create_store(tmp_path, "UTC")
    create_store(tmp_path / "s", "Asia/Shanghai")
    with pytest.raises(InputFaults, match="the zone of the store"):
        create_store(tmp_path / "s", "Europe/Berlin")
    (tmp_path / "s" / "store.json").write_text("{")
    with pytest.raises(InputFaults, match="not readable"):
        open_store(tmp_path / "s")


def test_all_that_create_a_store_at_the_same_time_get_the_same_store(tmp_path: Path) -> None:
    def create(root: Path, begin: Barrier) -> str:
        begin.wait()
        return create_store(root, "UTC").settings.zone

    for number in range(30):
        root, begin = tmp_path / str(number), Barrier(6)
        with ThreadPoolExecutor(6) as threads:
            assert list(threads.map(create, [root] * 6, [begin] * 6)) == ["UTC"] * 6
        assert sorted(one.name for one in root.iterdir()) == ["commits", "lock", "store.json"]


def test_a_store_whose_creation_was_ended_is_created_again(tmp_path: Path) -> None:
    (tmp_path / "commits").mkdir()
    (tmp_path / ".store.json.17").write_text("{")
    create_store(tmp_path, "UTC")
    assert not list(tmp_path.glob(".*"))


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]))
def test_service_days_agree_with_the_calendar(instant_ms: int, zone: str) -> None:
    """Property: the service day is the local date three hours earlier by the clock, for one row and for many."""
    offsets = np.arange(-50, 50) * 1_000_000
    instants = np.clip(instant_ms + offsets, 0, None)
    found = service_days(instants, zone)
    local = pd.DatetimeIndex(instants.astype("datetime64[ms]"), tz="UTC").tz_convert(zone).tz_localize(None)
    assert [day_name(day) for day in found] == [str((one - pd.Timedelta(hours=3)).date()) for one in local]
    assert [day_number(day_name(day)) for day in found] == found.tolist()
    assert service_days(instants[:1], zone)[0] == found[0]


def test_many_commits_become_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_models.telemetry.store.store.MOST_DELTA_COMMITS", 4)
    store, _ = filled(tmp_path / "s", [(one_row(1.0, second=k), k) for k in range(11)])
    names = sorted(path.name for path in (store.root / "commits").iterdir())
    assert len(names) < 6
    assert len(read_rows(open_store(store.root), "line")) == 11


def test_two_stores_of_the_same_rows_in_other_groups_have_the_same_rows(tmp_path: Path) -> None:
    """The bytes follow from batches; grouped otherwise, the rows are still the same."""
    rows = [one_row(float(k % 7), second=k) for k in range(20)]
    whole = Batch("whole", "line", pa.concat_tables([one.rows for one in rows]))
    a, _ = filled(tmp_path / "a", [(one, 5) for one in rows])
    b, _ = filled(tmp_path / "b", [(whole, 5)])
    for store in (a, b):
        compact(store)
    files = [sorted((name, data) for name, data in tree(s.root).items() if name.startswith("rows")) for s in (a, b)]
    assert files[0] == files[1]


def test_receipts_add_up() -> None:
    parts = [Receipt("a", 4, 1, 1, 1, 1, {"x": 1}, {"r": 1}), Receipt("b", 2, 2, 0, 0, 0, {"x": 2}, {})]
    summed = total(parts)
    assert (summed.rows_in, summed.flags, summed.reasons) == (6, {"x": 3}, {"r": 1})
    assert summed.is_balanced
    assert not any(one.is_balanced for one in [Receipt("", 3, 1, 1, 0, 0)])
