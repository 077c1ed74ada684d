"""Periods of a timetable: stretches of the day in which both directions keep one headway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatch.timetable import Timetable, Trip

SAME_HEADWAY_S = 1
"""Gaps that differ by no more than this belong to one headway."""
SHORTEST_PERIOD_TRIPS = 3


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
        """From the departure before the period to its last one: the gaps that make its mean headway."""
        members = self.members[direction]
        if not members:
            return 0
        return trips[members[-1]].start_s - trips[self.previous.get(members[0], members[0])].start_s


def periods_of(timetable: Timetable) -> tuple[Period, ...]:
    """Cut a timetable where the headway of either direction changes for good; earliest period first."""
    trips = timetable.trips
    by_direction = [
        sorted((j for j, trip in enumerate(trips) if trip.direction == direction), key=lambda j: trips[j].start_s)
        for direction in ("up", "down")
    ]
    borders = sorted({border for order in by_direction for border in _borders([trips[j].start_s for j in order])})
    merged: list[int] = []
    for border in borders:
        # Both directions change at about the same clock time: one border for both.
        if not merged or border - merged[-1] > 900:
            merged.append(border)
    edges = [min(trip.start_s for trip in trips), *merged, max(trip.start_s for trip in trips) + 1]
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
