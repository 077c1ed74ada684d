"""The true state of a train at each second: a driving profile with the samples of a perfect recorder."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import BoolArray, FloatArray, IntArray
from energy_models.driving.profile import DrivingProfile
from energy_models.telemetry.columns import STATES

STAND, TRACTION, COAST, BRAKE = (STATES.index(name) for name in ("stand", "traction", "coast", "brake"))

COAST_FORCE_N = 1.0
"""A smaller force counts as zero, because it is a rounding error of a profile."""


@dataclass(frozen=True, eq=False)
class RunSeconds:
    """One run sampled at seconds 1..n after departure, and the mean power of the second that ends there.

    `drive_power_w` is at the collector without auxiliaries: traction positive, regeneration offered negative.
    `state` contains indices into `STATES`; `friction_brake` is true if the friction brake works at that instant.
    """

    distance_m: FloatArray
    speed_m_s: FloatArray
    state: IntArray
    friction_brake: IntArray
    drive_power_w: FloatArray


def record_run(profile: DrivingProfile) -> RunSeconds:
    """Sample a profile at whole seconds after departure; the last second contains the stop.

    Within a cell acceleration and forces are constant, so speed is linear in time and work linear in distance. A
    profile contains its energies only as totals: each total is divided between the cells by work (F · Δs), which is
    exact for constant efficiencies and approximate for maps.
    """
    seconds = max(1, int(np.ceil(profile.running_time_s - 1e-6)))
    time = np.minimum(np.arange(seconds + 1, dtype=np.float64), profile.running_time_s)
    cell = np.clip(np.searchsorted(profile.time_s, time, side="right") - 1, 0, len(profile.time_s) - 2)
    since = time - profile.time_s[cell]
    duration = np.maximum(np.diff(profile.time_s), 1e-9)
    acceleration = np.diff(profile.speed_m_s) / duration
    speed = profile.speed_m_s[cell] + acceleration[cell] * since
    distance = profile.distance_m[cell] + profile.speed_m_s[cell] * since + 0.5 * acceleration[cell] * since**2
    distance = np.minimum(distance, profile.distance_m[-1])
    speed[-1], distance[-1] = 0.0, profile.distance_m[-1]

    step = np.diff(profile.distance_m)
    drawn = _spread(profile.traction_force_n * step, profile.traction_energy_j)
    offered = _spread(profile.electric_brake_force_n * step, profile.regeneration_energy_j)
    energy = np.interp(distance, profile.distance_m, np.concatenate(([0.0], np.cumsum(drawn - offered))))

    of_cell, friction_of_cell = states_of_cells(profile)
    state, friction = of_cell[cell], friction_of_cell[cell]
    state[-1], friction[-1] = STAND, False
    return RunSeconds(
        distance[1:], speed[1:], state[1:].astype(np.int64), friction[1:].astype(np.int64), np.diff(energy)
    )


def states_of_cells(profile: DrivingProfile) -> tuple[IntArray, BoolArray]:
    """For each cell of a profile the state of the drive, as an index into `STATES`, and whether friction brakes."""
    brake = profile.electric_brake_force_n + profile.friction_brake_force_n
    of_cell = np.where(
        profile.traction_force_n > COAST_FORCE_N, TRACTION, np.where(brake > COAST_FORCE_N, BRAKE, COAST)
    )
    return of_cell.astype(np.int64), profile.friction_brake_force_n > COAST_FORCE_N


def _spread(work_j: FloatArray, total_j: float) -> FloatArray:
    whole = float(work_j.sum())
    return work_j * (total_j / whole) if whole > 0.0 else np.zeros_like(work_j)
