"""Step cap and line search of Newton's method, the same for the ladder and for the equivalent track.

Kirchhoff's residual g(V) is the gradient of a scalar, so the product of the residual with the step is the slope of this
scalar along the step: negative at the start of a step. If the slope at the end of a step is strongly positive, the step
passed the minimum. A step from a matrix without the negative slopes of the devices is too short: if the slope at its
end is still strongly negative, the minimum is beyond the step. Both kernels evaluate the laws in one loop for the steps
and for the line search within each step, so that the laws are compiled in one place.
"""

from energy_models.arrays import FloatArray
from energy_models.compiled import inside, kernel

STEP_CAP_V = 150.0
MAXIMUM_STEPS = 200
ACCEPTED_TURN = 0.5
"""A step is accepted if the slope at its end is at most this share of the slope at its start with the opposite sign."""
SHORTEST_SHARE = 1e-9
LENGTHENED = 3.0
LOOSE_RESIDUAL_A = 1e-4
"""The largest accepted residual after the last iteration (0.1 W)."""


@inside(error_model="numpy")
def ends_the_search(end_slope: float, descent: float, share: float, reach: float) -> bool:
    """Whether the line search ends with this share of the step.

    `descent` and `end_slope` are the slopes of the scalar in W along the step at its start and at its end; `reach` is
    the largest share that the line search may try.
    """
    overrun = end_slope > -ACCEPTED_TURN * descent and share >= SHORTEST_SHARE
    falls_on = end_slope < ACCEPTED_TURN * descent and share * LENGTHENED <= reach
    return not (overrun or falls_on)


@inside(error_model="numpy")
def next_share(end_slope: float, descent: float, share: float, reach: float) -> tuple[float, float]:
    """The share of the step that the line search tries next, and the largest share that it may try afterwards."""
    if end_slope < 0.0:
        return share * LENGTHENED, reach
    shorter = share * min(max(descent / (descent - end_slope), 0.1), 0.9)
    return shorter, shorter


@kernel(error_model="numpy")
def capped(first: int, last: int, residual: FloatArray, step: FloatArray, lowest_slope: float) -> tuple[float, float]:
    """Shorten the step in V of the nodes first to last - 1 to its cap; return its descent in W and its reach.

    The reach is the factor by which the line search may lengthen the step: 1 for a full Newton step; up to the cap for
    a step without the negative slopes (`lowest_slope` 0), which is too short.
    """
    longest = 0.0
    for node in range(first, last):
        size = abs(step[node])
        longest = size if size > longest else longest
    reach = 1.0
    if longest > STEP_CAP_V:
        for node in range(first, last):
            step[node] *= STEP_CAP_V / longest
    elif lowest_slope >= 0.0:
        reach = STEP_CAP_V / longest
    descent = 0.0
    for node in range(first, last):
        descent += residual[node] * step[node]
    return descent, reach
