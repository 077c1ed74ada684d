"""A line that begins with a CSV timetable."""

from pathlib import Path

import pytest

from energy_models.faults import Fault, InputFaults
from scenarios.imports.timetable_csv import TimetableReading, line_of_csv

ROWS = """trip_id,direction,station,station_name,arrival,departure
a,up,HAR,Harbour,,07:00:00
a,up,MKT,Market,07:02:00,07:02:30
a,up,AIR,Airfield,07:05:00,
b,down,AIR,Airfield,,07:10:00
b,down,MKT,Market,07:12:30,07:13:00
b,down,HAR,Harbour,07:15:00,
"""


def test_a_line_is_named_by_its_ends_and_not_by_the_file(tmp_path: Path) -> None:
    file = tmp_path / "export_2026-11_final(2).csv"
    file.write_text(ROWS, encoding="utf-8")
    line = line_of_csv(file)
    assert line.title == "Line Harbour to Airfield"
    assert file.name in line.source


def faults(path: Path, text: str, encoding: str = "utf-8") -> list[Fault]:
    path.write_bytes(text.encode(encoding))
    with pytest.raises(InputFaults) as caught:
        line_of_csv(path)
    return list(caught.value.faults)


def test_headers_numbers_and_directions_of_another_language(tmp_path: Path) -> None:
    file = tmp_path / "tag.csv"
    text = (
        "Zug-Nr.;Richtung;Bahnhof;Ankunft;Abfahrt;km;Gleis\n1;hin;Zürich;;6:00;0,0;1\n1;hin;Köln;6:02;6:03;1,5;2\n"
        "1;hin;Öhringen;6:05;;3,25;1\n2;rück;Öhringen;;0,2569444;;\n2;rück;KÖLN;6:12;6:13;;\n2;rück;Zürich;6:15;;;\n"
    )
    file.write_bytes(text.encode("cp1252"))
    line = line_of_csv(file)
    assert [(station.name, station.chainage_m) for station in line.stations] == [
        ("Zürich", 0), ("Köln", 1500), ("Öhringen", 3250),
    ]  # fmt: skip
    assert line.departure_s == {"up": (21600,), "down": (22200,)}
    notes = " / ".join(line.notes)
    for words in ("text in Windows-1252", "separated by semicolon", "decimal comma", '"Zug-Nr." as trip_id',
                  '"hin" as up', "not used: Gleis", '"KÖLN" read as "Köln"'):  # fmt: skip
        assert words in notes


def test_a_mistyped_station_is_a_fault_with_row_trip_and_station(tmp_path: Path) -> None:
    more = "".join(ROWS.split("\n", 1)[1].replace("a,up", f"a{k},up").replace("b,down", f"b{k},down") for k in range(6))
    file = tmp_path / "t.csv"
    wrong = "c,up,HAR,Harbour,,08:00:00\nc,up,MKTT,Markt,08:02:00,08:02:30\nc,up,AIR,Airfield,08:05:00,\n"
    (fault,) = faults(file, ROWS + more + wrong)
    assert (fault.place, fault.field, fault.value) == ("row 45 (trip c, station MKTT)", "station", "MKTT")
    assert "did you mean Market" in fault.allowed


def test_a_wrong_separator_and_a_wrong_header_are_few_faults(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path / "t.csv", ROWS.replace(",", ":"))
    assert fault.value.startswith("one cell: trip_id:direction")
    found = faults(tmp_path / "t.csv", ROWS.replace("arrival", "arival"))
    assert [fault.field for fault in found] == ["arrival"]


def test_an_encoding_that_is_not_clear_names_the_option(tmp_path: Path) -> None:
    text = ROWS.replace("Harbour", "서면").replace("Market", "부산").replace("Airfield", "노포")
    (fault,) = faults(tmp_path / "t.csv", text, "euc_kr")
    assert fault.value == "can be GB18030 or EUC-KR"
    assert "--encoding" in fault.allowed
    line = line_of_csv(tmp_path / "t.csv", reading=TimetableReading("euc_kr"))
    assert [station.name for station in line.stations] == ["서면", "부산", "노포"]


def test_two_files_are_one_timetable(tmp_path: Path) -> None:
    header, *rows = ROWS.splitlines(keepends=True)
    (tmp_path / "up.csv").write_text(header + "".join(rows[:3]), encoding="utf-8")
    (tmp_path / "down.csv").write_text(header + "".join(rows[3:]), encoding="utf-8")
    (tmp_path / "both.csv").write_text(ROWS, encoding="utf-8")
    line, both = line_of_csv([tmp_path / "up.csv", tmp_path / "down.csv"]), line_of_csv(tmp_path / "both.csv")
    assert line.departure_s == both.departure_s
    assert line.source == "CSV timetable up.csv and down.csv"


def test_trips_of_two_files_may_have_the_same_numbers(tmp_path: Path) -> None:
    header, *rows = ROWS.splitlines(keepends=True)
    (tmp_path / "up.csv").write_text(header + "".join(rows[:3]), encoding="utf-8")
    (tmp_path / "down.csv").write_text(header + "".join(rows[3:]).replace("b,down", "a,down"), encoding="utf-8")
    line = line_of_csv([tmp_path / "up.csv", tmp_path / "down.csv"])
    assert line.departure_s == {"up": (25200,), "down": (25800,)}
    with pytest.raises(InputFaults, match="each trip in one file"):
        line_of_csv([tmp_path / "up.csv", tmp_path / "down.csv", tmp_path / "down.csv"])


def test_train_numbers_beside_trips_travel(tmp_path: Path) -> None:
    """The timetable of a plan has both; in a table without trips, a train number is the trip."""
    file = tmp_path / "timetable.csv"
    header, *rows = ROWS.splitlines()
    file.write_text("\n".join([f"{header},train_number", *(f"{row},00{row[0]}7" for row in rows)]) + "\n")
    line = line_of_csv(file)
    assert {trip.trip_id: trip.train_number for trip in line.trips} == {"a": "00a7", "b": "00b7"}
    assert line.origin is not None
    assert (line.origin.format, line.origin.file) == ("csv", "timetable.csv")
    file.write_text(ROWS.replace("trip_id", "Train number"))
    assert {trip.trip_id: trip.train_number for trip in line_of_csv(file).trips} == {"a": "", "b": ""}
