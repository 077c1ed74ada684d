"""Trips that may take longer than today: the stand gives what they take, the limit holds, and it saves electricity."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from timing_lines import TWO_PERIODS, Case, case_of, small_line

from dispatch.checker.check import CheckReport, check
from dispatch.energy.lower_bound import energy_bound
from dispatch.planner.options import ServiceOptions, require_sensible
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.fixed import FixedService, TripTimes
from dispatch.plans.longer_trips import LongerTrips, longer_trips
from dispatch.plans.plan import Plan
from dispatch.plans.plan_record import PlanOptions
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.day_state import Day, build_day
from dispatch.timing.fit_to_fixes import trip_spans
from dispatch.timing.kernel.annealing import anneal_exactly
from dispatch.timing.kernel.exact_state import chain_of, fill
from dispatch.timing.kernel.moves import STRETCH_RUN, odds_within
from dispatch.timing.optimise import cycle_problem
from dispatch.timing.period_pattern import find_pattern
from dispatch.timing.periods import periods_of
from dispatch.timing.task import SearchTask
from energy_models.faults import InputFaults
from scenarios.values.shortest_running_times import ShortestTimes

LONGER_S = 20
ALL_KINDS = np.array([20, 20, 20, 10, 0, 30, 5], dtype=np.int64)


def one_way_s(timetable: Timetable) -> Mapping[str, int]:
    return {trip.trip_id: trip.end_s - trip.start_s for trip in timetable.trips}


def longer_case(longer_s: int = LONGER_S, fixed: FixedService | None = None) -> Case:
    case = case_of(small_line(4, TWO_PERIODS))
    timing_limits = replace(case.timing_limits, longer_s=longer_s)
    return replace(case, timing_limits=timing_limits if fixed is None else replace(timing_limits, fixed=fixed))


def day_of(case: Case, task: SearchTask) -> Day:
    trips = case.baseline.trips
    window = np.array([case.timing_limits.window_s[trip.trip_id] for trip in trips], dtype=np.int64).T
    longest = np.array([case.timing_limits.gap_longest_s[trip.trip_id] for trip in trips], dtype=np.int64)
    quiet = np.zeros((1, len(trips), len(trips[0].driving)), dtype=np.int64)
    limits = task.limits._replace(waiting_budget=1e9)
    return build_day(
        case.baseline, (window[0], window[1]), longest, limits, task.motions, quiet, task.network,
        spans=trip_spans(task, trips),
    )  # fmt: skip


def run_search(day: Day, task: SearchTask, rounds: int = 800) -> float:
    return anneal_exactly(
        day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network, chain_of(day.exact, task.network),
        np.arange(len(day.order), dtype=np.int64), odds_within(day.limits, ALL_KINDS, day.trips), rounds, 1e6, 2e4,
        3, False, task.stop,
    )[0]  # fmt: skip


@pytest.fixture(scope="module")
def searched() -> tuple[Case, SearchTask, Day, float, float]:
    case = longer_case()
    task = case.task()
    day = day_of(case, task)
    before = day.energy_j
    return case, task, day, before, run_search(day, task)


def test_the_stand_after_a_trip_gives_what_the_trip_takes(searched: tuple[Case, SearchTask, Day, float, float]) -> None:
    case, _, day, _, _ = searched
    trips = day.trips
    total = trips.run_s.sum(axis=1) + trips.dwell_s.sum(axis=1)
    today = np.array([trip.end_s - trip.start_s for trip in case.baseline.trips])
    assert (total - today).min() >= 0
    assert LONGER_S // 2 < (total - today).max() <= LONGER_S
    followed = np.flatnonzero(trips.after >= 0)
    assert (total - today)[followed].max() > 0
    ends = trips.departure_s + total
    assert np.array_equal(ends[followed] + trips.stand_s[followed], trips.departure_s[trips.after[followed]])
    assert (trips.stand_s >= np.array(case.timing_limits.turnback_shortest_s)[trips.direction])[followed].all()


def test_the_traffic_of_longer_trips_is_that_of_a_fresh_solution(
    searched: tuple[Case, SearchTask, Day, float, float],
) -> None:
    _, task, day, before, change = searched
    assert day.energy_j - before == pytest.approx(change, rel=1e-9, abs=1.0)
    again = day.exact._replace(**{name: np.zeros_like(getattr(day.exact, name)) for name in (
        "chainage_m", "asked_w", "auxiliary_w", "power_w")})  # fmt: skip
    fill(day.trips, day.limits, task.motions, day.noise_s, again, task.network, chain_of(again, task.network))
    assert np.array_equal(again.auxiliary_w < 0, day.exact.auxiliary_w < 0)
    assert float(again.power_w.sum()) == pytest.approx(float(day.exact.power_w.sum()), rel=1e-6)


def test_a_trip_kept_close_ends_as_close(searched: tuple[Case, SearchTask, Day, float, float]) -> None:
    """The last arrival stays within the span, too, though the trip might become longer."""
    plain = searched[0]
    close_to = {trip.trip_id: TripTimes.of(trip) for trip in plain.baseline.trips}
    case = longer_case(fixed=FixedService(close_s=3, close_to=close_to))
    task = case.task()
    day = day_of(case, task)
    run_search(day, task)
    moved = [abs(new.end_s - old.end_s) for new, old in zip(day.timetable("optimal").trips, day.order, strict=True)]
    assert 0 < max(moved) <= 3


def test_without_room_no_trip_is_stretched() -> None:
    case = longer_case(0)
    task = case.task()
    assert odds_within(task.limits, ALL_KINDS, day_of(case, task).trips).tolist() == [20, 20, 20, 10, 0, 0, 0]
    day = day_of(case, task)
    run_search(day, task, 300)
    assert one_way_s(day.timetable("optimal")) == one_way_s(case.baseline)
    # Even where that kind is drawn, the limits refuse it.
    only = np.eye(6, dtype=np.int64)[STRETCH_RUN]
    still = anneal_exactly(
        day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network, chain_of(day.exact, task.network),
        np.arange(len(day.order), dtype=np.int64), only, 100, 1e6, 1e5, 3, False, task.stop,
    )  # fmt: skip
    assert still == (0.0, 0.0)


def test_a_pattern_takes_the_time_that_it_may_have() -> None:
    case = longer_case()
    task = case.task()
    problem = cycle_problem(task, 300, [period for period in periods_of(case.baseline) if period.headway_s == 300])
    found = find_pattern(problem, 40_000, 1, task.stop)
    growth = (found.run_s.sum(axis=1) + found.dwell_s.sum(axis=1)) - (
        problem.run_s.sum(axis=1) + problem.dwell_s.sum(axis=1)
    )
    assert 0 < growth.max() <= LONGER_S
    assert growth.min() >= 0
    assert np.array_equal(found.dwell_s.sum(axis=1), problem.dwell_s.sum(axis=1))


SCENARIO = small_line(4, TWO_PERIODS)


@pytest.fixture(scope="module")
def plans() -> tuple[Planned, Planned]:
    options = PlannerOptions(effort=0.02, workers=1)
    return make_plan(SCENARIO, options), make_plan(SCENARIO, replace(options, longer_trips_s=LONGER_S))


def test_longer_trips_save_more_and_are_longer_by_no_more_than_asked(plans: tuple[Planned, Planned]) -> None:
    plain, longer = plans
    assert plain.check.passed, plain.check.violations
    assert longer.check.passed, longer.check.violations
    assert longer.potential.after_kwh < plain.potential.after_kwh
    today = one_way_s(plain.baseline.timetable)
    growth = [value - today[name] for name, value in one_way_s(longer.plan.timetable).items()]
    assert min(growth) >= 0
    assert 0 < max(growth) <= LONGER_S
    assert longer.plan.options.longer_trips_s == LONGER_S
    assert longer_trips(longer.plan, longer.baseline.timetable) == LongerTrips(
        LONGER_S, max(growth), pytest.approx(np.mean(growth))
    )
    assert plain.plan.options.longer_trips_s == 0
    assert longer_trips(plain.plan, plain.baseline.timetable) is None
    assert one_way_s(plain.plan.timetable) == today
    fleets = [len({trip.vehicle for trip in planned.plan.timetable.trips}) for planned in plans]
    assert fleets[1] <= len({trip.vehicle for trip in plain.baseline.timetable.trips})


def test_the_bound_lies_below_plans_of_longer_trips_and_gives_them_their_time(plans: tuple[Planned, Planned]) -> None:
    plain, longer = plans
    assert longer.potential.bound_kwh < longer.potential.after_kwh
    assert longer.potential.bound_kwh < plain.potential.bound_kwh
    parts = (longer.line, (60, 60))
    bounds = [energy_bound(longer.baseline.timetable, *parts, longer_s=seconds).energy_j for seconds in (0, 20, 120)]
    assert bounds == sorted(bounds, reverse=True)
    assert len(set(bounds)) == 3


def checked(plan: Plan, planned: Planned) -> CheckReport:
    return check(plan, SCENARIO, planned.baseline.timetable, ShortestTimes(SCENARIO))


def test_the_checker_allows_what_the_plan_was_asked_and_not_a_second_more(plans: tuple[Planned, Planned]) -> None:
    plan = plans[1].plan
    found = [
        one for one in checked(replace(plan, options=PlanOptions()), plans[1]).violations if one.rule == "one-way-time"
    ]
    today = one_way_s(plans[1].baseline.timetable)
    assert {one.trip for one in found} == {n for n, value in one_way_s(plan.timetable).items() if value > today[n]}
    most = max(value - today[name] for name, value in one_way_s(plan.timetable).items())
    tighter = checked(replace(plan, options=PlanOptions(longer_trips_s=most - 1)), plans[1])
    assert {one.amount for one in tighter.violations if one.rule == "one-way-time"} == {1}
    assert "allowed, 1 s too much" in next(one for one in tighter.violations if one.rule == "one-way-time").sentence


@pytest.mark.parametrize("claimed", [121, -1])
def test_the_checker_believes_no_plan_that_allows_itself_too_much(plans: tuple[Planned, Planned], claimed: int) -> None:
    report = checked(replace(plans[0].plan, options=PlanOptions(longer_trips_s=claimed)), plans[0])
    assert [one.rule for one in report.violations] == ["one-way-time"]
    assert repr(claimed) in report.violations[0].sentence


def test_a_plan_of_longer_trips_starts_another_one_that_may_have_them(plans: tuple[Planned, Planned]) -> None:
    options = PlannerOptions(effort=0.02, workers=1, start=plans[1].plan)
    with pytest.raises(InputFaults, match=r"20 or more"):
        make_plan(SCENARIO, options)
    again = make_plan(SCENARIO, replace(options, longer_trips_s=LONGER_S + 5))
    assert again.check.passed, again.check.violations
    assert again.potential.after_kwh <= plans[1].potential.after_kwh * 1.001


@pytest.mark.parametrize(
    ("longer_s", "mode", "allowed"),
    [
        (121, "equal-service", "0 to 120 s"),
        (-1, "equal-service", "0 to 120 s"),
        (10, "demand-led", "only with the mode"),
    ],
)
def test_longer_trips_that_make_no_sense_are_told(longer_s: int, mode: str, allowed: str) -> None:
    with pytest.raises(InputFaults, match=allowed):
        require_sensible(ServiceOptions(mode=mode, longer_trips_s=longer_s))  # type: ignore[arg-type]
    with pytest.raises(InputFaults, match="longer_trips_s"):
        make_plan(SCENARIO, PlannerOptions(mode=mode, longer_trips_s=longer_s))  # type: ignore[arg-type]


def test_turnbacks_of_a_plan_of_longer_trips_stay_long_enough(plans: tuple[Planned, Planned]) -> None:
    duties: dict[str, list[Trip]] = {}
    for trip in sorted(plans[1].plan.timetable.trips, key=lambda trip: trip.start_s):
        duties.setdefault(trip.vehicle, []).append(trip)
    stands = [
        (after.start_s - before.end_s, SCENARIO.terminals[before.stations[-1]].turnback_s)
        for duty in duties.values()
        for before, after in pairwise(duty)
    ]
    assert stands
    assert all(stand >= shortest for stand, shortest in stands)
