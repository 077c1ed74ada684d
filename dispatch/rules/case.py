"""What the checker judges: a finished plan, the scenario, the timetable in force; nothing from the solvers."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dispatch.plan import Plan
from dispatch.rules.shortest_times import ShortestTimes
from dispatch.timetable import DIRECTIONS, Direction, Timetable, Trip
from scenarios.demand import section_loads
from scenarios.schema import Scenario
from scenarios.schema.train import TrainType
from scenarios.travel import Travel

DEPOT_AFTER_S = 900
"""Where a terminal with a depot sets no longest turnback, a train that stands longer is taken there (assumed)."""


CLEARING_S = 45
"""After a train's departure its turnback track is not free for the next arrival for as long (assumed; in simulated days
of the Yizhuang line it takes 44 s from a departure until an arriving train need not brake for it)."""


@dataclass(frozen=True, eq=False)
class Case:
    """A plan before its judge.

    `baseline` is the timetable in force; `shortest` knows every train type of the fleet.
    """

    plan: Plan
    scenario: Scenario
    baseline: Timetable
    shortest: ShortestTimes

    @cached_property
    def fleet_types(self) -> frozenset[str]:
        """Names of the train types of the fleet; where there are several, a sentence says which one it is about."""
        return frozenset(part.train_type for part in self.scenario.fleet)

    def type_name_of(self, trip: Trip) -> str:
        """Name of the train type of a trip's vehicle; the main type where the plan names none of the fleet."""
        name = self.plan.vehicles.get(trip.vehicle, "")
        return name if name in self.fleet_types else self.scenario.main_train_type

    def train_type_of(self, trip: Trip) -> TrainType:
        """The train type of a trip's vehicle; the main type where the plan names none of the fleet."""
        return self.scenario.train_types[self.type_name_of(trip)]

    def ato_levels_of(self, trip: Trip) -> frozenset[str]:
        """Names of the ATO levels that the trip's vehicle has."""
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
        """The trips whose form allows every other rule to be asked: the rest is reported by the rules of form alone."""
        return tuple(trip for trip in self.plan.timetable.trips if self.is_sound(trip))

    def is_sound(self, trip: Trip) -> bool:
        """Lengths agree, the direction is known and the stations are neighbours of the line in order of travel."""
        count = len(trip.stations)
        lengths = (len(trip.arrival_s), len(trip.departure_s), len(trip.driving) + 1, len(trip.passengers) + 1)
        if count < 2 or trip.direction not in DIRECTIONS or any(length != count for length in lengths):
            return False
        if not all(math.isfinite(time) for time in (*trip.arrival_s, *trip.departure_s)):
            return False
        return self.first_section(trip) is not None

    def first_section(self, trip: Trip) -> int | None:
        """Index in order of travel of the trip's first section; None when its stations are not neighbours."""
        order = self.line[trip.direction]
        if trip.stations[0] not in order:
            return None
        start = order.index(trip.stations[0])
        return start if order[start : start + len(trip.stations)] == trip.stations else None

    def in_order(self, direction: Direction, timetable: Timetable | None = None) -> tuple[Trip, ...]:
        """Trips of one direction by departure (of the plan's sound trips unless a timetable is given)."""
        trips = self.sound_trips if timetable is None else timetable.trips
        return tuple(
            sorted((trip for trip in trips if trip.direction == direction), key=lambda t: (t.start_s, t.trip_id))
        )

    def calls(self, direction: Direction, timetable: Timetable | None = None) -> Mapping[str, list["Call"]]:
        """For each station of one direction the trains that call there, by departure (the last station: by arrival)."""
        calls: dict[str, list[Call]] = {station: [] for station in self.line[direction]}
        for trip in self.in_order(direction, timetable):
            for index, station in enumerate(trip.stations):
                calls[station].append(Call(trip, index, trip.arrival_s[index], trip.departure_s[index]))
        for at_station in calls.values():
            at_station.sort(key=lambda call: (call.departure_s, call.arrival_s, call.trip.trip_id))
        return calls

    @cached_property
    def paired(self) -> Mapping[Direction, tuple[tuple[Trip, Trip], ...]]:
        """For each direction the plan's trips beside those in force that they stand for, by departure of the latter.

        A trip stands for the one in force of its name; trips of other names for those that are left, in order of
        departure, as far as both go.
        """
        return {direction: tuple(self._pairs(direction)) for direction in DIRECTIONS}

    def _pairs(self, direction: Direction) -> Iterator[tuple[Trip, Trip]]:
        planned, in_force = self.in_order(direction), self.in_order(direction, self.baseline)
        named = {trip.trip_id: trip for trip in in_force}
        # Of two trips of one name, which a rule of form reports, the first has it.
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
        """For each direction the periods (from, to) of the headway table in force, without gaps.

        A timetable given by explicit departures has one period, the whole day.
        """
        result: dict[Direction, tuple[tuple[int, int], ...]] = {}
        for direction in DIRECTIONS:
            rows = self.scenario.timetable.periods or ()
            starts = sorted({row.from_s for row in rows if row.direction in (direction, "both")})
            starts = starts or [0]
            result[direction] = tuple(zip(starts, [*starts[1:], 48 * 3600], strict=True))
        return result

    def headway_in_table_s(self, direction: Direction, time_s: float) -> float | None:
        """The headway that the table in force shows at a time; None without a table."""
        for row in self.scenario.timetable.periods or ():
            if row.direction in (direction, "both") and row.from_s <= time_s < row.to_s:
                return float(row.headway_s)
        return None

    def period_of(self, direction: Direction, time_s: float) -> int:
        """Index of the period in which a departure falls; before the first period it is the first."""
        starts = [start for start, _ in self.periods[direction]]
        return max(bisect_right(starts, time_s) - 1, 0)

    @cached_property
    def demand(self) -> "Demand":
        """The passengers that the scenario expects."""
        loads = section_loads(self.scenario)
        return Demand(
            edges_s=tuple(float(edge) for edge in loads.time_bin_s),
            section_per_hour={d: [[float(x) for x in row] for row in loads.passengers_per_hour[d]] for d in DIRECTIONS},
            boarding_per_hour={d: [[float(x) for x in row] for row in loads.boardings_per_hour[d]] for d in DIRECTIONS},
        )

    @cached_property
    def travel(self) -> Travel:
        """The passengers that the scenario expects, by where they come from and go to."""
        return Travel.of(self.scenario)

    def able_to_take(self, direction: Direction, timetable: Timetable | None = None) -> Sequence["Riders"]:
        """Passengers of one direction in groups that can take the same trips, those that go where they want."""
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


@dataclass(frozen=True)
class Riders:
    """Passengers who can take the same trips."""

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

    def passing(self, direction: Direction, section: int, from_s: float, to_s: float) -> float:
        """Passengers for one section between two times."""
        return self._between(self.section_per_hour[direction], section, from_s, to_s)

    def boarding(self, direction: Direction, station: int, from_s: float, to_s: float) -> float:
        """Passengers who come to one station between two times."""
        return self._between(self.boarding_per_hour[direction], station, from_s, to_s)

    def _between(self, per_hour: Sequence[Sequence[float]], column: int, from_s: float, to_s: float) -> float:
        total = 0.0
        for index in range(max(bisect_right(self.edges_s, from_s) - 1, 0), len(self.edges_s) - 1):
            overlap = min(to_s, self.edges_s[index + 1]) - max(from_s, self.edges_s[index])
            if overlap <= 0.0:
                break
            total += overlap * per_hour[index][column] / 3600.0
        return total
