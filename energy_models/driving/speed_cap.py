"""The speed cap: the usual way of driving, and the baseline."""

from energy_models.driving.course import profile_along
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import Courses
from energy_models.track import SectionTrack
from energy_models.train import Train


def speed_cap(
    track: SectionTrack, train: Train, passengers: float, running_time_s: float, boundary_speed_m_s: float = 0.0
) -> DrivingProfile:
    """Full effort up to the constant cap that gives the running time, then service brake; the cap also holds downhill.

    Raises `Infeasible` if the running time is below the minimum, or longer than with every possible cap.
    """
    run = Courses(track, train, passengers, boundary_speed_m_s).capped_run(running_time_s)
    return profile_along(run.course, "speed_cap", run.energy)
