"""How trains of a simulated day are driven: profiles from the library, power for the load that is really on board."""

import math
from collections.abc import Callable

from dispatch.timetable import Direction
from energy_models.driving.profile import DrivingProfile
from energy_models.movement import SecondsOfMotion, seconds_of_motion
from energy_models.running_times import ProfileLibrary
from energy_models.starved import ServedShare, starved
from energy_models.train import Train
from simulation.disturbances.track import NO_LIMITS, DrivingLimits
from simulation.limited_driving import LimitedLibraries
from simulation.runs import RunAsked

RunLimits = Callable[[RunAsked], DrivingLimits]
"""Says what holds for a run beside the limits of its track."""

TIMED_STRATEGIES = ("speed_cap", "optimal")
"""Ways of driving that take the running time they are given; any other takes a time of its own."""


class DrivenTrain:
    """One train type on one line; answers are remembered, so a day asks for each distinct run once."""

    def __init__(
        self,
        library: ProfileLibrary,
        train: Train,
        limits: RunLimits = lambda _run: NO_LIMITS,
        libraries: LimitedLibraries | None = None,
    ) -> None:
        """`limits` says what holds for a run beside the track's own limits, `libraries` keeps the profiles for that."""
        self._library = library
        self._train = train
        self._limits = limits
        self._libraries = libraries or LimitedLibraries(library)
        self._shortest_s: dict[tuple[Direction, int, float, str, DrivingLimits], int] = {}
        self._motions: dict[tuple[Direction, int, int, float, str, DrivingLimits], SecondsOfMotion] = {}

    def shortest_s(self, run: RunAsked) -> int:
        """Least whole-second running time of a section for the load class of that many passengers, driven that way."""
        load = self._library.load_class(run.passengers)
        limits = self._limits(run)
        library = self._libraries.under(limits)
        key = (run.direction, run.section, load, run.strategy, limits)
        if key not in self._shortest_s:
            if run.strategy in TIMED_STRATEGIES:
                least_s = library.minimum_time_s(run.direction, run.section, load)
            else:
                least_s = library.profile(run.direction, run.section, 0.0, load, run.strategy).running_time_s
            self._shortest_s[key] = math.ceil(least_s)
        return self._shortest_s[key]

    def motion(self, run: RunAsked) -> SecondsOfMotion:
        """Position and power of a run each second: the profile of the load class, the forces of the actual load."""
        key = (run.direction, run.section, run.running_time_s, run.passengers, run.strategy, self._limits(run))
        motion = self._motions.get(key)
        if motion is None:
            motion = self._motions[key] = seconds_of_motion(self._profile(run), self._train, run.passengers)
        return motion

    def starved_motion(self, run: RunAsked, served: ServedShare) -> SecondsOfMotion:
        """The same run where only a share of its traction is served: slower, and asking for more to catch up."""
        return seconds_of_motion(self.profile(run, served), self._train, run.passengers)

    def slowed_s(self, run: RunAsked, served: ServedShare) -> float:
        """By how many seconds a starved run arrives later than its running time says."""
        slow, quick = self.starved_motion(run, served), self.motion(run)
        return max(0.0, slow.running_time_s - max(quick.running_time_s, float(run.running_time_s)))

    def train(self, run: RunAsked) -> Train:
        """The train with what it may accelerate and brake under the limits of the run."""
        return self._libraries.under(self._limits(run)).train

    def profile(self, run: RunAsked, served: ServedShare | None = None) -> DrivingProfile:
        """The profile of the run's load class, or that of its own load where only a share of its traction is served."""
        planned = self._profile(run)
        return planned if served is None else starved(planned, self._train, run.passengers, served)

    def hindered_motion(self, run: RunAsked, profile: DrivingProfile) -> SecondsOfMotion:
        """Position and power each second of a run that was driven otherwise than planned."""
        return seconds_of_motion(profile, self._train, run.passengers)

    def _profile(self, run: RunAsked) -> DrivingProfile:
        library = self._libraries.under(self._limits(run))
        return library.profile(run.direction, run.section, run.running_time_s, run.passengers, run.strategy)
