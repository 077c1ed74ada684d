"""Every motion that the search may choose from, as flat arrays for compiled code."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from types import MappingProxyType

import numpy as np

from dispatch.energy.planned_movements import first_section
from dispatch.plans.timetable import Timetable
from dispatch.timing.kernel.motion_table import MotionTable
from energy_models.arrays import FloatArray
from energy_models.movement.planned import seconds_of_motion
from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.schema.base import DIRECTIONS, Direction

LOAD_STEP = 100
"""Passengers a step: some 6 t of 250; the power is exact at each step."""
REACH_SHARE = 0.12
"""Running times within this share of today's are worth a look; beyond, the time must come from too far along the
trip."""


def motion_table_for(
    timetable: Timetable,
    library: ProfileLibrary,
    train: Train,
    workers: int,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
    longer_s: int = 0,
    possible_s: Mapping[Direction, Sequence[int]] = MappingProxyType({}),
) -> MotionTable:
    """Motions for running times around a timetable's, at every load that occurs in it.

    `longer_s` is by how much a whole trip may become longer: the span of each section grows by its even part.
    `possible_s` is what further train types need for each section.
    """
    spans: dict[Direction, tuple[tuple[int, int], ...]] = {}
    steps: dict[Direction, tuple[frozenset[int], ...]] = {}
    for direction in DIRECTIONS:
        sections = range(len(library.sections[direction]))
        begins = [(trip, first_section(trip, library)) for trip in timetable.of(direction)]
        over = [[(trip, k - first) for trip, first in begins if 0 <= k - first < len(trip.driving)] for k in sections]
        # A trip may be given its neighbours' times but keeps its load, so each load goes with each running time.
        steps[direction] = tuple(
            frozenset(round(trip.passengers[place] / LOAD_STEP) for trip, place in over[k]) for k in sections
        )
        spans[direction] = tuple(
            _span(
                library,
                direction,
                k,
                [trip.running_time_s(place) for trip, place in over[k]],
                max(steps[direction][k]) * LOAD_STEP,
                ceil(longer_s / len(sections)),
                possible_s[direction][k] if possible_s else 0,
            )
            for k in sections
        )
    wanted = [
        (direction, k, float(running), float(step * LOAD_STEP), "optimal")
        for direction in DIRECTIONS
        for k, span in enumerate(spans[direction])
        for running in range(span[0], span[1] + 1)
        for step in sorted(steps[direction][k])
    ]
    progress("driving profiles", 0.0)
    library.prepare(wanted, workers, lambda done, total: progress("driving profiles", done / total))
    return tabulate_motions(library, train, spans, steps, LOAD_STEP)


def _span(
    library: ProfileLibrary,
    direction: str,
    section: int,
    running_s: list[int],
    passengers: float,
    longer_s: int,
    possible_s: int,
) -> tuple[int, int]:
    """Shortest and longest running time to look at, never below what the fullest train and further types can do."""
    shortest, longest = min(running_s), max(running_s)
    possible = max(int(np.ceil(library.minimum_time_s(direction, section, passengers) + 0.5)), possible_s)
    most = int((1.0 + REACH_SHARE) * longest) + longer_s
    return min(max(possible, int((1.0 - REACH_SHARE) * shortest)), shortest), most


def tabulate_motions(
    library: ProfileLibrary,
    train: Train,
    running_times_s: Mapping[Direction, tuple[tuple[int, int], ...]],
    load_steps: Mapping[Direction, tuple[frozenset[int], ...]],
    load_step: int,
    strategy: str = "optimal",
) -> MotionTable:
    """Tabulate the motions of a train: for each direction and section the running times and the load steps asked.

    Args:
        library: profiles by direction, section, running time, load and strategy.
        train: the vehicle whose power is wanted.
        running_times_s: for each direction and section the shortest and longest running time in whole seconds.
        load_steps: for each direction and section the load steps that occur.
        load_step: passengers a step.
        strategy: the driving strategy that the search decides about.
    """
    sections = len(running_times_s["up"])
    shortest = np.array([[span[0] for span in running_times_s[d]] for d in DIRECTIONS], dtype=np.int64)
    longest = np.array([[span[1] for span in running_times_s[d]] for d in DIRECTIONS], dtype=np.int64)
    widest = int((longest - shortest).max()) + 1
    steps = 1 + max((step for d in DIRECTIONS for used in load_steps[d] for step in used), default=0)
    first = np.full((2, sections, widest, steps), -1, dtype=np.int64)
    chainages: list[FloatArray] = []
    powers: list[FloatArray] = []
    filled = 0
    for index, direction in enumerate(DIRECTIONS):
        for section, track in enumerate(library.sections[direction]):
            for running_time_s in range(shortest[index, section], longest[index, section] + 1):
                for step in sorted(load_steps[direction][section]):
                    passengers = float(step * load_step)
                    profile = library.profile(direction, section, running_time_s, passengers, strategy)
                    motion = seconds_of_motion(profile, train, passengers)
                    # A motion of r seconds has r entries; rounding of the arrival may leave a crumb in second r.
                    power = motion.power_w[:running_time_s].copy()
                    power[-1] += motion.power_w[running_time_s:].sum()
                    first[index, section, running_time_s - shortest[index, section], step] = filled
                    chainages.append(track.chainage_m(motion.distance_m[:running_time_s]))
                    powers.append(power)
                    filled += running_time_s
    return MotionTable(shortest, longest, first, np.concatenate(chainages), np.concatenate(powers), load_step)
