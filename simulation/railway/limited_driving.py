"""Driving with temporary limits: the same train on the same sections, with other profiles."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from energy_models.running_times import FollowedProfiles, ProfileLibrary
from energy_models.track import SectionTrack, with_slow_stretch
from energy_models.train import Train
from scenarios.schema.base import Direction
from simulation.disturbances.track import NO_LIMITS, DrivingLimits


class LimitedLibraries:
    """A profile library for each set of temporary limits; built at its first use and kept for further days.

    A library stays in its process: a copy in another process starts empty and builds the same profiles again.
    """

    def __init__(self, library: ProfileLibrary, followed: "LimitedLibraries | None" = None) -> None:
        """`followed` are the libraries that vehicles with models of their own share, if `library` follows one."""
        self.library = library
        self._followed = followed
        self._limited: dict[DrivingLimits, ProfileLibrary] = {}

    def __reduce__(self) -> tuple[type["LimitedLibraries"], tuple[ProfileLibrary, "LimitedLibraries | None"]]:
        """A pickle contains only the library of the line without temporary limits."""
        return LimitedLibraries, (self.library, self._followed)

    def under(self, limits: DrivingLimits) -> ProfileLibrary:
        """The library for these limits; that of the line if there are none."""
        if limits == NO_LIMITS:
            return self.library
        if limits not in self._limited:
            if self._followed is None:
                self._limited[limits] = limited_library(self.library, limits)
            else:
                train = limited_train(self.library.train, limits)
                self._limited[limits] = FollowedProfiles(self._followed.under(limits), train)
        return self._limited[limits]

    def reach_m(self, direction: Direction, section: int) -> tuple[float, float]:
        """The chainages (low, high) of a run of a section, including the train behind its head."""
        track = self.library.sections[direction][section]
        begin_m = track.departure_chainage_m - track.chainage_per_m * self.library.train.length_m
        end_m = track.arrival_chainage_m
        return min(begin_m, end_m), max(begin_m, end_m)


def limited_library(library: ProfileLibrary, limits: DrivingLimits) -> ProfileLibrary:
    """The library of the same train and line with temporary limits; a limit holds until the tail has left it."""
    train = limited_train(library.train, limits)
    sections: Mapping[str, tuple[SectionTrack, ...]] = {
        direction: tuple(_slowed(track, limits, train.length_m) for track in tracks)
        for direction, tracks in library.sections.items()
    }
    return library.changed(sections, train)


def limited_train(train: Train, limits: DrivingLimits) -> Train:
    """The train with the accelerations that the limits allow."""
    return replace(
        train,
        maximum_acceleration_m_s2=min(train.maximum_acceleration_m_s2, limits.acceleration_m_s2),
        maximum_deceleration_m_s2=min(train.maximum_deceleration_m_s2, limits.deceleration_m_s2),
    )


class LimitedFleet:
    """The limited libraries of a fleet, in which the vehicles of a type share the computed driving."""

    def __init__(self) -> None:
        self._shared: dict[ProfileLibrary, LimitedLibraries] = {}

    def of(self, library: ProfileLibrary) -> LimitedLibraries:
        """The limited libraries of one vehicle or type."""
        if not isinstance(library, FollowedProfiles):
            return LimitedLibraries(library)
        if library.followed not in self._shared:
            self._shared[library.followed] = LimitedLibraries(library.followed)
        return LimitedLibraries(library, self._shared[library.followed])


def _slowed(track: SectionTrack, limits: DrivingLimits, train_length_m: float) -> SectionTrack:
    for slow in limits.slow:
        ends = sorted(track.distance_m(np.array([slow.from_m, slow.to_m])).tolist())
        track = with_slow_stretch(track, ends[0], ends[1] + train_length_m, slow.limit_m_s)
    return track
