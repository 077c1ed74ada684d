"""Findings: each drawn fault is found on its vehicle, clean fleets give none, and known changes have their size.

`benchmarks/telemetry_findings.py` draws many more cases and counts.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from recorded_fleet import FAULTS, fleet_day

from energy_models.telemetry.batch import Batch
from energy_models.telemetry.findings.assess import assess
from energy_models.telemetry.findings.changes import change_of
from energy_models.telemetry.findings.finding import Finding
from energy_models.telemetry.findings.fleet_clock import Lag, fleet_voltage, lags
from energy_models.telemetry.findings.history import DaySummary, findings_over_days, summaries
from energy_models.telemetry.findings.vehicle_day import runs_of, vehicle_day
from energy_models.telemetry.findings.within_day import findings_within
from energy_models.telemetry.intake import accept
from energy_models.telemetry.store.store import create_store

DAYS = 9
FLEET = [fleet_day(day, 4, hours=2.5, seed=5) for day in range(DAYS)]


def assessed(fleets: list[dict[str, pd.DataFrame]]) -> list[Finding]:
    found: list[Finding] = []
    kept = []
    for number, rows in enumerate(fleets):
        data = {name: vehicle_day(name, f"{number:02d}", one) for name, one in rows.items()}
        kept += summaries(data)
        found += [finding for one in data.values() for finding in findings_within(one)]
    return found + findings_over_days(kept)


def test_a_clean_fleet_gives_no_finding() -> None:
    assert [(one.vehicle, one.day, str(one)) for one in assessed(FLEET)] == []


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("draw", [0, pytest.param(1, marks=pytest.mark.many_cases)])
def test_each_fault_is_found_on_its_vehicle(kind: str, draw: int) -> None:
    fault, kinds = FAULTS[kind]
    begin = 0 if kind in ("drift 1 % a week", "clock 20 ppm") else 4
    fleets = [dict(day) for day in FLEET]
    for day in range(begin, DAYS):
        fleets[day]["V0"] = fault(fleets[day]["V0"], day - begin, np.random.default_rng(draw))
    found = assessed(fleets)
    assert any(one.kind in kinds and one.vehicle == "V0" for one in found), [str(one) for one in found]
    assert [str(one) for one in found if one.vehicle != "V0"] == []


def test_exchanged_vehicles_are_found_on_their_day() -> None:
    fleets = [dict(day) for day in FLEET]
    fleets[6]["V0"], fleets[6]["V2"] = fleets[6]["V2"], fleets[6]["V0"]
    found = [one for one in assessed(fleets) if one.kind == "vehicle_swapped"]
    assert {(one.vehicle, one.day) for one in found} == {("V0", "06"), ("V2", "06")}


def test_a_wheel_change_has_its_moment_and_size() -> None:
    fleets = [dict(day) for day in FLEET]
    for day in range(4, DAYS):
        rows = fleets[day]["V1"]
        factor = np.where((np.arange(len(rows)) > 4_000) | (day > 4), 1.02, 1.0)
        fleets[day]["V1"] = rows.assign(speed_m_s=rows["speed_m_s"] * factor)
    (found,) = [one for one in assessed(fleets) if one.kind == "wheel_change"]
    assert found.day == "04"
    assert abs(found.since_ms - FLEET[4]["V1"]["instant_ms"].iloc[4_000]) < 300_000
    assert found.amount == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("offset_s", [-3600.0, -5.0, 2.0, 5.0, 3600.0])
def test_the_lag_of_a_clock_is_measured(offset_s: float) -> None:
    days = {name: vehicle_day(name, "00", rows) for name, rows in FLEET[0].items()}
    rows = FLEET[0]["V0"]
    days["V0"] = vehicle_day("V0", "00", rows.assign(instant_ms=rows["instant_ms"] + round(offset_s * 1e3)))
    fleet = fleet_voltage(days)
    assert fleet is not None
    assert [one.lag_s for one in lags(fleet, "V0")] == pytest.approx([offset_s] * len(lags(fleet, "V0")), abs=0.2)
    assert lags(fleet, "V0")
    assert fleet_voltage({name: days[name] for name in ("V0", "V1")}) is None


def clock_findings(lags_s: list[float]) -> list[tuple[str, float]]:
    """The findings for a day whose blocks of two hours have these lags."""
    blocks = tuple(Lag(7_200.0 * number, lag_s) for number, lag_s in enumerate(lags_s))
    runs = runs_of(vehicle_day("V2", "d", pd.DataFrame({"instant_ms": [0, 1_000], "flags": [0, 0]})))
    day = DaySummary("V2", "d", 0, runs.assign(voltage_ratio=np.nan), blocks, {})
    return [(one.kind, one.amount) for one in findings_over_days([day])]


def test_blocks_that_disagree_are_no_offset_of_a_clock() -> None:
    """Where the clock of another vehicle is wrong by an hour, some blocks agree with that one."""
    assert clock_findings([0.0, -3_600.0, 0.1, -3_600.0]) == []
    assert clock_findings([0.0, 0.2, -3_600.0]) == []
    assert clock_findings([5.0, 5.1, 0.0, 4.9]) == [("clock_offset", pytest.approx(5.0))]


def test_step_and_drift_of_a_series_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    t = np.linspace(0.0, 14 * 86_400.0, 300)
    noise = 0.002 * rng.standard_normal(300)
    bounds = {"least_step": 0.003, "least_drift_per_week": 0.003}
    assert change_of(t, 1.0 + noise, **bounds) is None
    step = change_of(t, 1.0 + noise + 0.01 * (t > 6 * 86_400.0), **bounds)
    assert step is not None
    assert (step.form, step.amount) == ("step", pytest.approx(0.01, abs=0.001))
    assert step.at_s == pytest.approx(6 * 86_400.0, abs=10_000.0)
    drift = change_of(t, 1.0 + noise + 0.01 * t / (7 * 86_400.0), **bounds)
    assert drift is not None
    assert (drift.form, drift.amount) == ("drift", pytest.approx(0.01, rel=0.1))
    assert change_of(t[:5], t[:5], **bounds) is None


@pytest.mark.parametrize("place", [0, -1])
def test_one_wild_value_at_an_end_is_no_step(place: int) -> None:
    ratio = 1.0 + 0.0002 * np.random.default_rng(1).standard_normal(57)
    ratio[place] += 0.0312
    found = change_of(np.linspace(0.0, 10_000.0, 57), ratio, least_step=0.0025, least_drift_per_week=0.003)
    assert found is None


def test_scales_of_an_independent_simulator(reference_folder: Path) -> None:
    """The scale of the speed sensor of simulated trains with hidden truth, by runs, to 0.0005."""
    folder = reference_folder / "telemetry"
    if not folder.is_dir():
        pytest.skip("no reference telemetry")
    # truth.json of the reference, wheel of the vehicles; `clean` has no error of its sensor.
    for name, scale in (("wheel", 0.99272), ("everyday_1", 1.01722), ("everyday_2", 1.01330), ("clean", 1.0)):
        rows = pd.read_parquet(folder / f"telemetry_{name}.parquet").astype({"section": float})
        numeric = {c: float for c in rows.columns if pd.api.types.is_numeric_dtype(rows[c])}
        rows = rows.astype(numeric).assign(instant_ms=lambda x: (x["time_s"] * 1e3).astype(int), flags=0)
        assert runs_of(vehicle_day(name, "d", rows))["speed_scale"].median() == pytest.approx(scale, abs=5e-4)


def test_the_status_of_a_store(tmp_path: Path) -> None:
    store = create_store(tmp_path / "s", "UTC")
    for day, fleet in enumerate(FLEET[:2]):
        for name, sound in fleet.items():
            is_wrong = (day, name) == (1, "V0")
            rows = FAULTS["clock + 5 s"][0](sound, 0, np.random.default_rng(0)) if is_wrong else sound
            table = pa.Table.from_pandas(rows.drop(columns=["time_s"]).assign(source="s"), preserve_index=False)
            table = table.set_column(table.column_names.index("flags"), "flags", table["flags"].cast(pa.int16()))
            accept(Batch(f"{day}{name}", "line", table), store, 1)
    found = assess(store, "line")
    assert len(found) == 8
    assert {(one.vehicle, finding.kind) for one in found for finding in one.findings} == {("V0", "clock_offset")}
    assert all(one.has_fleet_clock and one.step_s == 1.0 and one.missing_share < 0.01 for one in found)
    assert len(assess(store, "line", vehicles=["V1"], days=["2026-09-04"])) == 1
