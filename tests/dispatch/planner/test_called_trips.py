"""A timetable that gives every stop of every trip is planned trip by trip: each trip keeps its own limits."""

import pytest
from called_lines import called, cut, slower

from dispatch.checker.check import check
from dispatch.planner.fleet_feasibility import refused_today
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Trip
from dispatch.rostering.duties import fleet_need
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.line import Terminal
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
QUICK = PlannerOptions(effort=0.05)


def peak(trip: Trip) -> bool:
    return 7 * 3600 <= trip.start_s < 8 * 3600


def uneven(trip: Trip) -> Trip:
    """Slower in the peak, and every third departure half a minute late, as published minutes are."""
    number = int(trip.trip_id[-3:])
    later_s = 30 if number % 3 == 0 and 5 < number < 20 else 0
    return slower(trip, 6 if peak(trip) else 0, 4 if peak(trip) else 0, later_s)


def with_short_trips() -> Scenario:
    """Two trips of each direction turn at University; depots and fleet have room for what that needs."""

    def change(trip: Trip) -> Trip:
        if int(trip.trip_id[-3:]) not in (10, 14):
            return uneven(trip)
        return cut(uneven(trip), *((0, 2) if trip.direction == "up" else (2, 4)))

    part = LINE.fleet[0].model_copy(update={"trainsets": 10})
    depots = tuple(depot.model_copy(update={"capacity": 12}) for depot in LINE.depots)
    terminals = {**LINE.terminals, "UNI": Terminal(turnback_s=120, maximum_turnback_s=1800, tracks=2)}
    return called(LINE, change).with_parts(fleet=(part,), depots=depots, terminals=terminals)


@pytest.mark.many_cases
def test_the_same_times_as_calls_give_the_same_plan() -> None:
    as_calls = make_plan(called(LINE, periods=LINE.timetable.periods), QUICK)
    assert as_calls.plan.timetable == make_plan(LINE, QUICK).plan.timetable


@pytest.fixture(scope="module", params=[pytest.param("uneven", marks=pytest.mark.many_cases), "short"])
def planned(request: pytest.FixtureRequest) -> tuple[Scenario, Planned]:
    scenario = called(LINE, uneven) if request.param == "uneven" else with_short_trips()
    return scenario, make_plan(scenario, QUICK)


def test_every_rule_holds_and_electricity_is_saved(planned: tuple[Scenario, Planned]) -> None:
    scenario, found = planned
    in_force = timetable_in_force(scenario)
    assert check(found.plan, scenario, in_force, ShortestTimes(scenario)).violations == ()
    assert found.potential.after_kwh < found.potential.before_kwh


def test_each_trip_keeps_its_stations_its_one_way_time_and_its_total_dwell(planned: tuple[Scenario, Planned]) -> None:
    scenario, found = planned
    today = {trip.trip_id: trip for trip in timetable_in_force(scenario).trips}
    assert {trip.trip_id for trip in found.plan.timetable.trips} == set(today)
    for trip in found.plan.timetable.trips:
        own = today[trip.trip_id]
        assert trip.stations == own.stations
        assert trip.end_s - trip.start_s <= own.end_s - own.start_s
        assert sum(own.dwells_s) - scenario.policy.standing_to_running_s <= sum(trip.dwells_s) <= sum(own.dwells_s)


def test_vehicles_of_the_operator_keep_their_names() -> None:
    named = {trip.trip_id: f"Train {trip.vehicle[-2:]}" for trip in timetable_in_force(LINE).trips}
    base = called(LINE, with_vehicles=True)
    calls = tuple(call.model_copy(update={"vehicle": named[call.trip_id]}) for call in base.timetable.calls or ())
    scenario = base.with_parts(timetable=base.timetable.model_copy(update={"calls": calls}))
    assert {trip.trip_id: trip.vehicle for trip in timetable_in_force(scenario).trips} == named
    plan = make_plan(scenario, QUICK).plan
    assert set(plan.vehicles) <= {f"Train {number:02d}" for number in range(1, 7)}


def test_the_fleet_of_called_trips_is_that_of_the_trips() -> None:
    """Short trips that begin on the way bring their trains with them: headways at the ends say nothing about them."""
    scenario = with_short_trips()
    in_force = timetable_in_force(scenario)
    need = fleet_need(in_force, scenario).vehicles
    (part,) = scenario.fleet
    for trainsets, refused in ((need, 0), (need - 1, 1)):
        fleet = (part.model_copy(update={"trainsets": trainsets}),)
        assert len(refused_today(scenario.with_parts(fleet=fleet), in_force)) == refused
