"""Driving on a simulated day: profiles from the library, power for the actual load."""

import math
from collections.abc import Callable

from energy_models.driving.profile import DrivingProfile
from energy_models.movement.low_voltage import ServedShare, slowed_profile
from energy_models.movement.planned import SecondsOfMotion, seconds_of_motion
from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.schema.base import Direction
from simulation.disturbances.track import DrivingLimits
from simulation.railway.limited_driving import LimitedLibraries
from simulation.railway.section_runs import RunRequest

RunLimits = Callable[[RunRequest], DrivingLimits]
"""A function that gives the temporary limits of a run."""

TIMED_STRATEGIES = ("speed_cap", "optimal")
"""Driving strategies with a selectable running time; an ATO level has its own running time."""


class DrivenTrain:
    """One train type on one line; results are cached, so that each distinct run is computed once."""

    def __init__(
        self,
        library: ProfileLibrary,
        train: Train,
        limits: RunLimits | None = None,
        libraries: LimitedLibraries | None = None,
    ) -> None:
        """`limits` gives the temporary limits of a run (None: there are none), `libraries` the profiles for them."""
        self._library = library
        self._train = train
        self._limits = limits
        self._libraries = libraries or LimitedLibraries(library)
        self._shortest_s: dict[tuple[ProfileLibrary, Direction, int, float, str], int] = {}
        self._motions: dict[tuple[ProfileLibrary, Direction, int, int, float, str], SecondsOfMotion] = {}

    def shortest_s(self, run: RunRequest) -> int:
        """Minimum running time in whole seconds of a section for a load class and a driving strategy."""
        library = self._library_for(run)
        load = self._library.load_class(run.passengers)
        key = (library, run.direction, run.section, load, run.strategy)
        shortest_s = self._shortest_s.get(key)
        if shortest_s is None:
            if run.strategy in TIMED_STRATEGIES:
                least_s = library.minimum_time_s(run.direction, run.section, load)
            else:
                least_s = library.profile(run.direction, run.section, 0.0, load, run.strategy).running_time_s
            shortest_s = self._shortest_s[key] = math.ceil(least_s)
        return shortest_s

    def motion(self, run: RunRequest) -> SecondsOfMotion:
        """Position and power of a run at each second: profile of the load class, forces of the actual load."""
        key = (self._library_for(run), run.direction, run.section, run.running_time_s, run.passengers, run.strategy)
        motion = self._motions.get(key)
        if motion is None:
            motion = self._motions[key] = seconds_of_motion(self._profile(run), self._train, run.passengers)
        return motion

    def slowed_motion(self, run: RunRequest, served: ServedShare) -> SecondsOfMotion:
        """The same run with traction not served: slower, and with a higher power demand to recover."""
        return seconds_of_motion(self.profile(run, served), self._train, run.passengers)

    def slowed_s(self, run: RunRequest, served: ServedShare) -> float:
        """Delay in s of a run with traction not served, relative to its running time."""
        slow, quick = self.slowed_motion(run, served), self.motion(run)
        return max(0.0, slow.running_time_s - max(quick.running_time_s, float(run.running_time_s)))

    def train(self, run: RunRequest) -> Train:
        """The train with the acceleration and braking limits of the run."""
        return self._library_for(run).train

    def profile(self, run: RunRequest, served: ServedShare | None = None) -> DrivingProfile:
        """The profile of the load class, or of the actual load if traction is not served."""
        planned = self._profile(run)
        return planned if served is None else slowed_profile(planned, self._train, run.passengers, served)

    def delayed_motion(self, run: RunRequest, profile: DrivingProfile) -> SecondsOfMotion:
        """Position and power at each second of a run that was not driven as planned."""
        return seconds_of_motion(profile, self._train, run.passengers)

    def _profile(self, run: RunRequest) -> DrivingProfile:
        library = self._library_for(run)
        return library.profile(run.direction, run.section, run.running_time_s, run.passengers, run.strategy)

    def _library_for(self, run: RunRequest) -> ProfileLibrary:
        """The profiles with the temporary limits of a run."""
        return self._library if self._limits is None else self._libraries.under(self._limits(run))
