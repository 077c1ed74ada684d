"""Part load: the energy of an efficiency map above its convex hull, linearised at a run.

The interior-point method needs an energy that is convex in the force, so it starts from the hull of the map. Where the
efficiency at part load is low, the true curve is above the hull. The slope of the difference is added to the price of
force, cell by cell, which gives the next run (linearised concave parts, as in difference-of-convex programming). Each
run is compared by its energy with the true map.
"""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.course import Course, profile_along
from energy_models.driving.vehicle import efficiency_at
from energy_models.train import Efficiency

_STEP_SHARE = 0.01


def objective_j(course: Course, energy: FloatArray, regeneration_credit: float) -> float:
    """Traction energy less credited regeneration of a run, by the true efficiencies."""
    profile = profile_along(course, "", energy)
    return profile.traction_energy_j - regeneration_credit * profile.regeneration_energy_j


def extra_price(course: Course, energy: FloatArray, regeneration_credit: float) -> FloatArray:
    """Slope of the true collector energy over force minus that of the hull, at a run: traction and brake (n by 2)."""
    profile = profile_along(course, "", energy)
    train, vehicle = course.train, course.vehicle
    speed = 0.5 * (profile.speed_m_s[1:] + profile.speed_m_s[:-1])
    extra = np.zeros((speed.size, 2))
    if not train.traction_efficiency.is_constant:
        most = train.traction.at(speed)
        slope = _slope(train.traction_efficiency, profile.traction_force_n, speed, most, motoring=True)
        hull = _row_values(vehicle.traction_cost, profile.traction_force_n / most, speed, vehicle.cost_step_m_s)
        extra[:, 0] = slope - hull
    if not train.regeneration_efficiency.is_constant:
        most = np.maximum(train.electric_brake.at(speed), 1e-9)
        slope = _slope(train.regeneration_efficiency, profile.electric_brake_force_n, speed, most, motoring=False)
        hull = _row_values(vehicle.brake_value, profile.electric_brake_force_n / most, speed, vehicle.cost_step_m_s)
        extra[:, 1] = hull - regeneration_credit * slope
    return extra


def _slope(
    efficiency: Efficiency, force_n: FloatArray, speed_m_s: FloatArray, most_n: FloatArray, *, motoring: bool
) -> FloatArray:
    """Derivative of collector energy by force (central difference within 0 and the largest force)."""

    def energy(force: FloatArray) -> FloatArray:
        share = np.maximum(efficiency_at(efficiency, force, speed_m_s), 1e-3)
        return np.asarray(force / share if motoring else force * share)

    low = np.maximum(force_n - _STEP_SHARE * most_n, 0.0)
    high = np.minimum(low + 2.0 * _STEP_SHARE * most_n, np.maximum(most_n, low + 1e-6))
    return np.asarray((energy(high) - energy(low)) / np.maximum(high - low, 1e-9))


def _row_values(table: FloatArray, share: FloatArray, speed_m_s: FloatArray, step_m_s: float) -> FloatArray:
    row = np.clip((share * table.shape[0]).astype(np.int64), 0, table.shape[0] - 1)
    column = np.clip(np.rint(speed_m_s / step_m_s).astype(np.int64), 0, table.shape[1] - 1)
    return np.asarray(table[row, column])
