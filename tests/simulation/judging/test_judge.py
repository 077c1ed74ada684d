"""The judge: intervals by Student, paired days, and the same answer however many workers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from scenarios.files.load import load_scenario
from scenarios.values.build import profile_library
from simulation.day.model import DayModel, day_model
from simulation.judging.judge import SERVICE_MEASURES, judge, judge_with
from simulation.runs.interval import mean_interval
from simulation.runs.replications import replicate, replication_seeds


@pytest.fixture(scope="module")
def model() -> DayModel:
    scenario = load_scenario("tutorial_line")
    return day_model(scenario, profile_library(scenario))


@pytest.fixture(scope="module")
def hour() -> Timetable:
    """The first trips of the day, enough to meet each other."""
    trips = timetable_in_force(load_scenario("tutorial_line"))
    return Timetable((*trips.of("up")[:8], *trips.of("down")[:8]))


def eased(timetable: Timetable) -> Timetable:
    """The same trips driven at the least energy."""

    def driven(trip: Trip) -> Trip:
        return replace(trip, driving=("optimal",) * len(trip.driving))

    return Timetable(tuple(driven(trip) for trip in timetable.trips))


def test_the_interval_is_student_s() -> None:
    values = [3.1, 2.7, 3.9, 3.3, 2.2]
    ours = mean_interval(values)
    theirs = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
    assert ours.mean == pytest.approx(np.mean(values))
    # Published table value: t(0.975, 4) = 2.776.
    assert ours.half_width == pytest.approx(2.776 * np.std(values, ddof=1) / np.sqrt(5), rel=1e-3)


def test_the_interval_covers_the_truth_at_its_nominal_rate() -> None:
    draws = np.random.default_rng(1).normal(2.0, 1.0, (2000, 5))
    covered = np.mean([(e := mean_interval(list(row))).low <= 2.0 <= e.high for row in draws])
    assert covered == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000))


def test_a_single_value_has_no_interval_and_none_no_mean() -> None:
    assert np.isnan(mean_interval([1.0]).low)
    with pytest.raises(ValueError, match="no replications"):
        mean_interval([])


def test_a_longer_series_of_seeds_begins_with_the_shorter_one() -> None:
    assert replication_seeds(5, 20)[:3] == replication_seeds(5, 3)
    assert len(set(replication_seeds(5, 200)) | set(replication_seeds(6, 200))) == 400


def test_a_plan_that_changes_nothing_saves_exactly_nothing(model: DayModel, hour: Timetable) -> None:
    judgement = judge_with(model, hour, hour, replications=2, seed=9)
    assert judgement.savings_percent == (0.0, 0.0)
    assert (judgement.saving_percent.low, judgement.saving_percent.high) == (0.0, 0.0)
    assert all(judgement.service_change(name).mean == 0.0 for name in SERVICE_MEASURES if name != "shortest_headway_s")
    assert judgement.baseline.energy().half_width > 0.0


def test_pairing_narrows_the_interval(model: DayModel, hour: Timetable) -> None:
    judgement = judge_with(model, hour, eased(hour), replications=6, seed=2)
    saved = [
        before.account.energy_kwh - after.account.energy_kwh
        for before, after in zip(judgement.baseline.results, judgement.plan.results, strict=True)
    ]
    assert judgement.saving_kwh.mean == pytest.approx(np.mean(saved))
    assert judgement.saving_percent.low > 0.0
    unpaired = np.hypot(judgement.baseline.energy().half_width, judgement.plan.energy().half_width)
    assert judgement.saving_kwh.half_width < unpaired
    assert judgement.worst_saving_percent == min(judgement.savings_percent)
    assert judgement.plan.served("mean_waiting_s").mean == judgement.baseline.served("mean_waiting_s").mean
    assert judgement.plan.worst_residual_share < 1e-3


@pytest.mark.many_cases
def test_workers_do_not_change_the_judgement(hour: Timetable) -> None:
    scenario = load_scenario("tutorial_line")
    seen: list[tuple[int, int]] = []

    def note(done: int, count: int) -> None:
        seen.append((done, count))

    one, two = (
        judge(scenario, hour, eased(hour), profile_library(scenario), 2, 4, workers, note) for workers in (1, 2)
    )
    assert one.savings_percent == two.savings_percent
    assert one.seeds == two.seeds
    for before, after in zip(one.plan.results, two.plan.results, strict=True):
        assert before.account.substation_kwh == after.account.substation_kwh
        assert before.service == after.service
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2


def test_one_replication_is_too_few(model: DayModel, hour: Timetable) -> None:
    with pytest.raises(ValueError, match=r"replications\(=1\) must be >= 2"):
        judge_with(model, hour, hour, replications=1)


def test_results_stand_in_the_order_of_the_seeds(model: DayModel, hour: Timetable) -> None:
    forward = replicate(model, {"a": hour}, (1, 2))["a"]
    backward = replicate(model, {"a": hour}, (2, 1))["a"]
    assert [r.account.energy_kwh for r in forward] == [r.account.energy_kwh for r in backward][::-1]
