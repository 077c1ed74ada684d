"""Patterns and shifts laid on the day, and trips that pass from one period's way to the next one's in steps."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from timing_lines import SEVEN, Case, case_of, small_line

from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.plans.waiting import expected_waiting
from dispatch.timing.kernel.exact_state import ExactState
from dispatch.timing.period_pattern import PeriodPattern
from dispatch.timing.periods import periods_of
from dispatch.timing.shifts import WAITING_ROUNDING_S, TripTimes, mean_waiting_s, shift_periods, shifted, vehicles_least
from dispatch.timing.task import SearchTask
from scenarios.schema.base import DIRECTIONS

HOUR = 3600
DENSE = tuple((SEVEN + n * HOUR, SEVEN + (n + 1) * HOUR, headway_s) for n, headway_s in enumerate((200, 202, 200)))
"""Even headways from one end of the day to the other: nothing can wait less than today."""


@pytest.fixture(scope="module")
def dense() -> Case:
    return case_of(small_line(5, DENSE, demand=0.0, trainsets=30))


def _pattern(case: Case, headway_s: int, earlier_s: int) -> PeriodPattern:
    """Today's way, but so many seconds earlier at all stations on the way, and as late at the end."""
    ways = [case.baseline.of(d)[3] for d in DIRECTIONS]
    today = np.array([list(trip.running_times_s) for trip in ways])
    run = today.copy()
    run[:, 0] -= earlier_s
    run[:, -1] += earlier_s
    dwell = np.array([[trip.dwell_s(k) for k in range(1, len(trip.driving))] for trip in ways])
    return PeriodPattern(headway_s, run, dwell, today, dwell, 0, 0.0, np.zeros(headway_s))


def test_periods_with_unlike_ways_keep_both_where_today_is_even(dense: Case) -> None:
    """At each border one gap would be 20 s longer; in steps the day waits as long as today to the hundredth of a
    second, and no pattern is given up."""
    task = dense.task()
    periods = periods_of(task.baseline, task.timing_limits.period_starts_s)
    patterns = (_pattern(dense, 200, 20), _pattern(dense, 202, 0), _pattern(dense, 200, 20))
    longest_s = task.waiting_s(task.baseline) + WAITING_ROUNDING_S
    still = np.zeros((len(periods), 2), dtype=np.int64)
    assert task.waiting_s(shifted(task, periods, patterns, still, 0)) > longest_s
    found = shift_periods(task, periods, patterns, lambda _: 0.0, task.waiting_s(task.baseline))
    assert task.waiting_s(found) <= longest_s
    for d, direction in enumerate(DIRECTIONS):
        ways = [trip.running_times_s for trip in found.of(direction)]
        for pattern in patterns:
            assert tuple(pattern.run_s[d]) in ways
        assert len(set(ways)) > 2, "some trips lie between the two"


def test_steps_end_where_the_neighbour_begins(dense: Case) -> None:
    """Trips further from the border than the steps run as their own period wants."""
    task = dense.task()
    periods = periods_of(task.baseline, task.timing_limits.period_starts_s)
    patterns = (_pattern(dense, 200, 20), _pattern(dense, 202, 0), _pattern(dense, 200, 20))
    still = np.zeros((len(periods), 2), dtype=np.int64)
    sharp, stepped = (shifted(task, periods, patterns, still, steps) for steps in (0, 4))
    changed = [j for j, (a, b) in enumerate(zip(sharp.trips, stepped.trips, strict=True)) if a != b]
    near = {
        j
        for before, after in pairwise(periods)
        for d in range(2)
        for j in (*before.members[d][-4:], *after.members[d][:4])
    }
    assert set(changed) <= near
    assert len(changed) > len(near) / 2


@given(
    st.lists(st.tuples(st.integers(60, 140), st.integers(60, 140)), min_size=1, max_size=12),
    st.integers(-20, 20),
    st.floats(0.0, 1.0),
)
def test_mixed_ways_lie_between_in_whole_seconds(pairs: list[tuple[int, int]], longer_s: int, share: float) -> None:
    """Each running time and dwell, and their sums, stay between those of both ways."""
    runs = np.array(pairs, dtype=np.float64)
    dwells = np.array([(a // 4, b // 4) for a, b in pairs], dtype=np.float64)
    one, other = (TripTimes(float(n * longer_s), runs[:, n], dwells[:, n]) for n in range(2))
    departure_s, run_s, dwell_s = one.mixed(other, share, share).in_whole_seconds()
    assert min(0, longer_s) <= departure_s <= max(0, longer_s)
    for found, asked in ((run_s, runs), (dwell_s, dwells)):
        assert all(low <= value <= high for value, (low, high) in zip(found, np.sort(asked, axis=1), strict=True))
    longest = max(float(way.run_s.sum() + way.dwell_s.sum()) for way in (one, other))
    assert sum(run_s) + sum(dwell_s) <= longest


@pytest.mark.many_cases
@given(st.integers(0, 10_000), st.integers(0, 600))
def test_the_bound_of_vehicles_is_their_number_with_one_turnback_time(dense: Case, seed: int, most_s: int) -> None:
    generator = np.random.default_rng(seed)
    trips = []
    for trip in dense.baseline.trips:
        by_s = int(generator.integers(-most_s, most_s + 1))
        trips.append(
            replace(
                trip,
                arrival_s=tuple(time + by_s for time in trip.arrival_s),
                departure_s=tuple(time + by_s for time in trip.departure_s),
            )
        )
    start_s, end_s = (np.array([getattr(trip, name) for trip in trips]) for name in ("start_s", "end_s"))
    turned = first_in_first_out(Timetable(tuple(trips)), dense.scenario)
    assert vehicles_least(dense.task(), start_s, end_s) == len(turned.vehicles)


def test_a_stop_ends_the_trials_and_duties_are_assigned_once(dense: Case) -> None:
    turned: list[Timetable] = []
    stages: list[str] = []
    task = dense.task()

    def turn(timetable: Timetable) -> Timetable:
        turned.append(timetable)
        return task.turn(timetable)

    stopped = replace(
        task, turn=turn, stop=np.ones(1, dtype=np.int64), progress=lambda stage, _share: stages.append(stage)
    )
    periods = periods_of(task.baseline, task.timing_limits.period_starts_s)
    patterns = (_pattern(dense, 200, 20), _pattern(dense, 202, 0), _pattern(dense, 200, 20))
    found = shift_periods(stopped, periods, patterns, lambda _: 0.0, task.waiting_s(task.baseline))
    assert len(turned) == 1
    assert set(stages) == {"shifts"}
    assert task.waiting_s(found) <= task.waiting_s(task.baseline) + WAITING_ROUNDING_S


def test_mean_waiting_at_even_weights_is_that_of_a_line_without_demand(dense: Case) -> None:
    task = dense.task()
    ours = mean_waiting_s(task.baseline, task.timing_limits.arrivals_per_s)
    assert ours == pytest.approx(expected_waiting(task.baseline, dense.scenario).mean_s, rel=1e-12)


@pytest.mark.parametrize("workers", [2, 3])
def test_instants_solved_side_by_side_are_the_same(dense: Case, workers: int) -> None:
    from dispatch.timing.single_trips import day_noise_s, search_day

    def solved(task: SearchTask, timetable: Timetable) -> ExactState:
        return search_day(task, timetable, day_noise_s(task, timetable.trips, 2)).exact

    one, several = (
        solved(dense.task(workers=count, noise_deviation_s=3.0), dense.baseline) for count in (1, workers)
    )  # fmt: skip
    for alone, shared in zip(one, several, strict=True):
        np.testing.assert_array_equal(alone, shared)


def test_two_whole_days_differ_when_a_trip_does(dense: Case) -> None:
    """The means of waiting that shifts are held against see a single trip."""
    task = dense.task()
    trips = list(task.baseline.trips)
    trips[4] = replace(
        trips[4],
        arrival_s=tuple(t + 30 for t in trips[4].arrival_s),
        departure_s=tuple(t + 30 for t in trips[4].departure_s),
    )
    assert task.waiting_s(Timetable(tuple(trips))) > task.waiting_s(task.baseline)
