"""The inner loop of the search: try a change of one trip, solve the instants that it touches, keep it or not."""

from typing import NamedTuple

import numpy as np
from numba import njit

from dispatch.timing.bank import MotionBank
from dispatch.timing.candidate import (
    MOST_TRIPS,
    bearable,
    begun,
    changed,
    drawn,
    empty_candidate,
    exchanged,
    taken_back,
)
from dispatch.timing.traffic import PAD_S, Traffic, empty_batch, longest_series_s, series_of, solve, write
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.chain import Chain
from energy_models.supply.device_laws import PackedNetwork


class _Series(NamedTuple):
    """The series of the trips that a change may touch, without it (0) and with it (1), for every sample: where they
    begin, how long they are, chainage and power second by second."""

    begin: IntArray
    length: IntArray
    chainage_m: FloatArray
    asked_w: FloatArray


@njit(cache=True, nogil=True)
def _lay(c: int, m: int, column: int, now: int, series: _Series, auxiliary_w: float, traffic: Traffic,
         touched: IntArray, listed: int, list_m: IntArray, list_t: IntArray) -> int:  # fmt: skip
    """Write series `now` (0 before, 1 after) of member c over the other where they differ; list the instants
    touched."""
    was = 1 - now
    begin_now, begin_was = series.begin[now, c], series.begin[was, c]
    end_now, end_was = begin_now + series.length[now, c, m], begin_was + series.length[was, c, m]
    for at in range(min(begin_now, begin_was), max(end_now, end_was)):
        present = begin_now <= at < end_now
        before = begin_was <= at < end_was
        x, p = 0.0, 0.0
        if present:
            x, p = series.chainage_m[now, c, m, at - begin_now], series.asked_w[now, c, m, at - begin_now]
            if (
                before
                and series.chainage_m[was, c, m, at - begin_was] == x
                and series.asked_w[was, c, m, at - begin_was] == p
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
def search(  # noqa: PLR0912 - one loop, kept whole for the compiler
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
    series = _Series(
        np.zeros((2, MOST_TRIPS), np.int64),
        np.zeros((2, MOST_TRIPS, samples), np.int64),
        np.empty((2, MOST_TRIPS, samples, room)),
        np.empty((2, MOST_TRIPS, samples, room)),
    )
    candidate = empty_candidate(sections, trips.dwell_s.shape[1])
    touched = np.zeros((samples, horizon), np.int64)
    list_m, list_t = np.empty(samples * horizon, np.int64), np.empty(samples * horizon, np.int64)
    fresh = np.empty(samples * horizon)
    state = begun(seed)
    total_odds = odds.sum()
    total_change = 0.0
    waiting_used = 0.0
    cooling = (cold_j / hot_j) ** (1.0 / max(rounds - 1, 1))
    temperature = hot_j / cooling
    for _ in range(rounds):
        if stop[0] != 0:
            break
        temperature *= cooling
        j, kind = drawn(free, odds, total_odds, state)
        count, waiting = changed(j, kind, trips, limits, bank, free, state, cycle_s, waiting_used, candidate)
        if count == 0:
            continue
        for now in (1, 0):
            # The new series first, then the old ones; the trips end as they were.
            for c in range(count):
                i = candidate.member[c]
                series.begin[now, c] = trips.departure_s[i] - PAD_S
                for m in range(samples):
                    series.length[now, c, m] = series_of(
                        i, m, trips, limits, bank, noise_s, series.chainage_m[now, c, m], series.asked_w[now, c, m]
                    )
            exchanged(count, trips, candidate)
        listed = 0
        for c in range(count):
            for m in range(samples):
                listed = _lay(c, m, trips.column[candidate.member[c]], 1, series, limits.auxiliary_w, traffic,
                              touched, listed, list_m, list_t)  # fmt: skip
        borne_j = bearable(temperature, state)
        solve(listed, list_m, list_t, traffic, network, chain, batch, fresh)
        change = 0.0
        for n in range(listed):
            m, t = list_m[n], list_t[n]
            change += traffic.weight[t] * (fresh[n] - traffic.power_w[m, t]) / samples
        for n in range(listed):
            touched[list_m[n], list_t[n]] = 0
        if change <= borne_j:
            for n in range(listed):
                traffic.power_w[list_m[n], list_t[n]] = fresh[n]
            total_change += change
            waiting_used += waiting
        else:
            for c in range(count):
                for m in range(samples):
                    _lay(c, m, trips.column[candidate.member[c]], 0, series, limits.auxiliary_w, traffic,
                         touched, 0, list_m, list_t)  # fmt: skip
            taken_back(count, trips, candidate)
    return total_change, waiting_used
