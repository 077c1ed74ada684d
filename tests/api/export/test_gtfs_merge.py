"""A plan goes back into the feed that its line came from: same identifiers, changed times, nothing else."""

import csv
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import feeds
import pytest
from examples import examples
from feeds import Files, metro
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from merging import imported, later, line_of, members, merge, plan_of, times_of

from api.export.gtfs_difference import write_difference
from api.export.gtfs_merge import MARK_FILE, feed_beside, merged_feed, zip_of_feed
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Trip
from energy_models.faults import InputFaults
from scenarios.schema import Scenario

UP = tuple(range(21_600, 25_300, 600))
DOWN = tuple(range(21_900, 25_600, 600))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def a_third_later(trip: Trip) -> Trip:
    """Trips with other departures, and of them some with a longer run and a shorter dwell in the middle."""
    number = int("".join(one for one in trip.trip_id if one.isdecimal()) or 0)
    trip = later(trip, (number * 7) % 23 - 11)
    if number % 3 or len(trip.stations) < 4:
        return trip
    arrival, departure = list(trip.arrival_s), list(trip.departure_s)
    arrival[1] += 3
    return replace(trip, arrival_s=tuple(arrival), departure_s=tuple(departure))


def test_an_unchanged_plan_changes_no_byte(tmp_path: Path) -> None:
    feed, scenario = line_of(metro(UP, DOWN), tmp_path)
    merged = merge(plan_of(scenario), feed, tmp_path / "merged.zip")
    assert (merged.tables, merged.stops, merged.notes) == ({}, (), ())
    assert members(tmp_path / "merged.zip") == members(feed)


def test_the_merged_feed_has_the_times_of_the_plan_and_nothing_else_changes(tmp_path: Path) -> None:
    files = metro(UP, DOWN)
    feeds.add_column(files, "stop_times.txt", "stop_headsign", lambda row: f'"to ""{row["trip_id"]}"", a"')
    files["pathways.txt"] = [["pathway_id"], ["p"]]
    feed, scenario = line_of(files, tmp_path)
    plan = plan_of(scenario, a_third_later)
    merged = merge(plan, feed, tmp_path / "merged.zip")
    before, after = members(feed), members(tmp_path / "merged.zip")
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {"stop_times.txt"} == set(merged.tables)
    old, new = before["stop_times.txt"].splitlines(True), after["stop_times.txt"].splitlines(True)
    changed = {line.split(b",")[0].decode() for line, other in zip(old, new, strict=True) if line != other}
    assert changed == {
        trip.trip_id
        for trip, today in zip(plan.plan.timetable.trips, timetable_in_force(scenario).trips, strict=True)
        if trip.departure_s != today.departure_s or trip.arrival_s != today.arrival_s
    }
    assert {"S1", "bus"} & changed == set()
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_times_come_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("any")
    feed, scenario = line_of(metro(UP[:3], DOWN[:3]), folder)
    shifts = data.draw(st.lists(st.integers(-90, 90), min_size=6, max_size=6))
    longer = data.draw(st.lists(st.integers(0, 20), min_size=6, max_size=6))
    changed = iter(zip(shifts, longer, strict=True))

    def change(trip: Trip) -> Trip:
        by_s, run_s = next(changed)
        moved = later(trip, by_s)
        return replace(
            moved,
            arrival_s=(moved.arrival_s[0], *(time_s + run_s for time_s in moved.arrival_s[1:])),
            departure_s=(moved.departure_s[0], *(time_s + run_s for time_s in moved.departure_s[1:])),
        )

    plan = plan_of(scenario, change)
    merge(plan, feed, folder / "merged.zip")
    again = imported(folder / "merged.zip", folder / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


def test_inferred_seconds_are_written(tmp_path: Path) -> None:
    """The import finds seconds within whole minutes and at stops without times; the merged feed has these seconds."""
    files = metro(UP, DOWN)
    for row in files["stop_times.txt"][1:]:
        row[1] = row[2] = row[2].rsplit(":", 1)[0] + ":00"
        if row[4] == "3":
            row[1] = row[2] = ""
    feed, scenario = line_of(files, tmp_path)
    merged = merge(plan_of(scenario), feed, tmp_path / "merged.zip")
    assert merged.stops
    assert set(merged.tables) == {"stop_times.txt"}
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(scenario.timetable.called_trips)


def test_another_feed_is_a_fault_unless_forced(tmp_path: Path) -> None:
    _, scenario = line_of(metro(UP, DOWN), tmp_path)
    other = feeds.write(tmp_path / "other.zip", metro((*UP, 26_000), DOWN))
    with pytest.raises(InputFaults, match=r"other.zip, sha256: .* - allowed: the feed that the scenario came from"):
        merged_feed(plan_of(scenario), other)
    merged = merged_feed(plan_of(scenario), other, force=True)
    assert merged.notes == (
        "other.zip is not the feed that the scenario came from (metro.zip)",
        f"1 trips of the routes on this day are not in the scenario and stay as they are: U{len(UP) + 1}",
    )
    with pytest.raises(InputFaults) as error:
        merged_feed(plan_of(scenario), feeds.write(tmp_path / "less.zip", metro(UP[:-2], DOWN)), force=True)
    assert [fault.value for fault in error.value.faults] == [f"U{len(UP) - 1}", f"U{len(UP)}"]
    assert error.value.faults[0].allowed == "a trip of the feed on this day"


def test_a_feed_packed_again_or_unpacked_is_the_same_feed(tmp_path: Path) -> None:
    feed, scenario = line_of(metro(UP, DOWN), tmp_path)
    with zipfile.ZipFile(feed) as archive:
        archive.extractall(tmp_path / "unpacked")
    with zip_of_feed(tmp_path / "unpacked") as packed:
        assert merged_feed(plan_of(scenario), packed).tables == {}
    assert feed_beside(scenario, (tmp_path / "unpacked", tmp_path)) == feed
    with pytest.raises(InputFaults, match=r"--into FEED, or metro.zip in"):
        feed_beside(scenario, (tmp_path / "unpacked",))
    shutil.rmtree(tmp_path / "unpacked")
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(InputFaults, match="no table"), zip_of_feed(tmp_path / "unpacked"):
        pass


def test_a_scenario_without_a_feed_is_a_fault(tmp_path: Path) -> None:
    feed, scenario = line_of(metro(UP, DOWN), tmp_path)
    without = scenario.with_parts(timetable=scenario.timetable.model_copy(update={"origin": None}))
    assert without.hash == scenario.hash, "no result depends on the origin"
    with pytest.raises(InputFaults, match="origin: none - allowed: a scenario whose timetable was imported"):
        merged_feed(plan_of(without), feed)
    uncalled = scenario.with_parts(timetable=scenario.timetable.model_copy(update={"calls": None}))
    with pytest.raises(InputFaults, match="calls: none"):
        merged_feed(replace(plan_of(scenario), written=replace(plan_of(scenario).written, scenario=uncalled)), feed)


def demand_led(scenario: Scenario) -> tuple[Trip, ...]:
    """Trips with names of their own: two of three up, and one more down."""
    trips = timetable_in_force(scenario).trips
    up = [trip for trip in trips if trip.direction == "up"]
    down = [trip for trip in trips if trip.direction == "down"]
    kept = [later(trip, 20) for number, trip in enumerate(up) if number % 3 != 1]
    new = [*kept, *(later(trip, 10) for trip in down), later(down[-1], 400)]
    return tuple(replace(trip, trip_id=f"{trip.direction}-{number:03d}") for number, trip in enumerate(new, 1))


def test_demand_led_trips_are_added_and_removed(tmp_path: Path) -> None:
    files = metro(UP, DOWN)
    feeds.add_column(files, "trips.txt", "trip_short_name", lambda row: f"no. {row['trip_id']}")
    files["transfers.txt"] = [["from_stop_id", "to_stop_id", "from_trip_id", "to_trip_id", "transfer_type"],
                              ["F1", "F2", "U2", "D2", "1"], ["F1", "F2", "U1", "D2", "1"]]  # fmt: skip
    feed, scenario = line_of(files, tmp_path)
    plan = plan_of(scenario, lambda _trip: None, *demand_led(scenario), mode="demand-led")
    merged = merge(plan, feed, tmp_path / "merged.zip")
    outcomes = {kind: [one.trip_id for one in merged.trips if one.outcome == kind] for kind in ("added", "removed")}
    assert outcomes["removed"] == ["U2", "U5"]
    (added,) = outcomes["added"]
    after = members(tmp_path / "merged.zip")
    trips = {row["trip_id"]: row for row in rows(after["trips.txt"])}
    assert trips[added] == {**trips["D7"], "trip_id": added, "trip_short_name": ""}
    assert "U2" not in trips
    assert [row["from_trip_id"] for row in rows(after["transfers.txt"])] == ["U1"]
    assert "transfers.txt: 1 rows were removed, because they refer to trips that are no longer run" in merged.notes
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert sorted(times_of(again.timetable.called_trips).values()) == sorted(
        times_of(plan.plan.timetable.trips).values()
    )


def test_a_trip_without_counterpart_is_a_fault_at_equal_service(tmp_path: Path) -> None:
    feed, scenario = line_of(metro(UP, DOWN), tmp_path)
    strangers = [replace(later(timetable_in_force(scenario).trips[0], 60 * k), trip_id=f"new{k}") for k in (1, 2)]
    with pytest.raises(InputFaults) as error:
        merged_feed(plan_of(scenario, lambda trip: trip, *strangers), feed)
    assert [fault.value for fault in error.value.faults] == ["new1", "new2"]
    assert error.value.faults[0].allowed == "a trip with a counterpart in the feed"


def frequencies(exact: str = "") -> Files:
    files = metro(up=(0,), down=(0,))
    files["frequencies.txt"] = [
        ["trip_id", "start_time", "end_time", "headway_secs"],
        ["U1", "6:00:00", "8:00:00", "600"], ["D1", "6:05:00", "8:00:00", "600"], ["bus", "8:00:00", "9:00:00", "900"],
    ]  # fmt: skip
    if exact:
        feeds.add_column(files, "frequencies.txt", "exact_times", lambda row: "" if row["trip_id"] == "bus" else exact)
    return files


def moved(trip: Trip) -> Trip:
    """Departures from 07:00 on are 20 s later; that at 06:10 has a longer first run."""
    if trip.start_s >= 7 * 3600:
        return later(trip, 20)
    if trip.trip_id == "U1@06:10":
        return replace(trip, arrival_s=(trip.arrival_s[0], trip.arrival_s[1] + 4, *trip.arrival_s[2:]))
    return trip


def test_frequencies_stay_frequencies_with_exact_times(tmp_path: Path) -> None:
    feed, scenario = line_of(frequencies(), tmp_path)
    plan = plan_of(scenario, moved)
    merged = merge(plan, feed, tmp_path / "merged.zip")
    assert set(merged.tables) == {"trips.txt", "stop_times.txt", "frequencies.txt"}
    after = members(tmp_path / "merged.zip")
    windows = rows(after["frequencies.txt"])
    assert [row["trip_id"] for row in windows] == ["U1", "U1", "U1", "U1-2", "D1", "D1", "bus"]
    assert {row["exact_times"] for row in windows if row["trip_id"] != "bus"} == {"1"}
    assert windows[-1] == {
        "trip_id": "bus", "start_time": "8:00:00", "end_time": "9:00:00", "headway_secs": "900", "exact_times": "",
    }  # fmt: skip
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert sorted(times_of(again.timetable.called_trips).values()) == sorted(
        times_of(plan.plan.timetable.trips).values()
    )


def test_unchanged_frequencies_only_become_exact(tmp_path: Path) -> None:
    feed, scenario = line_of(frequencies("0"), tmp_path)
    merged = merge(plan_of(scenario), feed, tmp_path / "merged.zip")
    assert set(merged.tables) == {"frequencies.txt"}
    assert [row["exact_times"] for row in rows(members(tmp_path / "merged.zip")["frequencies.txt"])] == ["1", "1", ""]
    feed, scenario = line_of(frequencies("1"), tmp_path / "exact")
    assert merged_feed(plan_of(scenario), feed).tables == {}


def test_frequencies_become_single_trips(tmp_path: Path) -> None:
    feed, scenario = line_of(frequencies(), tmp_path)
    plan = plan_of(scenario, moved)
    merge(plan, feed, tmp_path / "merged.zip", frequencies=False)
    after = members(tmp_path / "merged.zip")
    assert [row["trip_id"] for row in rows(after["frequencies.txt"])] == ["bus"]
    assert not {"U1", "D1"} & {row["trip_id"] for row in rows(after["trips.txt"])}
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


def test_demand_led_frequencies(tmp_path: Path) -> None:
    feed, scenario = line_of(frequencies(), tmp_path)
    plan = plan_of(scenario, lambda _trip: None, *demand_led(scenario), mode="demand-led")
    for single in (False, True):
        target = tmp_path / f"{single}.zip"
        merge(plan, feed, target, frequencies=not single)
        again = imported(target, tmp_path / f"again{single}")
        assert sorted(times_of(again.timetable.called_trips).values()) == sorted(
            times_of(plan.plan.timetable.trips).values()
        )


def test_a_frequency_that_begins_beyond_the_line(tmp_path: Path) -> None:
    """The windows of a frequency give departures at the first stop of the feed, here before the junction."""
    files = frequencies()
    files["stops.txt"].append(["X", "Xylon", "52.03", "13.5", "0", ""])
    files["trips.txt"].append(["M", "weekday", "E1", "1", ""])
    files["stop_times.txt"] += [
        ["E1", "0:00:00", "0:00:00", "X", "1"], ["E1", "0:02:10", "0:02:40", "C2", "2"],
        ["E1", "0:04:05", "0:04:35", "B2", "3"], ["E1", "0:06:05", "0:06:05", "A2", "4"],
    ]  # fmt: skip
    files["frequencies.txt"].append(["E1", "6:05:00", "8:00:00", "1200"])
    feed, scenario = line_of(files, tmp_path)
    assert {trip.stations for trip in scenario.timetable.called_trips if trip.trip_id[:2] == "E1"} == {("C", "B", "A")}
    assert merged_feed(plan_of(scenario), feed).stops == ()
    plan = plan_of(scenario, lambda trip: later(trip, 15 if trip.start_s > 7 * 3600 else 0))
    for single in (False, True):
        merge(plan, feed, tmp_path / f"{single}.zip", frequencies=not single)
        again = imported(tmp_path / f"{single}.zip", tmp_path / f"again{single}")
        assert sorted(times_of(again.timetable.called_trips).values()) == sorted(
            times_of(plan.plan.timetable.trips).values()
        )


def branch() -> Files:
    """Trips U3 and D3 run over C only to and from a branch with the stations X and Y."""
    files = metro(UP, DOWN)
    files["stops.txt"] += [["X", "Xylon", "52.03", "13.5", "0", ""], ["Y", "Yew", "52.04", "13.6", "0", ""]]
    kept = [row for row in files["stop_times.txt"] if not (row[0] == "U3" and row[4] in "456")]
    kept = [row for row in kept if not (row[0] == "D3" and row[4] in "123")]
    kept += [["U3", "7:00:00", "7:00:30", "X", "4"], ["U3", "7:02:00", "7:05:00", "Y", "5"]]
    kept += [["D3", "6:20:00", "6:25:00", "Y", "0"], ["D3", "6:26:00", "6:26:30", "X", "1"]]
    files["stop_times.txt"] = kept
    return files


def test_stops_beyond_a_junction_move_with_it(tmp_path: Path) -> None:
    feed, scenario = line_of(branch(), tmp_path)
    short = next(trip for trip in scenario.timetable.called_trips if trip.trip_id == "U3")
    assert short.stations == ("A", "B", "C")
    plan = plan_of(scenario, lambda trip: later(trip, 25))
    merged = merge(plan, feed, tmp_path / "merged.zip")
    changes = {(one.trip_id, one.stop_id): one for one in merged.stops}
    assert (changes["U3", "X"].arrival_after, changes["U3", "X"].departure_after) == ("7:00:25", "7:00:55")
    assert (changes["U3", "Y"].arrival_after, changes["U3", "Y"].departure_after) == ("7:02:25", "7:05:25")
    assert (changes["D3", "Y"].arrival_after, changes["D3", "Y"].departure_after) == ("6:20:25", "6:25:25")
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


def test_times_that_begin_again_at_midnight_are_written_above_24(tmp_path: Path) -> None:
    files = metro(tuple(range(82_600, 86_201, 600)), tuple(range(82_900, 85_400, 600)))
    name = "U7"
    for row in files["stop_times.txt"]:
        if row[0] == name:
            row[1:3] = [time.replace("24:", "0:") for time in row[1:3]]
    feed, scenario = line_of(files, tmp_path, wrap_midnight=True)
    plan = plan_of(scenario)
    merged = merge(plan, feed, tmp_path / "merged.zip")
    assert {one.trip_id for one in merged.stops} == {name}
    assert (merged.stops[-1].arrival_before[:2], merged.stops[-1].arrival_after[:2]) == ("0:", "24")
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


def blocks(*pairs: tuple[str, str]) -> Files:
    files = metro((21_600, 24_000), (22_200, 24_600))
    for trip, block in pairs:
        feeds.change(files, "trips.txt", {"trip_id": trip}, "block_id", block)
    return files


def test_blocks_follow_the_vehicles_only_if_the_feed_has_blocks(tmp_path: Path) -> None:
    other = {"b": "c", "c": "b"}
    feed, scenario = line_of(blocks(("U1", "b"), ("D1", "b"), ("U2", "c"), ("D2", "c")), tmp_path / "chains")
    swapped = plan_of(
        scenario, lambda trip: replace(trip, vehicle=other[trip.vehicle]) if trip.trip_id in ("U2", "D2") else trip
    )
    merged = merge(swapped, feed, tmp_path / "merged.zip")
    found = {row["trip_id"]: row["block_id"] for row in rows(members(tmp_path / "merged.zip")["trips.txt"])}
    assert found == {"U1": "b", "D1": "b", "U2": "b", "D2": "b", "S1": "", "bus": ""}
    assert set(merged.tables) == {"trips.txt"}
    feed, scenario = line_of(blocks(("U1", "b")), tmp_path / "one")
    merged = merged_feed(plan_of(scenario), feed)
    assert merged.tables == {}
    assert merged.notes[0].startswith("block_id stays as in the feed")
    feed, scenario = line_of(blocks(), tmp_path / "none")
    assert merged_feed(plan_of(scenario), feed).tables == {}


def test_a_train_that_the_feed_has_twice_changes_twice(tmp_path: Path) -> None:
    files = metro(UP, DOWN)
    files["calendar.txt"].append(["extra", *"1111100", "20260101", "20261231"])
    files["trips.txt"].append(["M", "extra", "U2x", "0", ""])
    files["stop_times.txt"] += feeds.calls_of("U2x", UP[1], 0)
    feed, scenario = line_of(files, tmp_path)
    assert "U2x" not in {trip.trip_id for trip in scenario.timetable.called_trips}
    plan = plan_of(scenario, lambda trip: later(trip, 5))
    merged = merge(plan, feed, tmp_path / "merged.zip")
    assert {"U2", "U2x"} <= {one.trip_id for one in merged.stops}
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


def test_the_difference_has_the_changed_rows_only(tmp_path: Path) -> None:
    feed, scenario = line_of(metro(UP, DOWN), tmp_path)
    plan = plan_of(scenario, lambda trip: later(trip, 30) if trip.trip_id == "U2" else trip)
    write_difference(merged_feed(plan, feed), tmp_path / "difference.zip")
    found = members(tmp_path / "difference.zip")
    assert set(found) == {"stop_times.txt", "changes.csv", "trips.csv"}
    changed = rows(found["stop_times.txt"])
    assert [(row["trip_id"], row["stop_sequence"]) for row in changed] == [("U2", str(k)) for k in range(1, 7)]
    assert rows(found["changes.csv"])[0] == {
        "trip_id": "U2", "stop_sequence": "1", "stop_id": "A1", "arrival_before": "6:10:00",
        "arrival_after": "6:10:30", "departure_before": "6:10:00", "departure_after": "6:10:30",
    }  # fmt: skip
    assert rows(found["trips.csv"]) == [{"trip_id": "U2", "plan_trip_id": "U2", "outcome": "changed"}]


def test_the_difference_names_removed_and_added_rows(tmp_path: Path) -> None:
    feed, scenario = line_of(metro(UP, DOWN), tmp_path)
    plan = plan_of(scenario, lambda _trip: None, *demand_led(scenario), mode="demand-led")
    write_difference(merged_feed(plan, feed), tmp_path / "difference.zip")
    found = members(tmp_path / "difference.zip")
    assert [row["trip_id"] for row in rows(found["removed/trips.txt"])] == ["U2", "U5"]
    assert len(rows(found["removed/stop_times.txt"])) == 12
    (added,) = (row["trip_id"] for row in rows(found["trips.csv"]) if row["outcome"] == "added")
    assert [row["trip_id"] for row in rows(found["trips.txt"])] == [added]
    gone = [row for row in rows(found["changes.csv"]) if row["trip_id"] == "U5"]
    assert len(gone) == 6
    assert all(row["arrival_before"] and not row["arrival_after"] for row in gone)


def test_other_encodings_and_separators_stay(tmp_path: Path) -> None:
    """A feed in GB18030 with semicolons goes back in GB18030 with semicolons."""
    files = metro(UP, DOWN)
    for row in files["stops.txt"][1:]:
        row[1] = f"{row[1]}人民广场站"
    plain = feeds.write(tmp_path / "plain.zip", files)
    feed = tmp_path / "metro.zip"
    with zipfile.ZipFile(feed, "w") as archive:
        for name, content in members(plain).items():
            archive.writestr(name, content.decode().replace(",", ";").encode("gb18030"))
    scenario = imported(feed, tmp_path / "line")
    plan = plan_of(scenario, lambda trip: later(trip, 7) if trip.trip_id == "D2" else trip)
    merged = merge(plan, feed, tmp_path / "merged.zip")
    assert set(merged.tables) == {"stop_times.txt"}
    old, new = (members(path)["stop_times.txt"].splitlines() for path in (feed, tmp_path / "merged.zip"))
    assert [line[:2] for line, other in zip(old, new, strict=True) if line != other] == [b"D2"] * 6
    again = imported(tmp_path / "merged.zip", tmp_path / "again")
    assert times_of(again.timetable.called_trips) == times_of(plan.plan.timetable.trips)


def test_an_unproven_plan_marks_the_feed(tmp_path: Path) -> None:
    files = metro(UP, DOWN)
    files["feed_info.txt"] = [["feed_publisher_name", "feed_version"], ["Metro", "7"]]
    feed, scenario = line_of(files, tmp_path)
    checked = plan_of(scenario)
    state = replace(checked.written.state, status="edited")
    edited = replace(checked, written=replace(checked.written, state=state))
    merge(edited, feed, tmp_path / "merged.zip")
    found = members(tmp_path / "merged.zip")
    assert rows(found["feed_info.txt"])[0]["feed_version"].startswith("UNPROVEN: edited")
    assert found[MARK_FILE].startswith(b"UNPROVEN: edited")
