"""The track in the direction of travel: limits, gradients and curves."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats


@dataclass(frozen=True, eq=False)
class SectionTrack:
    """One section in the direction of travel; distance 0 is the stopping point of the departure.

    `boundary_m` has one more entry than the other arrays and runs from 0 to the section's length.
    `slope` is the rise over the run (0.02 is a climb of 20 permil); `curve_resistance` is N per N of weight,
    never negative. Chainage on the line is `departure_chainage_m + chainage_per_m * distance`: 1 in direction up, -1 in
    direction down, and another number if this track is longer or shorter than the chainage, which is counted along the
    track of direction up.
    """

    name: str
    boundary_m: FloatArray
    speed_limit_m_s: FloatArray
    slope: FloatArray
    curve_resistance: FloatArray
    departure_chainage_m: float = 0.0
    chainage_per_m: float = 1.0

    def __post_init__(self) -> None:
        for name in ("boundary_m", "speed_limit_m_s", "slope", "curve_resistance"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def length_m(self) -> float:
        """Distance between the two stopping points."""
        return float(self.boundary_m[-1])

    @property
    def arrival_chainage_m(self) -> float:
        """Chainage of the stopping point at the end of the section."""
        return self.departure_chainage_m + self.chainage_per_m * self.length_m

    def chainage_m(self, distance_m: FloatArray) -> FloatArray:
        """Chainage on the line for distances from the stopping point of the departure."""
        return np.asarray(self.departure_chainage_m + self.chainage_per_m * distance_m)

    def distance_m(self, chainage_m: FloatArray) -> FloatArray:
        """Distances from the stopping point of the departure for places by chainage on the line."""
        return np.asarray((chainage_m - self.departure_chainage_m) / self.chainage_per_m)


def with_slow_stretch(track: SectionTrack, from_m: float, to_m: float, limit_m_s: float) -> SectionTrack:
    """The section with an additional limit between two distances from its departure; parts outside do not count.

    Both distances are for the head of the train, which may run faster again from `to_m` on. A lower limit of the track
    stays.
    """
    low, high = max(from_m, 0.0), min(to_m, track.length_m)
    if low >= high:
        return track
    edges = np.unique(np.concatenate((track.boundary_m, [low, high])))
    middle = 0.5 * (edges[1:] + edges[:-1])
    cell = np.searchsorted(track.boundary_m, middle, side="right") - 1
    slow = (middle > low) & (middle < high)
    limit = track.speed_limit_m_s[cell]
    return replace(
        track,
        boundary_m=edges,
        speed_limit_m_s=np.where(slow, np.minimum(limit, limit_m_s), limit),
        slope=track.slope[cell],
        curve_resistance=track.curve_resistance[cell],
    )


def hold_limits_for_length(
    boundary_m: FloatArray, limit_m_s: FloatArray, train_length_m: float
) -> tuple[FloatArray, FloatArray]:
    """Limits for the head of a train that may exceed a limit only after its tail has left the limit.

    The limit at x is the lowest one between x - train_length_m and x. Returns new boundaries and limits over the same
    stretch; limits before the first boundary are not known and do not count.
    """
    edges = np.asarray(boundary_m, dtype=np.float64)
    limits = np.asarray(limit_m_s, dtype=np.float64)
    if train_length_m <= 0:
        return edges, limits
    later = edges[1:-1] + train_length_m
    held_edges = np.unique(np.concatenate((edges, later[later < edges[-1]])))
    held = np.empty(len(held_edges) - 1)
    for cell, (low, high) in enumerate(pairwise(held_edges)):
        middle = (low + high) / 2
        first = max(int(np.searchsorted(edges, middle - train_length_m, side="right")) - 1, 0)
        last = int(np.searchsorted(edges, middle, side="right")) - 1
        held[cell] = limits[first : last + 1].min()
    changes = np.concatenate(([True], np.diff(held) != 0, [True]))
    return held_edges[changes], held[changes[:-1]]
