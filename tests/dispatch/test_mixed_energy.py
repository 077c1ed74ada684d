"""What a planned day of a mixed fleet draws: each trip as its own vehicle's type, in levers, evidence and `explain`."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mixed_fleets import LINE, mixed

from dispatch.baseline import headway_table, timetable_in_force
from dispatch.bound import energy_bound
from dispatch.explain import explain
from dispatch.plan import Plan
from dispatch.planner import PlannerOptions, make_plan
from dispatch.put_back import PlannedDay
from dispatch.timetable import Timetable
from dispatch.traffic import OtherLibraries, planned_energy_j, planned_movements
from scenarios.build import profile_libraries, profile_library, supply_network
from scenarios.fleet import by_vehicle, vehicle_names
from scenarios.schema import Scenario

LIBRARY, NETWORK = profile_library(LINE), supply_network(LINE)
PARTS = (LIBRARY, LIBRARY.train, NETWORK)


def others_of(scenario: Scenario) -> OtherLibraries:
    return by_vehicle(scenario, profile_libraries(scenario, LIBRARY)).others


def hours(scenario: Scenario) -> Timetable:
    trips = timetable_in_force(scenario)
    return Timetable((*trips.of("up")[:10], *trips.of("down")[:10]))


def test_types_alike_draw_alike_and_heavy_vehicles_more() -> None:
    alike, heavier = mixed(3, 3, heavy_t=140), mixed(3, 3, heavy_t=200)
    plain_j = planned_energy_j(hours(LINE), *PARTS)
    assert planned_energy_j(hours(alike), *PARTS, others_of(alike)) == plain_j
    mixed_j = planned_energy_j(hours(heavier), *PARTS, others_of(heavier))
    all_heavy = profile_libraries(heavier, LIBRARY)["heavy"]
    heavy_j = planned_energy_j(hours(LINE), all_heavy, all_heavy.train, NETWORK)
    assert plain_j < mixed_j < heavy_j
    bounds = [
        energy_bound(hours(LINE), library, library.train, NETWORK, (60, 60), others=more).energy_j
        for library, more in ((LIBRARY, ()), (LIBRARY, (all_heavy,)), (all_heavy, (LIBRARY,)), (all_heavy, ()))
    ]
    assert bounds[0] == bounds[1]
    assert bounds[2] == pytest.approx(bounds[0])
    assert bounds[0] < bounds[3]


def test_auxiliaries_are_those_of_the_vehicle() -> None:
    scenario = mixed(3, 3, heavy_t=140)
    own = LINE.train_types["four_car"].auxiliaries
    heavy = scenario.train_types["heavy"].model_copy(
        update={"auxiliaries": tuple(point.model_copy(update={"power_kw": 2.0 * point.power_kw}) for point in own)}
    )
    scenario = scenario.model_copy(update={"train_types": {**scenario.train_types, "heavy": heavy}})
    timetable = hours(scenario)
    found = planned_movements(timetable, *PARTS[:2], others_of(scenario))
    for number, drawn_w in zip((*found.run_trip, *found.stand_trip), found.auxiliary_w, strict=True):
        factor = 2.0 if timetable.trips[number].vehicle.startswith("heavy") else 1.0
        assert drawn_w == factor * LIBRARY.train.auxiliary_w


def test_a_trip_that_its_vehicle_cannot_run_counts_as_one_of_the_main_type() -> None:
    slow = mixed(3, 3, heavy_t=600)
    assert planned_energy_j(hours(slow), *PARTS, others_of(slow)) == planned_energy_j(hours(LINE), *PARTS)


def test_a_trip_put_back_is_priced_as_its_own_vehicle() -> None:
    scenario = mixed(3, 3, heavy_t=200)
    others, timetable = others_of(scenario), hours(scenario)
    number, trip = next((k, t) for k, t in enumerate(timetable.trips) if t.vehicle.startswith("heavy"))
    eased = replace(trip, driving=("optimal",) * len(trip.driving))
    day = PlannedDay.of(timetable, *PARTS, (), others)
    changed = Timetable((*timetable.trips[:number], eased, *timetable.trips[number + 1 :]))
    whole = PlannedDay.of(changed, *PARTS, (), others).energy_kwh - day.energy_kwh
    # The line has storage: charge that is left over counts as energy there.
    assert whole < 0.0
    assert day.growth_kwh(day.index(trip.trip_id), eased) == pytest.approx(whole, rel=0.1)


def test_levers_and_evidence_of_a_plan_add_up_by_types() -> None:
    scenario = mixed(3, 5, heavy_t=200)
    planned = make_plan(scenario, PlannerOptions(time_limit_s=0.5, workers=1))
    others = others_of(scenario)
    today, after = planned.baseline.timetable, planned.plan.timetable
    before_j, after_j = (planned_energy_j(one, *PARTS, others) for one in (today, after))
    assert sum(lever.saving_kwh for lever in planned.levers) == pytest.approx((before_j - after_j) / 3.6e6)
    evidence = planned.evidence
    assert (evidence.before_kwh, evidence.after_kwh) == pytest.approx((before_j / 3.6e6, after_j / 3.6e6))
    assert evidence.bound_kwh < evidence.after_kwh < evidence.before_kwh
    plan = Plan(
        LINE.name, LINE.hash, "equal-service", after, headway_table(after, LINE), vehicle_names(scenario), 0, "test"
    )
    found = explain(plan, today, *PARTS, known_levers=planned.levers, others=others)
    assert found.levers == planned.levers
