"""The optimal run by a structured primal-dual interior-point method over distance.

Minimise the sum over cells of `cell · (Σ cost_k f_k - Σ value_k b_k)` over the node energies e and the forces: parts
f_k of the traction, parts b_k of the electric brake, friction c. In each cell
`(e1 - e0)/cell + R(e0, e1) + weight · slope = Σ f_k - Σ b_k - c`, every force lies between 0 and its largest value at
the cell's end (traction) or begin (brakes), e and the net acceleration have limits, and Σ 2 cell/(v0 + v1) = T.

Each Newton step eliminates forces, slacks and duals cell by cell, which leaves a symmetric system in e alone:
tridiagonal, pentadiagonal with a jerk limit, bordered by the one row of the running time. Its multiplier is the price
of time. Limits that bend the wrong way (power over speed) are linearised anew in every step; each linearisation lies
below the limit. The barrier method is that of Wächter and Biegler, Mathematical Programming 106 (2006), doi
10.1007/s10107-004-0559-y; the elimination is ours.
"""

import numpy as np
from numba import njit

from energy_models.arrays import FloatArray
from energy_models.driving.motion import brake_at, electric_brake_at, traction_at
from energy_models.driving.vehicle import UNLIMITED_M_S2, Vehicle

# A force that fades to nothing keeps this much, or the run could not pass to speeds where it is gone.
_FADED_M_S2 = 2e-4
_FINAL_BARRIER = 2e-7
# Where time is worth nearly nothing many runs are equally good, and a higher barrier picks the one in their middle.
_FINAL_BARRIER_CAREFUL = 1e-5
_RELAXED = 0.45
_PRIMAL_TOLERANCE = 1e-8
_DUAL_TOLERANCE = 1e-4
_KEEP_AWAY = 0.99


@njit(cache=True, nogil=True, error_model="numpy")
def _row_at(table: FloatArray, row: int, step: float, speed: float) -> tuple[float, float]:  # pragma: no cover
    """Value of a table's row at a speed and its derivative by speed, linear between columns."""
    last = table.shape[1] - 1
    place = speed / step
    if place >= last:
        return table[row, last], 0.0
    k = int(place)
    slope = table[row, k + 1] - table[row, k]
    return table[row, k] + slope * (place - k), slope / step


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_banded(  # pragma: no cover
    diagonal: FloatArray, first: FloatArray, second: FloatArray, right: FloatArray, border: FloatArray
) -> None:
    """Solve a symmetric band matrix (half-bandwidth 2) for two right sides in place; weak pivots are lifted."""
    n = diagonal.size
    for j in range(n):
        pivot = diagonal[j]
        if pivot < 1e-10:
            pivot = 1e-10
            diagonal[j] = pivot
        if j + 1 < n:
            low = first[j] / pivot
            diagonal[j + 1] -= low * first[j]
            right[j + 1] -= low * right[j]
            border[j + 1] -= low * border[j]
            if j + 2 < n:
                first[j + 1] -= low * second[j]
                lower = second[j] / pivot
                diagonal[j + 2] -= lower * second[j]
                right[j + 2] -= lower * right[j]
                border[j + 2] -= lower * border[j]
    for j in range(n - 1, -1, -1):
        value, edge = right[j], border[j]
        if j + 1 < n:
            value -= first[j] * right[j + 1]
            edge -= first[j] * border[j + 1]
            if j + 2 < n:
                value -= second[j] * right[j + 2]
                edge -= second[j] * border[j + 2]
        right[j] = value / diagonal[j]
        border[j] = edge / diagonal[j]


@njit(cache=True, nogil=True, error_model="numpy")
def solve(  # noqa: PLR0912, PLR0915  # pragma: no cover
    cell: FloatArray, grade: FloatArray, limit: FloatArray, lowest: FloatArray, deceleration: FloatArray,
    vehicle: Vehicle, extra: FloatArray, jerk: float, wanted_time: float, energy: FloatArray, most_steps: int,
    careful: bool,
) -> FloatArray:  # fmt: skip
    """Improve `energy` in place to the optimum; a running time of zero asks for the shortest time instead.

    Returns [1 when converged, Newton steps, price of time per kg, primal residual in m/s², dual residual, barrier].
    `extra` is added to the price of traction (column 0) and of the electric brake (column 1) in each cell.
    Careful solving takes shorter steps and waits for the run to fit before it lowers the barrier.
    `energy` holds a guess whose ends are fixed; inside it must lie strictly between `lowest` and `limit`.
    """
    n = cell.size
    hurry = wanted_time <= 0.0
    traction_parts = vehicle.traction_cost.shape[0]
    brake_parts = vehicle.brake_value.shape[0]
    parts = traction_parts + brake_parts + 1
    regenerates = vehicle.regenerates
    rubs = vehicle.friction > 0.0
    shares = vehicle.shares
    accelerates = vehicle.acceleration < UNLIMITED_M_S2
    jerks = jerk < 1e6
    barrier = 0.02

    # Every part of a force at one cell: its value, slack to its limit, the two duals, limit and cost with derivatives.
    force = np.zeros((n, parts))
    slack = np.zeros((n, parts))
    dual_low = np.zeros((n, parts))
    dual_high = np.zeros((n, parts))
    most = np.zeros((n, parts))
    most_by_e = np.zeros((n, parts))
    cost = np.zeros((n, parts))
    cost_by_e = np.zeros((n, parts))
    d_force = np.zeros((n, parts))
    d_slack = np.zeros((n, parts))
    step_size = np.zeros((n, parts))  # 1 / D
    offset = np.zeros((n, parts))  # r

    price = np.zeros(n)
    braked = np.zeros(n)  # all brakes together, its slack to the service brake, and the dual of that
    spare = np.ones(n)
    dual_spare = np.zeros(n)
    service = np.zeros(n)
    service_by_e = np.zeros(n)
    soften = np.ones(n)  # kappa
    d_spare = np.zeros(n)
    brake_lift = np.zeros(n)
    brake_push = np.zeros(n)
    room_up = np.ones(n)
    dual_up = np.zeros(n)
    room_down = np.ones(n)
    dual_down = np.zeros(n)
    node_weight = np.zeros(n + 1)
    for j in range(1, n):
        node_weight[j] = 0.5 * (cell[j - 1] + cell[j])
    dual_limit = np.zeros(n + 1)
    dual_lowest = np.zeros(n + 1)
    # Jerk rows stand at the nodes 0..n; two sides each.
    jerk_room = np.ones((n + 1, 2))
    jerk_dual = np.zeros((n + 1, 2))
    jerk_rest = np.zeros((n + 1, 2))
    jerk_by_e = np.zeros((n + 1, 2, 3))
    d_jerk_room = np.zeros((n + 1, 2))

    speed = np.empty(n + 1)
    time_by_e = np.zeros(n + 1)
    by_first = np.zeros(n)
    by_second = np.zeros(n)
    bend_first = np.zeros(n)
    bend_second = np.zeros(n)
    balance = np.zeros(n)
    sum_size = np.zeros(n)
    answer_first = np.zeros(n)
    answer_second = np.zeros(n)
    diagonal = np.zeros(n - 1)
    first = np.zeros(n - 1)
    second = np.zeros(n - 1)
    right = np.zeros(n - 1)
    border = np.zeros(n - 1)
    gradient = np.zeros(n + 1)
    d_energy = np.zeros(n + 1)
    result = np.zeros(6)
    time_price = 1.0 if hurry else 0.0

    for step in range(most_steps + 1):
        # --- the state's own quantities
        for j in range(n + 1):
            speed[j] = np.sqrt(2.0 * energy[j])
            time_by_e[j] = 0.0
        total_time = 0.0
        for i in range(n):
            v0, v1 = speed[i], speed[i + 1]
            both = v0 + v1
            total_time += 2.0 * cell[i] / both
            by_sum = -2.0 * cell[i] / (both * both)
            inverse0 = 1.0 / max(v0, 1e-6)
            inverse1 = 1.0 / max(v1, 1e-6)
            if i > 0:
                time_by_e[i] += by_sum * inverse0
            if i < n - 1:
                time_by_e[i + 1] += by_sum * inverse1
            mean = (2.0 / 3.0) * (both - v0 * v1 / both)
            resistance = (
                vehicle.resistance_a + vehicle.resistance_b * mean + vehicle.resistance_c * 0.5 * (v0 * v0 + v1 * v1)
            )
            mean_by_0 = (2.0 / 3.0) * (1.0 - v1 * v1 / (both * both))
            mean_by_1 = (2.0 / 3.0) * (1.0 - v0 * v0 / (both * both))
            by_first[i] = -1.0 / cell[i] + vehicle.resistance_c + vehicle.resistance_b * mean_by_0 * inverse0
            by_second[i] = 1.0 / cell[i] + vehicle.resistance_c + vehicle.resistance_b * mean_by_1 * inverse1
            bend_first[i] = -0.5 * vehicle.resistance_b * inverse0 * inverse0 * inverse0
            bend_second[i] = -0.5 * vehicle.resistance_b * inverse1 * inverse1 * inverse1
            need = (energy[i + 1] - energy[i]) / cell[i] + resistance + grade[i]
            pull, pull_by_v = traction_at(v1, vehicle)
            electric, electric_by_v = electric_brake_at(v0, vehicle)
            brakes, brakes_by_v = brake_at(v0, vehicle)
            service[i] = max(brakes, _FADED_M_S2)
            service_by_e[i] = brakes_by_v * inverse0 if i > 0 else 0.0
            given = 0.0
            braked[i] = 0.0
            for k in range(parts):
                if k < traction_parts:
                    most[i, k] = pull / traction_parts
                    most_by_e[i, k] = pull_by_v * inverse1 / traction_parts if i < n - 1 else 0.0
                    if not hurry:
                        value, by_v = _row_at(vehicle.traction_cost, k, vehicle.cost_step_m_s, v1)
                        cost[i, k] = max(value + extra[i, 0], 0.0)
                        cost_by_e[i, k] = by_v * inverse1 if i < n - 1 else 0.0
                elif k < traction_parts + brake_parts:
                    most[i, k] = electric / brake_parts
                    most_by_e[i, k] = electric_by_v * inverse0 / brake_parts if i > 0 else 0.0
                    if not hurry:
                        value, by_v = _row_at(vehicle.brake_value, k - traction_parts, vehicle.cost_step_m_s, v0)
                        cost[i, k] = min(extra[i, 1] - value, 0.0)
                        cost_by_e[i, k] = -by_v * inverse0 if i > 0 else 0.0
                else:
                    most[i, k] = min(vehicle.friction, vehicle.service)
                if most[i, k] < _FADED_M_S2:
                    most[i, k] = _FADED_M_S2
                    most_by_e[i, k] = 0.0
                if step == 0:
                    if (not regenerates and traction_parts <= k < parts - 1) or (not rubs and k == parts - 1):
                        force[i, k] = -1.0  # marks a force that this train has not got
                    else:
                        sign = 1.0 if k < traction_parts else -1.0
                        left = sign * (need - given)
                        force[i, k] = min(max(left, 0.1 * most[i, k]), 0.9 * most[i, k])
                        given += sign * force[i, k]
                        slack[i, k] = most[i, k] - force[i, k]
                        dual_low[i, k] = barrier / force[i, k]
                        dual_high[i, k] = barrier / slack[i, k]
                if k >= traction_parts and force[i, k] > 0.0:
                    braked[i] += force[i, k]
            if step == 0 and shares:
                spare[i] = max(service[i] - braked[i], 0.05 * service[i])
                dual_spare[i] = barrier / spare[i]
            balance[i] = need
        if step == 0:
            for i in range(n):
                price[i] = 1.0 if not hurry else 0.0
                change = (energy[i + 1] - energy[i]) / cell[i]
                if accelerates:
                    room_up[i] = max(vehicle.acceleration - change, 0.05 * vehicle.acceleration)
                    dual_up[i] = barrier / room_up[i]
                if deceleration[i] < UNLIMITED_M_S2:
                    room_down[i] = max(deceleration[i] + change, 0.05 * deceleration[i])
                    dual_down[i] = barrier / room_down[i]
            for j in range(1, n):
                dual_limit[j] = barrier / (limit[j] - energy[j])
                dual_lowest[j] = barrier / (energy[j] - lowest[j])
        if jerks:
            for j in range(n + 1):
                before = (energy[j] - energy[j - 1]) / cell[j - 1] if j > 0 else 0.0
                after = (energy[j + 1] - energy[j]) / cell[j] if j < n else 0.0
                share_before = 0.5 if j < n else 1.0
                share_after = 0.5 if j > 0 else 1.0
                spell = 0.0
                spell_by = np.zeros(3)
                if j > 0:
                    both = speed[j - 1] + speed[j]
                    spell += share_before * 2.0 * cell[j - 1] / both
                    by_sum = -share_before * 2.0 * cell[j - 1] / (both * both)
                    spell_by[0] += by_sum / max(speed[j - 1], 1e-6)
                    spell_by[1] += by_sum / max(speed[j], 1e-6)
                if j < n:
                    both = speed[j] + speed[j + 1]
                    spell += share_after * 2.0 * cell[j] / both
                    by_sum = -share_after * 2.0 * cell[j] / (both * both)
                    spell_by[1] += by_sum / max(speed[j], 1e-6)
                    spell_by[2] += by_sum / max(speed[j + 1], 1e-6)
                for side in range(2):
                    sign = 1.0 if side == 0 else -1.0
                    gap = jerk * spell - sign * (after - before)
                    jerk_by_e[j, side, 0] = jerk * spell_by[0] - (sign / cell[j - 1] if j > 0 else 0.0)
                    jerk_by_e[j, side, 1] = (
                        jerk * spell_by[1] + (sign / cell[j - 1] if j > 0 else 0.0) + (sign / cell[j] if j < n else 0.0)
                    )
                    jerk_by_e[j, side, 2] = jerk * spell_by[2] - (sign / cell[j] if j < n else 0.0)
                    if step == 0:
                        jerk_room[j, side] = max(gap, 0.1 * jerk * spell)
                        jerk_dual[j, side] = barrier / jerk_room[j, side]
                    jerk_rest[j, side] = gap - jerk_room[j, side]

        # --- residuals and complementarity
        primal = 0.0
        dual = 0.0
        product = 0.0
        count = 0.0
        for j in range(n + 1):
            gradient[j] = time_price * time_by_e[j]
        for i in range(n):
            rest = balance[i]
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
            if accelerates:
                primal = max(primal, abs(vehicle.acceleration - change - room_up[i]))
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
        if jerks:
            for j in range(n + 1):
                weight = 0.5 * ((cell[j - 1] if j > 0 else 0.0) + (cell[j] if j < n else 0.0))
                for side in range(2):
                    primal = max(primal, abs(jerk_rest[j, side]))
                    product += weight * jerk_room[j, side] * jerk_dual[j, side]
                    count += weight
                    for m in range(3):
                        if 0 < j - 1 + m < n:
                            gradient[j - 1 + m] -= weight * jerk_dual[j, side] * jerk_by_e[j, side, m]
        for j in range(1, n):
            weight = node_weight[j]
            gradient[j] += weight * (dual_limit[j] - dual_lowest[j])
            dual = max(dual, abs(gradient[j]) / weight * min(energy[j], 1.0))
            product += weight * ((limit[j] - energy[j]) * dual_limit[j] + (energy[j] - lowest[j]) * dual_lowest[j])
            count += 2.0 * weight
        average = product / count
        late = 0.0 if hurry else total_time - wanted_time
        result[1] = step
        result[2] = time_price
        result[3] = max(primal, abs(late) / max(wanted_time, 1.0))
        result[4] = dual
        result[5] = average
        final = _FINAL_BARRIER_CAREFUL if careful else _FINAL_BARRIER
        if average < final and result[3] < _PRIMAL_TOLERANCE and dual < _DUAL_TOLERANCE:
            result[0] = 1.0
            break
        if step == most_steps:
            break
        if step == 0:
            shrink = 0.5
        if careful:
            shrink = max(shrink, 0.5)
            if result[3] > 10.0 * average:
                shrink = 1.0
        barrier = max(shrink * average, 0.2 * final)

        # --- Newton system in e
        for j in range(n - 1):
            diagonal[j] = 0.0
            first[j] = 0.0
            second[j] = 0.0
            border[j] = time_by_e[j + 1]
            node = j + 1
            weight = node_weight[node]
            above = limit[node] - energy[node]
            below = energy[node] - lowest[node]
            diagonal[j] += weight * (dual_limit[node] / above + dual_lowest[node] / below)
            right[j] = -(weight * (barrier / above - barrier / below) + time_price * time_by_e[node])
        for i in range(n):
            turned_first = by_first[i]
            turned_second = by_second[i]
            size = 0.0
            rest = balance[i]
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
                step_size[i, k] = d
                offset[i, k] = r
                rest -= sign * force[i, k]
                yields = stiffness * most_by_e[i, k] - cost_by_e[i, k]
                moved = yields * d
                pressure = (
                    cost_by_e[i, k] * force[i, k]
                    - most_by_e[i, k] * (barrier / slack[i, k] - stiffness * miss)
                    + moved * r
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
            balance[i] = rest
            sum_size[i] = size
            answer_first[i] = turned_first
            answer_second[i] = turned_second
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
            up = dual_up[i] / room_up[i] if accelerates else 0.0
            down = dual_down[i] / room_down[i] if deceleration[i] < UNLIMITED_M_S2 else 0.0
            change = (energy[i + 1] - energy[i]) / cell[i]
            squeeze = 0.0
            if accelerates:
                squeeze += barrier / room_up[i] - up * (vehicle.acceleration - change - room_up[i])
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
        if jerks:
            for j in range(n + 1):
                weight = 0.5 * ((cell[j - 1] if j > 0 else 0.0) + (cell[j] if j < n else 0.0))
                for side in range(2):
                    stiffness = jerk_dual[j, side] / jerk_room[j, side]
                    pull = barrier / jerk_room[j, side] - stiffness * jerk_rest[j, side]
                    for m in range(3):
                        row = j - 2 + m
                        if 0 <= row < n - 1:
                            right[row] += weight * pull * jerk_by_e[j, side, m]
                            diagonal[row] += weight * stiffness * jerk_by_e[j, side, m] ** 2
                            if m < 2 and row + 1 < n - 1:
                                first[row] += weight * stiffness * jerk_by_e[j, side, m] * jerk_by_e[j, side, m + 1]
                            if m < 1 and row + 2 < n - 1:
                                second[row] += weight * stiffness * jerk_by_e[j, side, 0] * jerk_by_e[j, side, 2]
        _solve_banded(diagonal, first, second, right, border)
        d_price_of_time = 0.0
        if not hurry:
            along = 0.0
            against = 0.0
            for j in range(n - 1):
                along += time_by_e[j + 1] * right[j]
                against += time_by_e[j + 1] * border[j]
            d_price_of_time = (late + along) / against
        for j in range(n - 1):
            d_energy[j + 1] = right[j] - d_price_of_time * border[j]

        # --- back to forces, slacks, duals; the longest step that keeps all of them positive
        step_primal = 1.0
        step_dual = 1.0
        for j in range(1, n):
            above = limit[j] - energy[j]
            below = energy[j] - lowest[j]
            move = d_energy[j]
            if move > 0.0:
                step_primal = min(step_primal, _KEEP_AWAY * above / move)
                if careful:
                    step_primal = min(step_primal, 0.5 * energy[j] / move)
            elif move < 0.0:
                step_primal = min(step_primal, -_KEEP_AWAY * below / move)
                step_primal = min(step_primal, -(0.3 if careful else 0.7) * energy[j] / move)
            change = barrier / above - dual_limit[j] + dual_limit[j] / above * move
            if change < 0.0:
                step_dual = min(step_dual, -_KEEP_AWAY * dual_limit[j] / change)
            change = barrier / below - dual_lowest[j] - dual_lowest[j] / below * move
            if change < 0.0:
                step_dual = min(step_dual, -_KEEP_AWAY * dual_lowest[j] / change)
        for i in range(n):
            d_price = (balance[i] + answer_first[i] * d_energy[i] + answer_second[i] * d_energy[i + 1]) / sum_size[i]
            balance[i] = d_price  # kept for the update below
            d_worth = d_price
            if shares:
                d_worth = soften[i] * d_price + brake_push[i] - brake_lift[i] * d_energy[i]
            d_braked = 0.0
            for k in range(parts):
                if force[i, k] < 0.0:
                    continue
                sign = 1.0 if k < traction_parts else -1.0
                node = i + 1 if k < traction_parts else i
                stiffness = dual_high[i, k] / slack[i, k]
                miss = most[i, k] - force[i, k] - slack[i, k]
                shift = most_by_e[i, k] * d_energy[node]
                drive = d_price if k < traction_parts else -d_worth
                df = (drive - offset[i, k] + stiffness * shift - cost_by_e[i, k] * d_energy[node]) * step_size[i, k]
                if k >= traction_parts:
                    d_braked += df
                ds = miss + shift - df
                d_force[i, k] = df
                d_slack[i, k] = ds
                if df < 0.0:
                    step_primal = min(step_primal, -_KEEP_AWAY * force[i, k] / df)
                if ds < 0.0:
                    step_primal = min(step_primal, -_KEEP_AWAY * slack[i, k] / ds)
                change = barrier / force[i, k] - dual_low[i, k] - dual_low[i, k] / force[i, k] * df
                if change < 0.0:
                    step_dual = min(step_dual, -_KEEP_AWAY * dual_low[i, k] / change)
                change = barrier / slack[i, k] - dual_high[i, k] - stiffness * ds
                if change < 0.0:
                    step_dual = min(step_dual, -_KEEP_AWAY * dual_high[i, k] / change)
            if shares:
                ds = service[i] - braked[i] - spare[i] + service_by_e[i] * d_energy[i] - d_braked
                d_spare[i] = ds
                if ds < 0.0:
                    step_primal = min(step_primal, -_KEEP_AWAY * spare[i] / ds)
                change = barrier / spare[i] - dual_spare[i] - dual_spare[i] / spare[i] * ds
                if change < 0.0:
                    step_dual = min(step_dual, -_KEEP_AWAY * dual_spare[i] / change)
            change_now = (energy[i + 1] - energy[i]) / cell[i]
            d_change = (d_energy[i + 1] - d_energy[i]) / cell[i]
            if accelerates:
                ds = vehicle.acceleration - change_now - room_up[i] - d_change
                if ds < 0.0:
                    step_primal = min(step_primal, -_KEEP_AWAY * room_up[i] / ds)
                change = barrier / room_up[i] - dual_up[i] - dual_up[i] / room_up[i] * ds
                if change < 0.0:
                    step_dual = min(step_dual, -_KEEP_AWAY * dual_up[i] / change)
            if deceleration[i] < UNLIMITED_M_S2:
                ds = deceleration[i] + change_now - room_down[i] + d_change
                if ds < 0.0:
                    step_primal = min(step_primal, -_KEEP_AWAY * room_down[i] / ds)
                change = barrier / room_down[i] - dual_down[i] - dual_down[i] / room_down[i] * ds
                if change < 0.0:
                    step_dual = min(step_dual, -_KEEP_AWAY * dual_down[i] / change)
        if jerks:
            for j in range(n + 1):
                for side in range(2):
                    ds = jerk_rest[j, side]
                    for m in range(3):
                        if 0 < j - 1 + m < n:
                            ds += jerk_by_e[j, side, m] * d_energy[j - 1 + m]
                    d_jerk_room[j, side] = ds
                    room = jerk_room[j, side]
                    if ds < 0.0:
                        step_primal = min(step_primal, -_KEEP_AWAY * room / ds)
                    change = barrier / room - jerk_dual[j, side] - jerk_dual[j, side] / room * ds
                    if change < 0.0:
                        step_dual = min(step_dual, -_KEEP_AWAY * jerk_dual[j, side] / change)

        if careful:
            # Newton's method swings where a limit bends the wrong way; shorter steps let it settle.
            step_primal *= _RELAXED
            step_dual *= _RELAXED

        # --- take the step
        for i in range(n):
            change_now = (energy[i + 1] - energy[i]) / cell[i]
            d_change = (d_energy[i + 1] - d_energy[i]) / cell[i]
            for k in range(parts):
                if force[i, k] < 0.0:
                    continue
                df, ds = d_force[i, k], d_slack[i, k]
                low, high = dual_low[i, k], dual_high[i, k]
                dual_low[i, k] += step_dual * (barrier / force[i, k] - low - low / force[i, k] * df)
                dual_high[i, k] += step_dual * (barrier / slack[i, k] - high - high / slack[i, k] * ds)
                force[i, k] += step_primal * df
                slack[i, k] += step_primal * ds
            if accelerates:
                ds = vehicle.acceleration - change_now - room_up[i] - d_change
                dual_up[i] += step_dual * (barrier / room_up[i] - dual_up[i] - dual_up[i] / room_up[i] * ds)
                room_up[i] += step_primal * ds
            if deceleration[i] < UNLIMITED_M_S2:
                ds = deceleration[i] + change_now - room_down[i] + d_change
                dual_down[i] += step_dual * (barrier / room_down[i] - dual_down[i] - dual_down[i] / room_down[i] * ds)
                room_down[i] += step_primal * ds
            if shares:
                ds = d_spare[i]
                dual_spare[i] += step_dual * (barrier / spare[i] - dual_spare[i] - dual_spare[i] / spare[i] * ds)
                spare[i] += step_primal * ds
            price[i] += step_primal * balance[i]
        if jerks:
            for j in range(n + 1):
                for side in range(2):
                    room, ds = jerk_room[j, side], d_jerk_room[j, side]
                    jerk_dual[j, side] += step_dual * (barrier / room - jerk_dual[j, side] * (1.0 + ds / room))
                    jerk_room[j, side] += step_primal * ds
        for j in range(1, n):
            above = limit[j] - energy[j]
            below = energy[j] - lowest[j]
            dual_limit[j] += step_dual * (barrier / above - dual_limit[j] + dual_limit[j] / above * d_energy[j])
            dual_lowest[j] += step_dual * (barrier / below - dual_lowest[j] - dual_lowest[j] / below * d_energy[j])
            energy[j] += step_primal * d_energy[j]
        time_price += step_primal * d_price_of_time
        shortest = min(step_primal, step_dual) / (_RELAXED if careful else 1.0)
        shrink = 0.1 if shortest > 0.9 else (0.25 if shortest > 0.5 else (0.5 if shortest > 0.1 else 0.9))
    return result
