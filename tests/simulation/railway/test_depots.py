"""Depots that fill up, and trains in and out of a terminal that need the same points."""

from dataclasses import replace

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st
from small_railway import ORDER, RULES, railway

from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema.base import Direction
from simulation.railway.depot_wait import DepotWait
from simulation.railway.depots import Depot
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.trains import Operations, operate

ONE_PLACE = replace(RULES, minimum_headway_s=0.0, turnback_tracks={"A": 9, "C": 2}, depot_places={"A": 9, "C": 1})


def trip(name: str, start_s: int, vehicle: str, direction: Direction = "up") -> Trip:
    """100 s, 30 s dwell, 100 s."""
    return Trip(
        name, direction, ORDER[direction], (start_s, start_s + 100, start_s + 230),
        (start_s, start_s + 130, start_s + 230), ("speed_cap", "speed_cap"), (0.0, 0.0), vehicle,
    )  # fmt: skip


def day(rules: OperatingRules, *trips: Trip) -> Operations:
    return operate(Timetable(trips), railway(rules), None)


def departures_s(operations: Operations) -> dict[str, float]:
    return {record.trip.trip_id: record.departure_s[0] for record in operations.trips}


def test_a_train_that_finds_the_depot_full_stands_on_its_track_until_one_comes_out() -> None:
    # V3 is in the depot at C from the beginning, and is on a track half a turnback before it leaves at 1500.
    ran = day(ONE_PLACE, trip("u1", 1000, "V1"), trip("d3", 1500, "V3", "down"))
    assert ran.depot_waits == (DepotWait("V1", "C", 1230.0, 1440.0),)
    assert departures_s(ran)["d3"] == 1500.0
    # With a second place, no train waits.
    assert day(replace(ONE_PLACE, depot_places={"C": 2}), *(r.trip for r in ran.trips)).depot_waits == ()


def test_a_train_for_which_no_place_becomes_free_is_put_beside_them_after_five_minutes() -> None:
    ran = day(ONE_PLACE, trip("u1", 1000, "V1"), trip("u2", 1300, "V2"))
    assert ran.depot_waits == (DepotWait("V2", "C", 1530.0, 1830.0, is_beside=True),)


def test_while_it_waits_for_the_depot_its_track_is_taken() -> None:
    # V1 takes the only place, V2 stands on a track for five minutes, and needs a minute more to go in.
    trips = (trip("u1", 1000, "V1"), trip("u2", 1300, "V2"), trip("u4", 1600, "V4"), trip("d4", 2300, "V4", "down"))
    assert day(ONE_PLACE, *trips).trips[2].hindered_s == (0.0, 0.0)
    late = day(replace(ONE_PLACE, turnback_tracks={"C": 1}), *trips).trips[2]
    assert late.arrival_s[2] == pytest.approx(1530.0 + 300.0 + 60.0 + 2.0 * 150.0**0.5, abs=1.5)


def test_a_train_whose_rest_finds_no_place_works_its_next_trip_from_its_track() -> None:
    rules = replace(ONE_PLACE, longest_turnback_s={"C": 200.0})
    trips = (trip("u1", 1000, "V1"), trip("u2", 1400, "V2"), trip("d2", 1900, "V2", "down"), trip("u4", 1750, "V4"))
    ran = day(rules, *trips)
    # It waits until it would have to come out again, and never was in the depot: V4 finds it full as well.
    waits = {wait.vehicle: wait for wait in ran.depot_waits}
    assert waits["V2"] == DepotWait("V2", "C", 1630.0, 1840.0)
    assert waits["V4"].from_s == 1980.0
    assert departures_s(ran)["d2"] == 1900.0


def test_trips_without_a_vehicle_are_in_no_depot() -> None:
    trips = [replace(trip(f"u{k}", 1000 + 300 * k, ""), vehicle="") for k in range(4)]
    assert day(ONE_PLACE, *trips).depot_waits == ()


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 3), st.integers(1, 3))
def test_a_depot_holds_no_more_than_its_places_and_loses_no_train(moves: list[bool], first: int, places: int) -> None:
    depot, waiting = Depot(simpy.Environment(), places, min(first, places)), 0
    for comes_in in moves:
        inside = depot.trains
        if comes_in:
            waiting += depot.come_in() is not None
            assert depot.trains + waiting >= inside + 1 or inside == places
        elif depot.trains:
            depot.go_out()
            given_one = waiting > 0
            waiting -= given_one
            assert depot.trains == inside - 1 + given_one
        assert 0 <= depot.trains <= places
        assert not waiting or depot.trains == places


CRUISE_M_S = 50.0 - (50.0**2 - 1000.0) ** 0.5
CLEARING_S = CRUISE_M_S + (150.0 - CRUISE_M_S**2 / 2.0) / CRUISE_M_S
"""Time over 150 m from standstill at 1 m/s² up to the speed that takes 100 s for 1 km."""

SHARED = replace(ONE_PLACE, depot_places=None, shared_points=frozenset({"C"}))


def test_a_train_waits_before_points_over_which_another_one_leaves() -> None:
    # V1 leaves C at 1500; V2 would be in at 1530 and finds a track, but not the points.
    trips = (trip("u1", 1000, "V1"), trip("d1", 1500, "V1", "down"), trip("u2", 1300, "V2"))
    free = day(replace(SHARED, shared_points=frozenset()), *trips)
    shared = day(SHARED, *trips)
    assert free.trips[2].arrival_s[2] == 1530.0
    runs_in_s = 2.0 * 150.0**0.5
    assert shared.trips[2].arrival_s[2] == pytest.approx(1500.0 + CLEARING_S + runs_in_s, abs=1.5)
    assert departures_s(shared)["d1"] == 1500.0


def test_a_train_leaves_when_the_one_that_runs_in_stands() -> None:
    # V2 is in at 1490, on the other track; V1 is to leave at 1480.
    trips = (trip("u1", 1000, "V1"), trip("u2", 1260, "V2"), trip("d1", 1480, "V1", "down"))
    assert departures_s(day(replace(SHARED, shared_points=frozenset()), *trips))["d1"] == 1480.0
    shared = day(SHARED, *trips)
    assert shared.trips[1].arrival_s[2] == 1490.0
    assert departures_s(shared)["d1"] == 1490.0


def test_points_are_no_matter_where_no_two_trains_meet_in_them() -> None:
    trips = (trip("u1", 1000, "V1"), trip("d1", 1400, "V1", "down"), trip("u2", 1400, "V2"))
    free = day(replace(SHARED, shared_points=frozenset()), *trips)
    assert [record.arrival_s for record in day(SHARED, *trips).trips] == [record.arrival_s for record in free.trips]
