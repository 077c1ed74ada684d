"""Ramps: departures that change from one headway to the next in steps.

The decision on headways gives even patterns with a train at each border between two periods. Around a border, k gaps of
h1 and k gaps of h2 then become 2k gaps from h1 to h2 in even steps, h1 + (h2 - h1)(j + 1/2)/2k. These gaps lie between
h1 and h2, their sum is unchanged, and the sum of their squares is smaller. The policy on headways therefore still
holds. Loads, waiting, fleet and capacity of the terminals are checked again for each border, and the border gets the
widest ramp that passes these checks.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.headways.patterns import DeparturePatternMaker, Segment, load_limit
from dispatch.plans.terminal_occupancy import depot_capacity
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.station_times import station_times

WIDEST = 4
"""Numbers of gaps on each side of a border (assumed: a ramp is short compared with a period)."""


@dataclass(frozen=True, eq=False)
class SmoothDepartures:
    """Departures by direction, the waiting of all passengers in passenger seconds, and the fullest train."""

    departures: Mapping[Direction, tuple[int, ...]]
    waiting_passenger_s: float
    heaviest_load: float


def smoothed(
    scenario: Scenario,
    maker: DeparturePatternMaker,
    segments: Mapping[Direction, Sequence[Segment]],
    departures: Mapping[Direction, tuple[int, ...]],
) -> SmoothDepartures:
    """Departures with ramps between periods; number, first and last departure are unchanged.

    A ramp is used only if all loads keep the limit of the policy, the total waiting does not increase, the number of
    trains does not increase, and the terminals have enough capacity; otherwise a shorter ramp is tried.
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
    """The departures with a ramp of so many gaps on each side of a border."""
    first, last = border - gaps, border + gaps
    h1 = (departures[border] - departures[first]) / gaps
    h2 = (departures[last] - departures[border]) / gaps
    steps = h1 + (h2 - h1) * (np.arange(2 * gaps) + 0.5) / (2 * gaps)
    times = departures[first] + np.rint(np.cumsum(steps)[:-1]).astype(int)
    return (*departures[: first + 1], *(int(time) for time in times), *departures[last:])


def _measured(maker: DeparturePatternMaker, direction: Direction, times: tuple[int, ...]) -> tuple[float, float]:
    """Waiting of all passengers of a direction, in passenger seconds, and its largest load."""
    whole = maker.measured(Segment(direction, times[0], times[-1], True, True), times, times)
    return whole.waiting_passenger_s, whole.heaviest_load


def _begin(scenario: Scenario, departures: Mapping[Direction, Sequence[int]]) -> dict[Direction, int]:
    """Trains that begin their day at the terminal from which a direction departs."""
    need: dict[Direction, int] = {}
    for away, towards in (DIRECTIONS, DIRECTIONS[::-1]):
        turnback_s = max(scenario.terminals[scenario.stations_in_order(away)[0].id].turnbacks_s)
        ready = [time + turnback_s for time in _arrivals(scenario, towards, departures[towards])]
        counted = (count - bisect_right(ready, time) for count, time in enumerate(departures[away], start=1))
        need[away] = max(counted, default=0)
    return need


def _arrivals(scenario: Scenario, direction: Direction, departures: Sequence[int]) -> list[int]:
    """Arrivals at the far terminal, in order."""
    return sorted(time + station_times(scenario, direction, time).one_way_s for time in departures)


def _terminals_bear(scenario: Scenario, departures: Mapping[Direction, Sequence[int]], fleet: int) -> bool:
    """Whether the number of trains does not increase, and depots and tracks have capacity by day and overnight."""
    begin = _begin(scenario, departures)
    capacity = depot_capacity(scenario)
    if sum(begin.values()) > fleet:
        return False
    if capacity is None:
        return True
    for away, towards in (DIRECTIONS, DIRECTIONS[::-1]):
        station = scenario.stations_in_order(away)[0].id
        depot = capacity.get(station, 0)
        come = _arrivals(scenario, towards, departures[towards])
        gone = (bisect_right(departures[away], time - scenario.operation.track_clearing_s) for time in come)
        there = (begin[away] + count - left for count, left in enumerate(gone, start=1))
        room = scenario.terminals[station].tracks + depot
        overnight = begin[away] + len(come) - len(departures[away])
        if begin[away] > depot or overnight > depot or max(there, default=0) > room:
            return False
    return True
