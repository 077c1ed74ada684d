"""The stations at which a train stopped, by the distances between its stops: the likeliest path along the line.

Each stop is a station and a direction. Between two stops the train goes on to the next station, passes stations, or
turns back at a terminal. The path with the least sum of squared residuals is found by dynamic programming (Viterbi,
IEEE Transactions on Information Theory 13(2), 1967), for several scales of the speed sensor, of which the best is kept.
"""

from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray, IntArray

SCALES = np.linspace(0.95, 1.05, 41)
"""Scales of the speed sensor that are tried: new and worn wheels differ by up to 8 %."""
_SHARE, _FIXED_M = 0.004, 8.0
"""Standard deviation of a distance between two stops: a share of it, and a part that does not depend on it; assumed."""
_PLACE_M = 40.0
"""Standard deviation of a recorded chainage at a stop; assumed."""
_MOST = 200.0
"""Cost of a stop that fits no transition; after it, the path can begin anywhere."""
_PASSED_COST = 9.0
_TURN_COST = 1.0
_TAIL_M = 2_500.0
"""Longest way over a turnback track behind a terminal and back; assumed."""


@dataclass(frozen=True, eq=False)
class StationMatch:
    """The stations of stops.

    Attributes:
        station: Index of the station of each stop, in order of chainage.
        is_up: Whether the train arrives at the stop in direction up.
        scale: Measured distance by distance along the line.
        broken: Number of stops that did not fit the stop before them.
        rms_share: Root mean square of the relative residuals of distances that fit.
    """

    station: IntArray
    is_up: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    scale: float
    broken: int
    rms_share: float


def match_stations(
    stations_m: FloatArray, distance_m: FloatArray, chainage_m: FloatArray | None = None
) -> StationMatch:
    """The likeliest stations of stops.

    Args:
        stations_m: Chainages of the stations, rising.
        distance_m: Measured distance to each stop from the stop before it; the first entry does not count.
        chainage_m: Recorded chainage at each stop; NaN or None without any.
    """
    best: tuple[float, IntArray, float] | None = None
    has_place = chainage_m is not None and bool(np.isfinite(chainage_m).any())
    for scale in SCALES:
        cost, path = _viterbi(stations_m, distance_m / scale, chainage_m if has_place else None)
        if best is None or cost < best[0]:
            best = cost, path, float(scale)
    assert best is not None
    _, path, scale = best
    count = len(stations_m)
    station, is_up = path % count, path < count
    run_m = np.abs(np.diff(stations_m[station]))
    measured = distance_m[1:]
    near = (run_m > 200.0) & (np.abs(measured / scale - run_m) < 5.0 * (_SHARE * run_m + _FIXED_M))
    moved = measured > 100.0
    broken = int((moved & (run_m > 0.0) & ~near).sum())
    if near.any():
        # The grid is coarse; the distances themselves give the scale.
        scale = float(measured[near].sum() / run_m[near].sum())
    residual = measured[near] / scale / run_m[near] - 1.0
    rms = float(np.sqrt((residual**2).mean())) if near.any() else float("nan")
    return StationMatch(station, is_up, scale, broken, rms)


def _viterbi(stations_m: FloatArray, distance_m: FloatArray, chainage_m: FloatArray | None) -> tuple[float, IntArray]:
    """The least cost and its path; states 0 to n - 1 are stations in direction up, n to 2n - 1 in direction down."""
    n, stops = len(stations_m), len(distance_m)
    sources, lengths, extra = _transitions(stations_m)
    cost = np.zeros(2 * n) + _place_cost(stations_m, chainage_m, 0)
    came = np.zeros((stops, 2 * n), dtype=np.int64)
    for stop in range(1, stops):
        measured = distance_m[stop]
        sigma = _SHARE * lengths + _FIXED_M
        fit = np.minimum(((measured - lengths) / sigma) ** 2, _MOST) + extra
        # The way over a turnback track has any length up to a limit.
        fit = np.where(lengths < 0.0, np.where(measured <= _TAIL_M, extra, _MOST), fit)
        offers = cost[sources] + fit
        place = np.argmin(offers, axis=1)
        rows = np.arange(2 * n)
        anywhere = int(np.argmin(cost))
        through = offers[rows, place]
        lost = cost[anywhere] + _MOST
        came[stop] = np.where(through <= lost, sources[rows, place], anywhere)
        cost = np.minimum(through, lost) + _place_cost(stations_m, chainage_m, stop)
    path = np.zeros(stops, dtype=np.int64)
    path[-1] = int(np.argmin(cost))
    for stop in range(stops - 1, 0, -1):
        path[stop - 1] = came[stop, path[stop]]
    return float(cost.min()), path


def _place_cost(stations_m: FloatArray, chainage_m: FloatArray | None, stop: int) -> FloatArray:
    if chainage_m is None or not np.isfinite(chainage_m[stop]):
        return np.zeros(2 * len(stations_m))
    cost = np.minimum(((stations_m - chainage_m[stop]) / _PLACE_M) ** 2, _MOST)
    return np.concatenate((cost, cost))


def _transitions(stations_m: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """For each state its possible predecessors, the distances from them (-1: any short one), and their extra costs."""
    n = len(stations_m)
    most = 6
    sources = np.zeros((2 * n, most), dtype=np.int64)
    lengths = np.full((2 * n, most), 1e9)
    extra = np.full((2 * n, most), _MOST)
    for state in range(2 * n):
        station, is_up = state % n, state < n
        behind = -1 if is_up else 1
        same = 0 if is_up else n
        offers: list[tuple[int, float, float]] = []
        for passed in range(3):
            other = station + behind * (passed + 1)
            if 0 <= other < n:
                offers.append((other + same, abs(stations_m[station] - stations_m[other]), passed * _PASSED_COST))
        # A train that stood at the terminal in the other direction turned back there.
        first = station + behind
        if first in (0, n - 1):
            offers.append((first + (n - same), abs(stations_m[station] - stations_m[first]), _TURN_COST))
        if station == (0 if is_up else n - 1):
            offers.append((station + (n - same), -1.0, 2.0 * _TURN_COST))
        # The train moved within the station.
        offers.append((state, 0.0, 4.0))
        for place, (source, length, cost) in enumerate(offers):
            sources[state, place], lengths[state, place], extra[state, place] = source, length, cost
    return sources, lengths, extra
