"""The rules of a search in the form of its compiled kernel."""

from collections.abc import Sequence

import numpy as np

from dispatch.plans.dwell_transfer import standing_s
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.kernel.trips import Limits
from dispatch.timing.limits import TimingLimits
from energy_models.arrays import IntArray
from energy_models.running_times import ProfileLibrary
from scenarios.schema.base import DIRECTIONS

SEARCH_TOLERANCE_A = 0.02
"""Residual current of a node at which the search takes an instant as solved: in all less than 500 W of some 5 MW."""


def kernel_limits(baseline: Timetable, library: ProfileLibrary, timing_limits: TimingLimits) -> Limits:
    """The rules in kernel form."""
    sections = len(library.sections["up"])
    spans = np.array([timing_limits.dwell_span_s[d] for d in DIRECTIONS], dtype=np.int64).reshape(2, sections - 1, 2)
    arrivals = np.zeros((len(baseline.trips), sections))
    for row, trip, first in zip(arrivals, baseline.trips, baseline.first_sections(), strict=True):
        row[first : first + len(trip.driving)] = timing_limits.arrivals_per_s[trip.trip_id]
    last = [library.sections[direction][-1] for direction in DIRECTIONS]
    return Limits(
        dwell_shortest_s=np.ascontiguousarray(spans[:, :, 0]),
        dwell_longest_s=np.ascontiguousarray(spans[:, :, 1]),
        turnback_shortest_s=np.array(timing_limits.turnback_shortest_s, dtype=np.int64),
        headway_shortest_s=timing_limits.headway_shortest_s,
        auxiliary_w=timing_limits.auxiliary_w,
        stand_auxiliary_s=timing_limits.stand_auxiliary_s,
        stand_fallback_s=timing_limits.stand_fallback_s,
        terminal_chainage_m=np.array([track.arrival_chainage_m for track in last]),
        station_chainage_m=np.array([[t.departure_chainage_m for t in library.sections[d]] for d in DIRECTIONS]),
        arrivals_per_s=arrivals,
        waiting_budget=0.0,
        dwell_to_run_s=timing_limits.dwell_to_run_s,
        dwell_total_s=dwell_totals_s(baseline.trips),
        one_way_s=one_way_times_s(baseline.trips),
        longer_s=timing_limits.longer_s,
        vehicles_most=timing_limits.vehicles_most,
        departure_grid_s=timing_limits.departure_grid_s,
        dwell_grid_s=timing_limits.dwell_grid_s,
    )


def dwell_totals_s(trips: Sequence[Trip]) -> IntArray:
    """The standing of each trip in s."""
    return np.array([standing_s(trip) for trip in trips], dtype=np.int64)


def one_way_times_s(trips: Sequence[Trip]) -> IntArray:
    """The time of each trip from its first departure to its last arrival in s."""
    return np.array([trip.end_s - trip.start_s for trip in trips], dtype=np.int64)
