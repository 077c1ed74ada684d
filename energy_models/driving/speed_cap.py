"""The speed cap: the usual way of driving, and the baseline."""

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.course import Course, course_of, profile_along
from energy_models.driving.flat_out import fastest_energy
from energy_models.driving.motion import fastest_in_time
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Infeasible
from energy_models.track import SectionTrack
from energy_models.train import Train

_TIME_TOLERANCE_S = 1e-7


def speed_cap(
    track: SectionTrack, train: Train, passengers: float, running_time_s: float, boundary_speed_m_s: float = 0.0
) -> DrivingProfile:
    """Full effort up to a constant cap that just meets the running time, service brake; downhill the brake holds the cap.

    Raises `Infeasible` when the running time is below the minimum, or longer than any cap over the section allows.
    """
    course = course_of(track, train, passengers, boundary_speed_m_s)
    fast = fastest_energy(course)
    energy, reached = capped_energy(course, fast, running_time_s)
    refuse_too_fast(course, fast, running_time_s)
    if abs(reached - running_time_s) > 1e-3:
        raise Infeasible(
            [
                f"{track.name}: no speed cap takes {running_time_s:.1f} s; "
                f"the lowest cap that passes every gradient takes {reached:.1f} s"
            ]
        )
    return profile_along(course, "speed_cap", energy)


def capped_energy(course: Course, fast: FloatArray, running_time_s: float) -> tuple[FloatArray, float]:
    """Kinetic energies under the cap that comes nearest to the running time, and the time it takes."""
    energy = fast.copy()
    reached = fastest_in_time(
        course.cell_m, course.grade, course.limit_energy, course.boundary_energy, course.vehicle,
        running_time_s, _TIME_TOLERANCE_S, energy,
    )  # fmt: skip
    return energy, reached


def time_of(course: Course, energy: FloatArray) -> float:
    """Running time in s of given kinetic energies at the nodes."""
    speed = np.sqrt(2.0 * energy)
    return float(np.sum(2.0 * course.cell_m / (speed[1:] + speed[:-1])))


def refuse_too_fast(course: Course, fast: FloatArray, running_time_s: float) -> None:
    """Raise `Infeasible`, naming the minimum, when a running time is below that of the fastest run."""
    minimum = time_of(course, fast)
    if not running_time_s >= minimum - 1e-6:
        raise Infeasible(
            [
                f"{course.track.name}: a running time of {running_time_s:.1f} s is below the minimum of "
                f"{minimum:.2f} s by {minimum - running_time_s:.2f} s"
            ]
        )
