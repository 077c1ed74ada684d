"""The tables of a line for regulation: trips, motions and surrogate of the supply, from scenario and timetable."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.kernel.forecast import PlanTable
from dispatch.regulation.spacing import boarding_ahead_per_s
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import Surrogate
from dispatch.timing.kernel_limits import SEARCH_TOLERANCE_A, kernel_limits
from dispatch.timing.limits import equal_service_limits
from dispatch.timing.line_motions import LOAD_STEP, tabulate_motions
from dispatch.timing.line_surrogate import fit_line_surrogate
from energy_models.arrays import FloatArray, IntArray
from energy_models.running_times import ProfileLibrary
from energy_models.supply.device_laws import pack
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.demand import section_loads

FASTER_S, SLOWER_S = 12, 6
"""Running times from 12 s below to 6 s above those of the timetable are in the table."""
TIMED = ("optimal", "speed_cap")
"""Strategies with a selectable running time."""

Spans = Mapping[Direction, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, eq=False)
class LineTables:
    """A timetable as arrays, with the motions of its trains and the surrogate of the supply.

    `index` gives the row of a trip by its name, `load_low` and `load_high` the load steps of the motion table, shape
    (rows of the table, sections). `boarding_ahead_per_s` is the table of `spacing`.
    """

    trips: tuple[Trip, ...]
    index: Mapping[str, int]
    plan: PlanTable
    motions: MotionTable
    surrogate: Surrogate
    load_low: IntArray
    load_high: IntArray
    boarding_ahead_per_s: FloatArray


def line_tables(line: LineModel, timetable: Timetable) -> LineTables | None:
    """The tables of a timetable; None if its trains have no selectable running times."""
    kinds = Counter((line.others.get(trip.vehicle, line.library), trip.driving[0]) for trip in timetable.trips)
    if not kinds or any(strategy not in TIMED for trip in timetable.trips for strategy in trip.driving):
        return None
    row_of = {kind: number for number, (kind, _) in enumerate(kinds.most_common())}
    trips, first = timetable.trips, timetable.first_sections()
    kind_of = [row_of[line.others.get(trip.vehicle, line.library), trip.driving[0]] for trip in trips]
    parts = []
    for (library, strategy), number in row_of.items():
        own = [(trip, begin) for trip, begin, kind in zip(trips, first, kind_of, strict=True) if kind == number]
        parts.append(_motions(library, strategy, own))
    motions = _joined([part[0] for part in parts])
    low, high = (np.concatenate([part[at] for part in parts]) for at in (1, 2))
    of_main = Timetable(tuple(trip for trip, kind in zip(trips, kind_of, strict=True) if kind == 0))
    library = next(iter(row_of))[0]
    limits = kernel_limits(of_main, library, equal_service_limits(line.scenario, timetable, library.train.auxiliary_w))
    packed = pack(line.network)._replace(tolerance_a=SEARCH_TOLERANCE_A)
    surrogate = fit_line_surrogate(of_main, limits, motions, packed, 0)
    index = {trip.trip_id: j for j, trip in enumerate(trips)}
    plan = _plan(line, timetable, kind_of, low, high)
    ahead_per_s = boarding_ahead_per_s(section_loads(line.scenario), trips, plan)
    return LineTables(trips, index, plan, motions, surrogate, low, high, ahead_per_s)


def _motions(
    library: ProfileLibrary, strategy: str, own: Sequence[tuple[Trip, int]]
) -> tuple[MotionTable, IntArray, IntArray]:
    """Motions of one type of train with one strategy, and the lowest and highest load step of each section."""
    spans: dict[Direction, tuple[tuple[int, int], ...]] = {}
    steps: dict[Direction, tuple[frozenset[int], ...]] = {}
    sections = len(library.sections["up"])
    for direction in DIRECTIONS:
        over: list[list[tuple[int, int]]] = [[] for _ in range(sections)]
        for trip, first in own:
            if trip.direction == direction:
                for place, load in enumerate(trip.passengers):
                    over[first + place].append((trip.running_time_s(place), round(load / LOAD_STEP)))
        loads = [sorted({step for _, step in runs}) or [0] for runs in over]
        steps[direction] = tuple(frozenset(range(max(found[0] - 1, 0), found[-1] + 2)) for found in loads)
        spans[direction] = tuple(
            _span(library, direction, k, [run for run, _ in runs], max(steps[direction][k]) * LOAD_STEP)
            for k, runs in enumerate(over)
        )
    wanted = [
        (direction, k, float(running_s), float(step * LOAD_STEP), strategy)
        for direction in DIRECTIONS
        for k, (shortest_s, longest_s) in enumerate(spans[direction])
        for running_s in range(shortest_s, longest_s + 1)
        for step in sorted(steps[direction][k])
    ]
    library.prepare(wanted, 1)
    table = tabulate_motions(library, library.train, spans, steps, LOAD_STEP, strategy)
    low = np.array([[min(used) for used in steps[d]] for d in DIRECTIONS], dtype=np.int64)
    high = np.array([[max(used) for used in steps[d]] for d in DIRECTIONS], dtype=np.int64)
    return table, low, high


def _span(
    library: ProfileLibrary, direction: Direction, section: int, running_s: Sequence[int], passengers: float
) -> tuple[int, int]:
    possible_s = math.ceil(library.minimum_time_s(direction, section, float(passengers)) + 0.5)
    if not running_s:
        return possible_s, possible_s
    # Every planned running time is in the table, as in the table of the search.
    return min(max(possible_s, min(running_s) - FASTER_S), *running_s), max(running_s) + SLOWER_S


def _joined(tables: Sequence[MotionTable]) -> MotionTable:
    """One table with the rows of several ones."""
    if len(tables) == 1:
        return tables[0]
    widest, steps = (max(table.first.shape[axis] for table in tables) for axis in (2, 3))
    firsts, filled = [], 0
    for table in tables:
        first = np.full((*table.first.shape[:2], widest, steps), -1, dtype=np.int64)
        first[:, :, : table.first.shape[2], : table.first.shape[3]] = np.where(
            table.first >= 0, table.first + filled, -1
        )
        firsts.append(first)
        filled += len(table.power_w)
    return MotionTable(
        np.concatenate([table.shortest_s for table in tables]),
        np.concatenate([table.longest_s for table in tables]),
        np.concatenate(firsts),
        np.concatenate([table.chainage_m for table in tables]),
        np.concatenate([table.power_w for table in tables]),
        tables[0].load_step,
    )


def _plan(line: LineModel, timetable: Timetable, kind_of: Sequence[int], low: IntArray, high: IntArray) -> PlanTable:
    trips, first = timetable.trips, np.array(timetable.first_sections(), dtype=np.int64)
    sections = low.shape[1]
    count = len(trips)
    departure_s, arrival_s, dwell_s, load_step = (np.zeros((count, sections), dtype=np.int64) for _ in range(4))
    direction = np.array([DIRECTIONS.index(trip.direction) for trip in trips], dtype=np.int64)
    row = direction + 2 * np.array(kind_of, dtype=np.int64)
    after = np.full(count, -1, dtype=np.int64)
    place = {trip.trip_id: j for j, trip in enumerate(trips)}
    for vehicle, duty in timetable.duties().items():
        for trip, following in pairwise(duty):
            if vehicle:
                after[place[trip.trip_id]] = place[following.trip_id]
    turnback_s = np.zeros(count, dtype=np.int64)
    for j, trip in enumerate(trips):
        begin, end = first[j], first[j] + len(trip.driving)
        departure_s[j, begin:end] = trip.departure_s[:-1]
        arrival_s[j, begin:end] = trip.arrival_s[1:]
        dwell_s[j, begin : end - 1] = trip.dwells_s
        load_step[j, begin:end] = np.clip(
            np.rint(np.array(trip.passengers) / LOAD_STEP).astype(np.int64),
            low[row[j], begin:end],
            high[row[j], begin:end],
        )
        terminal = line.scenario.terminals.get(trip.stations[-1])
        turnback_s[j] = 0 if terminal is None else terminal.turnback_at_s(trip.end_s, trip.direction)
    last = first + np.array([len(trip.driving) - 1 for trip in trips], dtype=np.int64)
    begins_s = np.array([trip.start_s for trip in trips], dtype=np.int64)
    return PlanTable(
        row, direction, first, last, departure_s, arrival_s, dwell_s, load_step, after, turnback_s, begins_s
    )
