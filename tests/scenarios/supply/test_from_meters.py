"""The supply of a scenario from files of meters and telemetry, and the override with the result."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from metered_line import BEGIN_S, PERIOD_S, other_network, recorded_line

from energy_models.calibration.supply_readings import recorded_supply
from energy_models.faults import InputFaults
from energy_models.supply.network import SupplyNetwork
from scenarios.files.load import LINES, load_scenario
from scenarios.schema import Scenario
from scenarios.supply.from_meters import MeasuredSupply, measured_supply, read_meters, read_trains
from scenarios.supply.override import override_of, require_new_override, save_override
from scenarios.values.build import supply_network

Recorded = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial line without its storage: the charge of a storage is not recorded."""
    place = tmp_path_factory.mktemp("lines") / "own_line"
    shutil.copytree(LINES / "tutorial_line", place)
    file = place / "scenario.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  - id: middle\n", "  - id: middle\n    in_service: false\n"), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def line(folder: Path) -> Scenario:
    return load_scenario(folder)


@pytest.fixture(scope="module")
def true(line: Scenario) -> SupplyNetwork:
    return other_network(supply_network(line), 5)


@pytest.fixture(scope="module")
def recorded(true: SupplyNetwork) -> Recorded:
    return recorded_line(true, 1)


@pytest.fixture(scope="module")
def meters(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("meters") / "meters.csv"
    recorded[1].to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def found(recorded: Recorded, meters: Path, line: Scenario) -> MeasuredSupply:
    return measured_supply(recorded[0], meters, line, voltage_class=0.003, energy_class=0.003)


def test_files_give_the_network(found: MeasuredSupply, true: SupplyNetwork) -> None:
    estimate = found.estimate
    assert estimate.no_load_v.lower < true.substations[0].no_load_v < estimate.no_load_v.upper
    assert estimate.conductor_ohm_per_m.lower < true.loop_ohm_per_m < estimate.conductor_ohm_per_m.upper
    for one, station in zip(estimate.resistance_ohm, true.substations, strict=True):
        assert one.lower < station.resistance_ohm < one.upper
        assert one.upper / one.lower < 1.2
    assert found.recorded.periods == found.recorded.covered == 90
    assert found.recorded.filled_s == 0.0


def test_an_override_puts_the_estimates_into_the_scenario(
    found: MeasuredSupply, folder: Path, tmp_path: Path, true: SupplyNetwork
) -> None:
    own = tmp_path / "own_line"
    shutil.copytree(folder, own)
    before = (own / "scenario.yaml").read_text(encoding="utf-8")
    kept = save_override(require_new_override(str(own), "measured"), "measured", override_of(found, "Meters of a day"))
    assert kept.read_text(encoding="utf-8") == before
    after = (own / "scenario.yaml").read_text(encoding="utf-8")
    assert {line for line in before.splitlines() if "#" in line} <= set(after.splitlines())
    network = supply_network(load_scenario(own, ("measured",)))
    assert network.loop_ohm_per_m == pytest.approx(true.loop_ohm_per_m, rel=0.03)
    for one, station in zip(network.substations, true.substations, strict=True):
        assert one.no_load_v == pytest.approx(station.no_load_v, rel=0.005)
        assert one.resistance_ohm == pytest.approx(station.resistance_ohm, rel=0.08)
    with pytest.raises(InputFaults, match="a new name"):
        require_new_override(str(own), "measured")


def test_a_bundled_line_stays_as_it_is() -> None:
    with pytest.raises(InputFaults, match="a scenario of your own"):
        require_new_override("tutorial_line", "measured")


def test_gaps_are_interpolated_and_their_voltages_not_used(recorded: Recorded, meters: Path, line: Scenario) -> None:
    rows, network = recorded[0], supply_network(line)
    time = rows["time_s"] - BEGIN_S
    gap = (rows["vehicle"] == "V00") & (time > 600) & (time <= 620)
    away = (rows["vehicle"] == "V01") & (time > 1000) & (time <= 1300)
    metered = read_meters(meters, [one.name for one in network.substations])
    found = recorded_supply(rows[~gap & ~away], metered, network)
    assert found.filled_s == 20.0
    assert found.covered == 90
    # A train that is away for five minutes is not on the line; its neighbours' voltages count.
    assert len(found.readings.voltage_v) == len(rows) - away.sum()
    assert (~found.readings.compared).sum() == 10 * 6


def test_every_form_of_the_readings_gives_the_same_energy(recorded: Recorded, tmp_path: Path) -> None:
    power = recorded[1]
    names = ["west", "east"]
    forms = {
        "energy": power.assign(energy_kwh=power["power_kw"] * PERIOD_S / 3600.0).drop(columns="power_kw"),
        "current": power.assign(voltage_v=800.0, current_a=power["power_kw"] / 0.8).drop(columns="power_kw"),
        "power": power,
    }
    energies = []
    for name, frame in forms.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False, sep=";")
        energies.append(read_meters(tmp_path / f"{name}.csv", names).energy_j)
    np.testing.assert_allclose(energies[0], energies[2], rtol=1e-9)
    np.testing.assert_allclose(energies[1], energies[2], rtol=1e-9)
    every_second = pd.concat([power.assign(time_s=power["time_s"] - back) for back in range(0, PERIOD_S, 10)])
    every_second.to_csv(tmp_path / "short.csv", index=False)
    short = read_meters(tmp_path / "short.csv", names)
    assert short.period_s == PERIOD_S
    np.testing.assert_allclose(short.energy_j, energies[2], rtol=1e-9)


def test_faults_of_the_meters_are_named_together(recorded: Recorded, tmp_path: Path) -> None:
    file = tmp_path / "meters.csv"
    text = recorded[1].astype({"power_kw": object})
    text.loc[3, "power_kw"] = "broken"
    text.loc[4, "substation"] = "wset"
    text.to_csv(file, index=False)
    with pytest.raises(InputFaults) as caught:
        read_meters(file, ["west", "east"])
    assert [fault.place for fault in caught.value.faults] == ["row 6", "row 5"]
    assert "west" in caught.value.faults[0].allowed
    recorded[1].query("substation == 'west'").to_csv(file, index=False)
    with pytest.raises(InputFaults, match="substation east"):
        read_meters(file, ["west", "east"])
    recorded[1].rename(columns={"power_kw": "power"}).to_csv(file, index=False)
    with pytest.raises(InputFaults, match="energy_kwh"):
        read_meters(file, ["west", "east"])
    quarters = recorded[1].assign(voltage_v=800.0, current_a=1000.0).drop(columns="power_kw")
    quarters[quarters["time_s"] % 900 == 0].to_csv(file, index=False)
    with pytest.raises(InputFaults, match="if periods are longer than 60 s"):
        read_meters(file, ["west", "east"])


def refused(rows: pd.DataFrame, meters: pd.DataFrame, line: Scenario, folder: Path) -> str:
    meters.to_csv(folder / "meters.csv", index=False)
    with pytest.raises(InputFaults) as caught:
        measured_supply(rows, folder / "meters.csv", line)
    return str(caught.value)


def test_readings_that_do_not_belong_together_are_refused(recorded: Recorded, line: Scenario, tmp_path: Path) -> None:
    rows, meters = recorded
    late = meters.assign(time_s=meters["time_s"] + 600)
    assert "the clock of the meters looks 10 min ahead" in refused(rows, late, line, tmp_path)
    another_day = meters.assign(time_s=meters["time_s"] + 40_000)
    assert "no period with telemetry" in refused(rows, another_day, line, tmp_path)
    some = rows[rows["vehicle"].isin(["V00", "V01", "V02", "V03"])]
    assert "telemetry of some trains missing" in refused(some, meters, line, tmp_path)
    assert "is the unit kWh" in refused(rows, meters.assign(power_kw=meters["power_kw"] * 1e3), line, tmp_path)
    totals = meters.assign(power_kw=-1e9 - 1e7 * np.arange(len(meters)))
    assert "is the unit kWh" in refused(rows, totals, line, tmp_path)
    elsewhere = rows.assign(chainage_m=rows["chainage_m"] + 50_000.0)
    assert "places on the line" in refused(elsewhere, meters, line, tmp_path)
    slow = rows[rows["time_s"] % 20 == 0]
    assert "rows at most 10 s apart" in refused(slow, meters, line, tmp_path)
    storage = load_scenario("tutorial_line")
    assert "a line without storages" in refused(rows, meters, storage, tmp_path)


def test_a_long_recording_uses_periods_over_the_whole_day(
    recorded: Recorded, meters: Path, line: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = supply_network(line)
    metered = read_meters(meters, [one.name for one in network.substations])
    monkeypatch.setattr("energy_models.calibration.supply_readings.MOST_READINGS", 3_600)
    found = recorded_supply(recorded[0], metered, network)
    assert (found.periods, found.covered) == (20, 90)
    assert len(found.readings.voltage_v) == 3_600
    np.testing.assert_array_equal(np.unique(found.readings.period), np.arange(20))


def test_telemetry_needs_six_columns(recorded: Recorded, tmp_path: Path) -> None:
    rows = recorded[0]
    for name in ("V00", "V01"):
        rows[rows["vehicle"] == name].to_csv(tmp_path / f"{name}.csv", index=False)
    read, exclusions = read_trains([tmp_path / "V00.csv", tmp_path / "V01.csv"])
    assert set(read["vehicle"]) == {"V00", "V01"}
    assert not exclusions
    rows.drop(columns="voltage_v").to_csv(tmp_path / "blind.csv", index=False)
    with pytest.raises(InputFaults, match="voltage_v"):
        read_trains([tmp_path / "V00.csv", tmp_path / "blind.csv"])


def test_the_scenario_itself_is_found(line: Scenario, tmp_path: Path) -> None:
    same = supply_network(line)
    rows, meters = recorded_line(replace(same), 8)
    meters.to_csv(tmp_path / "meters.csv", index=False)
    found = measured_supply(rows, tmp_path / "meters.csv", line, voltage_class=0.003, energy_class=0.003)
    assert found.conductor_factor == pytest.approx(1.0, abs=0.03)
