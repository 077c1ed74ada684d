"""The number of pairs of days of a judgement: at least ten, then more until the interval is as narrow as requested."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from simulation.runs.interval import CONFIDENCE, mean_interval

LEAST_DAYS = 10
"""Smallest number of pairs; fewer pairs do not determine the variation between days."""

MOST_DAYS = 400
"""Default of the largest number of pairs."""

_SMALLEST_STEP = 5


def is_narrow_enough(values: Sequence[float], width: float) -> bool:
    """Whether the full width of the 95 % interval of the mean is at most `width`."""
    return len(values) >= LEAST_DAYS and 2.0 * mean_interval(values).half_width <= width


def next_count(values: Sequence[float], width: float, most: int) -> int:
    """The next number of values if the present values are too few: n = (2 t(0.975, n - 1) s / width)².

    At least five more and at most twice as many, so that a misleading first sample has little effect; never more than
    `most`. The number depends only on the values. The stopping rule is that of Chow and Robbins (Annals of Mathematical
    Statistics 36, 1965): for small widths the interval has its nominal coverage.
    """
    count = len(values)
    reach = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2.0)) * float(np.std(values, ddof=1))
    needed = math.ceil((2.0 * reach / width) ** 2)
    return min(most, max(count + _SMALLEST_STEP, min(needed, 2 * count)))
