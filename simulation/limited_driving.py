"""Driving under limits that hold for a while: the same train on the same sections, with other profiles."""

from collections.abc import Mapping
from dataclasses import replace

from dispatch.timetable import Direction
from energy_models.running_times import ProfileLibrary
from energy_models.track import SectionTrack, with_slow_stretch
from simulation.disturbances.track import NO_LIMITS, DrivingLimits


class LimitedLibraries:
    """A profile library for each set of limits that a run meets; made when first asked for, kept for further days.

    What was made stays in its process: a copy sent to another one begins empty, and makes the same again.
    """

    def __init__(self, library: ProfileLibrary) -> None:
        self.library = library
        self._limited: dict[DrivingLimits, ProfileLibrary] = {}

    def __reduce__(self) -> tuple[type["LimitedLibraries"], tuple[ProfileLibrary]]:
        """A pickle holds the line's own library only."""
        return LimitedLibraries, (self.library,)

    def under(self, limits: DrivingLimits) -> ProfileLibrary:
        """The library for those limits; the line's own where there are none."""
        if limits == NO_LIMITS:
            return self.library
        if limits not in self._limited:
            self._limited[limits] = limited_library(self.library, limits)
        return self._limited[limits]

    def reach_m(self, direction: Direction, section: int) -> tuple[float, float]:
        """The chainages (low, high) that a run of a section touches, with the train that stands behind its head."""
        track = self.library.sections[direction][section]
        begin_m = track.departure_chainage_m - track.chainage_sign * self.library.train.length_m
        end_m = track.departure_chainage_m + track.chainage_sign * track.length_m
        return min(begin_m, end_m), max(begin_m, end_m)


def limited_library(library: ProfileLibrary, limits: DrivingLimits) -> ProfileLibrary:
    """The library of the same train and line under limits; a slow stretch holds until the train's tail has left it."""
    train = replace(
        library.train,
        maximum_acceleration_m_s2=min(library.train.maximum_acceleration_m_s2, limits.acceleration_m_s2),
        maximum_deceleration_m_s2=min(library.train.maximum_deceleration_m_s2, limits.deceleration_m_s2),
    )
    sections: Mapping[str, tuple[SectionTrack, ...]] = {
        direction: tuple(_slowed(track, limits, train.length_m) for track in tracks)
        for direction, tracks in library.sections.items()
    }
    return library.changed(sections, train)


def _slowed(track: SectionTrack, limits: DrivingLimits, train_length_m: float) -> SectionTrack:
    for slow in limits.slow:
        ends = sorted(track.chainage_sign * (place - track.departure_chainage_m) for place in (slow.from_m, slow.to_m))
        track = with_slow_stretch(track, ends[0], ends[1] + train_length_m, slow.limit_m_s)
    return track
