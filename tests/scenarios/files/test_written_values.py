"""The values of a scenario file for a form, and what each override changes."""

import shutil
from pathlib import Path

import pytest

from api.services.scenario_values import scenario_schema, scenario_values
from api.state.files import FileStore
from energy_models.faults import InputFaults
from scenarios.files.load import LINES, written_values

LINE = "beijing_yizhuang"


def test_an_override_is_shown_as_differences() -> None:
    values, overrides = written_values(LINE)
    assert values["stations"] == "stations.csv"
    assert "overrides" not in values
    (summer,) = overrides["summer"]
    assert (summer.path, summer.before, summer.after) == (("outside_temperature_c",), 18, 33)
    # A row of a table is found by its id.
    (out,) = overrides["substation_out"]
    assert (out.path, out.before, out.after) == (("supply", "substations", "RC", "in_service"), True, False)
    # A value that the file does not have has its default before, or none.
    points = {change.path: change.before for change in overrides["shared_points"]}
    assert set(points.values()) == {False}
    blocks = {change.path: change.before for change in overrides["fixed_blocks"]}
    assert blocks["signalling", "block_length_m"] is None
    assert blocks["provenance", "signalling.block_length_m"] is None


def test_files_that_cannot_be_read_are_faults(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("name: [")
    with pytest.raises(InputFaults):
        written_values(tmp_path)


def test_a_missing_file_gives_no_values_and_a_long_list_is_counted(tmp_path: Path) -> None:
    folder = tmp_path / "line"
    shutil.copytree(LINES / "tutorial_line", folder)
    rows = ", ".join(f'{{from: "{hour:02d}:00", to: "{hour + 1:02d}:00", headway_s: 300}}' for hour in range(30))
    text = (
        (folder / "scenario.yaml")
        .read_text()
        .replace("overrides:\n", f"overrides:\n  long:\n    timetable: {{periods: [{rows}]}}\n", 1)
    )
    (folder / "scenario.yaml").write_text(text)
    store = FileStore(tmp_path)
    names = {file.name: store.put(file) for file in folder.iterdir() if file.is_file()}
    found = scenario_values(store, names)
    assert found is not None
    long = next(one for one in found["overrides"] if one["name"] == "long")
    assert long["changes"][0]["after"] == {"count": 30}
    assert scenario_values(store, {}) is None
    assert "stations" in scenario_schema()["properties"]
