"""Small cases in which every choice can be tried: the search finds what full enumeration finds.

Each candidate is a whole timetable, and its energy comes from the path that shares nothing with the search: snapshots
of the planned day, solved instant by instant.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from timing_lines import SEVEN, Case, case_of, small_line

from dispatch.energy.lower_bound import energy_bound
from dispatch.energy.planned_day import planned_energy_j
from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.timing.day_state import build_day
from dispatch.timing.kernel.annealing import anneal_exactly
from dispatch.timing.kernel.exact_state import chain_of
from dispatch.timing.line_motions import LOAD_STEP, tabulate_motions
from dispatch.timing.shifts import weighted_waiting
from scenarios.schema.base import DIRECTIONS

ALL_KINDS = np.array([30, 30, 20, 10, 10], dtype=np.int64)
SAME = 2e-5
"""Search and independent path differ by so much, in the seconds at the ends of duties."""


class Small(NamedTuple):
    """A line with departures, and by how many seconds things may change."""

    stations: int
    departures: tuple[tuple[str, int], ...]
    window_s: int
    run_reach_s: int
    dwell_reach_s: int


def at(**starts: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
    """Departures in s after 07:00 by direction."""
    return tuple((direction, SEVEN + start) for direction, times in starts.items() for start in times)


CASES = {
    "six trips, two departures": Small(4, at(up=(0, 500, 1300), down=(90, 520, 1500)), 16, 0, 0),
    "three trips, running times": Small(3, at(up=(0, 300), down=(180,)), 0, 4, 0),
    "four trips, dwells": Small(4, at(up=(0, 400), down=(25, 300)), 0, 0, 3),
    "three trips, running times and dwells": Small(4, at(up=(0,), down=(30, 330)), 0, 1, 1),
}


def candidates(case: Case, small: Small) -> Iterator[Timetable]:
    """Every timetable there is: middle departures within the window, seconds between two sections and two stations."""
    ways: list[list[Trip]] = []
    for trip in case.baseline.trips:
        earliest, latest = case.timing_limits.window_s[trip.trip_id]
        sections = len(trip.driving)
        runs = [trip.running_time_s(k) for k in range(sections)]
        dwells = [trip.dwell_s(k) for k in range(1, sections)]
        splits = range(-small.run_reach_s, small.run_reach_s + 1)
        stands = range(-small.dwell_reach_s, small.dwell_reach_s + 1)
        ways.append(
            [
                retimed(
                    trip,
                    start,
                    [runs[0] + a, runs[1] - a, *runs[2:]],
                    [dwells[0] + b, dwells[1] - b, *dwells[2:]] if b else dwells,
                    "optimal",
                )
                for start in range(earliest, latest + 1)
                for a in splits
                for b in stands
            ]
        )
    today = weighted_waiting(case.baseline, case.timing_limits.arrivals_per_s)
    for trips in product(*ways):
        timetable = Timetable(trips)
        if weighted_waiting(timetable, case.timing_limits.arrivals_per_s) <= today * (1 + 1e-12):
            yield timetable


def searched(case: Case, small: Small, seed: int) -> Timetable:
    """The kernel's search over the same choices."""
    task = case.task()
    sections = small.stations - 1
    trips = case.baseline.trips
    runs = {d: [case.baseline.of(d)[0].running_time_s(k) for k in range(sections)] for d in DIRECTIONS}
    reach = [small.run_reach_s if k < 2 else 0 for k in range(sections)]
    spans = {d: tuple((r - w, r + w) for r, w in zip(runs[d], reach, strict=True)) for d in DIRECTIONS}
    steps = {d: (frozenset({0}),) * sections for d in DIRECTIONS}
    motions = tabulate_motions(case.library, case.train, spans, steps, LOAD_STEP)
    today = np.array([[case.baseline.of(d)[0].dwell_s(k) for k in range(1, sections)] for d in DIRECTIONS])
    limits = task.limits._replace(
        dwell_shortest_s=today - small.dwell_reach_s, dwell_longest_s=today + small.dwell_reach_s, waiting_budget=0.0
    )
    window = np.array([case.timing_limits.window_s[trip.trip_id] for trip in trips], dtype=np.int64).T
    longest = np.array([case.timing_limits.gap_longest_s[trip.trip_id] for trip in trips], dtype=np.int64)
    quiet = np.zeros((1, len(trips), sections), dtype=np.int64)
    day = build_day(case.baseline, (window[0], window[1]), longest, limits, motions, quiet, task.network)
    start_j = day.energy_j
    anneal_exactly(
        day.trips, limits, motions, quiet, day.exact, task.network, chain_of(day.exact, task.network),
        np.arange(len(trips), dtype=np.int64), ALL_KINDS, 4000, 3e-3 * start_j, 1e-6 * start_j, seed, False, task.stop,
    )  # fmt: skip
    return day.timetable("optimal")


@pytest.mark.parametrize("name", CASES)
def test_search_finds_what_trying_everything_finds(name: str) -> None:
    small = CASES[name]
    line = small_line(small.stations, departures=small.departures, demand=0.0)
    policy = line.policy.model_copy(update={"departure_window_s": small.window_s})
    case = case_of(line.model_copy(update={"policy": policy}))
    parts = (case.line,)
    energies = {timetable: planned_energy_j(timetable, *parts) for timetable in candidates(case, small)}
    assert len(energies) > 200
    best, worst = min(energies.values()), max(energies.values())
    start = planned_energy_j(Timetable(tuple(optimal(trip) for trip in case.baseline.trips)), *parts)
    # There is something to find, and few candidates find it.
    assert start > best * (1 + 50 * SAME)
    assert sum(energy <= best * (1 + SAME) for energy in energies.values()) < 0.05 * len(energies)
    for seed in (1, 2, 3):
        found = planned_energy_j(searched(case, small, seed), *parts)
        assert found <= best * (1 + SAME), f"seed {seed}: {100 * (start - found) / (start - best):.1f} % of the gain"
    assert energy_bound(case.baseline, *parts, case.timing_limits.turnback_shortest_s).energy_j < best < worst


def optimal(trip: Trip) -> Trip:
    sections = len(trip.driving)
    runs = [trip.running_time_s(k) for k in range(sections)]
    return retimed(trip, trip.start_s, runs, [trip.dwell_s(k) for k in range(1, sections)], "optimal")


WHOLE_CASES = {
    "six trips, four departures": Small(2, at(up=(0, 500, 1300), down=(90, 520, 1500)), 12, 0, 0),
    "six trips near each other": Small(2, at(up=(0, 400, 900), down=(30, 370, 1000)), 12, 0, 0),
    "six trips, three departures": Small(2, at(up=(0, 350, 700, 1100), down=(60, 420)), 5, 0, 0),
}
NEAR = 1e-3
"""What the whole path may lie above the best of all timetables: it keeps clear of the waiting rule by a margin."""


@pytest.mark.parametrize("name", WHOLE_CASES)
def test_whole_path_comes_near_what_trying_everything_finds_and_never_loses(name: str) -> None:
    small = WHOLE_CASES[name]
    line = small_line(small.stations, departures=small.departures, demand=0.0)
    policy = line.policy.model_copy(update={"departure_window_s": small.window_s})
    case = case_of(line.model_copy(update={"policy": policy}))
    parts = (case.line,)
    ways = [
        [
            retimed(trip, start, [trip.running_time_s(0)], [], "optimal")
            for start in range(
                case.timing_limits.window_s[trip.trip_id][0], case.timing_limits.window_s[trip.trip_id][1] + 1
            )
        ]
        for trip in case.baseline.trips
    ]
    today = weighted_waiting(case.baseline, case.timing_limits.arrivals_per_s)
    every = [
        case.turn(Timetable(trips))
        for trips in product(*ways)
        if weighted_waiting(Timetable(trips), case.timing_limits.arrivals_per_s) <= today * (1 + 1e-12)
    ]
    assert len(every) > 50
    best = min(planned_energy_j(timetable, *parts) for timetable in every)
    start = planned_energy_j(case.turn(Timetable(tuple(optimal(trip) for trip in case.baseline.trips))), *parts)
    found = planned_energy_j(case.search(effort=1.0, workers=1).timetable, *parts)
    assert found <= start * (1 + SAME)
    assert best * (1 - SAME) <= found <= best * (1 + NEAR)
