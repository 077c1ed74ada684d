"""`headwatt compare`, `headwatt explain` and demand-led plans on the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.compare import largest_moves_first
from api.cli.main import app
from api.experiment_result import result_of
from api.plan_files.folder import write_plan_folder
from dispatch.explanation.compare import TripDifference
from dispatch.plans.in_force import timetable_in_force
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
        app, [*arguments, "--replications", "2", "--effort", "0.02", "--workers", "1", "--out", str(folder)]
    )
    assert answer.exit_code == 0, answer.output
    assert "--pick N" in answer.stdout
    return folder


def test_explain_sorts_trips_and_gives_the_levers(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["explain", str(folder), "--json"])
    assert answer.exit_code == 0
    printed = json.loads(answer.stdout)
    assert printed["saving_kwh"] == pytest.approx(printed["before_kwh"] - printed["plan_kwh"])
    assert sum(lever["saving_kwh"] for lever in printed["levers"]) == pytest.approx(printed["saving_kwh"], abs=1.0)
    savings = [trip["saving_kwh"] for trip in printed["trips"]]
    assert savings == sorted(savings, reverse=True)
    assert sum(savings) == pytest.approx(printed["trips_one_by_one_kwh"])
    words = CliRunner().invoke(app, ["explain", str(folder), "--top", "2"]).stdout
    assert "Every trip is driven optimal instead of speed_cap." in words
    assert printed["trips"][0]["trip_id"] in words
    assert printed["trips"][3]["trip_id"] not in words


def test_explain_one_trip_shows_who_feeds_whom(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["explain", str(folder), "--trip", "up-010", "--json"])
    printed = json.loads(answer.stdout)
    assert printed["trip"]["trip_id"] == "up-010"
    assert len(printed["sections"]) == len(printed["sections_in_force"]) == 4
    assert sum(section["drawn_kwh"] for section in printed["sections"]) < sum(
        section["drawn_kwh"] for section in printed["sections_in_force"]
    )
    words = CliRunner().invoke(app, ["explain", str(folder), "--trip", "up-010"]).stdout
    assert "Trip up-010" in words
    assert "kWh come from braking trains (today" in words
    assert "braking into" in words


def test_an_unknown_trip_is_a_fault_with_its_neighbours(folder: Path) -> None:
    answer = CliRunner().invoke(app, ["explain", str(folder), "--trip", "up-0100"])
    assert answer.exit_code == 2
    assert "up-010" in answer.stderr


def test_compare_with_today_and_with_itself(folder: Path, experiment: PlanExperiment) -> None:
    answer = CliRunner().invoke(app, ["compare", str(folder), "--json"])
    assert answer.exit_code == 0
    printed = json.loads(answer.stdout)
    before, after = printed["totals"]
    assert printed["plans"][0] == "today"
    assert before["trips"] == after["trips"] == len(timetable_in_force(experiment.request.scenario).trips)
    assert after["energy_kwh"] < before["energy_kwh"]
    assert printed["trips_changed"] == before["trips"]
    same = CliRunner().invoke(app, ["compare", str(folder), str(folder)])
    assert same.exit_code == 0
    assert "trips are the same in both" in same.stdout
    assert CliRunner().invoke(app, ["compare", "no/such/plan"]).exit_code == 2


def test_compare_and_explain_quote_the_judged_saving(folder: Path, experiment: PlanExperiment) -> None:
    headline = f"headline: {experiment.saving_percent:.1f} %"
    for command in ("compare", "explain"):
        answer = CliRunner().invoke(app, [command, str(folder), "--top", "1"])
        assert headline in answer.stdout
        assert "every train exactly on time" in answer.stdout
    compared = json.loads(CliRunner().invoke(app, ["compare", str(folder), "--json"]).stdout)
    (figure,) = [one for one in result_of(experiment).savings if one.name == "on-time-ladder"]
    assert [side["energy_kwh"] for side in compared["totals"]] == pytest.approx(
        [figure.baseline_kwh, figure.plan_kwh], rel=1e-6
    )


def test_trips_are_listed_from_the_largest_move_on() -> None:
    """Many small changes move a train less than one large one; a move on the way counts as much as at the departure."""

    def moved(trip_id: str, departure_s: int, running_s: tuple[int, ...], dwell_s: tuple[int, ...]) -> TripDifference:
        pair = (trip_id, trip_id)
        times = (30_000, 30_000 + departure_s)
        return TripDifference(
            trip_id, pair, "up", times, ("v", "v"), ("optimal", "optimal"), departure_s, 0, running_s, dwell_s
        )

    many_small = moved("many", 60, (10, -10, 10, -10), (-9, 9, -9))
    one_large = moved("large", -90, (0, 0, 0, 0), (0, 0, 0))
    on_the_way = moved("way", 0, (50, 45, 0, -95), (0, 0, 0))
    lone = TripDifference("lone", ("lone", None), "up", (1, None), ("v", None), ("optimal", None))
    rows = largest_moves_first([many_small, one_large, lone, on_the_way])
    assert [(row.trip_id, row.largest_move_s) for row in rows] == [
        ("lone", None), ("way", 95), ("large", 90), ("many", 70)
    ]  # fmt: skip


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
    printed = json.loads(against.stdout)
    assert printed["totals"][1]["mean_waiting_s"] == pytest.approx(chosen["mean_waiting_s"], rel=0.02)
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
