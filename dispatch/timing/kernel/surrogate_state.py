"""The balance of power of every node at every instant of a search, and how trips are laid on it and taken off it.

Cells are those of `exact`: second `at` of a trip's series is instant `at % horizon`, and each time that a cycle's
series comes around, it goes on in the next sample of the noise.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch.timing.kernel.candidate import Candidate, exchanged
from dispatch.timing.kernel.exact_state import PAD_S
from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.surrogate import NODES, WRITTEN_ORDER, NodeArray, Surrogate, surrogate_power_w
from dispatch.timing.kernel.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import inside, kernel

BLOCK = 256
"""Cells whose power is computed at once."""
STANDING_S = 32
"""Seconds of standing that are added at once."""

FlagArray = NDArray[np.int8]


class SurrogateState(NamedTuple):
    """Net power of the nodes (samples, horizon, nodes), what the substations feed by the estimate, what a joule is
    worth."""

    node_w: NodeArray
    fed_w: FloatArray
    correction_w: FloatArray
    weight: FloatArray


class Change(NamedTuple):
    """A change under way: what it adds to the cells that it touches, and which cells those are.

    A cell is `sample * horizon + instant`. `added_w` is flat, NODES numbers a cell, and zero where nothing is touched;
    `cell[:touched_count[0]]` are the touched cells, and `fresh_w` is the power of the substations there with the
    change. `weight` holds the weight of each cell. `motion_w` and `standing_w` are the rows of the surrogate, flat,
    each row of `standing_w` STANDING_S times. `block_w` is room for the nodes of BLOCK cells.
    """

    added_w: NodeArray
    is_touched: FlagArray
    cell: IntArray
    touched_count: IntArray
    fresh_w: FloatArray
    weight: FloatArray
    motion_w: NodeArray
    standing_w: NodeArray
    block_w: NodeArray


def empty_surrogate_state(samples: int, weight: FloatArray) -> SurrogateState:
    """Nothing on the line."""
    horizon = len(weight)
    return SurrogateState(
        np.zeros((samples, horizon, NODES), np.float32),
        np.zeros((samples, horizon)),
        np.zeros((samples, horizon)),
        weight,
    )


def empty_change(samples: int, weight: FloatArray, surrogate: Surrogate) -> Change:
    """Room for a change of every cell."""
    cells = samples * len(weight)
    return Change(
        np.zeros(cells * NODES, np.float32),
        np.zeros(cells, np.int8),
        # One place more than there are cells: a cell is written down before it is known whether it is listed already.
        np.empty(cells + 1, np.int64),
        np.zeros(1, np.int64),
        np.empty(cells),
        np.tile(weight, samples),
        surrogate.motion_w.reshape(-1),
        np.repeat(surrogate.station_w.reshape(-1, NODES), STANDING_S, axis=0).reshape(-1),
        np.empty(BLOCK * NODES, np.float32),
    )


@kernel()
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


@kernel()
def _add(sign: float, first_cell: int, seconds: int, drawn_w: NodeArray, first_row: int, change: Change) -> None:
    """Add (sign 1) or take away (-1) rows of `drawn_w`, one a second, from a cell on; behind the last cell comes the
    first one."""
    # Plain arrays in local names: reaching into a tuple within a loop would count references each time.
    is_touched, cells = change.is_touched, change.cell
    factor = np.float32(sign)
    count, begin, row, left = change.touched_count[0], first_cell, first_row, seconds
    while left > 0:
        end = min(begin + left, len(is_touched))
        for cell in range(begin, end):
            cells[count] = cell
            count += 1 - is_touched[cell]
            is_touched[cell] = 1
        # One loop over numbers side by side, which the compiler turns into vector instructions.
        into_w = change.added_w[begin * NODES : end * NODES]
        from_w = drawn_w[row * NODES : (row + end - begin) * NODES]
        for i in range(len(into_w)):
            into_w[i] += factor * from_w[i]
        row += end - begin
        left -= end - begin
        begin = 0
    change.touched_count[0] = count


@kernel()
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
    motions: MotionTable,
    horizon: int,
    change: Change,
) -> None:
    """Add (sign 1) or take away (-1) what trip j does with these times and not with the other ones."""
    past = trips.last_section[j] + 1
    d = trips.direction[j]
    stations = trips.run_s.shape[1] + 1
    cells = len(change.is_touched)
    end, other_end = departure_s - PAD_S, other_departure_s - PAD_S
    for k in range(trips.first_section[j], past + 1):
        begin, other_begin = begin_s[k], other_begin_s[k]
        if end != other_end or begin != other_begin:
            for at in range(end, begin, STANDING_S):
                _add(sign, (sample * horizon + at) % cells, min(begin - at, STANDING_S), change.standing_w,
                     (d * stations + k) * STANDING_S, change)  # fmt: skip
        if k == past:
            return
        if begin != other_begin or run_s[k] != other_run_s[k]:
            first = motions.first[d, k, run_s[k] - motions.shortest_s[d, k], trips.load_step[j, k]]
            _add(sign, (sample * horizon + begin) % cells, run_s[k], change.motion_w, first, change)
        end, other_end = begin + run_s[k], other_begin + other_run_s[k]


@kernel(fastmath=WRITTEN_ORDER)
def weighted_change_j(change: Change, surrogate_state: SurrogateState, surrogate: Surrogate) -> float:
    """By how much the change raises the objective, in J of the mean over the samples; fills what the cells feed
    then."""
    cells, fresh_w, weight, added_w, block_w = (
        change.cell,
        change.fresh_w,
        change.weight,
        change.added_w,
        change.block_w,
    )
    there_w, fed_w, correction_w = (
        surrogate_state.node_w.reshape(-1), surrogate_state.fed_w.reshape(-1), surrogate_state.correction_w.reshape(-1)
    )  # fmt: skip
    count = change.touched_count[0]
    total = 0.0
    for begin in range(0, count, BLOCK):
        end = min(begin + BLOCK, count)
        n = begin
        while n < end:
            # Cells side by side at once: most are.
            first, past = cells[n], n + 1
            while past < end and cells[past] == first + past - n:
                past += 1
            into_w = block_w[(n - begin) * NODES : (past - begin) * NODES]
            one_w = there_w[first * NODES : (first + past - n) * NODES]
            other_w = added_w[first * NODES : (first + past - n) * NODES]
            for i in range(len(into_w)):
                into_w[i] = one_w[i] + other_w[i]
            n = past
        surrogate_power_w(block_w, surrogate, fresh_w[begin:end])
        for n in range(begin, end):
            cell = cells[n]
            fresh = max(fresh_w[n] + correction_w[cell], 0.0)
            fresh_w[n] = fresh
            total += weight[cell] * (fresh - fed_w[cell])
    return float(total / surrogate_state.fed_w.shape[0])


def begins_of_sections(members: int, samples: int, sections: int) -> IntArray:
    """Room for when the sections of the trips of a candidate begin, with the change (1) and without it (0)."""
    return np.empty((2, members, samples, sections + 1), np.int64)


@inside()
def surrogate_increase_j(
    count: int, candidate: Candidate, trips: Trips, limits: Limits, motions: MotionTable, noise_s: IntArray,
    surrogate_state: SurrogateState, surrogate: Surrogate, begin_s: IntArray, change: Change,
) -> float:  # fmt: skip
    """By how much the candidate raises the objective, in J of the mean over the samples; leaves it in `change`."""
    samples, horizon, _ = surrogate_state.node_w.shape
    for back in range(2):
        # When the sections begin with the change, then without it; the trips end as they were.
        for c in range(count):
            for m in range(samples):
                lay_out(candidate.member[c], m, trips, limits, noise_s, begin_s[1 - back, c, m])
        exchanged(count, trips, candidate)
    for c in range(count):
        i = candidate.member[c]
        for m in range(samples):
            lay(-1.0, i, m, candidate.run_s[c], candidate.departure_s[c], begin_s[0, c, m], trips.run_s[i],
                trips.departure_s[i], begin_s[1, c, m], trips, motions, horizon, change)  # fmt: skip
            lay(1.0, i, m, trips.run_s[i], trips.departure_s[i], begin_s[1, c, m], candidate.run_s[c],
                candidate.departure_s[c], begin_s[0, c, m], trips, motions, horizon, change)  # fmt: skip
    return weighted_change_j(change, surrogate_state, surrogate)


@kernel()
def keep(change: Change, surrogate_state: SurrogateState) -> None:
    """Make the change part of the balance, and begin a new one."""
    cells, fresh_w, added_w = change.cell, change.fresh_w, change.added_w
    there_w, fed_w = surrogate_state.node_w.reshape(-1), surrogate_state.fed_w.reshape(-1)
    for n in range(change.touched_count[0]):
        cell = cells[n]
        for i in range(NODES * cell, NODES * cell + NODES):
            there_w[i] += added_w[i]
        fed_w[cell] = fresh_w[n]
    drop(change)


@kernel()
def drop(change: Change) -> None:
    """Forget the change."""
    is_touched, cells, added_w = change.is_touched, change.cell, change.added_w
    for n in range(change.touched_count[0]):
        cell = cells[n]
        is_touched[cell] = 0
        for i in range(NODES * cell, NODES * cell + NODES):
            added_w[i] = 0.0
    change.touched_count[0] = 0


def fill_surrogate_state(
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    surrogate_state: SurrogateState,
    surrogate: Surrogate,
) -> None:
    """Lay all trips on an empty balance and estimate every instant."""
    change = empty_change(surrogate_state.node_w.shape[0], surrogate_state.weight, surrogate)
    sections = trips.run_s.shape[1]
    begin_s, nowhere_s = np.empty(sections + 1, np.int64), np.full(sections + 1, -1, np.int64)
    _lay_all(trips, limits, motions, noise_s, surrogate_state, change, begin_s, nowhere_s)
    weighted_change_j(change, surrogate_state, surrogate)
    keep(change, surrogate_state)
    surrogate_power_w(surrogate_state.node_w.reshape(-1), surrogate, surrogate_state.fed_w.reshape(-1))


@kernel()
def _lay_all(
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    noise_s: IntArray,
    surrogate_state: SurrogateState,
    change: Change,
    begin_s: IntArray,
    nowhere_s: IntArray,
) -> None:
    samples, horizon, _ = surrogate_state.node_w.shape
    for m in range(samples):
        for j in range(len(trips.departure_s)):
            lay_out(j, m, trips, limits, noise_s, begin_s)
            lay(1.0, j, m, trips.run_s[j], trips.departure_s[j], begin_s, nowhere_s, -1, nowhere_s, trips, motions,
                horizon, change)  # fmt: skip
