"""A change under way: which trips it touches, how they were, and whether it keeps the rules."""

from typing import NamedTuple

import numpy as np

from dispatch.timing.kernel.motion_table import MotionTable
from dispatch.timing.kernel.moves import (
    JOIN_PATTERN,
    MOVE_DEPARTURE,
    STRETCH_RUN,
    TAKE_OTHER_WAY,
    copied,
    departures,
    draw,
    headway_kept,
    headways_regular,
    one_way_s,
    own_limits_kept,
    propose,
    room_at_terminals,
    waiting_change,
    within_reach,
)
from dispatch.timing.kernel.terminal_tracks import most_occupations
from dispatch.timing.kernel.trips import Limits, Trips
from energy_models.arrays import FloatArray, IntArray
from energy_models.compiled import inside, kernel


class Candidate(NamedTuple):
    """The trips that a change may touch, as they are not now: before it as they will be, after it as they were.

    `member[c]` is a trip, `place[j]` the row of trip j among those whose times change (-1: none); `old_at` and `new_at`
    are the departures of the members at each station. `is_free[j]` tells whether trip j may change at all, and
    `is_open[p]` whether pattern p may: all of its trips are free at the beginning. The last two are room for when
    tracks of a terminal are occupied.
    """

    member: IntArray
    place: IntArray
    run_s: IntArray
    dwell_s: IntArray
    departure_s: IntArray
    stand_s: IntArray
    pattern: IntArray
    old_at: IntArray
    new_at: IntArray
    is_free: IntArray
    is_open: IntArray
    occupied_from_s: FloatArray
    occupied_to_s: FloatArray


def most_members(trips: Trips) -> int:
    """How many trips a change may touch: all trips of a pattern, and those that their vehicles work before."""
    return 2 * int(np.diff(trips.peers_begin).max(initial=1))


def empty_candidate(trips: Trips, free: IntArray) -> Candidate:
    """Room for a change of free trips."""
    most, count = most_members(trips), len(trips.departure_s)
    sections, stations = trips.run_s.shape[1], trips.dwell_s.shape[1]
    is_free = np.zeros(count, np.int64)
    is_free[free] = 1
    is_open = np.ones(count, np.int64)
    is_open[trips.pattern[is_free == 0]] = 0
    return Candidate(
        np.empty(most, np.int64),
        np.full(count, -1, np.int64),
        np.empty((most, sections), np.int64),
        np.empty((most, stations), np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty((most, sections), np.int64),
        np.empty((most, sections), np.int64),
        is_free,
        is_open,
        np.empty(most_occupations(trips.visits)),
        np.empty(most_occupations(trips.visits)),
    )


@inside()
def drawn(free: IntArray, odds: IntArray, total_odds: int, state: IntArray) -> tuple[int, int]:
    """A trip, and a kind of change by its odds."""
    j = free[draw(state, len(free))]
    pick = draw(state, total_odds)
    kind = 0
    while pick >= odds[kind]:
        pick -= odds[kind]
        kind += 1
    return j, kind


@inside()
def _members(j: int, kind: int, trips: Trips, candidate: Candidate) -> int:
    """List trip j and all trips that change with it; their number, or 0 if their pattern may not change.

    A search of another part of the day may read and change the pattern of a trip that is not free here. It never gives
    such a trip a pattern that is open here, because it joins trips to patterns of trips that are free there.
    """
    candidate.member[0] = j
    count = 1
    if kind in (MOVE_DEPARTURE, JOIN_PATTERN):
        return count
    if candidate.is_open[trips.pattern[j]] == 0:
        return 0
    group = trips.peer_group[j]
    for place in range(trips.peers_begin[group], trips.peers_begin[group + 1]):
        i = trips.peer[place]
        if i != j and trips.pattern[i] == trips.pattern[j]:
            candidate.member[count] = i
            count += 1
    return count


@inside()
def _all_likewise_changed(
    alike: int, trips: Trips, limits: Limits, motions: MotionTable, cycle_s: int, candidate: Candidate
) -> bool:
    """Change the members as the first one was changed; False if one of them then breaks a limit of its own.

    A vehicle stands so much less as its trip arrives later.
    """
    j = candidate.member[0]
    later_s = trips.departure_s[j] - candidate.departure_s[0]
    for c in range(1, alike):
        i = candidate.member[c]
        longer_s = one_way_s(j, trips) - one_way_s(i, trips)
        copied(trips.run_s, j, trips.run_s, i)
        copied(trips.dwell_s, j, trips.dwell_s, i)
        trips.departure_s[i] += later_s
        if trips.before[i] >= 0:
            trips.stand_s[trips.before[i]] += later_s
        if trips.after[i] >= 0:
            trips.stand_s[i] -= later_s + longer_s
    are_kept = True
    for c in range(1, alike):
        are_kept = are_kept and own_limits_kept(candidate.member[c], trips, limits, motions, cycle_s)
    return are_kept


@inside()
def _terminals_kept(alike: int, trips: Trips, candidate: Candidate) -> bool:
    """Whether the terminals have tracks for the trains of the members before and after their trips."""
    are_kept = True
    for c in range(alike):
        are_kept = are_kept and room_at_terminals(
            candidate.member[c], trips, candidate.occupied_from_s, candidate.occupied_to_s
        )
    return are_kept


@inside()
def _neighbours_kept(alike: int, trips: Trips, limits: Limits, candidate: Candidate) -> tuple[bool, float]:
    """Whether the members keep their headways and the times that they may have, and by how much waiting changes."""
    allowed, waiting = True, 0.0
    for c in range(alike):
        i = candidate.member[c]
        candidate.place[i] = c
        departures(i, trips, candidate.new_at, c)
    for c in range(alike):
        i = candidate.member[c]
        allowed = (
            allowed
            and within_reach(c, i, trips, candidate.new_at)
            and headway_kept(c, i, trips, limits, candidate.new_at)
        )
    if allowed:
        for c in range(alike):
            i = candidate.member[c]
            waiting += waiting_change(c, i, trips, limits, candidate.place, candidate.old_at, candidate.new_at)
    for c in range(alike):
        candidate.place[candidate.member[c]] = -1
    return allowed, waiting


@kernel()
def changed(
    j: int,
    kind: int,
    trips: Trips,
    limits: Limits,
    motions: MotionTable,
    free: IntArray,
    state: IntArray,
    cycle_s: int,
    waiting_used: float,
    candidate: Candidate,
) -> tuple[int, int, float]:
    """Change trip j, and those with its pattern, by a kind of move.

    A function of its own and not `inside`, because one function with the moves and the prices takes 10 s longer to
    compile.
    Returns the number of trips that the move changes, that of trips touched (0: it broke a rule and was taken back),
    and by how much waiting changes.
    """
    alike = _members(j, kind, trips, candidate)
    count = alike
    if kind in (MOVE_DEPARTURE, STRETCH_RUN):
        for c in range(alike):
            before = trips.before[candidate.member[c]]
            if before >= 0:
                candidate.member[count] = before
                count += 1
    for c in range(count):
        i = candidate.member[c]
        copied(trips.run_s, i, candidate.run_s, c)
        copied(trips.dwell_s, i, candidate.dwell_s, c)
        candidate.departure_s[c] = trips.departure_s[i]
        candidate.stand_s[c] = trips.stand_s[i]
        candidate.pattern[c] = trips.pattern[i]
    for c in range(alike):
        departures(candidate.member[c], trips, candidate.old_at, c)
    waiting = 0.0
    allowed = alike > 0 and propose(j, kind, trips, limits, motions, free, candidate.is_free, state, cycle_s)
    if allowed and alike > 1:
        allowed = _all_likewise_changed(alike, trips, limits, motions, cycle_s, candidate)
    if allowed and cycle_s == 0:
        moved_s = trips.departure_s[j] - candidate.departure_s[0]
        for c in range(alike):
            allowed = allowed and (moved_s == 0 or headways_regular(candidate.member[c], moved_s, trips, limits))
        if allowed and kind in (MOVE_DEPARTURE, STRETCH_RUN, TAKE_OTHER_WAY, JOIN_PATTERN):
            allowed = _terminals_kept(alike, trips, candidate)
        if allowed:
            allowed, waiting = _neighbours_kept(alike, trips, limits, candidate)
            allowed = allowed and (waiting <= 0.0 or waiting_used + waiting <= limits.waiting_budget)
    if not allowed:
        taken_back(count, trips, candidate)
        return 0, 0, 0.0
    return alike, count, waiting


@kernel()
def taken_back(count: int, trips: Trips, candidate: Candidate) -> None:
    """Give the trips back what the candidate holds of them."""
    for c in range(count):
        i = candidate.member[c]
        copied(candidate.run_s, c, trips.run_s, i)
        copied(candidate.dwell_s, c, trips.dwell_s, i)
        trips.departure_s[i] = candidate.departure_s[c]
        trips.stand_s[i] = candidate.stand_s[c]
        trips.pattern[i] = candidate.pattern[c]


@kernel()
def exchanged(count: int, trips: Trips, candidate: Candidate) -> None:
    """Swap the trips with what the candidate holds of them."""
    for c in range(count):
        i = candidate.member[c]
        for k in range(trips.run_s.shape[1]):
            trips.run_s[i, k], candidate.run_s[c, k] = candidate.run_s[c, k], trips.run_s[i, k]
        for k in range(trips.dwell_s.shape[1]):
            trips.dwell_s[i, k], candidate.dwell_s[c, k] = candidate.dwell_s[c, k], trips.dwell_s[i, k]
        trips.departure_s[i], candidate.departure_s[c] = candidate.departure_s[c], trips.departure_s[i]
        trips.stand_s[i], candidate.stand_s[c] = candidate.stand_s[c], trips.stand_s[i]


def begun(seed: int) -> IntArray:
    """The state of a generator for a seed, past its first, poorly mixed draws."""
    state = np.array([seed * 7919 + 12345], dtype=np.int64)
    for _ in range(8):
        draw(state, 2)
    return state


@inside()
def accepted_increase_j(temperature: float, state: IntArray) -> float:
    """The loss that is borne at a temperature: a draw of the exponential distribution."""
    return float(-temperature * np.log((draw(state, 1 << 24) + 0.5) / (1 << 24)))
