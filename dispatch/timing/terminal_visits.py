"""The visits of trains to terminals, in kernel form, from a timetable with vehicles."""

from collections.abc import Mapping

import numpy as np

from dispatch.plans.terminal_occupancy import TerminalRoom, busiest_moment, occupied, turns_of
from dispatch.plans.timetable import Timetable
from dispatch.timing.kernel.terminal_tracks import NEVER, TerminalVisits, no_visits
from energy_models.arrays import IntArray


def terminal_visits(timetable: Timetable, rooms: Mapping[str, TerminalRoom], before: IntArray) -> TerminalVisits:
    """The visits of all terminals; `before` is the trip that the same vehicle works before each trip (-1: none).

    If a terminal already holds more trains than it has tracks, as many may stand there.
    """
    order = timetable.trips
    if not rooms:
        return no_visits(len(order))
    names = sorted(rooms)
    number = {name: n for n, name in enumerate(names)}
    terminal = np.full((2, len(order)), -1, dtype=np.int64)
    found: list[list[tuple[int, int]]] = [[] for _ in names]
    for j, trip in enumerate(order):
        if trip.stations[-1] in number:
            terminal[0, j] = number[trip.stations[-1]]
            found[terminal[0, j]].append((trip.end_s, j))
        if trip.stations[0] in number:
            terminal[1, j] = number[trip.stations[0]]
            if before[j] < 0:
                found[terminal[1, j]].append((trip.start_s, -1 - j))
    place = np.full((2, len(order)), -1, dtype=np.int64)
    visit = [one for visits in found for _, one in sorted(visits)]
    for at, one in enumerate(visit):
        place[(0, one) if one >= 0 else (1, -1 - one)] = at
    turns = turns_of(timetable.duties())
    tracks = [max(rooms[name].tracks, busiest_moment(occupied(turns, rooms[name], name)).trains) for name in names]
    return TerminalVisits(
        terminal=terminal,
        place=place,
        visits_begin=np.cumsum([0, *map(len, found)]),
        visit=np.array(visit, dtype=np.int64),
        tracks=np.array(tracks, dtype=np.int64),
        shunting_s=np.array([rooms[name].shunting_s for name in names]),
        depot_beyond_s=np.array([rooms[name].depot_beyond_s for name in names]).clip(max=NEVER),
        clearing_s=float(next(iter(rooms.values())).clearing_s),
    )
