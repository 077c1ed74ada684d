"""The one strict reader of CSV tables: every fault of a file at once, rows named by their line."""

from pathlib import Path

import pytest

from energy_models.faults import Fault, InputFaults
from scenarios.files.csv_rows import csv_table, read_csv, read_table_file, shortened


class Amount:
    """A column of amounts."""

    allowed = "a number, 0 or more"

    @staticmethod
    def parse(text: str) -> float:
        value = float(text)
        if not value >= 0.0:
            raise ValueError(text)
        return value


class Name(Amount):
    """A column of names."""

    allowed = "a text that is not empty"

    @staticmethod
    def parse(text: str) -> str:  # type: ignore[override]
        if not text:
            raise ValueError(text)
        return text


COLUMNS = {"name": Name(), "amount": Amount()}


def test_all_faults_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("name,amuont,colour\nA,1,red\n,2,red\nB,3\n\nC,4,red\n")
    with pytest.raises(InputFaults) as caught:
        read_csv(file, COLUMNS, "a table")
    assert [(fault.place, fault.field, fault.value) for fault in caught.value.faults] == [
        ("row 1", "amuont", "unknown column"),
        ("row 1", "colour", "unknown column"),
        ("row 3", "name", "empty"),
        ("row 4", "", "2 cells: B, 3"),
    ]
    assert all(fault.file == "table.csv" and fault.allowed for fault in caught.value.faults)


def test_a_sound_file_gives_its_values_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b'\xef\xbb\xbfamount , name\r\n 1.5, A\r\n,\r\n2,"B, the second"\r\n')
    assert read_csv(file, COLUMNS, "a table") == [
        {"row": 2, "amount": 1.5, "name": "A"},
        {"row": 4, "amount": 2.0, "name": "B, the second"},
    ]


@pytest.mark.parametrize(
    ("content", "place", "value"),
    [(None, "", "no such file"), (b"name\n\xff", "byte 5", "not UTF-8 text"), (b"", "row 1", "no header")],
)
def test_a_file_that_is_no_table_is_reported(tmp_path: Path, content: bytes | None, place: str, value: str) -> None:
    file = tmp_path / "table.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputFaults) as caught:
        read_csv(file, COLUMNS, "a table")
    (fault,) = caught.value.faults
    assert (fault.place, fault.value) == (place, value)


def test_comments_do_not_shift_the_lines_and_cells_may_have_several() -> None:
    faults: list[Fault] = []
    text = '# made by hand\nname,amount\n# none yet\n"two\nlines",1\nB\n'
    table = csv_table(text, "t.csv", faults, required=("name", "amount"), comments=True)
    assert table.header_place == "row 2"
    assert [(row.number, row.cells) for row in table.rows] == [(5, {"name": "two\nlines", "amount": "1"}), (6, None)]
    assert [(fault.place, fault.value) for fault in faults] == [("row 6", "1 cells: B")]


def test_short_rows_may_be_filled_and_columns_may_stand_twice() -> None:
    faults: list[Fault] = []
    table = csv_table("a,b,a\n1\n1,2,3,,\n1,2,3,4\n", "t.csv", faults, required=("a", "c"), pads=True)
    assert [row.cells for row in table.rows] == [{"a": "1", "b": ""}, {"a": "1", "b": "2"}, None]
    assert table.missing == ("c",)
    assert [(fault.field, fault.value) for fault in faults] == [
        ("a", "column given twice"),
        ("c", "column missing"),
        ("", "4 cells"),
    ]


def test_many_rows_with_one_fault_are_shortened() -> None:
    faults = [Fault("t.csv", f"row {number}", "a", "x", "a number") for number in range(2, 12)]
    reported = shortened(faults)
    assert len(reported) == 6
    assert reported[-1].value == "the same in 5 more rows"
    assert shortened(faults[:5]) == faults[:5]


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read_table_file(tmp_path, "t.csv", "a table", faults, required=("a",)) is None
    assert len(faults) == 1
