"""What a simulated day leaves behind: every trip as it ran, its passengers, and the energy account."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dispatch.timetable import Direction, Trip
from energy_models.arrays import FloatArray
from energy_models.driving.profile import DrivingProfile
from energy_models.energy_account import EnergyAccount
from energy_models.supply.outages import Outage
from energy_models.supply.snapshots import Snapshots, SupplySolution
from scenarios.billing import Bill
from simulation.crowding import Crowding
from simulation.depot_wait import DepotWait
from simulation.disturbances.day import DisturbedDay
from simulation.energy_tables import EnergyTables
from simulation.journey_times import JourneyTimes
from simulation.service import ServiceMeasures


@dataclass(frozen=True)
class TripRecord:
    """One trip as it ran. Tuples run over the trip's stations, or its sections, in order of travel.

    The first arrival is when the train was ready to leave, at the latest its departure; the last departure equals the
    last arrival. `running_time_s` is what the train was driven for, `slowed_s` by how much it fell behind that because
    its traction was not served (empty: nowhere), `hindered_s` how much later than that it arrived because of trains
    ahead of it. `hindered` is the profile that it then really drove, None where nothing hindered it.
    `passengers` are on board over each section; `denied` found no room; `waited_s` is the waiting, in
    passenger-seconds, of all who came since the train before. `boarded_to` and `waited_to_s` tell both by
    destination: for each station of the trip but the last, an entry for each station from the trip's first to the end
    of the line (none on a line without demand).
    """

    trip: Trip
    arrival_s: tuple[float, ...]
    departure_s: tuple[float, ...]
    running_time_s: tuple[int, ...]
    hindered_s: tuple[float, ...]
    passengers: tuple[float, ...]
    boarded: tuple[float, ...]
    denied: tuple[float, ...]
    waited_s: tuple[float, ...]
    slowed_s: tuple[float, ...] = ()
    boarded_to: tuple[tuple[float, ...], ...] = ()
    waited_to_s: tuple[tuple[float, ...], ...] = ()
    hindered: tuple[DrivingProfile | None, ...] = ()

    @property
    def direction(self) -> Direction:
        """Direction of travel."""
        return self.trip.direction

    @property
    def lateness_s(self) -> tuple[float, ...]:
        """Arrival later than the timetable says, at each station after the first; negative when early."""
        return tuple(a - s for a, s in zip(self.arrival_s[1:], self.trip.arrival_s[1:], strict=True))


@dataclass(frozen=True, eq=False)
class DayTraces:
    """Series of every second of the day, powers in W.

    `snapshots` and `solution` hold each train and what the supply gave it; the entries of a run of a train have the
    number of that run as their owner, and `run_trip` tells the place of its trip among the day's trips.
    Storages, one a column: their power, positive while they feed the line, and the state of charge at the end of each
    second as a share of their capacity.
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

    `energy` lays the account's collector energy out by train and section, `crowding` and `journeys` tell of the
    passengers, `outages` of the substations and storages that were out, `cancelled` of the trips that did not run,
    `depot_waits` of the trains that found their depot full. `disturbed` is what befell the day (None: nothing could),
    `failed` the trips whose train failed, with the section in order of the trip from which on it was slow.
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
