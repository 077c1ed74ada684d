"""Random lines, fleets and policies through baseline, headways, duties and checker."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import pytest
from examples import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.checker.check import check
from dispatch.headways.decide import decide_headways
from dispatch.plans.in_force import headway_table, timetable_from_departures, timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.duties import assign, duty_summary, fleet_need
from energy_models.faults import Infeasible
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import Direction
from scenarios.schema.line import Depot, Terminal
from scenarios.schema.service import ClockByDirection, FleetPart, HeadwayPeriod
from scenarios.values.fleet import vehicle_names
from scenarios.values.shortest_running_times import ShortestTimes

Answer = TypeVar("Answer")
LINE = load_scenario("tutorial_line")


class AnyTime(ShortestTimes):
    """Running times are drawn here and not decided: none is too short."""

    def of(self, train_type: str, direction: Direction, section: int, passengers: float) -> float:
        del train_type, direction, section, passengers
        return 0.0


SHORTEST = AnyTime(LINE)


@st.composite
def lines(draw: st.DrawFn) -> Scenario:
    """The tutorial line with other headways, times, terminals, depots, fleet, demand and policy."""
    stations = tuple(
        station.model_copy(update={"dwell_s": draw(st.integers(station.minimum_dwell_s, station.maximum_dwell_s))})
        for station in LINE.stations
    )
    first = {"up": draw(st.integers(21600, 22200)), "down": draw(st.integers(21600, 22200))}
    borders = [21600, draw(st.integers(23400, 25200)), draw(st.integers(26000, 28000)), 32400]
    periods = tuple(
        HeadwayPeriod(from_s=begin, to_s=end, headway_s=draw(st.integers(150, 700))) for begin, end in pairwise(borders)
    )
    timetable = LINE.timetable.model_copy(
        update={
            "first_departure_s": ClockByDirection(**first),
            "last_departure_s": ClockByDirection(
                up=draw(st.integers(29000, 32000)), down=draw(st.integers(29000, 32000))
            ),
            "periods": periods,
            "running_time_s": LINE.timetable.running_time_s.model_copy(
                update={d: tuple(draw(st.integers(80, 200)) for _ in range(4)) for d in ("up", "down")}
            ),
        }
    )
    terminals = {
        name: Terminal(
            turnback_s=draw(st.integers(60, 240)),
            maximum_turnback_s=draw(st.sampled_from([None, 600, 900])),
            tracks=draw(st.integers(1, 4)),
        )
        for name in LINE.terminals
    }
    depots = draw(
        st.sampled_from(
            [
                (),
                (Depot(id="a", station="HAR", capacity=12), Depot(id="b", station="AIR", capacity=12)),
                (Depot(id="a", station="HAR", capacity=3), Depot(id="b", station="AIR", capacity=20)),
            ]
        )
    )
    policy = LINE.policy.model_copy(
        update={
            "longest_headway_s": draw(st.integers(400, 900)),
            "load_limit_share": draw(st.floats(0.2, 1.0)),
            "mean_waiting_limit_s": draw(st.sampled_from([None, 250.0, 400.0])),
        }
    )
    return LINE.model_copy(
        update={
            "stations": stations,
            "timetable": timetable,
            "terminals": terminals,
            "depots": depots,
            "fleet": (FleetPart(train_type="four_car", trainsets=draw(st.integers(4, 24))),),
            "demand": LINE.demand.model_copy(update={"scale": draw(st.sampled_from([0.0, 0.5, 1.0, 3.0]))}),
            "policy": policy,
        }
    )


def plan_of(scenario: Scenario, timetable: Timetable, mode: Mode) -> Plan:
    names = dict.fromkeys((*vehicle_names(scenario), *(trip.vehicle for trip in timetable.trips)), "four_car")
    return Plan(scenario.name, scenario.hash, mode, timetable, headway_table(timetable, scenario), names, 0, "test")


def in_words(decide: Callable[[], Answer]) -> Answer | None:
    """The answer, or None after a refusal that gives its reasons."""
    try:
        return decide()
    except Infeasible as refusal:
        if not refusal.reasons or not all(refusal.reasons):
            raise
        return None


@given(lines())
@settings(max_examples=examples(40))
def test_duties_either_pass_the_checker_or_are_refused_in_words(scenario: Scenario) -> None:
    in_force = timetable_in_force(scenario)
    need = fleet_need(in_force, scenario)
    assert duty_summary(first_in_first_out(in_force, scenario), scenario).is_minimum
    assigned = in_words(lambda: assign(in_force, scenario, in_force))
    if assigned is None:
        return
    assert need.vehicles <= scenario.trainsets
    result = check(plan_of(scenario, assigned, "equal-service"), scenario, in_force, SHORTEST)
    assert result.passed, "\n".join(map(str, result.violations))


@given(lines())
@settings(max_examples=examples(25))
def test_demand_led_headways_pass_the_checker_or_are_refused_in_words(scenario: Scenario) -> None:
    in_force = timetable_in_force(scenario)
    decided = in_words(lambda: decide_headways(scenario, "demand-led"))
    if decided is None:
        return
    timetable = in_words(lambda: assign(timetable_from_departures(scenario, decided.departures), scenario))
    if timetable is None:
        return
    assert fleet_need(timetable, scenario).vehicles == decided.fleet <= scenario.trainsets
    result = check(plan_of(scenario, timetable, "demand-led"), scenario, in_force, SHORTEST)
    assert result.passed, "\n".join(map(str, result.violations))


@given(lines(), st.data())
@settings(max_examples=examples(40))
def test_plan_edited_by_hand_is_found_out(scenario: Scenario, data: st.DataObject) -> None:
    """A trip that takes a minute longer than today is no equal service, whatever else it breaks."""
    in_force = timetable_in_force(scenario)
    number = data.draw(st.integers(0, len(in_force.trips) - 1))
    trip = in_force.trips[number]
    slow = replace(
        trip,
        arrival_s=(*trip.arrival_s[:-1], trip.arrival_s[-1] + 60),
        departure_s=(*trip.departure_s[:-1], trip.departure_s[-1] + 60),
    )
    edited = Timetable((*in_force.trips[:number], slow, *in_force.trips[number + 1 :]))
    result = check(plan_of(scenario, edited, "equal-service"), scenario, in_force, SHORTEST)
    found = [violation for violation in result.violations if violation.rule == "one-way-time"]
    assert [(violation.trip, violation.amount) for violation in found] == [(trip.trip_id, 60)]


@given(lines())
@settings(max_examples=examples(30))
def test_plan_document_is_read_back_equal(scenario: Scenario) -> None:
    plan = plan_of(scenario, timetable_in_force(scenario), "equal-service")
    assert Plan.from_dict(plan.to_dict()) == plan


@given(st.integers(0, 50), st.integers(1, 300))
@settings(max_examples=examples(20))
def test_earlier_departures_never_wait_below_the_even_service(number: int, shift_s: int) -> None:
    """Σ h² is least for even gaps: a train moved out of the middle lengthens waiting by shift² / Σ h."""
    nobody = LINE.model_copy(update={"demand": LINE.demand.model_copy(update={"scale": 0.0})})
    even = [25200 + 600 * k for k in range(52)]
    assume(0 < number < 51)
    moved = [*even[:number], even[number] - shift_s, *even[number + 1 :]]
    before, after = (
        expected_waiting(timetable_from_departures(nobody, {"up": starts, "down": ()}), nobody).mean_s
        for starts in (even, moved)
    )
    assert after > before
    assert after - before == pytest.approx(shift_s**2 / (51 * 600))
