"""Vehicles: chains of the timetable that can be run, and the fleet that trips need."""

import pytest

from scenarios.imports.patterns import SeenTrip
from scenarios.imports.vehicle_chains import Turning, fleet_need, shortest_turns_s, with_possible_chains


def trip(trip_id: str, stations: str, start_s: float, vehicle: str = "", of_frequency: str = "") -> SeenTrip:
    times = tuple(start_s + 300.0 * k for k in range(len(stations)))
    return SeenTrip(trip_id, tuple(stations), times, times, vehicle, of_frequency=of_frequency)


CHAINS = [trip("1", "ABC", 0, "x"), trip("2", "CBA", 700, "x"), trip("3", "ABC", 900, "y"), trip("4", "ABC", 1600, "x")]


def test_chains_that_can_be_run_stay() -> None:
    kept, notes = with_possible_chains(CHAINS)
    assert kept == CHAINS
    assert notes == ["2 vehicles run the trips in the chains of the timetable"]
    assert shortest_turns_s(CHAINS) == {"C": 100, "A": 300}
    assert fleet_need(CHAINS, Turning({"A": 120, "C": 120})).vehicles == 2


@pytest.mark.parametrize(
    ("trips", "why"),
    [
        ([*CHAINS, trip("5", "CBA", 1700, "x")], "trip 4 arrives at 00:36:40, 5 departs at 00:28:20"),
        ([*CHAINS, trip("5", "BA", 4000, "x")], "trip 4 ends at C, 5 begins at another station"),
        ([*CHAINS, trip("5", "CBA", 4000)], "1 trips have none"),
        ([trip("1", "ABC", 0, "x"), trip("2", "CBA", 700, "y")], "one for each trip, which is not a chain"),
        ([trip("1@0", "ABC", 0, "x", "1"), trip("1@9", "ABC", 700, "x", "1")], "of frequencies"),
    ],
)
def test_chains_that_no_vehicle_can_run_are_reported(trips: list[SeenTrip], why: str) -> None:
    kept, (note,) = with_possible_chains(trips)
    assert not any(one.vehicle for one in kept)
    assert why in note
    assert note.startswith("the timetable names ")
    assert note.endswith("the fleet was derived from the trips")


def test_the_fleet_of_trips_without_vehicles() -> None:
    trips = [trip("1", "ABC", 0), trip("2", "CBA", 700), trip("3", "CBA", 710), trip("4", "BC", 100)]
    need = fleet_need(trips, Turning({"A": 60, "B": 60, "C": 60}))
    assert need.vehicles == 2
    assert need.begin_at == {"A": 1, "B": 1}
    assert need.standing["C"] == 2


def test_a_long_stand_is_in_the_depot_and_not_on_a_track() -> None:
    trips = [trip(f"{k}", "AB", 600.0 * k) for k in range(5)] + [trip("back", "BA", 9000)]
    need = fleet_need(trips, Turning({"A": 60, "B": 60}, longest_stand_s=900, shunting_s={"A": 30, "B": 30}))
    assert need.vehicles == 5
    assert need.standing["B"] == 1
    assert need.standing["A"] == 1
