"""Newton's direction at a point: forces, slacks and duals are eliminated cell by cell.

The remaining symmetric system contains only the energies. It is tridiagonal (with a jerk limit pentadiagonal) and has
one more row for the running time, whose multiplier is the price of time.
"""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating, kernel
from energy_models.driving.interior_point.banded import solve_banded
from energy_models.driving.interior_point.problem import Direction, Point, Problem
from energy_models.driving.interior_point.train_at_point import TrainAtPoint
from energy_models.driving.vehicle import UNLIMITED_M_S2


class System(NamedTuple):
    """The banded system over the inner nodes, and the values from which the eliminated quantities are computed.

    A force follows from the duals by `yielding` (1/D) and `offset` (r); a cell's price from the energies by `rest`,
    `price_by_first` and `price_by_second` over `sum_yielding`; the common part of all brakes by `soften`, `brake_push`
    and `brake_lift`.
    """

    diagonal: FloatArray
    first: FloatArray
    second: FloatArray
    right: FloatArray
    border: FloatArray
    yielding: FloatArray
    offset: FloatArray
    rest: FloatArray
    sum_yielding: FloatArray
    price_by_first: FloatArray
    price_by_second: FloatArray
    soften: FloatArray
    brake_push: FloatArray
    brake_lift: FloatArray


@allocating(error_model="numpy")
def no_system(n: int, parts: int) -> System:  # pragma: no cover
    """Empty arrays of the system over n cells."""
    return System(
        np.zeros(n - 1), np.zeros(n - 1), np.zeros(n - 1), np.zeros(n - 1), np.zeros(n - 1), np.zeros((n, parts)),
        np.zeros((n, parts)), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n), np.zeros(n), np.zeros(n),
    )  # fmt: skip


@kernel(error_model="numpy")
def newton_direction(  # pragma: no cover
    problem: Problem, point: Point, train: TrainAtPoint, barrier: float, time_price: float, late_s: float,
    system: System, direction: Direction,
) -> float:  # fmt: skip
    """Fill `direction`; returns the change of the price of time by a full step."""
    _eliminate(problem, point, train, barrier, time_price, system)
    right, border, time_by_e, d_energy = system.right, system.border, train.time_by_e, direction.energy
    solve_banded(system.diagonal, system.first, system.second, right, border)
    inner = right.size
    d_price_of_time = 0.0
    if not problem.hurries:
        along = 0.0
        against = 0.0
        for j in range(inner):
            along += time_by_e[j + 1] * right[j]
            against += time_by_e[j + 1] * border[j]
        d_price_of_time = (late_s + along) / against
    for j in range(inner):
        d_energy[j + 1] = right[j] - d_price_of_time * border[j]
    _recover(problem, point, train, barrier, system, direction)
    return d_price_of_time


@kernel(error_model="numpy")
def _eliminate(  # noqa: PLR0912, PLR0915  # pragma: no cover
    problem: Problem, point: Point, train: TrainAtPoint, barrier: float, time_price: float, system: System
) -> None:
    """Fill the system."""
    cell, node_m, deceleration = problem.cell_m, problem.node_m, problem.deceleration_m_s2
    limit, lowest, acceleration = problem.limit_j_kg, problem.lowest_j_kg, problem.vehicle.acceleration
    traction_parts, shares = problem.traction_parts, problem.vehicle.shares
    parts = traction_parts + problem.brake_parts + 1
    energy, force, slack, dual_low, dual_high = point.energy, point.force, point.slack, point.dual_low, point.dual_high
    price, braked, spare, dual_spare = point.price, point.braked, point.spare, point.dual_spare
    room_up, dual_up, room_down, dual_down = point.room_up, point.dual_up, point.room_down, point.dual_down
    dual_limit, dual_lowest = point.dual_limit, point.dual_lowest
    jerk_room, jerk_dual, jerk_gap, jerk_by_e = point.jerk_room, point.jerk_dual, train.jerk_gap, train.jerk_by_e
    speed, time_by_e, need, by_first, by_second = (
        train.speed, train.time_by_e, train.need, train.by_first, train.by_second
    )  # fmt: skip
    bend_first, bend_second = train.bend_first, train.bend_second
    most, most_by_e, cost, cost_by_e = train.most, train.most_by_e, train.cost, train.cost_by_e
    service, service_by_e = train.service, train.service_by_e
    diagonal, first, second, right, border = system.diagonal, system.first, system.second, system.right, system.border
    yielding, offset, rest_at, sum_yielding = system.yielding, system.offset, system.rest, system.sum_yielding
    price_by_first, price_by_second = system.price_by_first, system.price_by_second
    soften, brake_push, brake_lift = system.soften, system.brake_push, system.brake_lift
    n = cell.size
    for j in range(n - 1):
        diagonal[j] = 0.0
        first[j] = 0.0
        second[j] = 0.0
        border[j] = time_by_e[j + 1]
        node = j + 1
        weight = node_m[node]
        above = limit[node] - energy[node]
        below = energy[node] - lowest[node]
        diagonal[j] += weight * (dual_limit[node] / above + dual_lowest[node] / below)
        right[j] = -(weight * (barrier / above - barrier / below) + time_price * time_by_e[node])
    for i in range(n):
        turned_first = by_first[i]
        turned_second = by_second[i]
        size = 0.0
        rest = need[i]
        brakes_size = 0.0
        brakes_rest = 0.0
        brakes_lift = 0.0
        push_first = 0.0
        push_second = 0.0
        stiff_first = 0.0
        stiff_second = 0.0
        for k in range(parts):
            if force[i, k] < 0.0:
                continue
            sign = 1.0 if k < traction_parts else -1.0
            stiffness = dual_high[i, k] / slack[i, k]
            d = 1.0 / (dual_low[i, k] / force[i, k] + stiffness)
            miss = most[i, k] - force[i, k] - slack[i, k]
            worth = price[i] if k < traction_parts else price[i] + dual_spare[i]
            r = cost[i, k] - sign * worth - barrier / force[i, k] + barrier / slack[i, k] - stiffness * miss
            yielding[i, k] = d
            offset[i, k] = r
            rest -= sign * force[i, k]
            yields = stiffness * most_by_e[i, k] - cost_by_e[i, k]
            moved = yields * d
            pressure = (
                cost_by_e[i, k] * force[i, k] - most_by_e[i, k] * (barrier / slack[i, k] - stiffness * miss) + moved * r
            )
            stiff = stiffness * most_by_e[i, k] * most_by_e[i, k] - yields * moved
            if k < traction_parts:
                size += d
                rest += r * d
                turned_second -= moved
                push_second += pressure
                stiff_second += stiff
            else:
                brakes_size += d
                brakes_rest += r * d
                brakes_lift += moved
                push_first += pressure
                stiff_first += stiff
        if shares:
            stiffness = dual_spare[i] / spare[i]
            miss = service[i] - braked[i] - spare[i]
            kappa = 1.0 / (1.0 + stiffness * brakes_size)
            push = kappa * (barrier / spare[i] - dual_spare[i] - stiffness * (miss + brakes_rest))
            lift = service_by_e[i] - brakes_lift
            size += kappa * brakes_size
            rest -= brakes_rest + brakes_size * push
            turned_first += kappa * (brakes_lift + brakes_size * stiffness * service_by_e[i])
            push_first += brakes_lift * push - service_by_e[i] * (dual_spare[i] + push)
            stiff_first += kappa * stiffness * lift * lift
            soften[i] = kappa
            brake_push[i] = push
            brake_lift[i] = kappa * stiffness * lift
        else:
            size += brakes_size
            rest -= brakes_rest
            turned_first += brakes_lift
        rest_at[i] = rest
        sum_yielding[i] = size
        price_by_first[i] = turned_first
        price_by_second[i] = turned_second
        v0, v1 = speed[i], speed[i + 1]
        both = v0 + v1
        inverse0 = 1.0 / max(v0, 1e-6)
        inverse1 = 1.0 / max(v1, 1e-6)
        # Second derivatives of the time and of the resistance (concave in e where B > 0), together not below zero.
        worth = max(time_price, 0.0)
        cross = worth * 4.0 * cell[i] / (both * both * both)
        curve_first = cross * inverse0**2 + worth * 2.0 * cell[i] / (both * both) * inverse0**3
        curve_second = cross * inverse1**2 + worth * 2.0 * cell[i] / (both * both) * inverse1**3
        bend0 = max(cell[i] * max(price[i], 0.0) * bend_first[i], -0.5 * (curve_first - cross * inverse0**2))
        bend1 = max(cell[i] * max(price[i], 0.0) * bend_second[i], -0.5 * (curve_second - cross * inverse1**2))
        up = dual_up[i] / room_up[i] if problem.accelerates else 0.0
        down = dual_down[i] / room_down[i] if deceleration[i] < UNLIMITED_M_S2 else 0.0
        change = (energy[i + 1] - energy[i]) / cell[i]
        squeeze = 0.0
        if problem.accelerates:
            squeeze += barrier / room_up[i] - up * (acceleration - change - room_up[i])
        if deceleration[i] < UNLIMITED_M_S2:
            squeeze -= barrier / room_down[i] - down * (deceleration[i] + change - room_down[i])
        spring = (up + down) / cell[i]
        if i > 0:
            diagonal[i - 1] += (
                cell[i] * (turned_first * turned_first / size + stiff_first) + curve_first + bend0 + spring
            )
            right[i - 1] -= cell[i] * (price[i] * by_first[i] + turned_first * rest / size + push_first) - squeeze
        if i < n - 1:
            diagonal[i] += (
                cell[i] * (turned_second * turned_second / size + stiff_second) + curve_second + bend1 + spring
            )
            right[i] -= cell[i] * (price[i] * by_second[i] + turned_second * rest / size + push_second) + squeeze
        if 0 < i < n - 1:
            first[i - 1] += cell[i] * turned_first * turned_second / size + cross * inverse0 * inverse1 - spring
    if problem.jerks:
        for j in range(n + 1):
            weight = node_m[j]
            for side in range(2):
                stiffness = jerk_dual[j, side] / jerk_room[j, side]
                pull = barrier / jerk_room[j, side] - stiffness * (jerk_gap[j, side] - jerk_room[j, side])
                for m in range(3):
                    row = j - 2 + m
                    if 0 <= row < n - 1:
                        right[row] += weight * pull * jerk_by_e[j, side, m]
                        diagonal[row] += weight * stiffness * jerk_by_e[j, side, m] ** 2
                        if m < 2 and row + 1 < n - 1:
                            first[row] += weight * stiffness * jerk_by_e[j, side, m] * jerk_by_e[j, side, m + 1]
                        if m < 1 and row + 2 < n - 1:
                            second[row] += weight * stiffness * jerk_by_e[j, side, 0] * jerk_by_e[j, side, 2]


@kernel(error_model="numpy")
def dual_change(barrier: float, room: float, dual: float, d_room: float) -> float:  # pragma: no cover
    """Change of a dual after which room · dual equals the barrier, to first order."""
    return barrier / room - dual - dual / room * d_room


@kernel(error_model="numpy")
def _recover(  # noqa: PLR0912, PLR0915  # pragma: no cover
    problem: Problem, point: Point, train: TrainAtPoint, barrier: float, system: System, direction: Direction
) -> None:
    """Fill the other parts of a direction with given energies."""
    cell, deceleration, acceleration = problem.cell_m, problem.deceleration_m_s2, problem.vehicle.acceleration
    limit, lowest, traction_parts, shares = (
        problem.limit_j_kg, problem.lowest_j_kg, problem.traction_parts, problem.vehicle.shares
    )  # fmt: skip
    parts = traction_parts + problem.brake_parts + 1
    energy, force, slack, dual_low, dual_high = point.energy, point.force, point.slack, point.dual_low, point.dual_high
    braked, spare, dual_spare, jerk_room = point.braked, point.spare, point.dual_spare, point.jerk_room
    room_up, dual_up, room_down, dual_down = point.room_up, point.dual_up, point.room_down, point.dual_down
    dual_limit, dual_lowest = point.dual_limit, point.dual_lowest
    most, most_by_e, cost_by_e = train.most, train.most_by_e, train.cost_by_e
    service, service_by_e, jerk_gap, jerk_by_e = train.service, train.service_by_e, train.jerk_gap, train.jerk_by_e
    yielding, offset, rest, sum_yielding = system.yielding, system.offset, system.rest, system.sum_yielding
    price_by_first, price_by_second = system.price_by_first, system.price_by_second
    soften, brake_push, brake_lift = system.soften, system.brake_push, system.brake_lift
    d_energy, d_force, d_slack = direction.energy, direction.force, direction.slack
    d_dual_low, d_dual_high = direction.dual_low, direction.dual_high
    d_dual_limit, d_dual_lowest = direction.dual_limit, direction.dual_lowest
    d_price, d_spare, d_dual_spare = direction.price, direction.spare, direction.dual_spare
    d_room_up, d_dual_up = direction.room_up, direction.dual_up
    d_room_down, d_dual_down, d_jerk_room = direction.room_down, direction.dual_down, direction.jerk_room
    n = cell.size
    for j in range(1, n):
        d_dual_limit[j] = dual_change(barrier, limit[j] - energy[j], dual_limit[j], -d_energy[j])
        d_dual_lowest[j] = dual_change(barrier, energy[j] - lowest[j], dual_lowest[j], d_energy[j])
    for i in range(n):
        d_dual = (rest[i] + price_by_first[i] * d_energy[i] + price_by_second[i] * d_energy[i + 1]) / sum_yielding[i]
        d_price[i] = d_dual
        d_worth = d_dual
        if shares:
            d_worth = soften[i] * d_dual + brake_push[i] - brake_lift[i] * d_energy[i]
        d_braked = 0.0
        for k in range(parts):
            if force[i, k] < 0.0:
                continue
            node = i + 1 if k < traction_parts else i
            stiffness = dual_high[i, k] / slack[i, k]
            miss = most[i, k] - force[i, k] - slack[i, k]
            shift = most_by_e[i, k] * d_energy[node]
            drive = d_dual if k < traction_parts else -d_worth
            df = (drive - offset[i, k] + stiffness * shift - cost_by_e[i, k] * d_energy[node]) * yielding[i, k]
            if k >= traction_parts:
                d_braked += df
            ds = miss + shift - df
            d_force[i, k] = df
            d_slack[i, k] = ds
            d_dual_low[i, k] = dual_change(barrier, force[i, k], dual_low[i, k], df)
            d_dual_high[i, k] = barrier / slack[i, k] - dual_high[i, k] - stiffness * ds
        if shares:
            d_spare[i] = service[i] - braked[i] - spare[i] + service_by_e[i] * d_energy[i] - d_braked
            d_dual_spare[i] = dual_change(barrier, spare[i], dual_spare[i], d_spare[i])
        change = (energy[i + 1] - energy[i]) / cell[i]
        d_change = (d_energy[i + 1] - d_energy[i]) / cell[i]
        if problem.accelerates:
            d_room_up[i] = acceleration - change - room_up[i] - d_change
            d_dual_up[i] = dual_change(barrier, room_up[i], dual_up[i], d_room_up[i])
        if deceleration[i] < UNLIMITED_M_S2:
            d_room_down[i] = deceleration[i] + change - room_down[i] + d_change
            d_dual_down[i] = dual_change(barrier, room_down[i], dual_down[i], d_room_down[i])
    if problem.jerks:
        for j in range(n + 1):
            for side in range(2):
                d_room = jerk_gap[j, side] - jerk_room[j, side]
                for m in range(3):
                    if 0 < j - 1 + m < n:
                        d_room += jerk_by_e[j, side, m] * d_energy[j - 1 + m]
                d_jerk_room[j, side] = d_room
