"""The scale of the speed sensor, from the distance between stations, with the moments at which the scale changed."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray

FEWEST_RUNS = 5
"""Runs on each side of a change of scale."""
SMALLEST_CHANGE = 1e-3
_SIGMAS = 7.0
"""A change must exceed this many standard errors; for 1,000 runs of noise this gives a false alarm in 10⁻⁸ of cases."""


@dataclass(frozen=True)
class SpeedScale:
    """One vehicle's ratio of measured to true speed from `since_s` on, with its standard error from `runs` runs."""

    since_s: float
    scale: float
    standard_error: float
    runs: int


def speed_scales(begin_s: FloatArray, ratio: FloatArray) -> tuple[SpeedScale, ...]:
    """The piecewise constant scale of one vehicle.

    Args:
        begin_s: Departure times of complete runs, ascending.
        ratio: For each run the integral of the measured speed divided by the length of the section.

    Returns:
        One entry for each period between wheel changes, the first from minus infinity; a scale of 1 without runs.
        A period is split where the means of its two parts differ most in standard errors (binary segmentation), as long
        as they differ by more than seven standard errors and by 0.1 %.
    """
    if not len(ratio):
        return (SpeedScale(-np.inf, 1.0, np.nan, 0),)
    noise = _spread(ratio)
    periods = _split(ratio, 0, len(ratio), noise)
    return tuple(
        SpeedScale(
            -np.inf if first == 0 else float(begin_s[first]),
            float(np.median(ratio[first:last])),
            1.2533 * noise / np.sqrt(last - first),
            last - first,
        )
        for first, last in periods
    )


def _spread(ratio: FloatArray) -> float:
    """Standard deviation of one run's ratio, from differences of neighbouring runs, which a change does not widen."""
    if len(ratio) < 3:
        return 1e-3
    return float(max(5e-5, 1.4826 * np.median(np.abs(np.diff(ratio))) / 2.0**0.5))


def _split(ratio: FloatArray, first: int, last: int, noise: float) -> list[tuple[int, int]]:
    count = last - first
    if count < 2 * FEWEST_RUNS:
        return [(first, last)]
    # Runs with a skipped stop or a wrong reading must not look like a change.
    middle = float(np.median(ratio[first:last]))
    part = np.clip(ratio[first:last], middle - 0.04, middle + 0.04)
    before = np.arange(FEWEST_RUNS, count - FEWEST_RUNS + 1)
    total = np.cumsum(part)
    step = (total[-1] - total[before - 1]) / (count - before) - total[before - 1] / before
    strength = np.abs(step) / (noise * np.sqrt(1.0 / before + 1.0 / (count - before)))
    best = int(np.argmax(strength))
    at = first + int(before[best])
    change = float(np.median(ratio[at:last]) - np.median(ratio[first:at]))
    if strength[best] < _SIGMAS or abs(change) < SMALLEST_CHANGE:
        return [(first, last)]
    return _split(ratio, first, at, noise) + _split(ratio, at, last, noise)
