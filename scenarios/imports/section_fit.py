"""Fit running times and dwells to the published times of one pattern of trips: least squares over whole seconds."""

from dataclasses import dataclass
from math import ceil, isfinite

import numpy as np

from energy_models.arrays import FloatArray

COARSE_S = 10
"""Times with this resolution or a coarser one are rounded, and finer ones exact."""
RUNNING_SPREAD = 0.12
"""Standard deviation of a running time about its share of the one-way time, relative (assumed)."""
DWELL_SPREAD_S = 2.0
"""Standard deviation of a dwell about the usual dwell; small, so that dwells are filled before running times."""


@dataclass(frozen=True)
class Pattern:
    """The published times of a pattern after its first departure, in s, and what a train can do.

    `arrival_s` and `departure_s` have a value for each station, NaN where the timetable has none; `aim_s` are the
    departures to aim at. `least_run_s` has a value for each section, `dwell_s` and `least_dwell_s` one for each
    intermediate station. `shape_s` gives the shares of the sections in the running time.
    """

    arrival_s: tuple[float, ...]
    departure_s: tuple[float, ...]
    aim_s: tuple[float, ...]
    least_run_s: tuple[int, ...]
    shape_s: tuple[float, ...]
    dwell_s: tuple[int, ...]
    least_dwell_s: tuple[int, ...]

    @property
    def least_time_s(self) -> int:
        """The shortest one-way time."""
        return sum(self.least_run_s) + sum(self.least_dwell_s)


@dataclass(frozen=True)
class Fit:
    """Arrivals and departures after the first departure in whole s, and by how much they lie beyond the resolution."""

    arrival_s: tuple[int, ...]
    departure_s: tuple[int, ...]
    beyond_s: int


def fitted(pattern: Pattern, one_way_s: int, resolution_s: int) -> Fit:
    """The times with the least squares of their deviations that keep the one-way time and the shortest times.

    A time lies within the resolution of its published value, and an exact time stays (a resolution below `COARSE_S`);
    if no such times exist, the intervals are made wider step by step. Deviations count in relation to their usual size:
    a published time has the variance of the difference of two rounded times (resolution² / 6), running times and dwells
    the spreads of this module. The problem is a chain, so that dynamic programming over whole seconds finds the
    optimum. `one_way_s` must not be below the shortest one-way time.
    """
    width_s = resolution_s if resolution_s >= COARSE_S else 0
    while True:
        found = _chain(pattern, one_way_s, resolution_s, width_s)
        if found is not None:
            moved = [
                abs(time_s - published_s)
                for times, published in zip(found, (pattern.arrival_s, pattern.departure_s), strict=True)
                for time_s, published_s in zip(times[:-1], published[:-1], strict=True)
                if isfinite(published_s)
            ]
            return Fit(*found, max(0, ceil(max(moved, default=0.0)) - resolution_s))
        width_s = 2 * width_s + 1


def _chain(
    pattern: Pattern, one_way_s: int, resolution_s: int, width_s: int
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    sections = len(pattern.least_run_s)
    run_s, dwell_s = _aims(pattern, one_way_s)
    variance = max(resolution_s, 1) ** 2 / 6
    earliest, latest = _reach(pattern, one_way_s)
    places = np.zeros(1)
    costs = np.zeros(1)
    steps: list[tuple[FloatArray, np.ndarray[tuple[int, ...], np.dtype[np.intp]]]] = []
    for section in range(sections):
        least, aim = pattern.least_run_s[section], run_s[section]
        spread_s = RUNNING_SPREAD * aim + 1.0
        station = section + 1
        last = station == sections
        reach = (earliest[0][station], latest[0][station])
        published = pattern.arrival_s[station]
        if last:
            arrivals = np.array([float(one_way_s)])
        elif isfinite(published) or not isfinite(pattern.departure_s[station]):
            arrivals = _window(published, width_s, reach)
        else:
            usual_s = pattern.dwell_s[section]
            arrivals = _window(pattern.departure_s[station] - usual_s, width_s + 2 * usual_s, reach)
        cost, back = _step(places, costs, arrivals, least, aim, spread_s)
        if not last and isfinite(published):
            cost = cost + (arrivals - published) ** 2 / variance
        steps.append((places, back))
        places, costs = arrivals, cost
        if last:
            break
        reach = (earliest[1][station], latest[1][station])
        departures = _window(pattern.departure_s[station], width_s, reach)
        cost, back = _step(
            places, costs, departures, pattern.least_dwell_s[section], dwell_s[section], DWELL_SPREAD_S
        )  # fmt: skip
        if isfinite(pattern.aim_s[station]):
            cost = cost + (departures - pattern.aim_s[station]) ** 2 / variance
        steps.append((places, back))
        places, costs = departures, cost
    if not isfinite(costs[0]):
        return None
    times = [one_way_s]
    at = 0
    for before, back in reversed(steps):
        at = int(back[at])
        times.append(round(float(before[at])))
    times.reverse()
    # Departure, then arrival and departure of each station, then the last arrival.
    return (0, *times[1::2]), (*times[0::2], times[-1])


def _step(
    places: FloatArray, costs: FloatArray, targets: FloatArray, least: float, aim: float, spread_s: float
) -> tuple[FloatArray, np.ndarray[tuple[int, ...], np.dtype[np.intp]]]:
    """The least cost of each target, and the place before it."""
    taken = targets[:, None] - places[None, :]
    total = np.where(taken >= least, ((taken - aim) / spread_s) ** 2, np.inf) + costs[None, :]
    back = np.argmin(total, axis=1)
    return total[np.arange(len(targets)), back], back


def _window(published_s: float, width_s: int, reach: tuple[int, int]) -> FloatArray:
    """The possible times: within the width of the published time, as far as a train can reach them."""
    low, high = reach
    if isfinite(published_s):
        low, high = max(low, int(published_s) - width_s), min(high, int(published_s) + width_s)
        if low > high:
            # The published time cannot be reached: the nearest time that can.
            low = high = reach[0] if published_s < reach[0] else reach[1]
    return np.arange(low, high + 1, dtype=float)


def _aims(pattern: Pattern, one_way_s: int) -> tuple[list[float], list[float]]:
    """Running times and dwells to aim at: usual dwells, and the rest of the time by the shape of the sections.

    If the rest is below the shortest running times, the dwells are reduced.
    """
    least_run, least_dwell = sum(pattern.least_run_s), sum(pattern.least_dwell_s)
    dwell = sum(pattern.dwell_s)
    rest = one_way_s - dwell
    share = 1.0
    if rest < least_run and dwell > least_dwell:
        share = max(0.0, (one_way_s - least_run - least_dwell) / (dwell - least_dwell))
        rest = max(rest, least_run)
    dwells = [
        least + share * (usual - least) for least, usual in zip(pattern.least_dwell_s, pattern.dwell_s, strict=True)
    ]
    stretch = rest / max(sum(pattern.shape_s), 1.0)
    runs = [max(float(least), stretch * own) for least, own in zip(pattern.least_run_s, pattern.shape_s, strict=True)]
    return runs, dwells


def _reach(pattern: Pattern, one_way_s: int) -> tuple[tuple[list[int], list[int]], tuple[list[int], list[int]]]:
    """Earliest and latest arrivals and departures at each station."""
    early_in, early_out = [0], [0]
    for section, least in enumerate(pattern.least_run_s):
        early_in.append(early_out[-1] + least)
        dwell = pattern.least_dwell_s[section] if section < len(pattern.least_dwell_s) else 0
        early_out.append(early_in[-1] + dwell)
    late_in, late_out = [one_way_s], [one_way_s]
    for section in range(len(pattern.least_run_s) - 1, -1, -1):
        late_out.append(late_in[-1] - pattern.least_run_s[section])
        dwell = pattern.least_dwell_s[section - 1] if section else 0
        late_in.append(late_out[-1] - dwell)
    return (early_in, early_out), (late_in[::-1], late_out[::-1])
