"""Steps and drifts of a scale: in which of the two ways, or in none, a series of ratios changed with time."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from energy_models.arrays import FloatArray

DAY_S = 86_400.0
_LEAST_POINTS = 12
_LEAST_SIDE = 5
_SIGNIFICANT = 7.0
_LEAST_DRIFT_DAYS = 4.0
_LEAST_DAYS = 5


@dataclass(frozen=True)
class Change:
    """A change of a series: a step at `at_s` by the share `amount`, or a drift of `amount` a week since the start."""

    form: Literal["step", "drift"]
    at_s: float
    amount: float
    significance: float


def change_of(
    seconds: FloatArray, ratio: FloatArray, *, least_step: float, least_drift_per_week: float
) -> Change | None:
    """The change of a series of ratios; None if it stays the same within its scatter.

    Args:
        seconds: Times of the ratios, rising.
        ratio: Ratios; NaN where there is none.
        least_step: Smallest step that is reported, as a share.
        least_drift_per_week: Smallest drift that is reported, as a share per week.

    A step and a straight line are fitted to ratios whose outliers are cut; the scatter is that of neighbours, so that a
    change does not hide in it. The better fit decides, if its change is seven standard errors.
    """
    good = np.isfinite(ratio)
    t, x = seconds[good], ratio[good]
    if len(x) < _LEAST_POINTS:
        return None
    middle = float(np.median(x))
    if not np.isfinite(middle) or middle == 0.0:
        return None
    x = x / middle - 1.0
    noise = max(float(np.median(np.abs(np.diff(x)))) / 0.6745 / np.sqrt(2.0), 1e-6)
    smooth = _running_median(x)
    x = np.clip(x, smooth - 4.0 * noise, smooth + 4.0 * noise)
    step = _step(t, x, noise)
    drift = _drift(t, x, noise)
    candidates = [
        one
        for one, least in ((step, least_step), (drift, least_drift_per_week))
        if one is not None and abs(one[0].amount) >= least and one[0].significance >= _SIGNIFICANT
    ]
    if not candidates:
        return None
    best = min(candidates, key=lambda one: one[1])
    return best[0]


def _running_median(x: FloatArray) -> FloatArray:
    width = min(11, len(x) // 2 * 2 - 1)
    # Mirrored, so that the first and the last value count once: as copies of themselves, outliers there would remain.
    padded = np.pad(x, width // 2, mode="reflect")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1))


def _step(t: FloatArray, x: FloatArray, noise: float) -> tuple[Change, float] | None:
    """The best step and the remaining sum of squares."""
    count = len(x)
    total = np.cumsum(x)
    first = np.arange(_LEAST_SIDE, count - _LEAST_SIDE + 1)
    if not len(first):
        return None
    before = total[first - 1] / first
    after = (total[-1] - total[first - 1]) / (count - first)
    gain = (after - before) ** 2 * first * (count - first) / count
    best = int(np.argmax(gain))
    k = int(first[best])
    height = float(after[best] - before[best])
    # Runs of one day share its weather and traffic: the scatter between days counts beside that between runs.
    left, right = _daily(t[:k], x[:k])[1], _daily(t[k:], x[k:])[1]
    scatter = np.concatenate((left - np.median(left), right - np.median(right)))
    of_days = float(np.sqrt((scatter**2).sum() / max(len(scatter) - 2, 1))) if len(scatter) > 3 else 0.0
    error = np.hypot(
        noise * np.sqrt(1.0 / k + 1.0 / (count - k)), of_days * np.sqrt(1.0 / len(left) + 1.0 / len(right))
    )
    rest = float(((x - x.mean()) ** 2).sum() - gain[best])
    amount = (1.0 + after[best]) / (1.0 + before[best]) - 1.0
    return Change("step", float(0.5 * (t[k - 1] + t[k])), float(amount), float(abs(height) / error)), rest


def _drift(t: FloatArray, x: FloatArray, noise: float) -> tuple[Change, float] | None:
    """The straight line through the days, and the remaining sum of squares; None for a short series."""
    days, middle = _daily(t, x)
    if len(days) < _LEAST_DAYS or t[-1] - t[0] < _LEAST_DRIFT_DAYS * DAY_S:
        return None
    centred = days - days.mean()
    spread = float((centred**2).sum())
    slope = float((centred * middle).sum()) / spread
    residual = middle - middle.mean() - slope * centred
    of_days = float(np.sqrt((residual**2).sum() / (len(days) - 2)))
    error = max(of_days, noise / np.sqrt(len(x) / len(days))) / np.sqrt(spread)
    level = float((x - slope * (t - days.mean())).mean())
    rest = float(((x - level - slope * (t - days.mean())) ** 2).sum())
    return Change("drift", float(t[0]), slope * 7.0 * DAY_S, abs(slope) / error), rest


def _daily(t: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Middle time and median of the values of each day."""
    day = np.floor(t / DAY_S).astype(np.int64)
    known = np.unique(day)
    return (
        np.array([t[day == one].mean() for one in known]),
        np.array([np.median(x[day == one]) for one in known]),
    )
