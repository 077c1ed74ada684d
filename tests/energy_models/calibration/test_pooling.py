"""Partial pooling: closed cases, and the coverage of the pooled estimates on drawn fleets."""

import numpy as np
import pytest

from energy_models.calibration.pooling import pooled


def test_without_differences_beyond_the_errors_every_vehicle_is_the_mean() -> None:
    found = pooled([10.0, 10.1, 9.9], [1.0, 1.0, 1.0])
    assert found.spread == 0.0
    np.testing.assert_allclose(found.value, 10.0)
    # A vehicle at the mean has the error of the mean; for the others, the error of the weight is added.
    assert found.error[0] == pytest.approx(1.0 / np.sqrt(3.0))
    assert np.all(found.error >= found.error[0])


def test_with_equal_errors_the_spread_is_the_variance_between_vehicles_less_that_of_the_errors() -> None:
    own = [8.0, 9.0, 10.0, 11.0, 12.0]
    found = pooled(own, [0.5] * 5)
    spread2 = np.var(own, ddof=1) - 0.25
    assert found.spread**2 == pytest.approx(spread2)
    weight = spread2 / (spread2 + 0.25)
    np.testing.assert_allclose(found.value, 10.0 + weight * (np.array(own) - 10.0))


def test_a_vehicle_with_little_data_leans_more_on_its_type() -> None:
    found = pooled([10.0, 11.0, 9.0, 14.0], [0.2, 0.2, 0.2, 4.0])
    assert found.weight[3] < 0.2
    assert found.weight[0] > 0.9
    assert abs(found.value[3] - found.mean) < 1.0
    assert pooled([7.0], [0.3]).value.tolist() == [7.0]


def test_pooled_estimates_of_drawn_fleets_are_nearer_to_the_truth_and_their_errors_are_right() -> None:
    rng = np.random.default_rng(4)
    inside, nearer, count = 0, 0, 0
    for _ in range(60):
        truth = rng.normal(20.0, 0.3, 23)
        error = rng.uniform(0.1, 0.6, 23)
        own = truth + error * rng.standard_normal(23)
        found = pooled(own.tolist(), error.tolist())
        inside += int((np.abs(found.value - truth) < 1.96 * found.error).sum())
        nearer += int(np.sum((found.value - truth) ** 2) < np.sum((own - truth) ** 2))
        count += 23
    assert 0.92 < inside / count < 0.98
    assert nearer >= 57
