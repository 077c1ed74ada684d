"""The train at the energies of the present point: resistance, largest forces, prices, times, with derivatives.

Limits that are not convex (power over speed) are linearised again in every step; each linearisation is below the limit.
"""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating, kernel
from energy_models.driving.interior_point.problem import Problem
from energy_models.driving.motion import brake_at, electric_brake_at, traction_at

# A force that fades to zero keeps this value; otherwise the run could not reach speeds at which the force is zero.
_FADED_M_S2 = 2e-4


class TrainAtPoint(NamedTuple):
    """Values and derivatives by energy (`by_e`; in a cell `by_first` and `by_second`, for the node it begins and ends).

    `need` is the force at the wheel that a cell needs, `bend` its second derivatives; `most` and `cost` are limit and
    price of each part of a force, `service` the limit of all brakes together. `jerk_gap` is the distance to the jerk
    limit on both sides, `spell_s` the time over which the jerk of a node is spread.
    """

    speed: FloatArray
    time_by_e: FloatArray
    need: FloatArray
    by_first: FloatArray
    by_second: FloatArray
    bend_first: FloatArray
    bend_second: FloatArray
    most: FloatArray
    most_by_e: FloatArray
    cost: FloatArray
    cost_by_e: FloatArray
    service: FloatArray
    service_by_e: FloatArray
    spell_s: FloatArray
    jerk_gap: FloatArray
    jerk_by_e: FloatArray


@allocating(error_model="numpy")
def no_train(n: int, parts: int) -> TrainAtPoint:  # pragma: no cover
    """Empty arrays of the train over n cells."""
    return TrainAtPoint(
        np.zeros(n + 1), np.zeros(n + 1), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n),
        np.zeros((n, parts)), np.zeros((n, parts)), np.zeros((n, parts)), np.zeros((n, parts)), np.zeros(n),
        np.zeros(n), np.zeros(n + 1), np.zeros((n + 1, 2)), np.zeros((n + 1, 2, 3)),
    )  # fmt: skip


@kernel(error_model="numpy")
def _row_at(table: FloatArray, row: int, step: float, speed: float) -> tuple[float, float]:  # pragma: no cover
    """Value of a table's row at a speed and its derivative by speed, linear between columns."""
    last = table.shape[1] - 1
    place = speed / step
    if place >= last:
        return table[row, last], 0.0
    k = int(place)
    slope = table[row, k + 1] - table[row, k]
    return table[row, k] + slope * (place - k), slope / step


@kernel(error_model="numpy")
def linearise(  # noqa: PLR0915  # pragma: no cover
    problem: Problem, energy: FloatArray, train: TrainAtPoint
) -> float:
    """Fill `train` at these energies; returns the running time in s."""
    cell, grade, extra, vehicle = problem.cell_m, problem.grade_m_s2, problem.extra, problem.vehicle
    traction_parts, brake_parts, hurry = problem.traction_parts, problem.brake_parts, problem.hurries
    speed, time_by_e, need = train.speed, train.time_by_e, train.need
    by_first, by_second, bend_first, bend_second = train.by_first, train.by_second, train.bend_first, train.bend_second
    most, most_by_e, cost, cost_by_e = train.most, train.most_by_e, train.cost, train.cost_by_e
    service, service_by_e = train.service, train.service_by_e
    n = cell.size
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
        need[i] = (energy[i + 1] - energy[i]) / cell[i] + resistance + grade[i]
        pull, pull_by_v = traction_at(v1, vehicle)
        electric, electric_by_v = electric_brake_at(v0, vehicle)
        brakes, brakes_by_v = brake_at(v0, vehicle)
        service[i] = max(brakes, _FADED_M_S2)
        service_by_e[i] = brakes_by_v * inverse0 if i > 0 else 0.0
        for k in range(traction_parts + brake_parts + 1):
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
    if problem.jerks:
        _linearise_jerk(problem, energy, train)
    return total_time


@allocating(error_model="numpy")
def _linearise_jerk(problem: Problem, energy: FloatArray, train: TrainAtPoint) -> None:  # pragma: no cover
    """Fill the jerk rows: jerk · spell ± (change of acceleration at the node) stays above zero."""
    cell, jerk, speed = problem.cell_m, problem.jerk_m_s3, train.speed
    spell_s, jerk_gap, jerk_by_e = train.spell_s, train.jerk_gap, train.jerk_by_e
    n = cell.size
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
        spell_s[j] = spell
        for side in range(2):
            sign = 1.0 if side == 0 else -1.0
            gap = jerk * spell - sign * (after - before)
            jerk_by_e[j, side, 0] = jerk * spell_by[0] - (sign / cell[j - 1] if j > 0 else 0.0)
            jerk_by_e[j, side, 1] = (
                jerk * spell_by[1] + (sign / cell[j - 1] if j > 0 else 0.0) + (sign / cell[j] if j < n else 0.0)
            )
            jerk_by_e[j, side, 2] = jerk * spell_by[2] - (sign / cell[j] if j < n else 0.0)
            jerk_gap[j, side] = gap
