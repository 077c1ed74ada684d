"""The operator's names where a planner reads trips: in the plan folder, reports, commands and exports."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import partridge
import pytest
from merging import members
from typer.testing import CliRunner

from api.cli.main import app
from api.experiment_result import result_of
from api.export.gtfs_merge import MARK_FILE
from api.plan_files.folder import read_plan_folder, write_plan_folder
from api.report.render import render_report
from api.source_names import origin_words, trip_title, violation_line
from dispatch.checker.violation import Violation
from dispatch.plans.plan import Plan, plan_json_schema
from scenarios.files.load import load_scenario
from scenarios.imports.folder import write_imported
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.schema.service import TimetableInForce
from scenarios.values.train_numbers import train_numbers
from simulation.experiment import PlanExperiment

# The reader's own use of pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


def headwatt(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    """The tutorial line as the feed of an operator."""
    folder = tmp_path_factory.mktemp("feed")
    write_plan_folder(experiment, folder / "plan")
    file = folder / "metro.zip"
    answer = headwatt("export", folder / "plan", "-f", "gtfs", "--no-frequencies", "--agency", "Metro", "--timezone",
                      "Europe/Berlin", "--date", "2026-03-02", "--out", file)  # fmt: skip
    assert answer.exit_code == 0, answer.output
    return file


@pytest.fixture(scope="module")
def numbered(feed: Path, tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> PlanExperiment:
    """The experiment with the timetable of the feed, each trip with a train number."""
    folder = tmp_path_factory.mktemp("line") / "line"
    write_imported(folder, line_of_feed(read_feed(feed)), None, load_scenario("tutorial_line"))
    scenario = load_scenario(folder)
    timetable = scenario.timetable
    calls = tuple(call.model_copy(update={"train_number": f"N{call.trip_id}"}) for call in timetable.calls or ())
    scenario = scenario.with_parts(timetable=TimetableInForce(calls=calls, origin=timetable.origin))
    plans = [replace(one, scenario_hash=scenario.hash) for one in (experiment.baseline_plan, experiment.plan)]
    request = replace(experiment.request, scenario=scenario)
    return replace(experiment, request=request, baseline_plan=plans[0], plan=plans[1])


@pytest.fixture(scope="module")
def plan(numbered: PlanExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plan_folder(numbered, tmp_path_factory.mktemp("numbered") / "plan")


def edited(plan: Path, tmp_path: Path, column: str, change: Callable[[str], str], trip: str = "up-002") -> Path:
    """A copy of the plan with another value in a column of one trip."""
    folder = Path(shutil.copytree(plan, tmp_path / "edited"))
    table = list(csv.reader((folder / "timetable.csv").read_text().splitlines()))
    at = table[0].index(column)
    for row in table[1:]:
        if row[0] == trip:
            row[at] = change(row[at])
    (folder / "timetable.csv").write_text("\n".join(",".join(row) for row in table) + "\n")
    return folder


def later(clock: str) -> str:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return f"{hours:02d}:{minutes + 4:02d}:{seconds:02d}"


def moved(plan: Path, tmp_path: Path) -> Path:
    """A copy of the plan whose second trip runs four minutes later, which breaks rules."""
    edited(plan, tmp_path / "once", "arrival", later)
    return edited(tmp_path / "once" / "edited", tmp_path, "departure", later)


def test_titles() -> None:
    numbers = {"T-1": "12", "34": "34"}
    assert [trip_title(one, numbers) for one in ("T-1", "34", "T-2")] == ["T-1 (train 12)", "34", "T-2"]
    told = Violation("turnback", "trip T-1 leaves too early", "T-1")
    assert violation_line(told, numbers) == "turnback: trip T-1 leaves too early (trip T-1 is train 12)"
    assert violation_line(told, {}) == str(told)
    assert origin_words(load_scenario("tutorial_line")) == ""


def test_the_timetable_of_the_plan_has_train_numbers_only_if_the_line_has(
    plan: Path, experiment: PlanExperiment, tmp_path: Path
) -> None:
    with (plan / "timetable.csv").open() as stream:
        rows = list(csv.reader(stream))
    assert rows[0][-2:] == ["train_type", "train_number"]
    assert {(row[0], row[-1]) for row in rows[1:]} == {(row[0], f"N{row[0]}") for row in rows[1:]}
    assert "origin" in json.loads((plan / "scenario.json").read_text())["timetable"]
    assert read_plan_folder(plan).state.is_as_written
    without = write_plan_folder(experiment, tmp_path / "without")
    assert (without / "timetable.csv").read_text().splitlines()[0].endswith(",train_type")
    assert "origin" not in json.loads((without / "scenario.json").read_text())["timetable"]
    again = [read_plan_folder(folder).plan.timetable for folder in (plan, without)]
    assert again[0] == again[1]


def test_another_train_number_in_the_plan_is_a_fault(plan: Path, tmp_path: Path) -> None:
    answer = headwatt("check", edited(plan, tmp_path, "train_number", lambda _number: "13"))
    assert answer.exit_code == 2
    assert "train_number: '13' - allowed: 'Nup-002', the train number of trip up-002" in " ".join(answer.output.split())


def test_the_report_names_trains_and_origin(numbered: PlanExperiment) -> None:
    page = render_report(numbered, result_of(numbered))
    assert re.search(r'"trip_id": ?"up-001", ?"number": ?"Nup-001"', page)  # the train graph names both
    assert (
        "The timetable comes from metro.zip, route tutorial_line (Tutorial line, Harbour to Airfield), agency" in page
    )


def test_violations_name_trip_and_train(plan: Path, tmp_path: Path) -> None:
    folder = moved(plan, tmp_path)
    answer = headwatt("check", folder)
    assert answer.exit_code == 1
    assert "(trip up-002 is train Nup-002)" in " ".join(answer.output.split())
    found = json.loads(headwatt("check", folder, "--json").stdout)
    assert {(one["trip"], one["train_number"]) for one in found["violations"] if one["trip"]} <= {
        (trip, f"N{trip}") for trip in train_numbers(read_plan_folder(folder).scenario)
    }
    assert found["origin"]["agency_name"] == "Metro"


def test_explain_and_compare_name_trains(plan: Path) -> None:
    answer = headwatt("explain", plan)
    assert "(train Nup-" in " ".join(answer.stdout.split())
    one = json.loads(headwatt("explain", plan, "--trip", "Nup-003", "--json").stdout)
    assert (one["trip"]["trip_id"], one["trip"]["train_number"]) == ("up-003", "Nup-003")
    assert one["origin"]["route_ids"] == ["tutorial_line"]
    compared = json.loads(headwatt("compare", plan, "--json").stdout)
    assert {tuple(row["train_numbers"]) for row in compared["trips"]} == {
        (f"N{row['trip_id']}",) * 2 for row in compared["trips"]
    }
    assert compared["origin"]["day"] == "2026-03-02"
    shown = headwatt("compare", plan).stdout
    assert "up-007 (train" in shown
    assert "Nup-007)" in shown, "the cell has two lines"


def test_exports_have_train_numbers_and_origin(plan: Path, tmp_path: Path) -> None:
    assert headwatt("export", plan, "-f", "csv", "--out", tmp_path / "tables").exit_code == 0
    for name in ("trips", "timetable", "duties"):
        with (tmp_path / "tables" / f"{name}.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0])[-1] == "train_number"
        assert all(row["train_number"] == f"N{row['trip_id']}" for row in rows)
    assert 'origin,,,,"The timetable comes from metro.zip' in (tmp_path / "tables" / "summary.csv").read_text()
    assert headwatt("export", plan, "-f", "xlsx", "--out", tmp_path / "plan.xlsx").exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx")["trips"]
    assert [cell.value for cell in sheet["N"]][:2] == ["train_number", "Nup-001"]
    assert headwatt("export", plan, "-f", "json", "--out", tmp_path / "plan.json").exit_code == 0
    document = json.loads((tmp_path / "plan.json").read_text())
    jsonschema.validate(document, plan_json_schema())
    assert document["trips"][0]["train_number"] == "Nup-001"
    assert document["origin"]["file"] == "metro.zip"
    assert Plan.from_dict(document).timetable == read_plan_folder(plan).plan.timetable


def test_a_feed_of_its_own_has_the_names_of_the_source(plan: Path, tmp_path: Path) -> None:
    answer = headwatt("export", plan, "-f", "gtfs", "--date", "2026-03-02", "--out", tmp_path / "own.zip")
    assert answer.exit_code == 0
    found = partridge.load_raw_feed(str(tmp_path / "own.zip"))
    assert found.agency[["agency_name", "agency_timezone"]].values.tolist() == [["Metro", "Europe/Berlin"]]
    assert "set it with --timezone" not in answer.output
    assert set(found.trips["route_id"]) == {"tutorial_line"}
    assert set(found.trips["service_id"]) == {"planned_day"}
    assert list(found.trips["trip_short_name"]) == [f"N{trip}" for trip in found.trips["trip_id"]]


def test_merging_back_from_the_command_line(plan: Path, feed: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged.zip"
    answer = headwatt("export", plan, "-f", "gtfs", "--into", feed, "--out", merged, "--json")
    assert answer.exit_code == 0, answer.output
    assert "unchanged; 0 rows of stop_times.txt have other times" in json.loads(answer.stdout)["notes"][0]
    assert members(merged) == members(feed)
    folder = moved(plan, tmp_path)
    assert headwatt("export", folder, "-f", "gtfs", "--into", feed).exit_code == 1, "rules are violated"
    shutil.copy(feed, folder.parent)
    answer = headwatt("export", folder, "-f", "gtfs", "--merge", "--unproven")
    assert answer.exit_code == 0, answer.output
    found = members(folder / "gtfs_merged.zip")
    assert found[MARK_FILE].startswith(b"UNPROVEN")
    assert found["calendar.txt"] == members(feed)["calendar.txt"]
    answer = headwatt("export", folder, "-f", "gtfs", "--difference", "--unproven")
    assert answer.exit_code == 0, answer.output
    changed = members(folder / "gtfs_difference.zip")["changes.csv"].decode().splitlines()
    assert len(changed) == 6
    assert all(line.startswith("up-002,") for line in changed[1:])


def test_options_of_merging_that_do_not_fit(plan: Path, feed: Path, tmp_path: Path) -> None:
    assert headwatt("export", plan, "-f", "csv", "--into", feed).exit_code == 2
    assert headwatt("export", plan, "-f", "gtfs", "--force").exit_code == 2
    own = Path(shutil.copy(feed, tmp_path / "own.zip"))
    answer = headwatt("export", plan, "-f", "gtfs", "--into", own, "--out", own)
    assert answer.exit_code == 2
    assert own.read_bytes() == feed.read_bytes()
    answer = headwatt("export", plan, "-f", "gtfs", "--merge")
    assert answer.exit_code == 2
    assert "--into FEED, or metro.zip in" in " ".join(answer.output.split())
