"""Distances along a line from a feed: distances travelled, the shape, or the coordinates of the stations."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from energy_models.arrays import FloatArray

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""

METRES_OF = {"metres": 1.0, "kilometres": 1000.0, "feet": 0.3048, "miles": 1609.344}
"""Possible units of a distance travelled; GTFS does not define the unit."""

LONGEST_DETOUR = 1.8
"""Largest ratio of the track length to the straight line between stations."""


@dataclass(frozen=True)
class Place:
    """A point on the Earth, in degrees."""

    latitude_deg: float
    longitude_deg: float


def great_circle_m(here: Place, there: Place) -> float:
    """Distance over the Earth's mean sphere in m (haversine formula)."""
    (lat1, lon1), (lat2, lon2) = (
        np.radians((place.latitude_deg, place.longitude_deg)) for place in (here, there)
    )  # fmt: skip
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return float(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half)))


def straight_m(places: Sequence[Place]) -> FloatArray:
    """Distances from the first place along straight lines between the places."""
    return np.concatenate([[0.0], np.cumsum([great_circle_m(here, there) for here, there in pairwise(places)])])


def travelled_m(travelled: Sequence[float], places: Sequence[Place]) -> tuple[FloatArray, str] | None:
    """Distances from the first stop in m, and their unit in the feed; None if no unit gives plausible distances.

    Of the plausible units, the result has the unit with the shortest line.
    """
    values = np.asarray(travelled, dtype=float)
    if np.isnan(values).any() or (np.diff(values) <= 0).any():
        return None
    straight = straight_m(places)[-1]
    detours = {unit: (values[-1] - values[0]) * metres / straight for unit, metres in METRES_OF.items()}
    fitting = {unit: detour for unit, detour in detours.items() if 0.98 <= detour <= LONGEST_DETOUR}
    if not fitting:
        return None
    unit = min(fitting, key=lambda name: fitting[name])
    return (values - values[0]) * METRES_OF[unit], unit


def along_shape_m(shape: Sequence[Place], places: Sequence[Place]) -> FloatArray | None:
    """Distances of stops along a shape, from the first stop, in m; None if the shape does not pass them in order.

    Each stop is projected to a point of the shape after the previous stop: the first local minimum of the distance
    that is at most twice the smallest distance, so that a shape that passes a place twice gives the first passage.
    """
    points = np.array([(place.latitude_deg, place.longitude_deg) for place in shape], dtype=float)
    if len(points) < 2:
        return None
    metres = np.radians(1.0) * EARTH_RADIUS_M
    scale = np.array([metres, metres * np.cos(np.radians(points[:, 0].mean()))])
    line = points * scale
    steps = np.diff(line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    begins = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    squared = np.where(lengths > 0, lengths**2, 1.0)
    found: list[float] = []
    for place in places:
        stop = np.array([place.latitude_deg, place.longitude_deg]) * scale
        share = np.clip(((stop - line[:-1]) * steps).sum(axis=1) / squared, 0.0, 1.0)
        foot = line[:-1] + share[:, None] * steps
        away = np.hypot(*(stop - foot).T)
        distance = begins + share * lengths
        ahead = distance > (found[-1] if found else -1.0)
        if not ahead.any():
            return None
        least = away[ahead].min()
        near = ahead & (away <= max(2 * least, 1.0))
        # The first passage: of the first stretch of points that are near, the nearest.
        first = int(np.flatnonzero(near)[0])
        beyond = np.flatnonzero(~near[first:])
        last = first + (int(beyond[0]) if len(beyond) else len(near) - first)
        best = first + int(np.argmin(np.where(near[first:last], away[first:last], np.inf)))
        found.append(float(distance[best]))
    result = np.array(found) - found[0]
    straight = straight_m(places)
    if (np.diff(result) < 0.9 * np.diff(straight)).any() or result[-1] > LONGEST_DETOUR * straight[-1]:
        return None
    return result
