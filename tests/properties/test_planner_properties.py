"""Random small lines, fleets, policies and disturbances through the whole planner and the checker."""

from itertools import pairwise

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from timing_lines import SEVEN, small_line

from dispatch.checker.check import check
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.plan_options import Objective
from energy_models.faults import Infeasible, InputFaults
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.line import Depot, Terminal
from scenarios.values.shortest_running_times import ShortestTimes


@st.composite
def lines(draw: st.DrawFn) -> Scenario:
    """Two to five stations, an hour or two of headways or explicit departures, and everything else that is drawn."""
    stations = draw(st.integers(2, 5))
    noise = {"noise_s": draw(st.sampled_from([0.0, 2.0, 6.0])), "accumulates": draw(st.booleans())}
    common = {
        "stations": stations,
        "storage": draw(st.booleans()),
        "demand": draw(st.sampled_from([0.0, 1.0, 2.0])),
        "trainsets": draw(st.integers(2, 14)),
        **noise,
    }
    if draw(st.integers(0, 3)) == 0:
        departures = []
        for direction in ("up", "down"):
            at = SEVEN + draw(st.integers(0, 600))
            for _ in range(draw(st.integers(1, 7))):
                departures.append((direction, at))
                at += draw(st.integers(150, 900))
        line = small_line(departures=departures, **common)
    else:
        borders = [SEVEN, SEVEN + draw(st.integers(900, 3000)), SEVEN + draw(st.integers(3600, 6000))]
        periods = [(a, b, draw(st.integers(150, 700))) for a, b in pairwise(borders)]
        line = small_line(periods=periods, last_s=borders[-1] - draw(st.integers(0, 600)), **common)
    turnback = draw(st.integers(60, 200))
    terminals = {
        name: Terminal(
            turnback_s=turnback,
            maximum_turnback_s=draw(st.sampled_from([None, 600, 1500])),
            tracks=draw(st.integers(1, 4)),
        )
        for name in line.terminals
    }
    ends = tuple(line.terminals)
    depots = draw(st.sampled_from([(), tuple(Depot(id=f"at_{end}", station=end, capacity=10) for end in ends)]))
    policy = line.policy.model_copy(
        update={
            "departure_window_s": draw(st.sampled_from([None, 0, 20, 90])),
            "longest_headway_s": draw(st.sampled_from([600, 1200])),
        }
    )
    return line.model_copy(update={"terminals": terminals, "depots": depots, "policy": policy})


@given(lines(), st.integers(0, 3))
@settings(max_examples=examples(20))
def test_every_plan_passes_the_checker_or_is_refused_in_words(scenario: Scenario, seed: int) -> None:
    try:
        planned = make_plan(scenario, PlannerOptions(seed=seed, effort=0.01, workers=1))
    except Infeasible as refusal:
        if not refusal.reasons or not all(refusal.reasons):
            raise
        return
    in_force = planned.baseline.timetable
    if not planned.check.passed:
        # What today's timetable breaks already, the plan at equal service may break as well, and nothing else.
        today = check(planned.baseline, scenario, in_force, ShortestTimes(scenario))
        assert {violation.rule for violation in planned.check.violations} <= {v.rule for v in today.violations}
    evidence = planned.potential
    assert evidence.bound_kwh <= min(evidence.before_kwh, evidence.after_kwh) + 1e-6
    assert [trip.trip_id for trip in planned.plan.timetable.trips] == [trip.trip_id for trip in in_force.trips]
    assert Plan.from_dict(planned.plan.to_dict()) == planned.plan
    # Noise is planned for by samples, so that a plan may lose a little on the undisturbed day.
    worst = 1.0 if scenario.disturbances.dwell_noise_s == 0.0 else 1.02
    assert evidence.after_kwh <= worst * evidence.before_kwh


@pytest.mark.many_cases
@given(lines(), st.sampled_from([0.0, 1.0, 3.0]), st.sampled_from(["energy", "cost", "co2"]), st.integers(0, 3))
@settings(max_examples=examples(12))
def test_every_demand_led_plan_passes_the_checker_or_is_refused_in_words(
    scenario: Scenario, demand: float, objective: Objective, seed: int
) -> None:
    """New headways owe nothing to today's timetable, so that no rule may be broken at all."""
    scenario = scenario.model_copy(update={"demand": scenario.demand.model_copy(update={"scale": demand})})
    options = PlannerOptions(mode="demand-led", seed=seed, effort=0.01, workers=1, objective=objective)
    try:
        planned = make_plan(scenario, options)
    except Infeasible as refusal:
        if not refusal.reasons or not all(refusal.reasons):
            raise
        return
    except InputFaults:
        if min(len(timetable_in_force(scenario).of(d)) for d in DIRECTIONS) > 1:
            raise
        return
    assert planned.check.passed, "\n".join(one.sentence for one in planned.check.violations)
    assert Plan.from_dict(planned.plan.to_dict()) == planned.plan


@pytest.mark.many_cases
@given(lines(), st.integers(1, 60))
@settings(max_examples=examples(8))
def test_longer_trips_keep_every_other_rule(scenario: Scenario, longer_s: int) -> None:
    options = PlannerOptions(effort=0.01, workers=1, longer_trips_s=longer_s)
    try:
        planned = make_plan(scenario, options)
    except Infeasible:
        return
    today = check(planned.baseline, scenario, planned.baseline.timetable, ShortestTimes(scenario))
    assert {one.rule for one in planned.check.violations} <= {one.rule for one in today.violations}
    for trip, old in zip(planned.plan.timetable.trips, planned.baseline.timetable.trips, strict=True):
        assert (trip.end_s - trip.start_s) - (old.end_s - old.start_s) <= longer_s


@pytest.mark.many_cases
def test_number_of_workers_changes_nothing_in_the_plan() -> None:
    line = small_line(4, noise_s=3.0)
    one, two = (make_plan(line, PlannerOptions(effort=0.2, workers=workers)).plan for workers in (1, 2))
    assert one.timetable == two.timetable
    assert one.facts.potential == two.facts.potential
