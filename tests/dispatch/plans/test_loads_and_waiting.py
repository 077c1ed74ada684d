"""Loads and waiting in cases that can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.checker.rules import CheckCase
from dispatch.checker.rules.equal_service import mean_waiting_s
from dispatch.plans.in_force import timetable_from_departures, timetable_in_force
from dispatch.plans.loads import cumulative_passengers, passengers_since_train_ahead
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable
from dispatch.plans.waiting import expected_waiting
from scenarios.files.load import load_scenario
from scenarios.values.demand import section_loads
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
NOBODY = LINE.model_copy(update={"demand": LINE.demand.model_copy(update={"scale": 0.0})})


def a_plan(timetable: Timetable) -> Plan:
    return Plan(LINE.name, LINE.hash, "equal-service", timetable, (), {}, seed=0, version="test")


def test_constant_flow_fills_trains_in_proportion_to_the_gap() -> None:
    """3600 an hour is one a second; the first train takes a gap like the second's."""
    loads = passengers_since_train_ahead(
        np.array([0.0, 10_000.0]), np.array([3600.0]), np.array([1000.0, 1300.0, 1900.0])
    )
    assert loads.tolist() == [300.0, 300.0, 600.0]


def test_flow_that_changes_within_a_gap_is_integrated() -> None:
    edges, per_hour = np.array([0.0, 100.0, 200.0]), np.array([3600.0, 7200.0])
    assert cumulative_passengers(edges, per_hour, np.array([-5.0, 50.0, 150.0, 900.0])).tolist() == [0, 50, 200, 300]


def test_all_passengers_of_a_section_are_carried_between_first_and_last_train() -> None:
    timetable = timetable_in_force(LINE)
    loads = section_loads(LINE)
    trips = timetable.of("up")
    carried = sum(trip.passengers[2] for trip in trips[1:])
    ends = np.array([trips[0].departure_s[2], trips[-1].departure_s[2]], dtype=float)
    come = np.diff(cumulative_passengers(loads.time_bin_s, loads.passengers_per_hour["up"][:, 2], ends))[0]
    # Loads are kept to a thousandth of a passenger.
    assert carried == pytest.approx(come, abs=0.001 * len(trips))


def test_even_trains_let_passengers_wait_half_a_headway() -> None:
    timetable = timetable_from_departures(LINE, {"up": range(25200, 30001, 400), "down": range(25200, 30001, 400)})
    assert expected_waiting(timetable, LINE).mean_s == pytest.approx(200.0)


def test_uneven_trains_without_demand_follow_the_square_of_the_gaps() -> None:
    """Gaps of 100 and 300 s: (100² + 300²) / 2 / 400 = 125 s."""
    timetable = timetable_from_departures(NOBODY, {"up": (25200, 25300, 25600), "down": ()})
    assert expected_waiting(timetable, NOBODY).mean_s == pytest.approx(125.0)
    assert expected_waiting(timetable, NOBODY).passengers == 0.0


def test_no_gap_no_waiting() -> None:
    assert expected_waiting(Timetable(()), LINE).mean_s == 0.0


def test_checker_finds_the_same_waiting_by_its_own_sum() -> None:

    timetable = timetable_in_force(LINE)
    case = CheckCase(a_plan(timetable), LINE, timetable, ShortestTimes(LINE))
    assert mean_waiting_s(case, None) == pytest.approx(expected_waiting(timetable, LINE).mean_s, rel=1e-9)


def test_waiting_does_not_depend_on_the_order_of_trips() -> None:
    timetable = timetable_in_force(LINE)
    shuffled = replace(timetable, trips=timetable.trips[::-1])
    assert expected_waiting(shuffled, LINE).mean_s == pytest.approx(expected_waiting(timetable, LINE).mean_s)
