"""What a planned day of a mixed fleet draws: each trip as its own vehicle's type, in levers, evidence and `explain`."""

from dataclasses import replace

import pytest
from mixed_fleets import LINE, mixed

from dispatch.energy.line_model import LineModel
from dispatch.energy.lower_bound import energy_bound
from dispatch.energy.planned_day import planned_energy_j
from dispatch.energy.planned_movements import planned_movements
from dispatch.energy.trip_change import PlannedDay
from dispatch.explanation.explain import explain
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable
from scenarios.schema import Scenario
from scenarios.values.build import profile_libraries, profile_library, supply_network
from scenarios.values.fleet import by_vehicle, vehicle_names

LIBRARY, NETWORK = profile_library(LINE), supply_network(LINE)
PLAIN = LineModel(LINE, LIBRARY, NETWORK)


def line_of(scenario: Scenario) -> LineModel:
    """The scenario's line, its main type with the profiles of the plain line."""
    others = by_vehicle(scenario, profile_libraries(scenario, LIBRARY)).others
    return LineModel(scenario, LIBRARY, NETWORK, others)


def hours(scenario: Scenario) -> Timetable:
    trips = timetable_in_force(scenario)
    return Timetable((*trips.of("up")[:10], *trips.of("down")[:10]))


@pytest.mark.many_cases
def test_types_alike_draw_alike_and_heavy_vehicles_more() -> None:
    alike, heavier = mixed(3, 3, heavy_t=140), mixed(3, 3, heavy_t=200)
    plain_j = planned_energy_j(hours(LINE), PLAIN)
    assert planned_energy_j(hours(alike), line_of(alike)) == plain_j
    mixed_j = planned_energy_j(hours(heavier), line_of(heavier))
    all_heavy = profile_libraries(heavier, LIBRARY)["heavy"]
    heavy_j = planned_energy_j(hours(LINE), LineModel(LINE, all_heavy, NETWORK))
    assert plain_j < mixed_j < heavy_j
    bounds = [
        energy_bound(hours(LINE), LineModel(LINE, library, NETWORK, more), (60, 60)).energy_j
        for library, more in (
            (LIBRARY, {}),
            (LIBRARY, {"other": all_heavy}),
            (all_heavy, {"other": LIBRARY}),
            (all_heavy, {}),
        )
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
    found = planned_movements(timetable, line_of(scenario))
    for number, drawn_w in zip((*found.run_trip, *found.stand_trip), found.auxiliary_w, strict=True):
        factor = 2.0 if timetable.trips[number].vehicle.startswith("heavy") else 1.0
        assert drawn_w == factor * LIBRARY.train.auxiliary_w


def test_a_trip_that_its_vehicle_cannot_run_counts_as_one_of_the_main_type() -> None:
    slow = mixed(3, 3, heavy_t=600)
    assert planned_energy_j(hours(slow), line_of(slow)) == planned_energy_j(hours(LINE), PLAIN)


def test_a_trip_put_back_is_priced_as_its_own_vehicle() -> None:
    scenario = mixed(3, 3, heavy_t=200)
    line, timetable = line_of(scenario), hours(scenario)
    number, trip = next((k, t) for k, t in enumerate(timetable.trips) if t.vehicle.startswith("heavy"))
    eased = replace(trip, driving=("optimal",) * len(trip.driving))
    day = PlannedDay.of(timetable, line)
    changed = Timetable((*timetable.trips[:number], eased, *timetable.trips[number + 1 :]))
    whole = PlannedDay.of(changed, line).energy_kwh - day.energy_kwh
    # The line has storage: charge that is left over counts as energy there.
    assert whole < 0.0
    assert day.growth_kwh(day.index(trip.trip_id), eased) == pytest.approx(whole, rel=0.1)


@pytest.mark.many_cases
def test_levers_and_evidence_of_a_plan_add_up_by_types() -> None:
    scenario = mixed(3, 5, heavy_t=200)
    planned = make_plan(scenario, PlannerOptions(effort=0.02, workers=1))
    line = line_of(scenario)
    today, after = planned.baseline.timetable, planned.plan.timetable
    before_j, after_j = (planned_energy_j(one, line) for one in (today, after))
    assert sum(lever.saving_kwh for lever in planned.levers) == pytest.approx((before_j - after_j) / 3.6e6)
    potential = planned.potential
    assert (potential.before_kwh, potential.after_kwh) == pytest.approx((before_j / 3.6e6, after_j / 3.6e6))
    assert potential.bound_kwh < potential.after_kwh < potential.before_kwh
    plan = Plan(
        LINE.name, LINE.hash, "equal-service", after, headway_table(after, LINE), vehicle_names(scenario), 0, "test"
    )
    found = explain(plan, today, line, known_levers=planned.levers)
    assert found.levers == planned.levers
