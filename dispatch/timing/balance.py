"""The balance of power of every node at every instant of a search, and how trips are laid on it and taken off it.

Cells are those of `traffic`: second `at` of a trip's series is instant `at % horizon`, and each time that a cycle's
series comes around, it goes on in the next sample of the noise.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from dispatch.timing.bank import MotionBank
from dispatch.timing.estimate import NODES, Estimate, NodeArray, estimated_w
from dispatch.timing.traffic import PAD_S
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray


class Balance(NamedTuple):
    """Net power of the nodes (samples, horizon, nodes), what the substations feed by the estimate, what a joule is
    worth."""

    node_w: NodeArray
    fed_w: FloatArray
    correction_w: FloatArray
    weight: FloatArray


class Change(NamedTuple):
    """A change under way: what it adds to which cells, and which cells those are."""

    node_w: NodeArray
    is_touched: IntArray
    sample: IntArray
    instant: IntArray
    touched: IntArray
    fresh_w: FloatArray


def empty_balance(samples: int, weight: FloatArray) -> Balance:
    """Nothing on the line."""
    horizon = len(weight)
    return Balance(
        np.zeros((samples, horizon, NODES), np.float32),
        np.zeros((samples, horizon)),
        np.zeros((samples, horizon)),
        weight,
    )


@njit(cache=True, nogil=True)
def empty_change(samples: int, horizon: int) -> Change:
    """Room for a change of every cell."""
    cells = samples * horizon
    return Change(
        np.zeros((samples, horizon, NODES), np.float32),
        np.zeros((samples, horizon), np.int64),
        np.empty(cells, np.int64),
        np.empty(cells, np.int64),
        np.zeros(1, np.int64),
        np.empty(cells),
    )


@njit(cache=True, nogil=True)
def lay_out(j: int, sample: int, trips: Trips, limits: Limits, noise_s: IntArray, begin_s: IntArray) -> None:
    """When trip j begins each of its sections in a sample, then when its stand at the terminal ends; before its first
    section it stands from `PAD_S` before its departure."""
    last = trips.last_section[j]
    zero = trips.departure_s[j] - PAD_S
    planned, at = PAD_S, 0
    for k in range(trips.first_section[j], last + 1):
        begin = max(planned + noise_s[sample, j, k], at)
        begin_s[k] = zero + begin
        at = begin + trips.run_s[j, k]
        planned += trips.run_s[j, k]
        if k < last:
            planned += trips.dwell_s[j, k]
    stand = trips.stand_s[j]
    if stand > limits.stand_auxiliary_s:
        stand = limits.stand_fallback_s
    begin_s[last + 1] = zero + max(planned + stand - PAD_S, at)


@njit(cache=True, nogil=True, fastmath=True)
def _add(
    sign: float, sample: int, begin: int, seconds: int, drawn_w: NodeArray, first: int, stride: int, change: Change
) -> None:
    """Add to each second from begin a row of `drawn_w`: rows from `first` on, the same one for a stride of 0."""
    # Plain arrays in local names: reaching into a tuple within a loop would count references each time.
    node_w, is_touched, sample_of, instant_of = change.node_w, change.is_touched, change.sample, change.instant
    samples, horizon = is_touched.shape
    factor = np.float32(sign)
    count = change.touched[0]
    m, t = (sample + begin // horizon) % samples, begin % horizon
    row = first
    for _ in range(seconds):
        if is_touched[m, t] == 0:
            is_touched[m, t] = 1
            sample_of[count] = m
            instant_of[count] = t
            count += 1
            for node in range(NODES):
                node_w[m, t, node] = factor * drawn_w[row, node]
        else:
            for node in range(NODES):
                node_w[m, t, node] += factor * drawn_w[row, node]
        row += stride
        t += 1
        if t == horizon:
            t = 0
            m = m + 1 if m + 1 < samples else 0
    change.touched[0] = count


@njit(cache=True, nogil=True)
def lay(
    sign: float,
    j: int,
    sample: int,
    run_s: IntArray,
    departure_s: int,
    begin_s: IntArray,
    other_run_s: IntArray,
    other_departure_s: int,
    other_begin_s: IntArray,
    trips: Trips,
    bank: MotionBank,
    estimate: Estimate,
    change: Change,
) -> None:
    """Add (sign 1) or take away (-1) what trip j does with these times and not with the other ones."""
    past = trips.last_section[j] + 1
    d = trips.direction[j]
    station_w, motion_w = estimate.station_w[d], estimate.motion_w
    end, other_end = departure_s - PAD_S, other_departure_s - PAD_S
    for k in range(trips.first_section[j], past + 1):
        begin, other_begin = begin_s[k], other_begin_s[k]
        if end != other_end or begin != other_begin:
            _add(sign, sample, end, begin - end, station_w, k, 0, change)
        if k == past:
            return
        if begin != other_begin or run_s[k] != other_run_s[k]:
            first = bank.first[d, k, run_s[k] - bank.shortest_s[d, k], trips.load_step[j, k]]
            _add(sign, sample, begin, run_s[k], motion_w, first, 1, change)
        end, other_end = begin + run_s[k], other_begin + other_run_s[k]


@njit(cache=True, nogil=True, fastmath=True)
def worth_of(change: Change, balance: Balance, estimate: Estimate) -> float:
    """By how much the change raises the objective, in J of the mean over the samples; fills what the cells feed
    then."""
    added_w, sample_of, instant_of, fresh_w = change.node_w, change.sample, change.instant, change.fresh_w
    there_w, fed_w, weight, correction_w = balance.node_w, balance.fed_w, balance.weight, balance.correction_w
    asks, offers, squared, always_w = estimate.asks, estimate.offers, estimate.squared, estimate.always_w
    node_w = np.empty(NODES, np.float32)
    total = 0.0
    for n in range(change.touched[0]):
        m, t = sample_of[n], instant_of[n]
        for node in range(NODES):
            node_w[node] = there_w[m, t, node] + added_w[m, t, node]
        fresh = max(estimated_w(node_w, asks, offers, squared, always_w) + correction_w[m, t], 0.0)
        fresh_w[n] = fresh
        total += weight[t] * (fresh - fed_w[m, t])
    return float(total / fed_w.shape[0])


@njit(cache=True, nogil=True, fastmath=True)
def keep(change: Change, balance: Balance) -> None:
    """Make the change part of the balance, and begin a new one."""
    added_w, sample_of, instant_of, fresh_w = change.node_w, change.sample, change.instant, change.fresh_w
    there_w, fed_w = balance.node_w, balance.fed_w
    for n in range(change.touched[0]):
        m, t = sample_of[n], instant_of[n]
        for node in range(NODES):
            there_w[m, t, node] += added_w[m, t, node]
        fed_w[m, t] = fresh_w[n]
    drop(change)


@njit(cache=True, nogil=True)
def drop(change: Change) -> None:
    """Forget the change."""
    is_touched, sample_of, instant_of = change.is_touched, change.sample, change.instant
    for n in range(change.touched[0]):
        is_touched[sample_of[n], instant_of[n]] = 0
    change.touched[0] = 0


@njit(cache=True, nogil=True)
def fill_balance(
    trips: Trips, limits: Limits, bank: MotionBank, noise_s: IntArray, balance: Balance, estimate: Estimate
) -> None:
    """Lay all trips on an empty balance and estimate every instant."""
    samples, horizon, _ = balance.node_w.shape
    sections = trips.run_s.shape[1]
    change = empty_change(samples, horizon)
    begin_s = np.empty(sections + 1, np.int64)
    nowhere_s = np.full(sections + 1, -1, np.int64)
    no_run_s = np.full(sections, -1, np.int64)
    for m in range(samples):
        for j in range(len(trips.departure_s)):
            lay_out(j, m, trips, limits, noise_s, begin_s)
            lay(1.0, j, m, trips.run_s[j], trips.departure_s[j], begin_s, no_run_s, -1, nowhere_s, trips, bank,
                estimate, change)  # fmt: skip
    worth_of(change, balance, estimate)
    keep(change, balance)
    for m in range(samples):
        for t in range(horizon):
            balance.fed_w[m, t] = estimated_w(
                balance.node_w[m, t], estimate.asks, estimate.offers, estimate.squared, estimate.always_w
            )
