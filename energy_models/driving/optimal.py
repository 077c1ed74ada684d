"""Optimal driving: the least energy for a running time."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.course import Course, course_of, profile_along
from energy_models.driving.flat_out import fastest_energy
from energy_models.driving.interior_point import solve
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.speed_cap import capped_energy, refuse_too_fast
from energy_models.track import SectionTrack
from energy_models.train import Train

_MOST_STEPS = 150


@dataclass(frozen=True, eq=False)
class Optimum:
    """Kinetic energies per kg at the nodes, the price of time (J saved per s more) and how the solver ended."""

    energy: FloatArray
    price_of_time_w: float
    converged: bool
    steps: int


def optimal(
    track: SectionTrack,
    train: Train,
    passengers: float,
    running_time_s: float,
    *,
    regeneration_credit: float = 1.0,
    boundary_speed_m_s: float = 0.0,
) -> DrivingProfile:
    """Least traction energy minus `regeneration_credit` times regenerated energy, both at the collector.

    Raises `Infeasible` when the running time is below the minimum (and names it), or the train cannot pass.
    """
    course = course_of(track, train, passengers, boundary_speed_m_s, regeneration_credit)
    fast = fastest_energy(course)
    refuse_too_fast(course, fast, running_time_s)
    return profile_along(course, "optimal", optimum(course, fast, running_time_s).energy)


def optimum(course: Course, fast: FloatArray, running_time_s: float) -> Optimum:
    """Solve one running time, not below that of `fast`, from the run under a speed cap."""
    guess, reached = capped_energy(course, fast, running_time_s)
    slow = course.track.length_m / running_time_s
    lowest = np.minimum(0.02 * fast, 0.5 * (0.05 * slow) ** 2)
    limit = course.limit_energy
    energy = np.clip(guess, lowest + 0.02 * (limit - lowest), limit - 0.01 * (limit - lowest))
    energy[0] = energy[-1] = course.boundary_energy
    deceleration = np.maximum(course.vehicle.deceleration, -1.01 * np.diff(fast) / course.cell_m)
    result = solve(
        course.cell_m, course.grade, limit, lowest, deceleration, course.vehicle, course.train.maximum_jerk_m_s3,
        running_time_s, energy, _MOST_STEPS,
    )  # fmt: skip
    return Optimum(energy, float(result[2]) * course.vehicle.inertia_kg, bool(result[0]), int(result[1]))
