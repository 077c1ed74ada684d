"""The whole search on small lines: repeatable, never worse, and at home on every kind of timetable."""

import time
from dataclasses import replace

import numpy as np
import pytest
from timing_lines import SEVEN, TWO_PERIODS, Case, case_of, small_line

from dispatch.energy.lower_bound import energy_bound
from dispatch.energy.planned_day import planned_energy_j
from dispatch.explanation.lever import LEVERS
from dispatch.explanation.levers import lever_shares
from dispatch.planner.planner import make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.timetable import Timetable, retimed
from dispatch.timing.optimise import TimingResult, optimise
from dispatch.timing.shifts import weighted_waiting
from dispatch.timing.task import Clock, TimingOptions

HOUR = ((SEVEN, SEVEN + 3600, 300),)
ODD_TIMES = [*(("up", SEVEN + t) for t in (0, 410, 700, 1500, 2150)), *(("down", SEVEN + t) for t in (60, 500, 1300))]


@pytest.fixture(scope="module")
def small() -> Case:
    return case_of(small_line(4, TWO_PERIODS, noise_s=3.0))


@pytest.fixture(scope="module")
def fourth(small: Case) -> TimingResult:
    """What one worker finds with the seed 4."""
    return small.search(workers=1, seed=4)


@pytest.fixture(scope="module")
def longer(small: Case) -> TimingResult:
    """What a search of some length finds."""
    return small.search(effort=0.2)


def test_same_seed_same_plan_for_any_number_of_workers(small: Case, fourth: TimingResult) -> None:
    three = small.search(workers=3, seed=4)
    assert fourth.timetable == three.timetable
    assert [step.energy_kwh for step in fourth.convergence] == [step.energy_kwh for step in three.convergence]
    assert not fourth.stopped_early


def test_what_is_done_once_is_no_search(small: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a search that has hardly any time starts after profiles and compiled code are there."""
    begun: list[str] = []

    class Timer:
        daemon = False

        def __init__(self, interval: float, *_what: object) -> None:
            begun.append("clock")
            assert 300.0 < interval <= 600.0  # proofs before the search took the rest

        def start(self) -> None: ...

        def cancel(self) -> None: ...

    monkeypatch.setattr("dispatch.timing.task.threading.Timer", Timer)
    optimise(
        small.baseline, small.line, small.timing_limits, small.turn,
        TimingOptions(effort=0.01, time_limit_s=600.0), lambda stage, _: begun.append(stage),
    )  # fmt: skip
    assert begun.index("driving profiles") < begun.index("compiling the search") < begun.index("clock")
    assert begun.index("clock") < begun.index("patterns")


@pytest.mark.many_cases
def test_a_halted_clock_stands_still() -> None:
    """A proof longer than the whole limit does not use it up; what is left runs out afterwards."""
    flag = np.zeros(1, dtype=np.int64)
    clock = Clock(2.0, flag)
    clock.go()
    with clock.halted():
        time.sleep(2.3)
        assert flag[0] == 0
    waited_until_s = time.monotonic() + 300.0
    while flag[0] == 0 and time.monotonic() < waited_until_s:
        time.sleep(0.05)
    assert flag[0] == 1
    clock.halt()


def test_a_search_without_a_time_limit_starts_no_timer(small: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock cannot end the search, on whatever machine."""

    def refuse(*_what: object) -> None:
        raise AssertionError("a timer was started")

    monkeypatch.setattr("dispatch.timing.task.threading.Timer", refuse)
    assert not small.search(effort=0.01).stopped_early


def test_a_plan_that_the_time_limit_ended_records_that() -> None:
    """An hour of search and a limit of a tenth of a second: the plan keeps all rules, and its facts name the cut."""
    planned = make_plan(small_line(4, HOUR), PlannerOptions(effort=1000.0, time_limit_s=0.1, workers=1))
    assert planned.check.passed
    search = planned.plan.facts.search
    assert search is not None
    assert (search.stopped_early, search.cancelled) == (True, False)
    assert (planned.plan.options.effort, planned.plan.options.time_limit_s) == (1000.0, 0.1)


def test_other_seed_other_plan(small: Case, fourth: TimingResult) -> None:
    assert fourth.timetable != small.search(seed=5).timetable


def test_waiting_does_not_grow(small: Case, longer: TimingResult) -> None:
    arrivals = small.timing_limits.arrivals_per_s
    assert weighted_waiting(longer.timetable, arrivals) <= weighted_waiting(small.baseline, arrivals)


def test_search_that_may_not_begin_returns_a_whole_timetable(small: Case) -> None:
    """The clock ends the search before it starts: what comes back is complete, keeps times, and says so."""
    found = small.search(time_limit_s=0.0)
    assert found.stopped_early
    for trip, today in zip(found.timetable.trips, small.baseline.trips, strict=True):
        assert (trip.trip_id, trip.end_s - trip.start_s) == (today.trip_id, today.end_s - today.start_s)
        assert trip.vehicle


LINES = {
    "one section": small_line(2, TWO_PERIODS),
    "two sections": small_line(3, TWO_PERIODS),
    "nobody travels": small_line(4, HOUR, demand=0.0),
    "storage": small_line(4, HOUR, storage=True),
    "explicit departures": small_line(4, departures=ODD_TIMES),
    "one trip each way": small_line(3, departures=[("up", SEVEN), ("down", SEVEN + 700)]),
    "noise adds up": small_line(4, HOUR, noise_s=4.0, accumulates=True),
    "one section, noise": small_line(2, HOUR, noise_s=5.0, accumulates=True),
}


@pytest.mark.parametrize("name", LINES)
def test_plan_of_an_odd_line_passes_the_checker_and_costs_no_more(name: str) -> None:
    planned = make_plan(LINES[name], PlannerOptions(effort=0.02, workers=1))
    assert planned.check.passed, "\n".join(map(str, planned.check.violations))
    potential = planned.potential
    assert potential.bound_kwh < potential.after_kwh < potential.before_kwh
    assert 0.0 < potential.share_of_gap_closed < 1.0
    assert sum(lever.saving_kwh for lever in planned.levers) == pytest.approx(
        potential.before_kwh - potential.after_kwh, rel=1e-9
    )
    assert planned.plan.facts.potential == potential.rounded()
    assert planned.plan.facts.to_json()["bound_kwh"] == pytest.approx(potential.bound_kwh, abs=0.06)


def test_policy_that_lets_nothing_move_leaves_the_departures() -> None:
    line = small_line(4, HOUR)
    still = line.model_copy(update={"policy": line.policy.model_copy(update={"departure_window_s": 0})})
    planned = make_plan(still, PlannerOptions(effort=0.02, workers=1))
    assert planned.check.passed
    for trip, today in zip(planned.plan.timetable.trips, planned.baseline.timetable.trips, strict=True):
        assert trip.start_s == today.start_s


@pytest.fixture(scope="module")
def changed(small: Case) -> Timetable:
    """Every lever pulled by hand."""
    trips = []
    for number, trip in enumerate(small.baseline.trips):
        run = [trip.running_time_s(k) for k in range(3)]
        dwell = [trip.dwell_s(k) for k in (1, 2)]
        step = 1 + number % 3
        later = 0 if number == 0 else 7 * step
        trips.append(
            retimed(
                trip,
                trip.start_s + later,
                [run[0] + step, run[1], run[2] - step],
                [dwell[0] - 2, dwell[1] + 2],
                "optimal",
            )
        )
    return Timetable(tuple(trips))


def shares(case: Case, after: Timetable) -> dict[str, float]:
    found = lever_shares(case.baseline, after, case.line, 1)
    return {lever.name: lever.saving_kwh for lever in found}


def test_levers_add_up_to_the_saving(small: Case, changed: Timetable) -> None:
    day = (small.line,)
    saved = planned_energy_j(small.baseline, *day) - planned_energy_j(changed, *day)
    found = shares(small, changed)
    assert tuple(found) == LEVERS
    assert sum(found.values()) == pytest.approx(saved / 3.6e6, rel=1e-9, abs=1e-9)
    assert all(abs(share) > 1e-3 for share in found.values())


def test_lever_that_is_not_pulled_gets_nothing(small: Case, changed: Timetable) -> None:
    """Shapley's null player, for each lever in turn."""
    old = small.baseline.trips
    only_driving = Timetable(tuple(replace(trip, driving=("optimal",) * 3) for trip in old))
    found = shares(small, only_driving)
    assert found["driving"] > 0
    assert [found[name] for name in LEVERS[1:]] == [0.0, 0.0, 0.0]
    only_departures = Timetable(
        tuple(
            retimed(a, b.start_s, [a.running_time_s(k) for k in range(3)], [a.dwell_s(k) for k in (1, 2)], a.driving[0])
            for a, b in zip(old, changed.trips, strict=True)
        )
    )
    found = shares(small, only_departures)
    assert [found[name] for name in ("driving", "running times", "dwells")] == [0.0, 0.0, 0.0]


def test_way_there_and_way_back_have_opposite_levers(small: Case, changed: Timetable) -> None:
    """Symmetry: undoing a plan costs by each lever what the plan saved by it."""
    there = shares(small, changed)
    back = lever_shares(changed, small.baseline, small.line, 1)
    for lever in back:
        assert lever.saving_kwh == pytest.approx(-there[lever.name], rel=1e-9, abs=1e-9)


def test_bound_holds_for_the_plan_and_counts_what_may_become_running(small: Case, longer: TimingResult) -> None:
    day = (small.line,)
    turnbacks = small.timing_limits.turnback_shortest_s
    bound = energy_bound(small.baseline, *day, turnbacks)
    found = longer.timetable
    assert bound.energy_j < planned_energy_j(found, *day) < planned_energy_j(small.baseline, *day)
    freer = energy_bound(small.baseline, *day, turnbacks, dwell_to_run_s=10)
    assert freer.energy_j < bound.energy_j
    assert energy_bound(found, *day, turnbacks).energy_j == pytest.approx(bound.energy_j, rel=2e-4)
