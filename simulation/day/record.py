"""The record of a simulated day: all trips, their passengers, and the energy account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dispatch.plans.timetable import Trip
from energy_models.account.energy import EnergyAccount
from energy_models.arrays import FloatArray
from energy_models.supply.outages import Outage
from energy_models.supply.snapshots import Snapshots, SupplySolution
from scenarios.costs.billing import Bill
from simulation.day.crowding import Crowding
from simulation.day.energy_tables import EnergyTables
from simulation.day.journey_times import JourneyTimes
from simulation.day.service import ServiceMeasures
from simulation.disturbances.day import DisturbedDay
from simulation.railway.depot_wait import DepotWait
from simulation.railway.trip_record import TripRecord


@dataclass(frozen=True, eq=False)
class DayTraces:
    """Series of every second of the day, powers in W.

    `snapshots` and `solution` contain each train and its solution of the supply; the owner of an entry is the number of
    its run, and `run_trip` is the index of the trip of each run. Storages, one per column: their power, positive when
    they feed the line, and the state of charge at the end of each second as a share of capacity.
    """

    start_s: float
    substation_names: tuple[str, ...]
    substation_power_w: FloatArray
    traction_w: FloatArray
    regeneration_used_w: FloatArray
    minimum_voltage_v: FloatArray
    snapshots: Snapshots
    solution: SupplySolution
    run_trip: tuple[int, ...]
    storage_names: tuple[str, ...] = ()
    storage_power_w: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    storage_charge_share: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True, eq=False)
class DayRecord:
    """One simulated day; `seed` is None for a day without disturbances.

    `energy` is the collector energy by train and section, `crowding` and `journeys` are of the passengers, `outages`
    are the outages of substations and storages, `cancelled` the trips that did not run, `depot_waits` the trains that
    found their depot full. `disturbed` are the disturbances of the day (None: the line has none), `failed` the trips
    with a failed train, with the first slow section in order of the trip.
    """

    seed: int | None
    trips: tuple[TripRecord, ...]
    account: EnergyAccount
    service: ServiceMeasures
    bill: Bill
    train_km: float
    vehicles: int
    energy: EnergyTables
    crowding: Crowding
    journeys: JourneyTimes
    outages: tuple[Outage, ...] = ()
    cancelled: tuple[Trip, ...] = ()
    depot_waits: tuple[DepotWait, ...] = ()
    disturbed: DisturbedDay | None = None
    failed: Mapping[str, int] = field(default_factory=dict)
    traces: DayTraces | None = None
