"""`headwatt calibrate-supply`: from files and from the store to estimates and an override."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from metered_line import other_network, recorded_line
from telemetry_mappings import own_mapping_text
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.supply.network import SupplyNetwork
from scenarios.files.load import LINES, load_scenario
from scenarios.values.build import supply_network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line without storage, with the meters and the telemetry of all of its trains beside it."""
    place = tmp_path_factory.mktemp("own")
    shutil.copytree(LINES / "tutorial_line", place / "line")
    file = place / "line" / "scenario.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  - id: middle\n", "  - id: middle\n    in_service: false\n"), encoding="utf-8")
    rows, meters = recorded_line(truth(place), 2, hours=1.1)
    rows.to_csv(place / "trains.csv", index=False)
    meters.to_csv(place / "meters.csv", index=False)
    return place


def truth(folder: Path) -> SupplyNetwork:
    true: SupplyNetwork = other_network(supply_network(load_scenario(folder / "line")), 9)
    return true


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def test_files_give_estimates_and_an_override(folder: Path) -> None:
    given = (
        "calibrate-supply",
        folder / "trains.csv",
        "--meters",
        folder / "meters.csv",
        "--scenario",
        folder / "line",
    )
    shown = run(*given, "--save-override", "measured", "--json")
    found = json.loads(shown)
    assert found["vehicles"] == [f"V{one:02d}" for one in range(6)]
    by_name = {one["name"]: one for one in found["estimates"]}
    true = truth(folder)
    assert by_name["no-load voltage"]["lower"] < true.substations[0].no_load_v < by_name["no-load voltage"]["upper"]
    for one in true.substations:
        mine = by_name[f"resistance of {one.name}"]
        assert mine["lower"] < 1e3 * one.resistance_ohm < mine["upper"]
    changed = supply_network(load_scenario(folder / "line", ("measured",)))
    assert 1e6 * changed.loop_ohm_per_m == pytest.approx(by_name["conductor resistance"]["value"], rel=1e-3)
    again = run(*given, "--override", "measured")
    assert "resistance of west" in again
    assert again.count("agrees") == 4
    assert "a new name" in run(*given, "--save-override", "measured", code=2)


def test_the_store_gives_the_same_as_the_file(folder: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(folder / "trains.csv")
    rows.to_parquet(tmp_path / "trains.parquet", index=False)
    text = own_mapping_text()
    kept = ("time_s", "vehicle", "direction", "chainage_m", "voltage_v", "current_a")
    lines = [line for line in text.splitlines() if not line.startswith("  ") or line.split(":")[0].strip() in kept]
    (tmp_path / "mapping.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run("telemetry", "ingest", tmp_path / "trains.parquet", "--mapping", tmp_path / "mapping.yaml", "--store",
        tmp_path / "store")  # fmt: skip
    shared = ("--meters", folder / "meters.csv", "--scenario", folder / "line", "--json")
    stored = json.loads(run("calibrate-supply", "--store", tmp_path / "store", "--day", "2026-11-30", *shared))
    read = json.loads(run("calibrate-supply", folder / "trains.csv", *shared))
    for one, other in zip(stored["estimates"], read["estimates"], strict=True):
        assert one["value"] == pytest.approx(other["value"], rel=1e-6)
    wrong = run("calibrate-supply", "--store", tmp_path / "store", "--day", "2026-12-01", *shared, code=2)
    assert "a service day of the store" in wrong


def test_files_and_a_day_of_the_store_exclude_each_other(folder: Path) -> None:
    shared = ("--meters", folder / "meters.csv", "--scenario", folder / "line")
    assert "telemetry files" in run("calibrate-supply", *shared, code=2)
    assert "--day" in run("calibrate-supply", folder / "trains.csv", "--day", "2026-11-30", *shared, code=2)
