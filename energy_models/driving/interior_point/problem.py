"""The given values and the unknowns as flat arrays for compiled code: cells in rows, parts of the force in columns.

Energies are kinetic, per kg of inertial mass; forces are in N per kg (m/s²). Every limit has a slack (`slack`, `spare`,
`room`) and a dual, and both stay above zero.
"""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating
from energy_models.driving.vehicle import UNLIMITED_M_S2, Vehicle

_UNLIMITED_JERK_M_S3 = 1e6


class Problem(NamedTuple):
    """One section, train and running time; with a running time of zero (`hurries`) the objective is the shortest time.

    `extra` is added to the price of traction (column 0) and of the electric brake (column 1) in each cell; `node_m` is
    half of the cells beside each node. Columns of forces: traction, then the electric brake, then friction.
    """

    cell_m: FloatArray
    node_m: FloatArray
    grade_m_s2: FloatArray
    limit_j_kg: FloatArray
    lowest_j_kg: FloatArray
    deceleration_m_s2: FloatArray
    vehicle: Vehicle
    extra: FloatArray
    jerk_m_s3: float
    wanted_time_s: float
    hurries: bool
    careful: bool
    accelerates: bool
    jerks: bool
    traction_parts: int
    brake_parts: int


@allocating(error_model="numpy")
def problem_of(  # pragma: no cover
    cell: FloatArray, grade: FloatArray, limit: FloatArray, lowest: FloatArray, deceleration: FloatArray,
    vehicle: Vehicle, extra: FloatArray, jerk: float, wanted_time: float, careful: bool,
) -> Problem:  # fmt: skip
    """The problem with the values that follow from the arguments."""
    n = cell.size
    node = np.empty(n + 1)
    for j in range(n + 1):
        node[j] = 0.5 * ((cell[j - 1] if j > 0 else 0.0) + (cell[j] if j < n else 0.0))
    return Problem(
        cell, node, grade, limit, lowest, deceleration, vehicle, extra, jerk, wanted_time, wanted_time <= 0.0, careful,
        vehicle.acceleration < UNLIMITED_M_S2, jerk < _UNLIMITED_JERK_M_S3,
        vehicle.traction_cost.shape[0], vehicle.brake_value.shape[0],
    )  # fmt: skip


class Point(NamedTuple):
    """The present point of the iteration; a negative force marks a part that this train does not have.

    `price` is the dual of the balance of forces in a cell; `braked` is the force of all brakes together, `spare` the
    unused part of the service brake; `room_up` and `room_down` are the distances to the limits of net acceleration and
    deceleration. Rows of the jerk limit belong to the nodes and have two sides.
    """

    energy: FloatArray
    dual_limit: FloatArray
    dual_lowest: FloatArray
    force: FloatArray
    slack: FloatArray
    dual_low: FloatArray
    dual_high: FloatArray
    price: FloatArray
    braked: FloatArray
    spare: FloatArray
    dual_spare: FloatArray
    room_up: FloatArray
    dual_up: FloatArray
    room_down: FloatArray
    dual_down: FloatArray
    jerk_room: FloatArray
    jerk_dual: FloatArray


class Direction(NamedTuple):
    """The change of each part of the `Point` with the same name by a full step, within the linearisation."""

    energy: FloatArray
    dual_limit: FloatArray
    dual_lowest: FloatArray
    force: FloatArray
    slack: FloatArray
    dual_low: FloatArray
    dual_high: FloatArray
    price: FloatArray
    spare: FloatArray
    dual_spare: FloatArray
    room_up: FloatArray
    dual_up: FloatArray
    room_down: FloatArray
    dual_down: FloatArray
    jerk_room: FloatArray


@allocating(error_model="numpy")
def no_direction(n: int, parts: int) -> Direction:  # pragma: no cover
    """Empty arrays of a direction over n cells."""
    return Direction(
        np.zeros(n + 1), np.zeros(n + 1), np.zeros(n + 1), np.zeros((n, parts)), np.zeros((n, parts)),
        np.zeros((n, parts)), np.zeros((n, parts)), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n),
        np.zeros(n), np.zeros(n), np.zeros((n + 1, 2)),
    )  # fmt: skip
