"""`headwatt scenario complete`: the list by effect, own and typical values, questions on a terminal, undo."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import complete
from api.cli.main import app
from api.completion_effects import input_states
from api.plan_files.folder import write_plan_folder
from scenarios.files.load import FILE, LINES, load_scenario
from scenarios.files.main_inputs import BY_KEY
from simulation.experiment import PlanExperiment

KEYS = {"scenario", "inputs", "missing", "changes", "difference", "written", "earlier_version"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "line"
    shutil.copytree(LINES / "tutorial_line", place)
    text = (place / FILE).read_text(encoding="utf-8")
    for part in ("train_types", "supply"):
        text = text.replace(f"  {part}: *made_up\n", f'  {part}: "assumed: as on other_line"\n')
    (place / FILE).write_text(text, encoding="utf-8")
    return place


def reported(*words: str, answers: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scenario", "complete", *words], input=answers)
    return result.exit_code, result.stdout


def as_json(*words: str) -> dict[str, Any]:
    code, text = reported(*words, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(text)
    assert set(found) == KEYS
    return found


def test_borrowed_inputs_come_first_by_their_effect(folder: Path) -> None:
    found = as_json(str(folder), "--list")
    kinds = [one["kind"] for one in found["inputs"]]
    assert kinds == sorted(kinds, key=("borrowed", "assumed").index)
    borrowed = [one for one in found["inputs"] if one["kind"] == "borrowed"]
    effects = [one["effect_points"] or 0.0 for one in borrowed]
    assert effects == sorted(effects, reverse=True)
    first = borrowed[0]
    assert (first["key"], first["effect_points"], first["effect_from"]) == (
        "train_mass", BY_KEY["train_mass"].typical_effect, "the Yizhuang line",
    )  # fmt: skip
    assert first["typical"]["train_types.four_car.tare_t"]["heavy_6car"] == "214 (198 to 240)"
    assert (found["changes"], found["missing"], found["written"]) == ([], [], None)


@pytest.mark.many_cases
def test_effects_are_those_of_a_plan_of_the_scenario(experiment: PlanExperiment, tmp_path: Path) -> None:
    written = write_plan_folder(experiment, tmp_path / "plan")
    scenario = experiment.request.scenario
    states = {state.input.key: state for state in input_states(scenario, written)}
    assert states["train_mass"].effect_from == "the plan, computed now"
    assert states["train_mass"].effect_points not in (None, BY_KEY["train_mass"].typical_effect)
    assert states["fleet"].effect_from == "not computed"
    changed = scenario.with_parts(outside_temperature_c=16.0)
    others = {state.input.key: state for state in input_states(changed, written)}
    assert others["train_mass"].effect_from == "the Yizhuang line"


@pytest.mark.many_cases
def test_values_are_written_and_taken_back(folder: Path) -> None:
    before = (folder / FILE).read_text()
    words = ("--set", "train.tare_t=198", "--source", "Data sheet", "--from-type", "heavy_6car", "--supply", "dc_750")
    shown = as_json(str(folder), *words, "--dry-run")
    assert shown["written"] is None
    assert "+    tare_t: 198" in shown["difference"]
    assert (folder / FILE).read_text() == before
    done = as_json(str(folder), *words)
    line = load_scenario(folder)
    assert (line.train_types["four_car"].tare_t, line.sources["GIVEN"]) == (198, "Data sheet")
    assert {"path": "train_types.four_car.tare_t", "before": 140, "after": 198, "origin": "GIVEN"} in done["changes"]
    assert "train_mass" not in {one["key"] for one in done["inputs"]}
    assert Path(done["earlier_version"]).read_text() == before
    code, text = reported(str(folder), "--undo")
    assert code == 0
    assert "again" in text
    assert (folder / FILE).read_text() == before


def test_on_a_terminal_the_command_prompts_and_an_empty_answer_keeps_a_value(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complete, "is_terminal", lambda: True)
    before = (folder / FILE).read_text()
    code, _ = reported(str(folder), answers="\n" * 8)
    assert code == 0
    assert (folder / FILE).read_text() == before
    code, text = reported(str(folder), answers="\ndc_750\n150\n\n\n\nWeighed\n")
    assert code == 0, text
    line = load_scenario(folder)
    assert line.train_types["four_car"].tare_t == 150
    assert line.supply.no_load_v == 850
    assert line.sources["GIVEN"] == "Weighed"


def test_an_incomplete_scenario_lists_what_is_missing_trains_first(folder: Path) -> None:
    text = (folder / FILE).read_text()
    begin, end = text.index("train_types:"), text.index("fleet:")
    text = text[:begin] + text[end:]
    (folder / FILE).write_text(text.replace("co2_kg_per_kwh: 0.3\n", ""))
    found = as_json(str(folder))
    fields = [one["field"] for one in found["missing"]]
    assert fields[0] == "train_types"
    assert "co2_kg_per_kwh" in fields
    code, shown = reported(str(folder))
    assert code == 0
    assert "train_types: missing" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--set", "train.tare_t=198000"), "looks like kg"),
        (("--from-type", "heavy_6"), "heavy_6car"),
        (("--set", "train"), "PATH=VALUE"),
        (("--undo",), "no earlier version"),
    ],
)
def test_a_wrong_wish_ends_with_2_and_changes_nothing(words: tuple[str, ...], message: str, folder: Path) -> None:
    before = (folder / FILE).read_text()
    result = CliRunner().invoke(app, ["scenario", "complete", str(folder), *words])
    assert result.exit_code == 2
    assert message in result.output
    assert (folder / FILE).read_text() == before


def test_a_bundled_line_stays_as_it_is() -> None:
    result = CliRunner().invoke(app, ["scenario", "complete", "tutorial_line", "--list"])
    assert result.exit_code == 2
    assert "a bundled line" in result.output
