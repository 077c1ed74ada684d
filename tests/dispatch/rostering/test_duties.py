"""Duties: the least fleet against a maximum matching, rules kept, distances evened out, and a clear no."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from dispatch.plans.in_force import timetable_from_departures, timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.rostering.duties import assign, duty_summary, fleet_need
from energy_models.faults import Infeasible
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.fleet import vehicle_names

LINE = load_scenario("tutorial_line")
YIZHUANG = load_scenario("beijing_yizhuang")


def least_fleet_by_matching(timetable: Timetable, scenario: Scenario) -> int:
    """Trips less the largest number of trips that can take over the train of another (scipy's Hopcroft-Karp)."""
    trips = timetable.trips
    follows = np.zeros((len(trips), len(trips)), dtype=bool)
    for i, before in enumerate(trips):
        turnback = scenario.terminals[before.stations[-1]].turnback_s
        for j, after in enumerate(trips):
            follows[i, j] = before.stations[-1] == after.stations[0] and before.end_s + turnback <= after.start_s
    matched = maximum_bipartite_matching(csr_array(follows), perm_type="column")
    return len(trips) - int((matched >= 0).sum())


@pytest.mark.parametrize("scenario", [LINE, YIZHUANG], ids=lambda scenario: scenario.name)
def test_least_fleet_is_that_of_a_maximum_matching(scenario: Scenario) -> None:
    timetable = timetable_in_force(scenario)
    assert fleet_need(timetable, scenario).vehicles == least_fleet_by_matching(timetable, scenario)


@pytest.mark.parametrize("scenario", [LINE, YIZHUANG], ids=lambda scenario: scenario.name)
def test_both_ways_of_turning_need_the_least_fleet(scenario: Scenario) -> None:
    timetable = timetable_in_force(scenario)
    for worked in (first_in_first_out(timetable, scenario), assign(timetable, scenario, timetable)):
        assert duty_summary(worked, scenario).is_minimum


def test_who_came_first_leaves_first() -> None:
    """Up at 0 and 600 s, arrival 513 s later; both stand at AIR when the next trains leave down."""
    timetable = timetable_from_departures(LINE, {"up": (25200, 25800), "down": (27000, 27600)})
    worked = {trip.trip_id: trip.vehicle for trip in first_in_first_out(timetable, LINE).trips}
    assert worked["down-001"] == worked["up-001"] == "four_car-01"
    assert worked["down-002"] == worked["up-002"] == "four_car-02"


def test_assignment_evens_out_distances_and_rests_trains_instead_of_queueing() -> None:
    in_force = timetable_in_force(YIZHUANG)
    by_queue = duty_summary(first_in_first_out(in_force, YIZHUANG), YIZHUANG)
    assigned = duty_summary(assign(in_force, YIZHUANG, in_force), YIZHUANG)
    # One trip is 22.7 km, so no duties can be closer than that unless all are equal.
    assert assigned.distance_spread_km <= 22.8
    assert sum(duty.depot_visits for duty in assigned.duties) < sum(duty.depot_visits for duty in by_queue.duties) / 5
    assert assigned.spare == 3


def test_all_trips_are_worked_once_and_the_timetable_is_otherwise_the_same() -> None:
    in_force = timetable_in_force(YIZHUANG)
    assigned = assign(in_force, YIZHUANG, in_force)
    worked = sorted(name for duty in duty_summary(assigned, YIZHUANG).duties for name in duty.trip_ids)
    assert worked == sorted(trip.trip_id for trip in in_force.trips)
    assert [trip.departure_s for trip in assigned.trips] == [trip.departure_s for trip in in_force.trips]
    assert {trip.vehicle for trip in assigned.trips} <= set(vehicle_names(YIZHUANG))


def test_missing_train_is_named_with_its_trip_and_time() -> None:
    small = LINE.model_copy(update={"fleet": (LINE.fleet[0].model_copy(update={"trainsets": 4}),)})
    with pytest.raises(Infeasible) as caught:
        assign(timetable_in_force(LINE), small)
    assert caught.value.reasons == (
        "there is no train for trip down-008 from AIR at 07:10: the timetable needs 6 trains, but the fleet has 4: "
        "2 are missing",
    )


def test_missing_track_and_missing_depot_are_named() -> None:
    terminals = {name: terminal.model_copy(update={"tracks": 1}) for name, terminal in LINE.terminals.items()}
    depots = tuple(depot.model_copy(update={"capacity": 1}) for depot in LINE.depots)
    with pytest.raises(Infeasible) as caught:
        assign(timetable_in_force(LINE), LINE.model_copy(update={"terminals": terminals, "depots": depots}))
    printed = str(caught.value)
    assert "it has 1 tracks: 1 are missing" in printed
    assert "the capacity is 1" in printed


def test_trains_begin_at_the_depot_they_belong_to() -> None:
    fleet = tuple(
        LINE.fleet[0].model_copy(update={"trainsets": count, "depot": depot})
        for count, depot in ((2, "AIR_depot"), (4, "HAR_yard"))
    )
    assigned = assign(timetable_in_force(LINE), LINE.model_copy(update={"fleet": fleet}))
    first = {}
    for trip in sorted(assigned.trips, key=lambda trip: trip.start_s):
        first.setdefault(trip.vehicle, trip.stations[0])
    assert [first[f"four_car-{number:02d}"] for number in range(1, 7)] == ["AIR"] * 2 + ["HAR"] * 4
