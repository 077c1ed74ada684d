"""The heights and curves of one direction of a line, as a train of some length feels them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

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


def cell_rises(
    first_m: FloatArray, last_m: FloatArray, edge_m: FloatArray, length_m: float, rear_sign: FloatArray
) -> csr_array:
    """Rise from one chainage to another for a unit gradient in one cell of the line: a row a pair, a column a cell.

    Gradients count in the direction of increasing chainage. The train reaches from its chainage over its length
    towards `rear_sign` (-1 in direction up, 1 in direction down); its mass is spread evenly.
    """
    ends = [(np.minimum(x, x + rear_sign * length_m), np.maximum(x, x + rear_sign * length_m))
            for x in (first_m, last_m)]  # fmt: skip
    cells = len(edge_m) - 1
    base, top = (
        np.clip(np.searchsorted(edge_m, x, side="right") - 1, 0, cells - 1)
        for x in (np.minimum(ends[0][0], ends[1][0]), np.maximum(ends[0][1], ends[1][1]))
    )
    # Cells that both places have passed rise equally, so that only those between the places count.
    cell = base[:, None] + np.arange(int((top - base).max(initial=0)) + 1)
    counts = cell <= top[:, None]
    cell = np.minimum(cell, cells - 1)
    begin, width = edge_m[cell], np.diff(edge_m)[cell]

    def height(low: FloatArray, high: FloatArray) -> FloatArray:
        if length_m <= 0.0:
            return np.asarray(np.clip(low[:, None] - begin, 0.0, width))
        area = []
        for x in (low, high):
            along = x[:, None] - begin
            area.append(0.5 * np.clip(along, 0.0, width) ** 2 + width * np.maximum(along - width, 0.0))
        return np.asarray((area[1] - area[0]) / length_m)

    rise = height(*ends[1]) - height(*ends[0])
    starts = np.concatenate(([0], np.cumsum(counts.sum(axis=1))))
    return csr_array((rise[counts], cell[counts], starts), shape=(len(first_m), cells))
