"""Patterns that trips share: which trips of the day run with the same running times and dwells.

An operator's system holds few running-time and dwell patterns for a direction and period. So a search with shared
patterns changes the running times and dwells of all trips of a pattern at once, and a trip may pass to another pattern
of its direction and period. Trips at the borders of a period meet trains of another headway and have patterns of their
own, if enough patterns are allowed.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

import numpy as np

from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.even_headways import evened
from dispatch.timing.fit_to_fixes import held_flags, rigid_trips
from dispatch.timing.kernel.trips import own_patterns
from dispatch.timing.task import BORDER_PATTERNS_FROM, SearchTask
from energy_models.arrays import IntArray


def shared_patterns(task: SearchTask, start: Timetable) -> Mapping[str, IntArray]:
    """The fields of `Trips` for patterns: each trip by itself, or at most `patterns` for each direction and period.

    Trips share patterns if they have the same times today. Fixed trips keep patterns of their own, and trips that begin
    with other times than the rest of their period begin with patterns of their own.
    """
    most, trips = task.options.patterns, start.trips
    fields = own_patterns(len(trips))
    if most == 0:
        return fields
    limits = task.timing_limits
    even = evened(task.baseline, limits.period_starts_s, limits.window_s, limits.gap_longest_s)
    rigid = rigid_trips(task)
    is_held = held_flags(task, trips)
    groups: list[list[int]] = []
    for members in _by_period(task):
        for ahead, j in pairwise(members):
            fields["regular_gap_s"][j] = even.trips[j].start_s - even.trips[ahead].start_s
        free = [j for j in members if not is_held[j] and trips[j].trip_id not in rigid]
        for peers in _alike(free, task.baseline.trips):
            groups.append(peers)
            for pattern in _begun(peers, trips, most):
                fields["pattern"][pattern] = pattern[0]
    alone = sorted(set(range(len(trips))) - {j for peers in groups for j in peers})
    groups += [[j] for j in alone]
    for number, peers in enumerate(groups):
        fields["peer_group"][peers] = number
    return {
        **fields,
        "peers_begin": np.cumsum([0, *map(len, groups)]),
        "peer": np.array([j for peers in groups for j in peers], dtype=np.int64),
    }


def _by_period(task: SearchTask) -> Iterator[list[int]]:
    """The trips of each direction and headway period, in order of departure."""
    trips, number = task.baseline.trips, task.timing_limits.period_number
    order = sorted(range(len(trips)), key=lambda j: (trips[j].direction, number[trips[j].trip_id], trips[j].start_s))
    for _, members in groupby(order, lambda j: (trips[j].direction, number[trips[j].trip_id])):
        yield list(members)


def _times(trip: Trip) -> tuple[str, str, tuple[int, ...], tuple[int, ...]]:
    return trip.stations[0], trip.stations[-1], tuple(trip.running_times_s), tuple(trip.dwells_s)


def _alike(members: Sequence[int], trips: Sequence[Trip]) -> Iterator[list[int]]:
    """Trips with the same stations, running times and dwells, in order of departure."""
    by_times: dict[object, list[int]] = {}
    for j in members:
        by_times.setdefault(_times(trips[j]), []).append(j)
    yield from by_times.values()


def _begun(peers: Sequence[int], trips: Sequence[Trip], most: int) -> list[list[int]]:
    """The patterns that a search begins with: as the trips begin, then split until there are `most`."""
    patterns = list(_alike(peers, trips))
    if most >= BORDER_PATTERNS_FROM and len(patterns) == 1:
        begin_s, end_s = min(trips[j].start_s for j in peers), max(trips[j].start_s for j in peers)
        patterns = [list(zone) for _, zone in groupby(peers, lambda j: _zone(trips[j], begin_s, end_s))]
    while len(patterns) < most and max(map(len, patterns)) > 1:
        longest = max(range(len(patterns)), key=lambda number: len(patterns[number]))
        whole = patterns[longest]
        patterns[longest : longest + 1] = [whole[: len(whole) // 2], whole[len(whole) // 2 :]]
    return patterns


def _zone(trip: Trip, begin_s: int, end_s: int) -> int:
    """Whether a trip runs while the period before (0) or after (2) it still has trains on the line, or not (1)."""
    one_way_s = trip.end_s - trip.start_s
    if trip.start_s - begin_s < min(one_way_s, (end_s - begin_s) / 3):
        return 0
    return 2 if end_s - trip.start_s < min(one_way_s, (end_s - begin_s) / 3) else 1
