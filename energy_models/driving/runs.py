"""Runs of one train over one section, each on a mesh for its running time: fastest, with a cap, of least energy."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.course import Course, course_of
from energy_models.driving.interior_point.solve import solve
from energy_models.driving.mesh import Fineness
from energy_models.driving.motion import fastest_in_time, running_time
from energy_models.driving.part_load import extra_price, objective_j
from energy_models.faults import Infeasible
from energy_models.track import SectionTrack
from energy_models.train import Train

_TIME_TOLERANCE_S = 1e-7
_MOST_STEPS = 70
_PART_LOAD_ROUNDS = 6
_CAREFUL_STEPS = 200
_PATIENT_STEPS = 600
# For running times closer to the minimum of the plain mesh, the fine mesh is used, because the plain mesh has almost no
# other run there.
_PLAIN_FROM = 1.006
_SLOWEST_LOSS_S = 1e-3


@dataclass(frozen=True, eq=False)
class Run:
    """Kinetic energies per kg at the nodes of a course; the price of time is in J at the collector per additional s."""

    course: Course
    energy: FloatArray
    price_of_time_w: float = float("nan")
    converged: bool = True
    steps: int = 0


class Courses:
    """One train at one load on one section; meshes are made at their first use and kept."""

    def __init__(
        self,
        track: SectionTrack,
        train: Train,
        passengers: float,
        boundary_speed_m_s: float = 0.0,
        regeneration_credit: float = 1.0,
    ) -> None:
        self._arguments = (track, train, passengers, boundary_speed_m_s, regeneration_credit)
        self._jerk_m_s3 = train.maximum_jerk_m_s3
        self._made: dict[Fineness, Course] = {}

    def on(self, fineness: Fineness) -> Course:
        """The course on that mesh."""
        if fineness not in self._made:
            # Two threads may make the course at the same time: both then use the first one.
            self._made.setdefault(fineness, course_of(*self._arguments, fineness=fineness))
        return self._made[fineness]

    def make(self) -> None:
        """Make the common input of all runs in advance, so that threads can share these courses; raises nothing."""
        with suppress(Infeasible):
            self.on("plain").minimum_time_s  # noqa: B018
        with suppress(Infeasible):
            self.fastest  # noqa: B018

    def is_on(self, course: Course, fineness: Fineness) -> bool:
        """Whether a course is the one on that mesh."""
        return self._made.get(fineness) is course

    @cached_property
    def fastest(self) -> Run:
        """The run of the shortest time, on the fine mesh (graded with a jerk limit)."""
        if np.isfinite(self._jerk_m_s3):
            course = self.on("graded")
            return _hurried(course, course.limit_energy)
        course = self.on("fine")
        return Run(course, course.fastest_energy)

    @property
    def minimum_time_s(self) -> float:
        """The minimum running time."""
        return running_time(self.fastest.course.cell_m, self.fastest.energy)

    def capped_run(self, running_time_s: float) -> Run:
        """The run with the constant speed cap that gives a running time; raises `Infeasible` if no cap gives it."""
        running_time_s = float(running_time_s)  # a whole number would have every kernel compiled once more
        course = self._course_for(running_time_s)
        if np.isfinite(self._jerk_m_s3):
            run, reached = self._capped_with_jerk(course, running_time_s)
        else:
            energy, reached = capped(course, running_time_s)
            run = Run(course, energy)
        if abs(reached - running_time_s) > _SLOWEST_LOSS_S:
            raise Infeasible(
                [
                    f"{course.track.name}: no speed cap takes {running_time_s:.1f} s; the lowest that passes every "
                    f"gradient takes {reached:.1f} s, {running_time_s - reached:.1f} s less"
                ]
            )
        return run

    def optimal_run(self, running_time_s: float) -> Run:
        """The run of least energy for a running time; raises `Infeasible` below the minimum."""
        running_time_s = float(running_time_s)
        course = self._course_for(running_time_s)
        if running_time_s <= self.minimum_time_s * (1.0 + 1e-7):
            return self.fastest
        guess, reached = capped(course, running_time_s)
        run = least_energy_run(course, guess, running_time_s, self._arguments[4])
        if run.converged:
            return run
        if abs(reached - running_time_s) < _SLOWEST_LOSS_S:
            return Run(course, guess, converged=False)  # not the least energy, but time and limits are kept
        raise Infeasible(
            [
                f"{course.track.name}: no run of {running_time_s:.1f} s was found, "
                f"neither of least energy nor under a speed cap (the minimum is {self.minimum_time_s:.2f} s)"
            ]
        )

    def _course_for(self, running_time_s: float) -> Course:
        """The course with the mesh for a running time; raises `Infeasible` with the minimum if that is longer."""
        with_jerk = np.isfinite(self._jerk_m_s3)
        if not with_jerk:
            # A train that barely climbs a gradient may stall on the plain mesh, which underestimates its speed.
            with suppress(Infeasible):
                plain = self.on("plain")
                if running_time_s >= _PLAIN_FROM * plain.minimum_time_s:
                    return plain
        minimum = self.minimum_time_s
        if not running_time_s >= minimum - 1e-6:
            raise Infeasible(
                [
                    f"{self.fastest.course.track.name}: a running time of {running_time_s:.1f} s is below "
                    f"the minimum of {minimum:.2f} s by {minimum - running_time_s:.2f} s"
                ]
            )
        return self.fastest.course

    def _capped_with_jerk(self, course: Course, running_time_s: float) -> tuple[Run, float]:
        """False position on the reciprocal of the cap; each trial is a shortest run with no limit above the cap."""
        run = self.fastest
        reached = self.minimum_time_s
        low = 1.0 / np.sqrt(2.0 * run.energy.max())
        high = running_time_s / course.track.length_m
        if high <= low:
            return run, reached
        miss_low, miss_high = reached - running_time_s, np.nan
        for _ in range(40):
            slowness = high if np.isnan(miss_high) else (low * miss_high - high * miss_low) / (miss_high - miss_low)
            run = _hurried(course, np.minimum(course.limit_energy, 0.5 / slowness**2))
            reached = running_time(course.cell_m, run.energy)
            miss = reached - running_time_s
            if abs(miss) < 1e-5:
                break
            if miss > 0:
                high, miss_high, miss_low = slowness, miss, 0.5 * miss_low if miss_high == miss else miss_low
            else:
                low, miss_low = slowness, miss
        return run, reached


def fastest_run(track: SectionTrack, train: Train, passengers: float, boundary_speed_m_s: float = 0.0) -> Run:
    """The run of the shortest time; raises `Infeasible` if the train cannot run the section."""
    return Courses(track, train, passengers, boundary_speed_m_s).fastest


def capped(course: Course, running_time_s: float) -> tuple[FloatArray, float]:
    """Kinetic energies with the cap that gives the nearest time up to the running time, and this time."""
    energy = course.fastest_energy.copy()
    reached = fastest_in_time(
        course.cell_m, course.grade, course.limit_energy, course.boundary_energy, course.vehicle,
        running_time_s, _TIME_TOLERANCE_S, energy,
    )  # fmt: skip
    return energy, reached


def least_energy_run(course: Course, guess: FloatArray, running_time_s: float, regeneration_credit: float) -> Run:
    """The run of least energy for a running time in s; `guess` is a course of kinetic energies to begin with."""
    slow = course.track.length_m / running_time_s
    best = _solved(course, course.limit_energy, guess, slow, running_time_s)
    train = course.train
    if (train.traction_efficiency.is_constant and train.regeneration_efficiency.is_constant) or not best.converged:
        return best
    run, least = best, objective_j(course, best.energy, regeneration_credit)
    for _ in range(_PART_LOAD_ROUNDS):
        extra = extra_price(course, run.energy, regeneration_credit)
        run = _solved(course, course.limit_energy, guess, slow, running_time_s, extra)
        if not run.converged:
            break
        cost = objective_j(course, run.energy, regeneration_credit)
        if cost < least:
            best, least = run, cost
    return best


def _hurried(course: Course, limit_energy: FloatArray) -> Run:
    """The shortest run within given limits, with the jerk limit."""
    guess = np.minimum(course.fastest_energy, limit_energy)
    slow = course.track.length_m / running_time(course.cell_m, guess)
    run = _solved(course, limit_energy, guess, slow, 0.0)
    if not run.converged:
        raise Infeasible([f"{course.track.name}: no run within the jerk limit was found"])
    return run


def _solved(
    course: Course,
    limit: FloatArray,
    guess: FloatArray,
    slow_m_s: float,
    running_time_s: float,
    extra: FloatArray | None = None,
) -> Run:
    # A round of part load only improves a run that is known: if its first attempt fails, the known run stays.
    most_attempts = None if extra is None else 1
    if extra is None:
        extra = np.zeros((course.cell_m.size, 2))
    fast = course.fastest_energy
    lowest = np.minimum(0.02 * fast, 0.5 * (0.05 * slow_m_s) ** 2)
    # If gravity alone decelerates the train by more than the comfort limit, the limit cannot be kept.
    forced = -np.diff(fast) / course.cell_m
    comfort = course.vehicle.deceleration
    deceleration = np.where(forced > 1.000001 * comfort, 1.01 * forced, comfort)
    steps = 0
    for guessed, careful, most_steps in islice(_attempts(course, guess, running_time_s), most_attempts):
        energy = np.clip(guessed, lowest + 0.02 * (limit - lowest), limit - 0.01 * (limit - lowest))
        energy[0] = energy[-1] = course.boundary_energy
        outcome = solve(
            course.cell_m, course.grade, limit, lowest, deceleration, course.vehicle, extra,
            course.train.maximum_jerk_m_s3, running_time_s, energy, most_steps, careful,
        )  # fmt: skip
        steps += outcome.steps
        if outcome.converged:
            break
    return Run(course, energy, outcome.price_of_time_w_kg * course.vehicle.inertia_kg, outcome.converged, steps)


def _attempts(course: Course, guess: FloatArray, running_time_s: float) -> Iterator[tuple[FloatArray, bool, int]]:
    """Attempts in order: guess, careful or not, and largest number of steps. The first attempt is nearly always enough.

    Very slow runs have energies near zero and duals of very different size: they need another guess or more steps.
    """
    yield guess, False, _MOST_STEPS
    scaled = guess
    if running_time_s > 0.0:
        scaled = course.fastest_energy * (course.minimum_time_s / running_time_s) ** 2
        yield scaled, False, 2 * _MOST_STEPS
    yield guess, True, _CAREFUL_STEPS
    yield guess, False, _PATIENT_STEPS
    yield scaled, True, _PATIENT_STEPS
