"""Models of single vehicles: where a model may be used, its version, and the folder of a fleet."""

from pathlib import Path

import pytest
from mixed_fleets import mixed
from own_models import different_models, model_of

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.build import train_of
from scenarios.vehicles.calibrated import CalibratedVehicle, apply, load_vehicle, write_vehicle
from scenarios.vehicles.fleet import FleetModels, read_fleet, stock_of, write_fleet

LINE = load_scenario("tutorial_line")
OTHER = load_scenario("beijing_yizhuang")
HEAVY = model_of(LINE, "four_car-02", {"tare_t": 1.1})


def faults_of(scenario: Scenario, **models: object) -> tuple[Fault, ...]:
    with pytest.raises(InputFaults) as raised:
        stock_of(scenario, **models)  # type: ignore[arg-type]
    return raised.value.faults


def test_a_model_counts_for_its_type_in_its_scenario_with_any_override() -> None:
    for line in (LINE, load_scenario("tutorial_line", ["summer"])):
        stock = stock_of(line, HEAVY)
        assert stock.main.tare_kg == apply(HEAVY, train_of(line)).tare_kg == pytest.approx(154_000.0)
    two = stock_of(mixed(3, 3), HEAVY.model_copy(update={"train_type": "heavy"}))
    assert two.main.tare_kg == 140_000.0
    assert two.of_type["heavy"].tare_kg == pytest.approx(154_000.0)


def test_a_model_is_refused_elsewhere_unless_the_type_is_named() -> None:
    (fault,) = faults_of(OTHER, vehicle=HEAVY)
    assert (fault.field, fault.value) == ("scenario", "tutorial_line")
    assert "--as six_car" in fault.allowed
    (fault,) = faults_of(LINE, vehicle=HEAVY.model_copy(update={"train_type": "eight_car"}))
    assert (fault.field, fault.value) == ("train_type", "eight_car")
    assert stock_of(OTHER, HEAVY, as_type="six_car").main.tare_kg == pytest.approx(154_000.0)
    (fault,) = faults_of(LINE, vehicle=HEAVY, as_type="six_car")
    assert (fault.field, fault.value) == ("as", "six_car")
    (fault,) = faults_of(LINE, vehicle=HEAVY, fleet=FleetModels({"four_car-02": HEAVY}))
    assert "not both" in fault.allowed


def test_each_model_of_a_fleet_belongs_to_a_vehicle_of_its_type() -> None:
    stray = model_of(LINE, "four_car-01", {})
    fleet = FleetModels({"four_car-02": HEAVY, "four_car-77": stray}, files={"four_car-77": "x/stray.yaml"})
    (fault,) = faults_of(LINE, fleet=fleet)
    assert (fault.file, fault.field, fault.value) == ("x/stray.yaml", "source.vehicles", "four_car-77")
    (fault,) = faults_of(mixed(1, 3), fleet=FleetModels({"heavy-01": HEAVY}))
    assert (fault.field, fault.allowed) == ("train_type", "heavy, the type of vehicle heavy-01")


def test_the_version_of_a_model_is_its_content(tmp_path: Path) -> None:
    file = tmp_path / "vehicle.yaml"
    write_vehicle(HEAVY, file)
    assert load_vehicle(file) == HEAVY
    text = file.read_text(encoding="utf-8")
    assert f"version: {HEAVY.hash}" in text
    file.write_text(text.replace("runs: 1", "runs: 2"), encoding="utf-8")
    with pytest.raises(InputFaults, match="the file was changed"):
        load_vehicle(file)
    file.write_text(text.replace("runs: 1", "runs: 2").replace(f"version: {HEAVY.hash}\n", ""), encoding="utf-8")
    assert load_vehicle(file).hash != HEAVY.hash


def test_a_fleet_folder_has_one_model_for_each_vehicle_and_the_latest_counts(tmp_path: Path) -> None:
    models = different_models(LINE)
    for vehicle, model in models.items():
        write_vehicle(model, tmp_path / f"{vehicle}.yaml")
    (tmp_path / "later").mkdir()
    newer = model_of(LINE, "four_car-03", {"tare_t": 1.2}, day="2026-11-30")
    write_vehicle(newer, tmp_path / "later" / "b.yaml")
    write_vehicle(model_of(LINE, "four_car-03", {}, day="2026-11-29"), tmp_path / "later" / "a.yaml")
    fleet = read_fleet(tmp_path)
    assert fleet.of_vehicle == {**models, "four_car-03": newer}
    write_fleet(fleet, tmp_path / "fleet.yaml")
    assert read_fleet(tmp_path / "fleet.yaml") == fleet
    assert fleet.versions["four_car-03"] == newer.hash


def test_all_faults_of_a_fleet_folder_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="no vehicle file"):
        read_fleet(tmp_path)
    (tmp_path / "broken.yaml").write_text("format: other\n", encoding="utf-8")
    write_vehicle(HEAVY, tmp_path / "one.yaml")
    write_vehicle(model_of(LINE, "four_car-02", {}), tmp_path / "two.yaml")
    write_vehicle(_of_two(HEAVY), tmp_path / "pair.yaml")
    with pytest.raises(InputFaults) as raised:
        read_fleet(tmp_path)
    assert {"broken.yaml", "pair.yaml", "two.yaml"} == {fault.file for fault in raised.value.faults}


def _of_two(model: CalibratedVehicle) -> CalibratedVehicle:
    source = model.source.model_copy(update={"vehicles": ("four_car-01", "four_car-02")})
    return model.model_copy(update={"source": source})
