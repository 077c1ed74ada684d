"""The search's inner loop: what it believes about the supply is what a fresh solution says, and rules are kept."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from timing_lines import SEVEN, TWO_PERIODS, Case, case_of, small_line

from dispatch.energy.planned_day import planned_energy_j
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.day_state import Day, build_day
from dispatch.timing.kernel.annealing import anneal_exactly
from dispatch.timing.kernel.exact_state import chain_of, fill
from dispatch.timing.kernel.moves import MOVE_DEPARTURE
from dispatch.timing.kernel.noise import departure_noise_s
from dispatch.timing.line_motions import LOAD_STEP
from dispatch.timing.optimise import cycle_problem
from dispatch.timing.period_pattern import ODDS as CYCLE_ODDS
from dispatch.timing.period_pattern import (
    CycleProblem,
    cycle_noise_s,
    cycle_trips,
    energy_by_phase,
    find_pattern,
    solved_cycle,
)
from dispatch.timing.periods import periods_of
from dispatch.timing.shifts import weighted_waiting
from dispatch.timing.task import SearchTask
from energy_models.arrays import IntArray

ALL_KINDS = np.array([30, 30, 20, 10, 10], dtype=np.int64)


def day_of(
    case: Case, task: SearchTask, noise_s: IntArray | None = None, dwell_to_run_s: int = 0, budget: float = 0.0
) -> Day:
    trips = case.baseline.trips
    window = np.array([case.timing_limits.window_s[trip.trip_id] for trip in trips], dtype=np.int64).T
    longest = np.array([case.timing_limits.gap_longest_s[trip.trip_id] for trip in trips], dtype=np.int64)
    quiet = np.zeros((1, len(trips), len(trips[0].driving)), dtype=np.int64)
    limits = task.limits._replace(dwell_to_run_s=dwell_to_run_s, waiting_budget=budget)
    noise = quiet if noise_s is None else noise_s
    return build_day(case.baseline, (window[0], window[1]), longest, limits, task.motions, noise, task.network)


def run_search(
    day: Day, task: SearchTask, rounds: int, seed: int = 3, hot_j: float = 1e6, odds: IntArray = ALL_KINDS
) -> float:
    free = np.arange(len(day.order), dtype=np.int64)
    return anneal_exactly(
        day.trips, day.limits, task.motions, day.noise_s, day.exact, task.network, chain_of(day.exact, task.network),
        free, odds, rounds, hot_j, hot_j / 50, seed, False, task.stop,
    )[0]  # fmt: skip


def fresh_power_w(day: Day, task: SearchTask) -> np.ndarray:
    again = day.exact._replace(**{name: np.zeros_like(getattr(day.exact, name)) for name in (
        "chainage_m", "asked_w", "auxiliary_w", "power_w")})  # fmt: skip
    fill(day.trips, day.limits, task.motions, day.noise_s, again, task.network, chain_of(again, task.network))
    assert np.array_equal(again.auxiliary_w < 0, day.exact.auxiliary_w < 0)
    present = again.auxiliary_w >= 0
    assert np.array_equal(again.chainage_m[present], day.exact.chainage_m[present])
    assert np.array_equal(again.asked_w[present], day.exact.asked_w[present])
    return again.power_w


SEARCHED = {
    "quiet": (5, 0.0, False),
    "held": (5, 4.0, False),
    "adding up": (5, 4.0, True),
    "two sections": (3, 3.0, True),
    "one section": (2, 4.0, True),
}


@pytest.fixture(scope="module", params=SEARCHED.values(), ids=SEARCHED)
def searched(request: pytest.FixtureRequest) -> tuple[Case, SearchTask, Day, float, float]:
    stations, noise_s, accumulates = request.param
    case = case_of(small_line(stations, TWO_PERIODS))
    task = case.task()
    noise = departure_noise_s(4, len(case.baseline.trips), stations - 1, noise_s, accumulates, 1)
    day = day_of(case, task, noise, budget=1e9)
    before = day.energy_j
    return case, task, day, before, run_search(day, task, 400)


def test_traffic_after_the_search_is_that_of_a_fresh_solution(
    searched: tuple[Case, SearchTask, Day, float, float],
) -> None:
    _, task, day, _, _ = searched
    fresh_w, known_w = fresh_power_w(day, task), day.exact.power_w
    # Where trains feed each other and every rectifier blocks, two voltages may balance: the search keeps to the one
    # that it comes from. Both draw next to nothing.
    differs = ~np.isclose(fresh_w, known_w, rtol=1e-9, atol=50.0)
    assert differs.mean() < 1e-4
    assert np.abs(fresh_w - known_w)[differs].max(initial=0.0) < 10_000.0


def test_change_reported_is_the_change_of_the_energy(searched: tuple[Case, SearchTask, Day, float, float]) -> None:
    _, _, day, before, change = searched
    assert day.energy_j - before == pytest.approx(change, rel=1e-9, abs=1.0)
    assert change < 0


def test_search_keeps_sums_windows_spans_turnbacks_and_headways(
    searched: tuple[Case, SearchTask, Day, float, float],
) -> None:
    case, _, day, _, _ = searched
    found = {trip.trip_id: trip for trip in day.timetable("optimal").trips}
    assert any(found[trip.trip_id].departure_s != trip.departure_s for trip in case.baseline.trips)
    for trip in case.baseline.trips:
        new = found[trip.trip_id]
        earliest, latest = case.timing_limits.window_s[trip.trip_id]
        assert earliest <= new.start_s <= latest
        assert new.end_s - new.start_s == trip.end_s - trip.start_s
        assert standing(new) == standing(trip)
        for station, (low, high) in enumerate(case.timing_limits.dwell_span_s[trip.direction], start=1):
            assert low <= new.dwell_s(station) <= high
    for direction in ("up", "down"):
        trips = sorted((t for t in found.values() if t.direction == direction), key=lambda t: t.start_s)
        for ahead, behind in pairwise(trips):
            for station in range(len(ahead.driving)):
                gap = behind.departure_s[station] - ahead.departure_s[station]
                assert case.timing_limits.headway_shortest_s <= gap <= case.timing_limits.gap_longest_s[behind.trip_id]
                assert (
                    behind.arrival_s[station + 1] - ahead.arrival_s[station + 1]
                    >= case.timing_limits.headway_shortest_s
                )
    by_vehicle: dict[str, list[Trip]] = {}
    for trip in sorted(found.values(), key=lambda t: t.start_s):
        by_vehicle.setdefault(trip.vehicle, []).append(trip)
    for duty in by_vehicle.values():
        for trip, after in pairwise(duty):
            shortest = case.timing_limits.turnback_shortest_s[0 if trip.direction == "up" else 1]
            assert after.start_s - trip.end_s >= shortest


def standing(trip: Trip) -> int:
    return sum(trip.dwell_s(station) for station in range(1, len(trip.driving)))


def test_waiting_stays_within_its_budget() -> None:
    """Without a budget no search that moves departures may lengthen the weighted waiting; with one it does."""
    case = case_of(small_line(4, TWO_PERIODS, demand=0.0))
    task = case.task()
    today = weighted_waiting(case.baseline, case.timing_limits.arrivals_per_s)
    only_departures = np.eye(5, dtype=np.int64)[MOVE_DEPARTURE]
    strict, loose = day_of(case, task), day_of(case, task, budget=1e9)
    for day in (strict, loose):
        run_search(day, task, 500, odds=only_departures)
    assert weighted_waiting(strict.timetable("optimal"), case.timing_limits.arrivals_per_s) <= today * (1 + 1e-12)
    assert weighted_waiting(loose.timetable("optimal"), case.timing_limits.arrivals_per_s) > today


def test_standing_becomes_running_only_as_far_as_allowed() -> None:
    case = case_of(small_line(4, TWO_PERIODS))
    task = case.task()
    today = {trip.trip_id: standing(trip) for trip in case.baseline.trips}
    day = day_of(case, task, dwell_to_run_s=6)
    run_search(day, task, 600)
    taken = [today[trip.trip_id] - standing(trip) for trip in day.timetable("optimal").trips]
    assert min(taken) >= 0
    assert max(taken) == 6


def test_search_stops_when_told_and_stays_consistent() -> None:
    case = case_of(small_line(4, TWO_PERIODS))
    task = case.task()
    day = day_of(case, task)
    task.stop[0] = 1
    assert run_search(day, task, 1000) == 0.0
    assert day.timetable("speed_cap").trips[0].departure_s == case.baseline.trips[0].departure_s


def on_load_steps(timetable: Timetable) -> Timetable:
    return Timetable(
        tuple(
            replace(t, passengers=tuple(LOAD_STEP * round(p / LOAD_STEP) for p in t.passengers))
            for t in timetable.trips
        )
    )


@pytest.mark.parametrize("stations", [2, 3, 5])
def test_energy_of_the_day_is_that_of_the_independent_path(stations: int) -> None:
    """Without noise the search's sum is the planned day's energy, once loads are in the steps that the search knows.

    Steps of 100 passengers alone make up to 1 % on this light train.
    """
    case = case_of(small_line(stations, TWO_PERIODS))
    task = case.task()
    day = day_of(case, task)
    for _ in range(2):
        planned = day.timetable("optimal")
        in_steps = planned_energy_j(on_load_steps(planned), case.line)
        # The seconds before a vehicle's first departure stand for those after its last arrival.
        assert day.energy_j == pytest.approx(in_steps, rel=2e-4)
        assert day.energy_j == pytest.approx(planned_energy_j(planned, case.line), rel=1e-2)
        run_search(day, task, 400)


@pytest.fixture(scope="module")
def cycle() -> tuple[Case, SearchTask, CycleProblem]:
    case = case_of(small_line(5, ((SEVEN, SEVEN + 5400, 300),)))
    task = case.task(noise_deviation_s=3.0)
    periods = [period for period in periods_of(case.baseline) if period.headway_s == 300]
    return case, task, cycle_problem(task, 300, periods)


def test_cycle_is_the_middle_of_a_long_day(cycle: tuple[Case, SearchTask, CycleProblem]) -> None:
    """What repeats every headway draws, in a day that is long enough, the same each headway.

    Trains carry the cycle's loads, and stand as long as the cycle says.
    """
    case, task, problem = cycle
    phase_s = periods_of(case.baseline)[0].phase_s
    one = energy_by_phase(problem, problem.run_s, problem.dwell_s)[phase_s]
    loads = [tuple(float(100 * step) for step in steps) for steps in problem.load_step.tolist()]
    even = Timetable(
        tuple(
            Trip(t.trip_id, t.direction, t.stations, t.arrival_s, t.departure_s, t.driving,
                 loads[0 if t.direction == "up" else 1], t.vehicle)
            for t in case.baseline.trips
        )
    )  # fmt: skip
    alike = Case(case.scenario, even, case.library, case.train, case.network, case.timing_limits)
    day = day_of(alike, task)
    begin = SEVEN + 2700 - day.start_s
    middle = float(day.exact.power_w[0, begin : begin + 300].sum())
    assert middle == pytest.approx(one, rel=1e-6)


def test_pattern_is_consistent_repeatable_and_no_worse_than_its_start(
    cycle: tuple[Case, SearchTask, CycleProblem],
) -> None:
    _, task, problem = cycle
    first, again = (find_pattern(problem, 30_000, 5, task.stop) for _ in range(2))
    assert np.array_equal(first.run_s, again.run_s)
    assert np.array_equal(first.dwell_s, again.dwell_s)
    assert first.energy_j == again.energy_j
    trips = cycle_trips(problem, first.run_s, first.dwell_s, first.phase_s)
    noise = cycle_noise_s(problem, 5 + 101, problem.samples)
    fresh = float(solved_cycle(problem, trips, noise).power_w.sum()) / len(noise)
    assert first.energy_j == pytest.approx(fresh, rel=1e-6)
    assert first.energy_j < energy_by_phase(problem, problem.run_s, problem.dwell_s, 12, 5).min()
    assert (first.run_s.sum(axis=1) + first.dwell_s.sum(axis=1)).tolist() == (
        problem.run_s.sum(axis=1) + problem.dwell_s.sum(axis=1)
    ).tolist()
    assert CYCLE_ODDS.sum() > 0


def test_departure_noise_comes_in_opposite_pairs() -> None:
    held = departure_noise_s(4, 50, 6, 3.0, False, 1)
    added = departure_noise_s(4, 50, 6, 3.0, True, 1)
    for noise in (held, added):
        assert noise.shape == (4, 50, 6)
        assert np.array_equal(noise[:2], -noise[2:])
    assert held.std() == pytest.approx(3.0, rel=0.1)
    # Independent deviations add up: the sixth has six variances.
    assert added[:, :, 5].std() == pytest.approx(3.0 * np.sqrt(6), rel=0.2)
    assert np.array_equal(departure_noise_s(4, 50, 6, 3.0, False, 1), held)
    assert not np.array_equal(departure_noise_s(4, 50, 6, 3.0, False, 2), held)


@pytest.mark.parametrize(("samples", "deviation_s"), [(1, 3.0), (4, 0.0)])
def test_one_sample_or_no_deviation_is_the_undisturbed_timetable(samples: int, deviation_s: float) -> None:
    assert departure_noise_s(samples, 5, 3, deviation_s, False, 1).tolist() == np.zeros((1, 5, 3)).tolist()
