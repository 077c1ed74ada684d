"""Flat out: the minimum running time."""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.course import Course, course_of, profile_along
from energy_models.driving.motion import braking_ceiling, fastest
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Infeasible
from energy_models.track import SectionTrack
from energy_models.train import Train


def flat_out(
    track: SectionTrack, train: Train, passengers: float, boundary_speed_m_s: float = 0.0
) -> DrivingProfile:
    """Full effort wherever the limits allow, full service braking where they ask for it.

    Braking curves are integrated backwards from every limit and from the stop, traction forwards below them. Raises
    `Infeasible` when the train cannot start, cannot climb, or cannot hold a limit downhill.
    """
    course = course_of(track, train, passengers, boundary_speed_m_s)
    return profile_along(course, "flat_out", fastest_energy(course))


def fastest_energy(course: Course) -> FloatArray:
    """Kinetic energy per kg at each node of the fastest run; raises `Infeasible` like `flat_out`."""
    ceiling = ceiling_of(course)
    energy = np.empty_like(ceiling)
    stalled = fastest(course.cell_m, course.grade, ceiling, course.boundary_energy, course.vehicle, energy)
    if stalled >= 0:
        raise Infeasible([_stall_reason(course, stalled)])
    return energy


def ceiling_of(course: Course) -> FloatArray:
    """Highest kinetic energy at each node from which all later limits can be met; raises `Infeasible` when none."""
    ceiling = np.empty(course.cell_m.size + 1)
    lost = braking_ceiling(
        course.cell_m, course.grade, course.limit_energy, course.boundary_energy, course.vehicle, ceiling
    )
    if lost > 0 or (lost == 0 and course.boundary_energy > 0.0):
        where, slope = course.mesh.distance_m[lost], 1000.0 * course.mesh.slope[lost]
        raise Infeasible(
            [f"{course.track.name}: the brakes cannot hold the train at {where:.0f} m (slope {slope:.1f} permil)"]
        )
    ceiling[0] = max(ceiling[0], course.boundary_energy) if lost < 0 else course.boundary_energy
    return ceiling


def _stall_reason(course: Course, cell: int) -> str:
    where, slope = course.mesh.distance_m[cell], 1000.0 * course.mesh.slope[cell]
    verb = "start" if cell == 0 else "climb on"
    return f"{course.track.name}: the train cannot {verb} at {where:.0f} m (slope {slope:.1f} permil) with full effort"
