"""The changes that a search tries, and the rules that each must keep.

Compiled functions on one trip of many: a change is made in place, and taken back by the caller where it breaks a limit.
"""

import numpy as np
from numba import njit

from dispatch.timing.bank import MotionBank
from dispatch.timing.trips import Limits, Trips
from energy_models.arrays import IntArray

SWAP_DWELLS, SWAP_RUNS, MOVE_DEPARTURE, TAKE_OTHER_WAY, TRADE_DWELL_FOR_RUN, STRETCH_RUN = range(6)
"""The kinds of change. The last one changes the trip's one-way time, which the vehicle's stand makes up for; another
trip's way may take it along; the others keep it."""


def odds_within(limits: Limits, odds: IntArray) -> IntArray:
    """The odds of the kinds of change, without those that the limits leave no room for."""
    left = odds.copy()
    if limits.dwell_to_run_s <= 0:
        left[TRADE_DWELL_FOR_RUN] = 0
    if (limits.one_way_longest_s <= limits.one_way_shortest_s).all():
        left[STRETCH_RUN] = 0
    return left


@njit(cache=True, nogil=True)
def draw(state: IntArray, bound: int) -> int:
    """A whole number below bound from a 64-bit linear congruential generator (Knuth's MMIX constants)."""
    state[0] = state[0] * np.int64(6364136223846793005) + np.int64(1442695040888963407)
    return int(((state[0] >> 33) & 0x3FFFFFFF) % bound)


@njit(cache=True, nogil=True)
def departures(j: int, trips: Trips, out: IntArray) -> None:
    """Departure at each station that the trip leaves."""
    at = trips.departure_s[j]
    for i in range(trips.first_section[j], trips.last_section[j] + 1):
        out[i] = at
        if i < trips.last_section[j]:
            at += trips.run_s[j, i] + trips.dwell_s[j, i]


@njit(cache=True, nogil=True)
def _departure_at(j: int, station: int, trips: Trips) -> int:
    """Departure of trip j from a station that it leaves."""
    at = trips.departure_s[j]
    for i in range(trips.first_section[j], station):
        at += trips.run_s[j, i] + trips.dwell_s[j, i]
    return int(at)


@njit(cache=True, nogil=True)
def waiting_change(j: int, trips: Trips, limits: Limits, old_s: IntArray, new_s: IntArray) -> float:
    """Change of the weighted sum of gap²/2 when trip j's departures move from old to new."""
    change = 0.0
    for side in range(2):
        neighbours = trips.ahead if side == 0 else trips.behind
        known, at = -1, 0
        for i in range(trips.first_section[j], trips.last_section[j] + 1):
            other = neighbours[j, i]
            if other < 0:
                continue
            if other != known:
                known, at = other, _departure_at(other, i, trips)
            follower = j if side == 0 else other
            old_gap = old_s[i] - at
            new_gap = new_s[i] - at
            change += limits.arrivals_per_s[follower, i] * 0.5 * (new_gap * new_gap - old_gap * old_gap)
            if i < trips.last_section[other]:
                at += trips.run_s[other, i] + trips.dwell_s[other, i]
    return change


@njit(cache=True, nogil=True)
def within_reach(j: int, trips: Trips, new_s: IntArray) -> bool:
    """Every departure of trip j, and its last arrival, lies between the earliest and the latest allowed there."""
    last = trips.last_section[j] + 1
    for i in range(trips.first_section[j], last):
        if new_s[i] < trips.reach_s[j, i, 0] or new_s[i] > trips.reach_s[j, i, 1]:
            return False
    arrival_s = new_s[last - 1] + trips.run_s[j, last - 1]
    return bool(trips.reach_s[j, last, 0] <= arrival_s <= trips.reach_s[j, last, 1])


@njit(cache=True, nogil=True)
def headway_kept(j: int, trips: Trips, limits: Limits, new_s: IntArray) -> bool:
    """Gaps to both neighbours at every station: departures and the next arrivals not too close, departures not too
    far."""
    for side in range(2):
        neighbours = trips.ahead if side == 0 else trips.behind
        sign = 1 if side == 0 else -1
        known, at = -1, 0
        for i in range(trips.first_section[j], trips.last_section[j] + 1):
            other = neighbours[j, i]
            if other < 0:
                continue
            if other != known:
                known, at = other, _departure_at(other, i, trips)
            gap = sign * (new_s[i] - at)
            arrival_gap = gap + sign * (trips.run_s[j, i] - trips.run_s[other, i])
            if gap > trips.gap_longest_s[j if side == 0 else other, i]:
                return False
            if gap < limits.headway_shortest_s or arrival_gap < limits.headway_shortest_s:
                return False
            if i < trips.last_section[other]:
                at += trips.run_s[other, i] + trips.dwell_s[other, i]
    return True


@njit(cache=True, nogil=True)
def _step(state: IntArray, largest: int) -> int:
    """A change in seconds, never zero; small ones are likelier."""
    size = 1 + min(draw(state, largest), draw(state, largest))
    return size if draw(state, 2) == 0 else -size


@njit(cache=True, nogil=True)
def propose(  # noqa: PLR0911, PLR0912, PLR0915 - one kind of move after the other
    j: int, kind: int, trips: Trips, limits: Limits, bank: MotionBank, free: IntArray, state: IntArray, cycle_s: int
) -> bool:
    """Change trip j in place by one move of a kind; False when the move breaks a limit (the caller puts it back)."""
    begin, end = trips.first_section[j], trips.last_section[j] + 1
    sections = end - begin
    stations = sections - 1
    d = trips.direction[j]
    if kind == SWAP_DWELLS:
        if stations < 2:
            return False
        first = draw(state, stations)
        second = (first + 1) % stations if draw(state, 4) > 0 else draw(state, stations)
        step = _step(state, 8)
        if first == second:
            return False
        trips.dwell_s[j, begin + first] += step
        trips.dwell_s[j, begin + second] -= step
    elif kind == SWAP_RUNS:
        if sections < 2:
            return False
        first = draw(state, sections)
        second = (first + 1) % sections if draw(state, 4) > 0 else draw(state, sections)
        step = _step(state, 6)
        if first == second:
            return False
        trips.run_s[j, begin + first] += step
        trips.run_s[j, begin + second] -= step
        if stations > 0 and draw(state, 2) == 0:
            # The dwells behind both sections make up for it, so that no other section moves in time.
            trips.dwell_s[j, begin + min(first, stations - 1)] -= step
            trips.dwell_s[j, begin + min(second, stations - 1)] += step
    elif kind == MOVE_DEPARTURE:
        step = _step(state, 40 if cycle_s > 0 else 12)
        trips.departure_s[j] += step
        trips.stand_s[j] -= step
        if trips.before[j] >= 0:
            trips.stand_s[trips.before[j]] += step
    elif kind == TAKE_OTHER_WAY:
        other = free[draw(state, len(free))]
        if other == j or trips.direction[other] != d:
            return False
        if trips.first_section[other] != begin or trips.last_section[other] + 1 != end:
            return False
        drift = trips.run_s[other].sum() + trips.dwell_s[other].sum() - trips.run_s[j].sum() - trips.dwell_s[j].sum()
        trips.run_s[j] = trips.run_s[other]
        trips.dwell_s[j] = trips.dwell_s[other]
        if drift != 0 and not _taken_from_stand(j, drift, trips, limits):
            return False
    elif kind == STRETCH_RUN:
        step = _step(state, 6)
        trips.run_s[j, begin + draw(state, sections)] += step
        if not _taken_from_stand(j, step, trips, limits):
            return False
        if trips.before[j] >= 0 and draw(state, 2) == 0:
            # The stand before the trip gives the time instead, and the sections that follow stay where they are.
            trips.departure_s[j] -= step
            trips.stand_s[trips.before[j]] -= step
            if trips.after[j] >= 0:
                trips.stand_s[j] += step
    else:
        if stations < 1:
            return False
        section, station = begin + draw(state, sections), begin + draw(state, stations)
        step = _step(state, 4)
        trips.run_s[j, section] += step
        trips.dwell_s[j, station] -= step
        if limits.dwell_total_s[d] - trips.dwell_s[j].sum() > limits.dwell_to_run_s:
            return False
        if trips.dwell_s[j].sum() > limits.dwell_total_s[d]:
            return False
    for k in range(begin, end):
        if trips.run_s[j, k] < bank.shortest_s[d, k] or trips.run_s[j, k] > bank.longest_s[d, k]:
            return False
        if bank.first[d, k, trips.run_s[j, k] - bank.shortest_s[d, k], trips.load_step[j, k]] < 0:
            return False
    for i in range(begin, end - 1):
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
        shortest = trips.turnback_shortest_s[i]
        if cycle_s > 0:
            while trips.stand_s[i] < shortest:
                trips.stand_s[i] += cycle_s
            while trips.stand_s[i] >= shortest + cycle_s:
                trips.stand_s[i] -= cycle_s
            total += trips.stand_s[i] + trips.run_s[i].sum() + trips.dwell_s[i].sum()
        elif trips.stand_s[i] < shortest:
            return False
    return cycle_s == 0 or total <= limits.vehicles_most * cycle_s
