"""The inner loop of the search: try a change of one trip, solve the instants that it touches, keep it or not."""

from typing import NamedTuple

import numpy as np
from numba import njit

from dispatch.timing.bank import MotionBank
from dispatch.timing.moves import (
    MOVE_DEPARTURE,
    STRETCH_RUN,
    departures,
    draw,
    headway_kept,
    propose,
    waiting_change,
    within_reach,
)
from dispatch.timing.traffic import PAD_S, Traffic, empty_batch, longest_series_s, series_of, solve, write
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.chain import Chain
from energy_models.supply.device_laws import PackedNetwork


class _Memory(NamedTuple):
    """The two trips that a change may touch as they were, and both series of both, for every sample."""

    run_s: IntArray
    dwell_s: IntArray
    departure_s: IntArray
    stand_s: IntArray
    begin: IntArray
    length: IntArray
    chainage_m: FloatArray
    asked_w: FloatArray


@njit(cache=True, nogil=True)
def _restore(i: int, c: int, trips: Trips, memory: _Memory) -> None:
    trips.run_s[i] = memory.run_s[c]
    trips.dwell_s[i] = memory.dwell_s[c]
    trips.departure_s[i] = memory.departure_s[c]
    trips.stand_s[i] = memory.stand_s[c]


@njit(cache=True, nogil=True)
def _lay(c: int, m: int, column: int, now: int, memory: _Memory, auxiliary_w: float, traffic: Traffic,
         touched: IntArray, listed: int, list_m: IntArray, list_t: IntArray) -> int:  # fmt: skip
    """Write series `now` (0 before, 1 after) of member c over the other where they differ; list the instants
    touched."""
    was = 1 - now
    begin_now, begin_was = memory.begin[now, c], memory.begin[was, c]
    end_now, end_was = begin_now + memory.length[now, c, m], begin_was + memory.length[was, c, m]
    for at in range(min(begin_now, begin_was), max(end_now, end_was)):
        present = begin_now <= at < end_now
        before = begin_was <= at < end_was
        x, p = 0.0, 0.0
        if present:
            x, p = memory.chainage_m[now, c, m, at - begin_now], memory.asked_w[now, c, m, at - begin_now]
            if (
                before
                and memory.chainage_m[was, c, m, at - begin_was] == x
                and memory.asked_w[was, c, m, at - begin_was] == p
            ):
                continue
        elif not before:
            continue
        cell_m, cell_t = write(m, at, column, present, x, p, auxiliary_w, traffic)
        if now == 1 and touched[cell_m, cell_t] == 0:
            touched[cell_m, cell_t] = 1
            list_m[listed] = cell_m
            list_t[listed] = cell_t
            listed += 1
    return listed


@njit(cache=True, nogil=True)
def search(  # noqa: PLR0912, PLR0915 - one loop, kept whole for the compiler
    trips: Trips,
    limits: Limits,
    bank: MotionBank,
    noise_s: IntArray,
    traffic: Traffic,
    network: PackedNetwork,
    chain: Chain,
    free: IntArray,
    odds: IntArray,
    rounds: int,
    hot_j: float,
    cold_j: float,
    seed: int,
    cyclic: bool,
    stop: IntArray,
) -> tuple[float, float]:
    """Anneal: `rounds` changes of trips in `free`, kept when they save, or with the chance exp(-loss / temperature).

    Changes `trips` and `traffic` in place and keeps them consistent. `odds` weighs the kinds of change. The temperature
    falls geometrically from `hot_j` to `cold_j` (joules of the objective, mean over samples). `stop[0]` != 0 ends it.
    Returns the change of the objective, and the waiting budget used.
    """
    samples, horizon, columns = traffic.chainage_m.shape
    sections = trips.run_s.shape[1]
    room = longest_series_s(trips, limits) + (2 * horizon if cyclic else 0)
    cycle_s = horizon if cyclic else 0
    batch = empty_batch(columns, traffic.static_v.shape[2])
    memory = _Memory(
        np.empty((2, sections), np.int64),
        np.empty((2, trips.dwell_s.shape[1]), np.int64),
        np.empty(2, np.int64),
        np.empty(2, np.int64),
        np.zeros((2, 2), np.int64),
        np.zeros((2, 2, samples), np.int64),
        np.empty((2, 2, samples, room)),
        np.empty((2, 2, samples, room)),
    )
    members = np.empty(2, np.int64)
    old_at, new_at = np.empty(sections, np.int64), np.empty(sections, np.int64)
    touched = np.zeros((samples, horizon), np.int64)
    list_m, list_t = np.empty(samples * horizon, np.int64), np.empty(samples * horizon, np.int64)
    fresh = np.empty(samples * horizon)
    state = np.empty(1, np.int64)
    state[0] = seed * 7919 + 12345
    for _ in range(8):
        draw(state, 2)
    total_odds = odds.sum()
    total_change = 0.0
    waiting_used = 0.0
    cooling = (cold_j / hot_j) ** (1.0 / max(rounds - 1, 1))
    temperature = hot_j / cooling
    for _ in range(rounds):
        if stop[0] != 0:
            break
        temperature *= cooling
        j = free[draw(state, len(free))]
        pick = draw(state, total_odds)
        kind = 0
        while pick >= odds[kind]:
            pick -= odds[kind]
            kind += 1
        members[0] = j
        count = 1
        if kind in (MOVE_DEPARTURE, STRETCH_RUN) and trips.before[j] >= 0:
            members[1] = trips.before[j]
            count = 2
        for c in range(count):
            i = members[c]
            memory.run_s[c] = trips.run_s[i]
            memory.dwell_s[c] = trips.dwell_s[i]
            memory.departure_s[c] = trips.departure_s[i]
            memory.stand_s[c] = trips.stand_s[i]
        departures(j, trips, old_at)
        waiting = 0.0
        allowed = propose(j, kind, trips, limits, bank, free, state, cycle_s)
        if allowed and not cyclic:
            departures(j, trips, new_at)
            allowed = within_reach(j, trips, new_at) and headway_kept(j, trips, limits, new_at)
            if allowed:
                waiting = waiting_change(j, trips, limits, old_at, new_at)
                allowed = waiting <= 0.0 or waiting_used + waiting <= limits.waiting_budget
        if not allowed:
            for c in range(count):
                _restore(members[c], c, trips, memory)
            continue
        for now in (1, 0):
            # The new series first, then the old ones; the trips end as they were.
            for c in range(count):
                i = members[c]
                memory.begin[now, c] = trips.departure_s[i] - PAD_S
                for m in range(samples):
                    memory.length[now, c, m] = series_of(
                        i, m, trips, limits, bank, noise_s, memory.chainage_m[now, c, m], memory.asked_w[now, c, m]
                    )
            for c in range(count):
                _exchange(members[c], c, trips, memory)
        listed = 0
        for c in range(count):
            for m in range(samples):
                listed = _lay(c, m, trips.column[members[c]], 1, memory, limits.auxiliary_w, traffic,
                              touched, listed, list_m, list_t)  # fmt: skip
        bearable = -temperature * np.log((draw(state, 1 << 24) + 0.5) / (1 << 24))
        solve(listed, list_m, list_t, traffic, network, chain, batch, fresh)
        change = 0.0
        for n in range(listed):
            m, t = list_m[n], list_t[n]
            change += traffic.weight[t] * (fresh[n] - traffic.power_w[m, t]) / samples
        for n in range(listed):
            touched[list_m[n], list_t[n]] = 0
        if change <= bearable:
            for n in range(listed):
                traffic.power_w[list_m[n], list_t[n]] = fresh[n]
            total_change += change
            waiting_used += waiting
        else:
            for c in range(count):
                for m in range(samples):
                    _lay(c, m, trips.column[members[c]], 0, memory, limits.auxiliary_w, traffic,
                         touched, 0, list_m, list_t)  # fmt: skip
            for c in range(count):
                _exchange(members[c], c, trips, memory)
    return total_change, waiting_used


@njit(cache=True, nogil=True)
def _exchange(i: int, c: int, trips: Trips, memory: _Memory) -> None:
    """Swap a trip with what the memory holds of it."""
    for k in range(trips.run_s.shape[1]):
        trips.run_s[i, k], memory.run_s[c, k] = memory.run_s[c, k], trips.run_s[i, k]
    for k in range(trips.dwell_s.shape[1]):
        trips.dwell_s[i, k], memory.dwell_s[c, k] = memory.dwell_s[c, k], trips.dwell_s[i, k]
    trips.departure_s[i], memory.departure_s[c] = memory.departure_s[c], trips.departure_s[i]
    trips.stand_s[i], memory.stand_s[c] = memory.stand_s[c], trips.stand_s[i]
