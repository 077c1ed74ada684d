"""Optimal driving: the least energy for a running time."""

from energy_models.driving.course import profile_along
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import Courses
from energy_models.track import SectionTrack
from energy_models.train import Train


def optimal(
    track: SectionTrack,
    train: Train,
    passengers: float,
    running_time_s: float,
    *,
    regeneration_credit: float = 1.0,
    boundary_speed_m_s: float = 0.0,
) -> DrivingProfile:
    """The run with the least traction energy minus `regeneration_credit` times regenerated energy, at the collector.

    Raises `Infeasible` with the minimum if the running time is shorter, or if the train cannot pass the section. The
    run takes exactly the running time, also if a shorter time needs no more energy. If the search does not converge,
    the result is the run with the speed cap, and its `strategy` is `speed_cap`.
    """
    run = Courses(track, train, passengers, boundary_speed_m_s, regeneration_credit).optimal_run(running_time_s)
    # If the search did not converge, the run is the run with the speed cap, and `strategy` shows this.
    return profile_along(run.course, "optimal" if run.converged else "speed_cap", run.energy)
