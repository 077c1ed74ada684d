"""Describe a line for an engineer: track, running times with their energy, and driving profiles over chainage."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from energy_models.account.energy import J_PER_KWH
from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Infeasible
from energy_models.movement.planned import SecondsOfMotion
from energy_models.running_times import ProfileLibrary
from energy_models.track import SectionTrack
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.schema.base import Direction
from scenarios.schema.supply import Storage, Substation
from scenarios.values.build import ato_levels_of, profile_library
from scenarios.values.speed_limits import speed_limits
from scenarios.values.station_times import station_times

METERING_POINT = "collector, without auxiliaries"
KMH_PER_M_S = 3.6
_SLOWEST_SHARE, _SLOWEST_S, _STEPS = 1.3, 15, 7

Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class SectionRun:
    """A run of a section: its strategy, its profile, and its motion second by second."""

    strategy: str
    profile: DrivingProfile
    motion: SecondsOfMotion

    def figures(self) -> dict[str, Any]:
        """Running time and energies at the collector."""
        drawn_kwh, regenerated_kwh = (
            energy_j / J_PER_KWH for energy_j in (self.motion.traction_energy_j, self.motion.regeneration_energy_j)
        )
        return {
            "strategy": self.strategy,
            "running_time_s": round(self.motion.running_time_s, 2),
            "drawn_kwh": round(drawn_kwh, 4),
            "regenerated_kwh": round(regenerated_kwh, 4),
            "net_kwh": round(drawn_kwh - regenerated_kwh, 4),
            "highest_speed_kmh": round(KMH_PER_M_S * float(self.profile.speed_m_s.max()), 2),
        }

    def over_chainage(self, track: SectionTrack) -> dict[str, list[float]]:
        """Chainage, speed and mean power at the collector in the middle of each second, with both ends of the run."""
        place_m = np.concatenate([[0.0], self.motion.distance_m, [track.length_m]])
        speed_m_s = np.sqrt(np.interp(place_m, self.profile.distance_m, self.profile.speed_m_s**2))
        power_w = np.concatenate([self.motion.power_w[:1], self.motion.power_w, self.motion.power_w[-1:]])
        return {
            "chainage_m": _rounded(track.chainage_m(place_m), 1),
            "speed_kmh": _rounded(KMH_PER_M_S * speed_m_s, 2),
            "power_kw": _rounded(power_w / 1e3, 1),
        }


def describe_line(
    scenario: Scenario, passengers: float, folder: Path, workers: int, progress: Progress
) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """The description of a line as one JSON object, and a file with the profiles of each section."""
    library = profile_library(scenario)
    wanted = {(way, k): _running_times_s(scenario, library, way, k, passengers) for way, k, _ in _sections(library)}
    keys = [(*place, float(time_s), passengers, "optimal") for place, times in wanted.items() for time_s in times]
    library.prepare(keys, workers, lambda done, all_of_them: progress("driving profiles", done / max(1, all_of_them)))
    sections, files = [], []
    for way, k, track in _sections(library):
        runs = tuple(_runs(scenario, library, way, k, passengers, wanted[way, k]))
        stations = scenario.stations_in_order(way)
        name = f"profiles-{way}-{k + 1:02d}.json"
        sections.append(
            {
                "direction": way,
                "from": stations[k].id,
                "to": stations[k + 1].id,
                "length_m": round(track.length_m, 2),
                "minimum_s": round(library.minimum_time_s(way, k, passengers), 2),
                "in_force_s": station_times(scenario, way).running_times_s[k],
                "profiles": name,
                "runs": [run.figures() for run in runs],
            }
        )
        files.append(folder / name)
        profiles = {
            **_limits_and_slopes(track, library),
            "runs": [{**run.figures(), **run.over_chainage(track)} for run in runs],
        }
        files[-1].write_text(json.dumps(profiles, allow_nan=False), encoding="utf-8")
    train = library.train
    return {
        "scenario": scenario.name,
        "scenario_hash": scenario.hash,
        "title": scenario.title,
        "metering_point": METERING_POINT,
        "passengers": passengers,
        "load_class": library.load_class(passengers),
        "train": {
            "type": scenario.main_train_type, "length_m": train.length_m, "tare_t": train.tare_kg / 1e3,
            "maximum_speed_kmh": round(KMH_PER_M_S * train.maximum_speed_m_s, 2),
            "capacity_normal": train.capacity_normal, "capacity_crush": train.capacity_crush,
        },
        **_track(scenario),
        "sections": sections,
    }, tuple(files)  # fmt: skip


def _sections(library: ProfileLibrary) -> Iterable[tuple[Direction, int, SectionTrack]]:
    return ((way, k, track) for way in DIRECTIONS for k, track in enumerate(library.sections[way]))


def _running_times_s(
    scenario: Scenario, library: ProfileLibrary, way: Direction, section: int, passengers: float
) -> tuple[int, ...]:
    """Whole running times from the shortest one on, with the one in force if the train can keep it."""
    shortest_s = math.ceil(library.minimum_time_s(way, section, passengers) - 1e-6)
    in_force_s = int(station_times(scenario, way).running_times_s[section])
    slowest_s = max(math.ceil(_SLOWEST_SHARE * shortest_s), in_force_s + _SLOWEST_S, shortest_s + _STEPS)
    times = {round(float(time_s)) for time_s in np.linspace(shortest_s, slowest_s, _STEPS + 1)}
    return tuple(sorted(times | ({in_force_s} if in_force_s >= shortest_s else set())))


def _runs(
    scenario: Scenario, library: ProfileLibrary, way: Direction, section: int, passengers: float, times: Iterable[int]
) -> Iterable[SectionRun]:
    """The fastest run, the optimal run of each running time, today's driving, and the levels of an ATO."""
    in_force_s = float(station_times(scenario, way).running_times_s[section])
    wanted = [("flat_out", 0.0), *(("optimal", float(time_s)) for time_s in times)]
    if scenario.driving.baseline == "speed_cap":
        wanted.append(("speed_cap", in_force_s))
    for strategy, time_s in wanted:
        try:
            yield _run(library, way, section, time_s, passengers, strategy)
        except Infeasible:
            continue  # no constant cap gives this running time
    if levels := ato_levels_of(scenario):
        driven = ProfileLibrary(library.sections, library.train, library.load_classes, 1.0, levels)
        for level in levels:
            try:
                yield _run(driven, way, section, 0.0, passengers, level.name)
            except Infeasible:
                continue


def _run(
    library: ProfileLibrary, way: str, section: int, time_s: float, passengers: float, strategy: str
) -> SectionRun:
    profile = library.profile(way, section, time_s, passengers, strategy)
    return SectionRun(strategy, profile, library.motion(way, section, time_s, passengers, strategy))


def _limits_and_slopes(track: SectionTrack, library: ProfileLibrary) -> dict[str, Any]:
    """The limits that hold for the whole train, and gradient with curve resistance, in direction of travel."""
    limits = np.minimum(track.speed_limit_m_s, library.train.maximum_speed_m_s)
    return {
        "boundary_chainage_m": _rounded(track.chainage_m(track.boundary_m), 1),
        "limit_kmh": _rounded(KMH_PER_M_S * limits, 2),
        "slope_permil": _rounded(1e3 * track.slope, 2),
        "resistance_permil": _rounded(1e3 * track.curve_resistance, 2),
    }


def _track(scenario: Scenario) -> dict[str, Any]:
    chainage = {station.id: station.chainage_m for station in scenario.stations}

    def places(items: Iterable[Substation | Storage]) -> list[dict[str, Any]]:
        return [
            {
                "name": one.id, "in_service": one.in_service,
                "chainage_m": chainage[one.station] if one.station is not None else float(one.chainage_m or 0.0),
            }
            for one in items
        ]  # fmt: skip

    return {
        "stations": [
            {"id": one.id, "name": one.name, "chainage_m": one.chainage_m, "dwell_s": one.dwell_s}
            for one in scenario.stations
        ],
        "substations": places(scenario.supply.substations),
        "storages": places(scenario.supply.storages),
        "speed_limits": [one.model_dump(mode="json") for one in speed_limits(scenario)],
        "gradients": [one.model_dump(mode="json") for one in scenario.track.gradients],
        "curves": [one.model_dump(mode="json") for one in scenario.track.curves],
        "heights": _heights(scenario),
    }


def _heights(scenario: Scenario) -> list[list[float]]:
    """Chainage and height of the track of direction up, in m above the first station, where the gradient changes."""
    rows = [row for row in scenario.track.gradients if row.direction in ("up", "both")]
    begin_m, end_m = scenario.stations[0].chainage_m, scenario.stations[-1].chainage_m
    inner = {edge for row in rows for edge in (row.from_m, row.to_m) if begin_m < edge < end_m}
    found, height_m = [[begin_m, 0.0]], 0.0
    for low_m, high_m in pairwise([begin_m, *sorted(inner), end_m]):
        middle_m = (low_m + high_m) / 2
        permil = next((row.permil for row in rows if row.from_m <= middle_m < row.to_m), 0.0)
        height_m += permil / 1e3 * (high_m - low_m)
        found.append([high_m, round(height_m, 3)])
    return found


def _rounded(values: FloatArray, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]


def facts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a list of jobs shows of a description."""
    return {"scenario_hash": document["scenario_hash"], "sections": len(document["sections"])}
