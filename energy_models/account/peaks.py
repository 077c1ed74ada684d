"""Means over windows of a series: sliding windows, and windows by the clock.

A series has one value for each interval of `interval_s` seconds from `start_s` on, counted from the midnight of the
service day. A clock window begins at a multiple of its length: 00:00, 00:15, … An interval belongs to the window in
which it begins.
"""

import numpy as np

from energy_models.arrays import FloatArray, IntArray

QUARTER_HOUR_S = 900.0


def sliding_means(values: FloatArray, width: int) -> FloatArray:
    """Mean over each `width` successive values (n - width + 1); of a shorter series the mean over all values (1)."""
    summed = np.concatenate(([0.0], np.cumsum(values)))
    within = min(width, len(values))
    return np.asarray((summed[within:] - summed[:-within]) / within)


def clock_windows(count: int, start_s: float, interval_s: float, window_s: float) -> tuple[int, IntArray]:
    """Number of the first clock window from midnight, and for each of `count` intervals its window from the first."""
    window = np.floor_divide(start_s + interval_s * np.arange(count), window_s).astype(np.int64)
    first = int(window[0]) if count else 0
    return first, window - first


def clock_sums(values: FloatArray, start_s: float, interval_s: float, window_s: float) -> FloatArray:
    """Sum of the values of each clock window, from the window of the first value to that of the last."""
    _, window = clock_windows(len(values), start_s, interval_s, window_s)
    return np.asarray(np.bincount(window, weights=values), dtype=np.float64)


def clock_means_w(power_w: FloatArray, start_s: float, interval_s: float, window_s: float) -> FloatArray:
    """Mean power of each clock window in W; outside the series no power is drawn."""
    return clock_sums(power_w, start_s, interval_s, window_s) * interval_s / window_s


def sliding_peak_w(power_w: FloatArray, interval_s: float, window_s: float = QUARTER_HOUR_S) -> float:
    """Largest mean power over any `window_s` of the span, in W; after a shorter span no power is drawn."""
    width = max(1, round(window_s / interval_s))
    if len(power_w) <= width:
        return float(max(0.0, np.cumsum(power_w)[-1])) / width if len(power_w) else 0.0
    return float(sliding_means(power_w, width).max())


def clock_peak_w(power_w: FloatArray, start_s: float, interval_s: float, window_s: float = QUARTER_HOUR_S) -> float:
    """Largest mean power over a clock window, in W; outside the span no power is drawn."""
    return float(clock_means_w(power_w, start_s, interval_s, window_s).max()) if len(power_w) else 0.0
