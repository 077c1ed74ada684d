"""Passengers on board over the day, in one form for all forms of demand.

A passenger who enters at a station in an interval passes the later sections after the running times and dwells of the
timetable in force. Waiting on the platform is not included, because the plan decides the headways.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from energy_models.arrays import FloatArray, frozen_floats
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.scenario import Scenario
from scenarios.values.demand_forms import journeys_of_form, time_spans
from scenarios.values.station_times import station_times


@dataclass(frozen=True, eq=False)
class SectionLoads:
    """Flows of passengers by clock time, for each direction; rates in passengers an hour, never negative.

    `time_bin_s` has one more entry (edges, s from midnight of the service day) than the arrays have rows.
    `passengers_per_hour[direction][bin, section]` passes the beginning of that section, sections in order of travel;
    `boardings_per_hour` and `alightings_per_hour[direction][bin, station]` likewise, stations in order of travel.
    """

    time_bin_s: FloatArray
    passengers_per_hour: Mapping[Direction, FloatArray]
    boardings_per_hour: Mapping[Direction, FloatArray]
    alightings_per_hour: Mapping[Direction, FloatArray]

    def at(self, direction: Direction, section: int, time_s: float) -> float:
        """Passengers an hour over a section at a time; 0 outside the table."""
        row = int(np.searchsorted(self.time_bin_s, time_s, side="right")) - 1
        table = self.passengers_per_hour[direction]
        return float(table[row, section]) if 0 <= row < len(table) else 0.0


@dataclass(frozen=True, eq=False)
class Journeys:
    """Passengers by origin, destination and time of entry, for each direction; passengers an hour.

    `per_hour[direction][bin, origin, destination]` enter at a station to leave at another one, stations in order of
    travel; `time_bin_s` has one more entry (edges, s from the service day's midnight) than there are bins.
    """

    time_bin_s: FloatArray
    per_hour: Mapping[Direction, FloatArray]


def journeys(scenario: Scenario) -> Journeys | None:
    """The passengers by origin and destination; None if the demand of the scenario has another form."""
    if not scenario.demand.has_destinations:
        return None
    clock = clock_of(scenario)
    table = journeys_of_table(scenario, clock)
    last = int(np.flatnonzero(table.any(axis=(1, 2))).max(initial=0)) + 1
    edges = clock.first_s + clock.step_s * np.arange(last + 1)
    rates = table[:last] * (3600.0 / clock.step_s)
    ordered = {"up": np.triu(rates, 1), "down": np.triu(rates[:, ::-1, ::-1], 1)}
    return Journeys(frozen_floats(edges), {d: frozen_floats(ordered[d]) for d in DIRECTIONS})


@dataclass(frozen=True)
class BusiestSection:
    """The section and time with the largest flow of passengers."""

    passengers_per_hour: float
    direction: Direction
    departure_station: str
    arrival_station: str
    from_s: int


def section_loads(scenario: Scenario) -> SectionLoads:
    """Flows over sections and at stations from the demand table of the scenario."""
    demand = scenario.demand
    if demand.section_loads is not None:
        return _from_section_loads(scenario)
    if demand.station_counts is not None:
        return _from_station_counts(scenario)
    return _from_journeys(scenario)


def busiest_section(scenario: Scenario) -> BusiestSection:
    """The section, direction and interval with the largest flow."""
    loads = section_loads(scenario)
    best = BusiestSection(0.0, "up", scenario.stations[0].id, scenario.stations[1].id, int(loads.time_bin_s[0]))
    for direction in DIRECTIONS:
        table = loads.passengers_per_hour[direction]
        row, section = (int(index) for index in np.unravel_index(int(table.argmax()), table.shape))
        if table[row, section] > best.passengers_per_hour:
            here, there = scenario.stations_in_order(direction)[section : section + 2]
            best = BusiestSection(float(table[row, section]), direction, here.id, there.id, int(loads.time_bin_s[row]))
    return best


def departure_offsets_s(scenario: Scenario, direction: Direction) -> FloatArray:
    """Time from the terminal's departure to each station's departure, in order of travel, timetable in force.

    For the last station, the time of the arrival.
    """
    return frozen_floats([float(after_s) for after_s in station_times(scenario, direction).departure_s])


@dataclass(frozen=True)
class DemandClock:
    """The intervals of the result: those of the table, and more until the last passengers have arrived."""

    first_s: float
    step_s: float
    bins: int

    def spread(self, from_s: float, to_s: float) -> FloatArray:
        """Share of a constant flow over a time span in each interval."""
        edges = self.first_s + self.step_s * np.arange(self.bins + 1)
        overlap = np.minimum(edges[1:], to_s) - np.maximum(edges[:-1], from_s)
        return np.asarray(np.maximum(overlap, 0.0) / (to_s - from_s))

    def later(self, flow: FloatArray, delay_s: float) -> FloatArray:
        """The same flow at a later time; the passengers of an interval are spread evenly over the interval."""
        whole, part = divmod(delay_s / self.step_s, 1.0)
        shifted = np.zeros(self.bins)
        for lag, share in ((int(whole), 1.0 - part), (int(whole) + 1, part)):
            if lag < self.bins and share > 0:
                shifted[lag:] += share * flow[: self.bins - lag]
        return shifted


def clock_of(scenario: Scenario) -> DemandClock:
    """The intervals from the first passengers until the last ones have arrived."""
    demand = scenario.demand
    tables = demand.origin_destination or demand.station_counts or demand.section_loads or ()
    step = demand.interval_s
    spans = [*time_spans(demand), *((row.from_s, row.to_s) for row in demand.extra)]
    begins = [row.from_s for row in tables] + [begin_s for begin_s, _ in spans]
    ends = [row.from_s + step for row in tables] + [end_s for _, end_s in spans]
    first = min(begins, default=0) // step * step
    travel = max(float(departure_offsets_s(scenario, direction)[-1]) for direction in DIRECTIONS)
    bins = int(np.ceil((max(ends, default=step) + travel - first) / step)) + 1
    return DemandClock(float(first), float(step), bins)


def journeys_of_table(scenario: Scenario, clock: DemandClock) -> FloatArray:
    """Passengers by interval of entry, origin and destination (positions by rising chainage)."""
    demand = scenario.demand
    place = {station.id: position for position, station in enumerate(scenario.stations)}
    journeys = journeys_of_form(scenario, clock.spread, clock.bins)
    table = demand.origin_destination or ()
    if table:
        rows = np.array([int((row.from_s - clock.first_s) // clock.step_s) for row in table])
        origins, destinations = (
            np.array([place[getattr(row, end)] for row in table]) for end in ("origin", "destination")
        )
        np.add.at(journeys, (rows, origins, destinations), [row.passengers for row in table])
    if demand.has_destinations:
        journeys *= _to_daily_total(scenario, float(journeys.sum()))
    for extra in demand.extra:
        flow = clock.spread(extra.from_s, extra.to_s) * extra.passengers
        journeys[:, place[extra.origin], place[extra.destination]] += flow
    return np.asarray(journeys * demand.scale)


def _to_daily_total(scenario: Scenario, total: float) -> float:
    asked = scenario.demand.passengers_per_day
    return asked / total if asked and total else 1.0


def assigned(
    scenario: Scenario, clock: DemandClock, journeys: FloatArray, direction: Direction
) -> tuple[FloatArray, ...]:
    """Sections, boardings and alightings of the journeys of one direction, as counts by interval."""
    ordered = journeys if direction == "up" else journeys[:, ::-1, ::-1]
    offsets = departure_offsets_s(scenario, direction)
    stations = len(offsets)
    sections, alightings = np.zeros((clock.bins, stations - 1)), np.zeros((clock.bins, stations))
    boardings = np.zeros((clock.bins, stations))
    for origin in range(stations - 1):
        boardings[:, origin] = ordered[:, origin, origin + 1 :].sum(axis=1)
        for section in range(origin, stations - 1):
            beyond = ordered[:, origin, section + 1 :].sum(axis=1)
            sections[:, section] += clock.later(beyond, offsets[section] - offsets[origin])
            there = ordered[:, origin, section + 1]
            alightings[:, section + 1] += clock.later(there, offsets[section + 1] - offsets[origin])
    return sections, boardings, alightings


def _from_journeys(scenario: Scenario) -> SectionLoads:
    clock = clock_of(scenario)
    journeys = journeys_of_table(scenario, clock)
    return _as_rates(clock, {d: assigned(scenario, clock, journeys, d) for d in DIRECTIONS})


def _from_station_counts(scenario: Scenario) -> SectionLoads:
    """On board after a station = on board before it + boarding - alighting, each shifted by the time to the section."""
    clock, table = clock_of(scenario), scenario.demand.station_counts or ()
    scale = scenario.demand.scale * _to_daily_total(scenario, sum(row.boarding for row in table))
    extra = journeys_of_table(scenario, clock)
    flows = {}
    for direction in DIRECTIONS:
        place = {station.id: position for position, station in enumerate(scenario.stations_in_order(direction))}
        sections, boardings, alightings = assigned(scenario, clock, extra, direction)
        board, alight = np.zeros_like(boardings), np.zeros_like(alightings)
        for row in table:
            if row.direction == direction:
                interval = int((row.from_s - clock.first_s) // clock.step_s)
                board[interval, place[row.station]] += row.boarding * scale
                alight[interval, place[row.station]] += row.alighting * scale
        offsets = departure_offsets_s(scenario, direction)
        for section in range(len(place) - 1):
            for station in range(section + 1):
                net = board[:, station] - alight[:, station]
                sections[:, section] += clock.later(net, offsets[section] - offsets[station])
        flows[direction] = (sections, boardings + board, alightings + alight)
    return _as_rates(clock, flows)


def _from_section_loads(scenario: Scenario) -> SectionLoads:
    """Loads as given. Only the difference of boardings and alightings is known, so both are the smallest possible."""
    clock, table = clock_of(scenario), scenario.demand.section_loads or ()
    extra = journeys_of_table(scenario, clock)
    flows = {}
    for direction in DIRECTIONS:
        place = {station.id: position for position, station in enumerate(scenario.stations_in_order(direction))}
        sections, boardings, alightings = assigned(scenario, clock, extra, direction)
        given = np.zeros_like(sections)
        for row in table:
            if row.direction == direction:
                interval = int((row.from_s - clock.first_s) // clock.step_s)
                given[interval, place[row.departure_station]] += row.passengers * scenario.demand.scale
        change = np.diff(given, axis=1, prepend=0.0, append=0.0)
        flows[direction] = (
            sections + given,
            boardings + np.maximum(change, 0.0),
            alightings + np.maximum(-change, 0.0),
        )
    return _as_rates(clock, flows)


def _as_rates(clock: DemandClock, flows: Mapping[Direction, tuple[FloatArray, ...]]) -> SectionLoads:
    """Passengers per hour from counts, without empty intervals at the end."""
    used = [int(np.flatnonzero(table.any(axis=1)).max(initial=0)) + 1 for tables in flows.values() for table in tables]
    last, rate = max(used), 3600.0 / clock.step_s

    def rates(which: int) -> dict[Direction, FloatArray]:
        return {d: frozen_floats(np.maximum(tables[which][:last], 0.0) * rate) for d, tables in flows.items()}

    edges = frozen_floats(clock.first_s + clock.step_s * np.arange(last + 1))
    return SectionLoads(edges, rates(0), rates(1), rates(2))
