"""The table of driving profiles of the sections of a plan, over distance."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from api.plan_files.csv_table import AMOUNT, WHOLE, WORD, decimal, one_of, read_table, write_table
from dispatch.plans.timetable import Timetable
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.switching import Regime, RegimeNodes, regime_nodes, switching_points
from energy_models.faults import Fault, InputFaults
from energy_models.running_times import ProfileLibrary
from energy_models.track import SectionTrack
from energy_models.train import Train
from scenarios.schema import DIRECTIONS, Scenario
from scenarios.schema.base import Direction

# The words of the table for the regimes of the instructions.
REGIME_WORDS: dict[Regime, str] = {
    "full effort": "traction",
    "partial effort": "partial traction",
    "cruise": "cruising",
    "coast": "coasting",
    "brake": "braking",
}
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
    "regime": one_of(*REGIME_WORDS.values(), "stop"),
}
_PROFILE_STEP_M = 25.0


@dataclass(frozen=True)
class SectionRun:
    """One way of running one section in a timetable."""

    direction: Direction
    section_index: int
    from_station: str
    to_station: str
    driving: str
    running_time_s: int
    passengers: float

    @property
    def key(self) -> tuple[object, ...]:
        """The key of this way, without the load."""
        return (self.direction, self.from_station, self.to_station, self.driving, self.running_time_s)


def write_profiles(path: Path, timetable: Timetable, library: ProfileLibrary, scenario: Scenario) -> None:
    """Write one profile for each way of running a section in the timetable, with the number of its runs."""
    write_table(path, tuple(PROFILE_COLUMNS), _rows(timetable, library, scenario))


def read_profile_keys(path: Path) -> set[tuple[object, ...]]:
    """The ways of running sections with a profile in a written table; raises `InputFaults`."""
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
    """The number of runs of each section in each way; the checker reports runs that do not follow the line."""
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


def nodes_with_regimes(
    profile: DrivingProfile, train: Train, track: SectionTrack
) -> tuple[RegimeNodes, tuple[str, ...]]:
    """The nodes of a profile with its switching points among them, and the regime that begins at each but the last."""
    nodes = regime_nodes(profile, switching_points(profile, train, track))
    return nodes, tuple(REGIME_WORDS[regime] for regime in nodes.regimes)


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
        nodes, regimes = nodes_with_regimes(profile, library.train, library.sections[run.direction][run.section_index])
        words = [*regimes, "stop"]
        for node in rows_to_write(nodes):
            yield (
                run.direction,
                run.from_station,
                run.to_station,
                run.driving,
                run.running_time_s,
                decimal(profile.passengers, 1),
                count,
                decimal(nodes.distance_m[node], 1),
                decimal(nodes.time_s[node], 2),
                decimal(nodes.speed_m_s[node] * 3.6, 2),
                words[node],
            )


def rows_to_write(nodes: RegimeNodes) -> list[int]:
    """The first node, the nodes where an instruction begins, the last node, and about every 25 m between.

    The written distances increase: of two nodes with the same written distance, the earlier one is left out, because
    the instruction that begins at the later one is in force from there on.
    """
    kept: list[int] = []
    for node, begins in enumerate((*nodes.begins, True)):
        if not begins and kept and nodes.distance_m[node] - nodes.distance_m[kept[-1]] < _PROFILE_STEP_M:
            continue
        if kept and round(float(nodes.distance_m[node]), 1) <= round(float(nodes.distance_m[kept[-1]]), 1):
            kept.pop()
        kept.append(node)
    return kept
