"""ATO levels: the few ways of driving that the ATO equipment of a train offers, and the choice of one level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.driving.course import profile_along
from energy_models.driving.motion import coasting
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import Courses, Run
from energy_models.faults import Fault, Infeasible, InputFaults
from energy_models.track import SectionTrack
from energy_models.train import Train


@dataclass(frozen=True)
class AtoLevel:
    """One level: full effort up to a speed cap, constant speed, coasting from a share of the section on, braking.

    A coasting train holds `slowest_share` of the cap if it would otherwise become slower.
    """

    name: str
    speed_cap_m_s: float = np.inf
    coast_from_share: float = 1.0
    slowest_share: float = 0.5

    def __post_init__(self) -> None:
        faults = [
            Fault("", f"ATO level {self.name}", field, f"{value:g}", allowed)
            for field, value, good, allowed in (
                ("speed_cap_m_s", self.speed_cap_m_s, self.speed_cap_m_s > 0, "more than 0 m/s"),
                ("coast_from_share", self.coast_from_share, 0 <= self.coast_from_share <= 1, "within 0 to 1"),
                ("slowest_share", self.slowest_share, 0 < self.slowest_share <= 1, "more than 0, at most 1"),
            )
            if not good
        ]
        if faults:
            raise InputFaults(faults)


def follow_level(
    track: SectionTrack, train: Train, passengers: float, level: AtoLevel, boundary_speed_m_s: float = 0.0
) -> DrivingProfile:
    """The profile of a level with its own running time; raises `Infeasible` if the train stalls below the cap."""
    run = run_level(Courses(track, train, passengers, boundary_speed_m_s), level)
    return profile_along(run.course, level.name, run.energy)


def best_level(
    track: SectionTrack,
    train: Train,
    passengers: float,
    levels: Sequence[AtoLevel],
    running_time_s: float,
    *,
    regeneration_credit: float = 1.0,
    boundary_speed_m_s: float = 0.0,
) -> DrivingProfile:
    """The profile of the level with the least energy among those within a running time; named after the level.

    Raises `Infeasible` with the running time of the fastest level if no level arrives in time.
    """
    courses = Courses(track, train, passengers, boundary_speed_m_s, regeneration_credit)
    profiles = []
    for level in levels:
        try:
            run = run_level(courses, level)
        except Infeasible:
            continue  # The train stalls on this level; it may pass the section on another level.
        profiles.append(profile_along(run.course, level.name, run.energy))
    in_time = [profile for profile in profiles if profile.running_time_s <= running_time_s + 1e-6]
    if not in_time:
        shortest = min((profile.running_time_s for profile in profiles), default=np.inf)
        raise Infeasible(
            [
                f"{track.name}: none of {len(levels)} ATO levels arrives within {running_time_s:.1f} s; "
                f"the fastest takes {shortest:.1f} s"
            ]
        )
    return min(in_time, key=lambda p: p.traction_energy_j - regeneration_credit * p.regeneration_energy_j)


def run_level(courses: Courses, level: AtoLevel) -> Run:
    """The run of a level; raises `Infeasible` if the train stalls below the cap."""
    course = courses.on("plain")
    energy = course.fastest_energy.copy()
    if np.isfinite(level.speed_cap_m_s) and 0.5 * level.speed_cap_m_s**2 < energy.max():
        capped = course.under_cap(level.speed_cap_m_s)
        energy = capped.fastest_energy.copy()
    coast_from = level.coast_from_share * course.track.length_m
    slowest = level.slowest_share * min(level.speed_cap_m_s, float(np.sqrt(2.0 * energy.max())))
    stalled = coasting(
        course.cell_m, course.mesh.distance_m, course.grade, coast_from, 0.5 * slowest**2, course.vehicle, energy
    )
    if stalled >= 0:
        raise Infeasible([f"{course.track.name}: on ATO level {level.name} the train stalls {course.place(stalled)}"])
    return Run(course, energy)
