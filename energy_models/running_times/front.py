"""The front of running time and energy of one section: the value of each additional second."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from energy_models.arrays import FloatArray, frozen_floats
from energy_models.driving.course import profile_along
from energy_models.driving.mesh import Fineness
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import Courses, Run
from energy_models.faults import Fault, InputFaults
from energy_models.running_times import store
from energy_models.track import SectionTrack
from energy_models.train import Train

_SLOWEST_RATIO = 1.5
_EXTRA_POINT = 0.35


@dataclass(frozen=True, eq=False)
class RunningTimeFront:
    """Least energies over running time, fastest first, each with its profile.

    `objective_j` is traction energy minus `regeneration_credit` times regenerated energy, at the collector; it falls
    with time and is convex. `net_energy_j` credits regeneration in full. `price_of_time_w` is minus the slope of the
    objective: J saved per additional s.
    """

    section: str
    passengers: float
    regeneration_credit: float
    running_time_s: FloatArray
    objective_j: FloatArray
    net_energy_j: FloatArray
    price_of_time_w: FloatArray
    profiles: tuple[DrivingProfile, ...]

    def __post_init__(self) -> None:
        for name in ("running_time_s", "objective_j", "net_energy_j", "price_of_time_w"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def minimum_time_s(self) -> float:
        """The shortest running time."""
        return float(self.running_time_s[0])

    def objective_at(self, running_time_s: ArrayLike) -> FloatArray:
        """Objective in J at running times between the points.

        Cubic with the slopes of the points (Hermite) over the square root of the time above the minimum. Beyond the
        slowest point the objective is constant (a slower run need not cost more); below the minimum running time it is
        infinite.
        """
        wanted = np.asarray(running_time_s, dtype=np.float64)
        times = self.running_time_s
        root = np.sqrt(times - times[0])
        place = np.sqrt(np.clip(wanted, times[0], times[-1]) - times[0])
        k = np.clip(np.searchsorted(root, place, side="right") - 1, 0, times.size - 2)
        width = root[k + 1] - root[k]
        x = (place - root[k]) / width
        low, high = self.objective_j[k], self.objective_j[k + 1]
        by_root = -self.price_of_time_w * 2.0 * root
        by_root[0] = min(2.0 * (self.objective_j[1] - self.objective_j[0]) / (root[1] - root[0]) - by_root[1], 0.0)
        slope_low, slope_high = by_root[k] * width, by_root[k + 1] * width
        value = (
            (1 + 2 * x) * (1 - x) ** 2 * low
            + x * (1 - x) ** 2 * slope_low
            + x * x * (3 - 2 * x) * high
            - x * x * (1 - x) * slope_high
        )
        return np.where(wanted < times[0] - 1e-6, np.inf, value)


def front(
    track: SectionTrack,
    train: Train,
    passengers: float,
    count: int = 20,
    slowest_ratio: float = _SLOWEST_RATIO,
    regeneration_credit: float = 1.0,
    boundary_speed_m_s: float = 0.0,
    executor: Executor | None = None,
) -> RunningTimeFront:
    """The whole front of a section, from the minimum running time to `slowest_ratio` times it, in `count` points.

    The front is stored on disk by content. Raises `Infeasible` if the train cannot run the section.
    """
    if count < 2 or not slowest_ratio > 1.0:
        raise InputFaults(
            [Fault("", "front", "count, slowest_ratio", f"{count}, {slowest_ratio:g}", "at least 2, and more than 1")]
        )
    courses = Courses(track, train, passengers, boundary_speed_m_s, regeneration_credit)
    key = store.content_hash(
        "front", track, train, passengers, count, slowest_ratio, regeneration_credit, boundary_speed_m_s
    )
    runs = _kept_runs(store.load(key) or {}, courses, train, count)
    if runs:
        return _front_of(track, passengers, regeneration_credit, runs)
    shortest = courses.minimum_time_s
    times = shortest * (1.0 + (slowest_ratio - 1.0) * _spread(count) ** 2)
    runs = list((executor.map if executor else map)(courses.optimal_run, times.tolist()))
    store.save(
        key,
        {
            "plain": np.array([run.course is courses.on("plain") for run in runs]),
            "price": np.array([run.price_of_time_w for run in runs]),
            **{f"energy_{k}": run.energy for k, run in enumerate(runs)},
        },
    )
    return _front_of(track, passengers, regeneration_credit, runs)


def _kept_runs(kept: store.Arrays, courses: Courses, train: Train, count: int) -> list[Run]:
    """The runs of a stored front; empty if an array is missing or does not fit the meshes of the section."""
    runs: list[Run] = []
    plain, price = kept.get("plain"), kept.get("price")
    if plain is None or price is None or plain.shape != (count,) or price.shape != (count,):
        return []
    for k in range(count):
        course, energy = courses.on("plain" if plain[k] else _fast_mesh(train)), kept.get(f"energy_{k}")
        if energy is None or energy.shape != (course.cell_m.size + 1,):
            return []
        runs.append(Run(course, energy, float(price[k])))
    return runs


def _spread(count: int) -> FloatArray:
    """Points from 0 to 1 in the square root of the time above the minimum, over which energy falls evenly.

    The first interval has one more point, because the last part of full effort saves very little time.
    """
    if count < 4:
        return np.linspace(0.0, 1.0, count)
    even = np.linspace(0.0, 1.0, count - 1)
    return np.insert(even, 1, _EXTRA_POINT * even[1])


def _fast_mesh(train: Train) -> Fineness:
    return "graded" if np.isfinite(train.maximum_jerk_m_s3) else "fine"


def _front_of(
    track: SectionTrack, passengers: float, regeneration_credit: float, runs: Sequence[Run]
) -> RunningTimeFront:
    profiles = tuple(profile_along(run.course, "optimal", run.energy) for run in runs)
    times = np.array([profile.running_time_s for profile in profiles])
    objective = np.array(
        [profile.traction_energy_j - regeneration_credit * profile.regeneration_energy_j for profile in profiles]
    )
    price = np.array([run.price_of_time_w for run in runs])
    # A run whose search did not converge has no price; it gets the slope of the objective between its neighbours.
    price = np.where(np.isnan(price), -np.gradient(objective, times), price)
    # The fastest run has no price: it gets the slope of the parabola through both points with the slope of the next
    # point.
    price[0] = 2.0 * (objective[0] - objective[1]) / (times[1] - times[0]) - price[1]
    return RunningTimeFront(
        track.name, passengers, regeneration_credit, times, objective,
        np.array([profile.net_energy_j for profile in profiles]), np.maximum(price, 0.0), profiles,
    )  # fmt: skip
