"""A demand-led plan made from another one: its saving is told against its headways run as today, like the first's."""

import pytest

from dispatch.energy.planned_day import planned_energy_j
from dispatch.explanation.explain import explain
from dispatch.explanation.lever import NUMBER_AND_DEPARTURES
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.run_as_today import run_as_today
from dispatch.plans.timetable import Timetable
from scenarios.files.load import load_scenario

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)


@pytest.fixture(scope="module")
def first() -> Planned:
    return make_plan(LINE, PlannerOptions(mode="demand-led", effort=0.02, workers=1))


@pytest.fixture(scope="module")
def again(first: Planned) -> Planned:
    return make_plan(LINE, PlannerOptions(mode="demand-led", effort=0.02, workers=1, start=first.plan))


def test_a_trip_run_as_today_keeps_departure_vehicle_and_load(first: Planned) -> None:
    plan = first.plan.timetable
    today = run_as_today(plan, IN_FORCE)
    for trip, planned in zip(today.trips, plan.trips, strict=True):
        typical = IN_FORCE.of(trip.direction)[0]
        assert (trip.start_s, trip.vehicle, trip.passengers) == (planned.start_s, planned.vehicle, planned.passengers)
        assert trip.end_s - trip.start_s == typical.end_s - typical.start_s
        assert trip.driving == typical.driving


def test_the_saving_is_told_against_the_headways_run_as_today(first: Planned, again: Planned) -> None:
    def energy_kwh(timetable: Timetable) -> float:
        return planned_energy_j(timetable, again.line) / 3.6e6

    potential = again.potential
    assert potential.today_kwh == pytest.approx(energy_kwh(IN_FORCE))
    assert potential.before_kwh == pytest.approx(energy_kwh(run_as_today(first.plan.timetable, IN_FORCE)))
    assert potential.after_kwh <= first.potential.after_kwh + 0.1
    assert potential.bound_kwh == pytest.approx(first.potential.bound_kwh, rel=0.01)
    assert potential.share_of_gap_closed == pytest.approx(first.potential.share_of_gap_closed, abs=0.1)
    assert 100 * (1 - potential.after_kwh / potential.today_kwh) < potential.bound_percent


def test_driving_keeps_its_share_and_explain_tells_the_same_levers(first: Planned, again: Planned) -> None:
    kwh = {lever.name: lever.saving_kwh for lever in again.levers}
    driving = next(lever.saving_kwh for lever in first.levers if lever.name == "driving")
    assert driving > 10.0
    assert kwh["driving"] == pytest.approx(driving, rel=0.2)
    assert sum(kwh.values()) == pytest.approx(again.potential.today_kwh - again.potential.after_kwh, abs=0.2)
    found = explain(again.plan, IN_FORCE, again.line)
    assert found.levers[0].name == again.levers[0].name == NUMBER_AND_DEPARTURES
    assert found.levers[0].saving_kwh == pytest.approx(kwh[NUMBER_AND_DEPARTURES], rel=0.02)
    assert next(one.saving_kwh for one in found.levers if one.name == "driving") == pytest.approx(
        kwh["driving"], rel=0.1
    )
