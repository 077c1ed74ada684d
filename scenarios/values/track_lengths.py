"""Lengths of the sections in each direction, and distances along the track of a direction.

Chainage is counted along the track of direction up. Where the track of direction down has another length in a section,
places are mapped linearly within the section: half of the chainage is half of the length.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.schema.base import Direction
from scenarios.schema.scenario import Scenario


def section_lengths_m(scenario: Scenario, direction: Direction) -> tuple[float, ...]:
    """Length of each section in order of travel."""
    stations = scenario.stations
    lengths = [abs(there.chainage_m - here.chainage_m) for here, there in pairwise(stations)]
    if direction == "up":
        return tuple(lengths)
    for position, section in enumerate(scenario.track.sections):
        if section.length_down_m is not None:
            lengths[position] = section.length_down_m
    return tuple(lengths[::-1])


def along_m(scenario: Scenario, direction: Direction, chainage_m: Sequence[float]) -> FloatArray:
    """Distance from the first station of a direction along its track, for places by chainage on the line."""
    places = np.asarray(chainage_m, dtype=np.float64)
    first_m, last_m = scenario.stations[0].chainage_m, scenario.stations[-1].chainage_m
    if direction == "up":
        return np.asarray(places - first_m)
    if not scenario.has_unlike_tracks:
        return np.asarray(last_m - places)
    at_stations = np.concatenate(([0.0], np.cumsum(section_lengths_m(scenario, "down"))))[::-1]
    return np.asarray(np.interp(places, [station.chainage_m for station in scenario.stations], at_stations))


def distance_m(scenario: Scenario, origin: str, destination: str) -> float:
    """Distance along the track from one station to another; KeyError for an unknown station."""
    chainages_m = (scenario.station(origin).chainage_m, scenario.station(destination).chainage_m)
    if not scenario.has_unlike_tracks:
        return abs(chainages_m[1] - chainages_m[0])
    begin_m, end_m = along_m(scenario, "up" if chainages_m[1] > chainages_m[0] else "down", chainages_m)
    return float(end_m - begin_m)
