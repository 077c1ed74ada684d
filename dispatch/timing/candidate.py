"""A change under way: which trips it touches, how they were, and whether it keeps the rules."""

from typing import NamedTuple

import numpy as np
from numba import njit

from dispatch.timing.bank import MotionBank
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

MOST_TRIPS = 2
"""A trip, and the one that its vehicle works before."""


class Candidate(NamedTuple):
    """The trips that a change may touch, as they are not now: before it as they will be, after it as they were.

    `member[c]` is a trip; `old_at` and `new_at` the departures of the first one at each station.
    """

    member: IntArray
    run_s: IntArray
    dwell_s: IntArray
    departure_s: IntArray
    stand_s: IntArray
    old_at: IntArray
    new_at: IntArray


@njit(cache=True, nogil=True)
def empty_candidate(sections: int, stations: int) -> Candidate:
    """Room for a change of trips with so many sections and stations between."""
    return Candidate(
        np.empty(MOST_TRIPS, np.int64),
        np.empty((MOST_TRIPS, sections), np.int64),
        np.empty((MOST_TRIPS, stations), np.int64),
        np.empty(MOST_TRIPS, np.int64),
        np.empty(MOST_TRIPS, np.int64),
        np.empty(sections, np.int64),
        np.empty(sections, np.int64),
    )


@njit(cache=True, nogil=True)
def drawn(free: IntArray, odds: IntArray, total_odds: int, state: IntArray) -> tuple[int, int]:
    """A trip, and a kind of change by its odds."""
    j = free[draw(state, len(free))]
    pick = draw(state, total_odds)
    kind = 0
    while pick >= odds[kind]:
        pick -= odds[kind]
        kind += 1
    return j, kind


@njit(cache=True, nogil=True)
def changed(
    j: int,
    kind: int,
    trips: Trips,
    limits: Limits,
    bank: MotionBank,
    free: IntArray,
    state: IntArray,
    cycle_s: int,
    waiting_used: float,
    candidate: Candidate,
) -> tuple[int, float]:
    """Change trip j by a kind of move; the number of trips touched (0: it broke a rule and was taken back), and by how
    much waiting changes."""
    candidate.member[0] = j
    count = 1
    if kind in (MOVE_DEPARTURE, STRETCH_RUN) and trips.before[j] >= 0:
        candidate.member[1] = trips.before[j]
        count = 2
    for c in range(count):
        i = candidate.member[c]
        candidate.run_s[c] = trips.run_s[i]
        candidate.dwell_s[c] = trips.dwell_s[i]
        candidate.departure_s[c] = trips.departure_s[i]
        candidate.stand_s[c] = trips.stand_s[i]
    departures(j, trips, candidate.old_at)
    waiting = 0.0
    allowed = propose(j, kind, trips, limits, bank, free, state, cycle_s)
    if allowed and cycle_s == 0:
        departures(j, trips, candidate.new_at)
        allowed = within_reach(j, trips, candidate.new_at) and headway_kept(j, trips, limits, candidate.new_at)
        if allowed:
            waiting = waiting_change(j, trips, limits, candidate.old_at, candidate.new_at)
            allowed = waiting <= 0.0 or waiting_used + waiting <= limits.waiting_budget
    if not allowed:
        taken_back(count, trips, candidate)
        return 0, 0.0
    return count, waiting


@njit(cache=True, nogil=True)
def taken_back(count: int, trips: Trips, candidate: Candidate) -> None:
    """Give the trips back what the candidate holds of them."""
    for c in range(count):
        i = candidate.member[c]
        trips.run_s[i] = candidate.run_s[c]
        trips.dwell_s[i] = candidate.dwell_s[c]
        trips.departure_s[i] = candidate.departure_s[c]
        trips.stand_s[i] = candidate.stand_s[c]


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def begun(seed: int) -> IntArray:
    """The state of a generator for a seed, past its first, poorly mixed draws."""
    state = np.empty(1, np.int64)
    state[0] = seed * 7919 + 12345
    for _ in range(8):
        draw(state, 2)
    return state


@njit(cache=True, nogil=True)
def bearable(temperature: float, state: IntArray) -> float:
    """The loss that is borne at a temperature: a draw of the exponential distribution."""
    return float(-temperature * np.log((draw(state, 1 << 24) + 0.5) / (1 << 24)))
