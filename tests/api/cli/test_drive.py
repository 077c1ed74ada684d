"""`headwatt drive` and `headwatt validate driving` as a person and as a program call them."""

import json
from pathlib import Path
from typing import Any

import pytest
from instructed import assert_drives
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.driving.optimal import optimal
from energy_models.driving.switching import SwitchingPoint
from scenarios.files.load import load_scenario
from scenarios.values.build import section_tracks, train_of

RUNNER = CliRunner()
DRIVE = ["drive", "beijing_yizhuang", "--section", "SJZ-XC"]


def case(energy_kwh: float) -> dict[str, Any]:
    return {
        "format": "driving-case-1", "name": "mine", "length_m": 1000.0, "segments": [[0.0, 1000.0, 80.0, 0.0]],
        "train": {
            "effective_mass_kg": 237600.0, "mass_kg": 220000, "traction_force_n": 260000.0,
            "traction_power_w": 2600000.0, "regeneration_force_n": 240000.0, "regeneration_power_w": 3600000.0,
            "friction_brake_force_n": 0.0, "resistance_n": [3000.0, 60.0, 18.0], "efficiency_traction": 0.85,
            "efficiency_regeneration": 0.8, "maximum_speed_kmh": 80.0, "maximum_acceleration_m_s2": 1.0,
            "maximum_deceleration_m_s2": 1.0,
        },
        "boundary_speed_m_s": 0.1,
        "points": [{"running_time_s": 78.4, "energy_kwh": energy_kwh}],
    }  # fmt: skip


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.json"
    path.write_text(json.dumps(case(5.390)))  # SYN1_regen of the reference cases
    return path


def test_drive_prints_runs_minimum_and_instructions() -> None:
    done = RUNNER.invoke(app, [*DRIVE, "--running-time", "190", "--load", "800"])
    assert done.exit_code == 0, done.output
    for words in ("optimal", "speed cap", "flat out", "Minimum running time", "full effort to", "brake from"):
        assert words in done.stdout


def test_drive_writes_plot_table_and_json(tmp_path: Path) -> None:
    plot, table = tmp_path / "run.html", tmp_path / "run.csv"
    done = RUNNER.invoke(app, [*DRIVE, "--running-time", "190", "--plot", str(plot), "--table", str(table), "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    runs = {run["strategy"]: run for run in answer["runs"]}
    assert runs["optimal"]["running_time_s"] == pytest.approx(190.0)
    assert runs["optimal"]["net_kwh"] < runs["speed_cap"]["net_kwh"] < runs["flat_out"]["net_kwh"]
    assert answer["minimum_running_time_s"] < 190.0
    page = plot.read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert "cdn.plot.ly" not in page.split("Plotly.newPlot")[-1]
    assert table.read_text().startswith("distance_m,time_s,speed_kmh")


def test_the_instructions_of_drive_as_printed_for_programs_can_be_driven() -> None:
    scenario = load_scenario("beijing_yizhuang")
    train = train_of(scenario)
    track = section_tracks(scenario, "up", train)[0]
    answer = json.loads(
        RUNNER.invoke(app, [*DRIVE, "--running-time", "190", "--load", "800", "--json"]).stdout
    )  # fmt: skip
    read = [
        SwitchingPoint(
            point["regime"], point["distance_m"], point["time_s"],
            point["from_kmh"] / 3.6, point["until_kmh"] / 3.6, point["until_distance_m"],
        )
        for point in answer["switching_points"]
    ]  # fmt: skip
    assert_drives(read, optimal(track, train, 800.0, 190.0), track, train)


def test_drive_takes_the_timetable_in_force_by_default() -> None:
    done = RUNNER.invoke(app, [*DRIVE, "--json"])
    assert json.loads(done.stdout)["runs"][0]["running_time_s"] == pytest.approx(190.0)


def test_drive_refuses_what_cannot_be() -> None:
    short = RUNNER.invoke(app, [*DRIVE, "--running-time", "100"])
    assert short.exit_code == 3
    assert "below the minimum of" in short.stderr
    unknown = RUNNER.invoke(app, ["drive", "beijing_yizhuang", "--section", "SJZ-JG"])
    assert unknown.exit_code == 2
    assert "SJZ-XC, XC-XHM" in unknown.stderr


def test_validate_within_and_beyond(good: Path, tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["validate", "driving", str(good)])
    assert done.exit_code == 0, done.output
    assert "1 of 1 points within tolerance" in done.stdout
    worse = tmp_path / "worse.json"
    worse.write_text(json.dumps(case(5.2)))
    refused = RUNNER.invoke(app, ["validate", "driving", "--brief", str(good), str(worse)])
    assert refused.exit_code == 1
    assert "1 beyond" in refused.stdout


def test_validate_for_a_program(good: Path) -> None:
    answer = json.loads(RUNNER.invoke(app, ["validate", "driving", "--json", str(good)]).stdout)
    (point,) = answer["points"]
    assert answer["within"]
    assert point["ours_kwh"] == pytest.approx(5.39, rel=5e-3)
    assert abs(point["arrival_error_s"]) < 0.1
    assert abs(point["balance_residual_share"]) < 1e-3


def test_validate_an_infeasible_point_is_beyond(tmp_path: Path) -> None:
    document = case(5.39)
    document["points"][0]["running_time_s"] = 60.0
    path = tmp_path / "fast.json"
    path.write_text(json.dumps(document))
    done = RUNNER.invoke(app, ["validate", "driving", str(path)])
    assert done.exit_code == 1
    assert "infeasible" in done.stdout


def test_validate_names_the_faults_of_every_file(good: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    done = RUNNER.invoke(app, ["validate", "driving", str(good), str(broken)])
    assert done.exit_code == 2
    assert "broken.json" in done.stderr
