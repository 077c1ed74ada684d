"""Turnbacks: tracks as a resource, trains that wait before a terminal, depots, and orders that would block it."""

from dataclasses import replace

import pytest
from small_railway import ORDER, RULES, railway

from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema.base import Direction
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.trains import operate
from simulation.railway.trip_record import TripRecord
from simulation.railway.trip_run import duties_of, journeys_of
from simulation.railway.turnbacks import depot_rests

ONE_TRACK = replace(RULES, minimum_headway_s=0.0, turnback_tracks={"A": 9, "C": 1}, depot_places={"A": 9})
TWO_TRACKS = replace(ONE_TRACK, turnback_tracks={"A": 9, "C": 2})


CRUISE_M_S = 50.0 - (50.0**2 - 1000.0) ** 0.5
CLEARING_S = CRUISE_M_S + (150.0 - CRUISE_M_S**2 / 2.0) / CRUISE_M_S
"""Time over 150 m from standstill at 1 m/s² up to the speed that takes 100 s for 1 km."""


def trip(name: str, start_s: int, vehicle: str, direction: Direction = "up") -> Trip:
    """100 s, 30 s dwell, 100 s."""
    return Trip(
        name, direction, ORDER[direction], (start_s, start_s + 100, start_s + 230),
        (start_s, start_s + 130, start_s + 230), ("speed_cap", "speed_cap"), (0.0, 0.0), vehicle,
    )  # fmt: skip


def run(rules: OperatingRules, *trips: Trip) -> dict[str, TripRecord]:
    return {record.trip.trip_id: record for record in operate(Timetable(trips), railway(rules), None).trips}


# V1 is due at C at 1230 and leaves at 1500; V2 is due at 1400.
MEETING = (
    trip("u1", 1000, "V1"),
    trip("u2", 1170, "V2"),
    trip("d1", 1500, "V1", "down"),
    trip("d2", 1700, "V2", "down"),
)


def test_a_train_that_finds_no_track_waits_before_the_terminal_until_the_train_there_has_cleared_the_points() -> None:
    trips = run(ONE_TRACK, *MEETING)
    late = trips["u2"]
    assert trips["u1"].hindered_s == (0.0, 0.0)
    assert trips["d1"].departure_s[0] == 1500.0
    # The points are 150 m from the stop, which V1 clears while it leaves; then V2 comes in from a stand there.
    assert late.delayed_profiles[1] is not None
    clears_s = 1500.0 + CLEARING_S
    runs_in_s = 2.0 * (150.0 / 1.0) ** 0.5
    assert late.arrival_s[2] == pytest.approx(clears_s + runs_in_s, abs=1.5)
    assert trips["d2"].departure_s[0] == 1700.0
    stood_m = late.delayed_profiles[1].distance_m[1:-1][late.delayed_profiles[1].speed_m_s[1:-1] == 0.0]
    assert stood_m[0] == pytest.approx(1000.0 - 150.0, abs=0.1)


def test_a_second_track_takes_it() -> None:
    trips = run(TWO_TRACKS, *MEETING)
    assert trips["u2"].delayed_profiles == (None, None)
    assert trips["u2"].arrival_s[2] == 1400.0


def test_lateness_behind_an_occupied_terminal_travels_into_the_next_trip() -> None:
    early = (*MEETING[:3], trip("d2", 1560, "V2", "down"))
    trips = run(ONE_TRACK, *early)
    assert trips["d2"].departure_s[0] == pytest.approx(trips["u2"].arrival_s[2] + 120.0)


def test_a_train_that_ends_its_day_clears_its_track_after_half_a_turnback() -> None:
    trips = run(ONE_TRACK, trip("u1", 1000, "V1"), trip("u2", 1180, "V2"))
    assert trips["u1"].arrival_s[2] == 1230.0  # and in the depot at 1290
    assert trips["u2"].arrival_s[2] == 1410.0
    close = run(ONE_TRACK, trip("u1", 1000, "V1"), trip("u2", 1050, "V2"))
    assert close["u2"].arrival_s[2] == pytest.approx(1290.0 + 2.0 * 150.0**0.5, abs=1.5)


def test_a_train_out_of_the_depot_needs_a_track_for_half_a_turnback() -> None:
    # V1 stands at C from 1230 to 1500; V3 wants to leave from there at 1520, and may come to the platform after it.
    trips = run(ONE_TRACK, trip("u1", 1000, "V1"), trip("d1", 1500, "V1", "down"), trip("d3", 1520, "V3", "down"))
    assert trips["d1"].departure_s[0] == 1500.0
    assert trips["d3"].departure_s[0] == pytest.approx(1500.0 + CLEARING_S + 60.0, abs=0.1)


def test_a_terminal_that_the_order_of_trains_would_block_lets_the_train_on_the_track_go_first() -> None:
    # Down, V2 is to leave before V1; but V2 comes late, behind V1, which holds the only track.
    trips = run(
        ONE_TRACK,
        trip("u1", 1000, "V1"),
        trip("u2", 1200, "V2"),
        trip("d2", 1550, "V2", "down"),
        trip("d1", 1560, "V1", "down"),
    )
    assert trips["d1"].departure_s[0] == 1560.0
    assert trips["d2"].departure_s[0] > 1560.0
    for i in range(2):
        assert trips["d1"].departure_s[i] < trips["d2"].departure_s[i]
    assert trips["d2"].departure_s[0] == pytest.approx(trips["u2"].arrival_s[2] + 120.0)


def rests(rules: OperatingRules, *trips: Trip) -> frozenset[str]:
    return depot_rests(duties_of(journeys_of(trips, ORDER)), rules)


def test_a_timetable_with_more_trains_than_tracks_sends_the_longest_stand_to_a_depot() -> None:
    day = (
        trip("u1", 1000, "V1"), trip("u2", 1200, "V2"), trip("d2", 1600, "V2", "down"), trip("d1", 1800, "V1", "down"),
    )  # fmt: skip
    with_depot = replace(ONE_TRACK, depot_places={"A": 9, "C": 9})
    assert rests(with_depot, *day) == {"u1"}
    assert rests(ONE_TRACK, *day) == frozenset()  # no depot at C
    assert rests(replace(with_depot, turnback_tracks={"C": 2}), *day) == frozenset()
    assert rests(replace(with_depot, turnback_tracks={"C": 2}, longest_turnback_s={"C": 500.0}), *day) == {"u1"}
    # So no train waits outside.
    assert run(with_depot, *day)["u2"].delayed_profiles == (None, None)


def test_without_tracks_in_the_rules_any_number_of_trains_may_stand_at_a_terminal() -> None:
    free = replace(ONE_TRACK, turnback_tracks={})
    assert run(free, *MEETING)["u2"].delayed_profiles == (None, None)
    assert railway(free).regulator is None
