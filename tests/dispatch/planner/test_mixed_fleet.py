"""Fleets of several train types: no plan has a train run faster than its own type can, and the checker sees it."""

import re
from dataclasses import replace

import pytest
from mixed_fleets import LINE, mixed

from dispatch.checker.check import CheckReport, check
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable
from dispatch.rostering.duties import assign
from energy_models.faults import Infeasible, InputFaults
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.train import AtoLevel
from scenarios.values.build import profile_libraries, profile_library, train_of
from scenarios.values.fleet import vehicle_names
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.shortest_running_times import ShortestTimes

TODAY = assign(timetable_in_force(LINE), LINE)
SHORT = PlannerOptions(effort=1 / 60, workers=1)


def checked(timetable: Timetable, scenario: Scenario, mode: Mode = "equal-service") -> CheckReport:
    plan = Plan(LINE.name, LINE.hash, mode, timetable, (), vehicle_names(scenario), 0, "test")
    return check(plan, scenario, timetable_in_force(LINE), ShortestTimes(scenario))


def with_vehicle(timetable: Timetable, before: str, after: str) -> Timetable:
    return Timetable(tuple(replace(t, vehicle=after) if t.vehicle == before else t for t in timetable.trips))


def test_shortest_times_are_those_of_each_type() -> None:
    scenario = mixed(1, 1, heavy_t=300)
    of_types = ShortestTimes(scenario).at_normal_load()
    assert list(of_types) == ["four_car", "heavy"]
    assert of_types["four_car"] == ShortestTimes(LINE).at_normal_load()["four_car"]
    libraries = profile_libraries(scenario, profile_library(scenario))
    for direction in DIRECTIONS:
        for k, shortest_s in enumerate(of_types["heavy"][direction]):
            assert shortest_s > of_types["four_car"][direction][k] + 10.0
            assert shortest_s == libraries["heavy"].minimum_time_s(direction, k, 800.0)
    calibrated = ShortestTimes(
        scenario, RollingStock.of(scenario, {"four_car": replace(train_of(scenario), tare_kg=3e5)})
    ).at_normal_load()
    assert calibrated["heavy"] == of_types["heavy"]
    assert calibrated["four_car"] != of_types["four_car"]


def test_a_slow_vehicle_on_a_fast_trip_is_caught() -> None:
    scenario = mixed(6, 2, heavy_t=365)
    assert checked(TODAY, scenario).passed
    slow = checked(with_vehicle(TODAY, "four_car-02", "heavy-01"), scenario)
    trips = {trip.trip_id: trip for trip in TODAY.trips if trip.vehicle == "four_car-02"}
    assert {one.rule for one in slow.violations} == {"minimum-running-time"}
    found = next(one for one in slow.violations if one.place == "PRK-AIR")
    load = trips[str(found.trip)].passengers[3]
    needed_s = ShortestTimes(scenario).of("heavy", "up", 3, load)
    assert found.amount == pytest.approx(needed_s - 104.0)
    assert found.time_s == trips[str(found.trip)].departure_s[3]
    assert found.sentence == (
        f"trip {found.trip} runs PRK-AIR in 104 s; the minimum for heavy heavy-01 with {load:.0f} "
        f"passengers is {needed_s:.1f} s, "
        f"{needed_s - 104.0:.1f} s more"
    )


def test_a_loaded_train_is_slower_than_an_empty_one() -> None:
    """A section that the empty train could run is caught when so many passengers are planned."""
    shortest = ShortestTimes(LINE)
    empty_s, full_s = (shortest.of("four_car", "up", 1, load) for load in (0.0, 800.0))
    assert empty_s < full_s == ShortestTimes(LINE).at_normal_load()["four_car"]["up"][1]
    between_s = int(full_s)
    assert empty_s < between_s < full_s
    trip = TODAY.of("up")[5]
    found = []
    for load in (0.0, 800.0):
        late = trip.running_time_s(1) - between_s
        times = (trip.arrival_s[0], trip.arrival_s[1], *(t - late for t in trip.arrival_s[2:]))
        left = (trip.departure_s[0], trip.departure_s[1], *(t - late for t in trip.departure_s[2:]))
        quick = replace(trip, arrival_s=times, departure_s=left, passengers=(load,) * 4)
        timetable = Timetable(tuple(quick if one == trip else one for one in TODAY.trips))
        found.append([one for one in checked(timetable, LINE).violations if one.rule == "minimum-running-time"])
    assert not found[0]
    assert [(one.trip, one.place) for one in found[1]] == [(trip.trip_id, "MKT-UNI")]
    assert found[1][0].amount == pytest.approx(full_s - between_s)


def test_an_ato_level_must_be_one_of_the_own_vehicle() -> None:
    scenario = mixed(6, 2)
    heavy = scenario.train_types["heavy"].model_copy(update={"ato_levels": (AtoLevel(name="gentle"),)})
    scenario = scenario.model_copy(update={"train_types": {**scenario.train_types, "heavy": heavy}})
    trips = with_vehicle(TODAY, "four_car-02", "heavy-01").trips
    gentle = ("gentle", *trips[0].driving[1:])
    for own in ("four_car", "heavy"):
        number = next(k for k, trip in enumerate(trips) if trip.vehicle.startswith(own))
        driven = Timetable((*trips[:number], replace(trips[number], driving=gentle), *trips[number + 1 :]))
        sentences = [one.sentence for one in checked(driven, scenario).violations if one.rule == "known-driving"]
        if own == "heavy":
            assert not sentences
        else:
            assert "known to four_car are flat_out, optimal, speed_cap" in sentences[0]


def test_a_type_that_cannot_run_todays_times_even_empty_is_a_fault_of_the_input() -> None:
    with pytest.raises(InputFaults) as refused:
        make_plan(mixed(2, 6, heavy_t=400), SHORT)
    faults = refused.value.faults
    assert [fault.field for fault in faults] == [
        "running_time_s.up[3]", "running_time_s.down[0]", "running_time_s.down[2]", "running_time_s.down[3]"
    ]  # fmt: skip
    assert all("the minimum running time of an empty train of type heavy" in fault.allowed for fault in faults)


@pytest.mark.many_cases
def test_a_type_too_slow_with_its_load_stays_in_the_depot_or_the_plan_is_refused() -> None:
    planned = make_plan(mixed(6, 2, heavy_t=365), SHORT)
    assert planned.check.passed
    assert set(planned.plan.vehicles.values()) == {"four_car"}
    with pytest.raises(Infeasible) as refused:
        make_plan(mixed(2, 6, heavy_t=370), SHORT)
    assert "no choice of vehicles" in refused.value.reasons[0]
    assert any(
        re.search(r"heavy needs 1\d\d\.\d s for PRK-AIR; the timetable has 104 s", one) for one in refused.value.reasons
    )


@pytest.mark.many_cases
@pytest.mark.parametrize("mode", ["equal-service", "demand-led"])
def test_every_vehicle_may_work_every_trip_of_a_plan(mode: Mode) -> None:
    scenario = mixed(3, 6, heavy_t=300)
    planned = make_plan(scenario, replace(SHORT, mode=mode))
    assert planned.check.passed
    for trip in planned.plan.timetable.trips:
        for of_type in ShortestTimes(scenario).at_normal_load().values():
            assert all(trip.running_time_s(k) >= of_type[trip.direction][k] for k in range(len(trip.driving)))
    # The main type alone would have been run faster than that somewhere.
    alone = make_plan(LINE, replace(SHORT, mode=mode)).plan.timetable
    heavy = ShortestTimes(scenario).at_normal_load()["heavy"]
    assert any(t.running_time_s(k) < heavy[t.direction][k] for t in alone.trips for k in range(len(t.driving)))


def test_a_vehicle_is_of_the_type_that_the_fleet_has_under_its_name() -> None:
    scenario = mixed(6, 6)
    vehicles = {**vehicle_names(scenario), "four_car-02": "heavy"}
    plan = Plan(LINE.name, LINE.hash, "equal-service", TODAY, (), vehicles, 0, "test")
    found = check(plan, scenario, timetable_in_force(LINE), ShortestTimes(scenario)).violations
    assert [(one.rule, one.sentence) for one in found] == [
        ("fleet", "vehicle four_car-02 is of type four_car in the fleet, not heavy")
    ]
