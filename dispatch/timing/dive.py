"""The search on the estimate: the same changes under the same rules as the exact search, a hundred times as many."""

import numpy as np
from numba import njit

from dispatch.timing.balance import Balance, drop, empty_change, keep, lay, lay_out, worth_of
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
from dispatch.timing.estimate import Estimate
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import IntArray


@njit(cache=True, nogil=True)
def dive(
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
    sections = trips.run_s.shape[1]
    change = empty_change(samples, horizon)
    candidate = empty_candidate(sections, trips.dwell_s.shape[1])
    begin_s = np.empty((2, MOST_TRIPS, samples, sections + 1), np.int64)
    state = begun(seed)
    total_odds = odds.sum()
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
            # When the sections begin with the change, then without it; the trips end as they were.
            for c in range(count):
                for m in range(samples):
                    lay_out(candidate.member[c], m, trips, limits, noise_s, begin_s[now, c, m])
            exchanged(count, trips, candidate)
        for c in range(count):
            i = candidate.member[c]
            for m in range(samples):
                lay(-1.0, i, m, candidate.run_s[c], candidate.departure_s[c], begin_s[0, c, m], trips.run_s[i],
                    trips.departure_s[i], begin_s[1, c, m], trips, bank, estimate, change)  # fmt: skip
                lay(1.0, i, m, trips.run_s[i], trips.departure_s[i], begin_s[1, c, m], candidate.run_s[c],
                    candidate.departure_s[c], begin_s[0, c, m], trips, bank, estimate, change)  # fmt: skip
        if worth_of(change, balance, estimate) <= bearable(temperature, state):
            keep(change, balance)
            waiting_used += waiting
        else:
            drop(change)
            taken_back(count, trips, candidate)
    return waiting_used
