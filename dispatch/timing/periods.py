"""Periods of a timetable: stretches of the day in which both directions keep one headway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema.base import DIRECTIONS

SAME_HEADWAY_S = 1
"""Gaps that differ by no more than this belong to one headway."""
SHORTEST_PERIOD_TRIPS = 3
SAME_CHANGE_S = 900
"""The two directions change their headways together when they do so within this time."""


@dataclass(frozen=True)
class Period:
    """Trips of both directions while one headway holds; indices into the timetable's trips.

    `members` are all trips (up, down), `moving` those that are neither the first nor the last of their direction.
    `headway_s` is None where the two directions have no headway in common. `previous` maps a trip to the one ahead.
    """

    headway_s: int | None
    members: tuple[tuple[int, ...], tuple[int, ...]]
    moving: tuple[tuple[int, ...], tuple[int, ...]]
    previous: Mapping[int, int]
    duration_s: float
    phase_s: int

    def largest_shift_s(self, window_s: Mapping[str, tuple[int, int]], trips: Sequence[Trip]) -> int:
        """By how much all moving trips may move in either sense without leaving their windows."""
        spans = [
            min(trips[j].start_s - window_s[trips[j].trip_id][0], window_s[trips[j].trip_id][1] - trips[j].start_s)
            for group in self.moving
            for j in group
        ]
        return max(min(spans), 0) if spans else 0

    def span_s(self, direction: int, trips: Sequence[Trip]) -> int:
        """From the period's first departure to the first one after it, or the day's last: the mean headway's span."""
        members = self.members[direction]
        if not members:
            return 0
        following = [j for j, ahead in self.previous.items() if ahead == members[-1]]
        return trips[following[0] if following else members[-1]].start_s - trips[members[0]].start_s


def periods_of(timetable: Timetable, starts_s: Sequence[int] = ()) -> tuple[Period, ...]:
    """Cut a timetable at the starts of its headway table, or else where a direction's headway changes for good.

    The earliest period comes first.
    """
    trips = timetable.trips
    by_direction = [
        sorted((j for j, trip in enumerate(trips) if trip.direction == direction), key=lambda j: trips[j].start_s)
        for direction in DIRECTIONS
    ]
    first, last = min(trip.start_s for trip in trips), max(trip.start_s for trip in trips)
    borders = [start for start in starts_s if first < start <= last] or _common_borders(
        [[trips[j].start_s for j in order] for order in by_direction]
    )
    edges = [first, *borders, last + 1]
    previous = {j: order[i - 1] for order in by_direction for i, j in enumerate(order) if i > 0}
    fixed = {order[i] for order in by_direction for i in (0, -1) if order}
    periods = []
    for begin, end in pairwise(edges):
        members = tuple(tuple(j for j in order if begin <= trips[j].start_s < end) for order in by_direction)
        if not any(members):
            continue
        up, down = members
        moving = tuple(tuple(j for j in group if j not in fixed) for group in members)
        headways = [_headway([trips[j].start_s for j in group]) for group in members]
        same = headways[0] if headways[0] is not None and headways[0] == headways[1] else None
        phase = 0
        if same is not None:
            phase = (trips[down[len(down) // 2]].start_s - trips[up[len(up) // 2]].start_s) % same
        periods.append(Period(same, (up, down), (moving[0], moving[1]), previous, float(end - begin), phase))
    return tuple(periods)


def _headway(starts_s: list[int]) -> int | None:
    """The headway that most gaps have, when at least two thirds have it."""
    if len(starts_s) < SHORTEST_PERIOD_TRIPS:
        return None
    gaps = np.diff(starts_s)
    values, counts = np.unique(gaps, return_counts=True)
    return int(values[counts.argmax()]) if 3 * counts.max() >= 2 * len(gaps) else None


def _common_borders(starts_s: Sequence[list[int]]) -> list[int]:
    """One border for both directions where both change at about the same clock time."""
    merged: list[int] = []
    for border in sorted({border for starts in starts_s for border in _borders(starts)}):
        if not merged or border - merged[-1] > SAME_CHANGE_S:
            merged.append(border)
    return merged


def _borders(starts_s: list[int]) -> list[int]:
    """Departures from which on another headway holds for a while."""
    gaps = np.diff(starts_s)
    borders: list[int] = []
    run_begin = 0
    for i in range(1, len(gaps) + 1):
        if i == len(gaps) or abs(int(gaps[i]) - int(gaps[run_begin])) > SAME_HEADWAY_S:
            if i - run_begin >= SHORTEST_PERIOD_TRIPS and run_begin > 0:
                borders.append(starts_s[run_begin])
            run_begin = i
    return borders
