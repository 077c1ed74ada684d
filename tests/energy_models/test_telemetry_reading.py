"""Reading telemetry: every row is used or counted, every fault of a file is told at once."""

from pathlib import Path

import pytest

from energy_models.faults import InputFaults
from energy_models.telemetry.columns import COLUMN_NAMES
from energy_models.telemetry.reading import read_telemetry

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
        ("time_s is not later than in the vehicle's row before", (11,)),
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


def test_every_missing_column_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputFaults) as fault:
        read_telemetry(write(tmp_path, ["1,2,3"], "time_s,speed_m_s,speed_m_s"))
    told = {one.field for one in fault.value.faults}
    assert told == set(COLUMN_NAMES) - {"time_s"}
    assert "stands 2 times" in str(fault.value)


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
def test_what_is_no_csv_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(InputFaults):
        read_telemetry(file)


def test_a_header_without_rows_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFaults, match="at least one row"):
        read_telemetry(_header_only(tmp_path))
    with pytest.raises(InputFaults, match="can be read"):
        read_telemetry(tmp_path / "nowhere.csv")


def _header_only(tmp_path: Path) -> Path:
    file = tmp_path / "header.csv"
    file.write_text(",".join(COLUMN_NAMES) + "\n", encoding="utf-8")
    return file
