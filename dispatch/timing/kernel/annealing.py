"""The inner loop of the search: try a change of one trip, price it, keep it or not.

There is one loop and there are two ways to price a change: exact solutions of the instants that it touches, and the
surrogate, for which the same changes under the same rules cost a hundredth. One compiled function holds both, so that
the moves and their rules are compiled once.
"""

import numpy as np

from dispatch.timing.kernel.candidate import (
    Candidate,
    accepted_increase_j,
    begun,
    changed,
    drawn,
    empty_candidate,
    most_members,
    taken_back,
)
from dispatch.timing.kernel.exact_change import (
    ExactChange,
    drop_exactly,
    empty_exact_change,
    exact_increase_j,
    keep_exactly,
)
from dispatch.timing.kernel.exact_state import Batch, ExactState, empty_batch, empty_exact_state, longest_series_s
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import NO_SURROGATE, Surrogate
from dispatch.timing.kernel.surrogate_state import (
    Change,
    SurrogateState,
    begins_of_sections,
    drop,
    empty_change,
    empty_surrogate_state,
    keep,
    surrogate_increase_j,
)
from dispatch.timing.kernel.trips import Limits, Trips
from energy_models.arrays import IntArray
from energy_models.compiled import kernel
from energy_models.supply.device_laws import NO_NETWORK, PackedNetwork
from energy_models.supply.tridiagonal import Chain, chain_for


def anneal_exactly(
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    exact: ExactState,
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
    """Anneal on exact solutions: `rounds` changes of trips in `free`, kept when they save or by chance of the
    temperature.

    Changes `trips` and `exact` in place and keeps them consistent. `odds` weighs the kinds of change. The temperature
    falls geometrically from `hot_j` to `cold_j` (joules of the objective, mean over samples). `stop[0]` != 0 ends it.
    Returns the change of the objective, and the waiting budget used.
    """
    samples, horizon, columns = exact.chainage_m.shape
    cycle_s = horizon if cyclic else 0
    longest_s = longest_series_s(trips, limits) + 2 * cycle_s
    change_j, waiting = anneal(
        trips, limits, motions, noise_s, free, odds, rounds, hot_j, cold_j, begun(seed), cycle_s, stop,
        empty_candidate(trips, free), True, exact, network, chain, empty_batch(columns, exact.static_v.shape[2]),
        empty_exact_change(most_members(trips), samples, horizon, longest_s),
        _NO_SURROGATE_STATE, NO_SURROGATE, _NO_CHANGE, _NO_BEGINS,
    )  # fmt: skip
    return change_j, waiting


def anneal_on_surrogate(
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    surrogate_state: SurrogateState,
    surrogate: Surrogate,
    free: IntArray,
    odds: IntArray,
    rounds: int,
    hot_j: float,
    cold_j: float,
    seed: int,
    cycle_s: int,
    stop: IntArray,
) -> float:
    """Anneal on the surrogate, as `anneal_exactly` does on exact solutions.

    Changes `trips` and `surrogate_state` in place and keeps them consistent. Returns the waiting budget used.
    """
    samples, sections = len(noise_s), trips.run_s.shape[1]
    _, waiting = anneal(
        trips, limits, motions, noise_s, free, odds, rounds, hot_j, cold_j, begun(seed), cycle_s, stop,
        empty_candidate(trips, free), False, _NO_EXACT_STATE, NO_NETWORK, _NO_CHAIN, _NO_BATCH,
        _NO_EXACT_CHANGE, surrogate_state, surrogate, empty_change(samples, surrogate_state.weight, surrogate),
        begins_of_sections(most_members(trips), samples, sections),
    )  # fmt: skip
    return float(waiting)


@kernel()
def anneal(
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    free: IntArray,
    odds: IntArray,
    rounds: int,
    hot_j: float,
    cold_j: float,
    state: IntArray,
    cycle_s: int,
    stop: IntArray,
    candidate: Candidate,
    is_exact: bool,
    exact: ExactState,
    network: PackedNetwork,
    chain: Chain,
    batch: Batch,
    exact_change: ExactChange,
    surrogate_state: SurrogateState,
    surrogate: Surrogate,
    change: Change,
    begin_s: IntArray,
) -> tuple[float, float]:
    """The loop of both; `is_exact` decides which arguments from `exact` on it uses. Nothing is allocated in it."""
    total_odds = 0
    for odd in odds:
        total_odds += odd
    total_change = 0.0
    waiting_used = 0.0
    cooling = (cold_j / hot_j) ** (1.0 / max(rounds - 1, 1))
    temperature = hot_j / cooling
    for _ in range(rounds):
        if stop[0] != 0:
            break
        temperature *= cooling
        j, kind = drawn(free, odds, total_odds, state)
        alike, count, waiting = changed(j, kind, trips, limits, motions, free, state, cycle_s, waiting_used, candidate)
        if count == 0:
            continue
        if is_exact:
            increase_j = exact_increase_j(
                count, candidate, trips, limits, motions, noise_s, exact, network, chain, batch, exact_change
            )
        else:
            increase_j = surrogate_increase_j(
                count, candidate, trips, limits, motions, noise_s, surrogate_state, surrogate, begin_s, change
            )
        # Trips with one pattern save or lose together: what is borne is borne for each of them.
        if increase_j <= accepted_increase_j(alike * temperature, state):
            if is_exact:
                keep_exactly(exact, exact_change)
            else:
                keep(change, surrogate_state)
            total_change += increase_j
            waiting_used += waiting
        else:
            if is_exact:
                drop_exactly(count, candidate, trips, limits.auxiliary_w, exact, exact_change)
            else:
                drop(change)
            taken_back(count, trips, candidate)
    return total_change, waiting_used


_NO_EXACT_STATE = empty_exact_state(0, 0, 0, np.zeros(0), NO_NETWORK)
_NO_CHAIN = chain_for(NO_NETWORK, 0)
_NO_BATCH = empty_batch(0, 0)
_NO_EXACT_CHANGE = empty_exact_change(0, 0, 0, 0)
_NO_SURROGATE_STATE = empty_surrogate_state(0, np.zeros(0))
_NO_CHANGE = empty_change(0, np.zeros(0), NO_SURROGATE)
_NO_BEGINS = begins_of_sections(0, 0, 0)
"""What stands in place of the way to price a change that is not used: of the same types, so that both share the
compiled loop."""
