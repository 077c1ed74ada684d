"""The tracks of terminals in the search: which trains stand there, and whether a change leaves room for all of them.

A visit is a train at a terminal: after trip i (written i), or before trip i, which no trip of its vehicle precedes
(written -1 - i). The visits of a terminal are kept in the order of the timetable that the search began with.
"""

from typing import NamedTuple

import numpy as np

from energy_models.arrays import FloatArray, IntArray

AROUND = 4
"""Visits on both sides of a visit that may overlap it, beside one for each track: departures move by at most half a
headway, so that few visits change their order."""
NEVER = 1e18


class TerminalVisits(NamedTuple):
    """Visits of all terminals, one terminal after the other.

    Terminal t has the visits `visit[visits_begin[t] : visits_begin[t + 1]]`; `place[0, i]` is the place of the visit
    after trip i in `visit`, `place[1, i]` that before it (-1: none). `tracks[t]` is how many trains may stand there, or
    did at the beginning of the search. A train that stands longer than `depot_beyond_s[t]` goes to the depot and
    occupies a track for `shunting_s[t]` at arrival and before departure; a track is clear `clearing_s` after a
    departure.
    """

    terminal: IntArray
    place: IntArray
    visits_begin: IntArray
    visit: IntArray
    tracks: IntArray
    shunting_s: FloatArray
    depot_beyond_s: FloatArray
    clearing_s: float


def no_visits(trips: int) -> TerminalVisits:
    """Terminals with room for any number of trains."""
    none = np.zeros(0, dtype=np.int64)
    return TerminalVisits(
        np.full((2, trips), -1, dtype=np.int64),
        np.full((2, trips), -1, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        none,
        none.copy(),
        np.zeros(0),
        np.zeros(0),
        0.0,
    )


def most_occupations(visits: TerminalVisits) -> int:
    """How many intervals the trains of the visits around a visit may occupy."""
    return 2 * (2 * (int(visits.tracks.max(initial=0)) + AROUND) + 1)
