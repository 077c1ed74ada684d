"""Speed profiles of one train that another train follows: the same speeds and times, other forces and energies.

ATO systems and drivers have one speed profile for all vehicles of a type. Vehicles of one type that differ a little in
mass, resistance and losses therefore share the profiles of one library, and each vehicle has its own forces. This makes
many vehicle models as fast as one: the optimal driving is computed once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.movement.low_voltage import with_forces
from energy_models.running_times.library import ProfileKey, ProfileLibrary
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2, Train


class FollowedProfiles(ProfileLibrary):
    """The profiles of a library, followed by another train of the same type.

    Minimum running times are those of the library. Its train must need at least the forces of `train`: a larger mass
    (`RollingStock` chooses it so).
    """

    def __init__(self, followed: ProfileLibrary, train: Train) -> None:
        super().__init__(
            followed.sections, train, followed.load_classes, followed.regeneration_credit,
            tuple(followed._levels.values()),
        )  # fmt: skip
        self.followed = followed

    def changed(
        self,
        sections: Mapping[str, Sequence[SectionTrack]],  # noqa: ARG002
        train: Train,  # noqa: ARG002
    ) -> ProfileLibrary:
        """Not possible: the caller changes the followed library, for all vehicles that follow it."""
        raise TypeError("profiles that follow another library change with that library")

    def apart(self) -> ProfileLibrary:
        """Not possible for one vehicle: see `apart_together`."""
        raise TypeError("vehicles that share profiles are separated together")

    def minimum_time_s(self, direction: str, section_index: int, passengers: float) -> float:
        """The minimum running time of the followed library."""
        return self.followed.minimum_time_s(direction, section_index, passengers)

    def profile(
        self, direction: str, section_index: int, running_time_s: float, passengers: float, strategy: str
    ) -> DrivingProfile:
        """One profile with the forces and energies of this train; raises like the followed library."""
        key = ProfileKey(direction, section_index, running_time_s, self.load_class(passengers), strategy)
        found = self._profiles.get(key)
        if found is None:
            given = self.followed.profile(direction, section_index, running_time_s, passengers, strategy)
            found = self._profiles[key] = followed_by(given, self.train)
        return found

    def prepare(
        self,
        keys: Iterable[ProfileKey | tuple[str, int, float, float, str]],
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Compute many profiles of the followed library."""
        self.followed.prepare(keys, workers, progress)

    def __getstate__(self) -> dict[str, object]:
        """Only the followed profiles are pickled: the computation of the own forces is fast."""
        return {**super().__getstate__(), "_profiles": {}}


def followed_by(profile: DrivingProfile, train: Train) -> DrivingProfile:
    """The same speeds with the forces and energies of another train, at the load of the profile.

    The force of a cell is F = M Δ(v²)/2ds + A + B v + C v² + g m · slope, with the means of v and v² over the cell, as
    in `driving.course.profile_along`.
    """
    energy, speed = 0.5 * profile.speed_m_s**2, profile.speed_m_s
    cell_m = np.diff(profile.distance_m)
    total, product = speed[1:] + speed[:-1], speed[1:] * speed[:-1]
    constant, linear, quadratic = train.resistance_n
    net: FloatArray = (
        train.effective_mass_kg(profile.passengers) * np.diff(energy) / cell_m
        + constant
        + linear * (2.0 / 3.0) * (total - product / total)
        + quadratic * (energy[:-1] + energy[1:])
        + train.mass_kg(profile.passengers) * GRAVITY_M_S2 * profile.slope
    )
    return with_forces(profile, train, np.maximum(net, 0.0), np.maximum(-net, 0.0))


def apart_together(libraries: Iterable[ProfileLibrary]) -> dict[ProfileLibrary, ProfileLibrary]:
    """A separate copy of each library, to which another thread may add profiles; what is shared stays shared."""
    bases: dict[ProfileLibrary, ProfileLibrary] = {}
    copies: dict[ProfileLibrary, ProfileLibrary] = {}
    for library in libraries:
        if isinstance(library, FollowedProfiles):
            if library.followed not in bases:
                bases[library.followed] = library.followed.apart()
            copies[library] = FollowedProfiles(bases[library.followed], library.train)
        else:
            copies[library] = library.apart()
    return copies
