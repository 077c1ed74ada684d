"""The mesh: a section cut into cells that meet every change of limit and slope."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.track import SectionTrack

Fineness = Literal["plain", "fine", "graded"]

# Number of cells of a section, and the bounds of their length in m. Two hundred cells are within 0.2 % of the energy of
# two thousand, except for runs that need almost no energy.
_PLAIN = (200, 3.0, 12.0)
_FINE = (600, 1.0, 4.0)
_GRADED_FIRST_CELL_M = 0.02
_GRADED_GROWTH_PER_M = 0.1


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


def mesh_of(track: SectionTrack, maximum_speed_m_s: float, fineness: Fineness = "plain") -> Mesh:
    """Cut a section into cells of constant limit and slope; limits are capped at `maximum_speed_m_s`.

    `plain` suits the search for the least energy, `fine` the minimum time; `graded` grows from centimetres at both
    ends, which a jerk limit needs because acceleration builds up within the first metre.
    """
    wanted, smallest, largest = _FINE if fineness == "fine" else _PLAIN
    coarse = min(max(track.length_m / wanted, smallest), largest)
    nodes = [np.zeros(1)]
    for start, end in zip(track.boundary_m[:-1], track.boundary_m[1:], strict=True):
        if fineness == "graded":
            nodes.append(_graded_nodes(float(start), float(end), track.length_m, coarse))
        else:
            nodes.append(np.linspace(start, end, int(np.ceil((end - start) / coarse - 1e-9)) + 1)[1:])
    distance = np.concatenate(nodes)
    of_cell = np.clip(
        np.searchsorted(track.boundary_m, 0.5 * (distance[:-1] + distance[1:]), side="right") - 1,
        0, track.slope.size - 1,
    )  # fmt: skip
    limit = np.minimum(track.speed_limit_m_s, maximum_speed_m_s)[of_cell]
    at_node = np.minimum(np.append(limit, limit[-1]), np.insert(limit, 0, limit[0]))
    return Mesh(distance, np.diff(distance), (track.slope + track.curve_resistance)[of_cell], at_node)


def _graded_nodes(start: float, end: float, length: float, coarse: float) -> FloatArray:
    """Nodes after start up to end; the size of each cell depends on its distance from the section's ends."""
    # The density of nodes is 1 / cell size; its integral, cut into equal parts, gives the nodes.
    near = np.geomspace(0.1 * _GRADED_FIRST_CELL_M, length, 129)
    ruler = np.unique(np.clip(np.concatenate((near, length - near, np.linspace(start, end, 65))), start, end))
    from_end = np.minimum(ruler, length - ruler)
    density = 1.0 / np.minimum(_GRADED_FIRST_CELL_M + _GRADED_GROWTH_PER_M * from_end, coarse)
    count_along = np.concatenate(([0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(ruler))))
    count = max(1, int(np.ceil(count_along[-1] - 1e-9)))
    nodes = np.interp(np.linspace(0.0, count_along[-1], count + 1)[1:], count_along, ruler)
    nodes[-1] = end
    return nodes
