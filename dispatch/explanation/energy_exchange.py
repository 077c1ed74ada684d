"""Energy exchange: the braking trains that feed an accelerating trip, and the trains that a braking trip feeds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.energy.trip_change import PlannedDay
from dispatch.plans.timetable import Trip
from energy_models.arrays import FloatArray
from energy_models.supply.network import SupplyNetwork
from energy_models.supply.tracing import traced_currents

SUBSTATIONS = "substations"
STORAGE = "storage"


@dataclass(frozen=True)
class Partner:
    """Another train of an energy exchange: its activity, its place, and its mean distance.

    `doing` and `station` are the activity of the partner during most of the exchange ("leaving", "braking into",
    "standing at" and so on) and the id of the station.
    """

    trip_id: str
    energy_kwh: float
    distance_m: float
    time_s: int
    doing: str
    station: str


@dataclass(frozen=True)
class SectionExchange:
    """One section of a trip with the dwell after the section; energies at the collectors.

    `drawn_kwh` is the sum of `from_substations_kwh`, `from_storage_kwh` and the energy from `fed_by`. `offered_kwh` of
    braking energy is the sum of own auxiliaries, energy to the line (`given_kwh`) and burnt energy. `given_kwh` minus
    the losses of rails and contact line is the sum of the energy to `feeds`, `to_storage_kwh` and, through reversible
    substations, `to_substations_kwh`.
    """

    from_station: str
    to_station: str
    departure_s: int
    arrival_s: int
    drawn_kwh: float
    from_substations_kwh: float
    from_storage_kwh: float
    fed_by: tuple[Partner, ...]
    offered_kwh: float
    own_auxiliaries_kwh: float
    given_kwh: float
    burnt_kwh: float
    feeds: tuple[Partner, ...]
    to_substations_kwh: float
    to_storage_kwh: float

    @property
    def from_trains_kwh(self) -> float:
        """Braking energy from other trains."""
        return sum(partner.energy_kwh for partner in self.fed_by)


def energy_exchanges(day: PlannedDay, network: SupplyNetwork, trip_id: str) -> tuple[SectionExchange, ...]:
    """Trace every second of a trip on its day, by section; raises KeyError if the day does not have the trip."""
    j = day.index(trip_id)
    trip = day.trips[j]
    found = []
    for k in range(len(trip.driving)):
        last = k + 1 == len(trip.driving)
        until_s = trip.arrival_s[k + 1] if last else trip.departure_s[k + 1]
        found.append(_section(day, network, j, k, trip.departure_s[k], until_s))
    return tuple(found)


@dataclass(eq=False)
class _Flow:
    """Energy between the trip and one partner, in J, and its moments."""

    energy_j: float = 0.0
    distance_j_m: float = 0.0
    best_j: float = 0.0
    best_s: int = 0
    best_power_w: float = 0.0

    def add(self, energy_j: float, distance_m: float, time_s: int, power_w: float) -> None:
        self.energy_j += energy_j
        self.distance_j_m += energy_j * distance_m
        if energy_j > self.best_j:
            self.best_j, self.best_s, self.best_power_w = energy_j, time_s, power_w


def _section(
    day: PlannedDay, network: SupplyNetwork, j: int, section: int, from_s: int, until_s: int
) -> SectionExchange:
    start_s = int(day.snapshots.start_s)
    interval_s = day.snapshots.interval_s
    drawn = substations = storage = offered = own = given = burnt = returned = stored = 0.0
    first_storage = len(network.substations)
    fed_by: dict[int, _Flow] = defaultdict(_Flow)
    feeds: dict[int, _Flow] = defaultdict(_Flow)
    for time_s in range(from_s, until_s):
        instant = time_s - start_s
        low, high = int(day.snapshots.offset[instant]), int(day.snapshots.offset[instant + 1])
        owners = day.owner[low:high]
        mine = np.flatnonzero((owners == j) & (day.is_turnback[low:high] == 0))
        if not len(mine):
            continue
        demand_w, auxiliary_w = day.snapshots.power_w[low:high], day.snapshots.auxiliary_w[low:high]
        place_m, current_a, volts = _nodes(day, network, instant)
        traced_a = traced_currents(place_m, current_a)
        trains = high - low
        for me in mine:
            net_w = float(day.solution.train_power_w[low + me])
            if demand_w[me] < 0.0:
                used_w = min(max(auxiliary_w[me] - net_w, 0.0), -demand_w[me])
                offered -= demand_w[me]
                own += min(used_w, auxiliary_w[me])
                burnt += -demand_w[me] - used_w
            if net_w > 0.0:
                drawn += net_w
                got_w = traced_a[me] * volts[me]
                substations += float(got_w[trains:][:first_storage].sum())
                storage += float(got_w[trains:][first_storage:].sum())
                for other in np.flatnonzero(got_w[:trains] > 0.0):
                    away_m = abs(place_m[other] - place_m[me])
                    fed_by[int(owners[other])].add(float(got_w[other]), away_m, time_s, float(demand_w[other]))
            else:
                given -= net_w
                gave_w = traced_a[:, me] * volts
                returned += float(gave_w[trains:][:first_storage].sum())
                stored += float(gave_w[trains:][first_storage:].sum())
                for other in np.flatnonzero(gave_w[:trains] > 0.0):
                    away_m = abs(place_m[other] - place_m[me])
                    feeds[int(owners[other])].add(float(gave_w[other]), away_m, time_s, float(demand_w[other]))
    trip = day.trips[j]
    kwh = interval_s / 3.6e6
    return SectionExchange(
        from_station=trip.stations[section],
        to_station=trip.stations[section + 1],
        departure_s=trip.departure_s[section],
        arrival_s=trip.arrival_s[section + 1],
        drawn_kwh=drawn * kwh,
        from_substations_kwh=substations * kwh,
        from_storage_kwh=storage * kwh,
        fed_by=_partners(day.trips, fed_by, kwh),
        offered_kwh=offered * kwh,
        own_auxiliaries_kwh=own * kwh,
        given_kwh=given * kwh,
        burnt_kwh=burnt * kwh,
        feeds=_partners(day.trips, feeds, kwh),
        to_substations_kwh=returned * kwh,
        to_storage_kwh=stored * kwh,
    )


def _nodes(day: PlannedDay, network: SupplyNetwork, instant: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Place, current into the line and voltage of all trains, then all substations, then all storages."""
    low, high = int(day.snapshots.offset[instant]), int(day.snapshots.offset[instant + 1])
    solution = day.solution
    train_m = day.snapshots.chainage_m[low:high]
    train_v = solution.train_v[low:high]
    substation_m = np.array([item.chainage_m for item in network.substations])
    substation_v = solution.substation_v[instant]
    # The load flow has no voltage of a storage; the voltage of its neighbours differs by some volts.
    known_m, known_v = np.concatenate([train_m, substation_m]), np.concatenate([train_v, substation_v])
    order = np.argsort(known_m, kind="stable")
    storage_m = np.array([item.chainage_m for item in network.storages], dtype=np.float64)
    storage_v = np.interp(storage_m, known_m[order], known_v[order])
    volts = np.concatenate([train_v, substation_v, storage_v])
    fed_w = np.concatenate(
        [-solution.train_power_w[low:high], solution.substation_power_w[instant], solution.storage_power_w[instant]]
    )
    return np.concatenate([train_m, substation_m, storage_m]), fed_w / volts, volts


def _partners(trips: Sequence[Trip], flows: dict[int, _Flow], kwh: float) -> tuple[Partner, ...]:
    found = [
        Partner(
            trips[owner].trip_id,
            flow.energy_j * kwh,
            float(flow.distance_j_m / flow.energy_j),
            flow.best_s,
            *doing(trips[owner], flow.best_s, flow.best_power_w),
        )
        for owner, flow in flows.items()
        if flow.energy_j > 0.0
    ]
    return tuple(sorted(found, key=lambda partner: (-partner.energy_kwh, partner.trip_id)))


def doing(trip: Trip, time_s: int, power_w: float) -> tuple[str, str]:
    """The activity of a trip's train at a time with a power demand, and the station."""
    for k in range(len(trip.driving)):
        if trip.departure_s[k] <= time_s < trip.arrival_s[k + 1]:
            late = time_s > (trip.departure_s[k] + trip.arrival_s[k + 1]) / 2
            if power_w < 0.0:
                return "braking into" if late else "braking on the way to", trip.stations[k + 1]
            if power_w > 0.0:
                return ("pulling towards", trip.stations[k + 1]) if late else ("leaving", trip.stations[k])
            return "coasting to", trip.stations[k + 1]
        if k and trip.arrival_s[k] <= time_s < trip.departure_s[k]:
            return "standing at", trip.stations[k]
    return "standing at", trip.stations[-1] if time_s >= trip.end_s else trip.stations[0]
