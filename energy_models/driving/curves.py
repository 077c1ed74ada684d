"""Force curves as tables over speed, with corners rounded to lower forces, so that Newton's method converges."""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating, kernel

_ROUNDING = 0.01  # share of a force within which the lower of two is rounded off
_ROUNDING_M_S = 1.5  # corners further away than this need no rounding


@kernel(error_model="numpy")
def _lower(  # pragma: no cover
    first: float, first_slope: float, second: float, second_slope: float
) -> tuple[float, float]:
    """The lower of two forces and its slope; rounded near their crossing, at most a quarter of the band lower."""
    band = _ROUNDING * (abs(first) + abs(second)) + 1e-12
    share = 0.5 + 0.5 * (second - first) / band
    if share >= 1.0:
        return first, first_slope
    if share <= 0.0:
        return second, second_slope
    value = second + (first - second) * share - band * share * (1.0 - share)
    return value, second_slope + (first_slope - second_slope) * share


@kernel(error_model="numpy")
def _piece(  # pragma: no cover
    speed: float, k: int, curve_speed: FloatArray, curve_force: FloatArray
) -> tuple[float, float]:
    """Force of a curve's k-th piece, extended beyond its ends, and its slope; piece -1 lies before the first point.

    If the curve becomes steeper at the begin of the piece, a parabola below the curve replaces the corner.
    """
    last = curve_speed.size - 1
    if k < 0:
        return curve_force[0], 0.0
    if k >= last:
        return curve_force[last], 0.0
    width = curve_speed[k + 1] - curve_speed[k]
    slope = (curve_force[k + 1] - curve_force[k]) / width
    before = 0.0
    if k > 0:
        before = (curve_force[k] - curve_force[k - 1]) / (curve_speed[k] - curve_speed[k - 1])
    into = speed - curve_speed[k]
    if slope <= before:
        return curve_force[k] + slope * into, slope
    turn = (slope - before) / width
    return curve_force[k] + (before + turn * into) * into, before + 2.0 * turn * into


@kernel(error_model="numpy")
def force_at(  # pragma: no cover
    speed: float, curve_speed: FloatArray, curve_force: FloatArray, power: float
) -> tuple[float, float]:
    """Force of a curve at a speed, capped by power, and its derivative by speed.

    Corners are rounded to lower forces, because Newton's method needs smooth curves.
    """
    last = curve_speed.size - 1
    k = -1
    while k < last and speed >= curve_speed[k + 1]:
        k += 1
    force, derivative = _piece(speed, k, curve_speed, curve_force)
    if k >= 0 and speed - curve_speed[k] < _ROUNDING_M_S:
        before, before_slope = _piece(speed, k - 1, curve_speed, curve_force)
        if before_slope > derivative:
            force, derivative = _lower(before, before_slope, force, derivative)
    if k < last and curve_speed[k + 1] - speed < _ROUNDING_M_S:
        after, after_slope = _piece(speed, k + 1, curve_speed, curve_force)
        if after_slope < derivative:
            force, derivative = _lower(force, derivative, after, after_slope)
    if speed > 0.0 and force * speed > 0.5 * power:
        by_power = power / speed
        return _lower(force, derivative, by_power, -by_power / speed)
    return force, derivative


@allocating(error_model="numpy")
def table_of(  # pragma: no cover
    step: float, count: int, curve_speed: FloatArray, curve_force: FloatArray, power: float, more: float, most: float
) -> FloatArray:
    """Force (column 0) and its derivative by speed (column 1) at `count` multiples of `step`.

    `more` is added to the curve; the sum is at most `most`.
    """
    table = np.empty((count, 2))
    for k in range(count):
        force, derivative = force_at(k * step, curve_speed, curve_force, power)
        table[k, 0], table[k, 1] = _lower(force + more, derivative, most, 0.0)
    return table
