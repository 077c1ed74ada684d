"""Means and their confidence intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True)
class MeanInterval:
    """A mean over independent replications, with the ends of its 95 % interval; NaN ends for a single replication."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def half_width(self) -> float:
        """Distance from the mean to either end."""
        return (self.high - self.low) / 2.0


def mean_interval(values: Sequence[float]) -> MeanInterval:
    """Mean and 95 % interval by Student's t: mean ± t(0.975, n - 1) · s / √n.

    For paired differences it is the paired test. Raises ValueError if there are no values.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0:
        raise ValueError("no replications to estimate from")
    mean = float(sample.mean())
    if sample.size == 1:
        return MeanInterval(mean, math.nan, math.nan, 1)
    reach = float(stdtrit(sample.size - 1, 0.5 + CONFIDENCE / 2.0) * sample.std(ddof=1) / math.sqrt(sample.size))
    return MeanInterval(mean, mean - reach, mean + reach, int(sample.size))
