"""A simulated day: trains run, then the supply answers every second of it, and the energy is accounted for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dispatch.timetable import DIRECTIONS, Direction, Timetable
from energy_models.energy_account import account
from energy_models.movement import Run, assemble
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.outages import solve_with_outages
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.train import Train
from scenarios.billing import bill
from scenarios.build import section_loads, supply_network
from scenarios.demand import journeys
from scenarios.emissions import GridCarbon
from scenarios.fleet import ByVehicle
from scenarios.schema import Scenario
from scenarios.schema.tariff import Tariff
from simulation.control import Controller, NoControl
from simulation.crowding import crowding
from simulation.disturbances import DwellNoise
from simulation.disturbances.day import DisturbedDay
from simulation.disturbances.line import LineDisturbances, line_disturbances
from simulation.disturbances.track import DrivingLimits
from simulation.disturbed_vehicles import DisturbedVehicles
from simulation.driving import DrivenTrain
from simulation.dwells import MinimumDwell
from simulation.energy_tables import energy_tables
from simulation.exchange import ExchangeDwell
from simulation.journey_times import JourneyTimes, journey_times
from simulation.laid_out import LaidOut, LineGeometry, asked_of, lay_out, vehicle_of
from simulation.passengers import Call, PlatformDemand, opening_s, scheduled_waiting_s
from simulation.record import DayRecord, DayTraces, TripRecord
from simulation.rules import DEPOT_AFTER_S, OperatingRules, RecoveryRules
from simulation.runs import RunAsked
from simulation.service import ServiceMeasures, measure
from simulation.signalling import Signalling, signalling_of
from simulation.starvation import MOST_ROUNDS, NOBODY, SETTLED_S, RunKey, Starvation, blended, starved_runs
from simulation.traffic import LineDemand, Railway
from simulation.train_kinds import TrainKind, train_kinds
from simulation.trains import Operations, operate
from simulation.turnbacks import AlwaysReady

SERVICE_DAY_S = 86_400.0


@dataclass(frozen=True, eq=False)
class DayModel:
    """Everything about a line that is the same on every simulated day; made by `day_model`, used for many days."""

    rules: OperatingRules
    kinds: ByVehicle[TrainKind]
    network: SupplyNetwork
    station_order: Mapping[Direction, tuple[str, ...]]
    chainage_m: Mapping[str, float]
    demand: Mapping[Direction, PlatformDemand]
    tariff: Tariff
    carbon: GridCarbon
    signalling: Signalling
    controller: Controller = field(default_factory=NoControl)
    disturbances: LineDisturbances | None = None

    @property
    def library(self) -> ProfileLibrary:
        """The driving profiles of the main train type."""
        return self.kinds.main.library

    @property
    def train(self) -> Train:
        """The train of the main type."""
        return self.kinds.main.train

    def run_trains(
        self,
        timetable: Timetable,
        seed: int | None,
        planned_loads: bool = False,
        driven: ByVehicle[DrivenTrain] | None = None,
        starvation: Starvation = NOBODY,
    ) -> Operations:
        """Let the trains of a day run; see `simulation.trains.operate`.

        With planned loads dwells do not depend on the passengers either.
        """
        room = self.kinds.map(lambda kind: float(kind.train.capacity_crush))
        exchange = self.kinds.map(lambda kind: None if planned_loads else kind.exchange)
        demand = LineDemand(self.demand, room, opening_s(timetable, self.station_order))
        day = self._disturbed(seed)
        failed = self._failed(day, timetable)
        railway = Railway(
            self.rules,
            driven or self._driven(day, timetable),
            self.station_order,
            self.signalling,
            ExchangeDwell(MinimumDwell(self.rules), exchange, room, day),
            AlwaysReady() if day is None else DisturbedVehicles(day, failed),
            self.controller,
        )
        return operate(timetable, railway, seed, demand, planned_loads, starvation)

    def _disturbed(self, seed: int | None) -> DisturbedDay | None:
        """What befalls the day of a seed; None where nothing can."""
        return None if self.disturbances is None else self.disturbances.day(seed, self.network)

    def _failed(self, day: DisturbedDay | None, timetable: Timetable) -> dict[str, int]:
        """For each trip whose train fails: the section in order of travel from which on it is slow."""
        if day is None or day.told.train_failures is None:
            return {}
        failed: dict[str, int] = {}
        for trip in timetable.trips:
            first = self.station_order[trip.direction].index(trip.stations[0])
            sections = self.library.sections[trip.direction][first : first + len(trip.stations) - 1]
            place = day.fails_in_section(trip.trip_id, [section.length_m for section in sections])
            if place is not None:
                failed[trip.trip_id] = first + place
        return failed

    def _driven(self, day: DisturbedDay | None, timetable: Timetable) -> ByVehicle[DrivenTrain]:
        """The trains as they are driven on a day, under what limits them then."""
        failed = self._failed(day, timetable)

        def driven(kind: TrainKind) -> DrivenTrain:
            if day is None or not (day.speed_limits or day.slippery or failed):
                return DrivenTrain(kind.library, kind.train)

            def limits(run: RunAsked) -> DrivingLimits:
                slow = run.section >= failed.get(run.trip_id, len(self.chainage_m))
                reach_m = kind.limited.reach_m(run.direction, run.section)
                return day.driving_limits(run.direction, reach_m, run.departs_s, slow)

            return DrivenTrain(kind.library, kind.train, limits, kind.limited)

        return self.kinds.map(driven)

    def snapshots(
        self, trips: Sequence[TripRecord], driven: ByVehicle[DrivenTrain] | None = None, starvation: Starvation = NOBODY
    ) -> Snapshots:
        """Where every train is and what it asks for, in every second from the first departure to the last arrival."""
        driven = driven or self.kinds.map(lambda kind: DrivenTrain(kind.library, kind.train))
        return self._assembled(trips, lay_out(trips, self._geometry, driven, starvation))

    @property
    def _geometry(self) -> LineGeometry:
        return LineGeometry(self.library.sections, self.station_order, self.chainage_m)

    def _assembled(self, trips: Sequence[TripRecord], laid: LaidOut) -> Snapshots:
        start_s = math.floor(min(trip.departure_s[0] for trip in trips))
        end_s = math.ceil(max(*(trip.arrival_s[-1] for trip in trips), *(stand.to_s for stand in laid.stands))) + 1
        auxiliary_w = [self.kinds.of(vehicle).train.auxiliary_w for vehicle in laid.vehicles]
        return assemble(laid.runs, laid.stands, auxiliary_w, start_s, end_s)

    def day(
        self, timetable: Timetable, seed: int | None, planned_loads: bool = False, traces: bool = False
    ) -> DayRecord:
        """Simulate one day on the two-track ladder; without a seed nothing disturbs it.

        Where the supply cannot serve the traction, the day is run again with the trains as slow as that makes them,
        until no running time would change by a second more, or three times. Raises BalanceError when the energy
        balance does not close to 0.1 %.
        """
        disturbed = self._disturbed(seed)
        outages = () if disturbed is None else disturbed.outages
        driven = self._driven(disturbed, timetable)
        starvation = NOBODY
        while True:
            operations = self.run_trains(timetable, seed, planned_loads, driven, starvation)
            trips = operations.trips
            laid = lay_out(trips, self._geometry, driven, starvation)
            snapshots = self._assembled(trips, laid)
            if self.disturbances is not None:
                auxiliaries = self.kinds.map(lambda kind: kind.auxiliaries)
                snapshots = self.disturbances.heated(snapshots, disturbed, auxiliaries, laid.vehicles)
            solution = solve_with_outages(self.network, snapshots, outages)
            following = self._slower(trips, snapshots, solution, driven, starvation, laid.runs)
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
                snapshots,
                solution,
                tuple(number for number, trip in enumerate(trips) for _ in trip.running_time_s),
                tuple(storage.name for storage in self.network.storages),
                solution.storage_power_w,
                solution.storage_charge_j / np.array([storage.capacity_j for storage in self.network.storages]),
            )
        whole = account(snapshots, solution, self.network, energised_s=SERVICE_DAY_S)
        times = journey_times(trips, self.station_order)
        failed = self._failed(disturbed, timetable)
        return DayRecord(
            seed=seed,
            trips=trips,
            account=whole,
            service=self._service(timetable, operations, times),
            bill=bill(self.tariff, self.carbon, self.network, solution, snapshots.start_s),
            train_km=metres / 1000.0,
            vehicles=len({vehicle_of(trip) for trip in trips}),
            energy=energy_tables(snapshots, solution, laid.runs, laid.stands, whole),
            crowding=crowding(trips, self.station_order),
            journeys=times,
            outages=outages,
            cancelled=operations.cancelled,
            depot_waits=operations.depot_waits,
            disturbed=disturbed,
            failed={
                name: failed[name] - self._geometry.first_section(trip)
                for trip in trips
                if (name := trip.trip.trip_id) in failed
            },
            traces=day_traces,
        )

    def _slower(
        self,
        trips: Sequence[TripRecord],
        snapshots: Snapshots,
        solution: SupplySolution,
        driven: ByVehicle[DrivenTrain],
        starvation: Starvation,
        runs: Sequence[Run],
    ) -> Starvation | None:
        """What starves the trains of the next round; None when the trains are as slow as the supply makes them."""
        if starvation.rounds == MOST_ROUNDS:
            return None
        keys: list[RunKey] = [(trip.trip.trip_id, i) for trip in trips for i in range(len(trip.running_time_s))]
        served = starved_runs(snapshots, solution, runs, keys)
        if starvation.rounds:
            served = blended(starvation.served, served)
        for trip in trips:
            first, train = self._geometry.first_section(trip), driven.of(vehicle_of(trip))
            for i, slowed_s in enumerate(trip.slowed_s):
                share = served.get((trip.trip.trip_id, i))
                if (
                    share is not None
                    and abs(train.slowed_s(asked_of(trip, i, first + i), share) - slowed_s) >= SETTLED_S
                ):
                    return Starvation(served, starvation.rounds + 1)
        return None

    def _service(self, timetable: Timetable, operations: Operations, times: JourneyTimes) -> ServiceMeasures:
        """Measures of the day beside what the timetable itself would have given the same passengers."""
        opens_s = opening_s(timetable, self.station_order)
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
        return measure(
            operations.trips,
            scheduled_waited_s,
            operations.never_served,
            self.kinds.map(lambda kind: float(kind.train.capacity_normal)),
            times.total_ride_s,
            len(operations.cancelled),
            len(operations.depot_waits),
        )


def day_model(scenario: Scenario, library: ProfileLibrary, controller: Controller | None = None) -> DayModel:
    """Read from a scenario what a simulated day needs; no controller: nobody holds.

    `library` is that of the main train type, whose train is the library's own; those of other types are made here.
    """
    noise, recovery = scenario.disturbances, scenario.driving.recovery
    kinds = train_kinds(scenario, library)
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
            depot_places=_depot_places(scenario),
            shared_points=frozenset(name for name, terminal in scenario.terminals.items() if terminal.shares_points),
            longest_turnback_s={
                name: float(terminal.maximum_turnback_s or DEPOT_AFTER_S)
                for name, terminal in scenario.terminals.items()
            },
        ),
        kinds=kinds,
        network=supply_network(scenario),
        station_order={d: tuple(station.id for station in scenario.stations_in_order(d)) for d in DIRECTIONS},
        chainage_m={station.id: station.chainage_m for station in scenario.stations},
        demand=platform_demand(scenario),
        tariff=scenario.tariff,
        carbon=GridCarbon.of(scenario),
        signalling=signalling_of(
            scenario,
            kinds.map(lambda kind: kind.train),
            {d: [track.length_m for track in library.sections[d]] for d in DIRECTIONS},
        ),
        controller=controller or NoControl(),
        disturbances=line_disturbances(scenario),
    )


def _depot_places(scenario: Scenario) -> dict[str, int] | None:
    """Trains that the depots at each station hold; None where the scenario tells of no depots."""
    stations = {depot.station for depot in scenario.depots}
    places = {name: sum(depot.capacity for depot in scenario.depots if depot.station == name) for name in stations}
    return places or None


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


def _sections_run(trip: TripRecord, order: Mapping[Direction, tuple[str, ...]]) -> range:
    first = order[trip.direction].index(trip.trip.stations[0])
    return range(first, first + len(trip.running_time_s))


def _lowest_per_instant(train_v: np.ndarray, snapshots: Snapshots) -> np.ndarray:
    """Lowest collector voltage in each second, NaN where no train is out."""
    lowest = np.full(snapshots.count, np.nan)
    occupied = np.flatnonzero(np.diff(snapshots.offset) > 0)
    if occupied.size:
        lowest[occupied] = np.minimum.reduceat(train_v, snapshots.offset[:-1][occupied])
    return lowest
