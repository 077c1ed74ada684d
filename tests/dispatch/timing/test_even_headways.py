"""Uneven departures of a period become even within their windows; what is even stays as it is."""

from dataclasses import replace
from itertools import pairwise

import pytest
from called_lines import called
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.even_headways import evened
from dispatch.timing.limits import equal_service_limits
from dispatch.timing.periods import periods_of
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario

LINE = load_scenario("tutorial_line")


def later(trip: Trip, by_s: int) -> Trip:
    return replace(
        trip,
        arrival_s=tuple(time + by_s for time in trip.arrival_s),
        departure_s=tuple(time + by_s for time in trip.departure_s),
    )


def uneven(by_s: list[int]) -> Scenario:
    """The tutorial line with departures moved, but for the first and the last ones of each direction."""
    ends = {trips[k].trip_id for d in ("up", "down") for trips in [timetable_in_force(LINE).of(d)] for k in (0, -1)}
    moves = iter(by_s * 40)
    return called(LINE, lambda trip: trip if trip.trip_id in ends else later(trip, next(moves)))


def made_even(scenario: Scenario) -> tuple[Timetable, Timetable]:
    today = timetable_in_force(scenario)
    limits = equal_service_limits(scenario, today, 0.0)
    return today, evened(today, limits.period_starts_s, limits.window_s, limits.gap_longest_s)


def test_even_headways_stay_as_they_are() -> None:
    today, even = made_even(LINE)
    assert even is today


def test_uneven_headways_get_one_headway_for_both_directions() -> None:
    scenario = uneven([0, 20, -20, 10, -10])
    today, even = made_even(scenario)
    starts = equal_service_limits(scenario, today, 0.0).period_starts_s
    before = [period.headway_s for period in periods_of(today, starts)]
    after = [period.headway_s for period in periods_of(even, starts)]
    assert None in before
    assert None not in after
    assert 290 <= min(headway for headway in after if headway) <= 300


@settings(max_examples=examples(40))
@given(st.lists(st.integers(-60, 60), min_size=3, max_size=9))
def test_no_departure_leaves_its_window_and_trips_keep_their_times(moves: list[int]) -> None:
    scenario = uneven(moves)
    today, even = made_even(scenario)
    window_s = equal_service_limits(scenario, today, 0.0).window_s
    for old, new in zip(today.trips, even.trips, strict=True):
        earliest, latest = window_s[new.trip_id]
        assert earliest <= new.start_s <= latest
        assert (new.running_times_s, new.dwells_s) == (old.running_times_s, old.dwells_s)
    for direction in ("up", "down"):
        assert all(b.start_s > a.start_s for a, b in pairwise(even.of(direction)))


@pytest.mark.many_cases
def test_a_line_with_uneven_minutes_saves_more_than_by_driving_alone() -> None:
    planned = make_plan(uneven([0, 20, -20, 10, -10]), PlannerOptions(effort=0.1))
    assert planned.check.passed
    by_name = {lever.name: lever.saving_kwh for lever in planned.levers}
    assert by_name["departures and duties"] > 0.1 * sum(by_name.values())
