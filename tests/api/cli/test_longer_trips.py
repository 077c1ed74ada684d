"""Longer trips on the command line: option, note beside the saving, check and comparison."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.cli.outcome import ExitCode

LONGER_S = 15


def headwatt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("longer") / "plan"
    few = ("--replications", "2", "--effort", "0.02", "--workers", "1", "--out", folder)
    return folder, headwatt("plan", "tutorial_line", "--longer-trips", str(LONGER_S), *few)


def test_the_summary_shows_the_trade_beside_the_saving(planned: tuple[Path, Result]) -> None:
    folder, answer = planned
    assert answer.exit_code == ExitCode.DONE, answer.output
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    longer = result["longer_trips"]
    assert result["options"]["longer_trips_s"] == longer["allowed_s"] == LONGER_S
    assert 0 < longer["mean_s"] <= longer["most_s"] <= LONGER_S
    printed = " ".join(answer.stdout.split())
    words = f"up to {longer['most_s']} s longer (on average {longer['mean_s']:.1f} s)"
    assert f"Trips take {words}, as the planner allowed." in printed
    assert f"trips {words} from end to end" in printed
    assert "no trip longer" not in printed
    assert any("longer travel times" in note for note in result["notes"])
    assert words in (folder / "report.html").read_text(encoding="utf-8")


def test_the_written_plan_is_checked_compared_and_explained(planned: tuple[Path, Result]) -> None:
    folder, _ = planned
    assert headwatt("check", folder).exit_code == ExitCode.DONE
    compared = headwatt("compare", folder, "--json")
    assert compared.exit_code == ExitCode.DONE, compared.output
    rows: Sequence[dict[str, Any]] = json.loads(compared.stdout)["trips"]
    assert 0 < max(row["one_way_change_s"] for row in rows) <= LONGER_S
    assert "s longer end to end" in " ".join(headwatt("compare", folder, "--top", "50").stdout.split())
    assert "s longer end to end" in " ".join(headwatt("explain", folder).stdout.split())


def test_a_plan_of_longer_trips_is_no_start_for_one_without(planned: tuple[Path, Result], tmp_path: Path) -> None:
    answer = headwatt("plan", "tutorial_line", "--from", planned[0], "--out", tmp_path / "again")
    assert answer.exit_code == ExitCode.INPUT_FAULT
    assert "--longer-trips" in answer.stderr
    assert f"{LONGER_S} or more" in " ".join(answer.stderr.split())


@pytest.mark.parametrize(
    ("requested", "words"),
    [
        (("--longer-trips", "121"), "120"),
        (("--longer-trips", "10", "--mode", "demand-led"), "only with the mode equal-service"),
    ],
)
def test_longer_trips_that_make_no_sense_are_refused(requested: tuple[str, ...], words: str, tmp_path: Path) -> None:
    answer = headwatt("plan", "tutorial_line", *requested, "--out", tmp_path / "plan")
    assert answer.exit_code == ExitCode.INPUT_FAULT
    assert words in " ".join(answer.stderr.replace("│", " ").split())
    assert not (tmp_path / "plan").exists()
