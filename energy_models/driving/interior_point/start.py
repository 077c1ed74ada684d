"""The first point of the iteration: forces from a guess of the run, slacks and duals from the barrier."""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating
from energy_models.driving.interior_point.problem import Point, Problem
from energy_models.driving.interior_point.train_at_point import TrainAtPoint
from energy_models.driving.vehicle import UNLIMITED_M_S2


@allocating(error_model="numpy")
def first_point(  # pragma: no cover
    problem: Problem, train: TrainAtPoint, energy: FloatArray, barrier: float
) -> Point:
    """The point at a guess of the energies (the same array); parts of the force are used in their order."""
    cell, limit, lowest, vehicle = problem.cell_m, problem.limit_j_kg, problem.lowest_j_kg, problem.vehicle
    deceleration, traction_parts = problem.deceleration_m_s2, problem.traction_parts
    parts = traction_parts + problem.brake_parts + 1
    most, service = train.most, train.service
    regenerates = vehicle.regenerates
    rubs = vehicle.friction > 0.0
    n = cell.size
    dual_limit, dual_lowest = np.zeros(n + 1), np.zeros(n + 1)
    force, slack = np.zeros((n, parts)), np.zeros((n, parts))
    dual_low, dual_high = np.zeros((n, parts)), np.zeros((n, parts))
    price, braked = np.zeros(n), np.zeros(n)
    spare, dual_spare = np.ones(n), np.zeros(n)
    room_up, dual_up = np.ones(n), np.zeros(n)
    room_down, dual_down = np.ones(n), np.zeros(n)
    jerk_room, jerk_dual = np.ones((n + 1, 2)), np.zeros((n + 1, 2))
    for i in range(n):
        given = 0.0
        for k in range(parts):
            if (not regenerates and traction_parts <= k < parts - 1) or (not rubs and k == parts - 1):
                force[i, k] = -1.0
                continue
            sign = 1.0 if k < traction_parts else -1.0
            left = sign * (train.need[i] - given)
            force[i, k] = min(max(left, 0.1 * most[i, k]), 0.9 * most[i, k])
            given += sign * force[i, k]
            slack[i, k] = most[i, k] - force[i, k]
            dual_low[i, k] = barrier / force[i, k]
            dual_high[i, k] = barrier / slack[i, k]
            if k >= traction_parts:
                braked[i] += force[i, k]
        if vehicle.shares:
            spare[i] = max(service[i] - braked[i], 0.05 * service[i])
            dual_spare[i] = barrier / spare[i]
        price[i] = 1.0 if not problem.hurries else 0.0
        change = (energy[i + 1] - energy[i]) / cell[i]
        if problem.accelerates:
            room_up[i] = max(vehicle.acceleration - change, 0.05 * vehicle.acceleration)
            dual_up[i] = barrier / room_up[i]
        if deceleration[i] < UNLIMITED_M_S2:
            room_down[i] = max(deceleration[i] + change, 0.05 * deceleration[i])
            dual_down[i] = barrier / room_down[i]
    for j in range(1, n):
        dual_limit[j] = barrier / (limit[j] - energy[j])
        dual_lowest[j] = barrier / (energy[j] - lowest[j])
    if problem.jerks:
        for j in range(n + 1):
            for side in range(2):
                jerk_room[j, side] = max(train.jerk_gap[j, side], 0.1 * problem.jerk_m_s3 * train.spell_s[j])
                jerk_dual[j, side] = barrier / jerk_room[j, side]
    return Point(
        energy, dual_limit, dual_lowest, force, slack, dual_low, dual_high, price, braked, spare, dual_spare,
        room_up, dual_up, room_down, dual_down, jerk_room, jerk_dual,
    )  # fmt: skip
