"""Trips that share patterns: few running-time and dwell patterns, every rule kept, and the state as solved anew."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from timing_lines import SEVEN, TWO_PERIODS, Case, case_of, small_line

from dispatch.planner.options import NAMED, number_of
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.running_patterns import most_in_a_period, running_patterns
from dispatch.plans.timetable import Timetable
from dispatch.timing.day_state import Day, build_day, free_trips
from dispatch.timing.fit_to_fixes import way_on_grid
from dispatch.timing.kernel.annealing import anneal_exactly, anneal_on_surrogate
from dispatch.timing.kernel.exact_state import chain_of, fill
from dispatch.timing.kernel.surrogate_state import empty_surrogate_state, fill_surrogate_state
from dispatch.timing.shared_patterns import shared_patterns
from dispatch.timing.task import SearchTask
from energy_models.faults import InputFaults

ALL_KINDS = np.array([20, 20, 10, 10, 10, 20, 10], dtype=np.int64)
LONGER_S = 20


def shared_case(patterns: int) -> tuple[Case, SearchTask]:
    case = case_of(small_line(5, TWO_PERIODS))
    case = replace(case, timing_limits=replace(case.timing_limits, longer_s=LONGER_S))
    task = case.task()
    return case, replace(task, options=replace(task.options, patterns=patterns))


def day_of(case: Case, task: SearchTask) -> Day:
    trips = case.baseline.trips
    window = np.array([case.timing_limits.window_s[trip.trip_id] for trip in trips], dtype=np.int64).T
    longest = np.array([case.timing_limits.gap_longest_s[trip.trip_id] for trip in trips], dtype=np.int64)
    quiet = np.zeros((2, len(trips), len(trips[0].driving)), dtype=np.int64)
    limits = task.limits._replace(waiting_budget=1e9, dwell_to_run_s=10)
    return build_day(
        case.baseline, (window[0], window[1]), longest, limits, task.motions, quiet, task.network,
        sharing=shared_patterns(task, case.baseline),
    )  # fmt: skip


def ways(timetable: Timetable) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    return {trip.trip_id: (trip.running_times_s, trip.dwells_s) for trip in timetable.trips}


@pytest.fixture(scope="module", params=[1, 2, 4])
def searched(request: pytest.FixtureRequest) -> tuple[int, Case, SearchTask, Day, float, float]:
    case, task = shared_case(request.param)
    day = day_of(case, task)
    before = day.energy_j
    free = np.arange(len(day.order), dtype=np.int64)
    change, _ = anneal_exactly(
        day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network, chain_of(day.exact, task.network),
        free, ALL_KINDS, 500, 1e6, 2e4, 3, False, task.stop,
    )  # fmt: skip
    return request.param, case, task, day, before, change


def test_a_change_of_many_trips_is_priced_as_a_fresh_solution(
    searched: tuple[int, Case, SearchTask, Day, float, float],
) -> None:
    _, _, task, day, before, change = searched
    assert change < 0
    assert day.energy_j - before == pytest.approx(change, rel=1e-9, abs=1.0)
    again = day.exact._replace(**{name: np.zeros_like(getattr(day.exact, name)) for name in (
        "chainage_m", "asked_w", "auxiliary_w", "power_w")})  # fmt: skip
    fill(day.trips, day.limits, task.motions, day.noise_s, again, task.network, chain_of(again, task.network))
    present = again.auxiliary_w >= 0
    assert np.array_equal(present, day.exact.auxiliary_w >= 0)
    assert np.array_equal(again.chainage_m[present], day.exact.chainage_m[present])
    assert np.array_equal(again.asked_w[present], day.exact.asked_w[present])
    assert again.power_w.sum() == pytest.approx(day.exact.power_w.sum(), rel=1e-6)


def test_no_direction_and_period_has_more_patterns_than_allowed(
    searched: tuple[int, Case, SearchTask, Day, float, float],
) -> None:
    most, case, _, day, _, _ = searched
    found = day.timetable("optimal")
    period = case.timing_limits.period_number
    of_period: dict[tuple[str, int], set[object]] = {}
    for trip in found.trips:
        of_period.setdefault((trip.direction, period[trip.trip_id]), set()).add((trip.running_times_s, trip.dwells_s))
    assert all(len(patterns) <= most for patterns in of_period.values())
    assert ways(found) != ways(case.baseline)
    # Trips whose kernel pattern is the same have the same times.
    by_pattern: dict[int, set[object]] = {}
    for j, trip in enumerate(found.trips):
        by_pattern.setdefault(int(day.trips.pattern[j]), set()).add((trip.running_times_s, trip.dwells_s))
    assert all(len(times) == 1 for times in by_pattern.values())


def test_headways_within_a_period_stay_regular(searched: tuple[int, Case, SearchTask, Day, float, float]) -> None:
    _, case, _, day, _, _ = searched
    period = case.timing_limits.period_number
    found = day.timetable("optimal")
    today = {trip.trip_id: trip.start_s for trip in case.baseline.trips}
    for direction in ("up", "down"):
        for ahead, trip in pairwise(found.of(direction)):
            if period[ahead.trip_id] == period[trip.trip_id]:
                regular = today[trip.trip_id] - today[ahead.trip_id]
                assert abs(trip.start_s - ahead.start_s - regular) <= 2


def test_every_trip_of_a_pattern_keeps_its_own_rules(searched: tuple[int, Case, SearchTask, Day, float, float]) -> None:
    _, case, _, day, _, _ = searched
    found = day.timetable("optimal")
    today = {trip.trip_id: trip for trip in case.baseline.trips}
    for trip in found.trips:
        before = today[trip.trip_id]
        assert trip.end_s - trip.start_s <= before.end_s - before.start_s + LONGER_S
        assert sum(before.dwells_s) - 10 <= sum(trip.dwells_s) <= sum(before.dwells_s)
        earliest, latest = case.timing_limits.window_s[trip.trip_id]
        assert earliest <= trip.start_s <= latest
    for chain in found.duties().values():
        for before, after in pairwise(chain):
            shortest = case.timing_limits.turnback_shortest_s[0 if before.direction == "up" else 1]
            assert after.start_s - before.end_s >= shortest
    for direction in ("up", "down"):
        for ahead, trip in pairwise(found.of(direction)):
            for k in range(len(trip.driving)):
                gap = trip.departure_s[k] - ahead.departure_s[k]
                assert case.timing_limits.headway_shortest_s <= gap <= case.timing_limits.gap_longest_s[trip.trip_id]


def test_the_surrogate_prices_shared_changes_consistently() -> None:
    case, task = shared_case(2)
    day = day_of(case, task)
    noise = np.zeros((1, *day.noise_s.shape[1:]), dtype=np.int64)
    state = empty_surrogate_state(1, np.ones(day.exact.power_w.shape[1]))
    fill_surrogate_state(day.trips, day.limits, task.motions, noise, state, task.surrogate)
    before = state.fed_w.sum()
    free = np.arange(len(day.order), dtype=np.int64)
    anneal_on_surrogate(
        day.trips, day.limits, task.motions, noise, state, task.surrogate, free, ALL_KINDS, 3000, 1e5, 1e4, 5, 0,
        task.stop,
    )  # fmt: skip
    again = empty_surrogate_state(1, np.ones(day.exact.power_w.shape[1]))
    fill_surrogate_state(day.trips, day.limits, task.motions, noise, again, task.surrogate)
    assert state.fed_w.sum() < before
    assert again.fed_w.sum() == pytest.approx(state.fed_w.sum(), rel=1e-5)


def test_trips_that_may_not_change_hold_their_pattern() -> None:
    case, task = shared_case(1)
    day = day_of(case, task)
    last = len(day.order) - 2
    kept = ways(day.timetable("optimal"))
    free = np.array([j for j in range(len(day.order)) if j != last], dtype=np.int64)
    only_ways = np.array([20, 20, 0, 0, 10, 0, 0], dtype=np.int64)
    anneal_exactly(
        day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network, chain_of(day.exact, task.network),
        free, only_ways, 300, 1e6, 2e4, 3, False, task.stop,
    )  # fmt: skip
    found = ways(day.timetable("optimal"))
    together = {j for j in range(len(day.order)) if day.trips.pattern[j] == day.trips.pattern[last]}
    assert len(together) > 1
    for j, trip in enumerate(day.order):
        assert (found[trip.trip_id] == kept[trip.trip_id]) == (j in together)


GRID = small_line(4, ((SEVEN, SEVEN + 3600, 420),))


@pytest.fixture(scope="module")
def on_grid() -> Planned:
    return make_plan(GRID, PlannerOptions(effort=0.05, workers=1, departure_grid_s=15, dwell_grid_s=5))


def test_a_plan_on_grids_passes_the_checker(on_grid: Planned) -> None:
    assert on_grid.check.passed
    assert {"departure-grid", "dwell-grid"} <= set(on_grid.check.rules)
    today = {trip.trip_id: trip for trip in on_grid.baseline.timetable.trips}
    moved = 0
    for trip in on_grid.plan.timetable.trips:
        assert trip.start_s % 15 == 0 or trip.start_s == today[trip.trip_id].start_s
        assert all(dwell_s % 5 == 0 for dwell_s in trip.dwells_s)
        moved += trip.dwells_s != today[trip.trip_id].dwells_s
    assert moved
    assert on_grid.plan.facts.grids_cost_kwh is not None


def test_the_checker_finds_a_time_beside_the_grid(on_grid: Planned) -> None:
    from dispatch.checker.check import check
    from dispatch.plans.in_force import timetable_in_force
    from dispatch.plans.timetable import retimed
    from scenarios.values.shortest_running_times import ShortestTimes

    trips = list(on_grid.plan.timetable.trips)
    middle = len(trips) // 4
    trip = trips[middle]
    dwells = list(trip.dwells_s)
    dwells[0] += 1
    dwells[1] -= 1
    trips[middle] = replace(
        retimed(trip, trip.start_s + 1, list(trip.running_times_s), dwells, "optimal"), vehicle=trip.vehicle
    )
    plan = replace(on_grid.plan, timetable=Timetable(tuple(trips)))
    report = check(plan, GRID, timetable_in_force(GRID), ShortestTimes(GRID))
    broken = {violation.rule for violation in report.violations}
    assert {"departure-grid", "dwell-grid"} <= broken


def test_dwells_come_onto_the_grid_with_the_same_total() -> None:
    case, task = shared_case(0)
    task = replace(task, timing_limits=replace(task.timing_limits, dwell_grid_s=7))
    trip = case.baseline.trips[3]
    run, dwell = way_on_grid(task, trip, list(trip.running_times_s), list(trip.dwells_s), {})
    assert sum(run) + sum(dwell) == trip.end_s - trip.start_s
    assert sum(dwell) <= sum(trip.dwells_s)
    assert sum(1 for dwell_s in dwell if dwell_s % 7) <= 1


def test_the_names_of_patterns_are_unique_and_cover_every_trip_once(on_grid: Planned) -> None:
    patterns = running_patterns(on_grid.plan, GRID, on_grid.baseline.timetable)
    assert len({pattern.name for pattern in patterns}) == len(patterns)
    covered = [trip_id for pattern in patterns for trip_id in pattern.trip_ids]
    assert sorted(covered) == sorted(trip.trip_id for trip in on_grid.plan.timetable.trips)
    assert most_in_a_period(patterns) <= 4
    times = {trip.trip_id: trip for trip in on_grid.plan.timetable.trips}
    for pattern in patterns:
        for trip_id in pattern.trip_ids:
            assert times[trip_id].running_times_s == pattern.running_times_s
            assert times[trip_id].end_s - times[trip_id].start_s == pattern.one_way_s


def test_the_option_takes_a_number_or_trip() -> None:
    assert number_of(NAMED["patterns"], "trip") == 0
    assert number_of(NAMED["patterns"], "7") == 7
    with pytest.raises(InputFaults):
        number_of(NAMED["patterns"], "2.5")


def test_a_search_of_one_part_does_not_depend_on_what_the_other_part_does() -> None:
    """Two parts of a day are searched at the same time, and some patterns have trips in both."""
    case = case_of(small_line(4, ((SEVEN, SEVEN + 5 * 3600, 420),)))
    task = case.task()
    task = replace(task, options=replace(task.options, patterns=3))

    def searched_first_part(scramble: bool) -> list[np.ndarray]:
        day = day_of(case, task)
        horizon = day.exact.power_w.shape[1]
        first, second = free_trips(day, 0, horizon // 2), free_trips(day, horizon // 2, horizon)
        assert len(first) > 10
        assert len(second) > 10
        patterns = {int(day.trips.pattern[j]) for j in first} & {int(day.trips.pattern[j]) for j in second}
        assert patterns, "no pattern has trips in both parts"
        if scramble:
            for number, j in enumerate(second):
                # As a search of the second part may: other dwells for its own patterns, and trips that change patterns.
                day.trips.dwell_s[j] = day.trips.dwell_s[j][::-1] + number % 2
                peers = [i for i in second if day.trips.peer_group[i] == day.trips.peer_group[j]]
                day.trips.pattern[j] = day.trips.pattern[peers[number % len(peers)]]
        anneal_exactly(
            day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network,
            chain_of(day.exact, task.network), first, ALL_KINDS, 400, 1e6, 2e4, 3, False, task.stop,
        )  # fmt: skip
        trips = day.trips
        return [values[first] for values in (trips.departure_s, trips.run_s, trips.dwell_s, trips.pattern)]

    for alone, beside in zip(searched_first_part(False), searched_first_part(True), strict=True):
        assert np.array_equal(alone, beside)
