"""Operators' timetables with a column or a row for each train give the same trips as one row per stop."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from energy_models.faults import Fault, InputFaults
from scenarios.imports.line import ImportedLine
from scenarios.imports.patterns import SeenTrip
from scenarios.imports.timetable_csv import TimetableReading, line_of_csv
from scenarios.schema.base import seconds_to_clock

Rows = list[list[str]]

NAMES = ("Harbour", "Market", "Airfield")
UP = {"101": (21600, 21720, 21750, 21900), "103": (22200, 22330, 22350, 22500)}
DOWN = {"102": (22800, 22950, 22980, 23100), "104": (23400, 23550, 23580, 23700)}


def seen(paths: Path | Sequence[Path], **reading: bool) -> tuple[list[SeenTrip], ImportedLine]:
    """The trips of the line without their train numbers, and the line."""
    line = line_of_csv(paths, reading=TimetableReading(**reading))  # type: ignore[arg-type]
    return [replace(trip, train_number="") for trip in line.trips], line


def written(path: Path, rows: Rows, separator: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def long_rows() -> Rows:
    rows = [["trip_id", "direction", "station", "arrival", "departure"]]
    for way, trips, names in (("up", UP, NAMES), ("down", DOWN, NAMES[::-1])):
        for trip, times in trips.items():
            first, arrival, departure, last = map(seconds_to_clock, times)
            rows += [[trip, way, names[0], "", first], [trip, way, names[1], arrival, departure],
                     [trip, way, names[2], last, ""]]  # fmt: skip
    return rows


def station_rows(trips: dict[str, tuple[int, ...]], names: Sequence[str], arr: str, dep: str) -> Rows:
    """A row for each station; the middle one has rows for arrival and departure. `arr` and `dep` follow the name."""
    labels = [names[0] + dep, names[1] + arr, names[1] + dep, names[2] + arr]
    return [[label, *(seconds_to_clock(times[k]) for times in trips.values())] for k, label in enumerate(labels)]


def block(trips: dict[str, tuple[int, ...]], names: Sequence[str], corner: str = "Station",
          arr: str = " arr", dep: str = " dep") -> Rows:  # fmt: skip
    return [[corner, *trips], *station_rows(trips, names, arr, dep)]


def turned(rows: Rows) -> Rows:
    return [list(row) for row in zip(*rows, strict=True)]


COLUMN_PER_TRAIN = [["Up"], *block(UP, NAMES), [], ["Down"], *block(DOWN, NAMES[::-1])]
ROW_PER_TRAIN = [*turned(block(UP, NAMES, "Train")), *turned(block(DOWN, NAMES[::-1], "Train"))]
TWO_HEADERS = [
    ["Train", "Harbour", "Market", "", "Airfield"], ["", "dep", "arr", "dep", "arr"],
    *turned(station_rows(UP, NAMES, "", ""))[1:], ["Train", "Airfield", "Market", "", "Harbour"],
    ["", "dep", "arr", "dep", "arr"], *turned(station_rows(DOWN, NAMES[::-1], "", ""))[1:],
]  # fmt: skip
for _row, _trip in zip((2, 3, 6, 7), (*UP, *DOWN), strict=True):
    TWO_HEADERS[_row].insert(0, _trip)
CALL_COLUMN = [
    ["Train no.", "", *UP], ["Harbour", "dep", "06:00", "06:10"], ["Market", "arr", "06:02", "06:12:10"],
    ["", "dep", "06:02:30", "06:12:30"], ["Airfield", "arr", "06:05", "06:15"],
    ["Train no.", "", *DOWN], ["Airfield", "dep", "06:20", "06:30"], ["Market", "arr", "06:22:30", "06:32:30"],
    ["", "dep", "06:23", "06:33"], ["Harbour", "arr", "06:25", "06:35"],
]  # fmt: skip
FULL_WIDTH = [[cell.replace("06:", "０６：") for cell in row] for row in COLUMN_PER_TRAIN]


@pytest.mark.parametrize(
    "rows", [COLUMN_PER_TRAIN, ROW_PER_TRAIN, TWO_HEADERS, CALL_COLUMN, FULL_WIDTH],
    ids=["column per train", "row per train", "two header rows", "column of arr and dep", "full-width"],
)  # fmt: skip
def test_every_form_gives_the_trips_of_one_row_per_stop(rows: Rows, tmp_path: Path) -> None:
    expected, line = seen(written(tmp_path / "long.csv", long_rows()))
    found, same = seen(written(tmp_path / "grid.csv", rows))
    assert found == expected
    assert (same.stations, same.departure_s) == (line.stations, line.departure_s)
    assert [trip.train_number for trip in same.trips] == [trip.trip_id for trip in same.trips]
    assert any("for each train: 2 trains up and 2 trains down" in note for note in same.notes)


def test_chinese_and_japanese_tables(tmp_path: Path) -> None:
    names, others = ("徐家汇", "人民广场", "上海站"), ("渋谷", "表参道", "浅草")
    chinese = [
        ["上行"],
        *block(UP, names, "车次", " 到", " 发"),
        ["下行"],
        *block(DOWN, names[::-1], "车次", "到", "发"),
    ]
    trips, line = seen(written(tmp_path / "a.csv", chinese, ";", "gb18030"))
    assert [station.name for station in line.stations] == list(names)
    assert [trip.trip_id for trip in trips] == ["101", "103", "102", "104"]
    japanese = [
        ["下り"],
        *block(UP, others, "列車番号", "着", "発"),
        ["上り"],
        *block(DOWN, others[::-1], "列車番号", "着", "発"),
    ]
    trips, line = seen(written(tmp_path / "b.csv", japanese, "\t", "cp932"))
    assert [station.name for station in line.stations] == list(others[::-1])
    assert [trip.trip_id for trip in trips] == ["102", "104", "101", "103"]
    assert "b.csv: text in cp932" in line.notes


def test_a_workbook_with_a_sheet_for_each_direction(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, trips, names in (("Up", UP, NAMES), ("Down", DOWN, NAMES[::-1])):
        sheet = book.create_sheet(title)
        for row in block(trips, names):
            sheet.append([row[0], *(_day_fraction(cell) for cell in row[1:])])
    book.save(tmp_path / "day.xlsx")
    expected, _ = seen(written(tmp_path / "long.csv", long_rows()))
    found, line = seen([tmp_path / "day.xlsx#Up", tmp_path / "day.xlsx#Down"])
    assert found == expected
    assert "day.xlsx#Down: sheet Down of a workbook" in line.notes
    assert "day.xlsx#Down: read as a table with a column for each train: 2 trains down" in line.notes


@pytest.mark.parametrize("names", [("a.csv", "b.csv"), ("up.csv", "down.csv")])
def test_a_file_for_each_direction_without_directions_in_it(names: tuple[str, str], tmp_path: Path) -> None:
    expected, _ = seen(written(tmp_path / "long.csv", long_rows()))
    first = written(tmp_path / names[0], block(UP, NAMES))
    found, line = seen([first, written(tmp_path / names[1], block(DOWN, NAMES[::-1]))])
    assert found == expected
    assert f"{names[1]}: read as a table with a column for each train: 2 trains down" in line.notes


def _day_fraction(cell: str) -> object:
    parts = [int(part) for part in cell.split(":")]
    if len(parts) == 1:
        return parts[0]
    return (parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)) / 86400


def test_digits_as_times_beside_train_numbers_of_four_digits(tmp_path: Path) -> None:
    rows = [["Train", "1001", "1003"], ["A", "600", "0610"], ["B", "0602", "0612"], ["Train", "1002", "1004"],
            ["B", "0620", "0630"], ["A", "0622", "0632"]]  # fmt: skip
    trips, _ = seen(written(tmp_path / "t.csv", rows))
    assert [(trip.trip_id, trip.departure_s) for trip in trips][:2] == [
        ("1001", (21600.0, 21720.0)),
        ("1003", (22200.0, 22320.0)),
    ]
    same, _ = seen(written(tmp_path / "u.csv", [*turned(rows[:3]), *turned(rows[3:])]))
    assert same == trips


def test_vehicles_directions_and_distances_beside_the_times(tmp_path: Path) -> None:
    rows = [["Line M1", "", "", "", "", ""], ["Train no.", "", "1", "3", "2", "4"],
            ["Vehicle", "", "v1", "v2", "v1", "v2"], ["Direction", "", "up", "up", "down", "down"],
            ["Station", "km", "", "", "", ""],
            ["A", "0", "06:00", "06:10", "06:25", "06:35"], ["B", "1.25", "06:02", "06:12", "06:23", "06:33"],
            ["C", "2.5", "06:05", "06:15", "06:20", "06:30"], ["Valid on Sundays"]]  # fmt: skip
    trips, line = seen(written(tmp_path / "t.csv", rows))
    assert [(trip.trip_id, trip.stations, trip.vehicle) for trip in trips] == [
        ("1", ("A", "B", "C"), "v1"), ("3", ("A", "B", "C"), "v2"), ("2", ("C", "B", "A"), "v1"),
        ("4", ("C", "B", "A"), "v2"),
    ]  # fmt: skip
    assert [station.chainage_m for station in line.stations] == [0, 1250, 2500]
    assert any("decreasing times" in note for note in line.notes)
    assert any("row 9 was not used: Valid on Sundays" in note for note in line.notes)


@pytest.mark.parametrize("mark", ["", "-", "|", "...", "レ", "↓"])
def test_marks_of_trains_that_pass_make_expresses_which_are_named(mark: str, tmp_path: Path) -> None:
    rows = [["Station", "1", "3", "X"], ["A", "6:00", "6:10", "6:20"], ["B", "6:02", "6:12", mark],
            ["C", "6:05", "6:15", "6:24"], ["Station", "2", "4", "6"], ["C", "6:30", "6:40", "6:50"],
            ["B", "6:33", "6:43", "6:53"], ["A", "6:35", "6:45", "6:55"]]  # fmt: skip
    path = written(tmp_path / "t.csv", rows)
    (fault,) = faults(path)
    assert (fault.field, "X" in fault.value) == ("expresses", True)
    trips, line = seen(path, without_expresses=True)
    assert [trip.trip_id for trip in trips] == ["1", "3", "2", "4", "6"]
    assert any(note.startswith("left out:") and note.endswith("X") for note in line.notes)


def faults(path: Path | Sequence[Path], **reading: bool) -> list[Fault]:
    with pytest.raises(InputFaults) as caught:
        line_of_csv(path, reading=TimetableReading(**reading))  # type: ignore[arg-type]
    return list(caught.value.faults)


MIDNIGHT = [["Station", "1", "3", "5"], ["A", "23:40", "23:55", "00:10"], ["B", "23:45", "00:01", "00:15"],
            ["C", "23:50", "00:05", "00:20"], ["Station", "2", "4", "6"], ["C", "6:30", "6:40", "6:50"],
            ["B", "6:33", "6:43", "6:53"], ["A", "6:35", "6:45", "6:55"]]  # fmt: skip


@pytest.mark.parametrize("rows", [MIDNIGHT, [*turned(MIDNIGHT[:4]), *turned(MIDNIGHT[4:])]])
def test_midnight_is_a_fault_that_names_the_option_and_the_option_repairs_it(rows: Rows, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", rows)
    found = faults(path)
    assert [(fault.value, "--wrap-midnight" in fault.allowed) for fault in found] == [("00:01", True), ("00:10", True)]
    assert "trip 3, station B" in found[0].place
    assert "trip 5, station A" in found[1].place
    trips, line = seen(path, wrap_midnight=True)
    of = {trip.trip_id: trip.departure_s for trip in trips}
    assert of["3"] == (86100.0, 86460.0, 86700.0)
    assert of["5"] == (87000.0, 87300.0, 87600.0)
    assert of["1"][0] == 85200.0
    assert any("trips 3, 5" in note for note in line.notes)


def test_one_row_per_stop_wraps_too(tmp_path: Path) -> None:
    rows = [["trip_id", "direction", "station", "time"], ["a", "up", "A", "23:50"], ["a", "up", "B", "00:10"],
            ["b", "down", "B", "23:50"], ["b", "down", "A", "24:10"]]  # fmt: skip
    path = written(tmp_path / "t.csv", rows)
    (fault,) = faults(path)
    assert (fault.place, fault.value) == ("row 3 (trip a, station B)", "00:10")
    assert "--wrap-midnight" in fault.allowed
    trips, _ = seen(path, wrap_midnight=True)
    assert trips[0].arrival_s == (85800.0, 87000.0)


def test_each_wrong_cell_is_named_with_row_column_trip_and_station(tmp_path: Path) -> None:
    rows = [["Station", "1", "3"], ["A", "6:00", "6:10"], ["B", "6:7", "6:12"], ["C", "6:05", "5:15"], ["", "7:00", ""],
            ["Station", "2", "4"], ["C", "6:30", "6:40"], ["A", "6:35", "6:45"]]  # fmt: skip
    found = faults(written(tmp_path / "t.csv", rows))
    assert {(fault.place, fault.field, fault.value) for fault in found} == {
        ("row 3, column B (trip 1, station B)", "arrival", "6:7"),
        ("row 4, column C (trip 3, station C)", "arrival", "5:15"),
        ("row 5, column B", "station", "empty"),
    }


def test_a_train_number_twice_in_a_direction_is_a_fault(tmp_path: Path) -> None:
    rows = [["Station", "1", "1"], ["A", "6:00", "6:10"], ["B", "6:02", "6:12"], ["Station", "1", "4"],
            ["B", "6:20", "6:30"], ["A", "6:22", "6:32"]]  # fmt: skip
    (fault,) = faults(written(tmp_path / "t.csv", rows))
    assert (fault.place, fault.field, fault.value) == ("column C", "trip_id", "1")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["", "x", "y"], ["K", "6:00", "6:02"], ["L", "6:10", "6:12"]], "stations and trains are not clear"),
        ([["Station", "1"], ["A", "soon"], ["B", "later"]], "no times of day"),
        ([[""]], "no header"),
    ],
)
def test_tables_that_are_no_timetables_are_refused(rows: Rows, words: str, tmp_path: Path) -> None:
    found = faults(written(tmp_path / "t.csv", rows))
    assert any(words in str(fault) for fault in found)


def test_titles_without_a_table_are_passed_over(tmp_path: Path) -> None:
    rows = [["Line 1"], [" ", ""], ["Station", "1"], ["A", "6:00"], ["B", "6:02"], ["Station", "2"], ["B", "6:20"],
            ["A", "6:22"], ["", ""], ["Notes"]]  # fmt: skip
    line = line_of_csv(written(tmp_path / "t.csv", rows))
    assert line.departure_s == {"up": (21600,), "down": (22800,)}
    assert any("row 10 was not used: Notes" in note for note in line.notes)


@pytest.mark.parametrize("trains", [1, 2, 5])
def test_few_trains_beside_labelled_columns_are_no_row_per_stop(trains: int, tmp_path: Path) -> None:
    rows = [["Train", "km", *(f"{2 * k + 1}" for k in range(trains))]]
    rows += [
        [name, km, *(f"{6 + k}:{m}" for k in range(trains))] for name, km, m in (("A", "0", "00"), ("B", "2", "04"))
    ]
    rows += [["Train", "", "2"], ["B", "", "9:00"], ["A", "", "9:04"]]
    trips, line = seen(written(tmp_path / "t.csv", rows))
    assert len(trips) == trains + 1
    assert [station.chainage_m for station in line.stations] == [0, 2000]


def test_misspelt_columns_of_calls_are_reported_as_such(tmp_path: Path) -> None:
    rows = long_rows()
    rows[0][3:] = ["arival", "departur"]
    found = faults(written(tmp_path / "t.csv", rows))
    assert [(fault.field, fault.value) for fault in found] == [
        ("arrival", "column missing"),
        ("departure", "column missing"),
    ]
