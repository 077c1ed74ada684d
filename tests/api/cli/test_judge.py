"""`headwatt judge` as a person and a program type it: accepted and rejected plans, resumed, with sensitivity."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.plan_files.folder import read_plan_folder, write_plan_folder
from api.study.judgement_page import days_figure
from dispatch.plans.in_force import timetable_in_force
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.service import Departure
from simulation.experiment import PlanExperiment
from simulation.judging.judge import Days, Judgement
from simulation.runs.interval import mean_interval


@pytest.fixture(scope="module")
def plan(experiment: PlanExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial line driven optimally, for the first four trips each way only, so that many days are quick."""
    folder = tmp_path_factory.mktemp("judge") / "plan"
    write_plan_folder(experiment, folder)
    return first_hour(folder, folder.with_name("hour"))


def judged(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["judge", *arguments, "--workers", "1", "--json"])
    assert result.exit_code == code, result.output
    return dict(json.loads(result.stdout))


def without_seconds(printed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in printed.items() if name != "seconds"}


def test_the_interval_is_reached_with_the_days_it_needs(plan: Path) -> None:
    ten = judged(str(plan), "--seed", "2")
    assert (ten["replications"], ten["verdict"], ten["objections"]) == (10, "accepted", [])
    low, high = ten["saving_ci95_percent"]
    assert low < ten["saving_percent"] < high
    assert ten["interval"] == {"asked": None, "reached": pytest.approx(high - low, abs=2e-6), "is_reached": True}
    assert ten["worst_day"]["saving_percent"] == min(ten["savings_percent"])
    assert ten["quantiles_percent"]["5"] <= ten["quantiles_percent"]["50"] <= ten["quantiles_percent"]["95"]
    assert {"punctual_share", "headway_variation", "excess_waiting_s", "denied_boardings"} <= set(ten["service_change"])
    width = 0.8 * ten["interval"]["reached"]
    more = judged(str(plan), "--seed", "2", "--interval", f"{width:.6f}")
    assert more["replications"] > 10
    assert more["interval"]["is_reached"]
    # Longer runs begin with the days of shorter ones, and take them from the data set.
    assert more["savings_percent"][:10] == ten["savings_percent"]
    assert without_seconds(judged(str(plan), "--seed", "2")) == without_seconds(ten)


def test_days_from_the_data_set_are_those_that_would_be_simulated(plan: Path, tmp_path: Path) -> None:
    kept = judged(str(plan), "--days", str(tmp_path / "kept"))
    again = judged(str(plan), "--days", str(tmp_path / "kept"))
    fresh = judged(str(plan), "--days", str(tmp_path / "fresh"))
    assert without_seconds(kept) == without_seconds(again) == without_seconds(fresh)


@pytest.mark.many_cases
def test_a_controller_regulates_the_days_and_has_its_own(plan: Path, tmp_path: Path) -> None:
    days = str(tmp_path / "days")
    nobody = judged(str(plan), "--days", days)
    even = judged(str(plan), "--days", days, "--controller", "even")
    assert (nobody["controller"], even["controller"]) == ("none", "even")
    assert even["savings_percent"] != nobody["savings_percent"]
    assert without_seconds(even) == without_seconds(judged(str(plan), "--controller", "even"))
    assert nobody["regulation"] is None
    savings = {name: one["saving_percent"] for name, one in even["regulation"].items()}
    assert savings["regulated"] == even["saving_percent"]
    assert savings["without"] == nobody["saving_percent"]
    both = judged(str(plan), "--days", days, "--controller", "even", "--baseline-controller", "even")
    assert both["saving_percent"] == savings["same_regulator"] == both["regulation"]["same_regulator"]["saving_percent"]
    assert both["regulation"] == even["regulation"]


def test_an_interval_out_of_reach_is_reported(plan: Path) -> None:
    printed = judged(str(plan), "--interval", "0.001", "--most", "12")
    assert printed["replications"] == 12
    assert not printed["interval"]["is_reached"]
    result = CliRunner().invoke(app, ["judge", str(plan), "--interval", "0.001", "--most", "12", "--workers", "1"])
    assert "needs more than 12 pairs of days" in " ".join(result.stdout.split())


def test_a_plan_that_worsens_the_service_is_rejected_with_the_measure(plan: Path, tmp_path: Path) -> None:
    """Every third train of the plan leaves 150 s late: it saves energy, and passengers would pay for it."""
    late = tmp_path / "late"
    shutil.copytree(plan, late, ignore=shutil.ignore_patterns("days"))
    lines = (late / "timetable.csv").read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    names = list(dict.fromkeys(line.split(",")[0] for line in lines[1:]))

    def later(clock: str) -> str:
        hours, minutes, *seconds = (int(part) for part in clock.split(":"))
        total = hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0) + 150
        return f"{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}"

    moved = []
    for line in lines[1:]:
        cells = line.split(",")
        if names.index(cells[0]) % 3 == 1:
            for column in ("arrival", "departure"):
                cells[header.index(column)] = later(cells[header.index(column)])
        moved.append(",".join(cells))
    (late / "timetable.csv").write_text("\n".join([lines[0], *moved]) + "\n", encoding="utf-8")
    printed = judged(str(late), code=1)
    assert printed["verdict"] == "rejected"
    assert "mean_waiting_s" in {objection["measure"] for objection in printed["objections"]}


def first_hour(plan: Path, folder: Path) -> Path:
    """The same plan for the day's first four trips each way only."""
    shutil.copytree(plan, folder, ignore=shutil.ignore_patterns("days"))
    written = read_plan_folder(plan)
    first = {direction: timetable_in_force(written.scenario).of(direction)[:4] for direction in DIRECTIONS}
    departures = tuple(
        Departure(direction=direction, departure_s=trip.start_s)
        for direction in DIRECTIONS
        for trip in first[direction]
    )
    only = {"departures": departures, "periods": None, "first_departure_s": None, "last_departure_s": None}
    scenario = written.scenario.with_parts(timetable=written.scenario.timetable.model_copy(update=only))
    (folder / "scenario.json").write_text(scenario.model_dump_json(), encoding="utf-8")
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    (folder / "result.json").write_text(json.dumps({**result, "scenario_hash": scenario.hash}), encoding="utf-8")
    kept = {trip.trip_id for trips in first.values() for trip in trips}
    lines = (folder / "timetable.csv").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines[1:] if line.split(",")[0] in kept]
    (folder / "timetable.csv").write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.many_cases
def test_sensitivity_and_the_page(plan: Path, tmp_path: Path) -> None:
    page = tmp_path / "judged.html"
    printed = judged(str(plan), "--sensitivity", "--out", str(page))
    by_family: dict[str, list[dict[str, Any]]] = {}
    for row in printed["sensitivity"]:
        by_family.setdefault(row["family"], []).append(row)
    assert [row["variation"] for row in by_family["dwell noise"]] == ["0 s", "1 s", "3 s", "5 s", "10 s"]
    assert [row["variation"] for row in by_family["passengers"]] == ["-10 %", "+10 %"]
    assert {row["variation"] for row in by_family["substation out"]} == {"west", "east"}
    assert len(by_family["wrong parameters"]) == 6
    quiet, *_, noisy = by_family["dwell noise"]
    assert quiet["saving_percent"]["ci95"][0] == pytest.approx(quiet["saving_percent"]["ci95"][1])
    assert quiet["share_of_undisturbed"] == 1.0
    assert noisy["saving_percent"]["ci95"][0] < noisy["saving_percent"]["ci95"][1]
    text = page.read_text(encoding="utf-8")
    assert "Accepted" in text
    assert "Sensitivity of the saving" in text
    assert "http://" not in text.split("<script>")[0]
    assert page.with_suffix(".svg").read_text(encoding="utf-8").startswith("<svg")


def test_wrong_options_are_reported(plan: Path, tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["judge", str(plan), "--interval", "0"]).exit_code == 2
    assert CliRunner().invoke(app, ["judge", str(tmp_path / "nothing")]).exit_code == 2
    assert CliRunner().invoke(app, ["judge", str(plan), "--out", str(tmp_path / "no" / "where.html")]).exit_code == 2


def judgement_of(savings_percent: list[float]) -> Judgement:
    """A judgement of which only the savings matter."""
    found = mean_interval(savings_percent)
    return Judgement(tuple(range(len(savings_percent))), Days(()), Days(()), tuple(savings_percent), found, found)


@pytest.mark.parametrize("count", [2, 10, 40])
def test_few_days_are_drawn_one_by_one(count: int) -> None:
    savings = [12.0 + 0.01 * k for k in range(count)]
    (dots,) = days_figure(judgement_of(savings)).data
    assert dots.type == "scatter"
    assert list(dots.x) == savings
    assert list(dots.y) == list(range(1, count + 1))


@pytest.mark.parametrize("count", [41, 400])
def test_many_days_are_drawn_in_bins_that_show_their_shape(count: int) -> None:
    savings = list(np.random.default_rng(1).normal(12.0, 0.2, count))
    (bars,) = days_figure(judgement_of(savings)).data
    assert bars.type == "histogram"
    bins = round((bars.xbins.end - bars.xbins.start) / bars.xbins.size)
    assert 8 <= bins <= 40
    assert bars.xbins.start <= min(savings)
    assert bars.xbins.end >= max(savings)


def test_days_without_spread_are_drawn_too() -> None:
    assert days_figure(judgement_of([3.0] * 50)).data[0].type == "histogram"
