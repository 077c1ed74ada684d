"""Scenario tables in other encodings, with other separators and headers, and in workbooks: the same scenario."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.faults import InputFaults
from scenarios.files.load import FILE, faults_of, load_scenario, notes_of_tables
from scenarios.files.source_positions import yaml_tree
from scenarios.schema import Scenario

Edited = Callable[..., Path]
Loaded = Callable[[str], Scenario]


def cells(file: Path) -> list[list[str]]:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.reader(lines))


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030", "cp932"])
def test_encodings_and_semicolons_give_the_same_scenario(codec: str, edited: Edited, loaded: Loaded) -> None:
    name = "東京" if codec == "cp932" else "北京"
    folder = edited("tutorial_line", [("stations.csv", "Harbour", name)])
    rows = cells(folder / "stations.csv")
    rows[0][2] = "Chainage (km)"
    for row in rows[1:]:
        row[2] = f"{float(row[2]) / 1000:.3f}".replace(".", ",")
    text = "\r\n".join(";".join(row) for row in rows)
    (folder / "stations.csv").write_bytes(text.encode(codec))
    found = load_scenario(folder)
    assert found.stations[0].name == name
    assert [station.chainage_m for station in found.stations] == [
        station.chainage_m for station in loaded("tutorial_line").stations
    ]
    notes = notes_of_tables(folder)
    assert 'stations.csv: columns read: "Chainage (km)" as chainage_m (times 1000)' in notes
    assert "stations.csv: decimal comma" in notes
    assert "stations.csv: cells separated by semicolon" in notes
    assert any("text in" in note for note in notes) == (codec != "utf-8-sig")


def test_a_workbook_in_place_of_csv_gives_the_same_hash(edited: Edited, loaded: Loaded) -> None:
    edits = [(FILE, f"{name}: {name}.csv", f"{name}: line.xlsx#{name.title()}") for name in ("stations", "gradients")]
    folder = edited("tutorial_line", edits)
    book = openpyxl.Workbook()
    for title in ("Stations", "Gradients"):
        sheet = book.create_sheet(title)
        for row in cells(folder / f"{title.lower()}.csv"):
            sheet.append([float(cell) if cell.lstrip("-").replace(".", "").isdigit() else cell for cell in row])
    book.save(folder / "line.xlsx")
    assert load_scenario(folder).hash == loaded("tutorial_line").hash
    faulty = book["Stations"]
    faulty["C3"] = "x"
    book.save(folder / "line.xlsx")
    (fault,) = faults_of(folder)
    assert (fault.file, fault.place, fault.field, fault.value) == ("line.xlsx#Stations", "row 3", "chainage_m", "x")


def test_bundled_lines_need_no_notes() -> None:
    assert notes_of_tables("tutorial_line") == notes_of_tables("beijing_yizhuang") == ()


def test_the_check_shows_how_tables_were_read(edited: Edited) -> None:
    folder = edited("tutorial_line", [])
    text = (folder / "curves.csv").read_text(encoding="utf-8")
    (folder / "curves.csv").write_text(text.replace(",", ";"), encoding="utf-8")
    result = CliRunner().invoke(app, ["scenario", "check", str(folder), "--json"])
    assert json.loads(result.stdout)["notes"] == ["curves.csv: cells separated by semicolon"]


@pytest.mark.parametrize("separator", [":", " ", "/"])
def test_a_wrong_separator_is_one_fault(separator: str, edited: Edited) -> None:
    folder = edited("tutorial_line", [])
    for name in ("curves.csv", "gradients.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        body = "\n".join(line.replace(",", separator) for line in text.splitlines() if not line.startswith("#"))
        (folder / name).write_text(body, encoding="utf-8")
    faults = [fault for fault in faults_of(folder) if fault.file.endswith(".csv")]
    assert [fault.file for fault in faults] == ["curves.csv", "gradients.csv"]
    assert all(fault.value.startswith("one cell: from_m") and "semicolons" in fault.allowed for fault in faults)


def test_a_header_with_another_separator_than_the_rows_is_one_fault(edited: Edited) -> None:
    folder = edited("tutorial_line", [("curves.csv", "from_m,to_m,radius_m", "from_m;to_m;radius_m")])
    (fault,) = [fault for fault in faults_of(folder) if fault.file == "curves.csv"]
    assert fault.value == "1 cells in each of 3 rows"


def test_a_pipe_in_place_of_a_file_does_not_block(edited: Edited, tmp_path: Path) -> None:
    folder = edited("tutorial_line", [])
    (folder / "curves.csv").unlink()
    os.mkfifo(folder / "curves.csv")
    assert [(fault.file, fault.value) for fault in faults_of(folder)] == [("curves.csv", "a named pipe")]
    os.mkfifo(tmp_path / "fixes.yaml")
    from scenarios.requests.fixes import read_fixes

    with pytest.raises(InputFaults) as caught:
        read_fixes(tmp_path / "fixes.yaml")
    assert [fault.value for fault in caught.value.faults] == ["a named pipe"]
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)
    assert len(faults_of(folder)) == 1


def test_aliases_that_repeat_each_other_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 40)]
    with pytest.raises(InputFaults) as caught:
        yaml_tree("\n".join(lines), "scenario.yaml")
    assert [fault.value for fault in caught.value.faults] == ["aliases that repeat each other"]
    chain = ["a0: &a0 [x]", *(f"a{k}: &a{k} [*a{k - 1}]" for k in range(1, 200))]
    with pytest.raises(InputFaults) as caught:
        yaml_tree("\n".join(chain), "scenario.yaml")
    assert [fault.value for fault in caught.value.faults] == ["nested too deeply"]


def test_ordinary_aliases_are_read() -> None:
    text = "limits: &limits {up: 50, down: [1, 2]}\nday: *limits\nnight: *limits\n"
    assert yaml_tree(text, "a.yaml").plain()["night"] == {"up": 50, "down": [1, 2]}
