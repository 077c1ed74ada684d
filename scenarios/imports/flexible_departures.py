"""Departures of headway-based services: moved where two of them would run at the same time over the same track."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import isnan

import numpy as np

from energy_models.arrays import FloatArray
from scenarios.imports.patterns import SeenTrip

STEP_S = 15
LEAST_SHARE = 0.7
"""Least gap at a common station, as a share of half the headway; services with a smaller gap are moved."""


def spread_departures(trips: Sequence[SeenTrip]) -> tuple[list[SeenTrip], list[str]]:
    """Move headway-based services of one direction that meet at common stations, by up to a headway, and the notes.

    `frequencies.txt` gives headways and no departures (`exact_times` 0): two services that both begin at 05:00 do not
    leave at the same second. Each service after the first is moved so that the smallest gap at a common station is
    as large as possible.
    """
    services: dict[tuple[str, ...], list[SeenTrip]] = defaultdict(list)
    fixed = []
    for trip in trips:
        if trip.flexible_s is None:
            fixed.append(trip)
        else:
            services[(trip.of_frequency, *trip.stations)].append(trip)
    placed: list[SeenTrip] = list(fixed)
    notes = []
    for group in services.values():
        headway_s = min(trip.flexible_s or 0.0 for trip in group)
        others = _at_stations(placed)
        own = _at_stations(group)
        shared = [key for key in own if key in others]
        gap_s = _smallest_gap_s(own, others, shared, 0.0)
        moved_s = 0.0
        if shared and gap_s < LEAST_SHARE * headway_s / 2:
            steps = [float(step) for step in np.arange(0.0, headway_s, STEP_S)]
            moved_s = max(steps, key=lambda step: _smallest_gap_s(own, others, shared, step))
        if moved_s:
            notes.append(
                f"headway-based trips {group[0].of_frequency} were moved by {moved_s:.0f} s: with the times "
                f"of the feed, they would be {gap_s:.0f} s from other trips of the same direction at a common station"
            )
        placed += [_later(trip, moved_s) for trip in group]
    kept = {trip.trip_id: trip for trip in placed}
    return [kept[trip.trip_id] for trip in trips], notes


def _at_stations(trips: Sequence[SeenTrip]) -> dict[tuple[str, str], FloatArray]:
    """Sorted departures at each section (station and next station) with a time, and arrivals at last stations."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for trip in trips:
        for here, there, time_s in zip(trip.stations, trip.stations[1:], trip.departure_s, strict=False):
            if not isnan(time_s):
                found[here, there].append(time_s)
        if not isnan(trip.arrival_s[-1]):
            found[trip.stations[-1], ""].append(trip.arrival_s[-1])
    return {key: np.sort(np.array(times)) for key, times in found.items()}


def _smallest_gap_s(
    own: dict[tuple[str, str], FloatArray], others: dict[tuple[str, str], FloatArray],
    shared: Sequence[tuple[str, str]], moved_s: float,
) -> float:  # fmt: skip
    least = np.inf
    for key in shared:
        mine, known = own[key] + moved_s, others[key]
        after = np.searchsorted(known, mine)
        ahead = np.abs(mine - known[np.clip(after - 1, 0, len(known) - 1)])
        behind = np.abs(known[np.clip(after, 0, len(known) - 1)] - mine)
        least = min(least, float(np.minimum(ahead, behind).min()))
    return least


def _later(trip: SeenTrip, by_s: float) -> SeenTrip:
    return replace(
        trip,
        arrival_s=tuple(time_s + by_s for time_s in trip.arrival_s),
        departure_s=tuple(time_s + by_s for time_s in trip.departure_s),
    )
