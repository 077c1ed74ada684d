"""Faults of GTFS feeds and of CSV timetables: every one at once, with file, row and what is allowed."""

from collections.abc import Callable
from pathlib import Path

import feeds
import pytest
from feeds import Files, metro
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.faults import InputFaults
from scenarios.imports.gtfs.feed import read_feed


@pytest.fixture
def faults(tmp_path: Path) -> Callable[..., list[str]]:
    def read(files: Files) -> list[str]:
        with pytest.raises(InputFaults) as caught:
            read_feed(feeds.write(tmp_path / "metro.zip", files))
        return [str(fault) for fault in caught.value.faults]

    return read


def test_all_faults_of_a_broken_feed_come_at_once(faults: Callable[..., list[str]]) -> None:
    files = metro()
    feeds.change(files, "stop_times.txt", {"trip_id": "U1", "stop_id": "C1"}, "stop_id", "Q9")
    feeds.change(files, "stop_times.txt", {"trip_id": "U2", "stop_id": "D1"}, "arrival_time", "6 o'clock")
    feeds.change(files, "stop_times.txt", {"trip_id": "D2", "stop_id": "C2"}, "arrival_time", "05:00:00")
    feeds.change(files, "trips.txt", {"trip_id": "U3"}, "route_id", "Z")
    feeds.change(files, "trips.txt", {"trip_id": "D3"}, "service_id", "someday")
    feeds.change(files, "stops.txt", {"stop_id": "E1"}, "parent_station", "EE")
    feeds.change(files, "stops.txt", {"stop_id": "F2"}, "stop_lat", "95")
    feeds.change(files, "routes.txt", {"route_id": "X"}, "agency_id", "2")
    feeds.change(files, "calendar.txt", {"service_id": "sunday"}, "monday", "yes")
    files["stops.txt"].append(["A", "Alder again", "52", "13", "1", ""])
    files["stop_times.txt"].append(["ghost", "7:00:00", "7:00:00", "A1", "1"])
    files["trips.txt"].append(["M", "weekday", "empty", "0", ""])
    files["routes.txt"].append(["Y", "1", "Y", "a name, unquoted", "1", "too many"])
    told = faults(files)
    assert sorted(told) == sorted([
        "stop_times.txt, row 4, trip U1, stop_id: Q9 - allowed: a stop_id of stops.txt",
        f"stop_times.txt, row 11, trip U2, stop D1, arrival_time: 6 o'clock - allowed: {feeds_time()}",
        "stop_times.txt, row 29, trip D2, stop C2, arrival_time: 05:00:00 - allowed: not before the departure from the "
        "stop before",
        "stop_times.txt, row 46, stop A1, trip_id: ghost - allowed: a trip_id of trips.txt",
        "trips.txt, row 4, route_id: Z - allowed: a route_id of routes.txt",
        "trips.txt, row 7, service_id: someday - allowed: a service_id of calendar.txt",
        "trips.txt, row 10, trip_id: empty - allowed: two rows or more in stop_times.txt",
        "stops.txt, row 15, parent_station: EE - allowed: a stop_id of stops.txt",
        "stops.txt, row 19, stop_lat: 95 - allowed: degrees from -90 to 90",
        "stops.txt, row 22, stop_id: A - allowed: a value that occurs in no row above",
        "routes.txt, row 3, agency_id: 2 - allowed: a agency_id of agency.txt",
        "routes.txt, row 4: 7 cells - allowed: 5 cells, as in the header",
        "calendar.txt, row 3, monday: yes - allowed: 0 or 1",
    ])  # fmt: skip


def feeds_time() -> str:
    return "a time such as 5:20:00 or 24:10:00, before 48:00:00"


def test_many_rows_with_one_fault_are_counted(faults: Callable[..., list[str]]) -> None:
    files = metro()
    files["stops.txt"] = [row for row in files["stops.txt"] if row[0] != "C1"]
    for number in range(40):
        files["stop_times.txt"].append(["U1", "9:00:00", "9:00:00", "C1", str(100 + number)])
    told = faults(files)
    assert len(told) == 6
    assert told[-1] == "stop_times.txt, stop_id: the same fault in 39 more rows - allowed: a stop_id of stops.txt"


def test_missing_files_and_columns(faults: Callable[..., list[str]]) -> None:
    files = metro()
    del files["routes.txt"], files["calendar.txt"]
    files["stops.txt"] = [row[1:] for row in files["stops.txt"]]
    told = faults(files)
    assert any(text.startswith("metro.zip, routes.txt: missing") for text in told)
    assert any(text.startswith("stops.txt, row 1, stop_id: column missing") for text in told)
    del files["stops.txt"]
    assert any(text.startswith("metro.zip, stops.txt: missing") for text in faults(files))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip at all", b"stop_id,stop_name\n"])
def test_what_is_no_zip_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "metro.zip"
    file.write_bytes(content)
    with pytest.raises(InputFaults, match="the zip of a GTFS feed"):
        read_feed(file)
    with pytest.raises(InputFaults, match="no such file"):
        read_feed(tmp_path / "nothing.zip")


def test_rows_are_counted_as_an_editor_counts_them(faults: Callable[..., list[str]]) -> None:
    """Also after a cell of two lines, which the quick way of reading leaves to the careful one."""
    files = metro()
    feeds.change(files, "stops.txt", {"stop_id": "B"}, "stop_name", '"Birch\nTree"')
    feeds.change(files, "stops.txt", {"stop_id": "F2"}, "stop_lat", "north")
    assert faults(files) == ["stops.txt, row 20, stop_lat: north - allowed: degrees from -90 to 90"]


def test_all_faults_of_a_csv_timetable_come_at_once(tmp_path: Path) -> None:
    file = tmp_path / "today.csv"
    file.write_text(
        "trip_id,direction,station,arrival,departure\n"
        "a,up,A,6:00,6:00\n"
        "a,down,B,25:99,6:02\n"
        "a,up,C,5:59,6:03\n"
        "b,sideways,A,6:00\n"
        "c,,A,7:00,6:50\n"
        "d,up,,6:00,6:00\n"
        "e,up,A,6:00,6:00\n"
    )
    result = CliRunner().invoke(app, ["scenario", "new", str(tmp_path / "new"), "--timetable", str(file)])
    assert result.exit_code == 2
    told = [line.split(" - ")[0].strip(" •") for line in result.stderr.splitlines()[1:]]
    assert sorted(told) == [
        "today.csv, row 3 (trip a, station B), arrival: 25:99",
        "today.csv, row 3 (trip a, station B), direction: down",
        "today.csv, row 4 (trip a, station C), arrival: 5:59",
        "today.csv, row 5: 4 cells: b, sideways, A, 6:00",
        "today.csv, row 6 (trip c, station A), departure: 6:50",
        "today.csv, row 6 (trip c, station A), direction: empty",
        "today.csv, row 7 (trip d), station: empty",
        "today.csv, row 8 (trip e, station A), trip_id: e",
    ]
    assert not (tmp_path / "new").exists()
