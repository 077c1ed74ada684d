"""A driving profile as a table over distance."""

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.switching import time_at


def profile_table(profile: DrivingProfile, step_m: float | None = None) -> pd.DataFrame:
    """A profile as a table: distance, time, speed, slope, forces; every `step_m`, or at the profile's own nodes.

    Columns: `distance_m`, `time_s`, `speed_kmh`, `slope_permil`, `traction_kn`, `electric_brake_kn`,
    `friction_brake_kn`. Forces hold from the row's distance on.
    """
    length = float(profile.distance_m[-1])
    at = profile.distance_m if step_m is None else np.append(np.arange(0.0, length - 1e-6, step_m), length)
    cell = np.clip(np.searchsorted(profile.distance_m, at, side="right") - 1, 0, profile.slope.size - 1)
    speed = np.sqrt(np.interp(at, profile.distance_m, profile.speed_m_s**2))
    moving = np.arange(at.size) < at.size - 1

    def kilonewton(force: FloatArray) -> FloatArray:
        return np.where(moving, force[cell], 0.0) / 1e3

    return pd.DataFrame(
        {
            "distance_m": at,
            "time_s": time_at(profile, at),
            "speed_kmh": 3.6 * speed,
            "slope_permil": 1e3 * profile.slope[cell],
            "traction_kn": kilonewton(profile.traction_force_n),
            "electric_brake_kn": kilonewton(profile.electric_brake_force_n),
            "friction_brake_kn": kilonewton(profile.friction_brake_force_n),
        }
    )
