"""The library of driving profiles for planning and simulation."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.ato import AtoLevel, run_level
from energy_models.driving.course import profile_along
from energy_models.driving.mesh import Fineness
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.runs import Courses, Run
from energy_models.faults import Fault, InputFaults
from energy_models.movement.planned import SecondsOfMotion, seconds_of_motion
from energy_models.running_times import store
from energy_models.track import SectionTrack
from energy_models.train import Train

_MESHES: tuple[Fineness, ...] = ("plain", "fine", "graded")
_BEYOND_STEP = 100
_MOTIONS_REMEMBERED = 50_000
"""About 100 MB; more than the motions of a day of 368 trips."""


class ProfileKey(NamedTuple):
    """The key of one profile: direction, section in order of travel, time, load, driving strategy."""

    direction: str
    section_index: int
    running_time_s: float
    passengers: float
    strategy: str


class ProfileLibrary:
    """Driving profiles of one train type on one line, computed once, kept in memory, and stored on disk by content.

    A load is rounded up to a load class, so that every train with at most this load can follow the profile. Loads
    beyond the last class are rounded up to whole hundreds. Strategies are `flat_out` (with its own running time),
    `speed_cap`, `optimal`, and the names of the given ATO levels (also with their own running time).
    """

    def __init__(
        self,
        sections: Mapping[str, Sequence[SectionTrack]],
        train: Train,
        load_classes: Sequence[float] | None = None,
        regeneration_credit: float = 1.0,
        levels: Sequence[AtoLevel] = (),
    ) -> None:
        """`load_classes` defaults to empty, the quarters of the normal capacity, and crush."""
        self.sections = {direction: tuple(tracks) for direction, tracks in sections.items()}
        self.train = train
        normal = train.capacity_normal
        classes = load_classes if load_classes is not None else (
            0.0, 0.25 * normal, 0.5 * normal, 0.75 * normal, normal, train.capacity_crush
        )  # fmt: skip
        self.load_classes = tuple(sorted({float(load) for load in classes}))
        self.regeneration_credit = regeneration_credit
        self._levels = {level.name: level for level in levels}
        self._courses: dict[tuple[str, int, float], Courses] = {}
        self._profiles: dict[ProfileKey, DrivingProfile] = {}
        self._motions: dict[ProfileKey, SecondsOfMotion] = {}
        # For each section, the node energies on disk and since: (key, mesh) -> energies.
        self._kept: dict[tuple[str, int], dict[tuple[ProfileKey, Fineness], FloatArray]] = {}

    def changed(self, sections: Mapping[str, Sequence[SectionTrack]], train: Train) -> "ProfileLibrary":
        """A library with the same load classes and driving strategies for other tracks and another train."""
        return ProfileLibrary(
            sections, train, self.load_classes, self.regeneration_credit, tuple(self._levels.values())
        )

    def apart(self) -> "ProfileLibrary":
        """The same profiles in a separate library, to which another thread may add further profiles."""
        other = self.changed(self.sections, self.train)
        other._courses, other._profiles = dict(self._courses), dict(self._profiles)
        other._kept = {place: dict(runs) for place, runs in list(self._kept.items())}
        return other

    def load_class(self, passengers: float) -> float:
        """The load for which a profile is computed."""
        place = bisect_left(self.load_classes, passengers - 1e-9)
        if place < len(self.load_classes):
            return self.load_classes[place]
        return float(ceil(passengers / _BEYOND_STEP - 1e-9) * _BEYOND_STEP)

    def minimum_time_s(self, direction: str, section_index: int, passengers: float) -> float:
        """The minimum running time with the class of a load."""
        return self._courses_of(direction, section_index, self.load_class(passengers)).minimum_time_s

    def profile(
        self, direction: str, section_index: int, running_time_s: float, passengers: float, strategy: str
    ) -> DrivingProfile:
        """One profile; raises `Infeasible` if this strategy cannot keep the running time."""
        load = self.load_class(passengers)
        found = self._profiles.get(ProfileKey(direction, section_index, running_time_s, load, strategy))
        if found is None:
            key = self._class_key(ProfileKey(direction, section_index, running_time_s, passengers, strategy))
            found = self._profiles.get(key) or self._finish(key, self._find_or_compute(key))
        return found

    def motion(
        self, direction: str, section_index: int, running_time_s: float, passengers: float, strategy: str
    ) -> SecondsOfMotion:
        """Place and power at each second for a profile with a number of passengers; raises like `profile`."""
        key = ProfileKey(direction, section_index, running_time_s, passengers, strategy)
        found = self._motions.get(key)
        if found is None:
            if len(self._motions) >= _MOTIONS_REMEMBERED:
                self._motions.clear()
            found = self._motions[key] = seconds_of_motion(self.profile(*key), self.train, passengers)
        return found

    def __getstate__(self) -> dict[str, object]:
        """Motions are not pickled: their computation is fast, and they are too large to send to another process."""
        return {**self.__dict__, "_motions": {}}

    def prepare(
        self,
        keys: Iterable[ProfileKey | tuple[str, int, float, float, str]],
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Compute many profiles on several threads and store them on disk; raises like `profile`.

        The compiled solver runs without the interpreter lock. The results do not depend on the number of workers.
        """
        wanted = sorted({self._class_key(ProfileKey(*key)) for key in keys} - self._profiles.keys())
        for direction, section_index, passengers in sorted({(key[0], key[1], key.passengers) for key in wanted}):
            self._keep_of(direction, section_index)
            # The courses are made here, so that threads share the meshes and do not wait for each other.
            self._courses_of(direction, section_index, passengers).make()
        fresh: set[tuple[str, int]] = set()
        with ThreadPoolExecutor(max(1, workers)) as pool:
            for done, (key, run) in enumerate(zip(wanted, pool.map(self._find_or_compute, wanted), strict=True), 1):
                known = len(self._keep_of(*key[:2]))
                self._finish(key, run)
                if len(self._keep_of(*key[:2])) > known:
                    fresh.add((key.direction, key.section_index))
                if progress is not None:
                    progress(done, len(wanted))
        for direction, section_index in sorted(fresh):
            self._save(direction, section_index)

    def _class_key(self, key: ProfileKey) -> ProfileKey:
        tracks = self.sections.get(key.direction, ())
        if not 0 <= key.section_index < len(tracks):
            raise InputFaults(
                [Fault("", "profile", "section", f"{key.direction} {key.section_index}", self._sections_there_are())]
            )
        if key.strategy not in ("flat_out", "speed_cap", "optimal") and key.strategy not in self._levels:
            known = ", ".join(("flat_out", "speed_cap", "optimal", *self._levels))
            raise InputFaults([Fault("", "profile", "strategy", key.strategy, f"one of {known}")])
        timed = key.strategy in ("speed_cap", "optimal")
        running_time_s = float(key.running_time_s) if timed else 0.0
        return ProfileKey(
            key.direction, key.section_index, running_time_s, self.load_class(key.passengers), key.strategy
        )

    def _sections_there_are(self) -> str:
        return "; ".join(f"{direction} 0 to {len(tracks) - 1}" for direction, tracks in self.sections.items())

    def _courses_of(self, direction: str, section_index: int, passengers: float) -> Courses:
        place = (direction, section_index, passengers)
        if place not in self._courses:
            track = self.sections[direction][section_index]
            courses = Courses(track, self.train, passengers, regeneration_credit=self.regeneration_credit)
            # Two threads may make them at the same time: both then use the first ones.
            self._courses.setdefault(place, courses)
        return self._courses[place]

    def _find_or_compute(self, key: ProfileKey) -> Run:
        courses = self._courses_of(*key[:2], key.passengers)
        kept = self._keep_of(*key[:2])
        for mesh in _MESHES:
            energy = kept.get((key, mesh))
            if energy is not None and energy.shape == (courses.on(mesh).cell_m.size + 1,):
                return Run(courses.on(mesh), energy)
            # Energies of another mesh do not fit this mesh: the run is computed and stored in their place.
            kept.pop((key, mesh), None)
        if key.strategy == "flat_out":
            return courses.fastest
        if key.strategy == "speed_cap":
            return courses.capped_run(key.running_time_s)
        if key.strategy == "optimal":
            return courses.optimal_run(key.running_time_s)
        return run_level(courses, self._levels[key.strategy])

    def _finish(self, key: ProfileKey, run: Run) -> DrivingProfile:
        courses = self._courses_of(*key[:2], key.passengers)
        mesh = next(mesh for mesh in _MESHES if courses.is_on(run.course, mesh))
        self._keep_of(*key[:2])[key, mesh] = run.energy
        profile = self._profiles[key] = profile_along(run.course, key.strategy, run.energy)
        return profile

    def _store_key(self, direction: str, section_index: int) -> str:
        return store.content_hash(
            "library", self.sections[direction][section_index], self.train, self.regeneration_credit,
            tuple(self._levels.values()),
        )  # fmt: skip

    def _keep_of(self, direction: str, section_index: int) -> dict[tuple[ProfileKey, Fineness], FloatArray]:
        place = (direction, section_index)
        if place not in self._kept:
            self._kept.setdefault(place, self._read(direction, section_index))
        return self._kept[place]

    def _read(self, direction: str, section_index: int) -> dict[tuple[ProfileKey, Fineness], FloatArray]:
        return _kept_runs(store.load(self._store_key(direction, section_index)) or {}, direction, section_index)

    def _save(self, direction: str, section_index: int) -> None:
        here = self._keep_of(direction, section_index)

        def merged(arrays: store.Arrays | None) -> store.Arrays:
            # Another process may have added profiles in the meantime: both are kept.
            return _arrays_of({**_kept_runs(arrays or {}, direction, section_index), **here})

        store.update(self._store_key(direction, section_index), merged)


def _kept_runs(
    arrays: store.Arrays, direction: str, section_index: int
) -> dict[tuple[ProfileKey, Fineness], FloatArray]:
    """The node energies of stored runs; arrays that do not belong together are omitted and computed again."""
    kept: dict[tuple[ProfileKey, Fineness], FloatArray] = {}
    for mesh in _MESHES:
        strategies, numbers, energies = (arrays.get(f"{mesh}_{name}") for name in ("strategy", "numbers", "energy"))
        if strategies is None or numbers is None or energies is None:
            continue
        count = len(strategies)
        if numbers.shape != (count, 2) or energies.ndim != 2 or len(energies) != count:
            continue
        for strategy, (time_s, load), energy in zip(strategies, numbers, energies, strict=True):
            key = ProfileKey(direction, section_index, float(time_s), float(load), str(strategy))
            kept[key, mesh] = energy
    return kept


def _arrays_of(kept: Mapping[tuple[ProfileKey, Fineness], FloatArray]) -> store.Arrays:
    arrays: store.Arrays = {}
    for mesh in _MESHES:
        keys = sorted(key for key, at in kept if at == mesh)
        if keys:
            arrays[f"{mesh}_strategy"] = np.array([key.strategy for key in keys])
            arrays[f"{mesh}_numbers"] = np.array([[key.running_time_s, key.passengers] for key in keys])
            arrays[f"{mesh}_energy"] = np.array([kept[key, mesh] for key in keys])
    return arrays
