"""The changes that a search tries, and the rules that each must keep.

Compiled functions on one trip of many: a change is made in place, and taken back by the caller where it breaks a limit.
"""

import numpy as np

from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.terminal_tracks import AROUND, NEVER
from dispatch.timing.kernel.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import inside, kernel

SWAP_DWELLS, SWAP_RUNS, MOVE_DEPARTURE, TAKE_OTHER_WAY, TRADE_DWELL_FOR_RUN, STRETCH_RUN, JOIN_PATTERN = range(7)
"""The kinds of change. `STRETCH_RUN` changes the one-way time, which the vehicle's stand makes up for; the way of
another trip, or another pattern, may also change it; the others keep it. `MOVE_DEPARTURE` and `JOIN_PATTERN` change
one trip, the others all trips with the trip's pattern."""

IRREGULAR_MOST_S = 2
"""A headway within a period may differ by so much from the regular one, where trips share patterns."""


def odds_within(limits: Limits, odds: IntArray, trips: Trips) -> IntArray:
    """The odds of the kinds of change, without those that limits and patterns leave no room for."""
    left = odds.copy()
    if limits.dwell_to_run_s <= 0:
        left[TRADE_DWELL_FOR_RUN] = 0
    if limits.longer_s <= 0:
        left[STRETCH_RUN] = 0
    if len(trips.peers_begin) > len(trips.peer):
        left[JOIN_PATTERN] = 0
    return left


@kernel()
def draw(state: IntArray, bound: int) -> int:
    """A whole number below bound from a 64-bit linear congruential generator (Knuth's MMIX constants)."""
    state[0] = state[0] * np.int64(6364136223846793005) + np.int64(1442695040888963407)
    return int(((state[0] >> 33) & 0x3FFFFFFF) % bound)


@kernel()
def copied(source: IntArray, from_row: int, target: IntArray, to_row: int) -> None:
    """Copy a row: an assignment of slices would have much code compiled for shapes that differ."""
    for i in range(source.shape[1]):
        target[to_row, i] = source[from_row, i]


@kernel()
def row_total(values: IntArray, row: int) -> int:
    """Sum of a row."""
    total = 0
    for i in range(values.shape[1]):
        total += values[row, i]
    return total


@inside()
def one_way_s(j: int, trips: Trips) -> int:
    """How long trip j takes from end to end."""
    return row_total(trips.run_s, j) + row_total(trips.dwell_s, j)


@inside()
def departures(j: int, trips: Trips, out: IntArray, row: int) -> None:
    """Departure at each station that the trip leaves, into a row."""
    at = trips.departure_s[j]
    for i in range(trips.first_section[j], trips.last_section[j] + 1):
        out[row, i] = at
        if i < trips.last_section[j]:
            at += trips.run_s[j, i] + trips.dwell_s[j, i]


@inside()
def _departure_at(j: int, station: int, trips: Trips) -> int:
    """Departure of trip j from a station that it leaves."""
    at = trips.departure_s[j]
    for i in range(trips.first_section[j], station):
        at += trips.run_s[j, i] + trips.dwell_s[j, i]
    return int(at)


@inside()
def waiting_change(
    c: int, j: int, trips: Trips, limits: Limits, place: IntArray, old_s: IntArray, new_s: IntArray
) -> float:
    """Change of the weighted sum of gap²/2 when the departures of trip j move from `old_s[c]` to `new_s[c]`.

    `place` has the row of a trip that moves as well (-1: it does not move); the gap between two such trips counts with
    the one behind.
    """
    change = 0.0
    for side in range(2):
        neighbours = trips.ahead if side == 0 else trips.behind
        known, at = -1, 0
        for i in range(trips.first_section[j], trips.last_section[j] + 1):
            other = neighbours[j, i]
            if other < 0 or (side == 1 and place[other] >= 0):
                continue
            if other != known:
                known, at = other, _departure_at(other, i, trips)
            follower = j if side == 0 else other
            old_gap = old_s[c, i] - (old_s[place[other], i] if place[other] >= 0 else at)
            new_gap = new_s[c, i] - at
            change += limits.arrivals_per_s[follower, i] * 0.5 * (new_gap * new_gap - old_gap * old_gap)
            if i < trips.last_section[other]:
                at += trips.run_s[other, i] + trips.dwell_s[other, i]
    return change


@inside()
def within_reach(c: int, j: int, trips: Trips, new_s: IntArray) -> bool:
    """Every departure of trip j (row c), and its last arrival, lies between the earliest and the latest allowed
    there."""
    last = trips.last_section[j] + 1
    for i in range(trips.first_section[j], last):
        if new_s[c, i] < trips.reach_s[j, i, 0] or new_s[c, i] > trips.reach_s[j, i, 1]:
            return False
    arrival_s = new_s[c, last - 1] + trips.run_s[j, last - 1]
    return bool(trips.reach_s[j, last, 0] <= arrival_s <= trips.reach_s[j, last, 1])


@inside()
def headway_kept(c: int, j: int, trips: Trips, limits: Limits, new_s: IntArray) -> bool:
    """Gaps of trip j (row c) to both neighbours at every station: departures and the next arrivals not too close,
    departures not too far; no arrival before the train ahead has left."""
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
            gap = sign * (new_s[c, i] - at)
            arrival_gap = gap + sign * (trips.run_s[j, i] - trips.run_s[other, i])
            if gap > trips.gap_longest_s[j if side == 0 else other, i]:
                return False
            if gap < limits.headway_shortest_s or arrival_gap < limits.headway_shortest_s:
                return False
            stands_s = trips.dwell_s[j, i] if i < trips.last_section[j] else 0
            other_stands_s = trips.dwell_s[other, i] if i < trips.last_section[other] else 0
            if arrival_gap <= (other_stands_s if side == 0 else stands_s):
                return False
            # A train that ends here counts at its arrival, one that goes on at its departure.
            ends = i == trips.last_section[j] or i == trips.last_section[other]
            if ends and arrival_gap + sign * (stands_s - other_stands_s) < limits.headway_shortest_s:
                return False
            at += trips.run_s[other, i] + other_stands_s
    return True


@inside()
def headways_regular(j: int, moved_s: int, trips: Trips, limits: Limits) -> bool:
    """The headways before and behind trip j, which departs `moved_s` later than before, are regular within their
    period, or have become no less regular."""
    first = trips.first_section[j]
    for side in range(2):
        other = trips.ahead[j, first] if side == 0 else trips.behind[j, first]
        regular_s = trips.regular_gap_s[j if side == 0 else max(other, 0)]
        if other < 0 or regular_s == 0:
            continue
        sign = 1 if side == 0 else -1
        irregular_s = sign * (trips.departure_s[j] - trips.departure_s[other]) - regular_s
        before_s = irregular_s - sign * moved_s
        if abs(irregular_s) > max(IRREGULAR_MOST_S, limits.departure_grid_s, abs(before_s)):
            return False
    return True


@inside()
def _trains_at(time_s: float, many: int, begin_s: FloatArray, end_s: FloatArray) -> int:
    """How many of the first intervals hold a moment; an interval does not hold its end."""
    count = 0
    for n in range(many):
        if begin_s[n] <= time_s < end_s[n]:
            count += 1
    return count


@kernel()
def _occupations(one: int, t: int, many: int, trips: Trips, begin_s: FloatArray, end_s: FloatArray) -> int:
    """Write when the train of a visit occupies a track of terminal t, behind the first intervals; how many there are
    then."""
    visits = trips.visits
    arrives_s, leaves_s = -NEVER, NEVER
    if one < 0:
        leaves_s = float(trips.departure_s[-1 - one])
    else:
        arrives_s = float(trips.departure_s[one] + one_way_s(one, trips))
        if trips.after[one] >= 0:
            leaves_s = float(trips.departure_s[trips.after[one]])
    if arrives_s > -NEVER and leaves_s < NEVER and leaves_s - arrives_s <= visits.depot_beyond_s[t]:
        begin_s[many], end_s[many] = arrives_s, leaves_s + visits.clearing_s
        return many + 1
    if arrives_s > -NEVER:
        begin_s[many], end_s[many] = arrives_s, arrives_s + visits.shunting_s[t]
        many += 1
    if leaves_s < NEVER:
        begin_s[many], end_s[many] = leaves_s - visits.shunting_s[t], leaves_s + visits.clearing_s
        many += 1
    return many


@kernel()
def _room_at_visit(place: int, t: int, trips: Trips, begin_s: FloatArray, end_s: FloatArray) -> bool:
    """Whether terminal t has tracks for all trains while the train of the visit at a place is on one."""
    visits = trips.visits
    reach = visits.tracks[t] + AROUND
    many, own, own_past = 0, 0, 0
    for at in range(max(visits.visits_begin[t], place - reach), min(visits.visits_begin[t + 1], place + reach + 1)):
        before = many
        many = _occupations(visits.visit[at], t, many, trips, begin_s, end_s)
        if at == place:
            own, own_past = before, many
    for mine in range(own, own_past):
        for n in range(many):
            is_within = begin_s[mine] <= begin_s[n] < end_s[mine] and begin_s[n] < end_s[n]
            if is_within and _trains_at(begin_s[n], many, begin_s, end_s) > visits.tracks[t]:
                return False
    return True


@inside()
def room_at_terminals(j: int, trips: Trips, begin_s: FloatArray, end_s: FloatArray) -> bool:
    """Whether the terminals at both ends of trip j have tracks for all trains while its train stands there.

    `begin_s` and `end_s` are room for the intervals.
    """
    place, terminal = trips.visits.place, trips.visits.terminal
    before = trips.before[j]
    stands = place[0, before] if before >= 0 else place[1, j]
    return (place[0, j] < 0 or _room_at_visit(place[0, j], terminal[0, j], trips, begin_s, end_s)) and (
        stands < 0 or _room_at_visit(stands, terminal[1, j], trips, begin_s, end_s)
    )


@kernel()
def _step(state: IntArray, largest: int) -> int:
    """A change in seconds, never zero; small ones are likelier."""
    size = 1 + min(draw(state, largest), draw(state, largest))
    return size if draw(state, 2) == 0 else -size


@inside()
def propose(  # noqa: PLR0911, PLR0912, PLR0915 - one kind of move after the other
    j: int,
    kind: int,
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    free: IntArray,
    is_free: IntArray,
    state: IntArray,
    cycle_s: int,
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
        step = _step(state, 8) * limits.dwell_grid_s
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
        if stations > 0 and draw(state, 2) == 0 and step % limits.dwell_grid_s == 0:
            # The dwells behind both sections make up for it, so that no other section moves in time.
            trips.dwell_s[j, begin + min(first, stations - 1)] -= step
            trips.dwell_s[j, begin + min(second, stations - 1)] += step
    elif kind == MOVE_DEPARTURE:
        step = _step(state, 40 if cycle_s > 0 else 12) * limits.departure_grid_s
        trips.departure_s[j] += step
        trips.stand_s[j] -= step
        if trips.before[j] >= 0:
            trips.stand_s[trips.before[j]] += step
    elif kind == TAKE_OTHER_WAY:
        other = free[draw(state, len(free))]
        if other == j or trips.direction[other] != d or not _way_taken(j, other, trips, limits):
            return False
    elif kind == JOIN_PATTERN:
        group = trips.peer_group[j]
        size = trips.peers_begin[group + 1] - trips.peers_begin[group]
        other = trips.peer[trips.peers_begin[group] + draw(state, size)]
        # The way of a trip that is not free may change meanwhile, in the search of another part of the day.
        if is_free[other] == 0 or trips.pattern[other] == trips.pattern[j]:
            return False
        if not _way_taken(j, other, trips, limits):
            return False
        trips.pattern[j] = trips.pattern[other]
    elif kind == STRETCH_RUN:
        step = _step(state, 6)
        trips.run_s[j, begin + draw(state, sections)] += step
        if not _taken_from_stand(j, step, trips, limits):
            return False
        if trips.before[j] >= 0 and draw(state, 2) == 0 and step % limits.departure_grid_s == 0:
            # The stand before the trip gives the time instead, and the sections that follow stay where they are.
            trips.departure_s[j] -= step
            trips.stand_s[trips.before[j]] -= step
            if trips.after[j] >= 0:
                trips.stand_s[j] += step
    else:
        if stations < 1:
            return False
        section, station = begin + draw(state, sections), begin + draw(state, stations)
        step = _step(state, 4) * limits.dwell_grid_s
        trips.run_s[j, section] += step
        trips.dwell_s[j, station] -= step
        if not _dwell_total_kept(j, trips, limits):
            return False
    return own_limits_kept(j, trips, limits, motions, cycle_s)


@inside()
def own_limits_kept(j: int, trips: Trips, limits: Limits, motions: MotionTable, cycle_s: int) -> bool:
    """Running times and dwells of trip j are possible at its loads, it departs in its window, and both turnbacks beside
    it are long enough."""
    begin, end, d = trips.first_section[j], trips.last_section[j] + 1, trips.direction[j]
    for k in range(begin, end):
        if trips.run_s[j, k] < motions.shortest_s[d, k] or trips.run_s[j, k] > motions.longest_s[d, k]:
            return False
        if motions.first[d, k, trips.run_s[j, k] - motions.shortest_s[d, k], trips.load_step[j, k]] < 0:
            return False
    for i in range(begin, end - 1):
        if trips.dwell_s[j, i] < trips.dwell_shortest_s[j, i] or trips.dwell_s[j, i] > trips.dwell_longest_s[j, i]:
            return False
    if trips.departure_s[j] < trips.earliest_s[j] or trips.departure_s[j] > trips.latest_s[j]:
        return False
    return _turnbacks_kept(j, trips, limits, cycle_s)


@inside()
def _way_taken(j: int, other: int, trips: Trips, limits: Limits) -> bool:
    """Give trip j the running times and dwells of another trip on the same sections; False when that breaks a limit."""
    if trips.first_section[other] != trips.first_section[j] or trips.last_section[other] != trips.last_section[j]:
        return False
    drift = one_way_s(other, trips) - one_way_s(j, trips)
    copied(trips.run_s, other, trips.run_s, j)
    copied(trips.dwell_s, other, trips.dwell_s, j)
    if drift != 0 and not _taken_from_stand(j, drift, trips, limits):
        return False
    return _dwell_total_kept(j, trips, limits)


@kernel()
def _dwell_total_kept(j: int, trips: Trips, limits: Limits) -> bool:
    """The total dwell of trip j is not longer than today, and shorter only by the dwell-to-running-time transfer."""
    standing_s = row_total(trips.dwell_s, j)
    return bool(limits.dwell_total_s[j] - limits.dwell_to_run_s <= standing_s <= limits.dwell_total_s[j])


@kernel()
def _taken_from_stand(j: int, step: int, trips: Trips, limits: Limits) -> bool:
    """Take from the stand after trip j by how much the trip has become longer; False beyond the one-way times allowed.

    A trip that is shorter than today may come closer to it. After its last trip a vehicle stands as before.
    """
    total = one_way_s(j, trips)
    today_s = limits.one_way_s[j]
    if (step > 0 and total > today_s + limits.longer_s) or (step < 0 and total < today_s):
        return False
    if trips.after[j] >= 0:
        trips.stand_s[j] -= step
    return True


@inside()
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
            total += trips.stand_s[i] + one_way_s(i, trips)
        elif trips.stand_s[i] < shortest:
            return False
    return cycle_s == 0 or total <= limits.vehicles_most * cycle_s
