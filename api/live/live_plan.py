"""What a live line knows beforehand: scenario, plan, today's timetable, and their energy as planned."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_snapshots
from dispatch.plans.timetable import Timetable, Trip
from energy_models.account.energy import J_PER_KWH
from energy_models.arrays import FloatArray
from energy_models.faults import Infeasible
from energy_models.movement.planned import SecondsOfMotion
from energy_models.running_times import ProfileLibrary
from energy_models.supply.solver import solve
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.substation_ratings import ratings

DAY_SECONDS = 48 * 3600
PASSENGER_STEP = 50
"""Loads are rounded to this number of passengers, so that trains with similar loads share a motion."""


@dataclass(frozen=True)
class PlanFacts:
    """The plan in force: id, version, who approved it, and from which day; None on a line that runs as today."""

    plan_id: str
    version: int
    approved_by: str | None = None
    active_from: str | None = None


@dataclass(frozen=True, eq=False)
class LivePlan:
    """A line with the timetable that it runs, and today's timetable if it runs a plan.

    `folder` is that of the plan; `scenario_place` is the scenario of a line without a plan, for a virtual line.
    """

    line: LineModel
    timetable: Timetable
    facts: PlanFacts | None = None
    today: Timetable | None = None
    contract_kw: float | None = None
    given_stock: RollingStock | None = None
    folder: Path | None = None
    scenario_place: str = ""

    @cached_property
    def stock(self) -> RollingStock:
        """The trains of the line."""
        return self.given_stock or RollingStock.of(self.scenario)

    @property
    def scenario(self) -> Scenario:
        """The scenario of the line."""
        return self.line.scenario

    @cached_property
    def trips(self) -> Mapping[str, Trip]:
        """The trips by name."""
        return {trip.trip_id: trip for trip in self.timetable.trips}

    @cached_property
    def duties(self) -> Mapping[str, tuple[Trip, ...]]:
        """The trips of each train in order; a trip without a vehicle is its own train."""
        found = dict(self.timetable.duties())
        alone = found.pop("", ())
        return {**found, **{trip.trip_id: (trip,) for trip in alone}}

    @cached_property
    def next_trip(self) -> Mapping[str, Trip]:
        """The following trip of the same train, by trip."""
        return {before.trip_id: after for duty in self.duties.values() for before, after in pairwise(duty)}

    @cached_property
    def order(self) -> Mapping[Direction, tuple[str, ...]]:
        """The stations in order of travel."""
        return {d: tuple(one.id for one in self.scenario.stations_in_order(d)) for d in DIRECTIONS}

    @cached_property
    def chainage_m(self) -> Mapping[str, float]:
        """The chainage of each station."""
        return {one.id: float(one.chainage_m) for one in self.scenario.stations}

    @cached_property
    def station_index(self) -> Mapping[str, int]:
        """The index of each station in order of chainage, as in direction up."""
        return {name: index for index, name in enumerate(self.order["up"])}

    @cached_property
    def behind(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        """For each trip and stop, the next train that is planned to leave this station, and its stop."""
        return {
            (ahead.trip_id, stop): (trip.trip_id, other)
            for direction in DIRECTIONS
            for calls in self.timetable.calls(direction).values()
            for (ahead, stop), (trip, other) in pairwise(calls)
        }

    @cached_property
    def ahead(self) -> Mapping[tuple[str, int], tuple[str, int]]:
        """For each trip and stop, the train that is planned to leave this station before, and its stop."""
        return {behind: ahead for ahead, behind in self.behind.items()}

    @cached_property
    def minimum_dwell_s(self) -> Mapping[str, float]:
        """The minimum dwell of each station."""
        return {one.id: float(one.minimum_dwell_s) for one in self.scenario.stations}

    @cached_property
    def rated_kw(self) -> Mapping[str, float]:
        """The rated power of the substations that have one."""
        return {name: one.rated_kw for name, one in ratings(self.scenario).items()}

    @property
    def starts_s(self) -> int:
        """The first planned departure."""
        return min(trip.start_s for trip in self.timetable.trips)

    @property
    def ends_s(self) -> int:
        """The last planned arrival."""
        return max(trip.end_s for trip in self.timetable.trips)

    def first_section(self, trip: Trip) -> int:
        """The index of the first section of a trip in order of travel."""
        return self.order[trip.direction].index(trip.stations[0])

    def turnback_s(self, trip: Trip) -> float:
        """The shortest stand after a trip before the next one."""
        terminal = self.scenario.terminals.get(trip.stations[-1])
        return 0.0 if terminal is None else float(terminal.turnback_at_s(trip.end_s, trip.direction))

    def library_of(self, vehicle: str) -> ProfileLibrary:
        """The driving profiles of a vehicle."""
        return self.line.others.get(vehicle, self.line.library)

    def shortest_s(self, trip: Trip, stop: int, passengers: float) -> int:
        """The shortest running time after a stop, in whole seconds, for a load."""
        library, section = self.library_of(trip.vehicle), self.first_section(trip) + stop
        return math.ceil(library.minimum_time_s(trip.direction, section, library.load_class(passengers)))

    def motion(self, trip: Trip, stop: int, running_time_s: int, passengers: float) -> SecondsOfMotion | None:
        """The modelled motion of a run; None if the train cannot run it."""
        library, section = self.library_of(trip.vehicle), self.first_section(trip) + stop
        load = float(round(passengers / PASSENGER_STEP) * PASSENGER_STEP)
        try:
            return library.motion(trip.direction, section, running_time_s, load, trip.driving[stop])
        except Infeasible:
            return None

    @cached_property
    def planned_kwh(self) -> FloatArray:
        """Energy of the timetable as planned since midnight, by second of the day."""
        return _energy_by_second(self.timetable, self.line)

    @cached_property
    def baseline_kwh(self) -> FloatArray | None:
        """Energy of today's timetable as planned since midnight, by second of the day; None if the line runs it."""
        return None if self.today is None else _energy_by_second(self.today, self.line)


def _energy_by_second(timetable: Timetable, line: LineModel) -> FloatArray:
    """Energy in kWh at the substations since midnight, by second: one equivalent track, every train on time."""
    snapshots = planned_snapshots(timetable, line)
    power_w = solve(line.network, snapshots, model="equivalent").source_power_w
    found = np.zeros(DAY_SECONDS)
    start_s = int(snapshots.start_s)
    end_s = min(start_s + len(power_w), DAY_SECONDS)
    found[start_s:end_s] = power_w[: end_s - start_s]
    return np.asarray(np.cumsum(found) / J_PER_KWH)
