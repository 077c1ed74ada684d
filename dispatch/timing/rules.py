"""The rules of equal service as numbers for the search, read off the scenario and the timetable to be improved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dispatch.baseline import station_offsets_s
from dispatch.fixed_service import NOTHING_FIXED, FixedService
from dispatch.loads import cumulative_passengers
from dispatch.timetable import DIRECTIONS, Direction, Timetable, Trip
from scenarios.build import section_loads
from scenarios.schema import Scenario


@dataclass(frozen=True, eq=False)
class TimingRules:
    """What the search must keep: spans of dwells, turnbacks, headways and departures, and what waiting weighs.

    `dwell_span_s` has, by direction, shortest and longest dwell of each intermediate station in order of travel;
    `window_s` maps a trip to its earliest and latest departure, `gap_longest_s` to the longest headway before it, and
    `section_gap_longest_s`, where trips turn on the way, to that at each station that it leaves;
    `turnback_at_s` is the shortest stand after a trip by the station where it ends (empty: by direction);
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
    section_gap_longest_s: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    turnback_at_s: Mapping[str, int] = field(default_factory=dict)

    def gaps_longest_s(self, trip: Trip) -> tuple[int, ...]:
        """The longest headway before a trip at each station that it leaves."""
        return self.section_gap_longest_s.get(trip.trip_id, (self.gap_longest_s[trip.trip_id],) * len(trip.driving))

    def turnback_s(self, trip: Trip) -> int:
        """The shortest stand after a trip."""
        by_direction = self.turnback_shortest_s[DIRECTIONS.index(trip.direction)]
        return self.turnback_at_s.get(trip.stations[-1], by_direction)


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
        turnback_at_s={name: int(terminal.turnback_s) for name, terminal in scenario.terminals.items()},
    )


def departure_windows(scenario: Scenario, baseline: Timetable) -> dict[str, tuple[int, int]]:
    """Earliest and latest departure of every trip at equal service; first and last trips do not move."""
    policy = scenario.policy.departure_window_s
    windows: dict[str, tuple[int, int]] = {}
    for direction in DIRECTIONS:
        trips = _from_the_terminal(scenario, direction, baseline.of(direction))
        for index, (left_s, trip) in enumerate(trips):
            if index in (0, len(trips) - 1):
                windows[trip.trip_id] = (trip.start_s, trip.start_s)
                continue
            half = (left_s - trips[index - 1][0]) // 2
            reach = half if policy is None else min(half, int(policy))
            windows[trip.trip_id] = (trip.start_s - reach, trip.start_s + reach)
    return windows


def _from_the_terminal(scenario: Scenario, direction: Direction, trips: Sequence[Trip]) -> list[tuple[int, Trip]]:
    """Trips in the order in which they would have left the end of the line, run as today, with that departure."""
    order = [station.id for station in scenario.stations_in_order(direction)]
    after_s = station_offsets_s(scenario, direction)
    left = [(trip.start_s - after_s[order.index(trip.stations[0])], trip) for trip in trips]
    return sorted(left, key=lambda one: one[0])


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
        order = [station.id for station in scenario.stations_in_order(direction)]
        per_hour = loads.boardings_per_hour[direction]
        known = bool(per_hour.any())
        rates = {trip.trip_id: [0.0 if known else 1.0] * len(trip.driving) for trip in baseline.of(direction)}
        if known:
            for (ahead, trip), places in baseline.neighbours(direction).items():
                for place_ahead, place in places:
                    station = order.index(trip.stations[place])
                    span = np.array([ahead.departure_s[place_ahead], trip.departure_s[place]], dtype=np.float64)
                    came = cumulative_passengers(loads.time_bin_s, per_hour[:, station], span)
                    rates[trip.trip_id][place] = float(came[1] - came[0]) / max(span[1] - span[0], 1)
        arrivals |= {name: tuple(of_trip) for name, of_trip in rates.items()}
    return arrivals
