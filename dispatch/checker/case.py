"""The input of the checker: a finished plan, the scenario and the timetable in force; nothing from the solvers."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from dispatch.checker.known import Known
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.train import TrainType
from scenarios.values.demand import section_loads
from scenarios.values.headway_periods import headway_starts_s
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.values.travel import Travel

MOST_COUNTS = 500_000
"""Counts of passengers that are kept; a day of 368 trips has 10,000, and one of 2,600 trips 150,000."""


@dataclass(frozen=True, eq=False)
class CheckCase:
    """The case of the checker.

    `baseline` is the timetable in force; `shortest` gives the minimum running times of all train types of the fleet.
    `known` is shared by the cases of one scenario and one timetable in force, for example those of an editor.
    """

    plan: Plan
    scenario: Scenario
    baseline: Timetable
    shortest: ShortestTimes
    known: Known = field(default_factory=Known)

    @cached_property
    def fleet_types(self) -> frozenset[str]:
        """Names of the train types of the fleet; with several types, the sentences contain the type."""
        return frozenset(part.train_type for part in self.scenario.fleet)

    def type_name_of(self, trip: Trip) -> str:
        """Name of the train type of a trip's vehicle; the main type if the vehicle is not in the fleet."""
        name = self.plan.vehicles.get(trip.vehicle, "")
        return name if name in self.fleet_types else self.scenario.main_train_type

    def train_type_of(self, trip: Trip) -> TrainType:
        """The train type of a trip's vehicle; the main type if the vehicle is not in the fleet."""
        return self.scenario.train_types[self.type_name_of(trip)]

    def ato_levels_of(self, trip: Trip) -> frozenset[str]:
        """Names of the ATO levels of the trip's vehicle."""
        return frozenset(level.name for level in self.train_type_of(trip).ato_levels)

    @cached_property
    def line(self) -> Mapping[Direction, tuple[str, ...]]:
        """Station ids in order of travel; up is the direction of increasing chainage."""
        up = tuple(station.id for station in sorted(self.scenario.stations, key=lambda station: station.chainage_m))
        return {"up": up, "down": up[::-1]}

    @cached_property
    def terminals(self) -> frozenset[str]:
        """Stations where trains may turn."""
        return frozenset(self.scenario.terminals)

    @cached_property
    def sound_trips(self) -> tuple[Trip, ...]:
        """The trips with a valid form, for all other rules; only the rules of form report the other trips."""
        return tuple(trip for trip in self.plan.timetable.trips if self.is_sound(trip))

    def is_sound(self, trip: Trip) -> bool:
        """Whether lengths agree, the direction is known, and the stations are neighbours in order of travel."""
        count = len(trip.stations)
        lengths = (len(trip.arrival_s), len(trip.departure_s), len(trip.driving) + 1, len(trip.passengers) + 1)
        if count < 2 or trip.direction not in DIRECTIONS or any(length != count for length in lengths):
            return False
        if not all(math.isfinite(time) for time in (*trip.arrival_s, *trip.departure_s)):
            return False
        return self.first_section(trip) is not None

    def first_section(self, trip: Trip) -> int | None:
        """Index in order of travel of the trip's first section; None if its stations are not neighbours."""
        order = self.line[trip.direction]
        if trip.stations[0] not in order:
            return None
        start = order.index(trip.stations[0])
        return start if order[start : start + len(trip.stations)] == trip.stations else None

    def in_order(self, direction: Direction, timetable: Timetable | None = None) -> tuple[Trip, ...]:
        """Trips of one direction by departure (trips with a valid form of the plan, unless a timetable is given)."""
        if timetable is self.baseline:
            return self.known.once(("in order", direction), lambda: _in_order(direction, timetable.trips))
        return _in_order(direction, self.sound_trips if timetable is None else timetable.trips)

    def calls(self, direction: Direction, timetable: Timetable | None = None) -> Mapping[str, list["Call"]]:
        """For each station of one direction, the trains that stop there, by departure (last station: by arrival)."""
        if timetable is None:
            return self._calls_of_plan.once(direction, lambda: self._calls(direction, None))
        if timetable is self.baseline:
            return self.known.once(("calls", direction), lambda: self._calls(direction, timetable))
        return self._calls(direction, timetable)

    @cached_property
    def _calls_of_plan(self) -> Known:
        """The calls of the plan by direction."""
        return Known()

    def _calls(self, direction: Direction, timetable: Timetable | None) -> Mapping[str, list["Call"]]:
        calls: dict[str, list[Call]] = {station: [] for station in self.line[direction]}
        for trip in self.in_order(direction, timetable):
            for index, station in enumerate(trip.stations):
                calls[station].append(Call(trip, index, trip.arrival_s[index], trip.departure_s[index]))
        for at_station in calls.values():
            at_station.sort(key=lambda call: (call.departure_s, call.arrival_s, call.trip.trip_id))
        return calls

    @cached_property
    def paired(self) -> Mapping[Direction, tuple[tuple[Trip, Trip], ...]]:
        """For each direction, the plan's trips with the corresponding trips in force, by departure of the latter.

        A trip corresponds to the trip in force with the same name; trips with other names correspond to the remaining
        trips in force in order of departure.
        """
        return {direction: tuple(self._pairs(direction)) for direction in DIRECTIONS}

    def _pairs(self, direction: Direction) -> Iterator[tuple[Trip, Trip]]:
        planned, in_force = self.in_order(direction), self.in_order(direction, self.baseline)
        named = {trip.trip_id: trip for trip in in_force}
        # If two trips have the same name (a rule of form reports this), the first one counts.
        by_name: dict[str, Trip] = {}
        others: list[Trip] = []
        for trip in planned:
            if trip.trip_id in named and trip.trip_id not in by_name:
                by_name[trip.trip_id] = trip
            else:
                others.append(trip)
        rest = iter(others)
        for trip in in_force:
            stands_for_it = by_name.get(trip.trip_id) or next(rest, None)
            if stands_for_it is not None:
                yield stands_for_it, trip

    @cached_property
    def periods(self) -> Mapping[Direction, tuple[tuple[int, int], ...]]:
        """For each direction, the headway periods (from, to) of the timetable in force, without gaps.

        Without periods in the scenario, they are found from the departures in force.
        """
        return self.known.once("periods", self._periods)

    def _periods(self) -> Mapping[Direction, tuple[tuple[int, int], ...]]:
        result: dict[Direction, tuple[tuple[int, int], ...]] = {}
        for direction in DIRECTIONS:
            starts = list(headway_starts_s(self.scenario, direction)) or [0]
            result[direction] = tuple(zip(starts, [*starts[1:], 48 * 3600], strict=True))
        return result

    def headway_in_table_s(self, direction: Direction, time_s: float) -> float | None:
        """The headway of the table in force at a time; None without a table."""
        for row in self.scenario.timetable.periods or ():
            if row.direction in (direction, "both") and row.from_s <= time_s < row.to_s:
                return float(row.headway_s)
        return None

    def period_of(self, direction: Direction, time_s: float) -> int:
        """Index of the period of a departure; before the first period, the first period."""
        return max(bisect_right(self._period_starts_s[direction], time_s) - 1, 0)

    @cached_property
    def _period_starts_s(self) -> Mapping[Direction, list[int]]:
        return {direction: [start for start, _ in self.periods[direction]] for direction in DIRECTIONS}

    def period_of_trip(self, trip: Trip) -> int:
        """Index of the period of a trip; at equal service, that of the corresponding trip in force."""
        return self._periods_of_trips.once(
            (trip.trip_id, trip.direction, trip.start_s),
            lambda: self.period_of(trip.direction, self._starts_in_force_s.get(trip.trip_id, trip.start_s)),
        )

    @cached_property
    def _periods_of_trips(self) -> Known:
        return Known()

    @cached_property
    def _starts_in_force_s(self) -> Mapping[str, int]:
        """Departure of the corresponding trip in force by trip of the plan; empty if the headways are new."""
        if self.plan.mode != "equal-service":
            return {}
        pairs = (pair for direction in DIRECTIONS for pair in self.paired[direction])
        return {planned.trip_id: in_force.start_s for planned, in_force in pairs}

    @cached_property
    def demand(self) -> "Demand":
        """The passengers of the scenario."""
        return self.known.once("demand", self._demand)

    def _demand(self) -> "Demand":
        loads = section_loads(self.scenario)
        return Demand(
            edges_s=tuple(float(edge) for edge in loads.time_bin_s),
            section_per_hour={d: [[float(x) for x in row] for row in loads.passengers_per_hour[d]] for d in DIRECTIONS},
            boarding_per_hour={d: [[float(x) for x in row] for row in loads.boardings_per_hour[d]] for d in DIRECTIONS},
        )

    @cached_property
    def travel(self) -> Travel:
        """The passengers of the scenario by origin and destination."""
        return self.known.once("travel", lambda: Travel.of(self.scenario))

    def able_to_take(self, direction: Direction, timetable: Timetable | None = None) -> Sequence["Riders"]:
        """Passengers of one direction in groups that can take the same trips to their destination."""
        trips = self.in_order(direction, timetable)
        order = self.line[direction]
        spans = {trip.trip_id: (order.index(trip.stations[0]), order.index(trip.stations[-1])) for trip in trips}
        everyone = frozenset(spans)
        if all(span == (0, len(order) - 1) for span in spans.values()):
            return (Riders(everyone, self.demand),)
        pairs: dict[frozenset[str], list[tuple[int, int]]] = {}
        for start in range(len(order)):
            for end in range(start + 1, len(order)):
                able = frozenset(name for name, (first, last) in spans.items() if first <= start and end <= last)
                pairs.setdefault(able, []).append((start, end))
        found = []
        for able, served in pairs.items():
            mask = np.zeros((len(order), len(order)), dtype=np.bool_)
            for start, end in served:
                mask[start, end] = True
            part = self.travel.part(direction, mask)
            passing, boarding = (
                {direction: rows.tolist()} for rows in (part.passengers_per_hour, part.boardings_per_hour)
            )
            found.append(Riders(able, Demand(self.demand.edges_s, passing, boarding)))
        return tuple(found)


def _in_order(direction: Direction, trips: Sequence[Trip]) -> tuple[Trip, ...]:
    return tuple(sorted((trip for trip in trips if trip.direction == direction), key=lambda t: (t.start_s, t.trip_id)))


@dataclass(frozen=True)
class Riders:
    """A group of passengers who can take the same trips."""

    trips: frozenset[str]
    demand: "Demand"


@dataclass(frozen=True)
class Call:
    """One train at one station."""

    trip: Trip
    index: int
    arrival_s: int
    departure_s: int


@dataclass(frozen=True)
class Demand:
    """Passengers an hour, constant within each time bin: `[direction][bin][section]` in order of travel.

    `boarding_per_hour[direction][bin][station]` belongs to the same station order.
    """

    edges_s: tuple[float, ...]
    section_per_hour: Mapping[Direction, Sequence[Sequence[float]]]
    boarding_per_hour: Mapping[Direction, Sequence[Sequence[float]]]
    _counts: dict[tuple[bool, Direction, int, float, float], float] = field(
        default_factory=dict, repr=False, compare=False
    )

    def passing(self, direction: Direction, section: int, from_s: float, to_s: float) -> float:
        """Passengers for one section between two times."""
        return self._count(False, direction, section, from_s, to_s)

    def boarding(self, direction: Direction, station: int, from_s: float, to_s: float) -> float:
        """Passengers who arrive at one station between two times."""
        return self._count(True, direction, station, from_s, to_s)

    def _count(self, boards: bool, direction: Direction, column: int, from_s: float, to_s: float) -> float:
        """A count that is kept: after an edit of one trip, nearly all gaps between trains are those of before."""
        key = boards, direction, column, from_s, to_s
        found = self._counts.get(key)
        if found is None:
            if len(self._counts) >= MOST_COUNTS:
                self._counts.clear()
            per_hour = self.boarding_per_hour if boards else self.section_per_hour
            found = self._counts[key] = self._between(per_hour[direction], column, from_s, to_s)
        return found

    def _between(self, per_hour: Sequence[Sequence[float]], column: int, from_s: float, to_s: float) -> float:
        total = 0.0
        for index in range(max(bisect_right(self.edges_s, from_s) - 1, 0), len(self.edges_s) - 1):
            overlap = min(to_s, self.edges_s[index + 1]) - max(from_s, self.edges_s[index])
            if overlap <= 0.0:
                break
            total += overlap * per_hour[index][column] / 3600.0
        return total
