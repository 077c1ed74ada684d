"""How full today's trains are: the demand held against the timetable in force."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.demand import departure_offsets_s, section_loads
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.scenario import Scenario


@dataclass(frozen=True)
class FullestTrains:
    """Where the trains of one direction are fullest: passengers on each, and their share of normal capacity."""

    direction: Direction
    departure_station: str
    arrival_station: str
    from_s: int
    headway_s: float
    passengers: float
    share_of_normal: float


def headway_in_force_s(scenario: Scenario, direction: Direction, time_s: float) -> float:
    """Headway at the terminal at a time; before the first and after the last train that of the nearest one."""
    timetable = scenario.timetable
    if timetable.departures is not None:
        times = np.sort([row.departure_s for row in timetable.departures if row.direction == direction])
        if len(times) < 2:
            return float(scenario.policy.longest_headway_s)
        after = int(np.clip(np.searchsorted(times, time_s, side="right"), 1, len(times) - 1))
        return float(times[after] - times[after - 1])
    periods = [period for period in timetable.periods or () if period.direction in (direction, "both")]
    nearest = min(periods, key=lambda p: (max(p.from_s - time_s, time_s - p.to_s, 0.0), -p.from_s))
    return float(nearest.headway_s)


def fullest_trains(scenario: Scenario) -> tuple[FullestTrains, ...]:
    """For each direction the section and interval with most passengers on a train of the timetable in force.

    Passengers on board = flow over the section · headway of the trains that pass it then.
    """
    loads = section_loads(scenario)
    normal = scenario.train_types[scenario.main_train_type].capacity.normal
    answers = []
    for direction in DIRECTIONS:
        headways = _headways_at_sections(scenario, direction, loads.time_bin_s)
        on_board = loads.passengers_per_hour[direction] * headways / 3600.0
        row, section = (int(index) for index in np.unravel_index(int(on_board.argmax()), on_board.shape))
        here, there = scenario.stations_in_order(direction)[section : section + 2]
        most = float(on_board[row, section])
        answers.append(
            FullestTrains(
                direction,
                here.id,
                there.id,
                int(loads.time_bin_s[row]),
                float(headways[row, section]),
                most,
                most / normal,
            )
        )
    return tuple(answers)


def _headways_at_sections(scenario: Scenario, direction: Direction, edges_s: FloatArray) -> FloatArray:
    """The longest headway, among the trains that pass each section in each interval (bins x sections)."""
    offsets = departure_offsets_s(scenario, direction)[:-1]
    table = np.empty((len(edges_s) - 1, len(offsets)))
    for row, (begin, end) in enumerate(pairwise(edges_s)):
        for section, offset in enumerate(offsets):
            ends = (begin - offset, (begin + end) / 2 - offset, end - offset - 1.0)
            table[row, section] = max(headway_in_force_s(scenario, direction, time) for time in ends)
    return table
