"""Trips and rules as the compiled search holds them: plain arrays, one row a trip."""

from typing import NamedTuple

import numpy as np

from dispatch.timing.kernel.terminal_tracks import TerminalVisits
from energy_models.arrays import FloatArray, IntArray


class Trips(NamedTuple):
    """What the search may change, and between which limits; one row a trip, sections and stations in order of travel.

    A trip runs from `first_section[j]` to `last_section[j]`; outside of them its running times and dwells are zero.
    `before[j]` and `after[j]` are the trips that the same vehicle works before and after (-1: none), `ahead[j, k]` and
    `behind[j, k]` the neighbours in the same direction on section k. `stand_s[j]` is how long the vehicle stands after
    the trip until its next one, `turnback_shortest_s[j]` the least of that. `gap_longest_s[j, k]` bounds the headway
    before the trip where section k begins. `column[j]` is the first of
    the trip's columns. `load_step[j, k]` is section k's load in steps of the bank. `dwell_shortest_s[j]` and
    `dwell_longest_s[j]` bound the dwells of the trip, `reach_s[j, i]` is the earliest and latest departure from its
    i-th station, of the last one the arrival (not asked in a cycle).

    Trips with the same `pattern[j]` have the same running times and dwells, and a change of these changes all of them.
    The trips that may pass from one pattern to another are `peer[peers_begin[g] : peers_begin[g + 1]]` with
    `g = peer_group[j]`. `regular_gap_s[j]` is the regular headway before the trip within its period (0: none). `visits`
    are the trains at terminals.
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
    first_section: IntArray
    last_section: IntArray
    turnback_shortest_s: IntArray
    pattern: IntArray
    peer_group: IntArray
    peers_begin: IntArray
    peer: IntArray
    regular_gap_s: IntArray
    visits: TerminalVisits


def own_patterns(trips: int) -> dict[str, IntArray]:
    """The fields of `Trips` where each trip has a pattern of its own."""
    every = np.arange(trips, dtype=np.int64)
    return {
        "pattern": every,
        "peer_group": every.copy(),
        "peers_begin": np.arange(trips + 1, dtype=np.int64),
        "peer": every.copy(),
        "regular_gap_s": np.zeros(trips, dtype=np.int64),
    }


class Limits(NamedTuple):
    """The rules that every change must keep: dwell spans (2, stations between), turnback, headway, auxiliaries.

    `dwell_to_run_s` is how much of a trip's total dwell may be turned into running time. `arrivals_per_s[j, i]` weighs
    the waiting at trip j's i-th departure; `waiting_budget` is by how much the weighted sum of gap²/2 may still grow.
    Trip j has today the total dwell `dwell_total_s[j]` and the one-way time `one_way_s[j]`; a one-way time that changes
    is at most `longer_s` longer. `vehicles_most` bounds the vehicles that a cycle needs. Departures change by multiples
    of `departure_grid_s`, dwells by multiples of `dwell_grid_s`.
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
    one_way_s: IntArray
    longer_s: int
    vehicles_most: int
    departure_grid_s: int
    dwell_grid_s: int
