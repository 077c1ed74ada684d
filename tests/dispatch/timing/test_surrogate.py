"""The quick estimate of the supply, and the search on it."""

from dataclasses import replace

import numpy as np
import pytest
from timing_lines import TWO_PERIODS, Case, case_of, small_line

from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.dwell_transfer import dwell_transfer
from dispatch.timing.day_state import Day, build_day
from dispatch.timing.kernel.annealing import anneal, anneal_exactly, anneal_on_surrogate
from dispatch.timing.kernel.exact_state import chain_of
from dispatch.timing.kernel.noise import departure_noise_s
from dispatch.timing.kernel.surrogate import NO_SURROGATE, NODES, REACHES_M, spread, surrogate_power_w
from dispatch.timing.kernel.surrogate_state import SurrogateState, empty_surrogate_state, fill_surrogate_state
from dispatch.timing.shifts import weighted_waiting
from dispatch.timing.single_trips import ODDS, day_noise_s, search_day
from dispatch.timing.task import SearchTask
from energy_models.arrays import IntArray


@pytest.fixture(scope="module")
def case() -> Case:
    return case_of(small_line(4, TWO_PERIODS))


@pytest.fixture(scope="module")
def task(case: Case) -> SearchTask:
    return case.task()


def day_and_balance(task: SearchTask, noise_s: IntArray | None = None) -> tuple[Day, SurrogateState]:
    noise = day_noise_s(task, task.baseline.trips, 1) if noise_s is None else noise_s
    day = search_day(task, task.baseline, noise)
    return day, balance_of(task, day)


def balance_of(task: SearchTask, day: Day) -> SurrogateState:
    surrogate_state = empty_surrogate_state(len(day.noise_s), day.exact.weight)
    fill_surrogate_state(day.trips, day.limits, task.motions, day.noise_s, surrogate_state, task.surrogate)
    return surrogate_state


def dived(
    task: SearchTask, day: Day, surrogate_state: SurrogateState, rounds: int, budget: float = 0.0, odds: IntArray = ODDS
) -> float:
    limits = day.limits._replace(waiting_budget=budget)
    free = np.arange(1, len(day.order) - 1, dtype=np.int64)
    return anneal_on_surrogate(
        day.trips,
        limits,
        task.motions,
        day.noise_s,
        surrogate_state,
        task.surrogate,
        free,
        odds,
        rounds,
        1e6,
        1e4,
        7,
        0,
        task.stop,
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
    line = NO_SURROGATE._replace(demand_factor=1.04, surplus_factor=0.02, squared_per_w=1e-9, constant_w=1e4)
    power_w = np.full(1, np.nan)
    surrogate_power_w(np.full(NODES, -1e6, np.float32), line, power_w)
    assert power_w[0] == 0.0


def test_the_power_of_an_instant_does_not_depend_on_the_instants_beside_it() -> None:
    """Vector instructions price some instants side by side and the rest one by one: both in the same order of sums."""
    line = NO_SURROGATE._replace(demand_factor=1.04, surplus_factor=0.02, squared_per_w=1e-9, constant_w=1e4)
    node_w = np.random.default_rng(3).normal(0.0, 1e6, 61 * NODES).astype(np.float32)
    together, alone = np.empty(61), np.empty(61)
    surrogate_power_w(node_w, line, together)
    for n in range(61):
        surrogate_power_w(node_w[n * NODES : (n + 1) * NODES], line, alone[n : n + 1])
    assert np.array_equal(together, alone)


def test_both_ways_to_price_a_change_share_one_compiled_loop(task: SearchTask) -> None:
    day, surrogate_state = day_and_balance(task)
    free = np.arange(len(day.order), dtype=np.int64)
    anneal_on_surrogate(day.trips, day.limits, task.motions, day.noise_s, surrogate_state, task.surrogate, free, ODDS,
                        2, 1e6, 1e4, 7, 0, task.stop)  # fmt: skip
    anneal_exactly(day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network,
                   chain_of(day.exact, task.network), free, ODDS, 2, 1e6, 1e4, 7, False, task.stop)  # fmt: skip
    assert len(anneal.signatures) == 1  # type: ignore[attr-defined]


def test_power_that_finds_no_taker_near_by_is_lost() -> None:
    """A watt asked costs as much beside a watt offered at the other end of the line as without it."""
    alone = np.zeros(NODES, np.float32)
    alone[0] = 1e6
    far, near = alone.copy(), alone.copy()
    far[-1] = -1e6
    near[0] -= 4e5
    fed = np.empty(3)
    surrogate_power_w(np.concatenate([alone, far, near]), NO_SURROGATE._replace(demand_factor=1.05), fed)
    assert fed[1] == fed[0]
    assert fed[2] == pytest.approx(0.6 * fed[0])


def test_the_estimate_is_near_exact_solutions_that_it_was_not_fitted_to(task: SearchTask) -> None:
    """On days shaken otherwise, instant by instant; the mean is what a search adds up."""
    trips = task.baseline.trips
    noise = departure_noise_s(2, len(trips), len(trips[0].driving), 25.0, False, 99)[:1]
    day, surrogate_state = day_and_balance(task, noise)
    exact, guess = day.exact.power_w[0], surrogate_state.fed_w[0]
    served = (day.exact.auxiliary_w[0] >= 0.0).any(axis=1)
    assert np.corrcoef(exact[served], guess[served])[0, 1] > 0.98
    assert guess[served].mean() == pytest.approx(exact[served].mean(), rel=0.02)


def test_a_search_on_the_estimate_keeps_its_balance(task: SearchTask) -> None:
    """After thousands of changes the balance is that of the trips as they stand, to single precision."""
    noise = departure_noise_s(4, len(task.baseline.trips), len(task.baseline.trips[0].driving), 3.0, True, 3)
    day, surrogate_state = day_and_balance(task, noise)
    before = float(surrogate_state.fed_w.sum())
    dived(task, day, surrogate_state, 3000, budget=1e9)
    assert float(surrogate_state.fed_w.sum()) < before
    fresh = balance_of(task, day)
    assert np.abs(surrogate_state.node_w - fresh.node_w).max() < 50.0
    assert surrogate_state.fed_w == pytest.approx(fresh.fed_w, abs=500.0)


def test_a_search_on_the_estimate_keeps_sums_and_waiting(case: Case, task: SearchTask) -> None:
    day, surrogate_state = day_and_balance(task)
    dived(task, day, surrogate_state, 3000)
    found = day.timetable("optimal")
    assert found.trips != task.baseline.trips
    for trip, new in zip(task.baseline.trips, found.trips, strict=True):
        assert new.end_s - new.start_s == trip.end_s - trip.start_s
        assert (
            case.timing_limits.window_s[trip.trip_id][0] <= new.start_s <= case.timing_limits.window_s[trip.trip_id][1]
        )
        for station, (low, high) in enumerate(case.timing_limits.dwell_span_s[trip.direction], start=1):
            assert low <= new.dwell_s(station) <= high
    today = weighted_waiting(case.baseline, case.timing_limits.arrivals_per_s)
    assert weighted_waiting(found, case.timing_limits.arrivals_per_s) <= today * (1 + 1e-12)


def test_a_search_on_the_estimate_saves_exactly_too(task: SearchTask) -> None:
    """What it finds is worth something to the supply itself."""
    day, surrogate_state = day_and_balance(task)
    before = day.substation_energy_j
    dived(task, day, surrogate_state, 6000, budget=1e9)
    after = build_day(
        day.timetable("optimal"), *_windows_of(day), day.limits, task.motions, day.noise_s, task.network
    ).substation_energy_j
    assert after < 0.98 * before


def _windows_of(day: Day) -> tuple[tuple[IntArray, IntArray], IntArray]:
    return (day.trips.earliest_s, day.trips.latest_s), day.trips.gap_longest_s


def test_same_seed_same_search(task: SearchTask) -> None:
    results = []
    for _ in range(2):
        day, surrogate_state = day_and_balance(task)
        dived(task, day, surrogate_state, 1500, budget=1e9)
        results.append((day.trips.run_s.copy(), day.trips.dwell_s.copy(), day.trips.departure_s.copy()))
    assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


def test_a_stopped_search_changes_nothing(task: SearchTask) -> None:
    stopped = replace(task, stop=np.ones(1, dtype=np.int64))
    day, surrogate_state = day_and_balance(stopped)
    before = day.trips.run_s.copy()
    dived(stopped, day, surrogate_state, 1000)
    assert np.array_equal(day.trips.run_s, before)


def test_standing_becomes_running_where_the_policy_lets_it() -> None:
    """More is saved, at one-way times as they are, and the checker agrees; by default nothing of the standing goes."""
    line = small_line(4, TWO_PERIODS)
    freer = line.model_copy(update={"policy": line.policy.model_copy(update={"standing_to_running_s": 12})})
    options = PlannerOptions(effort=0.02, workers=1)
    kept, given = make_plan(line, options), make_plan(freer, options)
    assert kept.check.passed
    assert given.check.passed
    assert dwell_transfer(kept.plan.timetable, kept.baseline.timetable) is None
    less = dwell_transfer(given.plan.timetable, given.baseline.timetable)
    assert less is not None
    assert less.most_s == 12
    assert 6.0 < less.mean_s <= 12.0
    assert given.potential.after_kwh < kept.potential.after_kwh
    assert given.potential.bound_kwh < given.potential.after_kwh
