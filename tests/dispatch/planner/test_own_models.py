"""A plan for vehicles with models of their own: checked, with thrifty vehicles on long duties, above its bound."""

import pytest
from own_models import different_models

from dispatch.energy.line_model import LineModel
from dispatch.explanation.vehicles import vehicle_effects
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from scenarios.files.load import load_scenario
from scenarios.vehicles.fleet import FleetModels, stock_of

LINE = load_scenario("tutorial_line")
STOCK = stock_of(LINE, fleet=FleetModels(different_models(LINE)))


@pytest.mark.many_cases
def test_plan_of_vehicles_with_models_of_their_own() -> None:
    planned = make_plan(LINE, PlannerOptions(effort=0.02, workers=1), STOCK)
    assert planned.check.passed
    facts = planned.plan.facts
    assert facts.vehicles_by_energy is not None
    assert facts.vehicles_by_energy.kwh is not None
    assert facts.vehicles_by_energy.kwh_as_turned is not None
    assert facts.vehicles_by_energy.kwh <= facts.vehicles_by_energy.kwh_as_turned
    assert facts.assignment_saving is not None
    assert facts.potential is not None
    assert facts.potential.bound_kwh < facts.potential.after_kwh
    effects = vehicle_effects(planned.plan.timetable, planned.line, LineModel.of(LINE, STOCK.without_own))
    by_vehicle = {one.vehicle: one for one in effects}
    assert set(by_vehicle) == set(planned.plan.timetable.vehicles)
    # The vehicles are numbered by their energy: if a train is not needed, the hungriest vehicle rests.
    used = sorted(by_vehicle)
    assert used == [f"four_car-{number:02d}" for number in range(1, len(used) + 1)]
    assert by_vehicle[used[0]].difference_kwh < 0.0 < by_vehicle[used[-1]].difference_kwh
    assert by_vehicle[used[0]].train_km >= by_vehicle[used[-1]].train_km
    # The assignment uses differences at the load class of the profile: the sum is that of the exact motions.
    drawn = sum(one.kwh for one in effects)
    assert facts.vehicles_by_energy.kwh == pytest.approx(drawn, rel=2e-3)
