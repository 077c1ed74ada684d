"""Compiled motion over a mesh: forces at a speed, the fastest run under limits, time and energy of a run.

Kinetic energy per unit of inertial mass e = v²/2 is linear within a cell, so that `(e1 - e0)/cell + (A + B v + C v²) +
weight · slope = traction - brake` holds with the resistance averaged over the cell exactly. Traction keeps the limit of
the speed at the end of the cell, braking the limit of the speed at its begin. These are the higher speeds, at which
curves and power allow less, so no limit is exceeded inside a cell.
"""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.compiled import allocating, kernel
from energy_models.driving.vehicle import Vehicle

_NEWTON_STEPS = 60


@kernel(error_model="numpy")
def _look_up(speed: float, step: float, table: FloatArray) -> tuple[float, float]:  # pragma: no cover
    """Force and its derivative by speed from a table with one row for each step of speed, linear between rows."""
    place = speed / step
    last = table.shape[0] - 1
    if place >= last:
        return table[last, 0], 0.0
    k = int(place)
    share = place - k
    return (
        table[k, 0] + share * (table[k + 1, 0] - table[k, 0]),
        table[k, 1] + share * (table[k + 1, 1] - table[k, 1]),
    )


@kernel(error_model="numpy")
def traction_at(speed: float, vehicle: Vehicle) -> tuple[float, float]:  # pragma: no cover
    """Largest traction at a speed and its derivative by speed."""
    return _look_up(speed, vehicle.table_step_m_s, vehicle.traction)


@kernel(error_model="numpy")
def electric_brake_at(speed: float, vehicle: Vehicle) -> tuple[float, float]:  # pragma: no cover
    """Largest electric braking at a speed without its fade, within the service brake, and its derivative by speed."""
    return _look_up(speed, vehicle.table_step_m_s, vehicle.electric_brake)


@kernel(error_model="numpy")
def brake_at(speed: float, vehicle: Vehicle) -> tuple[float, float]:  # pragma: no cover
    """Largest braking, electric and friction together within the service brake, and its derivative by speed."""
    return _look_up(speed, vehicle.table_step_m_s, vehicle.brakes)


@kernel(error_model="numpy")
def resistance_between(first: float, second: float, vehicle: Vehicle) -> float:  # pragma: no cover
    """Running resistance averaged over a cell between two speeds (not both zero)."""
    total = first + second
    return (
        vehicle.resistance_a
        + vehicle.resistance_b * (2.0 / 3.0) * (total - first * second / total)
        + vehicle.resistance_c * 0.5 * (first * first + second * second)
    )


@kernel(error_model="numpy")
def _next_energy(energy: float, cell: float, grade: float, vehicle: Vehicle) -> float:  # pragma: no cover
    """Kinetic energy after a cell of full traction; zero or less if the train stalls."""
    speed = np.sqrt(2.0 * energy)
    low, high = 0.0, energy + cell * vehicle.acceleration
    target = high
    for _ in range(_NEWTON_STEPS):
        end = np.sqrt(2.0 * target)
        force, slope = traction_at(end, vehicle)
        gap = (target - energy) / cell + resistance_between(speed, end, vehicle) + grade - force
        if gap > 0.0:
            high = target
        else:
            low = target
            if target >= high:
                return target  # the acceleration limit holds
        derivative = 1.0 / cell + vehicle.resistance_c - slope / max(end, 1e-6)
        step = gap / derivative
        if abs(step) < 1e-13 * (1.0 + target) or high - low < 1e-13:
            break
        target -= step
        if not (low < target < high):
            target = 0.5 * (low + high)
    return target if target > 1e-9 else 0.0


@kernel(error_model="numpy")
def _energy_before(energy: float, cell: float, grade: float, vehicle: Vehicle) -> float:  # pragma: no cover
    """Highest kinetic energy before a cell from which braking reaches `energy` at its end; zero if there is none."""
    speed = np.sqrt(2.0 * energy)
    low, high = 0.0, energy + cell * vehicle.deceleration
    target = high
    for _ in range(_NEWTON_STEPS):
        begin = np.sqrt(2.0 * target)
        force, slope = brake_at(begin, vehicle)
        gap = (energy - target) / cell + resistance_between(begin, speed, vehicle) + grade + force
        if gap < 0.0:
            high = target
        else:
            low = target
            if target >= high:
                return target  # the deceleration limit holds
        derivative = -1.0 / cell + vehicle.resistance_c + slope / max(begin, 1e-6)
        if derivative < 0.0:
            step = gap / derivative
            if abs(step) < 1e-13 * (1.0 + target) or high - low < 1e-13:
                break
            target -= step
        else:
            target = -1.0
        if not (low < target < high):
            target = 0.5 * (low + high)
    return target if target > 1e-9 else 0.0


@kernel(error_model="numpy")
def braking_ceiling(  # pragma: no cover
    cell: FloatArray, grade: FloatArray, limit: FloatArray, final: float, vehicle: Vehicle, ceiling: FloatArray
) -> int:
    """Fill the highest kinetic energy at each node from which the train can keep every later limit and the stop.

    Returns -1, or the cell in which the brakes cannot hold the train.
    """
    count = cell.size
    ceiling[count] = min(limit[count], final)
    for i in range(count - 1, -1, -1):
        ceiling[i] = min(limit[i], _energy_before(ceiling[i + 1], cell[i], grade[i], vehicle))
        if ceiling[i] <= 0.0:
            return i
    return -1


@kernel(error_model="numpy")
def fastest(  # pragma: no cover
    cell: FloatArray, grade: FloatArray, ceiling: FloatArray, initial: float, vehicle: Vehicle, energy: FloatArray
) -> int:
    """Fill the kinetic energies of the fastest run below a ceiling.

    Returns -1, or the cell in which the train stalls.
    """
    energy[0] = initial
    for i in range(cell.size):
        reached = _next_energy(energy[i], cell[i], grade[i], vehicle)
        if reached <= 0.0:
            return i
        energy[i + 1] = min(reached, ceiling[i + 1])
    return -1


@kernel(error_model="numpy")
def running_time(cell: FloatArray, energy: FloatArray) -> float:  # pragma: no cover
    """Time of a run: cells are passed at constant acceleration, in 2 cell / (v0 + v1)."""
    total = 0.0
    before = np.sqrt(2.0 * energy[0])
    for i in range(cell.size):
        after = np.sqrt(2.0 * energy[i + 1])
        total += 2.0 * cell[i] / (before + after)
        before = after
    return total


@allocating(error_model="numpy")
def fastest_in_time(  # noqa: PLR0912, PLR0915  # pragma: no cover
    cell: FloatArray, grade: FloatArray, limit: FloatArray, boundary: float, vehicle: Vehicle, wanted: float,
    tolerance: float, energy: FloatArray,
) -> float:  # fmt: skip
    """Find the constant cap with which the fastest run has the given time; `energy` contains the flat-out run.

    Returns the time of the run that is then in `energy`: the given time, or the longest time of any cap (with a lower
    cap the train stalls or the brakes cannot hold it), or the shortest time. False position on the reciprocal of the
    cap (Illinois).
    """
    count = cell.size
    ceiling = np.empty(count + 1)
    capped = np.empty(count + 1)
    trial = np.empty(count + 1)
    best = running_time(cell, energy)
    if wanted <= best + tolerance:
        return best
    length = cell.sum()
    low = 1.0 / np.sqrt(2.0 * energy.max())  # slowness: s/m
    miss_low = best - wanted
    high = wanted / length  # at this slowness or below it, the time is long enough
    high = max(high, 1.001 * low)
    miss_high = 0.0
    known_high = False
    side = 0
    for attempt in range(200):
        if attempt == 0:
            slowness = high
        elif known_high:
            slowness = (low * miss_high - high * miss_low) / (miss_high - miss_low)
            if not (low < slowness < high) or attempt > 60:
                slowness = 0.5 * (low + high)
        else:
            slowness = 0.5 * (low + high)
        cap = 0.5 / (slowness * slowness)
        for j in range(count + 1):
            capped[j] = min(limit[j], max(cap, boundary))
        failed = braking_ceiling(cell, grade, capped, boundary, vehicle, ceiling) > 0
        if not failed:
            ceiling[0] = boundary
            failed = fastest(cell, grade, ceiling, boundary, vehicle, trial) >= 0
        if failed:
            high = slowness
            known_high = False
            if high - low < 1e-9 * high:
                break
            continue
        taken = running_time(cell, trial)
        miss = taken - wanted
        if miss <= 0.0 or abs(miss) < tolerance:
            for j in range(count + 1):
                energy[j] = trial[j]
            best = taken
        if abs(miss) < tolerance:
            break
        if miss > 0.0:
            high, miss_high, known_high = slowness, miss, True
            if side == 1:
                miss_low *= 0.5
            side = 1
        else:
            low, miss_low = slowness, miss
            if side == -1:
                miss_high *= 0.5
            side = -1
        if high - low < 1e-15 * high:
            break
    return best


@kernel(error_model="numpy")
def coasting(  # pragma: no cover
    cell: FloatArray, distance: FloatArray, grade: FloatArray, coast_from: float, slowest: float, vehicle: Vehicle,
    energy: FloatArray,
) -> int:  # fmt: skip
    """Change a run to coasting from a distance on, not below `slowest` unless the run or a climb is slower.

    Returns -1, or the cell in which the train stalls.
    """
    coasts = False
    for i in range(cell.size):
        if not coasts:
            # A train that is still slower than the slowest coasting speed goes on accelerating.
            coasts = distance[i] >= coast_from and energy[i] >= slowest
            if not coasts:
                continue
        speed = np.sqrt(2.0 * energy[i])
        reached = energy[i]
        for _ in range(4):  # the speed at the end has little influence on the resistance
            end = np.sqrt(2.0 * max(reached, 0.0))
            reached = energy[i] - cell[i] * (resistance_between(speed, end, vehicle) + grade[i])
        if reached < slowest:
            reached = max(reached, min(slowest, _next_energy(energy[i], cell[i], grade[i], vehicle)))
        if reached <= 0.0:
            return i
        energy[i + 1] = min(energy[i + 1], reached)
    return -1
