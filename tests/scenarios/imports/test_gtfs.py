"""GTFS: what a feed tells about a line, and a scenario that begins with it."""

import itertools
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import feeds
import numpy as np
import pytest
from feeds import Files, metro
from typer.testing import CliRunner

from api.cli.main import app
from energy_models.faults import InputFaults
from scenarios.files.load import faults_of, load_scenario
from scenarios.files.provenance import unexplained
from scenarios.imports.folder import write_imported
from scenarios.imports.gtfs.distances import (
    EARTH_RADIUS_M,
    METRES_OF,
    Place,
    along_shape_m,
    great_circle_m,
    travelled_m,
)
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.imports.line import ImportedLine, SeenTrip
from scenarios.imports.template_values import LOAD_SHARE
from scenarios.values.station_times import departures_today, station_times

STEP_M = EARTH_RADIUS_M * np.radians(feeds.STEP_DEG)


def running_times(trip: SeenTrip) -> tuple[float, ...]:
    return tuple(there - here for here, there in zip(trip.departure_s, trip.arrival_s[1:], strict=False))


def dwells(trip: SeenTrip) -> tuple[float, ...]:
    return tuple(b - a for a, b in zip(trip.arrival_s[1:-1], trip.departure_s[1:-1], strict=True))


@pytest.fixture
def line(tmp_path: Path) -> Callable[..., ImportedLine]:
    def read(
        files: Files, *, route: str | None = "M1", day: date | None = None, up_from: str | None = None
    ) -> ImportedLine:
        return line_of_feed(read_feed(feeds.write(tmp_path / "metro.zip", files)), route, day, up_from)

    return read


def test_a_feed_tells_stations_times_and_departures(line: Callable[..., ImportedLine]) -> None:
    found = line(metro())
    assert [(one.id, one.name) for one in found.stations] == list(feeds.STATIONS)
    for direction, runs in (("up", feeds.RUNNING_S), ("down", feeds.RUNNING_S[::-1])):
        for trip in found.whole_trips(direction):
            assert running_times(trip) == runs
            assert dwells(trip) == (feeds.DWELL_S,) * 4
    assert found.departure_s == {"up": (21600, 22200, 22800), "down": (21900, 22500, 23100)}
    assert [one.chainage_m for one in found.stations] == pytest.approx([k * STEP_M for k in range(6)], abs=0.06)
    assert found.stations[3].latitude_deg == pytest.approx(52 + 3 * feeds.STEP_DEG)
    assert not found.lacks_dwells
    assert {trip.service for trip in found.trips} == {"weekday"}
    origin = found.origin
    assert origin is not None
    assert (origin.agency_id, origin.agency_name, origin.timezone) == ("1", "Metro", "Europe/Berlin")
    assert (origin.route_ids, origin.service_ids, origin.day) == (("M",), ("weekday",), "2026-01-01")


def test_great_circles_of_known_length() -> None:
    quarter = EARTH_RADIUS_M * np.pi / 2
    assert great_circle_m(Place(0, 0), Place(0, 90)) == pytest.approx(quarter)
    assert great_circle_m(Place(90, 0), Place(0, 77)) == pytest.approx(quarter)
    # Along the parallel of 60 degrees a degree of longitude is half as long as at the equator, to second order.
    assert great_circle_m(Place(60, 0), Place(60, 0.01)) == pytest.approx(great_circle_m(Place(0, 0), Place(0, 0.005)))


@pytest.mark.parametrize("unit", METRES_OF)
def test_distances_travelled_in_any_unit(line: Callable[..., ImportedLine], unit: str) -> None:
    files = metro()
    # The track is 3 % longer than the straight line, which coordinates alone cannot tell.
    along = [1.03 * k * STEP_M / METRES_OF[unit] for k in range(6)]

    def travelled(row: dict[str, str]) -> str:
        return f"{along[int(row['stop_sequence']) - 1]:.9f}" if row["trip_id"] != "bus" else ""

    feeds.add_column(files, "stop_times.txt", "shape_dist_traveled", travelled)
    found = line(files)
    assert [one.chainage_m for one in found.stations] == pytest.approx([1.03 * k * STEP_M for k in range(6)], abs=0.06)
    assert unit in found.origin_of_chainage


def test_distances_that_make_no_sense_are_not_taken() -> None:
    places = [Place(52 + k * feeds.STEP_DEG, 13.4) for k in range(4)]
    assert travelled_m([0, 5, 10, 15], places) is None
    assert travelled_m([0, 1000, 1000, 3000], places) is None
    assert travelled_m([0, float("nan"), 2000, 3000], places) is None


def test_a_shape_gives_the_length_of_its_detour() -> None:
    """Three sides of a square lead from the first stop to the second, then straight on."""
    degree = np.degrees(1000 / EARTH_RADIUS_M)
    shape = [Place(0, 0), Place(0, degree), Place(degree, degree), Place(degree, 2 * degree), Place(degree, 5 * degree)]
    stops = [Place(0, 0), Place(degree, 2 * degree), Place(degree + 1e-5, 4 * degree)]
    found = along_shape_m(shape, stops)
    assert found is not None
    assert found.tolist() == pytest.approx([0, 3000, 5000], rel=1e-4)
    assert along_shape_m(shape, stops[::-1]) is None, "a shape of the other direction"


def test_a_shape_is_used_where_no_distances_are_given(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    feeds.add_column(files, "trips.txt", "shape_id", lambda row: "up" if row["trip_id"].startswith("U") else "")
    points = [[f"{52 + k * feeds.STEP_DEG / 2:.6f}", "13.4" if k % 2 == 0 else "13.404"] for k in range(11)]
    files["shapes.txt"] = [["shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"],
                           *(["up", *point, str(k)] for k, point in enumerate(points))]  # fmt: skip
    leg = great_circle_m(Place(52, 13.4), Place(52 + feeds.STEP_DEG / 2, 13.404))
    assert [one.chainage_m for one in line(files).stations] == pytest.approx([2 * k * leg for k in range(6)], rel=1e-3)


def test_the_day_decides_which_trips_run(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    files["calendar_dates.txt"] = [["service_id", "date", "exception_type"], ["weekday", "20260101", "2"],
                                   ["sunday", "20260105", "1"]]  # fmt: skip
    ordinary = line(files)
    assert ordinary.notes[0] == (
        "day: Friday, 2026-01-02, the first ordinary day: 259 of 260 weekdays have this service of 6 trips"
    )
    assert ordinary.departure_s["up"] == (21600, 22200, 22800)
    doubled = line(files, day=date(2026, 1, 5))
    assert doubled.departure_s["up"] == (21600, 22200, 22800, 30000), "two services run on that Monday"
    for closed in (date(2026, 1, 1), date(2026, 1, 3), date(2025, 12, 31)):
        with pytest.raises(InputFaults, match="a day with trips of this route, 2026-01-02 to 2026-12-31"):
            line(files, day=closed)


def test_frequencies_stand_for_their_trips(line: Callable[..., ImportedLine]) -> None:
    files = metro(up=(0,))
    files["frequencies.txt"] = [
        ["trip_id", "start_time", "end_time", "headway_secs", "exact_times"],
        ["U1", "6:00:00", "7:00:00", "1200", "1"],
        ["U1", "23:50:00", "24:20:00", "600", "0"],
    ]
    assert line(files).departure_s["up"] == (21600, 22800, 24000, 85800, 86400, 87000)


def test_stops_without_times_keep_no_time(line: Callable[..., ImportedLine]) -> None:
    """What a train does between two times is inferred later, when the train is known."""
    files = metro(up=(21600,))
    for stop in ("B1", "C1"):
        for column in ("arrival_time", "departure_time"):
            feeds.change(files, "stop_times.txt", {"trip_id": "U1", "stop_id": stop}, column, "")
    found = line(files)
    assert found.lacks_times
    assert np.isnan(found.whole_trips("up")[0].departure_s[1:3]).all()


def test_one_time_a_stop_leaves_the_dwell_open(line: Callable[..., ImportedLine], tmp_path: Path) -> None:
    files = metro()
    for row in files["stop_times.txt"][1:]:
        row[1] = row[2]
    found = line(files)
    assert found.lacks_dwells
    asked = write_imported(tmp_path / "open", found).asked
    assert "stations.*.dwell_s" in asked
    assert "stations.*.dwell_s" not in write_imported(tmp_path / "given", found, dwell_s=feeds.DWELL_S).asked
    given = load_scenario(write_imported(tmp_path / "lent", found, None, load_scenario("tutorial_line"), 30).files[0])
    published = {trip.trip_id: trip for trip in found.trips}
    for trip in given.timetable.called_trips:
        # One time per stop is that of the departure; the last one is that of the arrival.
        assert trip.departure_s[:-1] == tuple(int(time) for time in published[trip.trip_id].departure_s[:-1])
        assert trip.arrival_s[-1] == published[trip.trip_id].arrival_s[-1]
        stood = [b - a for a, b in zip(trip.arrival_s[1:-1], trip.departure_s[1:-1], strict=True)]
        assert all(abs(dwell - 30) <= 1 for dwell in stood)


def test_short_trips_stay_short_trips(line: Callable[..., ImportedLine], tmp_path: Path) -> None:
    files = metro()
    files["stop_times.txt"] = [row for row in files["stop_times.txt"] if row[0] != "U2" or row[4] in "123"]
    found = line(files)
    assert found.departure_s["up"] == (21600, 22800)
    assert found.turning == ("C",)
    assert "short trips: 1 trip Alder to Cedar: U2" in found.notes
    scenario = load_scenario(write_imported(tmp_path / "short", found, None, load_scenario("tutorial_line")).files[0])
    assert list(scenario.terminals) == ["A", "C", "F"]
    short = next(trip for trip in scenario.timetable.called_trips if trip.trip_id == "U2")
    assert short.stations == ("A", "B", "C")


def test_up_begins_where_it_is_asked_to(line: Callable[..., ImportedLine]) -> None:
    for end in ("F", "fir"):
        found = line(metro(), up_from=end)
        assert [one.id for one in found.stations] == list("FEDCBA")
        assert found.departure_s["up"] == (21900, 22500, 23100)
        assert found.stations[0].chainage_m == 0
    with pytest.raises(InputFaults, match=r"A \(Alder\) or F \(Fir\), an end of the line"):
        line(metro(), up_from="C")


def test_identifiers_that_a_table_would_read_as_numbers(line: Callable[..., ImportedLine], tmp_path: Path) -> None:
    files = metro()
    odd = {"A": "007", "B": "1e3", "C": "true", "D": "\u7ad9", "E": "12", "F": "a:b c"}
    for name, column in (("stops.txt", "stop_id"), ("stops.txt", "parent_station")):
        for old, new in odd.items():
            rows = files[name][1:]
            place = files[name][0].index(column)
            for row in rows:
                row[place] = new if row[place] == old else row[place]
    feeds.change(files, "stops.txt", {"stop_name": "Doum"}, "stop_name", "42")
    feeds.change(files, "stops.txt", {"stop_name": "Elm"}, "stop_name", '"Elm\nStreet"')
    write_imported(tmp_path / "odd", line(files), None, load_scenario("tutorial_line"))
    found = [(station.id, station.name) for station in load_scenario(tmp_path / "odd").stations]
    assert [name for _, name in found] == ["Alder", "Birch", "Cedar", "Station 42", "Elm Street", "Fir"]
    assert [identifier for identifier, _ in found][:3] == ["S007", "S1e3", "Strue"]
    assert [identifier for identifier, _ in found][4:] == ["12", "a_b_c"]


def test_stops_of_one_name_are_one_station_without_a_parent(line: Callable[..., ImportedLine]) -> None:
    files = metro()
    feeds.change(files, "stops.txt", {"location_type": "0"}, "parent_station", "")
    found = line(files)
    assert [one.name for one in found.stations] == [name for _, name in feeds.STATIONS]
    assert found.departure_s["down"] == (21900, 22500, 23100)


def test_a_line_that_cannot_be_planned_is_refused_in_words(line: Callable[..., ImportedLine]) -> None:
    with pytest.raises(InputFaults, match=r"2 routes in the feed, none chosen - allowed: one of M .*metro.*X .*bus"):
        line(metro(), route=None)
    with pytest.raises(InputFaults, match="route: U9 - allowed: one of M"):
        line(metro(), route="U9")
    one_way = metro()
    one_way["trips.txt"] = [row for row in one_way["trips.txt"] if not row[2].startswith("D")]
    one_way["stop_times.txt"] = [row for row in one_way["stop_times.txt"] if not row[0].startswith("D")]
    with pytest.raises(InputFaults, match=r"Alder to Fir \(6 stations\): 3 trips - allowed: .* in both directions"):
        line(one_way)
    nowhere = metro()
    feeds.change(nowhere, "stops.txt", {"stop_name": "Cedar"}, "stop_lat", "")
    with pytest.raises(InputFaults) as caught:
        line(nowhere)
    assert [(fault.place, fault.field) for fault in caught.value.faults] == [
        ("row 9", "stop_lat and stop_lon"), ("row 10", "stop_lat and stop_lon"),
    ]  # fmt: skip


def test_a_feed_in_a_folder_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    files = metro()
    files["stops.txt"][0][0] = "\ufeffstop_id"
    feed = read_feed(feeds.write(tmp_path / "metro.zip", files, folder="export/2026/"))
    assert running_times(line_of_feed(feed, "M").whole_trips("up")[0]) == feeds.RUNNING_S


@pytest.mark.parametrize(
    "odd",
    [
        lambda text: text.replace("\r\n", ",\r\n"),  # a comma too many at every end
        lambda text: text.replace("\r\n", "\r\n\r\n"),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("\r\n", "\r"),
        lambda text: text.replace("Birch", '"Birch\nTree"'),
        lambda text: text.replace(",\r\n", "\r\n"),  # empty cells at the end left away
    ],
    ids=["comma", "empty lines", "spaces", "carriage returns", "a cell of two lines", "short lines"],
)
def test_odd_but_readable_files_say_the_same(
    line: Callable[..., ImportedLine], tmp_path: Path, odd: Callable[[str], str]
) -> None:
    plain = line(metro())
    file = feeds.write(tmp_path / "odd.zip", metro())
    with zipfile.ZipFile(file) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, odd(text))
    found = line_of_feed(read_feed(file), "M1")
    assert found.trips == plain.trips
    assert [one.chainage_m for one in found.stations] == [one.chainage_m for one in plain.stations]


def test_the_check_asks_by_name_for_what_the_feed_does_not_tell(
    line: Callable[..., ImportedLine], tmp_path: Path
) -> None:
    written = write_imported(tmp_path / "new_line", line(metro()))
    told = faults_of(tmp_path / "new_line")
    assert {fault.field for fault in told} == set(written.asked)
    assert {"terminals", "track", "train_types", "supply", "demand", "tariff"} <= set(written.asked)
    text = (tmp_path / "new_line" / "scenario.yaml").read_text()
    assert all(f"# {key}: " in text for key in written.asked)


def test_another_line_lends_what_is_missing(line: Callable[..., ImportedLine], tmp_path: Path) -> None:
    like = load_scenario("tutorial_line")
    departures = tuple(range(21600, 30000, 600)), tuple(range(21900, 30000, 600))
    write_imported(tmp_path / "lent", line(metro(*departures)), None, like)
    scenario = load_scenario(tmp_path / "lent")
    assert unexplained(scenario) == ()
    assert scenario.train_types == {like.main_train_type: like.train_types[like.main_train_type]}
    assert scenario.tariff == like.tariff
    assert {key for key, why in scenario.provenance.items() if not why.startswith("assumed")} == {
        "timetable", "stations.*.dwell_s", "stations.*.chainage_m",
        "stations.*.latitude_deg", "stations.*.longitude_deg",
    }  # fmt: skip
    for direction, expected in zip(("up", "down"), departures, strict=True):
        assert departures_today(scenario, direction) == expected
    # Each train finds the assumed share of its normal load, evenly between trains.
    capacity = like.train_types[like.main_train_type].capacity.normal
    rows = scenario.demand.section_loads or ()
    carried = sum(row.passengers for row in rows if (row.direction, row.departure_station) == ("up", "C"))
    assert carried == pytest.approx(len(departures[0]) * LOAD_SHARE * capacity, rel=1e-4)
    # A round trip of twice 570 s and two turnbacks of 120 s takes 1,380 s: three trains at 600 s.
    one_way_s = sum(feeds.RUNNING_S) + 4 * feeds.DWELL_S
    assert scenario.trainsets == -(-2 * (one_way_s + 120) // 600)


def test_of_the_same_line_only_the_timetable_changes(tmp_path: Path) -> None:
    like = load_scenario("beijing_yizhuang")
    rows = [",".join(("trip_id", "direction", "station", "arrival", "departure"))]
    for trip, (direction, start) in enumerate(itertools.product(("up", "down"), (20000, 20900))):
        time_s = start
        stations = like.stations_in_order(direction)
        for station, run_s in zip(stations, (*station_times(like, direction).running_times_s, 0), strict=True):
            leaves = time_s + (station.dwell_s - 5 if station.dwell_s else 0)
            rows.append(f"t{trip},{direction},{station.id},{feeds.clock(time_s)},{feeds.clock(leaves)}")
            time_s = leaves + run_s
    file = tmp_path / "today.csv"
    file.write_text("\n".join(rows) + "\n")
    result = CliRunner().invoke(app, ["scenario", "new", str(tmp_path / "changed"), "--timetable", str(file), "--like",
                                      "beijing_yizhuang"])  # fmt: skip
    assert result.exit_code == 0, result.output
    changed = load_scenario(tmp_path / "changed")
    same = set(type(like).model_fields) - {"name", "stations", "timetable", "sources", "provenance"}
    assert {field for field in same if getattr(changed, field) != getattr(like, field)} == set()
    assert departures_today(changed, "down") == (20000, 20900)
    for direction in ("up", "down"):
        for trip in changed.whole_trips[direction]:
            runs = tuple(b - a for a, b in zip(trip.departure_s, trip.arrival_s[1:], strict=False))
            assert runs == station_times(like, direction).running_times_s
    for before, after in zip(like.stations, changed.stations, strict=True):
        assert (after.id, after.chainage_m) == (before.id, before.chainage_m)
        assert after.dwell_s == (before.dwell_s - 5 if before.dwell_s else 0)
    assert unexplained(changed) == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--like", "tutorial_line"), "need --from-gtfs or --timetable"),
        (("--from-gtfs", "x.zip", "--timetable", "y.csv"), "not both"),
        (("--timetable", "y.csv", "--route", "1"), "has one route and one day"),
        (("--from-gtfs", "x.zip", "--date", "2026-02-30"), "a day of the calendar"),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    result = CliRunner().invoke(app, ["scenario", "new", str(tmp_path / "new"), *options], terminal_width=200)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())
