"""Reading telemetry: every row is used or counted, every fault of a file is reported at once."""

import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from energy_models.faults import InputFaults
from energy_models.telemetry.columns import COLUMN_NAMES
from energy_models.telemetry.quality import read_telemetry

GOOD = "{},V1,up-001,up,0,12.5,3.25,traction,0,0,812,1250,32000,18.5"


def write(tmp_path: Path, lines: list[str], header: str = ",".join(COLUMN_NAMES)) -> Path:
    file = tmp_path / "telemetry.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return file


def test_good_rows_become_numbers(tmp_path: Path) -> None:
    telemetry = read_telemetry(write(tmp_path, [GOOD.format(t) for t in (100, 101, 102)]))
    assert telemetry.rows_read == 3
    assert telemetry.exclusions == ()
    assert telemetry.rows["time_s"].tolist() == [100.0, 101.0, 102.0]
    assert telemetry.rows["current_a"].tolist() == [1250.0] * 3
    assert len(telemetry.sha256) == 64


def test_bad_rows_are_counted_by_reason_with_their_lines(tmp_path: Path) -> None:
    lines = [GOOD.format(100 + t) for t in range(40)]
    lines[3] = GOOD.format(103).replace(",1250,", ",,")
    lines[5] = GOOD.format(105).replace("3.25", "fast")
    lines[7] = GOOD.format(107).replace("3.25", "88")
    lines[9] = GOOD.format(95)
    lines[11] = GOOD.format(111).replace("traction", "flying")
    lines[13] = GOOD.format(113).replace("812", "inf")
    telemetry = read_telemetry(write(tmp_path, lines))
    assert {(one.reason, one.first_lines) for one in telemetry.exclusions} == {
        ("current_a is blank", (5,)),
        ("speed_m_s is not a number", (7,)),
        ("speed_m_s is not from 0 to 60", (9,)),
        ("time_s is not later than in the previous row of the vehicle", (11,)),
        ("state is not stand or traction or coast or brake", (13,)),
        ("voltage_v is not a number", (15,)),
    }
    assert len(telemetry.rows) + sum(one.rows for one in telemetry.exclusions) == telemetry.rows_read == 40


def test_one_wild_time_does_not_condemn_the_rows_after_it(tmp_path: Path) -> None:
    lines = [GOOD.format(100 + t) for t in range(20)]
    lines[4] = GOOD.format(999_999)
    telemetry = read_telemetry(write(tmp_path, lines))
    assert [one.rows for one in telemetry.exclusions] == [1]


def test_vehicles_may_be_interleaved(tmp_path: Path) -> None:
    lines = [GOOD.format(t).replace("V1", v) for t in (5, 6, 7) for v in ("V2", "V1")]
    telemetry = read_telemetry(write(tmp_path, lines))
    assert telemetry.exclusions == ()
    assert telemetry.rows["vehicle"].tolist() == ["V1"] * 3 + ["V2"] * 3


def test_every_missing_column_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as fault:
        read_telemetry(write(tmp_path, ["1,2,3"], "time_s,speed_m_s,speed_m_s"))
    reported = {one.field for one in fault.value.faults}
    assert reported == set(COLUMN_NAMES) - {"time_s"}
    assert "2 times in the header" in str(fault.value)


def test_a_file_of_mostly_bad_rows_is_refused_with_all_reasons(tmp_path: Path) -> None:
    lines = [GOOD.format(t) for t in range(10)]
    lines[2] = lines[3] = GOOD.format(3).replace("3.25", "-1")
    lines[6] = lines[7] = GOOD.format(7).replace(",up,", ",north,")
    with pytest.raises(InputFaults) as fault:
        read_telemetry(write(tmp_path, lines))
    assert len(fault.value.faults) == 2
    assert "line 4, 5: 2 of 10 rows" in str(fault.value)
    assert "direction must be up or down" in str(fault.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00bad", b'time_s\n"unclosed'])
def test_what_is_no_csv_is_reported(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(InputFaults):
        read_telemetry(file)


def test_a_header_without_rows_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="at least one row"):
        read_telemetry(_header_only(tmp_path))
    with pytest.raises(InputFaults, match="a readable CSV file"):
        read_telemetry(tmp_path / "nowhere.csv")


def _header_only(tmp_path: Path) -> Path:
    file = tmp_path / "header.csv"
    file.write_text(",".join(COLUMN_NAMES) + "\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_other_separators_decimal_commas_and_encodings(tmp_path: Path, separator: str, codec: str) -> None:
    lines = [",".join(COLUMN_NAMES), *(GOOD.format(t) for t in range(3))]
    file = tmp_path / "other.csv"
    text = "\r\n".join(line.replace(",", separator).replace(".", ",") for line in lines)
    file.write_bytes(text.encode(codec))
    found = read_telemetry(file)
    pd.testing.assert_frame_equal(found.rows, read_telemetry(write(tmp_path, lines[1:])).rows)
    words = "semicolon" if separator == ";" else "tab"
    expected = ("text in UTF-16",) if codec == "utf-16" else ()
    assert found.notes == (*expected, f"cells separated by {words}", "decimal comma")


def test_a_workbook_of_telemetry_and_a_wrong_separator(tmp_path: Path) -> None:
    lines = [GOOD.format(t) for t in range(3)]
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(list(COLUMN_NAMES))
    for line in lines:
        book.active.append([_number(cell) for cell in line.split(",")])
    book.save(tmp_path / "day.xlsx")
    pd.testing.assert_frame_equal(
        read_telemetry(tmp_path / "day.xlsx").rows, read_telemetry(write(tmp_path, lines)).rows
    )
    wrong = write(tmp_path, [line.replace(",", ":") for line in lines], ":".join(COLUMN_NAMES))
    with pytest.raises(InputFaults) as caught:
        read_telemetry(wrong)
    assert len(caught.value.faults) == 1
    assert "semicolons" in caught.value.faults[0].allowed


def _number(cell: str) -> object:
    try:
        return float(cell)
    except ValueError:
        return cell


def test_a_pipe_of_telemetry_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputFaults, match="a named pipe"):
        read_telemetry(tmp_path / "pipe.csv")
