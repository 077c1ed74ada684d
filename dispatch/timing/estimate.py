"""A quick estimate of what the substations feed at an instant: the balance of power, smoothed along the line.

Braking energy finds its taker some kilometres away and no further. So each train's power is spread over a few nodes of
the line, less with distance; what a node then asks must come from the substations, what it offers is lost:

    fed = a · sum of max(n, 0) + b · sum of min(n, 0) + c · sum of max(n, 0)² + d,     n: net power of each node

The four numbers and the length over which power is spread are fitted to exact solutions of the line itself. The
estimate is some hundred times quicker than a solution; it finds where to look, and exact solutions decide.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dispatch.timetable import Timetable
from dispatch.timing.bank import MotionBank
from dispatch.timing.day import build_day
from dispatch.timing.noise import departure_noise_s
from dispatch.timing.traffic import Traffic
from dispatch.timing.trips import Limits
from energy_models.arrays import FloatArray
from energy_models.supply.device_laws import PackedNetwork

NODES = 8
"""Nodes along the line: as many as a vector register holds single-precision numbers."""
PLACE_STEP_M = 20.0
REACHES_M = (1500.0, 2000.0, 2700.0, 3600.0, 4800.0, 6400.0, 8500.0, 11500.0)
"""Lengths tried over which a train's power is spread; the one that fits best is taken."""
SHAKEN_S = 40.0
"""Deviation of the departures by which a timetable is shaken for the fit: two phases of a train's motion."""
FITTED_TO = 12_000
"""Instants are plenty for four numbers."""

NodeArray = NDArray[np.float32]


class Estimate(NamedTuple):
    """What the estimate knows of a line and its motions.

    `motion_w[e]` is entry e of the bank spread over the nodes, auxiliaries included; `station_w[d, k]` what a train
    that stands at station k of direction d (last: its terminal) draws there. `asks`, `offers`, `squared` (per watt) and
    `always_w` are a, b, c and d. `error_w` is the deviation of the fit's residuals.
    """

    motion_w: NodeArray
    station_w: NodeArray
    asks: float
    offers: float
    squared: float
    always_w: float
    error_w: float


def spread(chainage_m: FloatArray, low_m: float, high_m: float, reach_m: float) -> FloatArray:
    """Share of a train's power that each node bears, shape (..., nodes): falls exponentially with distance, sums to
    1."""
    node_m = np.linspace(low_m, high_m, NODES)
    share = np.exp(-np.abs(chainage_m[..., None] - node_m) / reach_m)
    return np.asarray(share / share.sum(axis=-1, keepdims=True))


def line_estimate(
    timetable: Timetable, limits: Limits, bank: MotionBank, network: PackedNetwork, seed: int, workers: int = 1
) -> Estimate:
    """The estimate for a line, fitted to its timetable with every departure shaken, so that trains meet all ways."""
    sections = max(len(trip.driving) for trip in timetable.trips)
    noise_s = departure_noise_s(2, len(timetable.trips), sections, SHAKEN_S, False, seed)[:1]
    nothing = np.zeros(len(timetable.trips), dtype=np.int64)
    day = build_day(timetable, (nothing, nothing), nothing, limits, bank, noise_s, network, workers=workers)
    return fitted(day.traffic, bank, limits)


def fitted(traffic: Traffic, bank: MotionBank, limits: Limits) -> Estimate:
    """Fit the estimate to a solved traffic, by least squares for each length tried."""
    samples, instants = np.nonzero((traffic.auxiliary_w >= 0.0).any(axis=2))
    keep = np.linspace(0, len(samples) - 1, min(FITTED_TO, len(samples))).astype(np.int64)
    samples, instants = samples[keep], instants[keep]
    chainage = traffic.chainage_m[samples, instants]
    auxiliary = traffic.auxiliary_w[samples, instants]
    power = np.where(auxiliary >= 0.0, traffic.asked_w[samples, instants] + auxiliary, 0.0)
    fed = traffic.power_w[samples, instants]
    low, high = float(bank.chainage_m.min()), float(bank.chainage_m.max())
    place_m = np.arange(low, high + PLACE_STEP_M, PLACE_STEP_M)
    place = np.clip(np.rint((chainage - low) / PLACE_STEP_M).astype(np.int64), 0, len(place_m) - 1)
    best: tuple[float, float, FloatArray] | None = None
    for reach_m in REACHES_M:
        share = spread(place_m, low, high, reach_m)
        node = (share[place] * power[..., None]).sum(axis=1)
        terms = _terms(node)
        coefficients = np.asarray(np.linalg.lstsq(terms, fed, rcond=None)[0], dtype=np.float64)
        error_w = float(np.sqrt(np.mean((terms @ coefficients - fed) ** 2)))
        if best is None or error_w < best[0]:
            best = error_w, reach_m, coefficients
    assert best is not None
    error_w, reach_m, coefficients = best
    share = spread(place_m, low, high, reach_m)
    at = np.clip(np.rint((bank.chainage_m - low) / PLACE_STEP_M).astype(np.int64), 0, len(place_m) - 1)
    motion_w = (share[at] * (bank.power_w + limits.auxiliary_w)[:, None]).astype(np.float32)
    stations = np.concatenate([limits.station_chainage_m, limits.terminal_chainage_m[:, None]], axis=1)
    station_w = (spread(stations, low, high, reach_m) * limits.auxiliary_w).astype(np.float32)
    asks, offers, squared, always = (float(value) for value in coefficients)
    return Estimate(motion_w, station_w, asks, offers, squared * 1e-6, always, error_w)


def _terms(node_w: FloatArray) -> FloatArray:
    """What the coefficients multiply; squares in units of a megawatt, so that least squares are well conditioned."""
    asked = np.maximum(node_w, 0.0)
    return np.stack(
        [
            asked.sum(axis=-1),
            np.minimum(node_w, 0.0).sum(axis=-1),
            (asked * asked).sum(axis=-1) * 1e-6,
            np.ones(len(node_w)),
        ],
        axis=1,
    )


@njit(cache=True, nogil=True, fastmath=True)
def estimated_w(node_w: NodeArray, asks: float, offers: float, squared: float, always_w: float) -> float:
    """Estimated terminal power in W for the net power of the nodes; never below nothing."""
    asked, offered, squares = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for node in range(NODES):
        value = node_w[node]
        up = max(value, np.float32(0.0))
        asked += up
        offered += value - up
        squares += up * up
    return max(asks * float(asked) + offers * float(offered) + squared * float(squares) + always_w, 0.0)
