"""The inner loop of the search: try a change of one trip, solve the instants that it touches, keep it or not.

One kernel serves both uses. In a *cycle* the day repeats every `horizon` seconds and a trip meets its own followers:
its series of seconds wraps around. In a *day* the horizon is the whole service. Second `at` of a trip's series is the
cell (instant `at % horizon`, column `column + at // horizon`) and belongs to no other trip, so a change is an
overwrite, and only instants whose cells change are solved again.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from dispatch.timing.bank import MotionBank
from energy_models.arrays import FloatArray, IntArray
from energy_models.supply.chain import Chain, chain_for
from energy_models.supply.device_laws import PackedNetwork
from energy_models.supply.equivalent import substation_power_w

PAD_S = 16
"""Seconds that a trip's series begins before its departure, so that a noisy departure may be early."""

BATCH = 64
"""Instants that go to the supply at once."""

ABSENT = -1.0
"""Auxiliary power of a column in which no train stands."""

SWAP_DWELLS, SWAP_RUNS, MOVE_DEPARTURE, TAKE_OTHER_WAY, TRADE_DWELL_FOR_RUN, STRETCH_RUN = range(6)
"""The kinds of change. The last one changes the trip's one-way time, which the vehicle's stand makes up for; another
trip's way may take it along; the others keep it."""


class Trips(NamedTuple):
    """What the search may change, and between which limits; one row a trip, sections and stations in order of travel.

    `before[j]` and `after[j]` are the trips that the same vehicle works before and after (-1: none), `ahead[j]` and
    `behind[j]` the neighbours in the same direction. `stand_s[j]` is how long the vehicle stands after the trip until
    its next one. `gap_longest_s[j]` bounds the headway before the trip at every station. `column[j]` is the first of
    the trip's columns. `load_step[j, k]` is section k's load in steps of the bank. `dwell_shortest_s[j]` and
    `dwell_longest_s[j]` bound the dwells of the trip, `reach_s[j, i]` is the earliest and latest departure from its
    i-th station, of the last one the arrival (not asked in a cycle).
    """

    direction: IntArray
    departure_s: IntArray
    run_s: IntArray
    dwell_s: IntArray
    stand_s: IntArray
    before: IntArray
    after: IntArray
    ahead: IntArray
    behind: IntArray
    column: IntArray
    load_step: IntArray
    earliest_s: IntArray
    latest_s: IntArray
    gap_longest_s: IntArray
    dwell_shortest_s: IntArray
    dwell_longest_s: IntArray
    reach_s: IntArray


class Limits(NamedTuple):
    """The rules that every change must keep: dwell spans (2, stations between), turnback, headway, auxiliaries.

    `dwell_to_run_s` is how much of a trip's total dwell may be turned into running time. `arrivals_per_s[j, i]` weighs
    the waiting at trip j's i-th departure; `waiting_budget` is by how much the weighted sum of gap²/2 may still grow.
    `vehicles_most` bounds the vehicles that a cycle needs. By direction, a one-way time that changes lies between
    `one_way_shortest_s` and `one_way_longest_s`.
    """

    dwell_shortest_s: IntArray
    dwell_longest_s: IntArray
    turnback_shortest_s: IntArray
    headway_shortest_s: int
    auxiliary_w: float
    stand_auxiliary_s: int
    stand_fallback_s: int
    terminal_chainage_m: FloatArray
    station_chainage_m: FloatArray
    arrivals_per_s: FloatArray
    waiting_budget: float
    dwell_to_run_s: int
    dwell_total_s: IntArray
    one_way_shortest_s: IntArray
    one_way_longest_s: IntArray
    vehicles_most: int


def odds_within(limits: Limits, odds: IntArray) -> IntArray:
    """The odds of the kinds of change, without the one that the limits leave no room for."""
    left = odds.copy()
    if (limits.one_way_longest_s <= limits.one_way_shortest_s).all():
        left[STRETCH_RUN] = 0
    return left


class Traffic(NamedTuple):
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


def empty_traffic(samples: int, horizon_s: int, columns: int, weight: FloatArray, network: PackedNetwork) -> Traffic:
    """Room for so many instants, with nothing in the network."""
    shape = (samples, horizon_s, columns)
    return Traffic(
        chainage_m=np.zeros(shape),
        asked_w=np.zeros(shape),
        auxiliary_w=np.full(shape, ABSENT),
        power_w=np.zeros(shape[:2]),
        weight=weight,
        train_v=np.full(shape, network.start_v),
        static_v=np.full((*shape[:2], network.chainage_m.size), network.start_v),
    )


def chain_of(traffic: Traffic, network: PackedNetwork) -> Chain:
    """Working arrays for the instants of a traffic; one for each thread that searches it."""
    return chain_for(network, traffic.chainage_m.shape[2])


@njit(cache=True, nogil=True)
def _series(
    j: int,
    sample: int,
    trips: Trips,
    limits: Limits,
    bank: MotionBank,
    noise_s: IntArray,
    chainage_m: FloatArray,
    asked_w: FloatArray,
) -> int:
    """Write trip j's chainage and power from PAD_S before its departure to the end of its stand; return the length."""
    sections = trips.run_s.shape[1]
    d = trips.direction[j]
    planned: int = PAD_S
    at: int = 0
    for k in range(sections):
        begin = max(planned + noise_s[sample, j, k], at)
        here = limits.station_chainage_m[d, k]
        while at < begin:
            chainage_m[at] = here
            asked_w[at] = 0.0
            at += 1
        r = trips.run_s[j, k]
        first = bank.first[d, k, r - bank.shortest_s[d, k], trips.load_step[j, k]]
        for u in range(r):
            chainage_m[at + u] = bank.chainage_m[first + u]
            asked_w[at + u] = bank.power_w[first + u]
        at += r
        planned += r
        if k < sections - 1:
            planned += trips.dwell_s[j, k]
    stand = trips.stand_s[j]
    if stand > limits.stand_auxiliary_s:
        stand = limits.stand_fallback_s
    end = max(planned + stand - PAD_S, at)
    here = limits.terminal_chainage_m[d]
    while at < end:
        chainage_m[at] = here
        asked_w[at] = 0.0
        at += 1
    return int(at)


@njit(cache=True, nogil=True)
def _write(
    sample: int,
    at: int,
    column: int,
    present: bool,
    chainage_m: float,
    asked_w: float,
    auxiliary_w: float,
    traffic: Traffic,
) -> tuple[int, int]:
    """Write one second of a series into its cell and return the cell's sample and instant.

    A trip of a cycle meets its followers, which no more share its disturbances than its timetable's second: each time
    that the series comes around, it goes on in the next sample.
    """
    samples, horizon = traffic.power_w.shape
    around = at // horizon
    m, t, slot = (sample + around) % samples, at % horizon, column + around
    if slot >= traffic.chainage_m.shape[2]:
        raise ValueError("a trip needs more columns than there are")
    traffic.chainage_m[m, t, slot] = chainage_m
    traffic.asked_w[m, t, slot] = asked_w
    traffic.auxiliary_w[m, t, slot] = auxiliary_w if present else ABSENT
    return m, t


class _Batch(NamedTuple):
    """Room for BATCH instants on their way to the supply: entries one after the other, where each instant's begin."""

    offset: IntArray
    chainage_m: FloatArray
    asked_w: FloatArray
    auxiliary_w: FloatArray
    train_v: FloatArray
    static_v: FloatArray


@njit(cache=True, nogil=True)
def _batch(columns: int, statics: int) -> _Batch:
    entries = BATCH * columns
    return _Batch(
        np.zeros(BATCH + 1, np.int64),
        np.empty(entries),
        np.empty(entries),
        np.empty(entries),
        np.empty(entries),
        np.empty((BATCH, statics)),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(
    count: int,
    list_m: IntArray,
    list_t: IntArray,
    traffic: Traffic,
    network: PackedNetwork,
    chain: Chain,
    batch: _Batch,
    fed_w: FloatArray,
) -> None:
    """Fill the sum of the substations' terminal power at the listed instants; storages stand at their initial charge.

    Each starts from the voltages that it had when it was last solved: a change moves most of them little.
    """
    # Plain arrays in local names: reaching into a tuple within a loop would count references each time.
    auxiliary_w, asked_w, chainage_m = traffic.auxiliary_w, traffic.asked_w, traffic.chainage_m
    train_v, static_v = traffic.train_v, traffic.static_v
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


@njit(cache=True, nogil=True)
def _longest(trips: Trips, limits: Limits) -> int:
    """Room for the longest series: trip, stand, and the minutes that noise may push its end out."""
    longest = 0
    for j in range(len(trips.departure_s)):
        longest = max(longest, int(trips.run_s[j].sum() + trips.dwell_s[j].sum()))
    return int(longest) + int(max(limits.stand_auxiliary_s, limits.stand_fallback_s)) + 1200


@njit(cache=True, nogil=True)
def fill(
    trips: Trips,
    limits: Limits,
    bank: MotionBank,
    noise_s: IntArray,
    traffic: Traffic,
    network: PackedNetwork,
    chain: Chain,
) -> None:
    """Write all trips into the traffic and solve every instant; `chain` has room for all columns."""
    samples, horizon, columns = traffic.chainage_m.shape
    chainage, asked = np.empty(_longest(trips, limits)), np.empty(_longest(trips, limits))
    batch = _batch(columns, traffic.static_v.shape[2])
    all_t = np.arange(horizon)
    traffic.auxiliary_w[:] = ABSENT
    for m in range(samples):
        for j in range(len(trips.departure_s)):
            length = _series(j, m, trips, limits, bank, noise_s, chainage, asked)
            begin = trips.departure_s[j] - PAD_S
            for u in range(length):
                _write(m, begin + u, trips.column[j], True, chainage[u], asked[u], limits.auxiliary_w, traffic)
    for m in range(samples):
        _solve(horizon, np.full(horizon, m), all_t, traffic, network, chain, batch, traffic.power_w[m])


@njit(cache=True, nogil=True)
def _draw(state: IntArray, bound: int) -> int:
    """A whole number below bound from a 64-bit linear congruential generator (Knuth's MMIX constants)."""
    state[0] = state[0] * np.int64(6364136223846793005) + np.int64(1442695040888963407)
    return int(((state[0] >> 33) & 0x3FFFFFFF) % bound)


@njit(cache=True, nogil=True)
def _departures(j: int, trips: Trips, out: IntArray) -> None:
    """Departure at each station but the last."""
    at = trips.departure_s[j]
    for i in range(len(out)):
        out[i] = at
        if i < trips.dwell_s.shape[1]:
            at += trips.run_s[j, i] + trips.dwell_s[j, i]


@njit(cache=True, nogil=True)
def _waiting_change(j: int, trips: Trips, limits: Limits, old_s: IntArray, new_s: IntArray) -> float:
    """Change of the weighted sum of gap²/2 when trip j's departures move from old to new."""
    change = 0.0
    for side in range(2):
        other = trips.ahead[j] if side == 0 else trips.behind[j]
        if other < 0:
            continue
        follower = j if side == 0 else other
        at = trips.departure_s[other]
        for i in range(len(old_s)):
            old_gap = old_s[i] - at
            new_gap = new_s[i] - at
            change += limits.arrivals_per_s[follower, i] * 0.5 * (new_gap * new_gap - old_gap * old_gap)
            if i < trips.dwell_s.shape[1]:
                at += trips.run_s[other, i] + trips.dwell_s[other, i]
    return change


@njit(cache=True, nogil=True)
def _within_reach(j: int, trips: Trips, new_s: IntArray) -> bool:
    """Every departure of trip j, and its last arrival, lies between the earliest and the latest allowed there."""
    for i in range(len(new_s)):
        if new_s[i] < trips.reach_s[j, i, 0] or new_s[i] > trips.reach_s[j, i, 1]:
            return False
    last = len(new_s)
    arrival_s = new_s[last - 1] + trips.run_s[j, last - 1]
    return bool(trips.reach_s[j, last, 0] <= arrival_s <= trips.reach_s[j, last, 1])


@njit(cache=True, nogil=True)
def _headway_kept(j: int, trips: Trips, limits: Limits, new_s: IntArray) -> bool:
    """Gaps to both neighbours at every station: departures and the next arrivals not too close, departures not too
    far."""
    for side in range(2):
        other = trips.ahead[j] if side == 0 else trips.behind[j]
        if other < 0:
            continue
        sign = 1 if side == 0 else -1
        at = trips.departure_s[other]
        for i in range(len(new_s)):
            gap = sign * (new_s[i] - at)
            arrival_gap = gap + sign * (trips.run_s[j, i] - trips.run_s[other, i])
            if gap > trips.gap_longest_s[j if side == 0 else other]:
                return False
            if gap < limits.headway_shortest_s or arrival_gap < limits.headway_shortest_s:
                return False
            if i < trips.dwell_s.shape[1]:
                at += trips.run_s[other, i] + trips.dwell_s[other, i]
    return True


@njit(cache=True, nogil=True)
def _step(state: IntArray, largest: int) -> int:
    """A change in seconds, never zero; small ones are likelier."""
    size = 1 + min(_draw(state, largest), _draw(state, largest))
    return size if _draw(state, 2) == 0 else -size


@njit(cache=True, nogil=True)
def _propose(  # noqa: PLR0911, PLR0912, PLR0915 - one kind of move after the other
    j: int, kind: int, trips: Trips, limits: Limits, bank: MotionBank, free: IntArray, state: IntArray, cycle_s: int
) -> bool:
    """Change trip j in place by one move of a kind; False when the move breaks a limit (the caller puts it back)."""
    sections = trips.run_s.shape[1]
    stations = sections - 1
    d = trips.direction[j]
    if kind == SWAP_DWELLS:
        if stations < 2:
            return False
        first = _draw(state, stations)
        second = (first + 1) % stations if _draw(state, 4) > 0 else _draw(state, stations)
        step = _step(state, 8)
        if first == second:
            return False
        trips.dwell_s[j, first] += step
        trips.dwell_s[j, second] -= step
    elif kind == SWAP_RUNS:
        if sections < 2:
            return False
        first = _draw(state, sections)
        second = (first + 1) % sections if _draw(state, 4) > 0 else _draw(state, sections)
        step = _step(state, 6)
        if first == second:
            return False
        trips.run_s[j, first] += step
        trips.run_s[j, second] -= step
        if stations > 0 and _draw(state, 2) == 0:
            # The dwells behind both sections make up for it, so that no other section moves in time.
            trips.dwell_s[j, min(first, stations - 1)] -= step
            trips.dwell_s[j, min(second, stations - 1)] += step
    elif kind == MOVE_DEPARTURE:
        step = _step(state, 40 if cycle_s > 0 else 12)
        trips.departure_s[j] += step
        trips.stand_s[j] -= step
        if trips.before[j] >= 0:
            trips.stand_s[trips.before[j]] += step
    elif kind == TAKE_OTHER_WAY:
        other = free[_draw(state, len(free))]
        if other == j or trips.direction[other] != d:
            return False
        drift = trips.run_s[other].sum() + trips.dwell_s[other].sum() - trips.run_s[j].sum() - trips.dwell_s[j].sum()
        trips.run_s[j] = trips.run_s[other]
        trips.dwell_s[j] = trips.dwell_s[other]
        if drift != 0 and not _taken_from_stand(j, drift, trips, limits):
            return False
    elif kind == STRETCH_RUN:
        step = _step(state, 6)
        trips.run_s[j, _draw(state, sections)] += step
        if not _taken_from_stand(j, step, trips, limits):
            return False
        if trips.before[j] >= 0 and _draw(state, 2) == 0:
            # The stand before the trip gives the time instead, and the sections that follow stay where they are.
            trips.departure_s[j] -= step
            trips.stand_s[trips.before[j]] -= step
            if trips.after[j] >= 0:
                trips.stand_s[j] += step
    else:
        if stations < 1:
            return False
        section, station = _draw(state, sections), _draw(state, stations)
        step = _step(state, 4)
        trips.run_s[j, section] += step
        trips.dwell_s[j, station] -= step
        if limits.dwell_total_s[d] - trips.dwell_s[j].sum() > limits.dwell_to_run_s:
            return False
        if trips.dwell_s[j].sum() > limits.dwell_total_s[d]:
            return False
    for k in range(sections):
        if trips.run_s[j, k] < bank.shortest_s[d, k] or trips.run_s[j, k] > bank.longest_s[d, k]:
            return False
        if bank.first[d, k, trips.run_s[j, k] - bank.shortest_s[d, k], trips.load_step[j, k]] < 0:
            return False
    for i in range(stations):
        if trips.dwell_s[j, i] < trips.dwell_shortest_s[j, i] or trips.dwell_s[j, i] > trips.dwell_longest_s[j, i]:
            return False
    if trips.departure_s[j] < trips.earliest_s[j] or trips.departure_s[j] > trips.latest_s[j]:
        return False
    return _turnbacks_kept(j, trips, limits, cycle_s)


@njit(cache=True, nogil=True)
def _taken_from_stand(j: int, step: int, trips: Trips, limits: Limits) -> bool:
    """Take from the stand after trip j by how much the trip has become longer; False beyond the one-way times allowed.

    A trip that is shorter than the shortest may come closer to it. After its last trip a vehicle stands as before.
    """
    d = trips.direction[j]
    total = trips.run_s[j].sum() + trips.dwell_s[j].sum()
    if (step > 0 and total > limits.one_way_longest_s[d]) or (step < 0 and total < limits.one_way_shortest_s[d]):
        return False
    if trips.after[j] >= 0:
        trips.stand_s[j] -= step
    return True


@njit(cache=True, nogil=True)
def _turnbacks_kept(j: int, trips: Trips, limits: Limits, cycle_s: int) -> bool:
    """Both turnbacks beside trip j are long enough; in a cycle they may take or give a cycle, as the fleet allows."""
    other = trips.before[j]
    total = 0
    for i in (j, other):
        if i < 0 or (i == j and trips.after[j] < 0):
            continue
        shortest = limits.turnback_shortest_s[trips.direction[i]]
        if cycle_s > 0:
            while trips.stand_s[i] < shortest:
                trips.stand_s[i] += cycle_s
            while trips.stand_s[i] >= shortest + cycle_s:
                trips.stand_s[i] -= cycle_s
            total += trips.stand_s[i] + trips.run_s[i].sum() + trips.dwell_s[i].sum()
        elif trips.stand_s[i] < shortest:
            return False
    return cycle_s == 0 or total <= limits.vehicles_most * cycle_s


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
        cell_m, cell_t = _write(m, at, column, present, x, p, auxiliary_w, traffic)
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
    room = _longest(trips, limits) + (2 * horizon if cyclic else 0)
    cycle_s = horizon if cyclic else 0
    batch = _batch(columns, traffic.static_v.shape[2])
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
        _draw(state, 2)
    total_odds = odds.sum()
    total_change = 0.0
    waiting_used = 0.0
    cooling = (cold_j / hot_j) ** (1.0 / max(rounds - 1, 1))
    temperature = hot_j / cooling
    for _ in range(rounds):
        if stop[0] != 0:
            break
        temperature *= cooling
        j = free[_draw(state, len(free))]
        pick = _draw(state, total_odds)
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
        _departures(j, trips, old_at)
        waiting = 0.0
        allowed = _propose(j, kind, trips, limits, bank, free, state, cycle_s)
        if allowed and not cyclic:
            _departures(j, trips, new_at)
            allowed = _within_reach(j, trips, new_at) and _headway_kept(j, trips, limits, new_at)
            if allowed:
                waiting = _waiting_change(j, trips, limits, old_at, new_at)
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
                    memory.length[now, c, m] = _series(
                        i, m, trips, limits, bank, noise_s, memory.chainage_m[now, c, m], memory.asked_w[now, c, m]
                    )
            for c in range(count):
                _exchange(members[c], c, trips, memory)
        listed = 0
        for c in range(count):
            for m in range(samples):
                listed = _lay(c, m, trips.column[members[c]], 1, memory, limits.auxiliary_w, traffic,
                              touched, listed, list_m, list_t)  # fmt: skip
        bearable = -temperature * np.log((_draw(state, 1 << 24) + 0.5) / (1 << 24))
        _solve(listed, list_m, list_t, traffic, network, chain, batch, fresh)
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
