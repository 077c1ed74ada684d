"""Vehicles by energy: against every possible choice, with homes, fixes and trips that a kind cannot run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixed_fleets import LINE, mixed
from own_models import different_models

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import PlannedDays, planned_snapshots
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.fixed import FixedService, OutOfService
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.rostering.assignment_problem import AssignmentProblem
from dispatch.rostering.assignment_saving import assignment_saving
from dispatch.rostering.duties import assign, home_stations
from dispatch.rostering.vehicle_assignment import (
    VehicleKinds,
    assigned,
    fleet_types_of,
    least_energy_duties,
    least_energy_vehicles,
    trip_energy_j,
    vehicle_kinds,
)
from energy_models.faults import Infeasible
from scenarios.schema import Scenario
from scenarios.values.build import profile_libraries, profile_library
from scenarios.values.fleet import vehicle_names
from scenarios.values.mileage import Mileage
from scenarios.values.rolling_stock import RollingStock, fleet_profiles
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.vehicles.fleet import FleetModels, stock_of

TODAY = assign(timetable_in_force(LINE), LINE)


def energies(timetable: Timetable, light_j: list[int], heavy_j: list[int]) -> dict[str, dict[str, float]]:
    """The first trip of each duty draws the given energy, the others none."""
    by_kind = {}
    for kind, drawn_j in (("four_car", light_j), ("heavy", heavy_j)):
        by_kind[kind] = {trip.trip_id: 0.0 for trip in timetable.trips}
        for trips, one_j in zip(timetable.duties().values(), drawn_j, strict=True):
            by_kind[kind][trips[0].trip_id] = float(one_j)
    return by_kind


SIX = st.lists(st.integers(-20, 10**6).map(lambda drawn_kj: 1000 * drawn_kj), min_size=6, max_size=6)


@given(SIX, SIX, st.sampled_from([(None, None), (None, "AIR_depot"), ("HAR_yard", None)]))
def test_least_of_all_choices_by_enumeration(
    light_j: list[int], heavy_j: list[int], depots: tuple[str | None, str | None]
) -> None:
    scenario = mixed(4, 3, depots=depots)
    energy_j = energies(TODAY, light_j, heavy_j)
    kind_of, homes, chains = vehicle_names(scenario), home_stations(scenario), TODAY.duties()
    orders = [dict(zip(order, chains.values(), strict=True)) for order in permutations(kind_of, len(chains))]
    sums = [
        sum(energy_j[kind_of[vehicle]][trip.trip_id] for vehicle, duty in worked.items() for trip in duty)
        for worked in orders
        if all(homes[vehicle] in (None, duty[0].stations[0]) for vehicle, duty in worked.items())
    ]
    if not sums:
        with pytest.raises(Infeasible, match="cannot be assigned"):
            least_energy_vehicles(TODAY, scenario, energy_j)
        return
    choice = least_energy_vehicles(TODAY, scenario, energy_j)
    assert choice.energy_j == min(sums)
    worked = choice.timetable.duties()
    assert {tuple(t.trip_id for t in duty) for duty in worked.values()} == {
        tuple(t.trip_id for t in duty) for duty in chains.values()
    }
    assert choice.energy_j == sum(energy_j[kind_of[v]][t.trip_id] for v, duty in worked.items() for t in duty)
    assert all(homes[vehicle] in (None, duty[0].stations[0]) for vehicle, duty in worked.items())


def test_one_kind_changes_nothing_whatever_it_draws() -> None:
    energy_j = {"four_car": {trip.trip_id: float(k) for k, trip in enumerate(TODAY.trips)}}
    assert least_energy_vehicles(TODAY, LINE, energy_j).timetable is TODAY
    kinds = vehicle_kinds(RollingStock.of(LINE), fleet_profiles(LINE, RollingStock.of(LINE)).of_vehicle, {})
    assert least_energy_duties(TODAY, LINE, kinds, FixedService()) == (TODAY, None)


def test_vehicles_that_draw_alike_keep_their_duties() -> None:
    timetable = renamed(TODAY, mixed(3, 3))
    energy_j = energies(timetable, [7] * 6, [7] * 6)
    assert least_energy_vehicles(timetable, mixed(3, 4), energy_j).timetable == timetable


def renamed(timetable: Timetable, scenario: Scenario) -> Timetable:
    names = dict(zip(sorted({trip.vehicle for trip in timetable.trips}), vehicle_names(scenario), strict=True))
    return Timetable(tuple(replace(trip, vehicle=names[trip.vehicle]) for trip in timetable.trips))


def test_fixed_vehicles_stay_and_withdrawn_ones_rest() -> None:
    scenario = mixed(3, 4)
    timetable = renamed(TODAY, mixed(3, 3))
    heavy_is_dear = energies(timetable, [1000 * k for k in range(1, 7)], [10_000 * k for k in range(1, 7)])
    longest = timetable.duties()["heavy-03"]
    free = least_energy_vehicles(timetable, scenario, heavy_is_dear).timetable.duties()
    assert [t.trip_id for t in free["heavy-03"]] != [t.trip_id for t in longest]
    fixed = FixedService(
        vehicles={longest[0].trip_id: "heavy-03"},
        withdrawals=[OutOfService(vehicle="four_car-02", from_s=0, to_s=90000)],
    )
    worked = least_energy_vehicles(timetable, scenario, heavy_is_dear, fixed).timetable.duties()
    assert [t.trip_id for t in worked["heavy-03"]] == [t.trip_id for t in longest]
    assert "four_car-02" not in worked
    assert set(worked) == {"four_car-01", "four_car-03", "heavy-01", "heavy-02", "heavy-03", "heavy-04"}


def test_a_calibrated_vehicle_is_a_kind_of_its_own() -> None:
    kind_of = {name: "worn" if name == "four_car-01" else "as new" for name in vehicle_names(LINE)}
    energy_j = {
        kind: {trip.trip_id: per_trip_j for trip in TODAY.trips}
        for kind, per_trip_j in (("worn", 9e6), ("as new", 8e6))
    }
    worked = least_energy_vehicles(TODAY, LINE, energy_j, kind_of=kind_of).timetable.duties()
    assert len(worked["four_car-01"]) == min(len(duty) for duty in worked.values())


def test_duty_that_no_vehicle_may_work_is_named() -> None:
    energy_j = energies(TODAY, [1] * 6, [1] * 6)
    first = TODAY.trips[0]
    for of_kind in energy_j.values():
        del of_kind[first.trip_id]
    with pytest.raises(Infeasible, match=r"no vehicle can work the duty that begins with trip .* from HAR at 06:"):
        least_energy_vehicles(TODAY, mixed(3, 3), energy_j)


def test_energy_of_trips_adds_up_to_what_the_planned_day_draws_at_the_collectors() -> None:
    libraries = profile_libraries(LINE, profile_library(LINE))
    kind = fleet_types_of(LINE, libraries, ShortestTimes(LINE).at_normal_load())["four_car"]
    day = planned_snapshots(TODAY, LineModel.of(LINE))
    drawn_j = float(day.power_w.sum() + day.auxiliary_w.sum())
    assert sum(trip_energy_j(TODAY, kind, LINE.operation).values()) == pytest.approx(drawn_j, rel=1e-9)


def test_trains_too_heavy_for_the_running_times_and_trains_too_small_stay_in_the_depot() -> None:
    slow = mixed(6, 6, heavy_t=400)
    kinds = fleet_types_of(slow, profile_libraries(slow, profile_library(slow)), ShortestTimes(slow).at_normal_load())
    energy_j = {name: trip_energy_j(TODAY, kind, LINE.operation) for name, kind in kinds.items()}
    assert len(energy_j["four_car"]) == len(TODAY.trips)
    assert len(energy_j["heavy"]) == 0
    worked = least_energy_vehicles(renamed(TODAY, mixed(0, 6)), slow, energy_j)
    assert {vehicle_names(slow)[trip.vehicle] for trip in worked.timetable.trips} == {"four_car"}
    assert worked.energy_as_given_j is None
    few = mixed(2, 6, heavy_t=400)
    kept, reported = least_energy_duties(TODAY, few, VehicleKinds(kinds, vehicle_names(few)), FixedService())
    assert kept is TODAY
    assert reported is not None
    assert "cannot be assigned to 6 duties" in str(reported.not_possible)
    small = replace(kinds["four_car"], most_passengers=max(TODAY.trips[0].passengers) - 1)
    assert TODAY.trips[0].trip_id not in trip_energy_j(TODAY, small, LINE.operation)


@pytest.mark.many_cases
def test_plan_of_a_mixed_fleet_gives_long_duties_to_light_trains() -> None:
    scenario = mixed(3, 5)
    planned = make_plan(scenario, PlannerOptions(effort=0.02, workers=1))
    assert planned.check.passed
    kept = planned.plan.facts.vehicles_by_energy
    assert kept is not None
    assert kept.metering_point == "collector"
    worked = planned.plan.timetable.duties()
    assert {planned.plan.vehicles[vehicle] for vehicle in worked} == {"four_car", "heavy"}
    light = [len(duty) for vehicle, duty in worked.items() if planned.plan.vehicles[vehicle] == "four_car"]
    heavy = [len(duty) for vehicle, duty in worked.items() if planned.plan.vehicles[vehicle] == "heavy"]
    assert len(light) == 3
    assert min(light) >= max(heavy)


def balanced(done_km: list[float], **more: Mapping[str, float]) -> Mileage:
    return Mileage(dict(zip(vehicle_names(LINE), done_km, strict=True)), **more)


def test_mileage_comes_before_energy_and_maintenance_before_both() -> None:
    """Vehicle 1 is thrifty but 1,500 km ahead of the others; vehicle 2 must not run farther than 20 km."""
    kind_of = {name: name for name in vehicle_names(LINE)}
    energy_j = {
        kind: {trip.trip_id: (8e6 if kind == "four_car-01" else 9e6) for trip in TODAY.trips} for kind in kind_of
    }
    length = {vehicle: len(duty) for vehicle, duty in TODAY.duties().items()}
    free = least_energy_vehicles(TODAY, LINE, energy_j, kind_of=kind_of).timetable.duties()
    assert len(free["four_car-01"]) == max(length.values())
    ahead = balanced([2500.0, 1000.0, 1000.0, 1000.0, 1000.0, 1000.0])
    held = least_energy_vehicles(TODAY, LINE, energy_j, kind_of=kind_of, mileage=ahead).timetable.duties()
    assert len(held["four_car-01"]) == min(length.values())
    level = balanced([1000.0] * 6)
    assert least_energy_vehicles(TODAY, LINE, energy_j, kind_of=kind_of, mileage=level).timetable.duties() == free
    due = balanced([1000.0] * 6, left_km={"four_car-02": 20.0})
    with pytest.raises(Infeasible, match="cannot be assigned"):
        least_energy_vehicles(TODAY, LINE, energy_j, kind_of=kind_of, mileage=due)


def test_random_assignments_give_each_vehicle_each_duty_and_keep_what_is_not_allowed() -> None:
    names = tuple("abcd")
    energy_j = {(duty, vehicle): 1e9 for duty in names[:3] for vehicle in names if (duty, vehicle) != ("a", "d")}
    problem = AssignmentProblem(names[:3], names, energy_j)
    rng = np.random.default_rng(1)
    seen = Counter()
    for _ in range(600):
        drawn = problem.at_random(rng)
        assert drawn is not None
        assert len(set(drawn.values())) == 3
        seen.update(drawn.items())
    assert ("a", "d") not in seen
    assert all(seen["b", vehicle] > 60 for vehicle in names)


def test_the_saving_of_an_assignment_is_that_against_the_mean_of_random_ones() -> None:
    """Every vehicle draws a share of its own: the saving follows from the lengths of the duties alone."""
    stock = stock_of(LINE, fleet=FleetModels(different_models(LINE)))
    line = LineModel.of(LINE, stock)
    kinds = fleet_types_of(LINE, fleet_profiles(LINE, stock).of_type, ShortestTimes(LINE, stock).at_normal_load())
    vehicles = vehicle_kinds(stock, line.of_vehicle, kinds)
    best, facts = least_energy_duties(TODAY, LINE, vehicles, FixedService())
    assert facts is not None
    days = PlannedDays(line)
    saved = assignment_saving(best, LINE, vehicles, FixedService(), days, 3)
    assert saved is not None
    assert saved.kwh == pytest.approx(days.energy_j(best) / 3.6e6, abs=0.1)
    assert saved.random_range_kwh[0] <= saved.random_kwh <= saved.random_range_kwh[1]
    assert saved.saving_kwh == pytest.approx(saved.random_kwh - saved.kwh, abs=0.2)
    assert saved.saving_ci95_kwh[0] < saved.saving_kwh < saved.saving_ci95_kwh[1]
    worst = dict(zip(best.duties(), reversed(best.duties()), strict=True))
    equal = replace(vehicles, mileage=Mileage(dict.fromkeys(vehicles.kind_of, 40_000.0)))
    other = assignment_saving(assigned(best, worst), LINE, equal, FixedService(), days, 3)
    assert other is not None
    assert (saved.is_mileage_balanced, other.is_mileage_balanced) == (False, True)
    assert other.saving_kwh <= saved.saving_kwh
