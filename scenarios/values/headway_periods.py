"""The headway periods of a day: given in the scenario, or found where the headway of the departures changes."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import inf

import numpy as np

from scenarios.schema.base import Direction
from scenarios.schema.scenario import Scenario
from scenarios.values.station_times import departures_today

BREAK_OF_SERVICE_S = 7_200
"""A longer gap between two departures is a break of service and not a headway."""
SPREAD_SHARE = 0.15
"""Standard deviation of the gaps within one headway, as a share of the headway: published minutes alternate, for
example 240 and 300 s for 13 trains an hour (assumed)."""
PENALTY = 10.0
"""Reduction of the sum of squared deviations (in units of the spread) that a further period must bring. The largest
reduction by chance is about 2 ln n, 11 for a day of 200 gaps."""
SHORTEST_PERIOD_GAPS = 3


def headway_starts_s(scenario: Scenario, direction: Direction) -> tuple[int, ...]:
    """Starts of the headway periods of one direction, in s, in order; empty for a direction without departures.

    They are those of the scenario's periods, or, without periods, the first departure and the departures at which the
    headway changes.
    """
    if rows := scenario.timetable.periods:
        return tuple(sorted({row.from_s for row in rows if row.direction in (direction, "both")}))
    return found_starts_s(departures_today(scenario, direction))


def found_starts_s(departures_s: Sequence[int]) -> tuple[int, ...]:
    """The first departure, and each departure at which another headway begins.

    The logarithms of the gaps are cut into pieces with a constant mean at the smallest sum of squared deviations plus a
    penalty for each piece (optimal partitioning, Jackson et al. 2005, doi 10.1109/LSP.2001.838216). A break of service
    is always a border.
    """
    starts: list[int] = []
    begin = 0
    for k, (before, after) in enumerate(pairwise(departures_s), start=1):
        if after - before > BREAK_OF_SERVICE_S:
            starts += _cut(departures_s[begin:k])
            begin = k
    return tuple(starts + _cut(departures_s[begin:]))


def _cut(departures_s: Sequence[int]) -> list[int]:
    """Starts of the periods of departures without a break of service."""
    values = np.log(np.maximum(np.diff(np.array(departures_s, dtype=np.float64)), 1.0))
    count = len(values)
    if count < 2 * SHORTEST_PERIOD_GAPS:
        return list(departures_s[:1])
    sums = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])
    best = np.full(count + 1, inf)
    best[0] = -PENALTY
    previous = np.zeros(count + 1, dtype=np.int64)
    for end in range(SHORTEST_PERIOD_GAPS, count + 1):
        begins = np.arange(end - SHORTEST_PERIOD_GAPS + 1)
        lengths = end - begins
        deviation = squares[end] - squares[begins] - (sums[end] - sums[begins]) ** 2 / lengths
        cost = best[begins] + deviation / SPREAD_SHARE**2 + PENALTY
        # Of equal costs the longest last period counts, so that rounding decides nothing.
        previous[end] = int(np.argmax(cost <= cost.min() + 1e-9))
        best[end] = cost[previous[end]]
    borders = []
    end = count
    while end > 0:
        end = int(previous[end])
        borders.append(end)
    return [departures_s[border] for border in reversed(borders)]


def period_number(periods: Sequence[tuple[int, int]], time_s: int) -> int:
    """The number of the headway period of a departure; one before the first period belongs to the first."""
    return max(bisect_right([begin for begin, _ in periods], time_s) - 1, 0)


def periods_today(scenario: Scenario, direction: Direction) -> tuple[tuple[int, int], ...]:
    """The headway periods (from, to) in the hours of service of one direction, without gaps.

    The first period begins with the first departure, the last ends with the last departure.
    """
    departures = departures_today(scenario, direction)
    inner = [start for start in headway_starts_s(scenario, direction) if departures[0] < start < departures[-1]]
    return tuple(pairwise([departures[0], *inner, departures[-1]]))
