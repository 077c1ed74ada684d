"""Whatever an import writes, its own check accepts."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import feeds
import pytest
from feeds import Files, metro

from energy_models.faults import InputFaults
from scenarios.files.load import faults_of, load_scenario
from scenarios.files.provenance import unexplained
from scenarios.imports.folder import write_imported
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.schema import Scenario

UP = tuple(range(21_600, 30_000, 600))
DOWN = tuple(range(21_900, 30_000, 600))


def plain() -> Files:
    return metro(UP, DOWN)


def a_night_without_trains() -> Files:
    night = tuple(range(300, 4_000, 1200))
    return metro((*night, *UP), (*night, *DOWN))


def whole_minutes() -> Files:
    files = plain()
    for row in files["stop_times.txt"][1:]:
        minute = row[2].rsplit(":", 1)[0] + ":00"
        row[1] = row[2] = minute
    return files


def trains_close_together() -> Files:
    return metro((*UP, 21_660), DOWN)


def blocks() -> Files:
    files = metro((21_600, 24_000), (22_200, 24_600))
    header = files["trips.txt"][0]
    # Turns of 30 s, below the turnback of the template.
    for row in files["trips.txt"][1:]:
        row[header.index("block_id")] = {"U1": "b", "D1": "b", "U2": "c", "D2": "c"}.get(row[2], "")
    return files


def frequencies() -> Files:
    files = metro(up=(0,), down=(0,))
    files["frequencies.txt"] = [
        ["trip_id", "start_time", "end_time", "headway_secs"],
        ["U1", "5:00:00", "24:30:00", "180"], ["D1", "5:00:00", "24:30:00", "180"],
    ]  # fmt: skip
    return files


def short_trips() -> Files:
    files = plain()
    files["stop_times.txt"] = [
        row for row in files["stop_times.txt"]
        if not (row[0] in ("U3", "U5") and row[4] in "56") and not (row[0] in ("D4", "D6") and row[4] in "12")
    ]  # fmt: skip
    return files


def from_midnight() -> Files:
    return metro((0, *UP), (0, *DOWN))


KINDS = [
    plain,
    from_midnight,
    a_night_without_trains,
    whole_minutes,
    trains_close_together,
    blocks,
    frequencies,
    short_trips,
]


@pytest.fixture
def imported(tmp_path: Path) -> Callable[[Files], Scenario]:
    def write(files: Files) -> Scenario:
        feed = read_feed(feeds.write(tmp_path / "metro.zip", files), "M")
        folder = tmp_path / "new_line"
        write_imported(folder, line_of_feed(feed, "M"), None, load_scenario("tutorial_line"))
        assert faults_of(folder) == ()
        return load_scenario(folder)

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_the_check_accepts_what_the_import_writes(
    kind: Callable[[], Files], imported: Callable[[Files], Scenario]
) -> None:
    scenario = imported(kind())
    assert unexplained(scenario) == ()
    files = kind()
    on_the_day = [row for row in files["trips.txt"][1:] if row[0] == "M" and row[1] == "weekday"]
    assert len(scenario.timetable.called_trips) >= len(on_the_day), "no trip is lost"


def test_a_night_without_trains_is_a_break_of_service(imported: Callable[[Files], Scenario], tmp_path: Path) -> None:
    scenario = imported(a_night_without_trains())
    assert scenario.policy.longest_headway_s == 1200
    head = (tmp_path / "new_line" / "scenario.yaml").read_text(encoding="utf-8")
    assert "# break of service: no train up over the whole line departs between 01:05 and 06:00" in head


def test_trains_that_follow_closely_lower_the_minimum_headway(imported: Callable[[Files], Scenario]) -> None:
    scenario = imported(trains_close_together())
    assert scenario.signalling.minimum_headway_s == 60
    assert "minimum headway 60 s, the gap between trips U1 and U15" in scenario.provenance["signalling"]


def test_two_trains_at_one_time_are_named(imported: Callable[[Files], Scenario]) -> None:
    with pytest.raises(InputFaults, match=r"10 s between trips U1 and U15 at Alder - allowed: at least 30 s"):
        imported(metro((*UP, 21_610), DOWN))


def test_chains_of_the_feed_turn_as_today(imported: Callable[[Files], Scenario]) -> None:
    scenario = imported(blocks())
    assert scenario.trainsets == 2
    assert scenario.terminals["F"].turnback_s == 30
    assert {trip.vehicle for trip in scenario.timetable.called_trips} == {"b", "c"}


def test_trips_of_the_scenario_are_those_of_the_feed(imported: Callable[[Files], Scenario]) -> None:
    """Not a median trip: each trip has its own identifier and its own times."""
    files = plain()
    for row in files["stop_times.txt"]:
        if row[0] in ("U7", "U8") and row[4] in "3456":
            late = [int(part) for part in row[1].split(":")]
            row[1:3] = [feeds.clock(3600 * late[0] + 60 * late[1] + late[2] + 17 + (30 if k and row[4] != "6" else 0))
                        for k in (0, 1)]  # fmt: skip
    scenario = imported(files)
    took = {trip.trip_id: trip.arrival_s[-1] - trip.departure_s[0] for trip in scenario.timetable.called_trips}
    assert took["U7"] == took["U8"] == took["U6"] + 17
    departures = sorted(trip.departure_s[0] for trip in scenario.whole_trips["up"])
    assert all(b - a == 600 for a, b in pairwise(departures))


def test_trips_with_long_identifiers_keep_apart(imported: Callable[[Files], Scenario]) -> None:
    files = plain()
    for name in ("trips.txt", "stop_times.txt"):
        column = files[name][0].index("trip_id")
        for row in files[name][1:]:
            row[column] = "x" * 130 + row[column] if row[column].startswith("U") else row[column]
    scenario = imported(files)
    ids = [trip.trip_id for trip in scenario.timetable.called_trips]
    assert len(ids) == len(set(ids)) == len(UP) + len(DOWN)


def test_the_origin_of_the_timetable_is_named(imported: Callable[[Files], Scenario]) -> None:
    scenario = imported(plain())
    assert scenario.sources["TIMETABLE"] == (
        "GTFS feed metro.zip, agency 1, route M, service weekday, Thursday, 2026-01-01"
    )
