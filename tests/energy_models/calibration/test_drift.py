"""Steps and drifts of drawn series: found with their time, and rarely where there is none."""

import numpy as np

from energy_models.calibration.drift import LEAST_DAYS, Change, change_of

DAYS = list(range(20))


def drawn(rng: np.random.Generator, size: float, kind: str, scatter: float = 1.0) -> Change | None:
    """A series of 20 days with standard error 1 whose days scatter `scatter` times as much."""
    shape = {"step": np.arange(20) >= 12, "drift": np.arange(20) / 19.0, "none": np.zeros(20)}[kind]
    return change_of(DAYS, 50.0 + size * shape + scatter * rng.standard_normal(20), [1.0] * 20)


def test_a_step_is_found_with_its_day_and_its_size() -> None:
    rng = np.random.default_rng(1)
    found = [drawn(rng, 4.0, "step") for _ in range(40)]
    steps = [one for one in found if one is not None and one.kind == "step"]
    assert len(steps) >= 35
    assert sum(one.since_from <= 12 <= one.since_to for one in steps) >= 34
    assert sum(abs(one.change - 4.0) < 1.96 * one.error for one in steps) >= 32


def test_a_drift_is_found_with_its_size() -> None:
    rng = np.random.default_rng(2)
    found = [drawn(rng, 6.0, "drift") for _ in range(40)]
    drifts = [one for one in found if one is not None and one.kind == "drift"]
    assert sum(one is not None for one in found) >= 38
    assert len(drifts) >= 30
    assert sum(abs(one.change - 6.0) < 1.96 * one.error for one in drifts) >= len(drifts) - 5


def test_series_without_a_change_give_few_alarms_also_if_days_differ_more_than_their_errors() -> None:
    rng = np.random.default_rng(3)
    assert sum(drawn(rng, 0.0, "none") is not None for _ in range(1000)) <= 3
    assert sum(drawn(rng, 0.0, "none", scatter=3.0) is not None for _ in range(1000)) <= 3


def test_few_days_give_no_change() -> None:
    assert change_of(DAYS[: LEAST_DAYS - 1], [0.0, 0.0, 9.0, 9.0], [0.1] * 4) is None
