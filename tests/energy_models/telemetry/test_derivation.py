"""Derived columns: the place of a train follows from its speed and the stations; recorded columns stay as they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_train import STATIONS_M, recorded_train
from telemetry_mappings import own_mapping

from energy_models.faults import InputFaults
from energy_models.telemetry.derivation.derive import derive
from energy_models.telemetry.derivation.station_match import match_stations
from energy_models.telemetry.intake import accept
from energy_models.telemetry.recordings.files import file_batches
from energy_models.telemetry.store.store import create_store
from energy_models.telemetry.stored_telemetry import stored_telemetry

TRAIN = recorded_train(hours=2.0, seed=3).assign(instant_ms=lambda rows: (rows["time_s"] * 1e3).astype(np.int64))
# Stations of the Yizhuang line by chainage; scenarios/lines/beijing_yizhuang has the source.
YIZHUANG_M = (0, 2631, 3906, 6272, 8254, 9247, 10785, 12065, 13419, 15757, 18022, 20108, 21394, 22728)


def agreement(found: pd.DataFrame, true: pd.DataFrame, name: str) -> float:
    """Share of moving rows with the true value, among rows where the value is known."""
    known = found[name].notna() & (true["speed_m_s"] > 1.0)
    return float((found.loc[known, name] == true.loc[known, name]).mean())


@pytest.mark.parametrize("scale", [0.965, 1.0, 1.04])
@pytest.mark.parametrize("has_doors", [True, False])
def test_the_place_follows_from_speed_alone(scale: float, has_doors: bool) -> None:
    kept = ["instant_ms", "speed_m_s", *(["doors_open"] if has_doors else [])]
    rows = TRAIN[kept].assign(speed_m_s=TRAIN["speed_m_s"] * scale)
    found = derive(rows, STATIONS_M)
    assert set(found.derived) == {"state", "chainage_m", "direction", "section", "trip"}
    assert agreement(found.rows, TRAIN, "section") == 1.0
    assert agreement(found.rows, TRAIN, "direction") == 1.0
    assert found.rows["trip"].nunique() == TRAIN["trip"].nunique()
    assert float((found.rows["chainage_m"] - TRAIN["chainage_m"]).abs().quantile(0.99)) < 15.0
    # Without power, only traction and braking with acceleration are known.
    assert set(found.rows["state"].dropna()) <= {"stand", "traction", "brake"}
    assert any("blank" in note for note in found.notes)


def test_the_state_follows_from_power() -> None:
    rows = TRAIN[["instant_ms", "speed_m_s", "current_a", "voltage_v"]]
    found = derive(rows, STATIONS_M).rows
    assert (found["state"] == TRAIN["state"]).mean() > 0.93


def test_recorded_columns_are_never_replaced() -> None:
    found = derive(TRAIN, STATIONS_M)
    assert found.derived == ()
    assert found.rows is TRAIN
    partly = derive(TRAIN.drop(columns=["section", "trip"]), STATIONS_M)
    assert set(partly.derived) == {"section", "trip"}
    pd.testing.assert_series_equal(partly.rows["chainage_m"], TRAIN["chainage_m"])
    assert agreement(partly.rows, TRAIN, "section") == 1.0


def test_stations_of_another_line_give_no_place() -> None:
    found = derive(TRAIN[["instant_ms", "speed_m_s", "doors_open"]], [0.0, 700.0, 3000.0, 3900.0])
    assert found.derived == ("state",)
    assert any("do not fit the stations" in note for note in found.notes)


@settings(max_examples=examples(30))
@given(st.integers(0, 10_000), st.integers(4, 25))
def test_a_walk_along_random_stations_is_found(seed: int, count: int) -> None:
    """Property: with distances that differ from each other, the stops of two trips there and back are found again."""
    rng = np.random.default_rng(seed)
    stations = np.append(0.0, np.cumsum(rng.uniform(600.0, 2_500.0, count - 1)))
    there_and_back = [*range(count), *range(count - 2, -1, -1)]
    walk = np.array([*there_and_back, *there_and_back[1:]])
    distance = np.append(0.0, np.abs(np.diff(stations[walk]))) * 1.013 * (1.0 + 0.0005 * rng.standard_normal(len(walk)))
    found = match_stations(stations, distance)
    mirrored = count - 1 - walk
    assert found.station.tolist() in (walk.tolist(), mirrored.tolist()[: len(walk)])
    assert found.scale == pytest.approx(1.013, abs=0.002)


@pytest.mark.parametrize("name", ["clean", "wheel", "everyday_2"])
def test_trains_of_an_independent_simulator(reference_folder: Path, name: str) -> None:
    file = reference_folder / "telemetry" / f"telemetry_{name}.parquet"
    if not file.exists():
        pytest.skip("no reference telemetry")
    true = pd.read_parquet(file)
    rows = true[["speed_m_s", "doors_open"]].astype(float).assign(instant_ms=true["time_s"] * 1000)
    found = derive(rows, YIZHUANG_M).rows
    assert found["section"].notna().mean() > 0.99
    assert agreement(found, true, "section") == 1.0
    assert agreement(found, true, "direction") == 1.0
    assert found["trip"].nunique() == true["trip"].nunique()


def test_the_calibration_reads_a_day_of_the_store(tmp_path: Path) -> None:
    rows = recorded_train(hours=1.0)
    rows.loc[5, "voltage_v"] = np.nan
    rows.loc[9, "speed_m_s"] = 88.0
    rows.to_csv(tmp_path / "x.csv", index=False)
    store = create_store(tmp_path / "s", "Asia/Shanghai")
    for batch in file_batches(tmp_path / "x.csv", own_mapping()):
        accept(batch, store, 1)
    found = stored_telemetry(store, "test_line", "TS01", "2026-11-30")
    assert found.rows_read == len(rows)
    assert {(one.reason, one.rows) for one in found.exclusions} == {
        ("voltage_v is blank", 1), ("speed_m_s is not from 0 to 60", 1)
    }  # fmt: skip
    assert len(found.rows) == len(rows) - 2
    assert len(found.sha256) == 64
    with pytest.raises(InputFaults, match="no rows"):
        stored_telemetry(store, "test_line", "TS02", "2026-11-30")
