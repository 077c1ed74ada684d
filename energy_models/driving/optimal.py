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
    """Least traction energy minus `regeneration_credit` times regenerated energy, both at the collector.

    Raises `Infeasible` when the running time is below the minimum (and names it), or the train cannot pass. Where
    slower costs no less, the run still takes exactly the running time. Should the search not settle, the answer is the
    run under the speed cap, whose `strategy` is then `speed_cap`.
    """
    run = Courses(track, train, passengers, boundary_speed_m_s, regeneration_credit).optimal_run(running_time_s)
    # Where the search did not settle the run is the one under the speed cap, and says so.
    return profile_along(run.course, "optimal" if run.converged else "speed_cap", run.energy)
