"""Rows of tables: separators, decimal marks, line ends, and files that are no tables."""

import os
import socket
from pathlib import Path

import pytest

from energy_models.faults import Fault
from energy_models.tables.rows import TableForm, TableRows, read_rows, rows_of_text
from energy_models.tables.stored_bytes import stored_bytes

COLUMNS = {"station", "chainage_m", "name"}
FORM = TableForm(score=lambda header: len({cell.strip() for cell in header} & COLUMNS))


def rows(text: str, form: TableForm = FORM) -> TableRows:
    faults: list[Fault] = []
    found = rows_of_text(text, "t.csv", faults, form)
    assert found is not None, faults
    return found


@pytest.mark.parametrize(
    ("separator", "words"), [(",", ()), (";", ("cells separated by semicolon",)), ("\t", ("cells separated by tab",)),
                             ("|", ("cells separated by vertical bar",))],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_found(separator: str, words: tuple[str, ...], ending: str) -> None:
    lines = [["station", "name"], ["A", "Alder, old; new"], ["B", 'The "B"']]
    text = ending.join(separator.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) for line in lines)
    found = rows(text)
    assert found.records == ((1, lines[0]), (2, lines[1]), (3, lines[2]))
    assert found.notes == words


def test_known_columns_decide_before_the_shape() -> None:
    assert rows("station;name\nA;1,2,3\nB;1,2,3\n").separator == ";"
    assert rows("x;y,station,z\n1;1,2,3\n").separator == ","


def test_without_known_columns_even_rows_decide() -> None:
    assert rows("Line 1, day\nA;06:00;06:10\nB, old;06:05;06:15\nC;06:09;06:19\n", TableForm()).separator == ";"


def test_excels_own_line_states_the_separator() -> None:
    found = rows("sep=;\r\nstation;name\r\nA;b,c,d\r\n")
    assert found.records == ((2, ["station", "name"]), (3, ["A", "b,c,d"]))


def test_decimal_commas_are_read_where_they_are_clear() -> None:
    found = rows("station;chainage_m\nA;0,000\nB;1.234,500\nC;-2,5\nD;Street 1,5\n")
    assert [cells[1] for _, cells in found.records[1:]] == ["0.000", "1234.500", "-2.5", "Street 1,5"]
    assert "decimal comma" in found.notes


@pytest.mark.parametrize("numbers", [("1,234", "2,500"), ("1,5", "2.5")])
def test_a_decimal_mark_that_is_not_clear_is_one_fault(numbers: tuple[str, str]) -> None:
    faults: list[Fault] = []
    assert rows_of_text(f"station;chainage_m\nA;{numbers[0]}\nB;{numbers[1]}\n", "t.csv", faults, FORM) is None
    assert len(faults) == 1
    assert "decimal mark" in faults[0].allowed


def test_a_quotation_mark_that_is_never_closed_is_one_fault() -> None:
    faults: list[Fault] = []
    assert rows_of_text('station,name\nA,"' + "b,c\n" * 50_000, "t.csv", faults, FORM) is None
    assert len(faults) == 1


def test_comments_keep_the_count_of_lines() -> None:
    found = rows("# a, b; c\nstation,name\n# none\nA,x\n", TableForm(comments=True, score=FORM.score))
    assert found.records == ((2, ["station", "name"]), (4, ["A", "x"]))


def test_pipes_devices_folders_and_sockets_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tmp_path)  # the name of a socket must be short
    try:
        listener.bind("socket.csv")
    finally:
        os.chdir(here)
    for path, kind in (
        (tmp_path / "pipe.csv", "a named pipe"),
        (tmp_path / "socket.csv", "a socket"),
        (tmp_path, "a folder"),
        (Path(os.devnull), "a device"),
        (Path("/dev/zero"), "a device"),
    ):
        faults: list[Fault] = []
        assert read_rows(path, "t.csv", "a table", faults) is None
        assert [fault.value for fault in faults] == [kind]
    listener.close()


def test_large_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as written:
        written.truncate(10**12)  # a file with a hole needs no space
    faults: list[Fault] = []
    assert read_rows(file, "large.csv", "a table", faults) is None
    assert "1,000,000 MB" in faults[0].value
    assert "at most 200 MB" in faults[0].allowed
    assert stored_bytes(file, "large.csv", "a table", [], most=10) is None


def test_a_link_to_a_missing_file_and_a_name_with_nul_are_faults(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "missing")
    for path in (tmp_path / "link.csv", tmp_path / "a\0b.csv"):
        faults: list[Fault] = []
        assert read_rows(path, "t.csv", "a table", faults) is None
        assert len(faults) == 1
