"""How many days a judgement takes: enough, no more than allowed, and honest about its own coverage."""

import numpy as np
import pytest

from simulation.runs.interval import mean_interval
from simulation.runs.sequential import LEAST_DAYS, is_narrow_enough, next_count


def taken(values: np.ndarray, width: float, most: int) -> int:
    """How many of the values the rule looks at."""
    count = LEAST_DAYS
    while not is_narrow_enough(list(values[:count]), width) and count < most:
        count = next_count(list(values[:count]), width, most)
    return count


def test_values_without_spread_need_no_more_than_the_least() -> None:
    assert taken(np.full(100, 3.0), 0.001, 100) == LEAST_DAYS


def test_never_fewer_than_ten_and_never_more_than_most() -> None:
    assert not is_narrow_enough([1.0] * 9, 5.0)
    noisy = np.random.default_rng(0).normal(0.0, 100.0, 1000)
    assert taken(noisy, 0.001, 37) == 37


def test_a_step_is_at_least_five_and_at_most_a_doubling() -> None:
    values = list(np.random.default_rng(1).normal(0.0, 1.0, 20))
    width = 2.0 * mean_interval(values).half_width
    assert next_count(values, 0.99 * width, 1000) == 25
    assert next_count(values, 0.01 * width, 1000) == 40
    # Between the two it is the number at which the interval of this spread has the requested width.
    assert next_count(values, width / np.sqrt(1.5), 1000) == pytest.approx(30, abs=1)


def test_the_interval_covers_the_truth_nearly_at_its_nominal_rate() -> None:
    """Stopping when it looks good costs a little coverage; two points are allowed for it beside the chance."""
    generator = np.random.default_rng(7)
    covered, counts = [], []
    for _ in range(1000):
        values = generator.normal(16.0, 0.6, 800)
        count = taken(values, 0.3, 800)
        found = mean_interval(list(values[:count]))
        covered.append(found.low <= 16.0 <= found.high)
        counts.append(count)
        assert 2.0 * found.half_width <= 0.3
    assert np.mean(covered) >= 0.95 - 0.02 - 3.0 * np.sqrt(0.95 * 0.05 / 1000)
    # (2 · 1.96 · 0.6 / 0.3)² = 61 values, with the quantile of the normal distribution.
    assert np.mean(counts) == pytest.approx(61, rel=0.15)
