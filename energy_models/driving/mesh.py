"""The mesh: a section cut into cells that meet every change of limit and slope, finer near its ends."""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.track import SectionTrack

_FINEST_CELL_M = 0.5
_GROWTH_PER_M = 0.05
_CELLS_WANTED = 260
_SMALLEST_COARSE_CELL_M = 3.0
_LARGEST_COARSE_CELL_M = 12.0


@dataclass(frozen=True, eq=False)
class Mesh:
    """Cells of one section in the direction of travel.

    `distance_m` and `limit_m_s` have n+1 nodes (a node between two limits takes the lower), `cell_m` and `slope`
    (gradient and curve together, N per N of weight) have n cells.
    """

    distance_m: FloatArray
    cell_m: FloatArray
    slope: FloatArray
    limit_m_s: FloatArray


def mesh_of(track: SectionTrack, maximum_speed_m_s: float) -> Mesh:
    """Cut a section into cells of constant limit and slope.

    Cells grow from half a metre at both ends, where speed changes fast with distance, to about a 260th of the
    section's length (3 to 12 m). Limits are capped at `maximum_speed_m_s`.
    """
    length = track.length_m
    coarse = min(max(length / _CELLS_WANTED, _SMALLEST_COARSE_CELL_M), _LARGEST_COARSE_CELL_M)
    nodes = [np.zeros(1)]
    for start, end in zip(track.boundary_m[:-1], track.boundary_m[1:], strict=True):
        nodes.append(_nodes_between(float(start), float(end), length, coarse))
    distance = np.concatenate(nodes)
    cell = np.diff(distance)
    of_cell = np.clip(
        np.searchsorted(track.boundary_m, 0.5 * (distance[:-1] + distance[1:]), side="right") - 1,
        0, track.slope.size - 1,
    )  # fmt: skip
    limit = np.minimum(track.speed_limit_m_s, maximum_speed_m_s)[of_cell]
    at_node = np.minimum(np.append(limit, limit[-1]), np.insert(limit, 0, limit[0]))
    return Mesh(distance, cell, (track.slope + track.curve_resistance)[of_cell], at_node)


def _nodes_between(start: float, end: float, length: float, coarse: float) -> FloatArray:
    """Nodes after start, up to and with end, spread so that each cell suits its distance from the section's ends."""
    # The density of nodes is 1 / cell size; its integral, cut into equal parts, gives the nodes.
    ruler = np.linspace(start, end, 65)
    from_end = np.minimum(ruler, length - ruler)
    density = 1.0 / np.minimum(_FINEST_CELL_M + _GROWTH_PER_M * from_end, coarse)
    count_along = np.concatenate(([0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(ruler))))
    count = max(1, int(np.ceil(count_along[-1] - 1e-9)))
    nodes = np.interp(np.linspace(0.0, count_along[-1], count + 1)[1:], count_along, ruler)
    nodes[-1] = end
    return nodes
