"""The table of driving profiles: how trains run each section of a plan, metre by metre."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from api.csv_table import AMOUNT, WHOLE, WORD, decimal, one_of, read_table, write_table
from dispatch.timetable import Direction, Timetable
from energy_models.driving.profile import DrivingProfile
from energy_models.faults import Fault, InputFaults
from energy_models.running_times import ProfileLibrary
from scenarios.schema import DIRECTIONS, Scenario

PROFILE_COLUMNS = {
    "direction": one_of("up", "down"),
    "from_station": WORD,
    "to_station": WORD,
    "driving": WORD,
    "running_time_s": WHOLE,
    "load_passengers": AMOUNT,
    "runs": WHOLE,
    "distance_m": AMOUNT,
    "time_s": AMOUNT,
    "speed_kmh": AMOUNT,
    "regime": one_of("traction", "cruising", "coasting", "braking", "stop"),
}
_PROFILE_STEP_M = 25.0


@dataclass(frozen=True)
class SectionRun:
    """One way of running one section, as a timetable asks for it."""

    direction: Direction
    section_index: int
    from_station: str
    to_station: str
    driving: str
    running_time_s: int
    passengers: float

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this way from others, the load aside."""
        return (self.direction, self.from_station, self.to_station, self.driving, self.running_time_s)


def write_profiles(path: Path, timetable: Timetable, library: ProfileLibrary, scenario: Scenario) -> None:
    """Write one profile for each way of running a section that the timetable asks for, with the number of its runs."""
    write_table(path, tuple(PROFILE_COLUMNS), _rows(timetable, library, scenario))


def read_profile_keys(path: Path) -> set[tuple[object, ...]]:
    """The ways of running sections for which a written table has a profile; raises `InputFaults`."""
    rows = read_table(path, PROFILE_COLUMNS)
    names = ("direction", "from_station", "to_station", "driving", "running_time_s")
    keys = [(*(row[name] for name in names), row["load_passengers"]) for row in rows]
    faults = [
        Fault(
            path.name, f"row {row['row']}", "distance_m", str(row["distance_m"]), "a distance that rises in a profile"
        )
        for row, earlier, key, earlier_key in zip(rows[1:], rows, keys[1:], keys, strict=False)
        if key == earlier_key and row["distance_m"] <= earlier["distance_m"]
    ]
    if faults:
        raise InputFaults(faults)
    return {key[:-1] for key in keys}


def section_runs(timetable: Timetable, scenario: Scenario) -> Counter[SectionRun]:
    """How often a timetable runs each section in each way; runs off the line's order are left to the checker."""
    runs: Counter[SectionRun] = Counter()
    orders = {d: [station.id for station in scenario.stations_in_order(d)] for d in DIRECTIONS}
    for trip in timetable.trips:
        order = orders[trip.direction]
        for k, (from_station, to_station) in enumerate(zip(trip.stations, trip.stations[1:], strict=False)):
            if from_station not in order[:-1] or order[order.index(from_station) + 1] != to_station:
                continue
            section_index = order.index(from_station)
            runs[
                SectionRun(
                    trip.direction, section_index, from_station, to_station,
                    trip.driving[k], trip.running_time_s(k), trip.passengers[k],
                )
            ] += 1  # fmt: skip
    return runs


def regimes(profile: DrivingProfile) -> list[str]:
    """What the train does in each cell of a profile, in the four words of driving."""
    held = np.abs(np.diff(profile.speed_m_s**2)) < 1e-3 * np.maximum(profile.speed_m_s[:-1] ** 2, 1.0)
    braking = profile.electric_brake_force_n + profile.friction_brake_force_n > 1.0
    traction = profile.traction_force_n > 1.0
    words = np.where(
        traction | braking, np.where(held, "cruising", np.where(traction, "traction", "braking")), "coasting"
    )
    return [str(word) for word in words]


def _rows(timetable: Timetable, library: ProfileLibrary, scenario: Scenario) -> Iterator[tuple[object, ...]]:
    written: dict[tuple[object, ...], tuple[SectionRun, DrivingProfile, int]] = {}
    for run, count in section_runs(timetable, scenario).items():
        profile = library.profile(run.direction, run.section_index, run.running_time_s, run.passengers, run.driving)
        key = (*run.key, profile.passengers)
        earlier = written[key][2] if key in written else 0
        written[key] = (run, profile, earlier + count)
    order = sorted(written, key=lambda key: (key[0] != "up", written[key][0].section_index, *key[3:]))
    for key in order:
        run, profile, count = written[key]
        words = [*regimes(profile), "stop"]
        for node in _nodes(profile, words):
            yield (
                run.direction,
                run.from_station,
                run.to_station,
                run.driving,
                run.running_time_s,
                decimal(profile.passengers, 1),
                count,
                decimal(profile.distance_m[node], 1),
                decimal(profile.time_s[node], 2),
                decimal(profile.speed_m_s[node] * 3.6, 2),
                words[node],
            )


def _nodes(profile: DrivingProfile, words: list[str]) -> Iterator[int]:
    """Nodes worth writing: where the regime changes, both ends, and about every 25 m between."""
    distance_m = profile.distance_m
    last_m = -np.inf
    for node in range(len(distance_m)):
        changed = node == 0 or words[node] != words[node - 1]
        if changed or node == len(distance_m) - 1 or distance_m[node] - last_m >= _PROFILE_STEP_M:
            last_m = distance_m[node]
            yield node
