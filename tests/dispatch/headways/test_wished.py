"""Wished headways are laid anew in their periods; all other trips stay as they are today."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.headways.wished import departures_with_wishes, laid_anew
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from energy_models.faults import Infeasible, InputFaults
from scenarios.files.load import load_scenario
from scenarios.requests.headways import WishedHeadway

LINE = load_scenario("tutorial_line")
TODAY = timetable_in_force(LINE)
PEAK = WishedHeadway("both", 25_200, 28_800, 240.0)


def test_departures_follow_each_other_after_the_wished_headway() -> None:
    today = [21_600 + 600 * k for k in range(20)]
    found = departures_with_wishes(today, "up", [WishedHeadway("up", 24_000, 27_000, 400.0)])
    assert found == (*today[:5], *(24_400 + 400 * k for k in range(7)), *today[9:])


@given(
    st.lists(st.integers(60, 1500), min_size=2, max_size=60),
    st.integers(0, 40_000),
    st.integers(60, 20_000),
    st.floats(30.0, 7_200.0),
)
def test_first_and_last_departure_stay_and_times_rise(gaps: list[int], begin: int, length: int, wish: float) -> None:
    today = [0]
    for gap in gaps:
        today.append(today[-1] + gap)
    found = departures_with_wishes(today, "up", [WishedHeadway("both", begin, begin + length, wish)])
    assert (found[0], found[-1]) == (today[0], today[-1])
    assert all(after > before for before, after in pairwise(found))
    untouched = [time for time in today if time < begin]
    assert list(found[: len(untouched)]) == untouched


def test_todays_trips_outside_the_period_keep_name_and_times() -> None:
    laid = {trip.trip_id: trip for trip in laid_anew(LINE, TODAY, [PEAK]).trips}
    for trip in TODAY.trips:
        if not 25_000 <= trip.start_s < 29_000:
            kept = laid[trip.trip_id]
            assert (kept.arrival_s, kept.departure_s) == (trip.arrival_s, trip.departure_s)
    new = [trip for name, trip in laid.items() if "-new-" in name]
    assert new
    assert all(25_200 < trip.start_s < 28_800 for trip in new)


def test_a_plan_of_wished_headways_keeps_every_rule() -> None:
    planned = make_plan(LINE, PlannerOptions(mode="demand-led", effort=0.05, headways=(PEAK,)))
    assert planned.check.passed
    assert planned.plan.options.headways == (PEAK,)
    assert len(planned.plan.timetable.trips) > len(TODAY.trips)


def test_headways_that_break_a_rule_are_refused_with_the_violations() -> None:
    wish = WishedHeadway("both", 25_200, 28_800, 700.0)
    with pytest.raises(Infeasible, match="longest-headway: trip up-new-001 leaves HAR"):
        make_plan(LINE, PlannerOptions(mode="demand-led", headways=(wish,)))


def test_wished_headways_need_the_demand_led_mode() -> None:
    with pytest.raises(InputFaults, match="only with the mode demand-led"):
        make_plan(LINE, PlannerOptions(headways=(PEAK,)))
