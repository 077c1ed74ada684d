"""The running times that the timetable in force contains, each with its place in the scenario."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.scenario import Scenario


@dataclass(frozen=True)
class GivenRunningTime:
    """A running time of the timetable in force; `section` counts in order of travel, `path` leads to the value."""

    direction: Direction
    section: int
    running_time_s: int
    path: tuple[str | int, ...]

    @property
    def place(self) -> str:
        """The place within the timetable, for messages."""
        keys = self.path[1:]
        return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")


def given_running_times(scenario: Scenario) -> Iterator[GivenRunningTime]:
    """All running times of the timetable in force; of calls, the shortest one of each section and direction.

    Sections that are not on the line are left out; other rules report them.
    """
    timetable = scenario.timetable
    orders: dict[Direction, tuple[str, ...]] = {
        direction: tuple(station.id for station in scenario.stations_in_order(direction)) for direction in DIRECTIONS
    }
    if timetable.running_time_s is not None:
        for direction in DIRECTIONS:
            times = timetable.running_time_s.__dict__.get(direction, ())
            for section, running_s in enumerate(times):
                place = ("timetable", "running_time_s", direction, section)
                yield GivenRunningTime(direction, section, running_s, place)
    for position, row in enumerate(timetable.section_times):
        for direction in DIRECTIONS:
            order = orders[direction]
            if row.direction in (direction, "both") and row.departure_station in order[:-1]:
                path = ("timetable", "section_times", position, "running_time_s")
                yield GivenRunningTime(direction, order.index(row.departure_station), row.running_time_s, path)
    shortest: dict[tuple[str, str], tuple[int, int]] = {}
    for trip in timetable.called_trips:
        for k in range(len(trip.stations) - 1):
            running_s = trip.arrival_s[k + 1] - trip.departure_s[k]
            ends = trip.stations[k], trip.stations[k + 1]
            if ends not in shortest or running_s < shortest[ends][0]:
                shortest[ends] = running_s, trip.rows[k + 1]
    for direction in DIRECTIONS:
        order = orders[direction]
        for section, ends in enumerate(pairwise(order)):
            if ends in shortest:
                running_s, row_number = shortest[ends]
                yield GivenRunningTime(direction, section, running_s, ("timetable", "calls", row_number, "arrival"))
