"""Readings of a sensor that repeats its last value, found because a working sensor has noise."""

import numpy as np
from numpy.typing import NDArray

from energy_models.arrays import FloatArray

_RARE = 1e-9
"""A series of equal readings is stuck if a working sensor shows such a series with less than this probability."""
_SHORTEST = 6
_QUIET_SHARE = 0.3


def stuck(reading: FloatArray, working: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark rows of a series of equal readings that is too long for this sensor.

    Args:
        reading: Readings in order of time.
        working: Rows in which the true value changes or the sensor has noise, for example a moving train.

    Returns:
        True for each row of a stuck series, without its first row. A sensor that seldom changes is not judged: more
        than 90 % of its readings repeat outside long series, or 70 % with them. The probability q of a repetition is
        measured from the readings outside long series; a series of n repetitions has probability q to the power n.
    """
    count = len(reading)
    if count < 50:
        return np.zeros(count, dtype=bool)
    same = np.concatenate(([False], (np.diff(reading) == 0.0) & working[1:] & working[:-1]))
    # A sensor without noise repeats its value whenever the true value is constant.
    if float((working & ~same).sum()) < _QUIET_SHARE * float(working.sum()):
        return np.zeros(count, dtype=bool)
    begin = np.flatnonzero(~same)
    length = np.diff(np.append(begin, count))
    judged = np.flatnonzero(working[begin] & (length <= 30))
    if not len(judged):
        return np.zeros(count, dtype=bool)
    repeats = float((length[judged] - 1).sum()) / max(float(length[judged].sum()), 1.0)
    if repeats > 0.9:
        return np.zeros(count, dtype=bool)
    limit = max(_SHORTEST, int(np.ceil(np.log(_RARE) / np.log(max(repeats, 1e-3)))))
    mark = np.repeat(length > limit, length)
    return np.asarray(mark & same)
