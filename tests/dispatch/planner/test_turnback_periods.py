"""Turnbacks that depend on the period and the direction hold in duties, search, checker and simulated days."""

from itertools import pairwise

import pytest

from dispatch.checker.check import check
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.rostering.duties import assign, fleet_need
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.line import TurnbackPeriod
from scenarios.values.build import profile_library
from scenarios.values.shortest_running_times import ShortestTimes
from simulation.day.model import day_model

LINE = load_scenario("tutorial_line")
PEAK = (25_200, 30_600)


def with_long_turnback(turnback_s: int, direction: str = "up") -> Scenario:
    """Trains that reach Airfield in the peak stand longer."""
    period = TurnbackPeriod(from_s=PEAK[0], to_s=PEAK[1], direction=direction, turnback_s=turnback_s)  # type: ignore[arg-type]
    airfield = LINE.terminals["AIR"].model_copy(update={"turnback_periods": (period,), "tracks": 3})
    part = LINE.fleet[0].model_copy(update={"trainsets": 9})
    return LINE.with_parts(terminals={**LINE.terminals, "AIR": airfield}, fleet=(part,))


def shortest_stand_s(timetable: Timetable, station: str, begin_s: int, end_s: int) -> int:
    return min(
        after.start_s - before.end_s
        for trips in timetable.duties().values()
        for before, after in pairwise(trips)
        if before.stations[-1] == station and begin_s <= before.end_s < end_s
    )


def test_a_period_counts_only_for_its_arrivals_and_its_direction() -> None:
    airfield = with_long_turnback(300).terminals["AIR"]
    assert [airfield.turnback_at_s(time_s, "up") for time_s in (25_199, 25_200, 30_599, 30_600)] == [120, 300, 300, 120]
    assert airfield.turnback_at_s(26_000, "down") == 120


def test_an_empty_list_leaves_the_hash_and_a_period_changes_it() -> None:
    assert LINE.with_parts(terminals=dict(LINE.terminals)).hash == LINE.hash
    assert with_long_turnback(120).hash != LINE.hash


def test_longer_turnbacks_need_more_trains_and_every_duty_keeps_them() -> None:
    scenario = with_long_turnback(400)
    today = timetable_in_force(LINE)
    assert fleet_need(today, scenario).vehicles > fleet_need(today, LINE).vehicles
    for turned in (first_in_first_out(today, scenario), assign(today, scenario)):
        assert shortest_stand_s(turned, "AIR", *PEAK) >= 400
        assert shortest_stand_s(turned, "HAR", *PEAK) < 400


@pytest.mark.many_cases
def test_a_plan_keeps_the_turnbacks_of_each_period() -> None:
    scenario = with_long_turnback(400)
    planned = make_plan(scenario, PlannerOptions(effort=0.05))
    assert planned.check.passed
    assert shortest_stand_s(planned.plan.timetable, "AIR", *PEAK) >= 400


def test_the_checker_finds_a_stand_that_is_too_short_in_the_period() -> None:
    planned = make_plan(LINE, PlannerOptions(effort=0.02))
    scenario = with_long_turnback(400)
    found = check(planned.plan, scenario, timetable_in_force(LINE), ShortestTimes(scenario)).violations
    assert {violation.place for violation in found if violation.rule == "turnback"} == {"AIR"}


def test_trains_of_a_simulated_day_wait_for_the_turnback_of_the_period() -> None:
    scenario = with_long_turnback(400)
    today = first_in_first_out(timetable_in_force(LINE), LINE)
    day = day_model(scenario, profile_library(scenario)).day(today, None, False, True)
    arrived = {}
    for record in sorted(day.trips, key=lambda record: record.departure_s[0]):
        vehicle = record.trip.vehicle
        if vehicle in arrived and PEAK[0] <= arrived[vehicle][1] < PEAK[1]:
            assert record.departure_s[0] >= arrived[vehicle][0] + 400
        if record.trip.direction == "up":
            arrived[vehicle] = record.arrival_s[-1], record.trip.end_s
        else:
            arrived.pop(vehicle, None)
