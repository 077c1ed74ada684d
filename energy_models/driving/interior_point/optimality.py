"""The distance of a point from the optimum."""

from typing import NamedTuple

from energy_models.compiled import allocating
from energy_models.driving.interior_point.problem import Point, Problem
from energy_models.driving.interior_point.train_at_point import TrainAtPoint
from energy_models.driving.vehicle import UNLIMITED_M_S2


class Residuals(NamedTuple):
    """Largest residual of limits and balances in m/s², largest dual residual, mean product of a slack and its dual."""

    primal_m_s2: float
    dual: float
    product: float


@allocating(error_model="numpy")
def residuals(  # noqa: PLR0912, PLR0915  # pragma: no cover
    problem: Problem, point: Point, train: TrainAtPoint, time_price: float
) -> Residuals:
    """The residuals at a point, without that of the running time."""
    cell, node_m, deceleration = problem.cell_m, problem.node_m, problem.deceleration_m_s2
    limit, lowest, acceleration = problem.limit_j_kg, problem.lowest_j_kg, problem.vehicle.acceleration
    traction_parts, shares = problem.traction_parts, problem.vehicle.shares
    parts = traction_parts + problem.brake_parts + 1
    energy, force, slack, dual_low, dual_high = point.energy, point.force, point.slack, point.dual_low, point.dual_high
    price, braked, spare, dual_spare = point.price, point.braked, point.spare, point.dual_spare
    room_up, dual_up, room_down, dual_down = point.room_up, point.dual_up, point.room_down, point.dual_down
    dual_limit, dual_lowest = point.dual_limit, point.dual_lowest
    jerk_room, jerk_dual, jerk_gap, jerk_by_e = point.jerk_room, point.jerk_dual, train.jerk_gap, train.jerk_by_e
    need, by_first, by_second = train.need, train.by_first, train.by_second
    most, most_by_e, cost, cost_by_e = train.most, train.most_by_e, train.cost, train.cost_by_e
    service, service_by_e = train.service, train.service_by_e
    n = cell.size
    primal = 0.0
    dual = 0.0
    product = 0.0
    count = 0.0
    gradient = time_price * train.time_by_e
    for i in range(n):
        rest = need[i]
        pressure_first = 0.0
        pressure_second = 0.0
        for k in range(parts):
            if force[i, k] < 0.0:
                continue
            sign = 1.0 if k < traction_parts else -1.0
            rest -= sign * force[i, k]
            primal = max(primal, abs(most[i, k] - force[i, k] - slack[i, k]))
            worth = price[i] if k < traction_parts else price[i] + dual_spare[i]
            dual = max(dual, abs(cost[i, k] - sign * worth - dual_low[i, k] + dual_high[i, k]))
            product += cell[i] * (force[i, k] * dual_low[i, k] + slack[i, k] * dual_high[i, k])
            count += 2.0 * cell[i]
            pressure = cost_by_e[i, k] * force[i, k] - dual_high[i, k] * most_by_e[i, k]
            if k < traction_parts:
                pressure_second += pressure
            else:
                pressure_first += pressure
        if shares:
            primal = max(primal, abs(service[i] - braked[i] - spare[i]))
            product += cell[i] * spare[i] * dual_spare[i]
            count += cell[i]
            pressure_first -= dual_spare[i] * service_by_e[i]
        primal = max(primal, abs(rest))
        gradient[i] += cell[i] * (price[i] * by_first[i] + pressure_first)
        gradient[i + 1] += cell[i] * (price[i] * by_second[i] + pressure_second)
        change = (energy[i + 1] - energy[i]) / cell[i]
        if problem.accelerates:
            primal = max(primal, abs(acceleration - change - room_up[i]))
            product += cell[i] * room_up[i] * dual_up[i]
            count += cell[i]
            gradient[i] -= dual_up[i]
            gradient[i + 1] += dual_up[i]
        if deceleration[i] < UNLIMITED_M_S2:
            primal = max(primal, abs(deceleration[i] + change - room_down[i]))
            product += cell[i] * room_down[i] * dual_down[i]
            count += cell[i]
            gradient[i] += dual_down[i]
            gradient[i + 1] -= dual_down[i]
    if problem.jerks:
        for j in range(n + 1):
            weight = node_m[j]
            for side in range(2):
                primal = max(primal, abs(jerk_gap[j, side] - jerk_room[j, side]))
                product += weight * jerk_room[j, side] * jerk_dual[j, side]
                count += weight
                for m in range(3):
                    if 0 < j - 1 + m < n:
                        gradient[j - 1 + m] -= weight * jerk_dual[j, side] * jerk_by_e[j, side, m]
    for j in range(1, n):
        weight = node_m[j]
        gradient[j] += weight * (dual_limit[j] - dual_lowest[j])
        dual = max(dual, abs(gradient[j]) / weight * min(energy[j], 1.0))
        product += weight * ((limit[j] - energy[j]) * dual_limit[j] + (energy[j] - lowest[j]) * dual_lowest[j])
        count += 2.0 * weight
    return Residuals(primal, dual, product / count)
