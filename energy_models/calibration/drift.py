"""Changes of a vehicle over its calibrations: a step or a drift of one quantity, with its time and how sure it is.

A series of estimates with standard errors is explained by one level, by two levels with a step between two days, or by
a straight line. The statistic is the fall of the weighted sum of squares. Days differ by more than their errors say,
for example with the weather; the scale of this follows from the differences of neighbouring days, in which a step or a
drift hardly shows. The probability that chance alone gives such a fall is counted for all possible places of a step.

Sources: Siegmund and Worsley, Annals of Statistics 23(2), 1995, for the many places of a step; Huber and Ronchetti,
Robust Statistics, 2nd edition, Wiley 2009, for the scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtr

from energy_models.arrays import FloatArray

LEAST_DAYS = 5
SURE = 1e-3
"""A change is reported if chance gives it with at most this probability in one series."""
_FREE_SHARE = 0.6
"""Degrees of freedom of the scale from differences of neighbours, by their number: these overlap."""
_LARGEST_SHARE = 1.3
"""Fall of the mean of squared differences without the largest one, by log n / n; simulated for 6 to 90 days."""
_WITHIN_95 = 3.84
"""Fall of the sum of squares within which the place of a step is not excluded at 95 %."""

ChangeKind = Literal["step", "drift"]


@dataclass(frozen=True)
class Change:
    """A change of one quantity.

    `change` is the new level less the old one for a step, and the whole change over the series for a drift; `error` is
    its standard error. A step happened after the day number `since` less one; the interval `since_from` to `since_to`
    contains its first day with 95 %. A drift runs over all days. `chance` is the probability that a series without
    change shows as much.
    """

    kind: ChangeKind
    change: float
    error: float
    since: int
    since_from: int
    since_to: int
    chance: float


def change_of(day: Sequence[float], estimate: Sequence[float], error: Sequence[float]) -> Change | None:
    """The change of a series of at least `LEAST_DAYS` days, in the order of the days; None if chance explains it.

    Of a step and a drift, the one that explains more counts; if both explain nearly the same, the drift.
    """
    times, values, errors = (np.asarray(one, dtype=np.float64) for one in (day, estimate, error))
    if len(values) < LEAST_DAYS:
        return None
    weight = 1.0 / (errors**2 * _scale(values, errors))
    drift = _drift(times, values, weight)
    step = _step(values, weight)
    # A step has one parameter more, its place (Bayesian information criterion).
    falls = [(one.change / one.error) ** 2 for one in (step, drift)]
    found = step if falls[0] > falls[1] + np.log(len(values)) else drift
    return found if found.chance <= SURE else None


def _scale(values: FloatArray, errors: FloatArray) -> float:
    """By how much the variance of neighbouring days exceeds that of their errors, at least 1."""
    square = np.sort(np.diff(values) ** 2 / (errors[1:] ** 2 + errors[:-1] ** 2))
    # The largest difference may be the step itself; without it, the mean of the others is too small.
    kept = square[:-1]
    expected = 1.0 - _LARGEST_SHARE * np.log(len(square)) / len(square)
    return max(1.0, float(kept.mean()) / float(expected))


def _step(values: FloatArray, weight: FloatArray) -> Change:
    """The best step; between two days each, because one day alone is an outlier."""
    places = np.arange(2, len(values) - 1)
    falls, changes, errors = (np.empty(len(places)) for _ in range(3))
    for number, place in enumerate(places):
        before, after = weight[:place].sum(), weight[place:].sum()
        means = [float((weight[part] * values[part]).sum()) for part in (slice(place), slice(place, None))]
        changes[number] = means[1] / after - means[0] / before
        errors[number] = np.sqrt(1.0 / before + 1.0 / after)
        falls[number] = (changes[number] / errors[number]) ** 2
    best = int(np.argmax(falls))
    near = places[falls >= falls[best] - _WITHIN_95]
    chance = min(1.0, len(places) * _tail(falls[best], len(values)))
    return Change(
        "step", float(changes[best]), float(errors[best]), int(places[best]), int(near[0]), int(near[-1]), chance
    )


def _drift(times: FloatArray, values: FloatArray, weight: FloatArray) -> Change:
    middle = float((weight * times).sum() / weight.sum())
    apart = times - middle
    square = float((weight * apart**2).sum())
    slope = float((weight * apart * values).sum()) / square
    span = float(times[-1] - times[0])
    error = span / np.sqrt(square)
    chance = _tail((slope * span / error) ** 2, len(values))
    return Change("drift", slope * span, float(error), 0, 0, 0, min(1.0, 2.0 * chance))


def _tail(fall: float, days: int) -> float:
    """Probability that the square of Student's t exceeds a value, with the freedom of the scale."""
    return 2.0 * float(stdtr(max(3.0, _FREE_SHARE * (days - 2)), -np.sqrt(max(fall, 0.0))))
