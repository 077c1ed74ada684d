"""The kind of a folder follows from the names of its files."""

from pathlib import Path

import pytest

from energy_models.faults import InputFaults
from scenarios.files.folders import described, is_plan, is_scenario, require_plan, scenario_fault
from scenarios.files.load import load_scenario

KINDS = {
    "a plan": (("manifest.json", "timetable.csv", "result.json"), "a plan's folder"),
    "a plan of an earlier version": (("scenario.json", "timetable.csv"), "a plan's folder"),
    "a plan without its timetable": (("scenario.json", "result.json"), "a plan's folder"),
    "a scenario": (("scenario.yaml", "stations.csv"), "a scenario's folder"),
    "a trace": (("run.json", "events.csv"), "`headwatt simulate --trace` wrote"),
    "a job": (("order.json",), "a job of `headwatt serve`"),
    "tables": (("summary.csv", "trips.csv", "timetable.csv", "headways.csv"), "`headwatt export --format csv` wrote"),
    "days": (("days-0123.parquet",), "simulated days"),
    "a feed": (("routes.txt", "trips.txt"), "a GTFS feed"),
    "nothing": ((), "this folder is empty"),
    "other files": (("a.txt", "b.txt"), "neither a plan nor a scenario, but a.txt, b.txt"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_folder_is_named(tmp_path: Path, kind: str) -> None:
    names, words = KINDS[kind]
    for name in names:
        (tmp_path / name).write_text("")
    assert words in described(tmp_path)
    assert is_plan(tmp_path) is kind.startswith("a plan")
    assert is_scenario(tmp_path) is (kind == "a scenario")
    if is_plan(tmp_path):
        require_plan(tmp_path)
    else:
        with pytest.raises(InputFaults) as caught:
            require_plan(tmp_path)
        (fault,) = caught.value.faults
        assert (fault.file, words in fault.value) == (str(tmp_path), True)
        assert "headwatt plan" in fault.allowed
    if not is_scenario(tmp_path):
        assert words in scenario_fault(tmp_path).value
        with pytest.raises(InputFaults, match="allowed: the name of a bundled line"):
            load_scenario(tmp_path)


def test_what_is_no_folder_is_reported(tmp_path: Path) -> None:
    assert described(tmp_path / "missing") == "no such folder"
    (tmp_path / "file").write_text("")
    assert described(tmp_path / "file") == "this is a file, not a folder"


def test_the_plan_that_was_meant_is_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / "plans" / name).mkdir(parents=True)
        for file in ("manifest.json", "timetable.csv"):
            (tmp_path / "plans" / name / file).write_text("")
    for given, meant in (("plans", "such as plans/one or plans/two"), ("two", "such as plans/two")):
        with pytest.raises(InputFaults, match=meant):
            require_plan(Path(given))
    with pytest.raises(InputFaults, match="tutorial_line is a bundled line: plan it first"):
        require_plan(Path("tutorial_line"))
