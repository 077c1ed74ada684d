"""Times of all trips of a line: resolution, kept one-way times, and trips that no train can run."""

from collections import defaultdict
from collections.abc import Sequence
from math import nan
from statistics import fmean

import pytest

from energy_models.faults import InputFaults
from scenarios.files.load import load_scenario
from scenarios.imports.least_times import least_times_s, usual_times_s
from scenarios.imports.line import ImportedLine, ImportedStation
from scenarios.imports.patterns import SeenTrip
from scenarios.imports.published_times import inferred_times, resolution_of_s, usual_dwell_s
from scenarios.imports.short_times import ShortTimes
from scenarios.imports.time_changes import change_table

CHAINAGE_M = (0.0, 900.0, 2100.0, 2700.0, 4000.0)
TRUE_S = (0, 97, 208, 293, 402)
"""Departures of the true trains after the first, and the arrival at the end."""


def line_of(trips: Sequence[SeenTrip]) -> ImportedLine:
    stations = tuple(ImportedStation(id, id, at) for id, at in zip("ABCDE", CHAINAGE_M, strict=True))
    return ImportedLine("", stations, tuple(trips), "a test", "")


def rounded(trip_id: str, start_s: int, to_s: int, stations: str = "ABCDE") -> SeenTrip:
    """A train whose times were rounded down to a resolution."""
    offsets = TRUE_S if stations == "ABCDE" else tuple(TRUE_S[-1] - time_s for time_s in reversed(TRUE_S))
    times = tuple(float((start_s + time_s) // to_s * to_s) for time_s in offsets)
    return SeenTrip(trip_id, tuple(stations), times, times)


def a_day(to_s: int) -> ImportedLine:
    starts = range(6 * 3600, 9 * 3600, 427)
    return line_of([trip for k, start in enumerate(starts) for trip in (
        rounded(f"up{k}", start, to_s), rounded(f"down{k}", start, to_s, "EDCBA"))])  # fmt: skip


@pytest.mark.parametrize("to_s", [60, 30, 15])
def test_the_resolution_is_found(to_s: int) -> None:
    assert resolution_of_s(a_day(to_s).trips) == to_s
    assert resolution_of_s(a_day(1).trips) == 1


def test_whole_minutes_with_a_fixed_dwell_are_whole_minutes() -> None:
    trip = SeenTrip(
        "t", tuple("ABCD"), (21_645.0, 21_675.0, 21_795.0, 21_915.0), (21_645.0, 21_705.0, 21_825.0, 21_915.0)
    )
    assert resolution_of_s([trip]) == 60


@pytest.mark.parametrize("to_s", [60, 30])
def test_rounded_times_keep_the_mean_one_way_time_of_each_hour(to_s: int) -> None:
    line = a_day(to_s)
    like = load_scenario("tutorial_line")
    least = least_times_s(line, like)
    found = inferred_times(line, least, least, 30)
    published = {trip.trip_id: trip for trip in line.trips}
    hours: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for trip in found.line.trips:
        before = published[trip.trip_id]
        took, stood = trip.arrival_s[-1] - trip.departure_s[0], before.arrival_s[-1] - before.departure_s[0]
        assert abs(took - stood) <= to_s
        assert trip.departure_s[0] == before.departure_s[0]
        for ours, theirs in zip(trip.departure_s, before.departure_s, strict=True):
            assert abs(ours - theirs) <= to_s
        direction = found.line.direction_of(trip)
        runs = [b - a for a, b in zip(trip.departure_s, trip.arrival_s[1:], strict=False)]
        assert all(run >= least_s + 0.5 for run, least_s in zip(runs, least[direction], strict=True))
        hours[direction, int(trip.departure_s[0] // 3600)].append((took, stood))
    for values in hours.values():
        assert fmean(took for took, _ in values) == pytest.approx(fmean(stood for _, stood in values), abs=1)
    assert len(change_table(line, found.changes)) > 1


def test_trips_of_one_pattern_and_hour_have_the_same_times() -> None:
    line = a_day(60)
    like = load_scenario("tutorial_line")
    least = least_times_s(line, like)
    found = inferred_times(line, least, least, 30)
    published = {trip.trip_id: trip for trip in line.trips}
    times: dict[object, set[object]] = defaultdict(set)
    for trip in found.line.trips:
        before = published[trip.trip_id]
        key = (trip.stations, int(before.departure_s[0] // 3600),
               tuple(time_s - before.departure_s[0] for time_s in before.departure_s))  # fmt: skip
        times[key].add(tuple(time_s - trip.departure_s[0] for time_s in trip.arrival_s))
    assert {len(one) for one in times.values()} == {1}


def test_a_trip_that_rounding_made_too_short_takes_time_from_others() -> None:
    """Least one-way time: 4 sections of 60 s and 3 dwells of 20 s. Two trips show 5 min, the others 6."""
    shape = {"up": (60.0,) * 4, "down": (60.0,) * 4}
    least = {"up": (66.0,) * 4, "down": (66.0,) * 4}

    def trip(trip_id: str, start_s: int, minutes: Sequence[int], stations: str = "ABCDE") -> SeenTrip:
        times = tuple(float(start_s + 60 * one) for one in minutes)
        return SeenTrip(trip_id, tuple(stations), times, times)

    trips = [trip("short", 21_600, (0, 1, 2, 4, 5)), trip("long1", 22_200, (0, 1, 3, 4, 6)),
             trip("long2", 22_800, (0, 2, 3, 5, 6)), trip("back", 21_900, (0, 2, 3, 5, 6), "EDCBA")]  # fmt: skip
    found = inferred_times(line_of(trips), shape, least, 20)
    took = {one.trip_id: one.arrival_s[-1] - one.departure_s[0] for one in found.line.trips}
    assert took["short"] == 4 * 67 + 3 * 20
    assert took["short"] + took["long1"] + took["long2"] == 300 + 360 + 360
    assert took["back"] == 360
    assert any("short" in note and "as much shorter" in note for note in found.line.notes)


def test_one_finding_for_times_that_no_train_can_run() -> None:
    like = load_scenario("tutorial_line")
    line = line_of([SeenTrip(name, tuple(order), times := tuple(21_600.0 + 60 * k for k in range(5)), times)
                    for name, order in (("up", "ABCDE"), ("down", "EDCBA"))])  # fmt: skip
    least = least_times_s(line, like)
    with pytest.raises(InputFaults) as refused:
        inferred_times(
            line, least, least, 30, ShortTimes("feed.zip", "the borrowed train", lambda k: least_times_s(line, like, k))
        )
    (fault,) = refused.value.faults
    assert fault.value.startswith("2 trips are faster than the train can run")
    for cause in (
        "multiples of 60 s",
        "dwells (without any dwell",
        "the borrowed train is too weak",
        "wrong distances",
    ):
        assert cause in fault.allowed


def test_a_shorter_dwell_is_proposed_where_it_fits() -> None:
    least = {"up": (60.0,) * 4, "down": (60.0,) * 4}
    times = tuple(21_600.0 + time_s for time_s in (0, 64, 128, 192, 259))
    line = line_of([SeenTrip("up", tuple("ABCDE"), times, times), SeenTrip("down", tuple("EDCBA"), times, times)])
    with pytest.raises(InputFaults, match="--dwell 5 fits, instead of 20 s"):
        inferred_times(line, least, least, 30)
    found = inferred_times(line, least, least, 5)
    assert found.line.trips[0].arrival_s[-1] == times[-1]


def test_stops_without_times_follow_distance_and_dwell() -> None:
    """The case of uneven distances: between two times, running time goes by section and dwell comes first."""
    arrival = (21_600.0, nan, nan, 21_600.0 + 390, 21_600.0 + 520)
    departure = (21_600.0, nan, nan, 21_600.0 + 420, 21_600.0 + 520)
    line = line_of([SeenTrip("up", tuple("ABCDE"), arrival, departure)])
    shape = usual_times_s(line)
    found = inferred_times(line, shape, None, 30)
    (trip,) = found.line.trips
    runs = [b - a for a, b in zip(trip.departure_s, trip.arrival_s[1:], strict=False)]
    dwells = [b - a for a, b in zip(trip.arrival_s, trip.departure_s, strict=True)]
    assert dwells == [0, 30, 30, 30, 0]
    assert trip.arrival_s[3] == pytest.approx(arrival[3], abs=1)
    for run, other, here, there in zip(runs[:3], runs[1:3], shape["up"][:3], shape["up"][1:3], strict=False):
        assert run / other == pytest.approx(here / there, rel=0.1)


def test_the_usual_dwell_is_that_of_most_stops() -> None:
    waits = SeenTrip("t", tuple("ABCDE"), (0.0, 60.0, 120.0, 180.0, 240.0), (0.0, 60.0, 240.0, 180.0, 240.0))
    assert usual_dwell_s(line_of([waits])) is None, "one waiting time says nothing about other stations"
    stands = SeenTrip("t", tuple("ABCDE"), (0.0, 60.0, 120.0, 180.0, 240.0), (0.0, 85.0, 145.0, 180.0, 240.0))
    assert usual_dwell_s(line_of([stands])) == 25


def test_exact_times_that_a_train_can_run_stay() -> None:
    line = line_of([
        SeenTrip("up", tuple("ABCDE"), (0.0, 97.0, 241.0, 343.0, 477.0), (0.0, 127.0, 271.0, 373.0, 477.0)),
        SeenTrip("down", tuple("EDCBA"), (0.0, 103.0, 205.0, 350.0, 478.0), (0.0, 133.0, 235.0, 380.0, 478.0)),
    ])  # fmt: skip
    least = least_times_s(line, load_scenario("tutorial_line"))
    found = inferred_times(line, least, least, 30)
    assert found.line.trips == line.trips
    assert change_table(line, found.changes) == []
