"""Trips that turn at an inner terminal: checks, loads and service are those of other trips."""

from dataclasses import replace

import pytest

from dispatch.checker.check import CheckReport, check
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.loads import planned_loads
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.duties import fleet_need
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.line import Terminal
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.values.travel import Travel

WHOLE = load_scenario("tutorial_line")
MIDDLE = WHOLE.stations[2].id
LINE = WHOLE.model_copy(update={"terminals": {**WHOLE.terminals, MIDDLE: Terminal(turnback_s=120, tracks=1)}})
IN_FORCE = timetable_in_force(LINE)


def shortened(trip: Trip) -> Trip:
    """up-010 ends in the middle of the line, down-012 begins there."""
    if trip.trip_id == "up-010":
        return replace(
            trip,
            stations=trip.stations[:3],
            arrival_s=trip.arrival_s[:3],
            departure_s=(*trip.departure_s[:2], trip.arrival_s[2]),
            driving=trip.driving[:2],
            passengers=trip.passengers[:2],
        )
    if trip.trip_id == "down-012":
        return replace(
            trip,
            stations=trip.stations[2:],
            arrival_s=(trip.departure_s[2], *trip.arrival_s[3:]),
            departure_s=trip.departure_s[2:],
            driving=trip.driving[2:],
            passengers=trip.passengers[2:],
        )
    return trip


def short_turns(line: Scenario) -> Timetable:
    trips = planned_loads(
        tuple(replace(shortened(trip), vehicle="") for trip in IN_FORCE.trips),
        Travel.of(line),
        [station.id for station in line.stations],
    )
    return first_in_first_out(Timetable(trips), line)


def proven(line: Scenario, timetable: Timetable) -> CheckReport:
    plan = Plan(
        scenario=line.name,
        scenario_hash=line.hash,
        mode="demand-led",
        timetable=timetable,
        headways=headway_table(timetable, line),
        vehicles={trip.vehicle: line.main_train_type for trip in timetable.trips},
        seed=0,
        version="0",
    )
    return check(plan, line, IN_FORCE, ShortestTimes(line))


def test_a_short_turn_at_an_inner_terminal_keeps_every_rule() -> None:
    timetable = short_turns(LINE)
    report = proven(LINE, timetable)
    assert report.passed, report.violations
    trips = {trip.trip_id: trip for trip in timetable.trips}
    assert trips["up-010"].vehicle == trips["down-012"].vehicle
    assert MIDDLE not in fleet_need(timetable, LINE).begin


def test_a_turn_shorter_than_the_inner_terminal_allows_is_a_violation() -> None:
    trips = {trip.trip_id: trip for trip in short_turns(LINE).trips}
    stand_s = trips["down-012"].start_s - trips["up-010"].end_s
    slow = LINE.model_copy(
        update={"terminals": {**LINE.terminals, MIDDLE: Terminal(turnback_s=stand_s + 30, tracks=1)}}
    )
    violations = proven(slow, short_turns(LINE)).violations
    assert any(one.trip in ("up-010", "down-012") and one.amount == pytest.approx(30) for one in violations)


def test_the_trains_behind_a_short_turn_carry_its_passengers_beyond_it() -> None:
    """Who travels beyond the inner terminal waits for the train behind: it is fuller from the first station on, the
    short one emptier, the two together as full as today; beyond, the train behind has them all, and waiting rises."""
    today = {trip.trip_id: trip for trip in IN_FORCE.trips}
    found = {trip.trip_id: trip for trip in short_turns(LINE).trips}
    for section in range(4):
        both = today["up-010"].passengers[section] + today["up-011"].passengers[section]
        short = found["up-010"].passengers[section] if section < 2 else 0.0
        assert short + found["up-011"].passengers[section] == pytest.approx(both, abs=2e-3)
        assert found["up-011"].passengers[section] > today["up-011"].passengers[section]
    assert expected_waiting(short_turns(LINE), LINE).mean_s > expected_waiting(IN_FORCE, LINE).mean_s
