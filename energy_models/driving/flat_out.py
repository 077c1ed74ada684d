"""Flat out: the minimum running time."""

from energy_models.driving.course import profile_along
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import fastest_run
from energy_models.track import SectionTrack
from energy_models.train import Train


def flat_out(track: SectionTrack, train: Train, passengers: float, boundary_speed_m_s: float = 0.0) -> DrivingProfile:
    """The run of the minimum running time: full effort within the limits, full service braking before lower limits.

    Braking curves are integrated backwards from every limit and from the stop, traction forwards below them; with a
    jerk limit the shortest time is found by the interior-point method. Raises `Infeasible` if the train cannot start,
    cannot climb a gradient, or cannot hold a limit downhill.
    """
    run = fastest_run(track, train, passengers, boundary_speed_m_s)
    return profile_along(run.course, "flat_out", run.energy)
