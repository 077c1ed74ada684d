"""The rules of equal service as numbers for the search, read off the scenario and the timetable to be improved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.fixed_service import NOTHING_FIXED, FixedService
from dispatch.loads import cumulative_passengers
from dispatch.timetable import DIRECTIONS, Direction, Timetable
from scenarios.build import section_loads
from scenarios.schema import Scenario


@dataclass(frozen=True, eq=False)
class TimingRules:
    """What the search must keep: spans of dwells, turnbacks, headways and departures, and what waiting weighs.

    `dwell_span_s` has, by direction, shortest and longest dwell of each intermediate station in order of travel;
    `window_s` maps a trip to its earliest and latest departure, `gap_longest_s` to the longest headway before it;
    `period_starts_s` is when the headway table changes (empty: read off the timetable);
    `arrivals_per_s[trip]` are the passengers who come each second to wait for each departure of the trip.
    `dwell_to_run_s` is how much of a trip's standing may become running; `longer_s` by how much a trip may become
    longer from end to end, running while its vehicle stood at the terminal. `fixed` is what the planner fixed.
    """

    dwell_span_s: Mapping[Direction, tuple[tuple[int, int], ...]]
    turnback_shortest_s: tuple[int, int]
    headway_shortest_s: int
    window_s: Mapping[str, tuple[int, int]]
    gap_longest_s: Mapping[str, int]
    period_starts_s: tuple[int, ...]
    arrivals_per_s: Mapping[str, Sequence[float]]
    dwell_to_run_s: int
    vehicles_most: int
    auxiliary_w: float
    stand_auxiliary_s: int = 900
    stand_fallback_s: int = 180
    fixed: FixedService = NOTHING_FIXED
    longer_s: int = 0


def equal_service_rules(
    scenario: Scenario,
    baseline: Timetable,
    auxiliary_w: float,
    windows_s: Mapping[str, tuple[int, int]] | None = None,
) -> TimingRules:
    """The same trips, waiting no longer, one-way times and standing no longer, first and last trains as they are.

    A departure may move by half the gap to the train ahead, less where the policy's window is narrower or `windows_s`
    (trip to earliest and latest departure) narrows it further.
    """
    spans: dict[Direction, tuple[tuple[int, int], ...]] = {}
    for direction in DIRECTIONS:
        inner = scenario.stations_in_order(direction)[1:-1]
        spans[direction] = tuple((int(s.minimum_dwell_s), int(s.maximum_dwell_s)) for s in inner)
    turnbacks = tuple(
        int(scenario.terminals[scenario.stations_in_order(direction)[-1].id].turnback_s) for direction in DIRECTIONS
    )
    window = departure_windows(scenario, baseline)
    for trip_id, (earliest, latest) in (windows_s or {}).items():
        window[trip_id] = (max(window[trip_id][0], earliest), min(window[trip_id][1], latest))
    return TimingRules(
        dwell_span_s=spans,
        turnback_shortest_s=(turnbacks[0], turnbacks[1]),
        headway_shortest_s=int(scenario.signalling.minimum_headway_s),
        window_s=window,
        gap_longest_s=_longest_gaps(scenario, baseline),
        period_starts_s=tuple(sorted({int(row.from_s) for row in scenario.timetable.periods or ()})),
        arrivals_per_s=_arrivals(scenario, baseline),
        dwell_to_run_s=int(scenario.policy.standing_to_running_s),
        vehicles_most=len({trip.vehicle for trip in baseline.trips}),
        auxiliary_w=auxiliary_w,
    )


def departure_windows(scenario: Scenario, baseline: Timetable) -> dict[str, tuple[int, int]]:
    """Earliest and latest departure of every trip at equal service; first and last trips do not move."""
    policy = scenario.policy.departure_window_s
    windows: dict[str, tuple[int, int]] = {}
    for direction in DIRECTIONS:
        trips = baseline.of(direction)
        for index, trip in enumerate(trips):
            if index in (0, len(trips) - 1):
                windows[trip.trip_id] = (trip.start_s, trip.start_s)
                continue
            half = (trip.start_s - trips[index - 1].start_s) // 2
            reach = half if policy is None else min(half, int(policy))
            windows[trip.trip_id] = (trip.start_s - reach, trip.start_s + reach)
    return windows


def _longest_gaps(scenario: Scenario, baseline: Timetable) -> dict[str, int]:
    """Longest headway before each trip: the policy's, or today's where that is longer already."""
    policy = int(scenario.policy.longest_headway_s)
    longest: dict[str, int] = {}
    for direction in DIRECTIONS:
        trips = baseline.of(direction)
        for index, trip in enumerate(trips):
            longest[trip.trip_id] = max(policy, trip.start_s - trips[index - 1].start_s if index else policy)
    return longest


def _arrivals(scenario: Scenario, baseline: Timetable) -> dict[str, tuple[float, ...]]:
    """Passengers a second who come to each departure of each trip, in the timetable as it is; 1 without demand."""
    loads = section_loads(scenario)
    arrivals: dict[str, tuple[float, ...]] = {}
    for direction in DIRECTIONS:
        trips = baseline.of(direction)
        per_hour = loads.boardings_per_hour[direction]
        known = bool(per_hour.any())
        for index, trip in enumerate(trips):
            ahead = trips[index - 1] if index else None
            rates: list[float] = []
            for station in range(len(trip.stations) - 1):
                if not known or ahead is None:
                    rates.append(0.0 if known else 1.0)
                    continue
                span = np.array([ahead.departure_s[station], trip.departure_s[station]], dtype=np.float64)
                came = cumulative_passengers(loads.time_bin_s, per_hour[:, station], span)
                rates.append(float(came[1] - came[0]) / max(span[1] - span[0], 1))
            arrivals[trip.trip_id] = tuple(rates)
    return arrivals
