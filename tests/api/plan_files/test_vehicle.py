"""A plan keeps the calibrated vehicle that it was made with, and every later command runs on it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from finished_plans import opened, placed
from own_models import different_models, model_of
from typer.testing import CliRunner

from api.cli.main import app
from api.jobs.plan_order import PlanOrder
from api.jobs.request import plan_request, stored_starts
from api.plan_files.folder import read_plan_folder, write_plan_folder
from api.plan_files.manifest import FLEET_FILE, VEHICLE_FILE
from api.plan_files.placing import place_for
from api.plan_files.planned_line import read_planned_line
from api.state.files import FileStore
from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.values.build import train_of
from scenarios.values.fleet import vehicle_names
from scenarios.vehicles.calibrated import VEHICLE_HASH, CalibratedVehicle, apply, write_vehicle
from scenarios.vehicles.fleet import FleetModels, write_fleet
from simulation.experiment import PlanExperiment, with_vehicle


def vehicle_with(tare_t: float) -> CalibratedVehicle:
    estimate = {
        "value": tare_t,
        "interval_95": {"lower": tare_t - 1, "upper": tare_t + 1},
        "unit": "t",
        "seconds": 3600.0,
        "scenario_value": 120.0,
    }
    source = {
        "file": "telemetry.csv", "sha256": "0" * 64, "rows": 10, "rows_excluded": 0, "seconds_used": 10.0, "runs": 1,
        "vehicles": ["four_car-01"], "outside_temperature_c": 20.0,
    }  # fmt: skip
    return CalibratedVehicle.model_validate(
        {
            "format": "headwatt vehicle 1",
            "scenario": "tutorial_line",
            "train_type": "four_car",
            "source": source,
            "parameters": {"tare_t": estimate},
        }
    )


HEAVY = vehicle_with(150.0)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    """The shared experiment as if its trains had been calibrated: only what is kept about them matters here."""
    folder = tmp_path_factory.mktemp("calibrated") / "plan"
    request = replace(experiment.request, vehicle=HEAVY)
    write_plan_folder(replace(experiment, request=request, plan=with_vehicle(experiment.plan, HEAVY)), folder)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "plan"))


def test_the_vehicle_and_its_hash_are_kept_and_read_back(written: Path) -> None:
    read = read_plan_folder(written)
    assert read.vehicle == HEAVY
    result = json.loads((written / "result.json").read_text())
    assert read.plan.options.vehicle_hash == result["options"][VEHICLE_HASH] == HEAVY.hash
    assert HEAVY.hash != vehicle_with(151.0).hash


def test_explain_and_compare_run_on_the_plans_vehicle_unless_another_is_named(written: Path, tmp_path: Path) -> None:
    nominal = train_of(read_plan_folder(written).scenario)
    assert read_planned_line(written)[0].line.train.tare_kg == apply(HEAVY, nominal).tare_kg == 150_000.0
    write_vehicle(vehicle_with(130.0), tmp_path / "other.yaml")
    assert read_planned_line(written, tmp_path / "other.yaml")[0].line.train.tare_kg == 130_000.0


def test_a_vehicle_that_is_not_the_plans_is_reported(folder: Path, experiment: PlanExperiment) -> None:
    write_vehicle(vehicle_with(151.0), folder / VEHICLE_FILE)
    with pytest.raises(InputFaults, match=HEAVY.hash[:12]):
        read_plan_folder(folder)
    (folder / VEHICLE_FILE).unlink()
    with pytest.raises(InputFaults, match="the file is missing"):
        read_plan_folder(folder)
    write_plan_folder(experiment, place_for(folder, "--out", force=True))
    assert read_plan_folder(folder).vehicle is None
    write_vehicle(HEAVY, folder / VEHICLE_FILE)
    with pytest.raises(InputFaults, match="made without one"):
        read_plan_folder(folder)


def test_a_plan_written_over_a_calibrated_one_leaves_no_vehicle(folder: Path, experiment: PlanExperiment) -> None:
    write_plan_folder(experiment, folder)
    assert not (folder / VEHICLE_FILE).exists()


def simulated(*options: str) -> dict[str, Any]:
    ran = CliRunner().invoke(
        app, ["simulate", "tutorial_line", "--replications", "2", "--workers", "1", "--json", *options]
    )
    assert ran.exit_code == 0, ran.output
    return dict(json.loads(ran.stdout))


def test_simulate_runs_on_the_plans_vehicle_by_default(
    folder: Path, tmp_path: Path, experiment: PlanExperiment
) -> None:
    write_vehicle(HEAVY, tmp_path / "heavy.yaml")
    write_plan_folder(experiment, tmp_path / "nominal")
    kept = simulated("--plan", str(folder))["energy"]
    named = simulated("--plan", str(tmp_path / "nominal"), "--vehicle", str(tmp_path / "heavy.yaml"))["energy"]
    nominal = simulated("--plan", str(tmp_path / "nominal"))["energy"]
    assert kept == named
    assert kept["mean_kwh"] > nominal["mean_kwh"]


def test_an_order_over_http_takes_a_vehicle_or_that_of_the_plan_it_starts_from(written: Path, tmp_path: Path) -> None:
    database = opened(tmp_path)
    starts = stored_starts(database, FileStore(tmp_path))
    plan_id = placed(database, tmp_path, PlanOrder("tutorial_line"), written)
    again = PlanOrder("tutorial_line", from_plan=plan_id)
    other = vehicle_with(130.0).model_dump(mode="json", exclude_none=True)
    assert plan_request(again, starts).vehicle == HEAVY
    assert plan_request(replace(again, vehicle=other), starts).vehicle == vehicle_with(130.0)
    assert plan_request(PlanOrder("tutorial_line"), starts).vehicle is None
    text = (written / VEHICLE_FILE).read_text()
    assert plan_request(PlanOrder("tutorial_line", vehicle=text), starts).vehicle == HEAVY
    with pytest.raises(InputFaults) as raised:
        plan_request(PlanOrder("tutorial_line", vehicle=text.replace("value: 150.0", "value: heavy")), starts)
    (fault,) = raised.value.faults
    assert (fault.file, fault.field, fault.value) == ("vehicle", "parameters.tare_t.value", "heavy")
    assert fault.place.startswith("line")


def test_a_plan_keeps_the_models_of_its_vehicles_whatever_is_calibrated_later(
    tmp_path: Path, experiment: PlanExperiment
) -> None:
    models = FleetModels(different_models(experiment.request.scenario))
    request = replace(experiment.request, fleet=models)
    plan = with_vehicle(experiment.plan, None, models)
    folder = write_plan_folder(replace(experiment, request=request, plan=plan), tmp_path / "plan")
    read = read_plan_folder(folder)
    assert read.fleet == models
    assert read.plan.options.model_versions == models.versions
    line = read_planned_line(folder)[0].line
    assert line.train_of("four_car-06").tare_kg == pytest.approx(1.02 * 140_000.0)
    assert line.train_of("four_car-01").tare_kg == pytest.approx(0.98 * 140_000.0)
    later = FleetModels({**models.of_vehicle, "four_car-02": model_of(read.scenario, "four_car-02", {"tare_t": 1.2})})
    write_fleet(later, folder / FLEET_FILE)
    with pytest.raises(InputFaults, match=r"four_car-02.*the model that the plan was made with"):
        read_plan_folder(folder)


def test_each_simulated_train_has_the_model_of_its_vehicle(tmp_path: Path) -> None:
    scenario = load_scenario("tutorial_line")
    nominal = FleetModels({vehicle: model_of(scenario, vehicle, {}) for vehicle in vehicle_names(scenario)})
    one_hungry = {**nominal.of_vehicle, "four_car-03": model_of(scenario, "four_car-03", {"auxiliary_kw": 2.0})}
    drawn = {}
    for name, fleet in (("nominal", nominal), ("hungry", FleetModels(one_hungry))):
        write_fleet(fleet, tmp_path / f"{name}.yaml")
        drawn[name] = simulated("--fleet", str(tmp_path / f"{name}.yaml"))["energy"]["mean_kwh"]
    without = simulated()["energy"]["mean_kwh"]
    assert drawn["nominal"] == pytest.approx(without, rel=2e-3)
    # 35 kW more for the three hours of one vehicle, with some line losses.
    assert 60.0 < drawn["hungry"] - drawn["nominal"] < 130.0
