"""The quick estimate of the supply, and the search on it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from timing_lines import TWO_PERIODS, Case, case_of, small_line

from dispatch.planner import PlannerOptions, make_plan
from dispatch.standing import shorter_standing
from dispatch.timing.balance import Balance, empty_balance, fill_balance
from dispatch.timing.day import Day, build_day
from dispatch.timing.dive import dive
from dispatch.timing.estimate import NODES, REACHES_M, estimated_w, spread
from dispatch.timing.job import Job
from dispatch.timing.noise import departure_noise_s
from dispatch.timing.refine import ODDS, _day, _noise
from dispatch.timing.shifts import weighted_waiting
from energy_models.arrays import IntArray


@pytest.fixture(scope="module")
def case() -> Case:
    return case_of(small_line(4, TWO_PERIODS))


@pytest.fixture(scope="module")
def job(case: Case) -> Job:
    return case.job()


def day_and_balance(job: Job, noise_s: IntArray | None = None) -> tuple[Day, Balance]:
    noise = _noise(job, job.baseline.trips, 1) if noise_s is None else noise_s
    day = _day(job, job.baseline, noise)
    return day, balance_of(job, day)


def balance_of(job: Job, day: Day) -> Balance:
    balance = empty_balance(len(day.noise_s), day.traffic.weight)
    fill_balance(day.trips, day.limits, job.bank, day.noise_s, balance, job.estimate)
    return balance


def dived(job: Job, day: Day, balance: Balance, rounds: int, budget: float = 0.0, odds: IntArray = ODDS) -> float:
    limits = day.limits._replace(waiting_budget=budget)
    free = np.arange(1, len(day.order) - 1, dtype=np.int64)
    return dive(
        day.trips, limits, job.bank, day.noise_s, balance, job.estimate, free, odds, rounds, 1e6, 1e4, 7, 0, job.stop
    )


@pytest.mark.parametrize("reach_m", REACHES_M)
def test_a_trains_power_is_spread_whole_and_most_to_the_nearest_node(reach_m: float) -> None:
    place_m = np.linspace(0.0, 21_000.0, 64)
    share = spread(place_m, 0.0, 21_000.0, reach_m)
    assert share.sum(axis=1) == pytest.approx(1.0)
    nearest = np.abs(place_m[:, None] - np.linspace(0.0, 21_000.0, NODES)).argmin(axis=1)
    assert share[np.arange(64), nearest] == pytest.approx(share.max(axis=1))


def test_nothing_is_fed_below_nothing() -> None:
    """A line on which everybody brakes gives nothing back through rectifiers."""
    assert estimated_w(np.full(NODES, -1e6, np.float32), 1.04, 0.02, 1e-9, 1e4) == 0.0


def test_power_that_finds_no_taker_near_by_is_lost() -> None:
    """A watt asked costs as much beside a watt offered at the other end of the line as without it."""
    alone = np.zeros(NODES, np.float32)
    alone[0] = 1e6
    far, near = alone.copy(), alone.copy()
    far[-1] = -1e6
    near[0] -= 4e5
    fed = [estimated_w(node_w, 1.05, 0.0, 0.0, 0.0) for node_w in (alone, far, near)]
    assert fed[1] == fed[0]
    assert fed[2] == pytest.approx(0.6 * fed[0])


def test_the_estimate_is_near_exact_solutions_that_it_was_not_fitted_to(job: Job) -> None:
    """On days shaken otherwise, instant by instant; the mean is what a search adds up."""
    trips = job.baseline.trips
    noise = departure_noise_s(2, len(trips), len(trips[0].driving), 25.0, False, 99)[:1]
    day, balance = day_and_balance(job, noise)
    exact, guess = day.traffic.power_w[0], balance.fed_w[0]
    served = (day.traffic.auxiliary_w[0] >= 0.0).any(axis=1)
    assert np.corrcoef(exact[served], guess[served])[0, 1] > 0.98
    assert guess[served].mean() == pytest.approx(exact[served].mean(), rel=0.02)


def test_a_search_on_the_estimate_keeps_its_balance(job: Job) -> None:
    """After thousands of changes the balance is that of the trips as they stand, to single precision."""
    noise = departure_noise_s(4, len(job.baseline.trips), len(job.baseline.trips[0].driving), 3.0, True, 3)
    day, balance = day_and_balance(job, noise)
    before = float(balance.fed_w.sum())
    dived(job, day, balance, 3000, budget=1e9)
    assert float(balance.fed_w.sum()) < before
    fresh = balance_of(job, day)
    assert np.abs(balance.node_w - fresh.node_w).max() < 50.0
    assert balance.fed_w == pytest.approx(fresh.fed_w, abs=500.0)


def test_a_search_on_the_estimate_keeps_sums_and_waiting(case: Case, job: Job) -> None:
    day, balance = day_and_balance(job)
    dived(job, day, balance, 3000)
    found = day.timetable("optimal")
    assert found.trips != job.baseline.trips
    for trip, new in zip(job.baseline.trips, found.trips, strict=True):
        assert new.end_s - new.start_s == trip.end_s - trip.start_s
        assert case.rules.window_s[trip.trip_id][0] <= new.start_s <= case.rules.window_s[trip.trip_id][1]
        for station, (low, high) in enumerate(case.rules.dwell_span_s[trip.direction], start=1):
            assert low <= new.dwell_s(station) <= high
    today = weighted_waiting(case.baseline, case.rules.arrivals_per_s)
    assert weighted_waiting(found, case.rules.arrivals_per_s) <= today * (1 + 1e-12)


def test_a_search_on_the_estimate_saves_exactly_too(job: Job) -> None:
    """What it finds is worth something to the supply itself."""
    day, balance = day_and_balance(job)
    before = day.fed_j
    dived(job, day, balance, 6000, budget=1e9)
    after = build_day(day.timetable("optimal"), *_windows_of(day), day.limits, job.bank, day.noise_s, job.network).fed_j
    assert after < 0.98 * before


def _windows_of(day: Day) -> tuple[tuple[IntArray, IntArray], IntArray]:
    return (day.trips.earliest_s, day.trips.latest_s), day.trips.gap_longest_s


def test_same_seed_same_search(job: Job) -> None:
    results = []
    for _ in range(2):
        day, balance = day_and_balance(job)
        dived(job, day, balance, 1500, budget=1e9)
        results.append((day.trips.run_s.copy(), day.trips.dwell_s.copy(), day.trips.departure_s.copy()))
    assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


def test_a_stopped_search_changes_nothing(job: Job) -> None:
    stopped = replace(job, stop=np.ones(1, dtype=np.int64))
    day, balance = day_and_balance(stopped)
    before = day.trips.run_s.copy()
    dived(stopped, day, balance, 1000)
    assert np.array_equal(day.trips.run_s, before)


def test_standing_becomes_running_where_the_policy_lets_it() -> None:
    """More is saved, at one-way times as they are, and the checker agrees; by default nothing of the standing goes."""
    line = small_line(4, TWO_PERIODS)
    freer = line.model_copy(update={"policy": line.policy.model_copy(update={"standing_to_running_s": 12})})
    options = PlannerOptions(time_limit_s=2.0, workers=1)
    kept, given = make_plan(line, options), make_plan(freer, options)
    assert kept.check.passed
    assert given.check.passed
    assert shorter_standing(kept.plan.timetable, kept.baseline.timetable) is None
    less = shorter_standing(given.plan.timetable, given.baseline.timetable)
    assert less is not None
    assert less.most_s == 12
    assert 6.0 < less.mean_s <= 12.0
    assert given.evidence.after_kwh < kept.evidence.after_kwh
    assert given.evidence.bound_kwh < given.evidence.after_kwh
