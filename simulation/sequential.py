"""How many pairs of days a judgement needs: at least ten, then more until the interval is as narrow as was asked."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student_t

from simulation.interval import CONFIDENCE, estimate

LEAST_DAYS = 10
"""Fewer pairs say too little about their own spread."""

MOST_DAYS = 400
"""Where a judgement stops by default, whatever it has reached."""

_SMALLEST_STEP = 5


def is_narrow_enough(values: Sequence[float], width: float) -> bool:
    """Whether the 95 % interval of the mean is at most `width` from end to end."""
    return len(values) >= LEAST_DAYS and 2.0 * estimate(values).half_width <= width


def next_count(values: Sequence[float], width: float, most: int) -> int:
    """How many values to look at next, when these were not enough: n = (2 t(0.975, n - 1) s / width)².

    At least five more and at most twice as many, so that a first small sample that lies does little harm; never more
    than `most`. It follows from the values alone, not from who computed them. The stopping rule is that of Chow and
    Robbins (Annals of Mathematical Statistics 36, 1965): as the width shrinks the interval covers as often as it says.
    """
    count = len(values)
    reach = float(student_t.ppf(0.5 + CONFIDENCE / 2.0, count - 1)) * float(np.std(values, ddof=1))
    needed = math.ceil((2.0 * reach / width) ** 2)
    return min(most, max(count + _SMALLEST_STEP, min(needed, 2 * count)))
