"""Where a plan folder is written: whole or not at all, never over an edit, and put right after a kill."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.plan_files.folder import read_plan_folder, require_plan_folder, write_plan_folder
from api.plan_files.manifest import note_exports, state_of
from api.plan_files.placing import place_for, put, recover
from dispatch.plans.timetable import Timetable
from energy_models.faults import InputFaults
from scenarios.files.load import LINES
from simulation.experiment import PlanExperiment


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    return write_plan_folder(experiment, tmp_path_factory.mktemp("old") / "plan")


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, experiment: PlanExperiment) -> Path:
    """Another plan: the same trips with one passenger more on each section."""
    trips = experiment.plan.timetable.trips
    fuller = tuple(replace(trip, passengers=tuple(load + 1.0 for load in trip.passengers)) for trip in trips)
    plan = replace(experiment.plan, timetable=Timetable(fuller))
    return write_plan_folder(replace(experiment, plan=plan), tmp_path_factory.mktemp("new") / "plan")


@pytest.fixture
def folder(old: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(old, tmp_path / "plan"))


def copied(source: Path) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for file in source.iterdir():
            shutil.copyfile(file, folder / file.name)

    return write


def edit(folder: Path) -> str:
    file = folder / "timetable.csv"
    file.write_text(file.read_text().replace("06:", "07:", 1))
    return file.read_text()


def hash_of(folder: Path) -> str | None:
    state = state_of(folder)
    return state.plan_sha256 if state.is_as_written else None


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path.name.startswith("."))


def test_an_unedited_plan_is_replaced_and_other_files_stay(folder: Path, new: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "days").mkdir()
    (folder / "days" / "days-1.parquet").write_text("a day")
    assert put(place_for(folder, "--out"), copied(new)) == folder
    assert hash_of(folder) == hash_of(new)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "days" / "days-1.parquet").read_text() == "a day"
    assert hidden(folder) == []


def test_exports_of_the_replaced_plan_go_with_it_unless_they_were_edited(folder: Path, new: Path) -> None:
    (folder / "tables").mkdir()
    for name in ("plan.xlsx", "tables/trips.csv", "tables/duties.csv"):
        (folder / name).write_text("of the old plan")
    note_exports(folder, [folder / "plan.xlsx", folder / "tables" / "trips.csv", folder / "tables" / "duties.csv"])
    assert state_of(folder).is_as_written, "an export is no edit of the plan"
    (folder / "tables" / "duties.csv").write_text("edited by hand")
    put(place_for(folder, "--out"), copied(new))
    assert not (folder / "plan.xlsx").exists()
    assert [file.name for file in (folder / "tables").iterdir()] == ["duties.csv"]
    assert hash_of(folder) == hash_of(new)


def test_an_edited_plan_is_replaced_only_by_force(folder: Path, new: Path) -> None:
    text = edit(folder)
    with pytest.raises(InputFaults, match=r"timetable\.csv changed.*lose the edit"):
        place_for(folder, "--out")
    assert (folder / "timetable.csv").read_text() == text
    put(place_for(folder, "--out", force=True), copied(new))
    assert hash_of(folder) == hash_of(new)


def test_a_plan_without_a_manifest_is_replaced_only_by_force(folder: Path, new: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(InputFaults, match=r"no manifest\.json"):
        place_for(folder, "--out")
    put(place_for(folder, "--out", force=True), copied(new))
    assert hash_of(folder) == hash_of(new)


def test_a_folder_that_holds_no_plan_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "report.html").write_text("mine")
    shutil.copytree(LINES / "tutorial_line", tmp_path / "line")
    (tmp_path / "file").write_text("mine")
    for name, words in (
        ("foreign", r"report\.html"),
        ("line", "a scenario's folder"),
        ("file", "this is a file"),
        ("file/plan", "file is a file"),
        (".", "in use|never replaced"),
    ):
        for force in (False, True):
            with pytest.raises(InputFaults, match=words):
                place_for(tmp_path / name, "--out", force=force)
    assert (tmp_path / "foreign" / "report.html").read_text() == "mine"


def test_the_folder_in_use_is_not_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputFaults, match="such as"):
        place_for(Path(), "--out")


def test_a_place_that_changes_meanwhile_keeps_its_change(folder: Path, new: Path) -> None:
    place = place_for(folder, "--out")
    text = edit(folder)
    went = put(place, copied(new))
    assert went == folder.with_name("plan-2")
    assert hash_of(went) == hash_of(new)
    assert (folder / "timetable.csv").read_text() == text
    free = place_for(folder.with_name("later"), "--out")
    free.folder.mkdir()
    (free.folder / "report.html").write_text("mine")
    assert put(free, copied(new)) == folder.with_name("later-2")
    assert (free.folder / "report.html").read_text() == "mine"


def test_a_plan_that_is_still_written_is_left_alone(folder: Path, new: Path) -> None:
    place = place_for(folder, "--out")

    def write(hidden_folder: Path) -> None:
        copied(new)(hidden_folder)
        recover(folder)
        assert hidden_folder.exists()

    put(place, write)
    assert hash_of(folder) == hash_of(new)


def test_what_fails_while_it_is_written_leaves_nothing(folder: Path, old: Path) -> None:
    def fail(hidden_folder: Path) -> None:
        (hidden_folder / "timetable.csv").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        put(place_for(folder, "--out"), fail)
    assert hash_of(folder) == hash_of(old)
    assert hidden(folder) == []


_KILLED_AT_EACH_STEP = """
import os
import shutil
import signal
import sys
from pathlib import Path

from api.plan_files.placing import place_for, put

old, new, work = (Path(name) for name in sys.argv[1:4])
WATCHED = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
last = done = 0

def step():
    global done
    done += 1
    if done == last:
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event in WATCHED and (event != "open" or (arguments[2] or 0) & WRITES):
        step()

def write(folder):
    for file in sorted(new.iterdir()):
        content = file.read_bytes()
        with (folder / file.name).open("wb", buffering=0) as stream:
            step()
            stream.write(content[: len(content) // 2])
            step()
            stream.write(content[len(content) // 2 :])

while True:
    last += 1
    folder = work / str(last) / "plan"
    folder.parent.mkdir(parents=True)
    if sys.argv[4] == "replaced":
        shutil.copytree(old, folder)
        (folder / "notes.txt").write_text("mine")
    child = os.fork()
    if child == 0:
        sys.addaudithook(hook)
        put(place_for(folder, "--out"), write)
        os._exit(0)
    if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        break
print(last)
"""


@pytest.mark.many_cases
@pytest.mark.parametrize("before", ["replaced", "nothing"])
def test_a_plan_killed_at_any_step_of_its_writing_is_the_old_or_the_new_one(
    old: Path, new: Path, tmp_path: Path, before: str
) -> None:
    """A real kill -9 before each change of the file system and within each file; then the next command comes."""
    command = (sys.executable, "-c", _KILLED_AT_EACH_STEP, str(old), str(new), str(tmp_path), before)
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    steps = int(run.stdout)
    assert steps > 20
    found = []
    for step in range(1, steps + 1):
        folder = tmp_path / str(step) / "plan"
        try:
            require_plan_folder(folder)
        except InputFaults:
            assert before == "nothing"
            found.append(None)
        else:
            found.append(hash_of(folder))
        place_for(folder, "--out")
        assert hidden(folder) == [], f"step {step}"
        if before == "replaced":
            assert (folder / "notes.txt").read_text() == "mine", f"step {step}"
            assert len(list(folder.iterdir())) == len(list(old.iterdir())) + 1
    first = hash_of(old) if before == "replaced" else None
    assert found == sorted(found, key=lambda one: one != first), "the new plan replaces the old one once"
    assert set(found) == {first, hash_of(new)}
    assert read_plan_folder(tmp_path / str(steps) / "plan").state.is_as_written


def test_a_folder_that_somebody_made_after_a_kill_is_not_taken_for_the_new_plan(folder: Path, old: Path) -> None:
    folder.rename(folder.with_name(".plan.headwatt-old.0123abcd"))
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    recover(folder)
    assert (folder / "notes.txt").read_text() == "mine"
    assert hash_of(folder.with_name("plan-2")) == hash_of(old)


def test_plan_refuses_an_edited_folder_before_the_search(folder: Path) -> None:
    text = edit(folder)
    answer = CliRunner().invoke(app, ["plan", "tutorial_line", "--out", str(folder)])
    assert answer.exit_code == 2
    assert "--force" in answer.stderr
    assert "headwatt revise" in answer.stderr
    assert "preparing" not in answer.stderr
    assert (folder / "timetable.csv").read_text() == text
