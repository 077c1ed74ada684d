"""The train at one load as input of the compiled kernels: all values per kilogram of inertial mass."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.curves import table_of
from energy_models.train import GRAVITY_M_S2, Efficiency, ForceCurve, Train

UNLIMITED_M_S2 = 30.0  # an acceleration that no train reaches stands for "no limit"
_UNREACHED = 1e9
_TABLE_STEP_M_S = 0.02
_MAP_PIECES = 4
_MAP_SPEEDS = 33
_VEHICLES_KEPT = 256  # a plan puts some twenty loads on hundreds of sections


class Vehicle(NamedTuple):
    """One train at one load, forces in N per kg of inertial mass (m/s²).

    `traction_cost[k, j]` is the collector energy for each joule of traction work in the k-th equal part of the effort
    available at the j-th speed (speeds are `cost_step_m_s` apart), rising with k; `brake_value[k, j]` is the collector
    energy that each joule of electric braking regenerates, falling with k. A constant efficiency has one part. The
    tables of forces have a row (force, its derivative by speed) for each `table_step_m_s`; `electric_brake` is without
    the fade towards standstill if there is a friction brake, `brakes` is the largest force of all brakes together.
    `shares`: the brakes together are stronger than the service brake.
    """

    inertia_kg: float
    weight: float
    resistance_a: float
    resistance_b: float
    resistance_c: float
    acceleration: float
    deceleration: float
    table_step_m_s: float
    traction: FloatArray
    electric_brake: FloatArray
    brakes: FloatArray
    regenerates: bool
    shares: bool
    friction: float
    service: float
    cost_step_m_s: float
    traction_cost: FloatArray
    brake_value: FloatArray


@lru_cache(maxsize=_VEHICLES_KEPT)
def vehicle_of(train: Train, passengers: float, regeneration_credit: float = 1.0) -> Vehicle:
    """The train at that load; a regenerated joule at the collector counts as `regeneration_credit` drawn joules."""
    inertia = train.effective_mass_kg(passengers)
    constant, linear, quadratic = train.resistance_n
    step = train.maximum_speed_m_s / (_MAP_SPEEDS - 1)
    speeds: FloatArray = np.arange(_MAP_SPEEDS, dtype=np.float64) * step
    friction = min(train.friction_brake_force_n / inertia, UNLIMITED_M_S2)
    service = min(train.service_brake_force_n / inertia, UNLIMITED_M_S2)
    envelope = _without_fade(train)
    fades = bool(np.any(envelope > train.electric_brake.force_n))
    highest = float(train.electric_brake.force_n.max()) / inertia
    rows = int(np.ceil((train.maximum_speed_m_s + 1.0) / _TABLE_STEP_M_S)) + 1
    return Vehicle(
        inertia_kg=inertia,
        weight=train.mass_kg(passengers) * GRAVITY_M_S2 / inertia,
        resistance_a=constant / inertia,
        resistance_b=linear / inertia,
        resistance_c=quadratic / inertia,
        acceleration=min(train.maximum_acceleration_m_s2, UNLIMITED_M_S2),
        deceleration=min(train.maximum_deceleration_m_s2, UNLIMITED_M_S2),
        table_step_m_s=_TABLE_STEP_M_S,
        traction=_table(train.traction, train.traction.force_n, inertia, rows),
        electric_brake=_table(train.electric_brake, envelope, inertia, rows, most=service),
        brakes=_table(train.electric_brake, train.electric_brake.force_n, inertia, rows, more=friction, most=service),
        regenerates=highest > 0.0,
        shares=highest > 0.0 and friction > 0.0 and (fades or service < highest + friction),
        friction=friction,
        service=service,
        cost_step_m_s=step,
        traction_cost=_traction_cost(train.traction_efficiency, train.traction, speeds),
        brake_value=regeneration_credit * _brake_value(train.regeneration_efficiency, train.electric_brake, speeds),
    )


def _without_fade(train: Train) -> FloatArray:
    """Electric brake forces that never rise with speed.

    The fade towards standstill reduces the regenerated energy of every run that stops by nearly the same amount. If
    there is a friction brake, the search therefore ignores the fade; the energy of the resulting run includes the fade.
    """
    force = train.electric_brake.force_n
    return np.maximum.accumulate(force[::-1])[::-1] if train.friction_brake_force_n > 0 else force


def _table(
    curve: ForceCurve, force_n: FloatArray, inertia_kg: float, rows: int, more: float = 0.0, most: float = _UNREACHED
) -> FloatArray:
    # Copies: numba would compile a second version for read-only arrays.
    speed, force = np.array(curve.speed_m_s), np.array(force_n / inertia_kg)
    power = min(curve.power_w / inertia_kg, _UNREACHED)
    return np.asarray(table_of(_TABLE_STEP_M_S, rows, speed, force, power, more, most))


def efficiency_at(efficiency: Efficiency, force_n: FloatArray, speed_m_s: FloatArray) -> FloatArray:
    """Share at each force and speed: bilinear inside the map, constant beyond its edges."""
    if efficiency.is_constant:
        return np.full(np.broadcast(force_n, speed_m_s).shape, float(efficiency.share.flat[0]))
    row, row_share = _place(efficiency.force_n, np.asarray(force_n))
    column, column_share = _place(efficiency.speed_m_s, np.asarray(speed_m_s))
    next_row = np.minimum(row + 1, efficiency.force_n.size - 1)
    next_column = np.minimum(column + 1, efficiency.speed_m_s.size - 1)
    share = efficiency.share
    low = share[row, column] * (1 - column_share) + share[row, next_column] * column_share
    high = share[next_row, column] * (1 - column_share) + share[next_row, next_column] * column_share
    return np.asarray(low * (1 - row_share) + high * row_share)


def _place(grid: FloatArray, value: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Index of the grid point at or below each value, and the share of the way to the next."""
    if grid.size == 1:
        return np.zeros(np.shape(value), dtype=np.int64), np.zeros(np.shape(value))
    index = np.clip(np.searchsorted(grid, value, side="right") - 1, 0, grid.size - 2)
    return index, np.clip((value - grid[index]) / (grid[index + 1] - grid[index]), 0.0, 1.0)


def _traction_cost(efficiency: Efficiency, curve: ForceCurve, speeds: FloatArray) -> FloatArray:
    """Slopes of the convex hull of power drawn over power at the wheel, part by part (rows) and speed (columns)."""
    if efficiency.is_constant:
        return np.full((1, speeds.size), 1.0 / float(efficiency.share.flat[0]))
    return _hull_slopes(efficiency, curve, speeds, motoring=True)


def _brake_value(efficiency: Efficiency, curve: ForceCurve, speeds: FloatArray) -> FloatArray:
    """Slopes of the concave hull of regenerated power over braking power."""
    if efficiency.is_constant:
        return np.full((1, speeds.size), float(efficiency.share.flat[0]))
    return _hull_slopes(efficiency, curve, speeds, motoring=False)


def _hull_slopes(efficiency: Efficiency, curve: ForceCurve, speeds: FloatArray, *, motoring: bool) -> FloatArray:
    share_of_effort = np.linspace(0.0, 1.0, 8 * _MAP_PIECES + 1)
    slopes = np.empty((_MAP_PIECES, speeds.size))
    for column, speed in enumerate(speeds):
        force = share_of_effort * float(curve.at(speed))
        share = np.maximum(efficiency_at(efficiency, force, np.full(force.shape, speed)), 1e-3)
        energy = share_of_effort / share if motoring else -share_of_effort * share
        at_knots = np.interp(np.linspace(0.0, 1.0, _MAP_PIECES + 1), *_lower_hull(share_of_effort, energy))
        slopes[:, column] = np.diff(at_knots) * _MAP_PIECES * (1.0 if motoring else -1.0)
    return slopes


def _lower_hull(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Corners of the lower convex hull (Andrew's monotone chain)."""
    kept: list[int] = []
    for point in range(x.size):
        while len(kept) > 1:
            first, second = kept[-2], kept[-1]
            turn = (x[second] - x[first]) * (y[point] - y[first]) - (y[second] - y[first]) * (x[point] - x[first])
            if turn > 0:
                break
            kept.pop()
        kept.append(point)
    return x[kept], y[kept]
