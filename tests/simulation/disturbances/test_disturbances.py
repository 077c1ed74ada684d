"""Disturbances: lognormal with mean zero, paired by trip and station, and nothing else decides them."""

import numpy as np
import pytest
from scipy import stats

from simulation.disturbances import LOGNORMAL_SHAPE, DwellNoise

STATIONS = tuple(f"S{i}" for i in range(14))


def many(noise: DwellNoise, trips: int = 2000) -> np.ndarray:
    return np.concatenate([noise.deviations_s(1, f"up-{i}", STATIONS) for i in range(trips)])


def test_mean_spread_and_tail_are_those_of_the_lognormal() -> None:
    drawn = many(DwellNoise(3.0))
    # 28,000 draws: the mean is known to 0.018 s, the spread to about 0.03 s; four of those as tolerance.
    assert drawn.mean() == pytest.approx(0.0, abs=0.072)
    assert drawn.std() == pytest.approx(3.0, abs=0.12)
    law = stats.lognorm(LOGNORMAL_SHAPE, scale=3.0 / np.sqrt(np.exp(0.25) * (np.exp(0.25) - 1.0)))
    assert stats.kstest(drawn, lambda x: law.cdf(x + law.mean())).pvalue > 0.01
    assert drawn.min() >= -law.mean()
    assert np.mean(drawn > 9.0) > 5 * stats.norm.sf(3.0)


def test_a_deviation_belongs_to_seed_trip_and_station_alone() -> None:
    noise = DwellNoise(3.0)
    whole = noise.deviations_s(7, "up-001", STATIONS)
    np.testing.assert_array_equal(noise.deviations_s(7, "up-001", STATIONS[5:]), whole[5:])
    assert not np.any(noise.deviations_s(8, "up-001", STATIONS) == whole)
    assert not np.any(noise.deviations_s(7, "up-002", STATIONS) == whole)
    assert len(set(whole)) == len(whole)


def test_neighbouring_trips_and_seeds_are_uncorrelated() -> None:
    noise = DwellNoise(1.0)
    first, second = (np.concatenate([noise.deviations_s(s, f"t{i}", STATIONS) for i in range(500)]) for s in (1, 2))
    # 7,000 pairs: a correlation beyond 4/sqrt(7000) would be no accident.
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.048
    assert abs(np.corrcoef(first[:-14], first[14:])[0, 1]) < 0.048


def test_no_noise_is_no_deviation() -> None:
    assert not DwellNoise(0.0).deviations_s(1, "up-001", STATIONS).any()


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_an_impossible_spread_is_refused_with_its_value(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"standard_deviation_s\(=.*\) must be >= 0"):
        DwellNoise(wrong)
