"""The shortest running times of the sections of an imported line, and the assumed track for them."""

from collections.abc import Mapping
from itertools import pairwise
from math import sqrt
from typing import Any

from energy_models.driving.flat_out import flat_out
from scenarios.imports.line import ImportedLine
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.line import Station, Track
from scenarios.schema.scenario import Scenario
from scenarios.values.build import section_tracks, train_of

SectionTimes = Mapping[Direction, tuple[float, ...]]
"""A time in s for each section in order of travel, by direction."""

USUAL_ACCELERATION_M_S2 = 1.0
USUAL_SPEED_M_S = 80 / 3.6
"""Acceleration, braking rate and maximum speed of a usual metro train; only the shares of sections without a time
depend on them (assumed)."""


def assumed_track(line: ImportedLine, like: Scenario) -> dict[str, Any]:
    """Level track with the maximum speed of the trains, to beyond both terminals; keys of the scenario language."""
    train = like.train_types[like.main_train_type]
    begin_m, end_m = line.stations[0].chainage_m or 0.0, line.stations[-1].chainage_m or 0.0
    stretch = {"from_m": begin_m - train.length_m, "to_m": end_m + train.length_m}
    return {
        "speed_limits": [{**stretch, "limit_kmh": train.maximum_speed_kmh}],
        "gradients": [{**stretch, "permil": 0}],
    }


def least_times_s(line: ImportedLine, like: Scenario, scale: float = 1.0) -> SectionTimes:
    """Flat-out running times of the main train of another line at crush load, which no planned train exceeds.

    The track is that of the other line if both have the same stations, otherwise `assumed_track`. `scale` multiplies
    all distances of an assumed track.
    """
    load = float(like.train_types[like.main_train_type].capacity.crush)
    on_line = like
    if tuple(station.id for station in like.stations) != line.order("up") or scale != 1.0:
        stations = tuple(
            Station(id=one.id, name=one.name, chainage_m=scale * (one.chainage_m or 0.0)) for one in line.stations
        )
        track = Track.model_validate(assumed_track(line, like))
        on_line = like.with_parts(stations=stations, track=track)
    train = train_of(on_line)
    known: dict[tuple[object, ...], float] = {}
    found: dict[Direction, tuple[float, ...]] = {}
    for direction in DIRECTIONS:
        times = []
        for section in section_tracks(on_line, direction, train):
            shape = tuple(
                tuple(values.tolist())
                for values in (section.boundary_m, section.speed_limit_m_s, section.slope, section.curve_resistance)
            )
            if shape not in known:
                known[shape] = flat_out(section, train, load).running_time_s
            times.append(known[shape])
        found[direction] = tuple(times)
    return found


def usual_times_s(line: ImportedLine) -> SectionTimes:
    """Running times of a usual metro train by distance alone; equal times if the distances are not known."""
    up = []
    for here, there in pairwise(line.stations):
        if here.chainage_m is None or there.chainage_m is None:
            up.append(90.0)
            continue
        length_m = abs(there.chainage_m - here.chainage_m)
        reaches_speed = length_m >= USUAL_SPEED_M_S**2 / USUAL_ACCELERATION_M_S2
        up.append(
            length_m / USUAL_SPEED_M_S + USUAL_SPEED_M_S / USUAL_ACCELERATION_M_S2
            if reaches_speed
            else 2 * sqrt(length_m / USUAL_ACCELERATION_M_S2)
        )
    return {"up": tuple(up), "down": tuple(up[::-1])}
