"""The message for a wrong name has the nearest valid name, or the fact that no name of this kind exists."""

from pathlib import Path

import pytest

from energy_models.faults import InputFaults
from scenarios.files.load import FILE, LINES, load_scenario
from scenarios.files.names import did_you_mean


def test_a_wrong_name_is_answered_with_the_nearest_and_all_known() -> None:
    assert did_you_mean("sumer", ["summer", "event"]) == "did you mean summer? known: summer, event"
    assert did_you_mean("xyz", ["summer"]) == "one of summer"


def test_where_no_name_is_known_the_reason_is_reported() -> None:
    assert did_you_mean("x", [], if_none="the line has no depots") == "no name, because the line has no depots"


def test_an_override_of_a_line_without_overrides(tmp_path: Path) -> None:
    for file in (LINES / "tutorial_line").iterdir():
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            # The overrides are the last key of the file.
            kept = text.split("\noverrides:")[0] + "\n" if file.name == FILE else text
            (tmp_path / file.name).write_text(kept, encoding="utf-8")
    load_scenario(tmp_path)
    with pytest.raises(InputFaults, match="summer - allowed: no name, because the line has no overrides"):
        load_scenario(tmp_path, ["summer"])
