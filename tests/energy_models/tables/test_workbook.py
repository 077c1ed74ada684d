"""Sheets of XLSX workbooks as rows, and archives that are refused before they are unpacked."""

import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

from energy_models.faults import Fault
from energy_models.tables import workbook
from energy_models.tables.rows import read_rows
from energy_models.tables.workbook import cell_text, column_letters


def stored(rows: Sequence[Sequence[object]], path: Path, sheet: str = "Day", further: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    for title in further:
        book.create_sheet(title).append([title])
    book.save(path)
    return path


def faults_of(path: Path) -> list[Fault]:
    faults: list[Fault] = []
    assert read_rows(path, path.name, "a table", faults) is None
    return faults


def test_cells_become_texts(tmp_path: Path) -> None:
    path = stored(
        [
            ["train", "time", "km"],
            ["A", datetime.time(6, 5), 1],
            ["B", datetime.timedelta(hours=24, minutes=10), 2.5],
            ["C", 0.25, 3.0],
            [None, None, None],
            ["D", datetime.datetime(2026, 3, 4, 6, 5, 30), True],
        ],
        tmp_path / "day.xlsx",
    )
    faults: list[Fault] = []
    found = read_rows(path, "day.xlsx", "a table", faults)
    assert found is not None
    assert found.records == (
        (1, ["train", "time", "km"]),
        (2, ["A", "06:05:00", "1"]),
        (3, ["B", "24:10:00", "2.5"]),
        (4, ["C", "0.25", "3"]),
        (6, ["D", "2026-03-04 06:05:30", "true"]),
    )
    assert found.notes == ("sheet Day of a workbook",)


def test_a_time_past_midnight_without_a_date_continues_above_24() -> None:
    from openpyxl.utils.datetime import from_excel

    assert cell_text(from_excel(1.25)) == "30:00:00"
    assert cell_text(from_excel(0.25)) == "06:00:00"


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = stored([["first"]], tmp_path / "day.xlsx", further=("Saturday", "星期日"))
    faults: list[Fault] = []
    first = read_rows(path, "day.xlsx", "a table", faults)
    assert first is not None
    assert first.notes == ("sheet Day of a workbook; the sheets Saturday, 星期日 were not read",)
    for wanted in ("Saturday", "saturday", "星期日"):
        found = read_rows(tmp_path / f"day.xlsx#{wanted}", "day.xlsx", "a table", faults)
        assert found is not None
        assert found.records[0][1][0].casefold() == wanted.casefold()
    assert read_rows(tmp_path / "day.xlsx#Sunday", "day.xlsx", "a table", faults) is None
    assert [(fault.field, fault.value) for fault in faults] == [("sheet", "Sunday")]
    assert "Day, Saturday, 星期日" in faults[0].allowed


def test_a_formula_without_a_result_is_a_fault_with_its_cell(tmp_path: Path) -> None:
    path = stored([["a", "b"], [1, "=A2*2"], [2, 3]], tmp_path / "day.xlsx")
    (fault,) = faults_of(path)
    assert (fault.place, fault.field, fault.value) == ("row 2", "column B", "=A2*2")


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_archives_that_expand_too_far_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_nothing(*_: object) -> None:
        raise AssertionError("the archive was unpacked")

    path = stored([["a"]], tmp_path / "bomb.xlsx")
    rewritten(path, lambda members: members.update({"xl/media/zeros.bin": bytes(30_000_000)}))
    monkeypatch.setattr(zipfile.ZipFile, "open", read_nothing)
    (fault,) = faults_of(path)
    assert "times as large when it is unpacked" in fault.value
    monkeypatch.setattr(workbook, "MOST_UNPACKED_BYTES", 1_000_000)
    (fault,) = faults_of(path)
    assert "30 MB when it is unpacked" in fault.value


def test_archives_with_many_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(workbook.MOST_ENTRIES + 1):
            archive.writestr(f"xl/{number}.xml", b"")
    (fault,) = faults_of(path)
    assert "2,001 files" in fault.value


def test_definitions_of_entities_are_refused(tmp_path: Path) -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

    def change(members: dict[str, bytes]) -> None:
        sheet = members["xl/worksheets/sheet1.xml"]
        members["xl/worksheets/sheet1.xml"] = b"<?xml version='1.0'?>" + laughs + sheet

    (fault,) = faults_of(rewritten(stored([["a"]], tmp_path / "laughs.xlsx"), change))
    assert (fault.field, fault.value) == ("xl/worksheets/sheet1.xml", "a document type")


def test_a_sheet_that_claims_the_whole_grid_is_read_by_its_cells(tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        sheet = members["xl/worksheets/sheet1.xml"]
        members["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:A1"', b'ref="A1:XFD1048576"', 1)

    path = rewritten(stored([["a"]], tmp_path / "grid.xlsx"), change)
    faults: list[Fault] = []
    found = read_rows(path, "grid.xlsx", "a table", faults)
    assert found is not None
    assert found.records == ((1, ["a"]),)


def test_too_many_cells_are_one_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_CELLS", 10)
    (fault,) = faults_of(stored([["a", "b", "c"]] * 5, tmp_path / "day.xlsx"))
    assert (fault.place, fault.value) == ("row 3", "too many cells")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (workbook.OLD_WORKBOOK + bytes(600), ".xls"),
        (workbook.ARCHIVE + b"nothing", "zip"),
    ],
)
def test_other_forms_and_damaged_files_are_one_fault(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "day.xlsx"
    path.write_bytes(content)
    (fault,) = faults_of(path)
    assert words in fault.value


def test_a_plain_archive_is_no_workbook(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("stops.txt", "a,b\n")
    (tmp_path / "feed.csv").write_bytes(stream.getvalue())
    (fault,) = faults_of(tmp_path / "feed.csv")
    assert fault.value == "a ZIP archive"


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
