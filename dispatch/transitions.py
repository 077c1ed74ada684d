"""Smooth transitions: departures that step from one headway to the next instead of changing it at once.

Headways are decided as even patterns with a train at each border between two periods. Around a border, k gaps of h1 and
k gaps of h2 then become 2k gaps that go from h1 to h2 in even steps, h1 + (h2 - h1)(j + 1/2)/2k: they lie between the
two, add up to the same time, and the squares of them to less. What the policy says of headways therefore still holds;
loads, waiting, fleet and room at the terminals are asked again for each border, and it keeps the widest ramp that they
bear.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.baseline import one_way_time_s
from dispatch.headway_patterns import PatternMaker, Segment, load_limit
from dispatch.stands import CLEARING_S, depot_capacity
from dispatch.timetable import DIRECTIONS, Direction
from scenarios.schema import Scenario

WIDEST = 4
"""Gaps on each side of a border over which a headway may change (assumed: a ramp is to be short beside a period)."""


@dataclass(frozen=True, eq=False)
class SmoothDepartures:
    """Departures by direction, the waiting of all passengers in passenger seconds, and the fullest train."""

    departures: Mapping[Direction, tuple[int, ...]]
    waiting_passenger_s: float
    heaviest_load: float


def smoothed(
    scenario: Scenario,
    maker: PatternMaker,
    segments: Mapping[Direction, Sequence[Segment]],
    departures: Mapping[Direction, tuple[int, ...]],
) -> SmoothDepartures:
    """Departures with ramps between periods, as many as before, first and last as before.

    A ramp stays only if no train gets fuller than the policy allows, passengers wait no longer in all, no more trains
    are needed, and terminals have room; otherwise a shorter one is tried, and in the end none.
    """
    result = dict(departures)
    fleet = sum(_begin(scenario, result).values())
    waited, fullest = 0.0, 0.0
    for direction in DIRECTIONS:
        if len(departures[direction]) < 2:
            continue
        waiting, heaviest = _measured(maker, direction, result[direction])
        allowed = max(load_limit(scenario), heaviest)
        ends = sorted({*(s.from_s for s in segments[direction]), departures[direction][-1]})
        borders = [departures[direction].index(time) for time in ends]
        for before, border, after in zip(borders, borders[1:], borders[2:], strict=False):
            for gaps in range(min(WIDEST, (border - before) // 2, (after - border) // 2), 0, -1):
                times = ramped(result[direction], border, gaps)
                tried = {**result, direction: times}
                waits, load = _measured(maker, direction, times)
                if load <= allowed and waits <= waiting and _terminals_bear(scenario, tried, fleet):
                    result, waiting, heaviest = tried, waits, load
                    break
        waited, fullest = waited + waiting, max(fullest, heaviest)
    return SmoothDepartures(result, waited, fullest)


def ramped(departures: Sequence[int], border: int, gaps: int) -> tuple[int, ...]:
    """The departures with a ramp of that many gaps on each side of the one at a border."""
    first, last = border - gaps, border + gaps
    h1 = (departures[border] - departures[first]) / gaps
    h2 = (departures[last] - departures[border]) / gaps
    steps = h1 + (h2 - h1) * (np.arange(2 * gaps) + 0.5) / (2 * gaps)
    times = departures[first] + np.rint(np.cumsum(steps)[:-1]).astype(int)
    return (*departures[: first + 1], *(int(time) for time in times), *departures[last:])


def _measured(maker: PatternMaker, direction: Direction, times: tuple[int, ...]) -> tuple[float, float]:
    """Waiting of all passengers of a direction's day, in passenger seconds, and its fullest train."""
    whole = maker.measured(Segment(direction, times[0], times[-1], True, True), times, times)
    return whole.waiting_passenger_s, whole.heaviest_load


def _begin(scenario: Scenario, departures: Mapping[Direction, Sequence[int]]) -> dict[Direction, int]:
    """Trains that begin their day at the terminal from which a direction departs."""
    need: dict[Direction, int] = {}
    for away, towards in (DIRECTIONS, DIRECTIONS[::-1]):
        turnback_s = scenario.terminals[scenario.stations_in_order(away)[0].id].turnback_s
        travel_s = one_way_time_s(scenario, towards)
        ready = [time + travel_s + turnback_s for time in departures[towards]]
        counted = (count - bisect_right(ready, time) for count, time in enumerate(departures[away], start=1))
        need[away] = max(counted, default=0)
    return need


def _terminals_bear(scenario: Scenario, departures: Mapping[Direction, Sequence[int]], fleet: int) -> bool:
    """Whether no more trains are needed than before, and depots and tracks hold them at every moment and overnight."""
    begin = _begin(scenario, departures)
    capacity = depot_capacity(scenario)
    if sum(begin.values()) > fleet:
        return False
    if capacity is None:
        return True
    for away, towards in (DIRECTIONS, DIRECTIONS[::-1]):
        station = scenario.stations_in_order(away)[0].id
        depot = capacity.get(station, 0)
        come = [time + one_way_time_s(scenario, towards) for time in departures[towards]]
        gone = (bisect_right(departures[away], time - CLEARING_S) for time in come)
        there = (begin[away] + count - left for count, left in enumerate(gone, start=1))
        room = scenario.terminals[station].tracks + depot
        overnight = begin[away] + len(come) - len(departures[away])
        if begin[away] > depot or overnight > depot or max(there, default=0) > room:
            return False
    return True
