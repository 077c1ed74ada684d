"""The heights and curves of one direction of a line, as a train of some length feels them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.track import SectionTrack

_BEYOND_M = 1_000.0
"""The slope of the first and of the last piece continues so far beyond the line, for trains that stand partly there."""


@dataclass(frozen=True, eq=False)
class LineProfile:
    """One direction as one track: place 0 is the stopping point of the first departure.

    `slope` and `curve` (N per N of weight) belong to the pieces between the entries of `boundary_m`; `section_begin_m`
    is the place of the departure of each section.
    """

    boundary_m: FloatArray
    slope: FloatArray
    curve: FloatArray
    section_begin_m: FloatArray


def line_profile(tracks: Sequence[SectionTrack]) -> LineProfile:
    """The sections of one direction, in order of travel, joined to one track."""
    begin = np.concatenate(([0.0], np.cumsum([track.length_m for track in tracks])))
    boundary = [np.array([-_BEYOND_M])]
    slope, curve = [tracks[0].slope[:1]], [np.zeros(1)]
    for first_m, track in zip(begin[:-1], tracks, strict=True):
        boundary.append(first_m + track.boundary_m[:-1])
        slope.append(track.slope)
        curve.append(track.curve_resistance)
    boundary.append(np.array([begin[-1], begin[-1] + _BEYOND_M]))
    slope.append(tracks[-1].slope[-1:])
    curve.append(np.zeros(1))
    return LineProfile(np.concatenate(boundary), np.concatenate(slope), np.concatenate(curve), begin[:-1])


def mean_height(
    boundary_m: FloatArray, steepness: FloatArray, place_m: FloatArray, length_m: float, ahead_m: float
) -> FloatArray:
    """Height in m of the middle of mass of a train, the integral of a piecewise constant steepness along the track.

    The train covers the track from `place_m + ahead_m - length_m` to `place_m + ahead_m`; its mass is spread evenly. A
    train without length is a point at `place_m`. The mean of the height over the train is exact:
    (Q(front) - Q(rear)) / length, where Q is the integral of the height.
    """
    step = np.diff(boundary_m)
    height = np.concatenate(([0.0], np.cumsum(steepness * step)))
    if length_m <= 0.0:
        return np.interp(place_m, boundary_m, height)
    area = np.concatenate(([0.0], np.cumsum((height[:-1] + 0.5 * steepness * step) * step)))

    def integral(x: FloatArray) -> FloatArray:
        cell = np.clip(np.searchsorted(boundary_m, x, side="right") - 1, 0, len(steepness) - 1)
        along = x - boundary_m[cell]
        return np.asarray(area[cell] + height[cell] * along + 0.5 * steepness[cell] * along**2)

    front = place_m + ahead_m
    return np.asarray((integral(front) - integral(front - length_m)) / length_m)


def cell_heights(chainage_m: FloatArray, edge_m: FloatArray, length_m: float, rear_sign: FloatArray) -> FloatArray:
    """Height at each chainage for a unit gradient in one cell of the line at a time, one column for each cell.

    Gradients count in the direction of increasing chainage. The train reaches from `chainage_m` over its length
    towards `rear_sign` (-1 in direction up, 1 in direction down); its mass is spread evenly.
    """
    rear = chainage_m + rear_sign * length_m
    low, high = np.minimum(chainage_m, rear), np.maximum(chainage_m, rear)
    width = np.diff(edge_m)

    def integral(x: FloatArray) -> FloatArray:
        along = x[:, None] - edge_m[:-1]
        inside = np.clip(along, 0.0, width)
        return np.asarray(0.5 * inside**2 + width * np.maximum(along - width, 0.0))

    if length_m <= 0.0:
        return np.asarray(np.clip(chainage_m[:, None] - edge_m[:-1], 0.0, width))
    return np.asarray((integral(high) - integral(low)) / length_m)
