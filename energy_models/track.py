"""The track as a train meets it: limits, gradients and curves in the direction of travel."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats


@dataclass(frozen=True, eq=False)
class SectionTrack:
    """One section in the direction of travel; distance 0 is the stopping point departed from.

    `boundary_m` has one more entry than the other arrays and runs from 0 to the section's length.
    `slope` is the rise over the run (0.02 is a climb of 20 permil); `curve_resistance` is N per N of weight,
    never negative. Chainage on the line is `departure_chainage_m + chainage_sign * distance`.
    """

    name: str
    boundary_m: FloatArray
    speed_limit_m_s: FloatArray
    slope: FloatArray
    curve_resistance: FloatArray
    departure_chainage_m: float = 0.0
    chainage_sign: int = 1

    def __post_init__(self) -> None:
        for name in ("boundary_m", "speed_limit_m_s", "slope", "curve_resistance"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))

    @property
    def length_m(self) -> float:
        """Distance between the two stopping points."""
        return float(self.boundary_m[-1])


def with_slow_stretch(track: SectionTrack, from_m: float, to_m: float, limit_m_s: float) -> SectionTrack:
    """The section with a lower limit between two distances from its departure; what lies outside does not count.

    Both distances are for the head of the train: `to_m` is where it may go faster again. Where the track's own limit
    is lower, it stays.
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
    """Limits for the head of a train whose tail must have left a limit before it may pass it.

    The limit at x is the lowest one between x - train_length_m and x. Returns new boundaries and limits over the same
    stretch; what lies before the first boundary is not known and does not count.
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
