"""`headwatt sweep` as a person types it: resumed after kill -9, the same on any engine, with table and pictures."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from typer.testing import CliRunner

from api.cli.main import app

STUDY = """\
title: Passengers and noise
scenario: tutorial_line
factors:
  disturbances.dwell_noise_s: [0, 3]
  demand.scale: {levels: [0.9, 1.1], relative: true}
replications: 3
seed: 4
"""


def printed(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["sweep", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sweep") / "study.yaml"
    file.write_text(STUDY, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def alone(study: Path) -> tuple[Path, dict[str, Any]]:
    """The sweep by one process without interruption: its folder and its output."""
    out = study.parent / "alone"
    return out, printed(str(study), "--out", str(out), "--workers", "1")


def test_a_controller_has_days_of_its_own(study: Path, alone: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    out = tmp_path / "even"
    shutil.copytree(alone[0], out)
    reported = printed(str(study), "--out", str(out), "--workers", "1", "--controller", "even")
    assert (reported["controller"], reported["days_reused"]) == ("even", 0)
    noisy, nobodys = reported["rows"][2], alone[1]["rows"][2]
    assert noisy["headway_variation"] != nobodys["headway_variation"]


def test_a_table_a_page_and_pictures_come_out(alone: tuple[Path, dict[str, Any]]) -> None:
    out, reported = alone
    table = pd.read_csv(out / "table.csv")
    assert len(table) == len(reported["rows"]) == 4
    assert list(table["disturbances.dwell_noise_s"]) == [0, 0, 3, 3]
    quiet, noisy = reported["rows"][0], reported["rows"][2]
    assert quiet["energy_kwh_low"] == pytest.approx(quiet["energy_kwh"]) == pytest.approx(quiet["energy_kwh_high"])
    assert noisy["energy_kwh_low"] < noisy["energy_kwh"] < noisy["energy_kwh_high"]
    assert "Passengers and noise" in (out / "report.html").read_text(encoding="utf-8")
    picture = ElementTree.parse(out / "energy_kwh.svg").getroot()
    assert len(picture.findall(".//{http://www.w3.org/2000/svg}circle")) == 4 + 2  # means, and the legend
    days = pd.concat(pd.read_parquet(file) for file in (out / "days").iterdir())
    assert len(days) == 12
    assert {"demand.scale", "timetable", "energy.energy_kwh", "service.mean_waiting_s"} <= set(days.columns)


def test_a_sweep_that_is_done_does_nothing_again(study: Path, alone: tuple[Path, dict[str, Any]]) -> None:
    out, reported = alone
    again = printed(str(study), "--out", str(out))
    assert again["days_reused"] == 12
    assert again["rows"] == reported["rows"]


@pytest.mark.many_cases
def test_a_killed_sweep_goes_on_where_it_was(study: Path, alone: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """kill -9 as soon as the first batch lies in the data set; its workers end by themselves."""
    out = tmp_path / "killed"
    code = (
        "import simulation.runs.day_store as s; s.BATCH_S = 0.0\n"  # each batch is written at once
        "from api.cli.main import run; run()"
    )
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "sweep", str(study), "--out", str(out), "--workers", "2"],
        env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120.0
    while not list((out / "days").glob("days-*.parquet")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the sweep ended before it could be killed"
    (out / "days" / ".days-half.parquet.1.part").write_bytes(b"PAR1 and no more")
    resumed = printed(str(study), "--out", str(out))
    assert 0 < resumed["days_reused"] < 12
    assert resumed["rows"] == alone[1]["rows"]


def test_a_longer_sweep_reuses_the_days_of_the_shorter_one(alone: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    longer = tmp_path / "longer.yaml"
    longer.write_text(STUDY.replace("replications: 3", "replications: 4"), encoding="utf-8")
    dry = printed(str(longer), "--out", str(alone[0]), "--dry-run")
    assert (len(dry["cases"]), dry["days"], dry["days_known"]) == (4, 16, 12)
    assert dry["estimated_s"] > 0.0


def test_a_plan_that_is_requested_must_be_named(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(STUDY + "timetable: [plan]\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["sweep", str(file)])
    assert result.exit_code == 2
    assert "--plan" in " ".join(result.output.split())


def test_faults_of_the_file_end_with_exit_code_2(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("scenario: tutorial_line\nfactors:\n  demand.scael: [1]\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["sweep", str(file)])
    assert result.exit_code == 2
    assert "did you mean scale" in " ".join(result.output.split())
