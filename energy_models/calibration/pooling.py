"""Partial pooling: an estimate of each vehicle that leans on its type by how much its own data say.

The true values of the vehicles of a type have a normal distribution with an unknown mean and spread; each estimate has
its own standard error. The best estimate of a vehicle is then a weighted mean of its own estimate and the mean of the
type, with the weight spread² / (spread² + error²) of its own estimate. The spread follows from the estimates: the sum
of the squared standardised differences from the mean must be its expected value, the number of vehicles minus one.

Sources: Paule and Mandel, Journal of Research of the National Bureau of Standards 87(5), 1982; Searle, Casella and
McCulloch, Variance Components, Wiley 1992; Morris, Journal of the American Statistical Association 78(381), 1983.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray

_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Pooled:
    """The mean and the spread (standard deviation) of the vehicles of a type, and the pooled estimate of each vehicle.

    `weight` is the weight of the vehicle's own estimate, from 0 to 1; `error` the standard error of `value`, in which
    the error of the mean is included. `mean_error` is the standard error of the mean.
    """

    mean: float
    mean_error: float
    spread: float
    value: FloatArray
    error: FloatArray
    weight: FloatArray


def pooled(estimates: Sequence[float], errors: Sequence[float]) -> Pooled:
    """Pool the estimates of the vehicles of one type with their standard errors (> 0).

    With one vehicle, its own estimate stays.
    """
    own, error = np.asarray(estimates, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if own.size < 2:
        return Pooled(float(own[0]), float(error[0]), 0.0, own, error, np.ones(1))
    spread2 = _spread2(own, error**2)
    share = 1.0 / (spread2 + error**2)
    mean = float((share * own).sum() / share.sum())
    mean_error2 = float(1.0 / share.sum())
    weight = spread2 / (spread2 + error**2)
    value = mean + weight * (own - mean)
    # The last part is the error of the weight, because the spread is estimated from few vehicles (Morris).
    leaning, usual = 1.0 - weight, float(np.mean(error**2)) + spread2
    of_weight = 2.0 / max(1, own.size - 3) * leaning**2 * usual / (error**2 + spread2) * (own - mean) ** 2
    variance = weight * error**2 + leaning**2 * mean_error2 + of_weight
    return Pooled(mean, float(np.sqrt(mean_error2)), float(np.sqrt(spread2)), value, np.sqrt(variance), weight)


def _spread2(own: FloatArray, error2: FloatArray) -> float:
    """The variance between vehicles by Paule and Mandel; 0 if the errors alone explain the differences."""

    def surplus(spread2: float) -> float:
        share = 1.0 / (spread2 + error2)
        mean = (share * own).sum() / share.sum()
        return float((share * (own - mean) ** 2).sum()) - (own.size - 1)

    if surplus(0.0) <= 0.0:
        return 0.0
    low, high = 0.0, float(np.var(own)) * own.size
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if surplus(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)
