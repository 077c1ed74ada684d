"""Switching points: a profile as the few instructions that a driver or an ATO follows, and as a table."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray, IntArray
from energy_models.driving.profile import DrivingProfile
from energy_models.train import Train

Regime = Literal["full effort", "cruise", "coast", "brake"]

_FULL_SHARE = 0.97
_COAST_SHARE = 0.02
_SHORTEST_M = 15.0


@dataclass(frozen=True)
class SwitchingPoint:
    """From `distance_m` to the next point the train is driven in one regime; speeds where it begins and ends.

    Read as: full effort to `until_m_s`, cruise at `from_m_s`, coast from `distance_m`, brake from `distance_m`.
    """

    regime: Regime
    distance_m: float
    time_s: float
    from_m_s: float
    until_m_s: float

    def __str__(self) -> str:
        """The instruction in words, speeds in km/h."""
        begin, end = 3.6 * self.from_m_s, 3.6 * self.until_m_s
        match self.regime:
            case "full effort":
                return f"full effort to {end:.0f} km/h"
            case "cruise":
                return f"cruise at {0.5 * (begin + end):.0f} km/h"
            case "coast":
                way = "up" if end > begin else "down"
                return f"coast from {self.distance_m:.0f} m ({begin:.0f} km/h, {way} to {end:.0f} km/h)"
            case "brake":
                return f"brake from {self.distance_m:.0f} m ({begin:.0f} km/h)"


def switching_points(profile: DrivingProfile, train: Train) -> tuple[SwitchingPoint, ...]:
    """The regimes of a profile in order; stretches shorter than 15 m join their longer neighbour.

    Full effort is at least 97 % of what effort curve and acceleration limit allow; coasting is less than 2 % of it in
    either direction; braking is a deceleration by the brakes; what remains is cruising, by traction or by the brake.
    """
    regime = _regime_of_cells(profile, train)
    runs = _merged(regime, np.diff(profile.distance_m))
    points = []
    for first, last in runs:
        points.append(
            SwitchingPoint(
                regime=_REGIMES[regime[first]],
                distance_m=float(profile.distance_m[first]),
                time_s=float(profile.time_s[first]),
                from_m_s=float(profile.speed_m_s[first]),
                until_m_s=float(profile.speed_m_s[last]),
            )
        )
    return tuple(points)


def profile_table(profile: DrivingProfile, step_m: float | None = None) -> pd.DataFrame:
    """A profile as a table: distance, time, speed, slope, forces; every `step_m`, or at the profile's own nodes.

    Columns: `distance_m`, `time_s`, `speed_kmh`, `slope_permil`, `traction_kn`, `electric_brake_kn`,
    `friction_brake_kn`. Forces hold from the row's distance on.
    """
    length = float(profile.distance_m[-1])
    at = profile.distance_m if step_m is None else np.append(np.arange(0.0, length - 1e-6, step_m), length)
    cell = np.clip(np.searchsorted(profile.distance_m, at, side="right") - 1, 0, profile.slope.size - 1)
    energy = 0.5 * np.interp(at, profile.distance_m, profile.speed_m_s**2)
    speed = np.sqrt(2.0 * energy)
    into = at - profile.distance_m[cell]
    time = profile.time_s[cell] + np.where(into > 0, 2.0 * into / np.maximum(profile.speed_m_s[cell] + speed, 1e-9), 0)
    moving = np.arange(at.size) < at.size - 1

    def kilonewton(force: FloatArray) -> FloatArray:
        return np.where(moving, force[cell], 0.0) / 1e3

    return pd.DataFrame(
        {
            "distance_m": at,
            "time_s": time,
            "speed_kmh": 3.6 * speed,
            "slope_permil": 1e3 * profile.slope[cell],
            "traction_kn": kilonewton(profile.traction_force_n),
            "electric_brake_kn": kilonewton(profile.electric_brake_force_n),
            "friction_brake_kn": kilonewton(profile.friction_brake_force_n),
        }
    )


_REGIMES: tuple[Regime, ...] = ("full effort", "cruise", "coast", "brake")


def _regime_of_cells(profile: DrivingProfile, train: Train) -> IntArray:
    speed = profile.speed_m_s
    cell = np.diff(profile.distance_m)
    acceleration = (speed[1:] ** 2 - speed[:-1] ** 2) / (2.0 * cell)
    most = train.traction.at(speed[1:])
    brake = profile.electric_brake_force_n + profile.friction_brake_force_n
    full = (profile.traction_force_n >= _FULL_SHARE * most) | (
        (profile.traction_force_n > 0) & (acceleration >= _FULL_SHARE * train.maximum_acceleration_m_s2)
    )
    coast = (profile.traction_force_n < _COAST_SHARE * most) & (brake < _COAST_SHARE * most)
    braking = (brake > 0) & (acceleration < -0.05)
    return np.select([full, coast, braking], [0, 2, 3], default=1).astype(np.int64)


def _merged(regime: IntArray, cell: FloatArray) -> list[tuple[int, int]]:
    """Runs of equal regime as (first cell, one past the last), short ones joined to the longer neighbour (in place)."""
    while True:
        edges = np.concatenate(([0], np.flatnonzero(np.diff(regime)) + 1, [regime.size]))
        runs = [(int(first), int(last)) for first, last in pairwise(edges)]
        lengths = [float(cell[first:last].sum()) for first, last in runs]
        shortest = int(np.argmin(lengths))
        if len(runs) == 1 or lengths[shortest] >= _SHORTEST_M:
            return runs
        before = lengths[shortest - 1] if shortest > 0 else -1.0
        after = lengths[shortest + 1] if shortest + 1 < len(runs) else -1.0
        neighbour = shortest - 1 if before >= after else shortest + 1
        first, last = runs[shortest]
        regime[first:last] = regime[runs[neighbour][0]]
