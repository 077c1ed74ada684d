"""A change under way on exact solutions: the series of its trips, and the instants that are solved anew."""

from typing import NamedTuple

import numpy as np

from dispatch.timing.kernel.candidate import Candidate, exchanged
from dispatch.timing.kernel.exact_state import PAD_S, Batch, ExactState, series_of, solve, write
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import inside, kernel
from energy_models.supply.device_laws import PackedNetwork
from energy_models.supply.tridiagonal import Chain


class ExactChange(NamedTuple):
    """The series of the trips that a change may touch, without it (0) and with it (1), for every sample: where they
    begin, how long they are, chainage and power second by second. And the instants that it touches: sample and second
    of the first `touched_count[0]`, flags of all, and what the substations feed then."""

    begin: IntArray
    length: IntArray
    chainage_m: FloatArray
    asked_w: FloatArray
    is_touched: IntArray
    sample: IntArray
    instant: IntArray
    touched_count: IntArray
    fresh_w: FloatArray


def empty_exact_change(members: int, samples: int, horizon: int, longest_s: int) -> ExactChange:
    """Room for a change of every instant by series of so many trips, of at most that length."""
    return ExactChange(
        np.zeros((2, members), np.int64),
        np.zeros((2, members, samples), np.int64),
        np.empty((2, members, samples, longest_s)),
        np.empty((2, members, samples, longest_s)),
        np.zeros((samples, horizon), np.int64),
        np.empty(samples * horizon, np.int64),
        np.empty(samples * horizon, np.int64),
        np.zeros(1, np.int64),
        np.empty(samples * horizon),
    )


@kernel()
def _lay(c: int, m: int, column: int, now: int, change: ExactChange, auxiliary_w: float, exact: ExactState) -> None:
    """Write series `now` (0 before, 1 after) of member c over the other where they differ; list the instants
    touched."""
    is_touched, count = change.is_touched, change.touched_count[0]
    was = 1 - now
    begin_now, begin_was = change.begin[now, c], change.begin[was, c]
    end_now, end_was = begin_now + change.length[now, c, m], begin_was + change.length[was, c, m]
    for at in range(min(begin_now, begin_was), max(end_now, end_was)):
        present = begin_now <= at < end_now
        before = begin_was <= at < end_was
        x, p = 0.0, 0.0
        if present:
            x, p = change.chainage_m[now, c, m, at - begin_now], change.asked_w[now, c, m, at - begin_now]
            if (
                before
                and change.chainage_m[was, c, m, at - begin_was] == x
                and change.asked_w[was, c, m, at - begin_was] == p
            ):
                continue
        elif not before:
            continue
        cell_m, cell_t = write(m, at, column, present, x, p, auxiliary_w, exact)
        if now == 1 and is_touched[cell_m, cell_t] == 0:
            is_touched[cell_m, cell_t] = 1
            change.sample[count] = cell_m
            change.instant[count] = cell_t
            count += 1
    change.touched_count[0] = count


@inside()
def exact_increase_j(
    count: int, candidate: Candidate, trips: Trips, limits: Limits, motions: MotionTable, noise_s: IntArray,
    exact: ExactState, network: PackedNetwork, chain: Chain, batch: Batch, change: ExactChange,
) -> float:  # fmt: skip
    """By how much the candidate raises the objective, in J of the mean over the samples; lays it on the state."""
    samples = exact.power_w.shape[0]
    for back in range(2):
        # The new series first, then the old ones; the trips end as they were.
        now = 1 - back
        for c in range(count):
            i = candidate.member[c]
            change.begin[now, c] = trips.departure_s[i] - PAD_S
            for m in range(samples):
                change.length[now, c, m] = series_of(
                    i, m, trips, limits, motions, noise_s, change.chainage_m[now, c, m], change.asked_w[now, c, m]
                )
        exchanged(count, trips, candidate)
    change.touched_count[0] = 0
    for c in range(count):
        for m in range(samples):
            _lay(c, m, trips.column[candidate.member[c]], 1, change, limits.auxiliary_w, exact)
    touched = change.touched_count[0]
    solve(touched, change.sample, change.instant, exact, network, chain, batch, change.fresh_w)
    increase_j = 0.0
    for n in range(touched):
        m, t = change.sample[n], change.instant[n]
        increase_j += exact.weight[t] * (change.fresh_w[n] - exact.power_w[m, t]) / samples
        change.is_touched[m, t] = 0
    return increase_j


@inside()
def keep_exactly(exact: ExactState, change: ExactChange) -> None:
    """Make the change part of the state."""
    for n in range(change.touched_count[0]):
        exact.power_w[change.sample[n], change.instant[n]] = change.fresh_w[n]


@inside()
def drop_exactly(
    count: int, candidate: Candidate, trips: Trips, auxiliary_w: float, exact: ExactState, change: ExactChange
) -> None:
    """Write the series as they were before the change."""
    for c in range(count):
        for m in range(exact.power_w.shape[0]):
            _lay(c, m, trips.column[candidate.member[c]], 0, change, auxiliary_w, exact)
