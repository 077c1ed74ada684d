"""The speed cap: the usual way of driving, and the baseline."""

from energy_models.driving.course import profile_along
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import Courses
from energy_models.track import SectionTrack
from energy_models.train import Train


def speed_cap(
    track: SectionTrack, train: Train, passengers: float, running_time_s: float, boundary_speed_m_s: float = 0.0
) -> DrivingProfile:
    """Full effort up to a constant cap that just meets the running time, service brake; downhill too the cap is held.

    Raises `Infeasible` when the running time is below the minimum, or longer than any cap over the section allows.
    """
    run = Courses(track, train, passengers, boundary_speed_m_s).capped_run(running_time_s)
    return profile_along(run.course, "speed_cap", run.energy)
