"""Passengers by pairs of stations, for lines where some trains do not serve all pairs.

If every train runs the whole line, flows by section are sufficient. If some trains turn at an intermediate station, a
passenger takes the next train to the destination, so that flows by origin and destination are necessary.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import BoolArray, FloatArray
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.scenario import Scenario
from scenarios.values.demand import SectionLoads, assigned, clock_of, journeys_of_table, section_loads


@dataclass(frozen=True, eq=False)
class Travel:
    """Passengers of a day by origin and destination; rates as in `loads`, which contains all passengers."""

    scenario: Scenario
    loads: SectionLoads
    _per_bin: FloatArray

    @staticmethod
    def of(scenario: Scenario) -> "Travel":
        """From the journeys of the scenario. If it has only boardings and alightings, or loads, the same share of
        passengers from each origin alights at a station."""
        loads = section_loads(scenario)
        clock = clock_of(scenario)
        if scenario.demand.has_destinations:
            return Travel(scenario, loads, journeys_of_table(scenario, clock))
        stations = len(scenario.stations)
        per_bin = np.zeros((clock.bins, stations, stations))
        hours = clock.step_s / 3600.0
        for direction in DIRECTIONS:
            mixed = _mixed(loads, direction) * hours
            up_order = mixed if direction == "up" else mixed[:, ::-1, ::-1]
            per_bin[: len(up_order)] += up_order
        return Travel(scenario, loads, per_bin)

    def part(self, direction: Direction, served: BoolArray) -> "PartOfTravel":
        """The passengers of the pairs of stations that `served[origin, destination]` names, in order of travel.

        The result is their part of all flows, by section, station and time; parts without common pairs add up to all.
        """
        whole = np.ones_like(served)
        totals = (self.loads.passengers_per_hour[direction], self.loads.boardings_per_hour[direction])
        # Shares, so that parts add up to the flows of the scenario also where those tell no destinations.
        found = []
        for total, all_of, some in zip(totals, self._assigned(direction, whole), self._assigned(direction, served),
                                       strict=True):  # fmt: skip
            share = np.zeros_like(total)
            rows = min(len(total), len(all_of))
            np.divide(some[:rows], all_of[:rows], out=share[:rows], where=all_of[:rows] > 1e-12)
            found.append(np.clip(share, 0.0, 1.0) * total)
        return PartOfTravel(self.loads.time_bin_s, found[0], found[1])

    def _assigned(self, direction: Direction, served: BoolArray) -> tuple[FloatArray, FloatArray]:
        mask = served if direction == "up" else served[::-1, ::-1]
        sections, boardings, _ = assigned(self.scenario, clock_of(self.scenario), self._per_bin * mask, direction)
        return sections, boardings


@dataclass(frozen=True, eq=False)
class PartOfTravel:
    """A part of the passengers of one direction, in passengers per hour by (bin, section) and (bin, station)."""

    time_bin_s: FloatArray
    passengers_per_hour: FloatArray
    boardings_per_hour: FloatArray


def _mixed(loads: SectionLoads, direction: Direction) -> FloatArray:
    """Journeys per hour by (bin, origin, destination): at each station the same share of all origins alights."""
    flow, boards, leaves = _tables(loads, direction)
    bins, stations = boards.shape
    share = np.zeros((bins, stations))
    np.divide(leaves[:, 1:], flow, out=share[:, 1:], where=flow > 0.0)
    share = np.clip(share, 0.0, 1.0)
    share[:, -1] = 1.0
    per_hour = np.zeros((bins, stations, stations))
    for origin in range(stations - 1):
        on_board = boards[:, origin].copy()
        for destination in range(origin + 1, stations):
            per_hour[:, origin, destination] = on_board * share[:, destination]
            on_board = on_board * (1.0 - share[:, destination])
    return per_hour


def _tables(loads: SectionLoads, direction: Direction) -> tuple[FloatArray, FloatArray, FloatArray]:
    by_name: tuple[Mapping[Direction, FloatArray], ...] = (
        loads.passengers_per_hour, loads.boardings_per_hour, loads.alightings_per_hour,
    )  # fmt: skip
    flow, boards, leaves = (np.asarray(table[direction], dtype=np.float64) for table in by_name)
    return flow, boards, leaves
