"""`headwatt fleet`: table, JSON and page of a fleet folder, and a folder of another line."""

import json
from pathlib import Path

from own_models import different_models
from typer.testing import CliRunner

from api.cli.main import app
from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import write_vehicle


def test_fleet_prints_the_ranking_and_writes_a_page(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    for vehicle, model in different_models(load_scenario("tutorial_line")).items():
        write_vehicle(model, tmp_path / "fleet" / f"{vehicle}.yaml")
    page = tmp_path / "fleet.html"
    ran = CliRunner().invoke(
        app, ["fleet", str(tmp_path / "fleet"), "--scenario", "tutorial_line", "--out", str(page), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert [one["rank"] for one in found["ranking"]] == [1, 2, 3, 4, 5, 6]
    assert found["ranking"][0]["vehicle"] == "four_car-01"
    assert found["changes"] == []
    assert "normalised energy" in page.read_text(encoding="utf-8")
    shown = CliRunner().invoke(app, ["fleet", str(tmp_path / "fleet"), "--scenario", "tutorial_line"])
    assert "four_car-06" in shown.output
    other = CliRunner().invoke(app, ["fleet", str(tmp_path / "fleet"), "--scenario", "beijing_yizhuang"])
    assert other.exit_code == 2
    assert "a model of scenario beijing_yizhuang" in " ".join(other.output.split())
