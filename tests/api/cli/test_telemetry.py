"""`headwatt telemetry map|ingest|quarantine|export|forget`: from a recorder's files to the store and back."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from recorded_fleet import fleet_day
from recorded_train import recorded_train
from telemetry_mappings import own_mapping_text
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.telemetry.quality import read_telemetry


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["telemetry", *words])
    assert result.exit_code == code, result.output
    return result.stdout


def test_fifteen_minutes(tmp_path: Path) -> None:
    """The way of the guide: propose, ingest, look, export; the export is a file that `calibrate` reads."""
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    rows = recorded_train(hours=1.0).round(3)
    rows.to_csv(recordings / "TS01_2026-11-30.csv", index=False)
    rows.assign(vehicle="TS02").to_parquet(recordings / "TS02_2026-11-30.parquet")
    mapping, store = tmp_path / "m.yaml", tmp_path / "store"
    found = json.loads(run("map", str(recordings / "TS01_2026-11-30.csv"), "--line", "l", "--zone", "Asia/Shanghai",
                           "--out", str(mapping), "--json"))  # fmt: skip
    assert found["open_questions"] == 0
    words = ("ingest", str(recordings), "--mapping", str(mapping), "--store", str(store), "--json")
    receipt = json.loads(run(*words))
    assert (receipt["rows_in"], receipt["stored"]) == (2 * len(rows), 2 * len(rows))
    again = json.loads(run(*words))
    assert (again["stored"], again["duplicates"]) == (0, 2 * len(rows))
    out = tmp_path / "day.csv"
    run("export", "--store", str(store), "--vehicle", "TS02", "--day", "2026-11-30", "--out", str(out))
    back = read_telemetry(out)
    assert back.exclusions == ()
    for name in ("time_s", "speed_m_s", "current_a", "section"):
        np.testing.assert_allclose(back.rows[name], rows[name])
    run("export", "--store", str(store), "--raw", "--out", str(tmp_path / "raw.parquet"))
    assert len(pd.read_parquet(tmp_path / "raw.parquet")) == 2 * len(rows)
    removed = json.loads(run("forget", "--store", str(store), "--before", "2027-01-01", "--yes", "--json"))
    assert removed == {"vehicle_days": 2, "rows": 2 * len(rows), "quarantined": 0}


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    rows = recorded_train(hours=0.1)
    rows.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "b.csv").write_text("nothing,of,this\n1,2,3\n")
    text = (tmp_path / "a.csv").read_text().splitlines()
    text[4] = text[4].replace("TS01", "")
    text[5] += ",1"
    (tmp_path / "a.csv").write_text("\n".join(text))
    mapping, store = tmp_path / "m.yaml", tmp_path / "store"
    mapping.write_text(own_mapping_text())
    result = CliRunner().invoke(
        app, ["telemetry", "ingest", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--mapping", str(mapping),
              "--store", str(store)],
    )  # fmt: skip
    assert result.exit_code == 2
    assert "b.csv" in result.stderr
    assert "2 in quarantine" in " ".join(result.stdout.split())
    shown = json.loads(run("quarantine", "--store", str(store), "--json"))
    assert shown["rows"] == 2
    assert shown["reasons"] == {"the row does not have 14 cells": 1, "vehicle is blank": 1}
    assert {one["original"] for one in shown["first"]} == {text[4], text[5]}
    assert "vehicle is blank" in run("quarantine", "--store", str(store))


def test_wrong_options_are_one_message(tmp_path: Path) -> None:
    run("export", "--store", str(tmp_path), "--out", str(tmp_path / "x.csv"), code=2)
    run("export", "--store", str(tmp_path), "--out", str(tmp_path / "x.doc"), "--day", "today", code=2)
    run("quarantine", "--store", str(tmp_path / "none"), code=2)
    run("map", str(tmp_path / "none.csv"), "--line", "l", code=2)
    run("map", str(tmp_path / "none.csv"), "--line", "l", "--zone", "Mars", code=2)
    run("forget", "--store", str(tmp_path), "--before", "soon", code=2)
    mapping = tmp_path / "m.yaml"
    mapping.write_text(own_mapping_text())
    run("ingest", str(tmp_path / "none"), "--mapping", str(mapping), "--store", str(tmp_path / "s"), code=2)
    run("ingest", str(mapping), "--mapping", str(mapping), "--available-at", "2026-11-30", "--store", "s", code=2)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("status", "--day", "today"), "--day"),
        (("receive", "ftp://a.example"), "URL"),
        (("receive", "mqtt://a.example"), "--topic"),
        (("receive", "https://a.example/b", "--topic", "c"), "--topic"),
    ],
)
def test_the_option_that_is_wrong_is_named(tmp_path: Path, words: tuple[str, ...], field: str) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text(own_mapping_text())
    files = ("--mapping", str(mapping)) if words[0] == "receive" else ()
    result = CliRunner().invoke(app, ["telemetry", *words, *files, "--store", str(tmp_path / "s")])
    assert result.exit_code == 2
    assert "1 fault in the input" in result.output
    assert f"{field}: " in result.output


def test_the_status_names_a_clock_that_is_wrong(tmp_path: Path) -> None:
    mapping, store = tmp_path / "m.yaml", tmp_path / "store"
    mapping.write_text(own_mapping_text().replace("Asia/Shanghai", "UTC"))
    for name, rows in fleet_day(0, 3, hours=2.2).items():
        shifted = rows.assign(time_s=rows["time_s"] + 5.0) if name == "V1" else rows
        shifted.drop(columns=["instant_ms", "flags"]).to_csv(tmp_path / f"{name}.csv", index=False)
        run("ingest", str(tmp_path / f"{name}.csv"), "--mapping", str(mapping), "--store", str(store), "--json")
    shown = json.loads(run("status", "--store", str(store), "--wrong", "--json"))
    (day,) = shown["days"]
    (finding,) = day["findings"]
    assert (day["vehicle"], finding["kind"]) == ("V1", "clock_offset")
    assert abs(finding["amount"] - 5.0) < 0.2
    assert "1 finding." in run("status", "--store", str(store))
