"""The step lengths along a direction: slacks and duals have separate step lengths and stay above zero."""

from typing import NamedTuple

from energy_models.arrays import FloatArray
from energy_models.compiled import kernel
from energy_models.driving.interior_point.newton import dual_change
from energy_models.driving.interior_point.problem import Direction, Point, Problem
from energy_models.driving.vehicle import UNLIMITED_M_S2

_KEEP_AWAY = 0.99
_RELAXED = 0.45


class StepLength(NamedTuple):
    """Step lengths as shares of the direction: of energies, forces, slacks; of duals; `shortest` before relaxation."""

    primal: float
    dual: float
    shortest: float


@kernel(error_model="numpy")
def _kept(step: float, value: float, change: float) -> float:  # pragma: no cover
    """The step, shortened if necessary so that the value stays above zero."""
    return min(step, -_KEEP_AWAY * value / change) if change < 0.0 else step


@kernel(error_model="numpy")
def longest_step(  # noqa: PLR0912  # pragma: no cover
    problem: Problem, point: Point, direction: Direction, barrier: float
) -> StepLength:
    """The longest step that keeps slacks and duals above zero, and that reduces no energy by too large a share."""
    limit, lowest, careful, shares = (
        problem.limit_j_kg, problem.lowest_j_kg, problem.careful, problem.vehicle.shares
    )  # fmt: skip
    deceleration = problem.deceleration_m_s2
    energy, force, slack, dual_low, dual_high = point.energy, point.force, point.slack, point.dual_low, point.dual_high
    dual_limit, dual_lowest, spare, dual_spare = point.dual_limit, point.dual_lowest, point.spare, point.dual_spare
    room_up, dual_up, room_down, dual_down = point.room_up, point.dual_up, point.room_down, point.dual_down
    jerk_room, jerk_dual = point.jerk_room, point.jerk_dual
    d_energy, d_force, d_slack = direction.energy, direction.force, direction.slack
    d_dual_low, d_dual_high = direction.dual_low, direction.dual_high
    d_dual_limit, d_dual_lowest = direction.dual_limit, direction.dual_lowest
    d_spare, d_dual_spare = direction.spare, direction.dual_spare
    d_room_up, d_dual_up = direction.room_up, direction.dual_up
    d_room_down, d_dual_down, d_jerk_room = direction.room_down, direction.dual_down, direction.jerk_room
    n, parts = force.shape
    primal = 1.0
    dual = 1.0
    for j in range(1, n):
        move = d_energy[j]
        if move > 0.0:
            primal = _kept(primal, limit[j] - energy[j], -move)
            if careful:
                primal = min(primal, 0.5 * energy[j] / move)
        elif move < 0.0:
            primal = _kept(primal, energy[j] - lowest[j], move)
            primal = min(primal, -(0.3 if careful else 0.7) * energy[j] / move)
        dual = _kept(dual, dual_limit[j], d_dual_limit[j])
        dual = _kept(dual, dual_lowest[j], d_dual_lowest[j])
    for i in range(n):
        for k in range(parts):
            if force[i, k] < 0.0:
                continue
            primal = _kept(primal, force[i, k], d_force[i, k])
            primal = _kept(primal, slack[i, k], d_slack[i, k])
            dual = _kept(dual, dual_low[i, k], d_dual_low[i, k])
            dual = _kept(dual, dual_high[i, k], d_dual_high[i, k])
        if shares:
            primal = _kept(primal, spare[i], d_spare[i])
            dual = _kept(dual, dual_spare[i], d_dual_spare[i])
        if problem.accelerates:
            primal = _kept(primal, room_up[i], d_room_up[i])
            dual = _kept(dual, dual_up[i], d_dual_up[i])
        if deceleration[i] < UNLIMITED_M_S2:
            primal = _kept(primal, room_down[i], d_room_down[i])
            dual = _kept(dual, dual_down[i], d_dual_down[i])
    if problem.jerks:
        for j in range(n + 1):
            for side in range(2):
                room, worth, d_room = jerk_room[j, side], jerk_dual[j, side], d_jerk_room[j, side]
                primal = _kept(primal, room, d_room)
                dual = _kept(dual, worth, dual_change(barrier, room, worth, d_room))
    if careful:
        # Newton's method oscillates at a limit that is not convex; shorter steps let it converge.
        primal *= _RELAXED
        dual *= _RELAXED
    return StepLength(primal, dual, min(primal, dual) / (_RELAXED if careful else 1.0))


@kernel(error_model="numpy")
def take(  # pragma: no cover
    problem: Problem, point: Point, direction: Direction, barrier: float, length: StepLength
) -> None:
    """Move the point along the direction."""
    traction_parts, primal, dual = problem.traction_parts, length.primal, length.dual
    force, slack, dual_low, dual_high, braked = point.force, point.slack, point.dual_low, point.dual_high, point.braked
    d_force, d_slack = direction.force, direction.slack
    d_dual_low, d_dual_high = direction.dual_low, direction.dual_high
    n, parts = force.shape
    for i in range(n):
        braked[i] = 0.0
        for k in range(parts):
            if force[i, k] < 0.0:
                continue
            dual_low[i, k] += dual * d_dual_low[i, k]
            dual_high[i, k] += dual * d_dual_high[i, k]
            force[i, k] += primal * d_force[i, k]
            slack[i, k] += primal * d_slack[i, k]
            if k >= traction_parts:
                braked[i] += force[i, k]
    _advance(point.price, direction.price, primal)
    _advance(point.room_up, direction.room_up, primal)
    _advance(point.dual_up, direction.dual_up, dual)
    _advance(point.room_down, direction.room_down, primal)
    _advance(point.dual_down, direction.dual_down, dual)
    _advance(point.spare, direction.spare, primal)
    _advance(point.dual_spare, direction.dual_spare, dual)
    _advance(point.energy, direction.energy, primal)
    _advance(point.dual_limit, direction.dual_limit, dual)
    _advance(point.dual_lowest, direction.dual_lowest, dual)
    if problem.jerks:
        jerk_room, jerk_dual, d_jerk_room = point.jerk_room, point.jerk_dual, direction.jerk_room
        for j in range(n + 1):
            for side in range(2):
                room, d_room = jerk_room[j, side], d_jerk_room[j, side]
                jerk_dual[j, side] += dual * (barrier / room - jerk_dual[j, side] * (1.0 + d_room / room))
                jerk_room[j, side] += primal * d_room


@kernel(error_model="numpy")
def _advance(value: FloatArray, change: FloatArray, step: float) -> None:  # pragma: no cover
    for i in range(value.size):
        value[i] += step * change[i]
