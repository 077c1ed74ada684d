"""Patterns: the departures of a headway in a period, with their loads, waiting and energy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np

from dispatch.plans.loads import cumulative_passengers
from dispatch.plans.short_turns import Mix, Part, loads_of_slots, part_km
from energy_models.arrays import FloatArray
from scenarios.costs.emissions import GridCarbon
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.build import train_of
from scenarios.values.demand import SectionLoads
from scenarios.values.headway_periods import periods_today
from scenarios.values.station_times import departures_today, station_times
from scenarios.values.travel import PartOfTravel, Travel

TripEnergy = Callable[[Direction, float], float]
"""Energy of one trip at the substations in kWh, from its direction and the mean number of passengers on board."""

TRACTION_WH_PER_TONNE_KM = 25.0
"""At the substations, with reused braking energy: (166 - 29 kWh auxiliaries) per trip, 246 t, 22.7 km; reference
day."""


@dataclass(frozen=True)
class Segment:
    """One direction from `from_s` until `to_s` with one decided headway."""

    direction: Direction
    from_s: int
    to_s: int
    is_first: bool
    is_last: bool

    @property
    def length_s(self) -> int:
        """Time between the borders; a train leaves at each border."""
        return self.to_s - self.from_s

    @property
    def middle_s(self) -> float:
        """The time whose running times and dwells count for the whole segment."""
        return (self.from_s + self.to_s) / 2


@dataclass(frozen=True)
class DeparturePattern:
    """One way to serve a segment: its departures with their loads, waiting and energy.

    `gaps` is the number of headways that end in the segment. `shortest_gap_s` and `longest_gap_s` are over these gaps;
    `heaviest_load` is the largest load of a train on a section; `waiting_passenger_s` is the expected waiting of all
    passengers. `cost` is the cost of energy by time of use; `demand_kwh` is the energy in each interval of the demand
    charge, counted from midnight (empty if the tariff has no such charge). `departures` are those of trips over the
    whole line; `shorts` are those of trips on `part` only, from their own first station.
    """

    gaps: int
    departures: tuple[int, ...]
    shortest_gap_s: int
    longest_gap_s: int
    heaviest_load: float
    busiest_section: int
    waiting_passenger_s: float
    energy_kwh: float
    cost: float
    co2_kg: float
    demand_kwh: Mapping[int, float]
    shorts: tuple[int, ...] = ()
    part: Part | None = None

    @property
    def trips(self) -> int:
        """Departures in the segment, short trips included."""
        return len(self.departures) + len(self.shorts)


def segments_of(scenario: Scenario) -> Mapping[Direction, tuple[Segment, ...]]:
    """The periods for which headways are decided, by direction, without gaps from the first departure to the last.

    They are the headway periods of the timetable in force, given or found; a period that is shorter than the longest
    headway joins its neighbour.
    """
    result: dict[Direction, tuple[Segment, ...]] = {}
    for direction in DIRECTIONS:
        departures = departures_today(scenario, direction)
        if len(departures) < 2:
            result[direction] = ()
            continue
        edges = [begin for begin, _ in periods_today(scenario, direction)] + [departures[-1]]
        shortest = scenario.policy.longest_headway_s
        inner = [edge for edge in edges[1:-1] if edge - edges[0] >= shortest and edges[-1] - edge >= shortest]
        kept = [edges[0]]
        kept += [edge for edge in inner if edge - kept[-1] >= shortest or edge == inner[0]]
        kept.append(edges[-1])
        result[direction] = tuple(
            Segment(direction, begin, end, number == 0, number == len(kept) - 2)
            for number, (begin, end) in enumerate(pairwise(kept))
        )
    return result


@dataclass(frozen=True, eq=False)
class DeparturePatternMaker:
    """Builds patterns of one scenario; loads, waiting and energy are those of trains that run as today."""

    scenario: Scenario
    trip_energy_kwh: TripEnergy
    travel: Travel
    carbon: GridCarbon
    _parts: dict[tuple[Direction, Part], tuple[PartOfTravel, PartOfTravel]] = field(default_factory=dict)

    @staticmethod
    def of(scenario: Scenario, trip_energy_kwh: TripEnergy | None = None) -> "DeparturePatternMaker":
        """For a scenario; without `trip_energy_kwh` by tonne-kilometres."""
        energy = trip_energy_kwh or energy_by_tonne_km(scenario)
        return DeparturePatternMaker(scenario, energy, Travel.of(scenario), GridCarbon.of(scenario))

    @property
    def loads(self) -> SectionLoads:
        """All passengers, for all destinations."""
        return self.travel.loads

    def even(self, segment: Segment, gaps: int) -> DeparturePattern:
        """A pattern with so many even gaps in whole seconds; it has a train at its start, and at the end of the day."""
        times = segment.from_s + np.rint(np.arange(gaps + 1) * segment.length_s / gaps).astype(int)
        departures = times if segment.is_last else times[:-1]
        return self.measured(segment, tuple(int(t) for t in departures), tuple(int(t) for t in times))

    def in_force(self, segment: Segment) -> DeparturePattern:
        """The departures of today."""
        departures = departures_today(self.scenario, segment.direction)
        inside = tuple(
            t for t in departures if segment.from_s <= t < segment.to_s or (segment.is_last and t == segment.to_s)
        )
        before = [t for t in departures if t < segment.from_s][-1:]
        return self.measured(segment, inside, (*before, *inside))

    def measured(self, segment: Segment, departures: tuple[int, ...], times: tuple[int, ...]) -> DeparturePattern:
        """The pattern of departures whose gaps are those between successive `times`."""
        direction, scenario = segment.direction, self.scenario
        after = station_times(scenario, direction, segment.middle_s)
        offsets = np.array(after.departure_s[:-1], dtype=np.float64)
        starts = np.array(times, dtype=np.float64)
        gaps = np.diff(starts)
        at_station = starts[:, None] + offsets[None, :]
        boardings = self._gathered(self.loads.boardings_per_hour[direction], at_station)
        carried = self._gathered(self.loads.passengers_per_hour[direction], at_station)
        if segment.is_first and len(gaps):
            # The day's first train finds those of a gap as long as the one behind it.
            before = np.vstack([at_station[0] - gaps[0], at_station[0]])
            carried = np.vstack([self._gathered(self.loads.passengers_per_hour[direction], before), carried])
        weight = boardings if self.has_demand else np.broadcast_to(gaps[:, None], boardings.shape)
        mean_load = float(carried.mean()) if carried.size else 0.0
        energy = self.trip_energy_kwh(direction, mean_load)
        half_trip = after.one_way_s / 2
        heaviest = carried.max(axis=0) if carried.size else np.zeros(1)
        return DeparturePattern(
            gaps=len(gaps),
            departures=departures,
            shortest_gap_s=int(gaps.min()) if len(gaps) else segment.length_s,
            longest_gap_s=int(gaps.max()) if len(gaps) else 0,
            heaviest_load=float(heaviest.max()),
            busiest_section=int(heaviest.argmax()),
            waiting_passenger_s=float((weight * gaps[:, None] / 2).sum()),
            energy_kwh=energy * len(departures),
            cost=sum(energy * price_at(scenario, time + half_trip) for time in departures),
            co2_kg=energy * float(self.carbon.at(np.array(departures, dtype=np.float64) + half_trip).sum()),
            demand_kwh=self._by_demand_interval(departures, energy, 2 * half_trip),
        )

    def mixed(self, segment: Segment, gaps: int, mix: Mix) -> DeparturePattern:
        """So many even gaps on the shared part of a mix of long and short trips, with a long trip at the start."""
        direction, scenario = segment.direction, self.scenario
        stations = len(scenario.stations)
        first, last = mix.part.in_order(direction, stations)
        times = segment.from_s + np.rint(np.arange(gaps + 1) * segment.length_s / gaps).astype(int)
        is_short = mix.is_short(gaps, begins_inside=first > 0)
        longs = np.append(np.flatnonzero(~is_short), gaps)
        after = station_times(scenario, direction, segment.middle_s)
        offsets = np.array(after.departure_s, dtype=np.float64)
        local, through = self._local_and_through(direction, mix.part)
        at_station = times[:, None] + offsets[None, :-1]
        carried = self._gathered(local.passengers_per_hour, at_station)
        carried_on = self._gathered(through.passengers_per_hour, at_station[longs])
        loads = loads_of_slots(carried, carried_on, longs)
        turns = np.append(is_short, False)[1:]
        gap_s, long_gap_s = np.diff(times), np.diff(times[longs])
        if segment.is_first:
            # The day's first train finds those of a gap as long as the one behind it.
            before = [np.vstack([at_station[0] - gap[0], at_station[0]]) for gap in (gap_s, long_gap_s)]
            first_load = self._gathered(local.passengers_per_hour, before[0])
            first_load += self._gathered(through.passengers_per_hour, before[1])
            loads, turns = np.vstack([first_load, loads]), np.append(False, turns)
        if self.has_demand:
            come, come_on = (
                self._gathered(part.boardings_per_hour, when)
                for part, when in ((local, at_station), (through, at_station[longs]))
            )
        else:
            inside = np.array([first <= station < last for station in range(stations - 1)])
            come, come_on = gap_s[:, None] * inside, long_gap_s[:, None] * ~inside
        waiting = float((come * gap_s[:, None] / 2).sum() + (come_on * long_gap_s[:, None] / 2).sum())
        departures = tuple(int(t) for t in (times[longs] if segment.is_last else times[longs[:-1]]))
        starts = tuple(int(t) for t in times[:-1][is_short] + int(offsets[first]))
        share = 1000.0 * part_km(scenario, mix.part) / scenario.length_m
        heaviest = loads.max(axis=0)
        kinds = (
            (departures, after.one_way_s, self.trip_energy_kwh(direction, _mean(loads[~turns]))),
            (
                starts,
                after.arrival_s[last] - after.departure_s[first],
                share * self.trip_energy_kwh(direction, _mean(loads[turns, first:last])),
            ),
        )
        demand: dict[int, float] = {}
        for leaving, trip_s, energy in kinds:
            for interval, kwh in self._by_demand_interval(leaving, energy, trip_s).items():
                demand[interval] = demand.get(interval, 0.0) + kwh
        return DeparturePattern(
            gaps=gaps,
            departures=departures,
            shortest_gap_s=int(gap_s.min()),
            longest_gap_s=int(long_gap_s.max()),
            heaviest_load=float(heaviest.max()),
            busiest_section=int(heaviest.argmax()),
            waiting_passenger_s=waiting,
            energy_kwh=sum(energy * len(leaving) for leaving, _, energy in kinds),
            cost=sum(energy * price_at(scenario, t + trip_s / 2) for leaving, trip_s, energy in kinds for t in leaving),
            co2_kg=sum(
                energy * float(self.carbon.at(np.array(leaving, dtype=np.float64) + trip_s / 2).sum())
                for leaving, trip_s, energy in kinds
            ),
            demand_kwh=demand,
            shorts=starts,
            part=mix.part,
        )

    def _local_and_through(self, direction: Direction, part: Part) -> tuple[PartOfTravel, PartOfTravel]:
        """Passengers that short trips can carry from origin to destination, and all others."""
        if (direction, part) not in self._parts:
            stations = len(self.scenario.stations)
            first, last = part.in_order(direction, stations)
            served = np.zeros((stations, stations), dtype=np.bool_)
            served[first : last + 1, first : last + 1] = True
            self._parts[direction, part] = self.travel.part(direction, served), self.travel.part(direction, ~served)
        return self._parts[direction, part]

    def _by_demand_interval(self, departures: Sequence[int], trip_kwh: float, trip_s: float) -> Mapping[int, float]:
        """The energy of trips in each interval of the demand charge; the power of a trip is constant."""
        tariff = self.scenario.tariff
        if tariff.demand_charge_per_kw_month == 0.0 or not departures:
            return {}
        length = tariff.demand_interval_s
        first, last = int(departures[0] // length), int((departures[-1] + trip_s) // length)
        edges = np.arange(first, last + 2, dtype=np.float64) * length
        run = np.clip((edges[:, None] - np.array(departures, dtype=np.float64)) / trip_s, 0.0, 1.0).sum(axis=1)
        return {first + k: float(kwh) for k, kwh in enumerate(np.diff(run) * trip_kwh) if kwh > 0.0}

    def waiting_weight(self, segments: Sequence[Segment]) -> float:
        """Passengers at each station between its first and its last departure; seconds if there is no demand."""
        total = 0.0
        for direction in DIRECTIONS:
            times = [
                t for segment in segments if segment.direction == direction for t in (segment.from_s, segment.to_s)
            ]
            if times:
                offsets = np.array(station_times(self.scenario, direction).departure_s[:-1], dtype=np.float64)
                ends = np.array([min(times), max(times)], dtype=np.float64)[:, None] + offsets
                come = self._gathered(self.loads.boardings_per_hour[direction], ends)
                total += float(come.sum() if self.has_demand else (max(times) - min(times)) * len(offsets))
        return total

    @property
    def has_demand(self) -> bool:
        """False if the scenario has no passengers; then every second of waiting has the same weight."""
        return any(bool(table.any()) for table in self.loads.boardings_per_hour.values())

    def _gathered(self, per_hour: FloatArray, at_station: FloatArray) -> FloatArray:
        """Passengers between successive rows of times, one column per station or section."""
        edges = self.loads.time_bin_s
        come = [
            cumulative_passengers(edges, per_hour[:, column], at_station[:, column])
            for column in range(at_station.shape[1])
        ]
        return np.diff(np.stack(come, axis=1), axis=0)


def _mean(loads: FloatArray) -> float:
    return float(loads.mean()) if loads.size else 0.0


def cycle_s(scenario: Scenario) -> int:
    """Shortest time between two departures of the same vehicle at a terminal."""
    ends = (scenario.stations[0].id, scenario.stations[-1].id)
    turnbacks = sum(min(scenario.terminals[station].turnbacks_s) for station in ends)
    return turnbacks + sum(station_times(scenario, direction).one_way_s for direction in DIRECTIONS)


def load_limit(scenario: Scenario) -> float:
    """Load limit of the policy for one train of the main type."""
    return scenario.policy.load_limit_share * scenario.train_types[scenario.main_train_type].capacity.normal


def energy_by_tonne_km(scenario: Scenario) -> TripEnergy:
    """Energy of a trip from gross tonne-kilometres and auxiliaries, to compare headways."""
    train = train_of(scenario)
    length_km = scenario.length_m / 1000.0

    @cache
    def trip_energy_kwh(direction: Direction, passengers: float) -> float:
        tonnes = train.mass_kg(passengers) / 1000.0
        auxiliaries = train.auxiliary_w / 1000.0 * station_times(scenario, direction).one_way_s / 3600.0
        return TRACTION_WH_PER_TONNE_KM * tonnes * length_km / 1000.0 + auxiliaries

    return trip_energy_kwh


def price_at(scenario: Scenario, time_s: float) -> float:
    """Price of a kWh by time of use; times after midnight have the prices of the morning."""
    of_day = time_s % 86_400
    for period in scenario.tariff.periods:
        if period.from_s <= of_day < period.to_s:
            return period.price_per_kwh
    raise ValueError(f"no price at {of_day:g} s; the scenario's checks see to it")


def busiest_place(scenario: Scenario, segment: Segment, pattern: DeparturePattern) -> str:
    """The stations of the section with the largest load of a pattern."""
    stations = scenario.stations_in_order(segment.direction)
    return f"{stations[pattern.busiest_section].id}-{stations[pattern.busiest_section + 1].id}"
