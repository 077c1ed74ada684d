"""A quick estimate of what the substations feed at an instant: the balance of power, smoothed along the line.

Braking energy finds its taker some kilometres away and no further. So each train's power is spread over a few nodes of
the line, less with distance; what a node then asks must come from the substations, what it offers is lost:

    fed = a · sum of max(n, 0) + b · sum of min(n, 0) + c · sum of max(n, 0)² + d,     n: net power of each node

The four numbers and the length over which power is spread are fitted to exact solutions of the line itself. The
estimate is some hundred times quicker than a solution; it finds where to look, and exact solutions decide.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch.timing.kernel.exact_state import ExactState
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.trips import Limits
from energy_models.arrays import FloatArray
from energy_models.compiled import kernel

NODES = 8
"""Nodes along the line: as many as a vector register holds single-precision numbers."""
PLACE_STEP_M = 20.0
REACHES_M = (1500.0, 2000.0, 2700.0, 3600.0, 4800.0, 6400.0, 8500.0, 11500.0)
"""Lengths tried over which a train's power is spread; the one that fits best is taken."""
FITTED_TO = 12_000
"""Instants are plenty for four numbers."""

WRITTEN_ORDER = {"nnan", "nsz"}
"""Flags of `fastmath` that keep the order of sums. Fused products and sums (`contract`) are left out: processors fuse
them in different places, and the same search would then give another plan on another processor."""

NodeArray = NDArray[np.float32]


class Surrogate(NamedTuple):
    """The surrogate of a line's supply: its coefficients and the motions spread over its nodes.

    `motion_w[e]` is entry e of the motion table spread over the nodes, auxiliaries included; `station_w[d, k]` is what
    a train that stands at station k of direction d (last: its terminal) draws there. `demand_factor`,
    `surplus_factor`, `squared_per_w` and `constant_w` are a, b, c and d of the equation above. `error_w` is the
    standard deviation of the fit's residuals.
    """

    motion_w: NodeArray
    station_w: NodeArray
    demand_factor: float
    surplus_factor: float
    squared_per_w: float
    constant_w: float
    error_w: float


NO_SURROGATE = Surrogate(np.zeros((0, NODES), np.float32), np.zeros((0, 0, NODES), np.float32), 0.0, 0.0, 0.0, 0.0, 0.0)
"""Stands in place of a surrogate where none is used."""


def spread(chainage_m: FloatArray, low_m: float, high_m: float, reach_m: float) -> FloatArray:
    """Share of a train's power that each node bears, shape (..., nodes): falls exponentially with distance, sums to
    1."""
    node_m = np.linspace(low_m, high_m, NODES)
    share = np.exp(-np.abs(chainage_m[..., None] - node_m) / reach_m)
    return np.asarray(share / share.sum(axis=-1, keepdims=True))


def fit_surrogate(exact: ExactState, motions: MotionTable, limits: Limits) -> Surrogate:
    """Fit the estimate to a solved traffic, by least squares for each length tried."""
    samples, instants = np.nonzero((exact.auxiliary_w >= 0.0).any(axis=2))
    keep = np.linspace(0, len(samples) - 1, min(FITTED_TO, len(samples))).astype(np.int64)
    samples, instants = samples[keep], instants[keep]
    chainage = exact.chainage_m[samples, instants]
    auxiliary = exact.auxiliary_w[samples, instants]
    power = np.where(auxiliary >= 0.0, exact.asked_w[samples, instants] + auxiliary, 0.0)
    fed = exact.power_w[samples, instants]
    low, high = float(motions.chainage_m.min()), float(motions.chainage_m.max())
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
    at = np.clip(np.rint((motions.chainage_m - low) / PLACE_STEP_M).astype(np.int64), 0, len(place_m) - 1)
    motion_w = (share[at] * (motions.power_w + limits.auxiliary_w)[:, None]).astype(np.float32)
    stations = np.concatenate([limits.station_chainage_m, limits.terminal_chainage_m[:, None]], axis=1)
    station_w = (spread(stations, low, high, reach_m) * limits.auxiliary_w).astype(np.float32)
    demand_factor, surplus_factor, squared_per_w, always = (float(value) for value in coefficients)
    return Surrogate(motion_w, station_w, demand_factor, surplus_factor, squared_per_w * 1e-6, always, error_w)


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


@kernel(fastmath=WRITTEN_ORDER)
def surrogate_power_w(node_w: NodeArray, surrogate: Surrogate, power_w: FloatArray) -> None:
    """Power at the substation terminals in W for the net powers of the nodes of some cells; never below nothing.

    The order of the sums is written out, and `fastmath` does not allow another one: results do not depend on how the
    compiler turns the loop into vector instructions.
    """
    demand_factor, surplus_factor, squared_per_w, constant_w = (
        surrogate.demand_factor, surrogate.surplus_factor, surrogate.squared_per_w, surrogate.constant_w
    )  # fmt: skip
    zero = np.float32(0.0)
    for n in range(len(power_w)):
        i = NODES * n
        a, b, c, d = node_w[i], node_w[i + 1], node_w[i + 2], node_w[i + 3]
        e, f, g, h = node_w[i + 4], node_w[i + 5], node_w[i + 6], node_w[i + 7]
        all_w = (((a + b) + (c + d)) + ((e + f) + g)) + h
        a, b, c, d = max(a, zero), max(b, zero), max(c, zero), max(d, zero)
        e, f, g, h = max(e, zero), max(f, zero), max(g, zero), max(h, zero)
        demand_w = (((a + b) + (c + d)) + ((e + f) + g)) + h
        squares = a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h
        power = demand_factor * float(demand_w) + constant_w
        power = power + squared_per_w * float(squares)
        power_w[n] = max(power + surplus_factor * float(all_w - demand_w), 0.0)
