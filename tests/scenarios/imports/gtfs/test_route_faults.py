"""Faults of rows that a route or a day does not use, times after midnight, frequencies, and routes of one direction."""

from collections.abc import Callable
from pathlib import Path

import feeds
import pytest
from feeds import Files, metro
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.faults import InputFaults
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.imports.line import ImportedLine


@pytest.fixture
def line(tmp_path: Path) -> Callable[..., ImportedLine]:
    def read(files: Files, *routes: str, wrap: bool = False) -> ImportedLine:
        feed = read_feed(feeds.write(tmp_path / "metro.zip", files), routes or ("M1",), wrap)
        return line_of_feed(feed, routes or ("M1",))

    return read


def test_a_fault_of_another_route_is_a_note(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    feeds.change(files, "stop_times.txt", {"trip_id": "bus", "stop_id": "bus2"}, "arrival_time", "7:00:00")
    feeds.change(files, "stops.txt", {"stop_id": "bus1"}, "stop_lat", "north")
    notes = [note for note in line(files).notes if note.startswith("not used by the route:")]
    assert len(notes) == 2
    assert any("row 45, trip bus, stop bus2 (7:00:00)" in note for note in notes)
    feeds.change(files, "stops.txt", {"stop_id": "C"}, "stop_lat", "north")
    with pytest.raises(InputFaults, match="row 8, stop_lat: north"):
        line(files)


def test_a_fault_of_another_day_is_a_note(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    feeds.change(files, "stop_times.txt", {"trip_id": "S1", "stop_id": "C1"}, "arrival_time", "7:00:00")
    assert any("not used on this day" in note and "trip S1, stop C1" in note for note in line(files).notes)
    feeds.change(files, "stop_times.txt", {"trip_id": "U1", "stop_id": "C1"}, "stop_id", "Q9")
    with pytest.raises(InputFaults, match="row 4, trip U1, stop_id: Q9"):
        line(files)


def test_without_a_route_the_listing_comes_before_faults_of_its_rows(tmp_path: Path) -> None:
    files = metro()
    feeds.change(files, "stops.txt", {"stop_id": "bus1"}, "stop_lat", "north")
    feed = feeds.write(tmp_path / "metro.zip", files)
    result = CliRunner().invoke(app, ["scenario", "new", str(tmp_path / "x"), "--from-gtfs", str(feed)])
    assert result.exit_code == 2
    assert "2 routes in the feed, none chosen" in result.stderr
    assert "north" not in result.stderr


def test_times_that_begin_again_at_midnight_are_offered_a_repair(line: Callable[..., ImportedLine]) -> None:
    files = metro(up=(86_100, 21_600), down=(21_900,))
    for row in files["stop_times.txt"][1:]:
        row[1:3] = [text.replace("24:", "0:", 1) if text.startswith("24:") else text for text in row[1:3]]
    with pytest.raises(InputFaults, match=r"row 5, trip U1, stop D1, arrival_time: 0:00:30 .* --wrap-midnight"):
        line(files)
    repaired = line(files, wrap=True)
    late = next(trip for trip in repaired.trips if trip.trip_id == "U1")
    assert late.departure_s[0] == 86_100
    assert late.arrival_s[-1] == 86_100 + sum(feeds.RUNNING_S) + 4 * feeds.DWELL_S
    assert any("--wrap-midnight: 24 h were added" in note and "U1" in note for note in repaired.notes)


def test_overlapping_frequencies_are_one_finding_on_the_file(line: Callable[..., ImportedLine]) -> None:
    files = metro(up=(0,), down=(0,))
    files["frequencies.txt"] = [
        ["trip_id", "start_time", "end_time", "headway_secs"],
        ["U1", "6:00:00", "9:00:00", "300"], ["U1", "7:00:00", "8:00:00", "600"],
        ["D1", "6:00:00", "7:00:00", "300"], ["D1", "6:30:00", "8:00:00", "600"],
    ]  # fmt: skip
    with pytest.raises(InputFaults) as refused:
        line(files)
    (fault,) = refused.value.faults
    assert fault.file == "frequencies.txt"
    assert "rows 2 and 3 of trip U1: 300 s and 600 s from 07:00 to 08:00" in fault.value
    assert "rows 4 and 5 of trip D1: 300 s and 600 s from 06:30 to 07:00" in fault.value
    files["frequencies.txt"] = [row for k, row in enumerate(files["frequencies.txt"]) if k not in (2, 3)]
    assert len(line(files).trips) == 36 + 9


def test_two_rows_of_one_stop_are_arrival_and_departure(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    rows = []
    for row in files["stop_times.txt"]:
        if row[0] == "U1" and row[3] == "C1":
            rows += [[*row[:2], row[1], row[3], "3"], [row[0], row[2], *row[2:4], "33"]]
        elif row[0] == "U1" and row[4] in ("4", "5", "6"):
            rows.append([*row[:4], f"{row[4]}0"])
        else:
            rows.append(row)
    files["stop_times.txt"] = rows
    found = line(files)
    assert next(trip for trip in found.trips if trip.trip_id == "U1") == next(
        trip for trip in line(metro()).trips if trip.trip_id == "U1"
    )
    assert any(note.startswith("1 trips have two rows for one stop") for note in found.notes)


def test_two_routes_are_the_two_directions_of_a_line(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    files["routes.txt"].append(["N", "1", "M1", "back", "1"])
    for row in files["trips.txt"]:
        row[0] = "N" if row[2].startswith("D") else row[0]
    with pytest.raises(InputFaults, match="Route N runs in the other direction: give both routes"):
        line(files, "M")
    both = line(files, "M", "N")
    assert both.departure_s == line(metro()).departure_s
    assert both.origin is not None
    assert both.origin.route_ids == ("M", "N")


def test_train_numbers_and_chains_of_the_feed_travel(line: Callable[..., ImportedLine]) -> None:
    files = metro(up=(21_600, 24_000), down=(22_800, 25_200))
    chains = {"U1": "b1", "D1": "b1", "U2": "b1", "D2": "b1"}
    header = files["trips.txt"][0]
    for row in files["trips.txt"][1:]:
        row[header.index("block_id")] = chains.get(row[2], "")
    feeds.add_column(files, "trips.txt", "trip_short_name", lambda row: f"no. {row['trip_id']}")
    found = line(files)
    assert found.vehicles == 1
    assert {trip.train_number for trip in found.trips} == {"no. U1", "no. U2", "no. D1", "no. D2"}


def test_faults_of_other_routes_do_not_stop_the_search_for_the_other_direction(
    line: Callable[..., ImportedLine],
) -> None:
    files = metro()
    files["routes.txt"].append(["N", "1", "M1", "back", "1"])
    for row in files["trips.txt"]:
        row[0] = "N" if row[2].startswith("D") else row[0]
    feeds.change(files, "stop_times.txt", {"trip_id": "D1", "stop_id": "C2"}, "stop_sequence", "third")
    feeds.change(files, "stop_times.txt", {"trip_id": "D2", "stop_id": "A2"}, "stop_id", "Q9")
    with pytest.raises(InputFaults, match="Route N runs in the other direction"):
        line(files, "M")
