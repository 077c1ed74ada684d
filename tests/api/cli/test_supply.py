"""`headwatt supply` and `headwatt validate supply`, called as a person calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.supply import clock, clock_s
from energy_models.faults import InputFaults

CASE = {
    "format": "feeding-case-1",
    "name": "closed form",
    "tolerance_v": 0.01,
    "law": {
        "no_load_v": 790.0, "rectifier_resistance_ohm": 0.033, "regeneration_fade_from_v": 900.0,
        "regeneration_fade_to_v": 950.0, "traction_full_above_v": 300.0, "traction_none_below_v": 200.0,
        "auxiliaries_constant_impedance_below_v": 150.0, "loop_resistance_ohm_per_m": 1.49e-4,
    },
    "cases": [
        {"name": "500 kW at 500 m", "position_m": [0, 500], "kind": ["rectifier", "train"],
         "train_power_w": [0, 5e5], "auxiliary_power_w": [0, 0], "expected_voltage_v": [None, 714.8046278589477]},
    ],
}  # fmt: skip


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def written(path: Path, document: object) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_validate_prints_ours_reference_and_difference(tmp_path):
    done = run("validate", "supply", written(tmp_path / "a.json", CASE))
    assert done.exit_code == 0, done.output
    for words in ("500 kW at 500 m", "714.8046", "within", "all within tolerance"):
        assert words in done.stdout


def test_validate_beyond_tolerance_is_exit_code_1(tmp_path):
    wrong = json.loads(json.dumps(CASE))
    wrong["cases"][0]["expected_voltage_v"][1] = 714.5
    done = run("validate", "supply", "--json", written(tmp_path / "a.json", wrong), written(tmp_path / "b.json", CASE))
    assert done.exit_code == 1
    printed = json.loads(done.stdout)
    assert [case["within"] for case in printed["cases"]] == [False, True]
    assert printed["within"] is False
    assert printed["cases"][0]["difference_v"] == pytest.approx(0.3046278, abs=1e-6)


def test_validate_reports_the_faults_of_all_files(tmp_path):
    broken = json.loads(json.dumps(CASE))
    broken["law"]["no_load_v"] = -1
    done = run("validate", "supply", written(tmp_path / "a.json", broken), str(tmp_path / "missing.json"))
    assert done.exit_code == 2
    assert "no_load_v" in done.stderr
    assert "missing.json" in done.stderr


def test_supply_shows_a_window_of_the_day(tmp_path):
    page = tmp_path / "page.html"
    done = run("supply", "tutorial_line", "--from", "07:00", "--to", "07:10", "--json", "--plot", str(page))
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed["from"] == "07:00:00"
    assert printed["to"] == "07:10:00"
    assert printed["balance_residual_percent"] < 1e-3
    assert printed["energy_kwh"] == pytest.approx(sum(row["energy_kwh"] for row in printed["substations"]), abs=0.01)
    for row in (printed, *printed["substations"]):
        lost_kwh = row["load_losses_kwh"] + row["no_load_losses_kwh"] + row["return_losses_kwh"]
        assert row["energy_kwh"] + lost_kwh == pytest.approx(row["utility_kwh"], abs=0.002)
    losses = printed["losses_kwh"]["contact_line"] + printed["losses_kwh"]["return"]
    used = printed["traction_kwh"] + printed["auxiliaries_kwh"] - printed["regeneration_used_kwh"]
    storages = sum(row["delivered_kwh"] - row["taken_kwh"] for row in printed["storages"])
    assert printed["energy_kwh"] + storages == pytest.approx(used + losses, abs=0.02)
    text = page.read_text(encoding="utf-8")
    assert "Voltage between contact line and rails" in text
    assert "plotly" in text


@pytest.mark.many_cases
def test_supply_without_a_substation():
    whole, out = (
        json.loads(run("supply", "beijing_yizhuang", "--from", "07:00", "--to", "07:04", "--json", *more).stdout)
        for more in ((), ("--out", "RC"))
    )
    assert "RC" in [row["name"] for row in whole["substations"]]
    assert "RC" not in [row["name"] for row in out["substations"]]
    assert out["lowest_train_v"] < whole["lowest_train_v"] + 1e-9
    done = run("supply", "beijing_yizhuang", "--out", "RX", "--json")
    assert done.exit_code == 2
    assert "RC" in done.stderr


def test_times_of_day():
    assert clock_s("25:10", "--to") == 90_600
    assert clock(90_600) == "25:10:00"
    for wrong in ("7", "12:60", "noon"):
        with pytest.raises(InputFaults, match="time of day"):
            clock_s(wrong, "--from")


def test_a_window_when_nothing_runs_is_an_input_fault():
    done = run("supply", "beijing_yizhuang", "--from", "02:00", "--to", "03:00")
    assert done.exit_code == 2
    assert "when trains run" in done.stderr


@pytest.mark.parametrize("command", [("supply",), ("simulate", "--replications", "2")])
def test_a_timetable_that_no_train_can_run_is_refused_before_anything_runs(tmp_path, command):
    line = tmp_path / "line"
    assert run("scenario", "new", str(line)).exit_code == 0
    file = line / "scenario.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("up: [90,", "up: [60,"), encoding="utf-8")
    done = run(command[0], str(line), *command[1:])
    assert done.exit_code == 2
    message = " ".join(done.stderr.split())
    assert "running_time_s.up[0]: 60 - allowed: at least 72.4 for HAR-MKT" in message
    assert "1 fault in the input" in message


def test_a_station_that_is_not_there_cannot_be_out_and_no_train_runs_first():
    done = run("supply", "tutorial_line", "--out", "NOPE")
    assert done.exit_code == 2
    assert "NOPE - allowed: one of west, middle, east" in " ".join(done.stderr.split())
    assert "trains" not in done.stderr
