"""A plan that was edited by hand: every command notices, and `headwatt revise` makes a plan of it."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from finished_plans import opened, ordered, placed
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.jobs.plan_order import PlanOrder
from api.jobs.request import plan_request, stored_starts
from api.plan_files.folder import read_plan_folder, write_plan_folder
from api.plan_files.manifest import PLAN_FILES, state_of
from api.state.files import FileStore
from energy_models.faults import InputFaults
from scenarios.files.load import LINES
from simulation.experiment import PlanExperiment


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    return write_plan_folder(experiment, tmp_path_factory.mktemp("written") / "plan")


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "plan"))


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data set of simulated days: the same edit is judged twice, and simulated once."""
    return tmp_path_factory.mktemp("days")


def headwatt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def move(folder: Path, trip_number: int, seconds: int) -> None:
    """Let a trip of the timetable leave later, as a person would who shifts all its times."""
    rows = list(csv.reader((folder / "timetable.csv").read_text().splitlines()))
    trips = list(dict.fromkeys(row[0] for row in rows[1:]))
    for row in rows[1:]:
        if row[0] == trips[trip_number]:
            for column in (rows[0].index("arrival"), rows[0].index("departure")):
                hours, minutes, rest = (int(part) for part in row[column].split(":"))
                time_s = 3600 * hours + 60 * minutes + rest + seconds
                row[column] = f"{time_s // 3600:02d}:{time_s // 60 % 60:02d}:{time_s % 60:02d}"
    (folder / "timetable.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")


@pytest.mark.parametrize("file", PLAN_FILES)
def test_a_change_of_any_file_is_noticed(folder: Path, file: str) -> None:
    assert state_of(folder).as_json()["status"] == "as written"
    (folder / file).write_text((folder / file).read_text() + " ")
    assert [(one.file, one.change) for one in state_of(folder).changes] == [(file, "changed")]
    (folder / file).unlink()
    assert [(one.file, one.change) for one in state_of(folder).changes] == [(file, "missing")]


def test_a_file_that_a_plan_did_not_have_is_noticed_and_a_note_is_not(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    assert state_of(folder).is_as_written
    (folder / "vehicle.yaml").write_text("{}")
    assert [(one.file, one.change) for one in state_of(folder).changes] == [("vehicle.yaml", "added")]


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", "changed"])
def test_a_manifest_that_was_changed_makes_the_plan_unproven(folder: Path, content: str) -> None:
    file = folder / "manifest.json"
    if content == "changed":
        manifest = json.loads(file.read_text())
        manifest["files"]["timetable.csv"]["sha256"] = "0" * 64
        content = json.dumps(manifest)
    file.write_text(content)
    state = state_of(folder)
    assert not state.is_as_written
    assert [one.change for one in state.changes] == ["unreadable"]


COMMANDS: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "check": lambda plan, _: ["check", plan, "--json"],
    "compare": lambda plan, _: ["compare", plan, "--json"],
    "explain": lambda plan, _: ["explain", plan, "--json"],
    "explain a trip": lambda plan, _: ["explain", plan, "--trip", "up-002", "--json"],
    "judge": lambda plan, days: ["judge", plan, "--workers", "1", "--days", days, "--json"],
    "simulate": lambda plan, _: [
        "simulate",
        "tutorial_line",
        "--plan",
        plan,
        "--replications",
        "2",
        "--workers",
        "1",
        "--json",
    ],
    "sweep": lambda plan, _: ["sweep", plan.parent / "sweep.yaml", "--plan", plan, "--dry-run", "--json"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_notices_an_edit_and_marks_its_json(folder: Path, days: Path, command: str) -> None:
    (folder.parent / "sweep.yaml").write_text(
        "scenario: tutorial_line\nreplications: 2\nfactors:\n  outside_temperature_c: [10, 20]\n"
    )
    move(folder, 1, 2)
    answer = headwatt(*COMMANDS[command](folder, days))
    assert answer.exit_code in (0, 1), answer.output
    document = json.loads(answer.stdout)
    state = document["plan_folders"][0] if "plan_folders" in document else document["plan_folder"]
    assert state["status"] == "edited"
    assert state["changes"] == [{"file": "timetable.csv", "change": "changed"}]
    assert "timetable.csv changed" in answer.stderr
    assert "headwatt revise" in answer.stderr


def test_a_replay_and_a_page_of_an_edited_plan_carry_the_mark(folder: Path, days: Path, tmp_path: Path) -> None:
    move(folder, 1, 2)
    assert headwatt("replay", folder, "--out", tmp_path / "replay.html").exit_code == 0
    assert "plan (unproven: edited after it was written)" in (tmp_path / "replay.html").read_text()
    judged = headwatt("judge", folder, "--workers", "1", "--days", days, "--out", tmp_path / "judged.html")
    assert judged.exit_code in (0, 1), judged.output
    assert "timetable.csv changed" in (tmp_path / "judged.html").read_text()


def test_revise_makes_a_plan_of_an_edit_with_a_proof_of_its_own(folder: Path, written: Path) -> None:
    old = json.loads((folder / "result.json").read_text())
    (folder / "notes.txt").write_text("mine")
    move(folder, 1, 2)
    timetable = (folder / "timetable.csv").read_bytes()
    answer = headwatt("revise", folder, "--workers", "1", "--json")
    assert answer.exit_code == 0, answer.output
    result = json.loads((folder / "result.json").read_text())
    assert json.loads(answer.stdout) == result
    assert (folder / "timetable.csv").read_bytes() == timetable
    assert result["checks"]["passed"]
    assert (result["replications"], result["seed"]) == (old["replications"], old["seed"])
    assert result["baseline"] == old["baseline"], "the same days of the timetable in force"
    assert result["plan"]["energy_kwh"] != old["plan"]["energy_kwh"]
    assert sum(lever["saving_kwh"] for lever in result["levers"]) == pytest.approx(
        result["baseline"]["energy_kwh"] - result["plan"]["energy_kwh"], abs=1e-6
    )
    assert result["metadata"]["revised"]["plan_sha256"] == state_of(written).plan_sha256
    assert any("edited by hand (timetable.csv changed)" in note for note in result["notes"])
    assert "edited by hand" in (folder / "report.html").read_text()
    assert (folder / "notes.txt").read_text() == "mine"
    read = read_plan_folder(folder)
    assert read.state.is_as_written
    assert read.runs_without_profile == 0
    assert json.loads(headwatt("check", folder, "--json").stdout)["notes"] == []
    assert headwatt("export", folder, "-f", "csv").exit_code == 0
    again = headwatt("revise", folder, "--json")
    assert (again.exit_code, json.loads(again.stdout)) == (0, result)
    assert "nothing to revise" in again.stderr


def test_revise_refuses_broken_rules_and_leaves_the_folder_as_it_is(folder: Path, tmp_path: Path) -> None:
    move(folder, 1, 270)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    violations = json.loads(headwatt("check", folder, "--json").stdout)["violations"]
    answer = headwatt("revise", folder, "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["violations"] == violations != []
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    rejected = headwatt("revise", folder, "--unproven", "--out", tmp_path / "rejected", "--workers", "1", "--json")
    assert rejected.exit_code == 1, rejected.output
    result = json.loads(rejected.stdout)
    assert (result["status"], result["checks"]["passed"], result["levers"]) == ("rejected", False, [])
    assert len(result["checks"]["violations"]) == len(violations)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert headwatt("export", tmp_path / "rejected", "-f", "xlsx").exit_code == 1


def test_a_plan_of_an_earlier_version_is_named_and_brought_in(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    document = json.loads(headwatt("check", folder, "--json").stdout)
    assert document["passed"]
    assert document["plan_folder"]["status"] == "without manifest"
    assert "earlier version" in document["notes"][0]
    assert headwatt("export", folder, "-f", "csv").exit_code == 1
    # An earlier version may have written another hash of the scenario.
    result = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**result, "scenario_hash": "0" * 64}))
    refused = headwatt("check", folder)
    assert refused.exit_code == 2
    assert "headwatt revise" in refused.stderr
    assert headwatt("revise", folder, "--workers", "1").exit_code == 0
    assert read_plan_folder(folder).state.is_as_written


def test_the_search_may_start_from_an_edited_plan_and_reports_it(folder: Path, tmp_path: Path) -> None:
    move(folder, 1, 2)
    answer = headwatt(
        "plan", "tutorial_line", "--from", folder, "--replications", "2", "--effort", "0.02", "--workers", "1",
        "--json", "--out", tmp_path / "again",
    )  # fmt: skip
    assert answer.exit_code in (0, 1), answer.output
    assert "timetable.csv changed" in answer.stderr
    assert any("unproven: edited" in note for note in json.loads(answer.stdout)["notes"])


READS_PLANS = (
    ["check"], ["judge"], ["compare"], ["explain"], ["export", "-f", "csv"], ["replay"], ["revise"],
    ["simulate", "tutorial_line", "--plan"], ["plan", "tutorial_line", "--from"],
)  # fmt: skip


@pytest.mark.parametrize("command", READS_PLANS, ids=lambda words: words[0])
def test_a_folder_that_is_no_plan_is_named_in_one_fault(command: list[str], tmp_path: Path) -> None:
    line = LINES / "tutorial_line"
    (tmp_path / "empty").mkdir()
    for folder, words in (
        (line, ("this is a scenario's folder", f"headwatt plan {line}")),
        (tmp_path / "empty", ("this folder is empty", "`headwatt plan` wrote")),
        (tmp_path / "missing", ("no such folder", "`headwatt plan` wrote")),
    ):
        answer = headwatt(command[0], *command[1:], folder)
        assert answer.exit_code == 2
        assert answer.stderr.count("•") == 1
        assert all(part in answer.stderr for part in words), answer.stderr
    assert not (line / "days").exists()


@pytest.mark.parametrize("command", [["plan"], ["simulate"], ["scenario", "check"]], ids=lambda words: words[0])
def test_a_plan_that_is_given_as_a_scenario_is_named(command: list[str], folder: Path) -> None:
    answer = headwatt(*command, folder)
    assert answer.exit_code == 2
    assert "this is a plan's folder" in answer.stderr
    assert f"--from {folder}" in answer.stderr


def test_a_search_over_http_does_not_start_from_an_edited_plan(folder: Path, tmp_path: Path) -> None:
    database = opened(tmp_path)
    starts = stored_starts(database, FileStore(tmp_path))
    tutorial = PlanOrder("tutorial_line")
    order = replace(tutorial, from_plan=placed(database, tmp_path, tutorial, folder))
    assert plan_request(order, starts).start is not None
    move(folder, 1, 2)
    order = replace(tutorial, from_plan=placed(database, tmp_path, tutorial, folder))
    with pytest.raises(InputFaults, match=r"from_plan.*timetable\.csv changed"):
        plan_request(order, starts)
    waiting = replace(tutorial, from_plan=ordered(database, tutorial))
    with pytest.raises(InputFaults, match=r"from_plan.*queued"):
        plan_request(waiting, starts)
    database.close()
