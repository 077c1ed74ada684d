"""Re-integration of the forces of a profile with the equation of motion, to prove speeds, time and balance."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.train import GRAVITY_M_S2, Train


@dataclass(frozen=True, eq=False)
class Reintegration:
    """Speeds over distance from the forces, the resulting time, and the residual of the energy balance.

    `balance_residual_share` is the work of traction minus the work of brakes, resistance and gravity and minus the
    change of kinetic energy, divided by the work of traction (without traction, by the work of the brakes).
    """

    distance_m: FloatArray
    speed_m_s: FloatArray
    running_time_s: float
    balance_residual_share: float


def reintegrate(profile: DrivingProfile, train: Train, step_m: float = 1.0) -> Reintegration:
    """Integrate `M de/ds = traction - brakes - R(v) - m g slope` from the first speed in steps of at most `step_m`.

    Runge-Kutta method of fourth order for kinetic energy over distance, without code of the profile computation.
    """
    inertia = train.effective_mass_kg(profile.passengers)
    weight_n = train.mass_kg(profile.passengers) * GRAVITY_M_S2
    constant, linear, quadratic = train.resistance_n
    force = profile.traction_force_n - profile.electric_brake_force_n - profile.friction_brake_force_n
    driving = force - weight_n * profile.slope

    def gain(energy: float, drive: float) -> float:
        speed = np.sqrt(2.0 * max(energy, 0.0))
        return float(drive - (constant + linear * speed + quadratic * speed * speed)) / inertia

    energy = 0.5 * float(profile.speed_m_s[0]) ** 2
    distances, energies = [0.0], [energy]
    resisted = 0.0
    for cell, drive in enumerate(driving.tolist()):
        start, end = float(profile.distance_m[cell]), float(profile.distance_m[cell + 1])
        count = max(1, int(np.ceil((end - start) / step_m)))
        step = (end - start) / count
        for k in range(count):
            first = gain(energy, drive)
            second = gain(energy + 0.5 * step * first, drive)
            third = gain(energy + 0.5 * step * second, drive)
            fourth = gain(energy + step * third, drive)
            mean = (first + 2.0 * second + 2.0 * third + fourth) / 6.0
            resisted += (drive - inertia * mean) * step
            energy = max(energy + step * mean, 0.0)
            distances.append(start + (k + 1) * step)
            energies.append(energy)
    distance, speed = np.array(distances), np.sqrt(2.0 * np.array(energies))
    cells = np.diff(profile.distance_m)
    work = float(np.sum(profile.traction_force_n * cells))
    braked = float(np.sum((profile.electric_brake_force_n + profile.friction_brake_force_n) * cells))
    lifted = float(np.sum(weight_n * profile.slope * cells))
    kinetic = 0.5 * inertia * float(profile.speed_m_s[-1] ** 2 - profile.speed_m_s[0] ** 2)
    return Reintegration(
        distance_m=distance,
        speed_m_s=speed,
        running_time_s=float(np.sum(2.0 * np.diff(distance) / np.maximum(speed[1:] + speed[:-1], 1e-9))),
        balance_residual_share=(work - braked - lifted - resisted - kinetic) / max(work, braked, 1e-9),
    )
