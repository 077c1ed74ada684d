"""How trains of a simulated day are driven: profiles from the library, power for the load that is really on board."""

import math

from dispatch.timetable import Direction
from energy_models.movement import SecondsOfMotion, seconds_of_motion
from energy_models.running_times import ProfileLibrary
from energy_models.starved import ServedShare, starved
from energy_models.train import Train

TIMED_STRATEGIES = ("speed_cap", "optimal")
"""Ways of driving that take the running time they are given; any other takes a time of its own."""


class DrivenTrain:
    """One train type on one line; answers are remembered, so a day asks for each distinct run once."""

    def __init__(self, library: ProfileLibrary, train: Train) -> None:
        self._library = library
        self._train = train
        self._shortest_s: dict[tuple[Direction, int, float, str], int] = {}
        self._motions: dict[tuple[Direction, int, int, float, str], SecondsOfMotion] = {}

    def shortest_s(self, direction: Direction, section: int, passengers: float, strategy: str) -> int:
        """Least whole-second running time of a section for the load class of that many passengers, driven that way."""
        load = self._library.load_class(passengers)
        key = (direction, section, load, strategy)
        if key not in self._shortest_s:
            if strategy in TIMED_STRATEGIES:
                least_s = self._library.minimum_time_s(direction, section, load)
            else:
                least_s = self._library.profile(direction, section, 0.0, load, strategy).running_time_s
            self._shortest_s[key] = math.ceil(least_s)
        return self._shortest_s[key]

    def motion(
        self, direction: Direction, section: int, running_time_s: int, passengers: float, strategy: str
    ) -> SecondsOfMotion:
        """Position and power of a run each second: the profile of the load class, the forces of the actual load."""
        key = (direction, section, running_time_s, passengers, strategy)
        motion = self._motions.get(key)
        if motion is None:
            profile = self._library.profile(direction, section, running_time_s, passengers, strategy)
            motion = self._motions[key] = seconds_of_motion(profile, self._train, passengers)
        return motion

    def starved_motion(
        self,
        direction: Direction,
        section: int,
        running_time_s: int,
        passengers: float,
        strategy: str,
        served: ServedShare,
    ) -> SecondsOfMotion:
        """The same run where only a share of its traction is served: slower, and asking for more to catch up."""
        profile = self._library.profile(direction, section, running_time_s, passengers, strategy)
        return seconds_of_motion(starved(profile, self._train, passengers, served), self._train, passengers)

    def slowed_s(
        self,
        direction: Direction,
        section: int,
        running_time_s: int,
        passengers: float,
        strategy: str,
        served: ServedShare,
    ) -> float:
        """By how many seconds a starved run arrives later than its running time says."""
        slow = self.starved_motion(direction, section, running_time_s, passengers, strategy, served)
        quick = self.motion(direction, section, running_time_s, passengers, strategy)
        return max(0.0, slow.running_time_s - max(quick.running_time_s, float(running_time_s)))
