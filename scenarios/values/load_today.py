"""The load of today's trains: the demand combined with the timetable in force."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from energy_models.arrays import BoolArray, FloatArray
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.scenario import Scenario
from scenarios.values.demand import departure_offsets_s, section_loads
from scenarios.values.station_times import departures_today


@dataclass(frozen=True)
class FullestTrains:
    """The largest load of one direction: passengers per train, and their share of normal capacity."""

    direction: Direction
    departure_station: str
    arrival_station: str
    from_s: int
    headway_s: float
    passengers: float
    share_of_normal: float


def headway_in_force_s(scenario: Scenario, direction: Direction, time_s: float) -> float:
    """Headway at the terminal at a time; outside the hours of service, the headway of the nearest train."""
    timetable = scenario.timetable
    if timetable.periods and timetable.calls is None:
        periods = [period for period in timetable.periods if period.direction in (direction, "both")]
        nearest = min(periods, key=lambda p: (max(p.from_s - time_s, time_s - p.to_s, 0.0), -p.from_s))
        return float(nearest.headway_s)
    times = departures_today(scenario, direction)
    if len(times) < 2:
        return float(scenario.policy.longest_headway_s)
    after = int(np.clip(np.searchsorted(times, time_s, side="right"), 1, len(times) - 1))
    return float(times[after] - times[after - 1])


LONGEST_WAIT_S = 3600.0
"""A longer gap is a break of service: nobody waits for the train after it."""


def fullest_trains(scenario: Scenario, *, only_in_service: bool = False) -> tuple[FullestTrains, ...]:
    """For each direction, the section and interval with most passengers on a train of the timetable in force.

    Passengers on board = flow over the section · headway of the trains on the section in the interval. With
    `only_in_service`, intervals without trains (before the first, after the last, in a break) do not count.
    """
    loads = section_loads(scenario)
    normal = scenario.train_types[scenario.main_train_type].capacity.normal
    answers = []
    for direction in DIRECTIONS:
        headways = _headways_at_sections(scenario, direction, loads.time_bin_s)
        on_board = loads.passengers_per_hour[direction] * headways / 3600.0
        if only_in_service:
            on_board = np.where(_has_trains(scenario, direction, loads.time_bin_s, headways), on_board, 0.0)
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


def _has_trains(scenario: Scenario, direction: Direction, edges_s: FloatArray, headways_s: FloatArray) -> BoolArray:
    """The intervals (bins x sections) that begin and end between the first and the last train at the section."""
    times = departures_today(scenario, direction)
    first_s, last_s = times[0], times[-1]
    offsets = np.array(departure_offsets_s(scenario, direction)[:-1])
    begins = edges_s[:-1, None] - offsets >= first_s
    ends = edges_s[1:, None] - offsets <= last_s
    return begins & ends & (headways_s <= LONGEST_WAIT_S)


def _headways_at_sections(scenario: Scenario, direction: Direction, edges_s: FloatArray) -> FloatArray:
    """The longest headway of the trains on each section in each interval (bins x sections).

    With calls, the trains on a section are those that leave its first station, short trips included.
    """
    if scenario.timetable.calls is not None:
        return _headways_of_calls(scenario, direction, edges_s)
    offsets = departure_offsets_s(scenario, direction)[:-1]
    table = np.empty((len(edges_s) - 1, len(offsets)))
    for row, (begin, end) in enumerate(pairwise(edges_s)):
        for section, offset in enumerate(offsets):
            ends = (begin - offset, (begin + end) / 2 - offset, end - offset - 1.0)
            table[row, section] = max(headway_in_force_s(scenario, direction, time) for time in ends)
    return table


def _headways_of_calls(scenario: Scenario, direction: Direction, edges_s: FloatArray) -> FloatArray:
    """The longest gap between the trains that leave the first station of each section, around each interval."""
    stations = [station.id for station in scenario.stations_in_order(direction)]
    leaving: dict[str, list[int]] = {station: [] for station in stations[:-1]}
    for trip in scenario.timetable.called_trips:
        if scenario.direction_of(trip.stations[0], trip.stations[-1]) == direction:
            for station, time_s in zip(trip.stations[:-1], trip.departure_s, strict=False):
                leaving[station].append(time_s)
    table = np.full((len(edges_s) - 1, len(stations) - 1), float(scenario.policy.longest_headway_s))
    moments = np.stack([edges_s[:-1], (edges_s[:-1] + edges_s[1:]) / 2, edges_s[1:] - 1.0])
    for section, times in enumerate(leaving.values()):
        if len(times) > 1:
            ordered = np.sort(np.array(times, dtype=float))
            after = np.clip(np.searchsorted(ordered, moments, side="right"), 1, len(ordered) - 1)
            table[:, section] = (ordered[after] - ordered[after - 1]).max(axis=0)
    return table
