"""A simulated day: simulation of the trains, solution of the supply at every second, and the energy account."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.regulator import RegulatorFactory
from energy_models.account.energy import account
from energy_models.movement.planned import Run, assemble
from energy_models.running_times import ProfileLibrary
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.outages import solve_with_outages
from energy_models.supply.snapshots import Snapshots, SupplySolution
from energy_models.train import Train
from scenarios.costs.billing import bill
from scenarios.costs.emissions import GridCarbon
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.schema.tariff import Tariff
from scenarios.values.build import section_loads, supply_network
from scenarios.values.demand import journeys
from scenarios.values.fleet import ByVehicle
from simulation.day.crowding import crowding
from simulation.day.energy_tables import energy_tables
from simulation.day.journey_times import JourneyTimes, journey_times
from simulation.day.layout import DayLayout, LineGeometry, lay_out, run_request, vehicle_of
from simulation.day.record import DayRecord, DayTraces
from simulation.day.scheduled_waiting import ScheduledWaiting
from simulation.day.service import ServiceMeasures, measure
from simulation.disturbances import DwellNoise
from simulation.disturbances.day import DisturbedDay
from simulation.disturbances.line import LineDisturbances, line_disturbances
from simulation.disturbances.track import DrivingLimits
from simulation.railway.control_centre import Centre
from simulation.railway.disturbed_vehicles import DisturbedVehicles
from simulation.railway.driving import DrivenTrain
from simulation.railway.dwells import MinimumDwell
from simulation.railway.operating_rules import OperatingRules, RecoveryRules
from simulation.railway.passenger_exchange import ExchangeDwell
from simulation.railway.passengers import PlatformDemand, opening_s
from simulation.railway.railway import LineDemand, Railway
from simulation.railway.section_runs import RunRequest
from simulation.railway.signalling import Signalling, signalling_of
from simulation.railway.traction_shortfall import (
    MOST_ROUNDS,
    NO_SHORTFALL,
    SETTLED_S,
    RunKey,
    TractionShortfall,
    blended,
    traction_shortfalls,
)
from simulation.railway.train_types import SimulatedTrainType, simulated_train_types
from simulation.railway.trains import DayInProgress, Operations, begin_day, operate
from simulation.railway.trip_record import TripRecord
from simulation.railway.turnbacks import AlwaysReady


@dataclass(frozen=True, eq=False)
class DayModel:
    """The parts of a line that are the same on every simulated day; built by `day_model`, used for many days.

    `regulators` makes the regulator of each day (None: trains use their own control).
    """

    rules: OperatingRules
    kinds: ByVehicle[SimulatedTrainType]
    network: SupplyNetwork
    station_order: Mapping[Direction, tuple[str, ...]]
    chainage_m: Mapping[str, float]
    demand: Mapping[Direction, PlatformDemand]
    tariff: Tariff
    carbon: GridCarbon
    signalling: Signalling
    regulators: RegulatorFactory | None = None
    disturbances: LineDisturbances | None = None

    @property
    def library(self) -> ProfileLibrary:
        """The driving profiles of the main train type."""
        return self.kinds.main.library

    @property
    def train(self) -> Train:
        """The train of the main type."""
        return self.kinds.main.train

    def regulated_by(self, regulators: RegulatorFactory | None) -> "DayModel":
        """The same line with other regulators; with None, this model."""
        return self if regulators is None else replace(self, regulators=regulators)

    def run_trains(
        self,
        timetable: Timetable,
        seed: int | None,
        planned_loads: bool = False,
        driven: ByVehicle[DrivenTrain] | None = None,
        shortfall: TractionShortfall = NO_SHORTFALL,
    ) -> Operations:
        """Simulate the trains of a day; see `simulation.railway.trains.operate`.

        With planned loads, dwells do not depend on the passengers.
        """
        railway, demand = self._railway(timetable, seed, planned_loads, driven)
        return operate(timetable, railway, seed, demand, planned_loads, shortfall)

    def begin_trains(self, timetable: Timetable, seed: int | None, centre: Centre) -> DayInProgress:
        """The trains of a day before their first event, under a control centre that is not part of the simulation."""
        railway, demand = self._railway(timetable, seed, False, None)
        return begin_day(timetable, railway, seed, demand, centre=centre)

    def _railway(
        self, timetable: Timetable, seed: int | None, planned_loads: bool, driven: ByVehicle[DrivenTrain] | None
    ) -> tuple[Railway, LineDemand]:
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
            None if self.regulators is None else self.regulators.for_day(timetable),
        )
        return railway, demand

    def _disturbed(self, seed: int | None) -> DisturbedDay | None:
        """The disturbances of the day of a seed; None if the line has none."""
        return None if self.disturbances is None else self.disturbances.day(seed, self.network)

    def _failed(self, day: DisturbedDay | None, timetable: Timetable) -> dict[str, int]:
        """For each trip with a failed train: the first slow section in order of travel."""
        if day is None or day.given.train_failures is None:
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
        """The driving of the trains on a day, with its temporary limits."""
        failed = self._failed(day, timetable)

        def driven(kind: SimulatedTrainType) -> DrivenTrain:
            if day is None or not (day.speed_limits or day.slippery or failed):
                return DrivenTrain(kind.library, kind.train)

            def limits(run: RunRequest) -> DrivingLimits:
                slow = run.section >= failed.get(run.trip_id, len(self.chainage_m))
                reach_m = kind.limited.reach_m(run.direction, run.section)
                return day.driving_limits(run.direction, reach_m, run.departs_s, slow)

            return DrivenTrain(kind.library, kind.train, limits, kind.limited)

        return self.kinds.map(driven)

    def snapshots(
        self,
        trips: Sequence[TripRecord],
        driven: ByVehicle[DrivenTrain] | None = None,
        shortfall: TractionShortfall = NO_SHORTFALL,
    ) -> Snapshots:
        """Position and power demand of every train, at every second from the first departure to the last arrival."""
        driven = driven or self.kinds.map(lambda kind: DrivenTrain(kind.library, kind.train))
        return self._assembled(trips, lay_out(trips, self._geometry, driven, shortfall, self.rules.operation))

    @property
    def _geometry(self) -> LineGeometry:
        return LineGeometry(self.library.sections, self.station_order, self.chainage_m)

    def _assembled(self, trips: Sequence[TripRecord], layout: DayLayout) -> Snapshots:
        start_s = math.floor(min(trip.departure_s[0] for trip in trips))
        end_s = math.ceil(max(*(trip.arrival_s[-1] for trip in trips), *(stand.to_s for stand in layout.stands))) + 1
        auxiliary_w = [self.kinds.of(vehicle).train.auxiliary_w for vehicle in layout.vehicles]
        return assemble(layout.runs, layout.stands, auxiliary_w, start_s, end_s)

    def day(
        self, timetable: Timetable, seed: int | None, planned_loads: bool = False, traces: bool = False
    ) -> DayRecord:
        """Simulate one day on the two-track ladder; without a seed there are no disturbances.

        If the supply cannot serve the traction, the day is simulated again with the resulting slower trains, until no
        running time changes by more than a second, at most three times. Raises BalanceError if the energy balance does
        not close to 0.1 %.
        """
        disturbed = self._disturbed(seed)
        outages = () if disturbed is None else disturbed.outages
        driven = self._driven(disturbed, timetable)
        shortfall = NO_SHORTFALL
        while True:
            operations = self.run_trains(timetable, seed, planned_loads, driven, shortfall)
            trips = operations.trips
            layout = lay_out(trips, self._geometry, driven, shortfall, self.rules.operation)
            snapshots = self._assembled(trips, layout)
            if self.disturbances is not None:
                auxiliaries = self.kinds.map(lambda kind: kind.auxiliaries)
                snapshots = self.disturbances.heated(snapshots, disturbed, auxiliaries, layout.vehicles)
            solution = solve_with_outages(self.network, snapshots, outages)
            following = self._slower(trips, snapshots, solution, driven, shortfall, layout.runs)
            if following is None:
                break
            shortfall = following
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
        energised_s = float(self.rules.operation.supply_energised_s)
        whole = account(snapshots, solution, self.network, energised_s=energised_s)
        times = journey_times(trips, self.station_order)
        failed = self._failed(disturbed, timetable)
        return DayRecord(
            seed=seed,
            trips=trips,
            account=whole,
            service=self._service(timetable, operations, times),
            bill=bill(
                self.tariff,
                self.carbon,
                self.network,
                solution,
                snapshots.start_s,
                energised_s=energised_s,
            ),
            train_km=metres / 1000.0,
            vehicles=len({vehicle_of(trip) for trip in trips}),
            energy=energy_tables(snapshots, solution, layout.runs, layout.stands, whole),
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
        shortfall: TractionShortfall,
        runs: Sequence[Run],
    ) -> TractionShortfall | None:
        """The runs with traction not served for the next round; None if the running times have converged."""
        if shortfall.rounds == MOST_ROUNDS:
            return None
        keys: list[RunKey] = [(trip.trip.trip_id, i) for trip in trips for i in range(len(trip.running_time_s))]
        served = traction_shortfalls(snapshots, solution, runs, keys)
        if shortfall.rounds:
            served = blended(shortfall.served, served)
        for trip in trips:
            first, train = self._geometry.first_section(trip), driven.of(vehicle_of(trip))
            for i, slowed_s in enumerate(trip.slowed_s):
                share = served.get((trip.trip.trip_id, i))
                if (
                    share is not None
                    and abs(train.slowed_s(run_request(trip, i, first + i), share) - slowed_s) >= SETTLED_S
                ):
                    return TractionShortfall(served, shortfall.rounds + 1)
        return None

    def _service(self, timetable: Timetable, operations: Operations, times: JourneyTimes) -> ServiceMeasures:
        """Measures of the day, compared with the timetable without disturbances for the same passengers."""
        return measure(
            operations.trips,
            self._scheduled_waiting.of(timetable),
            operations.never_served,
            self.kinds.map(lambda kind: float(kind.train.capacity_normal)),
            times.total_ride_s,
            len(operations.cancelled),
            len(operations.depot_waits),
            punctual_within_s=self.rules.operation.punctual_within_s,
        )

    @cached_property
    def _scheduled_waiting(self) -> ScheduledWaiting:
        return ScheduledWaiting(self.demand, self.station_order)


def day_model(
    scenario: Scenario,
    library: ProfileLibrary,
    regulators: RegulatorFactory | None = None,
    others: Mapping[str, ProfileLibrary] | None = None,
) -> DayModel:
    """Build the model of simulated days from a scenario; without `regulators`, trains use their own control.

    `library` is that of the main train type and contains its train; `others` are the libraries of the vehicles that
    differ from it. Without `others`, the libraries of other types are built here.
    """
    noise, recovery = scenario.disturbances, scenario.driving.recovery
    kinds = simulated_train_types(scenario, library, others)
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
                name: float(terminal.maximum_turnback_s or scenario.operation.depot_after_s)
                for name, terminal in scenario.terminals.items()
            },
            operation=scenario.operation,
            terminals=scenario.terminals,
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
        regulators=regulators,
        disturbances=line_disturbances(scenario),
    )


def _depot_places(scenario: Scenario) -> dict[str, int] | None:
    """Capacity of the depots at each station; None if the scenario has no depots."""
    stations = {depot.station for depot in scenario.depots}
    places = {name: sum(depot.capacity for depot in scenario.depots if depot.station == name) for name in stations}
    return places or None


def platform_demand(scenario: Scenario) -> dict[Direction, PlatformDemand]:
    """The passengers of the platforms: by origin and destination if the scenario has them, otherwise from rates."""
    rates = journeys(scenario)
    if rates is not None:
        return {d: PlatformDemand.from_journeys(rates.time_bin_s, rates.per_hour[d]) for d in DIRECTIONS}
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
    """Simulate one day of a timetable: trains, passengers, then the supply at every second.

    Without a seed there are no disturbances. Loads follow from the demand of the scenario and the actual trains; with
    `planned_loads` every train has the loads of the timetable. `traces` keeps series for plots.
    """
    return day_model(scenario, library).day(timetable, seed, planned_loads, traces)


def _sections_run(trip: TripRecord, order: Mapping[Direction, tuple[str, ...]]) -> range:
    first = order[trip.direction].index(trip.trip.stations[0])
    return range(first, first + len(trip.running_time_s))


def _lowest_per_instant(train_v: np.ndarray, snapshots: Snapshots) -> np.ndarray:
    """Lowest collector voltage in each second, NaN without a train."""
    lowest = np.full(snapshots.count, np.nan)
    occupied = np.flatnonzero(np.diff(snapshots.offset) > 0)
    if occupied.size:
        lowest[occupied] = np.minimum.reduceat(train_v, snapshots.offset[:-1][occupied])
    return lowest
