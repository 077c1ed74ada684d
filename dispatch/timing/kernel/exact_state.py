"""What stands in the network at every instant of a search, and what the substations feed then.

In a *cycle* the day repeats every `horizon` seconds and a trip meets its own followers: its series of seconds wraps
around. In a *day* the horizon is the whole service. Second `at` of a trip's series is the cell (instant `at % horizon`,
column `column + at // horizon`) and belongs to no other trip, so that a change of a trip is an overwrite.
"""

from typing import NamedTuple

import numpy as np

from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import kernel
from energy_models.supply.device_laws import PackedNetwork
from energy_models.supply.equivalent_track import substation_power_w
from energy_models.supply.tridiagonal import Chain, chain_for

PAD_S = 16
"""Seconds that a trip's series begins before its departure, so that a noisy departure may be early."""

BATCH = 64
"""Instants that go to the supply at once."""

ABSENT = -1.0
"""Auxiliary power of a column in which no train stands."""


class ExactState(NamedTuple):
    """What stands in the network at each instant of each noise sample (samples, horizon, columns), and what it draws.

    `power_w[m, t]` is the sum of the substations' terminal power, `weight[t]` what a joule then is worth to the
    objective. `train_v` and `static_v` are the voltages of trains and statics when the instant was last solved.
    """

    chainage_m: FloatArray
    asked_w: FloatArray
    auxiliary_w: FloatArray
    power_w: FloatArray
    weight: FloatArray
    train_v: FloatArray
    static_v: FloatArray


def empty_exact_state(
    samples: int, horizon_s: int, columns: int, weight: FloatArray, network: PackedNetwork
) -> ExactState:
    """Room for so many instants, with nothing in the network."""
    shape = (samples, horizon_s, columns)
    return ExactState(
        chainage_m=np.zeros(shape),
        asked_w=np.zeros(shape),
        auxiliary_w=np.full(shape, ABSENT),
        power_w=np.zeros(shape[:2]),
        weight=weight,
        train_v=np.full(shape, network.start_v),
        static_v=np.full((*shape[:2], network.chainage_m.size), network.start_v),
    )


def chain_of(exact: ExactState, network: PackedNetwork) -> Chain:
    """Working arrays for the instants of a traffic; one for each thread that searches it."""
    return chain_for(network, exact.chainage_m.shape[2])


@kernel()
def series_of(
    j: int,
    sample: int,
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    chainage_m: FloatArray,
    asked_w: FloatArray,
) -> int:
    """Write trip j's chainage and power from PAD_S before its departure to the end of its stand; return the length."""
    sections = trips.run_s.shape[1]
    d = trips.direction[j]
    planned: int = PAD_S
    at: int = 0
    last = trips.last_section[j]
    for k in range(trips.first_section[j], last + 1):
        begin = max(planned + noise_s[sample, j, k], at)
        here = limits.station_chainage_m[d, k]
        while at < begin:
            chainage_m[at] = here
            asked_w[at] = 0.0
            at += 1
        r = trips.run_s[j, k]
        first = motions.first[d, k, r - motions.shortest_s[d, k], trips.load_step[j, k]]
        for u in range(r):
            chainage_m[at + u] = motions.chainage_m[first + u]
            asked_w[at + u] = motions.power_w[first + u]
        at += r
        planned += r
        if k < last:
            planned += trips.dwell_s[j, k]
    stand = trips.stand_s[j]
    if stand > limits.stand_auxiliary_s:
        stand = limits.stand_fallback_s
    end = max(planned + stand - PAD_S, at)
    here = limits.terminal_chainage_m[d] if last == sections - 1 else limits.station_chainage_m[d, last + 1]
    while at < end:
        chainage_m[at] = here
        asked_w[at] = 0.0
        at += 1
    return int(at)


@kernel()
def write(
    sample: int,
    at: int,
    column: int,
    present: bool,
    chainage_m: float,
    asked_w: float,
    auxiliary_w: float,
    exact: ExactState,
) -> tuple[int, int]:
    """Write one second of a series into its cell and return the cell's sample and instant.

    A trip of a cycle meets its followers, which no more share its disturbances than its timetable's second: each time
    that the series comes around, it goes on in the next sample.
    """
    samples, horizon = exact.power_w.shape
    around = at // horizon
    m, t, slot = (sample + around) % samples, at % horizon, column + around
    if slot >= exact.chainage_m.shape[2]:
        raise ValueError("a trip needs more columns than there are")
    exact.chainage_m[m, t, slot] = chainage_m
    exact.asked_w[m, t, slot] = asked_w
    exact.auxiliary_w[m, t, slot] = auxiliary_w if present else ABSENT
    return m, t


class Batch(NamedTuple):
    """Room for BATCH instants on their way to the supply: entries one after the other, where each instant's begin."""

    offset: IntArray
    chainage_m: FloatArray
    asked_w: FloatArray
    auxiliary_w: FloatArray
    train_v: FloatArray
    static_v: FloatArray


def empty_batch(columns: int, statics: int) -> Batch:
    """Room for instants of so many columns on a network of so many statics."""
    entries = BATCH * columns
    return Batch(
        np.zeros(BATCH + 1, np.int64),
        np.empty(entries),
        np.empty(entries),
        np.empty(entries),
        np.empty(entries),
        np.empty((BATCH, statics)),
    )


@kernel(error_model="numpy")
def solve(
    count: int,
    list_m: IntArray,
    list_t: IntArray,
    exact: ExactState,
    network: PackedNetwork,
    chain: Chain,
    batch: Batch,
    fed_w: FloatArray,
) -> None:
    """Fill the sum of the substations' terminal power at the listed instants; storages stand at their initial charge.

    Each starts from the voltages that it had when it was last solved: a change moves most of them little.
    """
    # Plain arrays in local names: reaching into a tuple within a loop would count references each time.
    auxiliary_w, asked_w, chainage_m = exact.auxiliary_w, exact.asked_w, exact.chainage_m
    train_v, static_v = exact.train_v, exact.static_v
    offset, x, p, a, v, w = (
        batch.offset, batch.chainage_m, batch.asked_w, batch.auxiliary_w, batch.train_v, batch.static_v
    )  # fmt: skip
    columns, statics = auxiliary_w.shape[2], static_v.shape[2]
    for begin in range(0, count, BATCH):
        end = min(begin + BATCH, count)
        n = 0
        for i in range(begin, end):
            m, t = list_m[i], list_t[i]
            for column in range(columns):
                if auxiliary_w[m, t, column] >= 0.0:
                    x[n] = chainage_m[m, t, column]
                    p[n] = asked_w[m, t, column]
                    a[n] = auxiliary_w[m, t, column]
                    v[n] = train_v[m, t, column]
                    n += 1
            offset[i - begin + 1] = n
            for static in range(statics):
                w[i - begin, static] = static_v[m, t, static]
        substation_power_w(network, chain, offset, x, p, a, v, w, network.initial_charge_j, 1.0, fed_w[begin:end])
        n = 0
        for i in range(begin, end):
            m, t = list_m[i], list_t[i]
            for column in range(columns):
                if auxiliary_w[m, t, column] >= 0.0:
                    train_v[m, t, column] = v[n]
                    n += 1
            for static in range(statics):
                static_v[m, t, static] = w[i - begin, static]


def longest_series_s(trips: Trips, limits: Limits) -> int:
    """Room for the longest series: trip, stand, and the minutes that noise may push its end out."""
    longest_s = (trips.run_s.sum(axis=1) + trips.dwell_s.sum(axis=1)).max(initial=0)
    return int(longest_s) + int(max(limits.stand_auxiliary_s, limits.stand_fallback_s)) + 1200


def lay_trains(trips: Trips, limits: Limits, motions: MotionTable, noise_s: IntArray, exact: ExactState) -> None:
    """Write all trips into the traffic, and nothing else."""
    exact.auxiliary_w[:] = ABSENT
    longest_s = longest_series_s(trips, limits)
    _lay_trains(trips, limits, motions, noise_s, exact, np.empty(longest_s), np.empty(longest_s))


@kernel()
def _lay_trains(trips: Trips, limits: Limits, motions: MotionTable, noise_s: IntArray, exact: ExactState,
                chainage: FloatArray, asked: FloatArray) -> None:  # fmt: skip
    for m in range(exact.power_w.shape[0]):
        for j in range(len(trips.departure_s)):
            length = series_of(j, m, trips, limits, motions, noise_s, chainage, asked)
            begin = trips.departure_s[j] - PAD_S
            for u in range(length):
                write(m, begin + u, trips.column[j], True, chainage[u], asked[u], limits.auxiliary_w, exact)


def fill(
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    exact: ExactState,
    network: PackedNetwork,
    chain: Chain,
) -> None:
    """Write all trips into the traffic and solve every instant; `chain` has room for all columns."""
    samples, horizon, columns = exact.chainage_m.shape
    batch = empty_batch(columns, exact.static_v.shape[2])
    all_t = np.arange(horizon)
    lay_trains(trips, limits, motions, noise_s, exact)
    for m in range(samples):
        solve(horizon, np.full(horizon, m), all_t, exact, network, chain, batch, exact.power_w[m])
