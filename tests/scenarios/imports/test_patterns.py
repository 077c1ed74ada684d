"""Which line a timetable is: short turns, branches, expresses, loops and doubled trips."""

from collections.abc import Iterable

import pytest

from energy_models.faults import InputFaults
from scenarios.imports.patterns import SeenTrip, course_over, recognised_line

NAMES = {letter: f"Station {letter}" for letter in "ABCDEFGHXYZ"}


def trip(trip_id: str, stations: str, start_s: int = 21_600, **other: str) -> SeenTrip:
    times = tuple(float(start_s + 120 * k) for k in range(len(stations)))
    return SeenTrip(trip_id, tuple(stations), times, times, **other)


def both_ways(name: str, stations: str, number: int = 1, start_s: int = 21_600) -> Iterable[SeenTrip]:
    for k in range(number):
        yield trip(f"{name}{k}", stations, start_s + 600 * k)
        yield trip(f"{name}{k}-back", stations[::-1], start_s + 600 * k + 300)


def test_a_pattern_within_the_line_is_a_short_turn() -> None:
    found = recognised_line([*both_ways("w", "ABCDE", 3), *both_ways("s", "BCD", 9, 30_000)], NAMES, "f")
    assert found.order == tuple("ABCDE"), "also where most trips are short"
    assert found.turning == ("B", "D")
    assert len(found.trips) == 24
    assert any(note.startswith("short trips: 9 trips Station B to Station D: s0, s1") for note in found.notes)


def test_a_rare_extension_is_not_the_line() -> None:
    found = recognised_line([*both_ways("w", "ABCDE", 30), *both_ways("x", "ABCDEF", 1, 60_000)], NAMES, "f")
    assert found.order == tuple("ABCDE")
    assert any("x0" in note and "without Station F" in note for note in found.notes)
    assert all(set(one.stations) <= set("ABCDE") for one in found.trips)


def test_each_branch_can_be_chosen_and_the_other_one_occupies_the_trunk() -> None:
    trips = [*both_ways("m", "ABCDE", 6), *both_ways("b", "ABCXY", 4, 22_000)]
    trunk = recognised_line(trips, NAMES, "f")
    assert trunk.order == tuple("ABCDE")
    assert trunk.turning == ("C",)
    assert {one.stations for one in trunk.trips if one.trip_id == "b0"} == {tuple("ABC")}
    choices = next(note for note in trunk.notes if note.startswith("line:"))
    assert "--branch" in choices
    assert "Station A to Station E (5 stations); Station A to Station Y (5 stations)" in choices
    for asked in ("Y", "station x"):
        branch = recognised_line(trips, NAMES, "f", branch=asked)
        assert branch.order == tuple("ABCXY")
        assert len(branch.trips) == len(trips)
    with pytest.raises(InputFaults, match="branch: Q - allowed: a station of one of: Station A to Station E"):
        recognised_line(trips, NAMES, "f", branch="Q")


def test_expresses_are_refused_by_name_until_they_are_left_out() -> None:
    trips = [*both_ways("w", "ABCDE", 5), trip("fast1", "ABE"), trip("fast2", "ABE", 22_000), trip("semi", "ACDE")]
    with pytest.raises(InputFaults) as refused:
        recognised_line(trips, NAMES, "f")
    told = [fault.value for fault in refused.value.faults]
    assert told == [
        "2 trips Station A to Station E do not stop at Station C, Station D: fast1, fast2",
        "1 trip Station A to Station E do not stop at Station B: semi",
    ]
    assert all("--without-expresses" in fault.allowed for fault in refused.value.faults)
    found = recognised_line(trips, NAMES, "f", without_expresses=True)
    assert len(found.trips) == 10
    assert [note for note in found.notes if note.startswith("left out:")] == [f"left out: {text}" for text in told]


def test_further_stops_of_a_trip_are_part_of_its_running_time() -> None:
    night = trip("night", "ABXYC")
    found = recognised_line([*both_ways("w", "ABC", 8), night], NAMES, "f")
    kept = next(one for one in found.trips if one.trip_id == "night")
    assert kept.stations == tuple("ABC")
    assert kept.arrival_s[2] - kept.departure_s[1] == 360
    assert any("further stops" in note and "Station X, Station Y" in note for note in found.notes)


def test_trips_elsewhere_are_named() -> None:
    found = recognised_line([*both_ways("w", "ABC", 8), trip("depot", "XYZ")], NAMES, "f")
    assert any(note.startswith("left out: 1 trip Station X to Station Z") and "depot" in note for note in found.notes)


def test_a_loop_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputFaults, match=r"1 trip begin and end at Station A: l1 - allowed: .* Divide each trip"):
        recognised_line([*both_ways("w", "ABC"), trip("l1", "ABCDA")], NAMES, "f")


def test_two_runs_in_one_trip_are_found_by_the_pause_between_them() -> None:
    first, second = trip("t", "ABCD"), trip("t", "BCD", 50_000)
    joined = SeenTrip("t", first.stations + second.stations, first.arrival_s + second.arrival_s,
                      first.departure_s + second.departure_s)  # fmt: skip
    with pytest.raises(InputFaults) as refused:
        recognised_line([joined], NAMES, "f")
    (fault,) = refused.value.faults
    assert fault.place == "trip t"
    assert "stop at Station B twice; the longest pause is 467 min from Station D to Station B" in fault.value


def test_one_direction_is_not_a_line_and_the_other_route_is_named() -> None:
    with pytest.raises(InputFaults, match=r"Route R2 runs in the other direction: give both routes"):
        recognised_line([trip("u", "ABC")], NAMES, "f", other_directions=["R2"])


def test_a_trip_under_two_services_is_imported_once() -> None:
    trips = [*both_ways("w", "ABC", 2), trip("again", "ABC", service="sunday"), trip("else", "ABC", 40_000)]
    found = recognised_line(trips, NAMES, "f")
    assert len(found.trips) == 5
    assert any("again (as w0)" in note and "services  and sunday" in note for note in found.notes)


def test_the_course_of_a_pattern_over_a_line() -> None:
    order = tuple("ABCDE")
    assert course_over(tuple("XBCY"), order).outside == ("X", "Y")
    assert course_over(tuple("EDC"), order).positions == (0, 1, 2)
    assert course_over(tuple("EA"), order).skipped == ("D", "C", "B")
    assert course_over(tuple("ABA"), order).turns_around
    assert not course_over(tuple("XYA"), order).positions
