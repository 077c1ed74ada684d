"""`headwatt simulate` as a person and a program type it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app

SIMULATE = ("simulate", "tutorial_line", "--replications", "2", "--workers", "1")


def result_of_run(*more: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*SIMULATE, "--json", *more])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_the_object_has_what_scripts_rely_on_and_is_equal_from_run_to_run() -> None:
    first, again = result_of_run("--seed", "3"), result_of_run("--seed", "3")
    assert {"scenario", "replications", "seed", "energy", "balance_residual_percent", "service", "seconds"} <= set(
        first
    )
    first.pop("seconds")
    again.pop("seconds")
    assert first == again
    energy = first["energy"]
    assert isinstance(energy, dict)
    low, high = energy["ci95_kwh"]
    assert low < energy["mean_kwh"] < high
    assert float(str(first["balance_residual_percent"])) < 0.1
    assert result_of_run("--seed", "4")["energy"] != first["energy"]


def test_people_get_a_table_and_a_sentence_with_the_metering_point() -> None:
    result = CliRunner().invoke(app, [*SIMULATE])
    assert result.exit_code == 0, result.output
    assert "kWh at the substations' DC terminals" in " ".join(result.stdout.split())


def test_an_unknown_line_is_refused_with_the_known_ones() -> None:
    result = CliRunner().invoke(app, ["simulate", "atlantis"])
    assert result.exit_code == 2
    assert "tutorial_line" in result.output


def test_a_folder_without_a_plan_is_an_input_fault() -> None:
    result = CliRunner().invoke(app, [*SIMULATE, "--plan", "nowhere/at/all"])
    assert result.exit_code == 2
    assert "nowhere/at/all" in result.output


@pytest.mark.many_cases
def test_a_controller_changes_the_day_and_is_reported() -> None:
    free, even = (
        result_of_run("--override", "rough_days"),
        result_of_run("--override", "rough_days", "--controller", "even"),
    )
    assert (free["controller"], even["controller"]) == ("none", "even")
    assert free["service"] != even["service"]
    unknown = CliRunner().invoke(app, [*SIMULATE, "--controller", "magic"])
    assert unknown.exit_code == 2


@pytest.mark.many_cases
def test_an_interval_takes_as_many_days_as_it_needs_and_at_least_ten(tmp_path: Path) -> None:
    """A run with a narrower interval continues from the days of the first run; its result is that of a new run."""
    days = ("--days", str(tmp_path / "days"))
    ten = result_of_run("--replications", "10", *days)
    low, high = ten["energy"]["ci95_kwh"]  # type: ignore[index]
    wide = 100.0 * (high - low) / ten["energy"]["mean_kwh"]  # type: ignore[index]
    assert ten["interval"] == {
        "of": "energy, percent of its mean",
        "asked": None,
        "reached": pytest.approx(wide, abs=1e-4),
        "is_reached": True,
    }
    width = f"{0.8 * wide:.6f}"
    more = result_of_run("--replications", "10", "--interval", width, *days)
    assert int(str(more["replications"])) > 10
    assert more["interval"]["is_reached"]  # type: ignore[index]
    assert more["energy"]["days_kwh"][:10] == ten["energy"]["days_kwh"]  # type: ignore[index]
    fresh = result_of_run("--replications", "10", "--interval", width)
    assert {**fresh, "seconds": {}} == {**more, "seconds": {}}


def test_an_interval_out_of_reach_is_reported() -> None:
    result = CliRunner().invoke(
        app, [*SIMULATE[:-4], "--workers", "1", "--interval", "0.001", "--most", "12"]
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "needs more than 12 days" in " ".join(result.stdout.split())


def test_folders_that_cannot_be_written_are_reported_before_the_work(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CliRunner().invoke(app, [*SIMULATE, "--trace", str(file), "--days", str(file / "days")])
    assert result.exit_code == 2
    words = " ".join(result.output.split())
    assert "2 faults" in words
    assert "--trace" in words
    assert "--days" in words
    assert "simulated days" not in words


def test_options_that_contradict_each_other_are_reported_together() -> None:
    result = CliRunner().invoke(app, [*SIMULATE, "--interval", "0.1", "--trace-day", "5"])
    assert result.exit_code == 2
    assert "--trace-day" in result.output
    assert "at least 10 with --interval" in " ".join(result.output.split())
