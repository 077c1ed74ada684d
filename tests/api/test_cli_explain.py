"""`headwatt compare`, `headwatt explain` and demand-led plans on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.plan_folder import write_plan_folder
from dispatch.baseline import timetable_in_force
from simulation.experiment import PlanExperiment


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    folder = tmp_path_factory.mktemp("explained") / "plan"
    write_plan_folder(experiment, folder)
    return folder


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("led") / "plan"
    arguments = ("plan", "tutorial_line", "--mode", "demand-led", "--pick", "4", "--objective", "cost")
    answer = CliRunner().invoke(
        app, [*arguments, "--replications", "2", "--time-limit", "2", "--workers", "1", "--out", str(folder)]
    )
    assert answer.exit_code == 0, answer.output
    assert "--pick N" in answer.stdout
    return folder


def test_explain_sorts_trips_and_gives_the_levers(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["explain", str(folder), "--json"])
    assert answer.exit_code == 0
    said = json.loads(answer.stdout)
    assert said["saving_kwh"] == pytest.approx(said["before_kwh"] - said["plan_kwh"])
    assert sum(lever["saving_kwh"] for lever in said["levers"]) == pytest.approx(said["saving_kwh"], abs=1.0)
    savings = [trip["saving_kwh"] for trip in said["trips"]]
    assert savings == sorted(savings, reverse=True)
    assert sum(savings) == pytest.approx(said["trips_one_by_one_kwh"])
    words = CliRunner().invoke(app, ["explain", str(folder), "--top", "2"]).stdout
    assert "Every trip is driven optimal instead of speed_cap." in words
    assert said["trips"][0]["trip_id"] in words
    assert said["trips"][3]["trip_id"] not in words


def test_explain_one_trip_says_who_feeds_whom(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["explain", str(folder), "--trip", "up-010", "--json"])
    said = json.loads(answer.stdout)
    assert said["trip"]["trip_id"] == "up-010"
    assert len(said["sections"]) == len(said["sections_in_force"]) == 4
    assert sum(section["drawn_kwh"] for section in said["sections"]) < sum(
        section["drawn_kwh"] for section in said["sections_in_force"]
    )
    words = CliRunner().invoke(app, ["explain", str(folder), "--trip", "up-010"]).stdout
    assert "Trip up-010" in words
    assert "kWh of it from braking trains (today" in words
    assert "braking into" in words


def test_an_unknown_trip_is_a_fault_with_its_neighbours(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["explain", str(folder), "--trip", "up-0100"])
    assert answer.exit_code == 2
    assert "up-010" in answer.stderr


def test_compare_with_today_and_with_itself(folder: Path, experiment: PlanExperiment) -> None:
    answer = CliRunner().invoke(app, ["compare", str(folder), "--json"])
    assert answer.exit_code == 0
    said = json.loads(answer.stdout)
    before, after = said["totals"]
    assert said["plans"][0] == "today"
    assert before["trips"] == after["trips"] == len(timetable_in_force(experiment.request.scenario).trips)
    assert after["energy_kwh"] < before["energy_kwh"]
    assert said["trips_changed"] == before["trips"]
    same = CliRunner().invoke(app, ["compare", str(folder), str(folder)])
    assert same.exit_code == 0
    assert "trips are the same in both" in same.stdout
    assert CliRunner().invoke(app, ["compare", "no/such/plan"]).exit_code == 2


def test_a_demand_led_plan_keeps_its_rules_and_shows_the_trade(led: Path) -> None:
    result = json.loads((led / "result.json").read_text())
    assert result["mode"] == "demand-led"
    assert result["status"] == "feasible"
    assert result["objective"] == "cost"
    assert [row["number"] for row in result["pareto"] if row["chosen"]] == [4]
    assert len(result["pareto"]) >= 9
    assert result["pareto"][0]["number"] == 0
    chosen = next(row for row in result["pareto"] if row["chosen"])
    assert result["plan"]["trips"] == chosen["trips"]
    for side in ("baseline", "plan"):
        assert result[side]["cost"] > 0.0
        assert result[side]["co2_kg"] > 0.0
    assert "Headways to choose from" in (led / "report.html").read_text()
    assert CliRunner().invoke(app, ["check", str(led)]).exit_code == 0
    against = CliRunner().invoke(app, ["compare", str(led), "--json"])
    said = json.loads(against.stdout)
    assert said["totals"][1]["mean_waiting_s"] == pytest.approx(chosen["mean_waiting_s"], rel=0.02)
    explained = CliRunner().invoke(app, ["explain", str(led)])
    assert explained.exit_code == 0
    assert "number of trips" in explained.stdout


@pytest.mark.parametrize("options", [("--pick", "2"), ("--mean-waiting", "200")], ids=lambda options: str(options[0]))
def test_choices_of_headways_need_the_mode_that_makes_them(options: tuple[str, str], tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["plan", "tutorial_line", *options, "--out", str(tmp_path / "plan")])
    assert answer.exit_code == 2
    assert "demand-led" in answer.stderr
    assert options[0] in answer.stderr
    assert not (tmp_path / "plan").exists()
