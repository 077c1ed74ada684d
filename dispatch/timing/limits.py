"""The rules of equal service as numbers for the search, from the scenario and the timetable to improve."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from dispatch.plans.fixed import NOTHING_FIXED, FixedService
from dispatch.plans.loads import cumulative_passengers
from dispatch.plans.terminal_occupancy import TerminalRoom, terminal_rooms
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.load_limits import gaps_by_load_s
from dispatch.timing.periods import SAME_CHANGE_S
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.demand import section_loads
from scenarios.values.headway_periods import headway_starts_s, period_number, periods_today

SINGLE_GAP_SHARE = 0.30
"""A single gap may exceed the longest one of its period today by this share, as the rules of equal service have it."""

RESERVE_SHARE = 4 / 3
"""Reserve of a dwell above its minimum in standard deviations of dwell noise that accumulates. Of the skewed deviations
(shape 0.5, see docs/simulation.md), one in a hundred is earlier than that."""

NEVER_S = 10**9


@dataclass(frozen=True, eq=False)
class TimingLimits:
    """The rules of the search: limits of dwells, turnbacks, headways and departures, and the weights of waiting.

    `dwell_span_s` has, by direction, shortest and longest dwell of each intermediate station in order of travel;
    `window_s` maps a trip to its earliest and latest departure, `gap_longest_s` to the longest headway before it, and
    `section_gap_longest_s`, where trips turn on the way or differ, to that at each station that it leaves;
    `turnback_at_s` is the shortest stand after any trip by the station where it ends (empty: by direction), and
    `turnback_of_s` that after a trip whose turnback depends on its arrival;
    `period_starts_s` is when the headway changes (empty: read off the timetable), and `period_number` the headway
    period of each trip in its direction, in which trips may share patterns;
    `arrivals_per_s[trip]` are the passengers who come each second to wait for each departure of the trip.
    `dwell_to_run_s` is how much of a trip's standing may become running; `longer_s` by how much a trip may become
    longer from end to end, running while its vehicle stood at the terminal. `fixed` is what the planner fixed.
    Departures from the first station are multiples of `departure_grid_s`, dwells of `dwell_grid_s`. `rooms` are the
    tracks of the terminals (empty: there is always room).
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
    stand_auxiliary_s: int
    stand_fallback_s: int
    fixed: FixedService = NOTHING_FIXED
    longer_s: int = 0
    section_gap_longest_s: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    turnback_at_s: Mapping[str, int] = field(default_factory=dict)
    turnback_of_s: Mapping[str, int] = field(default_factory=dict)
    arrival_span_s: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    period_number: Mapping[str, int] = field(default_factory=dict)
    departure_grid_s: int = 1
    dwell_grid_s: int = 1
    rooms: Mapping[str, TerminalRoom] = field(default_factory=dict)

    @property
    def holds_times(self) -> bool:
        """Whether fixes or grids restrict departures, dwells or running times."""
        return self.fixed.holds_times or self.departure_grid_s > 1 or self.dwell_grid_s > 1

    def gaps_longest_s(self, trip: Trip) -> tuple[int, ...]:
        """The longest headway before a trip at each station of its departures."""
        return self.section_gap_longest_s.get(trip.trip_id, (self.gap_longest_s[trip.trip_id],) * len(trip.driving))

    def turnback_s(self, trip: Trip) -> int:
        """The shortest stand after a trip."""
        by_direction = self.turnback_shortest_s[DIRECTIONS.index(trip.direction)]
        own = self.turnback_of_s.get(trip.trip_id)
        return self.turnback_at_s.get(trip.stations[-1], by_direction) if own is None else own


def equal_service_limits(
    scenario: Scenario,
    baseline: Timetable,
    auxiliary_w: float,
    windows_s: Mapping[str, tuple[int, int]] | None = None,
) -> TimingLimits:
    """Rules for the same trips: waiting, one-way times and total dwells not longer, first and last trains unchanged.

    A departure may move by half the gap to the train ahead, or less with a narrower window of the policy or of
    `windows_s` (earliest and latest departure by trip).
    """
    turnbacks = tuple(
        min(scenario.terminals[scenario.stations_in_order(direction)[-1].id].turnbacks_s) for direction in DIRECTIONS
    )
    window = departure_windows(scenario, baseline)
    arrival_span_s = _apart_where_trips_turn(scenario, baseline, window)
    gap_longest_s = _longest_gaps(scenario, baseline)
    for trip_id, (earliest, latest) in (windows_s or {}).items():
        window[trip_id] = (max(window[trip_id][0], earliest), min(window[trip_id][1], latest))
    load_gaps_s = gaps_by_load_s(scenario, baseline, window)
    return TimingLimits(
        dwell_span_s={direction: _dwell_spans(scenario, baseline, direction) for direction in DIRECTIONS},
        turnback_shortest_s=(turnbacks[0], turnbacks[1]),
        headway_shortest_s=int(scenario.signalling.minimum_headway_s),
        window_s=window,
        gap_longest_s=gap_longest_s,
        section_gap_longest_s=_within_load(gap_longest_s, _gaps_beyond(gap_longest_s, baseline), load_gaps_s),
        period_starts_s=_period_starts_s(scenario),
        arrivals_per_s=_arrivals(scenario, baseline),
        dwell_to_run_s=int(scenario.policy.standing_to_running_s),
        vehicles_most=len(baseline.vehicles),
        auxiliary_w=auxiliary_w,
        stand_auxiliary_s=scenario.operation.powered_stand_s,
        stand_fallback_s=scenario.operation.shut_down_after_s,
        turnback_at_s={name: min(terminal.turnbacks_s) for name, terminal in scenario.terminals.items()},
        turnback_of_s=_turnbacks_s(scenario, baseline, window),
        arrival_span_s=arrival_span_s,
        period_number=_period_numbers(scenario, baseline),
        rooms=terminal_rooms(scenario),
    )


def _dwell_spans(scenario: Scenario, baseline: Timetable, direction: Direction) -> tuple[tuple[int, int], ...]:
    """Shortest and longest dwell of the stations between the terminals, in order of travel.

    Where deviations accumulate, an early train waits for its minimum dwell, but a late train does not leave earlier:
    at a dwell without reserve above the minimum, the mean trip takes longer than planned. The shortest dwells then keep
    `RESERVE_SHARE` of the deviation as a reserve, or what the timetable in force keeps if that is less.
    """
    noise = scenario.disturbances
    reserve_s = math.ceil(RESERVE_SHARE * noise.dwell_noise_s) if noise.dwell_noise_accumulates else 0
    today_s: dict[str, int] = {}
    if reserve_s:
        for trip in baseline.of(direction):
            for name, dwell_s in zip(trip.stations[1:-1], trip.dwells_s, strict=True):
                today_s[name] = min(dwell_s, today_s.get(name, dwell_s))
    spans: list[tuple[int, int]] = []
    for station in scenario.stations_in_order(direction)[1:-1]:
        least_s, most_s = int(station.minimum_dwell_s), int(station.maximum_dwell_s)
        kept_s = min(least_s + reserve_s, today_s.get(station.id, least_s))
        spans.append((max(least_s, kept_s), most_s))
    return tuple(spans)


def _turnbacks_s(scenario: Scenario, baseline: Timetable, window_s: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """The longest turnback of each trip whose turnback depends on its arrival, over the arrivals of its window."""
    found: dict[str, int] = {}
    for trip in baseline.trips:
        terminal = scenario.terminals[trip.stations[-1]]
        if terminal.turnback_periods:
            earliest, latest = (trip.end_s + time_s - trip.start_s for time_s in window_s[trip.trip_id])
            borders = (time_s for period in terminal.turnback_periods for time_s in (period.from_s, period.to_s))
            times = (earliest, latest, *(time_s for time_s in borders if earliest <= time_s <= latest))
            found[trip.trip_id] = max(terminal.turnback_at_s(time_s, trip.direction) for time_s in times)
    return found


def _period_numbers(scenario: Scenario, baseline: Timetable) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for direction in DIRECTIONS:
        periods = periods_today(scenario, direction)
        numbers |= {trip.trip_id: period_number(periods, trip.start_s) for trip in baseline.of(direction)}
    return numbers


def _period_starts_s(scenario: Scenario) -> tuple[int, ...]:
    """Starts of the headway periods of both directions; where they are found from the departures, the directions share
    a border if both change their headway within `SAME_CHANGE_S`."""
    starts = sorted({start for direction in DIRECTIONS for start in headway_starts_s(scenario, direction)})
    if scenario.timetable.periods:
        return tuple(starts)
    merged: list[int] = []
    for start in starts:
        if not merged or start - merged[-1] > SAME_CHANGE_S:
            merged.append(start)
    return tuple(merged)


def departure_windows(scenario: Scenario, baseline: Timetable) -> dict[str, tuple[int, int]]:
    """Earliest and latest departure of every trip at equal service: half the gap to the train ahead at its first
    station. The first and the last train of a station do not move."""
    policy = scenario.policy.departure_window_s
    windows: dict[str, tuple[int, int]] = {}
    for direction in DIRECTIONS:
        for calling in baseline.calls(direction).values():
            times = [trip.departure_s[place] for trip, place in calling]
            for index, (trip, place) in enumerate(calling):
                if place > 0:
                    continue
                is_fixed = index in (0, len(calling) - 1)
                half = 0 if is_fixed else (times[index] - times[index - 1]) // 2
                reach = half if policy is None else min(half, int(policy))
                windows[trip.trip_id] = (trip.start_s - reach, trip.start_s + reach)
    return windows


def _apart_where_trips_turn(
    scenario: Scenario, baseline: Timetable, window: dict[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Earliest and latest arrival of trips that end where another trip of their direction begins, one after the other.

    Such trips run no section together, but keep the minimum headway at the station: each may use half of the time that
    they have beyond it today. Narrows the windows of the trips that begin.
    """
    shortest = int(scenario.signalling.minimum_headway_s)
    spans: dict[str, tuple[int, int]] = {}
    for direction in DIRECTIONS:
        at: dict[str, list[tuple[int, Trip, bool, bool]]] = {}
        for trip in baseline.of(direction):
            last = len(trip.stations) - 1
            for place, station in enumerate(trip.stations):
                at.setdefault(station, []).append((trip.departure_s[place], trip, place == 0, place == last))
        for calls in at.values():
            calls.sort(key=lambda call: (call[0], call[1].trip_id))
            for (before_s, ahead, begins_ahead, ends_ahead), (time_s, trip, begins, ends) in pairwise(calls):
                room = max(time_s - before_s - shortest, 0)
                if ends_ahead and begins:
                    _narrow(spans, ahead, latest=before_s + room // 2)
                    window[trip.trip_id] = (max(window[trip.trip_id][0], time_s - room // 2), window[trip.trip_id][1])
                elif begins_ahead and ends:
                    _narrow(spans, trip, earliest=time_s - room // 2)
                    low, high = window[ahead.trip_id]
                    window[ahead.trip_id] = (low, min(high, before_s + room // 2))
    return spans


def _narrow(spans: dict[str, tuple[int, int]], trip: Trip, earliest: int = -NEVER_S, latest: int = NEVER_S) -> None:
    low, high = spans.get(trip.trip_id, (-NEVER_S, NEVER_S))
    spans[trip.trip_id] = (max(low, earliest), min(high, latest))


def _longest_gaps(scenario: Scenario, baseline: Timetable) -> dict[str, int]:
    """Longest headway before each trip.

    It is that of the policy, or today's headway if that is longer, but at most `SINGLE_GAP_SHARE` above the longest gap
    or the headway of the period. A gap over the border of two periods belongs to both.
    """
    policy = int(scenario.policy.longest_headway_s)
    longest: dict[str, int] = {}
    for direction in DIRECTIONS:
        of_gap = _single_gap_limits(scenario, direction, baseline.of(direction))
        for calling in baseline.calls(direction).values():
            for index, (trip, place) in enumerate(calling):
                if place == 0:
                    ahead, at = calling[index - 1]
                    today = trip.start_s - ahead.departure_s[at] if index else policy
                    longest[trip.trip_id] = min(max(policy, today), of_gap.get(trip.trip_id, policy + today))
    return longest


def _gaps_beyond(longest: Mapping[str, int], baseline: Timetable) -> dict[str, tuple[int, ...]]:
    """Longest headways by station for trips that are further behind the train ahead at some station today, because
    their times differ from those of that train."""
    found: dict[str, tuple[int, ...]] = {}
    for direction in DIRECTIONS:
        today: dict[str, list[int]] = {}
        for (ahead, trip), places in baseline.neighbours(direction).items():
            gaps = today.setdefault(trip.trip_id, [0] * len(trip.driving))
            for place_ahead, place in places:
                gaps[place] = trip.departure_s[place] - ahead.departure_s[place_ahead]
        for name, gaps in today.items():
            if max(gaps) > longest[name]:
                found[name] = tuple(max(gap, longest[name]) for gap in gaps)
    return found


def _within_load(
    longest: Mapping[str, int], by_section: dict[str, tuple[int, ...]], load_gaps_s: Mapping[str, Sequence[float]]
) -> dict[str, tuple[int, ...]]:
    """The longest headways by station, with shorter ones for trips that would carry too many passengers."""
    found = dict(by_section)
    for name, by_load in load_gaps_s.items():
        gaps = by_section.get(name, (longest[name],) * len(by_load))
        if any(load < gap for load, gap in zip(by_load, gaps, strict=True)):
            found[name] = tuple(int(min(load, gap)) for load, gap in zip(by_load, gaps, strict=True))
    return found


def _single_gap_limits(scenario: Scenario, direction: Direction, trips: Sequence[Trip]) -> dict[str, int]:
    """Longest gap before each trip that follows another one from the first station of the line."""
    first = scenario.stations_in_order(direction)[0].id
    starts = headway_starts_s(scenario, direction)
    leaving = [trip for trip in trips if trip.stations[0] == first]
    period = [max(bisect_right(starts, trip.start_s) - 1, 0) for trip in leaving]
    usual: dict[int, int] = dict.fromkeys(period, 0)
    for row in scenario.timetable.periods or ():
        if row.direction in (direction, "both") and row.from_s in starts:
            usual[starts.index(row.from_s)] = row.headway_s
    for k in range(1, len(leaving)):
        if period[k] == period[k - 1]:
            usual[period[k]] = max(usual[period[k]], leaving[k].start_s - leaving[k - 1].start_s)
    return {
        leaving[k].trip_id: int(
            (1.0 + SINGLE_GAP_SHARE)
            * max(leaving[k].start_s - leaving[k - 1].start_s, usual[period[k]], usual[period[k - 1]])
        )
        for k in range(1, len(leaving))
    }


def _arrivals(scenario: Scenario, baseline: Timetable) -> dict[str, tuple[float, ...]]:
    """Passengers per second who arrive for each departure of each trip in the given timetable; 1 without demand."""
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
