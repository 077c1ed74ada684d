"""The command line: exit codes, every fault in words, one JSON object on stdout, never a traceback."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import typer
from rich.progress import Progress
from served_process import HEADWATT
from typer.testing import CliRunner

from api.cli.console import Pace, TimeLeft, stage_progress
from api.cli.main import Commands, app
from api.cli.outcome import ExitCode
from api.result import PlanResult
from api.version import headwatt_version
from energy_models.faults import Fault, Infeasible, InputFaults
from scenarios.files.load import bundled, find


def headwatt(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own, as a shell starts it."""
    command = (*HEADWATT, *arguments)
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture
def failing() -> typer.Typer:
    """A command with the root's handling of errors that fails in every way there is."""
    commands = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
    errors: dict[str, BaseException] = {
        "input": InputFaults([Fault("a.yaml", f"line {k}", "x", str(k), "at most 0") for k in range(1, 8)]),
        "wish": Infeasible(["fleet: 3 trains, 19 needed [16 missing]"]),
        "file": PermissionError(13, "Permission denied", "/locked/plan"),
        "bug": ZeroDivisionError("division by zero"),
        "stop": KeyboardInterrupt(),
    }

    @commands.command()
    def fail(how: str) -> None:
        raise errors[how]

    @commands.command()
    def other() -> None:
        """A second command makes a group of them."""

    return commands


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("input", ExitCode.INPUT_FAULT, "7 faults"),
        ("wish", ExitCode.INFEASIBLE, "fleet: 3 trains, 19 needed [16 missing]"),
        ("file", ExitCode.INPUT_FAULT, "/locked/plan: Permission denied"),
        ("bug", ExitCode.OWN_FAULT, "fault of Headwatt"),
        ("stop", ExitCode.INTERRUPTED, "Stopped"),
    ],
)
def test_every_error_has_its_exit_code_and_words(failing: typer.Typer, how: str, code: int, words: str) -> None:
    answer = CliRunner().invoke(failing, ["fail", how])
    assert answer.exit_code == code
    assert words in answer.stderr
    assert "Traceback" not in answer.output
    assert answer.stdout == ""


def test_seven_faults_are_seven_messages(failing: typer.Typer) -> None:
    answer = CliRunner().invoke(failing, ["fail", "input"])
    assert [line for line in answer.stderr.splitlines() if "•" in line] == [
        f"  • a.yaml, line {k}, x: {k} - allowed: at most 0" for k in range(1, 8)
    ]


def test_the_traceback_is_there_on_request(failing: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATT_DEBUG", "1")
    assert "Traceback" in CliRunner().invoke(failing, ["fail", "bug"]).stderr


def test_an_unknown_scenario_gets_the_list_of_known_ones() -> None:
    answer = headwatt("plan", "atlantis")
    assert answer.returncode == 2
    assert all(name in answer.stderr for name in bundled())
    assert answer.stdout == ""


def test_an_option_out_of_range_is_reported_before_any_work() -> None:
    answer = CliRunner().invoke(app, ["plan", "tutorial_line", "--replications", "1"])
    assert answer.exit_code == 2
    assert "replications" in answer.output


def test_every_command_teaches_with_examples() -> None:
    names = ["plan", "check", "serve", "simulate"]
    root = CliRunner().invoke(app, ["--help"]).output
    for name in names:
        assert name in root
        answer = CliRunner().invoke(app, [name, "--help"])
        assert answer.exit_code == 0
        assert "Examples" in answer.output
        assert f"headwatt {name}" in answer.output


def test_version() -> None:
    assert headwatt("--version").stdout == f"headwatt {headwatt_version()}\n"


def test_a_request_that_cannot_be_met_ends_with_3_and_leaves_no_folder(tmp_path: Path) -> None:
    line = tmp_path / "line"
    shutil.copytree(find("tutorial_line")[0].parent, line)
    file = line / "scenario.yaml"
    file.write_text(re.sub(r"trainsets: \d+", "trainsets: 1", file.read_text()))
    answer = CliRunner().invoke(app, ["plan", str(line), "--out", str(tmp_path / "plan"), "--workers", "1"])
    assert answer.exit_code == 3
    assert "these rules conflict: the fleet has 1 train" in answer.stderr
    assert not (tmp_path / "plan").exists()


def test_running_times_that_no_train_can_meet_are_input_faults_of_a_plan(tmp_path: Path) -> None:
    line = tmp_path / "line"
    shutil.copytree(find("tutorial_line")[0].parent, line)
    file = line / "scenario.yaml"
    changed = re.sub(r"(running_time_s:.*\n +up: \[)\d+", r"\g<1>50", file.read_text())
    assert changed != file.read_text()
    file.write_text(changed)
    answer = CliRunner().invoke(app, ["plan", str(line), "--out", str(tmp_path / "plan"), "--workers", "1"])
    assert answer.exit_code == 2
    assert "running_time_s.up[0]: 50 - allowed: at least" in answer.stderr
    assert not (tmp_path / "plan").exists()


@pytest.mark.many_cases
def test_json_is_one_object_on_stdout_and_the_same_as_in_the_folder(tmp_path: Path) -> None:
    answer = headwatt(
        "plan",
        "tutorial_line",
        "--replications",
        "2",
        "--effort",
        "0.02",
        "--seed",
        "3",
        "--json",
        "--out",
        "out",
        cwd=tmp_path,
    )
    assert answer.returncode == 0, answer.stderr
    printed = json.loads(answer.stdout)
    # How long the writing took is known only when everything is written.
    assert printed["seconds"].pop("writing") > 0.0
    assert printed == json.loads((tmp_path / "out" / "result.json").read_text())
    assert [note for note in printed["notes"] if note.startswith("No substation has rated power")]
    assert {"start", "profiles", "compilation", "search", "levers", "simulation"} <= printed["seconds"].keys()
    result = PlanResult.model_validate(printed)
    assert (result.scenario, result.seed, result.replications, result.checks.passed) == ("tutorial_line", 3, 2, True)
    assert "headwatt plan tutorial_line: writing the plan" in answer.stderr
    assert CliRunner().invoke(app, ["check", str(tmp_path / "out")]).exit_code == 0


def test_ctrl_c_ends_a_plan_cleanly(tmp_path: Path) -> None:
    command = (*HEADWATT, "plan", "beijing_yizhuang", "--out", str(tmp_path / "out"))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    first = process.stderr.readline()  # it is at work when it names its first stage
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    rest = process.communicate()[1]
    assert "headwatt plan beijing_yizhuang" in first
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Traceback" not in rest
    assert "Stopped." in rest


@pytest.mark.many_cases
def test_ctrl_c_during_the_search_keeps_the_best_plan(tmp_path: Path) -> None:
    """Solvers ran before the search, and they take signals for themselves if they may."""
    options = ("--effort", "1000", "--replications", "2", "--out", str(tmp_path / "out"))
    command = (*HEADWATT, "plan", "tutorial_line", *options)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "patterns" in line or "trips" in line:
            break
    process.send_signal(signal.SIGINT)
    printed, rest = process.communicate()
    assert process.returncode == 0, rest
    assert "keeping the best plan" in rest
    assert "The search was cancelled" in " ".join(printed.split())
    assert CliRunner().invoke(app, ["check", str(tmp_path / "out")]).exit_code == 0


def test_a_closed_pipe_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    command = (*HEADWATT, "scenario", "schema")
    process = subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert "Traceback" not in process.communicate()[1]


def test_stages_are_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with stage_progress("plan") as progress:
        for stage, share in (("search", 0.0), ("search", 0.5), ("judge", 0.0), ("search", 1.0)):
            progress(stage, share)
    assert capsys.readouterr().err.splitlines() == ["plan: search", "plan: judge"]


def test_a_stage_is_printed_once_and_then_by_steps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cli.console._STEP_S", 0.0)
    with stage_progress("plan") as progress:
        for percent in range(101):
            progress("compiling", 0.0)
            progress("search", percent / 100.0)
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "compiling" in line] == ["plan: compiling"]
    assert [line.split(", ")[1] for line in lines if "search, " in line] == ["25%", "50%", "75%", "100%"]


def test_work_without_a_terminal_is_never_silent_for_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a stage without progress, for example compilation, a line with its share appears repeatedly."""
    monkeypatch.setattr("api.cli.console._SILENCE_S", 0.01)
    lines: list[str] = []
    with stage_progress("plan") as progress:
        progress("search", 0.25)
        while len(lines) < 3:
            lines += capsys.readouterr().err.splitlines()
    assert lines[0] == "plan: search"
    assert {line.rsplit(",", 1)[0] for line in lines[1:]} == {"plan: search, 25%"}


@pytest.mark.parametrize(("after_s", "gained", "is_told"), [(0.0, 0.5, True), (0.0, 0.01, False), (60.0, 0.5, False)])
def test_the_remaining_time_is_shown_only_when_it_can_be_estimated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, after_s: float, gained: float, is_told: bool
) -> None:
    monkeypatch.setattr("api.cli.console._SILENCE_S", 0.01)
    monkeypatch.setattr("api.cli.console._ESTIMATE_AFTER_S", after_s)
    lines: list[str] = []
    with stage_progress("plan") as progress:
        for part in range(5):
            progress("search", gained * part / 4)
        while len(lines) < 6:
            lines += capsys.readouterr().err.splitlines()
    assert any("left" in line for line in lines) is is_told


def test_the_remaining_time_follows_the_pace_of_the_last_half() -> None:
    pace = Pace(100.0, 0.5)
    for second in range(1, 6):  # a slow begin: 1 % a second
        pace.add(100.0 + second, 0.5 + 0.01 * second)
    for second in range(1, 16):  # then 2 % a second
        pace.add(105.0 + second, 0.55 + 0.02 * second)
    assert pace.left_s(120.0) == pytest.approx((1.0 - 0.85) / 0.02)
    pace.add(121.0, 1.0)
    assert pace.left_s(122.0) is None


@pytest.mark.parametrize(("reports", "share"), [(3, 0.5), (20, 0.1)])
def test_no_remaining_time_from_few_reports_or_little_work(reports: int, share: float) -> None:
    pace = Pace(0.0, 0.0)
    for number in range(1, reports + 1):
        pace.add(10.0 * number / reports, share * number / reports)
    assert pace.left_s(10.0) is None


def test_a_bar_waits_with_its_estimate_too() -> None:
    bars = Progress(TimeLeft())
    now_s = time.monotonic()
    pace = Pace(now_s - 10.0, 0.0)
    task = bars.add_task("driving profiles", total=1.0, pace=pace)
    assert TimeLeft().render(bars.tasks[task]).plain == "-:--:--"
    for number in range(1, 11):
        pace.add(now_s - 10.0 + number, 0.05 * number)
    assert TimeLeft().render(bars.tasks[task]).plain == "0:00:10"
