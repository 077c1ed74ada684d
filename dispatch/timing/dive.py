"""The search on the estimate: the same changes under the same rules as the exact search, a hundred times as many."""

import numpy as np
from numba import njit

from dispatch.timing.balance import Balance, drop, empty_change, keep, lay, lay_out, worth_of
from dispatch.timing.bank import MotionBank
from dispatch.timing.estimate import Estimate
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
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import IntArray


@njit(cache=True, nogil=True)
def dive(  # noqa: PLR0912, PLR0915 - one loop, kept whole for the compiler
    trips: Trips,
    limits: Limits,
    bank: MotionBank,
    noise_s: IntArray,
    balance: Balance,
    estimate: Estimate,
    free: IntArray,
    odds: IntArray,
    rounds: int,
    hot_j: float,
    cold_j: float,
    seed: int,
    cycle_s: int,
    stop: IntArray,
) -> float:
    """Anneal on the estimate: `rounds` changes of trips in `free`, kept when they save or by chance of the temperature.

    Changes `trips` and `balance` in place and keeps them consistent. The temperature falls geometrically from `hot_j`
    to `cold_j` (joules of the objective, mean over samples); `stop[0]` != 0 ends it. Returns the waiting budget used.
    """
    samples, horizon, _ = balance.node_w.shape
    sections, inner = trips.run_s.shape[1], trips.dwell_s.shape[1]
    change = empty_change(samples, horizon)
    members = np.empty(2, np.int64)
    run_s, dwell_s = np.empty((2, sections), np.int64), np.empty((2, inner), np.int64)
    departure_s, stand_s = np.empty(2, np.int64), np.empty(2, np.int64)
    begin_s = np.empty((2, 2, samples, sections + 1), np.int64)
    old_at, new_at = np.empty(sections, np.int64), np.empty(sections, np.int64)
    state = np.empty(1, np.int64)
    state[0] = seed * 7919 + 54321
    for _ in range(8):
        draw(state, 2)
    total_odds = odds.sum()
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
            run_s[c] = trips.run_s[i]
            dwell_s[c] = trips.dwell_s[i]
            departure_s[c] = trips.departure_s[i]
            stand_s[c] = trips.stand_s[i]
        departures(j, trips, old_at)
        waiting = 0.0
        allowed = propose(j, kind, trips, limits, bank, free, state, cycle_s)
        if allowed and cycle_s == 0:
            departures(j, trips, new_at)
            allowed = within_reach(j, trips, new_at) and headway_kept(j, trips, limits, new_at)
            if allowed:
                waiting = waiting_change(j, trips, limits, old_at, new_at)
                allowed = waiting <= 0.0 or waiting_used + waiting <= limits.waiting_budget
        is_kept = False
        if allowed:
            for c in range(count):
                for m in range(samples):
                    lay_out(members[c], m, trips, limits, noise_s, begin_s[1, c, m])
            for c in range(count):
                _exchange(members[c], c, trips, run_s, dwell_s, departure_s, stand_s)
                for m in range(samples):
                    lay_out(members[c], m, trips, limits, noise_s, begin_s[0, c, m])
                _exchange(members[c], c, trips, run_s, dwell_s, departure_s, stand_s)
            for c in range(count):
                i = members[c]
                for m in range(samples):
                    lay(-1.0, i, m, run_s[c], departure_s[c], begin_s[0, c, m], trips.run_s[i], trips.departure_s[i],
                        begin_s[1, c, m], trips, bank, estimate, change)  # fmt: skip
                    lay(1.0, i, m, trips.run_s[i], trips.departure_s[i], begin_s[1, c, m], run_s[c], departure_s[c],
                        begin_s[0, c, m], trips, bank, estimate, change)  # fmt: skip
            bearable = -temperature * np.log((draw(state, 1 << 24) + 0.5) / (1 << 24))
            is_kept = worth_of(change, balance, estimate) <= bearable
        if is_kept:
            keep(change, balance)
            waiting_used += waiting
        else:
            drop(change)
            for c in range(count):
                i = members[c]
                trips.run_s[i] = run_s[c]
                trips.dwell_s[i] = dwell_s[c]
                trips.departure_s[i] = departure_s[c]
                trips.stand_s[i] = stand_s[c]
    return waiting_used


@njit(cache=True, nogil=True)
def _exchange(
    i: int, c: int, trips: Trips, run_s: IntArray, dwell_s: IntArray, departure_s: IntArray, stand_s: IntArray
) -> None:
    """Swap a trip with what is remembered of it."""
    for k in range(trips.run_s.shape[1]):
        trips.run_s[i, k], run_s[c, k] = run_s[c, k], trips.run_s[i, k]
    for k in range(trips.dwell_s.shape[1]):
        trips.dwell_s[i, k], dwell_s[c, k] = dwell_s[c, k], trips.dwell_s[i, k]
    trips.departure_s[i], departure_s[c] = departure_s[c], trips.departure_s[i]
    trips.stand_s[i], stand_s[c] = stand_s[c], trips.stand_s[i]
