"""`headwatt scenario check`: every fault in one go with its line, what the planner would refuse, one JSON object."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.scenario_check import check_scenario
from dispatch.headways.decide import decide_headways
from dispatch.planner.refusals import refusals_of
from energy_models.faults import Infeasible
from scenarios.files.load import LINES, load_scenario

Y = "scenario.yaml"
Edit = tuple[str, str, str]
KEYS = {
    "scenario", "valid", "faults", "warnings", "acknowledged", "refused_by_planner", "not_checked", "scenario_hash",
    "numbers_without_source", "notes",
}  # fmt: skip
FAST = (Y, "up: [90, 104, 120, 104]", "up: [90, 75, 120, 104]")
SMALL_DEPOT = (Y, "- {id: HAR_yard, station: HAR, capacity: 4}", "- {id: HAR_yard, station: HAR, capacity: 1}")
ONE_TRACK = (
    Y,
    "HAR: {turnback_s: 120, maximum_turnback_s: 900, tracks: 2}",
    "HAR: {turnback_s: 320, maximum_turnback_s: 900, tracks: 1}",
)
HEAVY = (Y, "tare_t: 140", "tare_t: 230")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    def copy(edits: Sequence[Edit]) -> Path:
        folder = tmp_path / "line"
        shutil.copytree(LINES / "tutorial_line", folder)
        for name, old, new in edits:
            text = (folder / name).read_text(encoding="utf-8")
            assert old in text
            (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return copy


def checked(*words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON object of `headwatt scenario check`."""
    result = CliRunner().invoke(app, ["scenario", "check", *words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_a_running_time_below_the_minimum_is_a_fault_with_its_line(edited: Callable[..., Path]) -> None:
    folder = edited([FAST])
    found = check_scenario(str(folder))
    (fault,) = found.faults
    line = int(fault.place.removeprefix("line "))
    assert "up: [90, 75, 120, 104]" in (folder / Y).read_text().splitlines()[line - 1]
    assert (fault.field, fault.value) == ("timetable.running_time_s.up[1]", "75")
    assert "the minimum running time of an empty train" in fault.allowed
    assert found.found is None


def test_it_comes_with_the_other_faults(edited: Callable[..., Path]) -> None:
    folder = edited(
        [FAST, (Y, "currency: EUR", "curency: EUR"), ("demand.csv", "06:00,HAR,MKT,15", "06:00,HAR,MRKT,15")]
    )
    faults = check_scenario(str(folder)).faults
    assert {fault.field for fault in faults} == {"timetable.running_time_s.up[1]", "tariff.curency", "destination"}


def test_a_check_that_faults_do_not_allow_is_named(edited: Callable[..., Path]) -> None:
    found = check_scenario(str(edited([FAST, (Y, "    tare_t: 140\n", "")])))
    assert [fault.value for fault in found.faults] == ["missing"]
    assert "minimum running times, because of the faults above" in found.not_checked


def test_running_times_of_an_override_are_checked_too(edited: Callable[..., Path]) -> None:
    folder = edited([(Y, "    outside_temperature_c: 33", "    timetable: {running_time_s: {up: [90, 75, 120, 104]}}")])
    (fault,) = check_scenario(str(folder)).faults
    assert fault.allowed.endswith("(override summer)")
    assert check_scenario(str(folder), ("fixed_blocks",)).faults == ()


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        ([], 0),
        ([HEAVY], 0),
        ([FAST], 2),
        ([(Y, "title: Tutorial", "name: twice\ntitle: Tutorial")], 2),
        ([SMALL_DEPOT], 3),
    ],
    ids=["right", "unlikely", "too fast", "no YAML", "small depot"],
)
def test_json_is_always_one_object_with_the_same_keys(
    edits: Sequence[Edit], code: int, edited: Callable[..., Path]
) -> None:
    exit_code, found = checked(str(edited(edits)))
    assert (exit_code, set(found)) == (code, KEYS)
    assert found["valid"] is (code != 2)
    assert bool(found["faults"]) is (code == 2)
    assert bool(found["refused_by_planner"]) is (code == 3)


def test_an_unknown_name_is_an_object_too() -> None:
    exit_code, found = checked("tutorial_lien")
    assert (exit_code, set(found), found["valid"]) == (2, KEYS, False)


def test_a_warning_is_shown_until_it_is_acknowledged(edited: Callable[..., Path]) -> None:
    folder = edited([HEAVY])
    runner = CliRunner()
    for command in ("check", "show"):
        assert (
            "Warning. Tare per metre of train: 2.88 t/m"
            in runner.invoke(app, ["scenario", command, str(folder)]).stdout
        )
    with (folder / Y).open("a", encoding="utf-8") as file:
        file.write("acknowledged:\n  tare_per_metre: weighed in the depot\n  dwell: long stops\n")
    _, found = checked(str(folder))
    assert found["acknowledged"] == {"tare_per_metre.four_car": "weighed in the depot"}
    assert found["warnings"] == ["`acknowledged` names dwell, but there is no such warning (any more)."]
    shown = runner.invoke(app, ["scenario", "check", str(folder)]).stdout
    assert "Reason: weighed in the depot" in shown
    content = json.loads(runner.invoke(app, ["scenario", "show", str(folder), "--json"]).stdout)
    assert [(one["key"], one["acknowledged"]) for one in content["warnings"]] == [
        ("tare_per_metre.four_car", "weighed in the depot")
    ]


def test_what_the_planner_refuses_is_reported_before_the_plan(edited: Callable[..., Path]) -> None:
    folder = edited([SMALL_DEPOT])
    with pytest.raises(Infeasible) as refused:
        decide_headways(load_scenario(folder), "equal-service")
    result = CliRunner().invoke(app, ["scenario", "check", str(folder)])
    assert result.exit_code == 3
    for reason in refused.value.reasons:
        assert reason in result.stdout


def test_too_few_tracks_for_todays_timetable_are_a_warning(edited: Callable[..., Path]) -> None:
    found = check_scenario(str(edited([ONE_TRACK])))
    assert (found.faults, found.refusals.certain) == ((), ())
    (warning,) = found.warnings
    assert "HAR" in warning
    assert "it has 1 track" in warning


def test_a_fleet_that_is_too_small_is_refused_or_warned_of(edited: Callable[..., Path]) -> None:
    line = load_scenario(edited([]))
    (part,) = line.fleet
    none = refusals_of(line)
    assert (none.certain, none.unless_moved) == ((), ())
    hopeless = refusals_of(line.with_parts(fleet=(part.model_copy(update={"trainsets": 2}),)))
    assert any("trains" in reason for reason in hopeless.certain)
    outcomes = [refusals_of(line.with_parts(fleet=(part.model_copy(update={"trainsets": n}),))) for n in (3, 4, 5)]
    assert any(one.unless_moved and not one.certain for one in outcomes) or all(one.certain for one in outcomes[:1])
