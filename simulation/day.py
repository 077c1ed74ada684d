"""A simulated day: trains run, then the supply answers every second of it, and the energy is accounted for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from dispatch.timetable import DIRECTIONS, Direction, Timetable
from energy_models.energy_account import account
from energy_models.movement import Run, Stand, assemble
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.supply.solver import solve
from energy_models.train import Train
from scenarios.billing import bill
from scenarios.build import section_loads, supply_network
from scenarios.demand import journeys
from scenarios.schema import Scenario
from scenarios.schema.tariff import Tariff
from simulation.control import Controller, NoControl
from simulation.disturbances import DwellNoise
from simulation.driving import DrivenTrain
from simulation.passengers import Call, PlatformDemand, scheduled_waiting_s
from simulation.record import DayRecord, DayTraces, TripRecord
from simulation.rules import (
    DEPOT_AFTER_S,
    TURNBACK_POWERED_S,
    TURNBACK_SHUT_DOWN_AFTER_S,
    OperatingRules,
    RecoveryRules,
)  # fmt: skip
from simulation.runs import RunAsked
from simulation.service import ServiceMeasures, measure
from simulation.signalling import Signalling, signalling_of
from simulation.starvation import MOST_ROUNDS, NOBODY, SETTLED_S, RunKey, Starvation, blended, starved_runs
from simulation.trains import LineDemand, Operations, Railway, operate

SERVICE_DAY_S = 86_400.0
_TRACK_INDEX: Mapping[Direction, int] = {"up": 0, "down": 1}


@dataclass(frozen=True, eq=False)
class DayModel:
    """Everything about a line that is the same on every simulated day; made by `day_model`, used for many days."""

    rules: OperatingRules
    library: ProfileLibrary
    train: Train
    network: SupplyNetwork
    station_order: Mapping[Direction, tuple[str, ...]]
    chainage_m: Mapping[str, float]
    demand: Mapping[Direction, PlatformDemand]
    tariff: Tariff
    co2_kg_per_kwh: float
    signalling: Signalling
    controller: Controller = field(default_factory=NoControl)

    def run_trains(
        self,
        timetable: Timetable,
        seed: int | None,
        planned_loads: bool = False,
        driven: DrivenTrain | None = None,
        starvation: Starvation = NOBODY,
    ) -> Operations:
        """Let the trains of a day run; see `simulation.trains.operate`."""
        demand = LineDemand(self.demand, float(self.train.capacity_crush), _opening_s(timetable, self.station_order))
        driven = driven or DrivenTrain(self.library, self.train)
        railway = Railway(
            self.rules, driven, self.station_order, self.signalling, self.train, controller=self.controller
        )
        return operate(timetable, railway, seed, demand, planned_loads, starvation)

    def snapshots(
        self, trips: Sequence[TripRecord], driven: DrivenTrain | None = None, starvation: Starvation = NOBODY
    ) -> Snapshots:
        """Where every train is and what it asks for, in every second from the first departure to the last arrival."""
        runs, stands = self._on_the_line(trips, driven or DrivenTrain(self.library, self.train), starvation)
        start_s = math.floor(min(trip.departure_s[0] for trip in trips))
        end_s = math.ceil(max(*(trip.arrival_s[-1] for trip in trips), *(stand.to_s for stand in stands))) + 1
        return assemble(runs, stands, self.train.auxiliary_w, start_s, end_s)

    def _on_the_line(
        self, trips: Sequence[TripRecord], driven: DrivenTrain, starvation: Starvation
    ) -> tuple[list[Run], list[Stand]]:
        """Runs of all trips, trip by trip and section by section, and all that stands between them."""
        runs: list[Run] = []
        stands = self._turnbacks(trips)
        for trip in trips:
            first = self.station_order[trip.direction].index(trip.trip.stations[0])
            track_index = _TRACK_INDEX[trip.direction]
            for i in range(len(trip.running_time_s)):
                asked = _asked(trip, i, first + i)
                served = starvation.served.get((trip.trip.trip_id, i))
                hindered = trip.hindered[i] if trip.hindered else None
                if hindered is not None:
                    motion = driven.hindered_motion(asked, hindered)
                else:
                    motion = driven.motion(asked) if served is None else driven.starved_motion(asked, served)
                track = self.library.sections[trip.direction][first + i]
                runs.append(Run(track, track_index, trip.departure_s[i], motion))
                # The train stands from the end of its motion until it leaves: at the platform, also for the rest of a
                # running time that its way of driving does not use up. Waiting on the way is part of the motion.
                stops_s = trip.departure_s[i] + motion.running_time_s
                if trip.departure_s[i + 1] > stops_s:
                    station = trip.trip.stations[i + 1]
                    stands.append(Stand(self.chainage_m[station], track_index, stops_s, trip.departure_s[i + 1]))
        return runs, stands

    def _turnbacks(self, trips: Sequence[TripRecord]) -> list[Stand]:
        """Vehicles between two trips of their duty, and after the last one, as long as their auxiliaries are on."""
        duties: dict[str, list[TripRecord]] = {}
        for trip in trips:
            duties.setdefault(trip.trip.vehicle or trip.trip.trip_id, []).append(trip)
        stands: list[Stand] = []
        for duty in duties.values():
            duty.sort(key=lambda trip: trip.departure_s[0])
            for before, after in pairwise(duty):
                arrived_s, leaves_s = before.arrival_s[-1], after.departure_s[0]
                if leaves_s - arrived_s > TURNBACK_POWERED_S:
                    leaves_s = arrived_s + TURNBACK_SHUT_DOWN_AFTER_S
                station = before.trip.stations[-1]
                stands.append(Stand(self.chainage_m[station], _TRACK_INDEX[after.direction], arrived_s, leaves_s))
            last, arrived_s = duty[-1], duty[-1].arrival_s[-1]
            terminal_m, track = self.chainage_m[last.trip.stations[-1]], _TRACK_INDEX[last.direction]
            stands.append(Stand(terminal_m, track, arrived_s, arrived_s + TURNBACK_SHUT_DOWN_AFTER_S))
        return stands

    def day(
        self, timetable: Timetable, seed: int | None, planned_loads: bool = False, traces: bool = False
    ) -> DayRecord:
        """Simulate one day on the two-track ladder; without a seed nothing disturbs it.

        Where the supply cannot serve the traction, the day is run again with the trains as slow as that makes them,
        until no running time would change by a second more, or three times. Raises BalanceError when the energy
        balance does not close to 0.1 %.
        """
        driven = DrivenTrain(self.library, self.train)
        starvation = NOBODY
        while True:
            operations = self.run_trains(timetable, seed, planned_loads, driven, starvation)
            trips = operations.trips
            snapshots = self.snapshots(trips, driven, starvation)
            solution = solve(self.network, snapshots, model="ladder")
            following = self._slower(trips, snapshots, solution, driven, starvation)
            if following is None:
                break
            starvation = following
        metres = sum(
            self.library.sections[trip.direction][section].length_m
            for trip in trips
            for section in _sections_run(trip, self.station_order)
        )
        day_traces = None
        if traces:
            day_traces = DayTraces(
                snapshots.start_s,
                tuple(substation.name for substation in self.network.substations),
                solution.substation_power_w,
                solution.traction_served_w,
                solution.regeneration_used_w,
                _lowest_per_instant(solution.train_v, snapshots),
            )
        return DayRecord(
            seed=seed,
            trips=trips,
            account=account(snapshots, solution, self.network, energised_s=SERVICE_DAY_S),
            service=self._service(timetable, operations),
            bill=bill(self.tariff, self.co2_kg_per_kwh, self.network, solution, snapshots.start_s),
            train_km=metres / 1000.0,
            vehicles=len({trip.trip.vehicle or trip.trip.trip_id for trip in trips}),
            traces=day_traces,
        )

    def _slower(
        self,
        trips: Sequence[TripRecord],
        snapshots: Snapshots,
        solution: SupplySolution,
        driven: DrivenTrain,
        starvation: Starvation,
    ) -> Starvation | None:
        """What starves the trains of the next round; None when the trains are as slow as the supply makes them."""
        if starvation.rounds == MOST_ROUNDS:
            return None
        keys: list[RunKey] = [(trip.trip.trip_id, i) for trip in trips for i in range(len(trip.running_time_s))]
        runs, _ = self._on_the_line(trips, driven, starvation)
        served = starved_runs(snapshots, solution, runs, keys)
        if starvation.rounds:
            served = blended(starvation.served, served)
        for trip in trips:
            first = self.station_order[trip.direction].index(trip.trip.stations[0])
            for i, slowed_s in enumerate(trip.slowed_s):
                share = served.get((trip.trip.trip_id, i))
                if (
                    share is not None
                    and abs(driven.slowed_s(_asked(trip, i, first + i), share) - slowed_s) >= SETTLED_S
                ):
                    return Starvation(served, starvation.rounds + 1)
        return None

    def _service(self, timetable: Timetable, operations: Operations) -> ServiceMeasures:
        """Measures of the day beside what the timetable itself would have given the same passengers."""
        opens_s = _opening_s(timetable, self.station_order)
        scheduled_waited_s = 0.0
        for direction in DIRECTIONS:
            index = {station: i for i, station in enumerate(self.station_order[direction])}
            calls = sorted(
                (departure_s, index[station], index[trip.stations[-1]])
                for trip in timetable.of(direction)
                for station, departure_s in zip(trip.stations[:-1], trip.departure_s, strict=False)
            )
            scheduled_waited_s += scheduled_waiting_s(
                (Call(station, float(departure_s), last) for departure_s, station, last in calls),
                self.demand[direction],
                opens_s[direction],
            )
        return measure(operations.trips, scheduled_waited_s, operations.never_served, float(self.train.capacity_normal))


def day_model(scenario: Scenario, library: ProfileLibrary, controller: Controller | None = None) -> DayModel:
    """Read from a scenario what a simulated day needs; the train is the library's own. No controller: nobody holds."""
    noise, recovery = scenario.disturbances, scenario.driving.recovery
    return DayModel(
        rules=OperatingRules(
            minimum_headway_s=float(scenario.signalling.minimum_headway_s),
            minimum_dwell_s={station.id: float(station.minimum_dwell_s) for station in scenario.stations},
            minimum_turnback_s={name: float(terminal.turnback_s) for name, terminal in scenario.terminals.items()},
            noise=DwellNoise(noise.dwell_noise_s, noise.dwell_noise_accumulates),
            recovery=RecoveryRules(
                shortens_dwells=recovery.shortens_dwells,
                runs_faster=recovery.runs_faster,
                running_time_margin_share=recovery.running_time_margin_share,
                tolerated_lateness_s=recovery.tolerated_lateness_s,
            ),
            turnback_tracks={name: terminal.tracks for name, terminal in scenario.terminals.items()},
            depots=frozenset(depot.station for depot in scenario.depots) if scenario.depots else None,
            longest_turnback_s={
                name: float(terminal.maximum_turnback_s or DEPOT_AFTER_S)
                for name, terminal in scenario.terminals.items()
            },
        ),
        library=library,
        train=library.train,
        network=supply_network(scenario),
        station_order={d: tuple(station.id for station in scenario.stations_in_order(d)) for d in DIRECTIONS},
        chainage_m={station.id: station.chainage_m for station in scenario.stations},
        demand=platform_demand(scenario),
        tariff=scenario.tariff,
        co2_kg_per_kwh=float(scenario.co2_kg_per_kwh),
        signalling=signalling_of(
            scenario, library.train, {d: [track.length_m for track in library.sections[d]] for d in DIRECTIONS}
        ),
        controller=controller or NoControl(),
    )


def platform_demand(scenario: Scenario) -> dict[Direction, PlatformDemand]:
    """Who comes to the platforms: by origin and destination where the scenario tells it, otherwise by rates."""
    told = journeys(scenario)
    if told is not None:
        return {d: PlatformDemand.from_journeys(told.time_bin_s, told.per_hour[d]) for d in DIRECTIONS}
    loads = section_loads(scenario)
    return {
        d: PlatformDemand.from_rates(
            loads.time_bin_s, loads.boardings_per_hour[d], loads.alightings_per_hour[d], loads.passengers_per_hour[d]
        )
        for d in DIRECTIONS
    }


def simulate_day(
    scenario: Scenario,
    timetable: Timetable,
    library: ProfileLibrary,
    seed: int | None = None,
    planned_loads: bool = False,
    traces: bool = False,
) -> DayRecord:
    """Simulate one day of a timetable: SimPy trains, passengers, then the supply at every second.

    Without a seed there are no disturbances. Loads follow from the scenario's demand and the trains that really came;
    with `planned_loads` every train carries what the timetable says. `traces` keeps series for plots.
    """
    return day_model(scenario, library).day(timetable, seed, planned_loads, traces)


def _asked(record: TripRecord, i: int, section: int) -> RunAsked:
    """The run that a train was asked to make from its i-th station."""
    trip = record.trip
    return RunAsked(
        trip.trip_id, trip.direction, section, record.running_time_s[i], record.passengers[i], trip.driving[i],
        record.departure_s[i],
    )  # fmt: skip


def _sections_run(trip: TripRecord, order: Mapping[Direction, tuple[str, ...]]) -> range:
    first = order[trip.direction].index(trip.trip.stations[0])
    return range(first, first + len(trip.running_time_s))


def _opening_s(timetable: Timetable, order: Mapping[Direction, tuple[str, ...]]) -> dict[Direction, tuple[float, ...]]:
    """When each platform begins to fill: as long before its first train as the second one comes after it.

    A platform with a single train opens one hour before it, one without any with the day.
    """
    opening: dict[Direction, tuple[float, ...]] = {}
    for direction in DIRECTIONS:
        departures: dict[str, list[int]] = {station: [] for station in order[direction]}
        for trip in timetable.of(direction):
            for station, departure_s in zip(trip.stations[:-1], trip.departure_s, strict=False):
                departures[station].append(departure_s)
        opens: list[float] = []
        for station in order[direction]:
            times = sorted(departures[station])
            gap_s = times[1] - times[0] if len(times) > 1 else 3600
            opens.append(float(times[0] - gap_s) if times else 0.0)
        opening[direction] = tuple(opens)
    return opening


def _lowest_per_instant(train_v: np.ndarray, snapshots: Snapshots) -> np.ndarray:
    """Lowest collector voltage in each second, NaN where no train is out."""
    lowest = np.full(snapshots.count, np.nan)
    occupied = np.flatnonzero(np.diff(snapshots.offset) > 0)
    if occupied.size:
        lowest[occupied] = np.minimum.reduceat(train_v, snapshots.offset[:-1][occupied])
    return lowest
