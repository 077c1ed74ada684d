"""Duties: the trips of each vehicle, with turnbacks at terminals and stays in depots."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.plans.terminal_occupancy import goes_to_depot, turns_of
from dispatch.plans.timetable import Timetable, Trip
from dispatch.plans.vehicle_chains import turnback_after_s, with_vehicles
from dispatch.rostering.balance import balance
from dispatch.rostering.terminal_capacity import terminal_excesses
from energy_models.faults import Infeasible
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.values.fleet import vehicle_names
from scenarios.values.track_lengths import distance_m


@dataclass(frozen=True)
class FleetNeed:
    """The smallest number of vehicles for a timetable, and the stations where they begin their day.

    `begin[station]` vehicles begin at a station; `moment_s[station]` is the time when the last of them must be there.
    """

    begin: Mapping[str, int]
    moment_s: Mapping[str, int]

    @property
    def vehicles(self) -> int:
        """Vehicles on the whole line."""
        return sum(self.begin.values())


@dataclass(frozen=True)
class Duty:
    """The day of one vehicle: its trips in order, its distance, its visits to a depot between trips."""

    vehicle: str
    trip_ids: tuple[str, ...]
    distance_km: float
    depot_visits: int


@dataclass(frozen=True)
class DutySummary:
    """All duties of a timetable, with the smallest possible number of vehicles and the number of spare vehicles."""

    duties: tuple[Duty, ...]
    fleet_need: FleetNeed
    spare: int

    @property
    def is_minimum(self) -> bool:
        """True if the timetable uses the smallest possible number of vehicles."""
        return len(self.duties) == self.fleet_need.vehicles

    @property
    def distance_spread_km(self) -> float:
        """Longest duty minus shortest."""
        distances = [duty.distance_km for duty in self.duties]
        return max(distances) - min(distances) if distances else 0.0


def fleet_need(timetable: Timetable, scenario: Scenario) -> FleetNeed:
    """The smallest number of vehicles, with proof.

    At a station, only trains that began there or that arrived at least one turnback time before can work the
    departures up to a time. The largest excess of departures over such arrivals is therefore a lower bound. The bound
    is reached if every train works the first departure after its turnback (the maximum matching of arrivals and
    departures at each station).
    """
    begin: dict[str, int] = {}
    moment: dict[str, int] = {}
    for station in scenario.terminals:
        departures = [trip.start_s for trip in timetable.trips if trip.stations[0] == station]
        ready = [
            trip.end_s + turnback_after_s(scenario, trip) for trip in timetable.trips if trip.stations[-1] == station
        ]
        excess, time = need_at(departures, ready)
        if excess > 0:
            begin[station], moment[station] = excess, time
    return FleetNeed(begin, moment)


def need_at(departures_s: Sequence[int], ready_s: Sequence[float]) -> tuple[int, int]:
    """The largest excess of departures over trains that are ready again at a station, and its first time."""
    most, moment = 0, 0
    ready = sorted(ready_s)
    for count, time in enumerate(sorted(departures_s), start=1):
        excess = count - bisect_right(ready, time)
        if excess > most:
            most, moment = excess, time
    return most, moment


def home_stations(scenario: Scenario) -> dict[str, str | None]:
    """The station of the home depot of each vehicle of the fleet, in fleet order; None: every station."""
    station_of = {depot.id: depot.station for depot in scenario.depots}
    homes: list[str | None] = []
    for part in scenario.fleet:
        homes += [station_of[part.depot] if part.depot is not None else None] * part.trainsets
    return dict(zip(vehicle_names(scenario), homes, strict=True))


def assign(
    timetable: Timetable,
    scenario: Scenario,
    in_force: Timetable | None = None,
    *,
    is_balanced: bool = True,
    may_exceed: bool = False,
) -> Timetable:
    """The timetable with vehicles: as few as possible, few depot visits, and distances balanced unless `is_balanced` is
    false.

    The train that became ready last leaves first, so that surplus trains stay in the depot and not at the terminal.
    Then two vehicles of a type at the same terminal exchange their remaining trips if their distances become more
    equal, without a further depot visit and without another track. The limits of turnback, tracks and depots are kept,
    or violated no more than in `in_force`, if that is given. With `may_exceed`, terminals and depots may hold more
    trains than their capacity, for a repair that moves the trips concerned.

    Raises `Infeasible` with place, time and number if fleet, depots or terminal tracks do not suffice.
    """
    need = fleet_need(timetable, scenario)
    _fleet_suffices(timetable, scenario, need)
    vehicles = _vehicles_at(scenario, need)
    # By station, arrival, vehicle, and the time from which the vehicle can leave.
    standing: dict[str, list[tuple[int, str, int]]] = {}
    chains: dict[str, list[Trip]] = {}
    for trip in timetable.by_departure():
        place = trip.stations[0]
        at_place = standing.setdefault(place, [])
        ready = [entry for entry in at_place if entry[2] <= trip.start_s]
        if ready:
            entry = max(ready)
            at_place.remove(entry)
            vehicle = entry[1]
        else:
            vehicle = vehicles[place].pop(0)
        chains.setdefault(vehicle, []).append(trip)
        ready_s = trip.end_s + turnback_after_s(scenario, trip)
        standing.setdefault(trip.stations[-1], []).append((trip.end_s, vehicle, ready_s))
    excesses = tuple(terminal_excesses(chains, scenario, in_force))
    if excesses and not may_exceed:
        raise Infeasible(excesses)
    if is_balanced and not excesses:
        balance(chains, scenario, in_force)
    return with_vehicles(timetable, {trip.trip_id: vehicle for vehicle, trips in chains.items() for trip in trips})


def duty_summary(timetable: Timetable, scenario: Scenario) -> DutySummary:
    """The duties of a timetable with vehicles, by vehicle."""
    duties = tuple(
        Duty(
            vehicle,
            tuple(trip.trip_id for trip in trips),
            round(sum(trip_distance_km(trip, scenario) for trip in trips), 3),
            sum(goes_to_depot(turn, scenario) for turn in turns_of({vehicle: trips})),
        )
        for vehicle, trips in sorted(timetable.duties().items())
    )
    return DutySummary(duties, fleet_need(timetable, scenario), scenario.trainsets - len(duties))


def trip_distance_km(trip: Trip, scenario: Scenario) -> float:
    """Distance from the trip's first station to its last."""
    return distance_m(scenario, trip.stations[0], trip.stations[-1]) / 1000.0


def _fleet_suffices(timetable: Timetable, scenario: Scenario, need: FleetNeed) -> None:
    missing = need.vehicles - scenario.trainsets
    if missing <= 0:
        return
    excess: dict[str, int] = {}
    arrivals = {
        station: sorted(
            trip.end_s + turnback_after_s(scenario, trip) for trip in timetable.trips if trip.stations[-1] == station
        )
        for station in scenario.terminals
    }
    gone: dict[str, int] = {}
    for trip in timetable.by_departure():
        place = trip.stations[0]
        gone[place] = gone.get(place, 0) + 1
        excess[place] = max(excess.get(place, 0), gone[place] - bisect_right(arrivals[place], trip.start_s))
        if sum(excess.values()) > scenario.trainsets:
            raise Infeasible(
                [
                    f"there is no train for trip {trip.trip_id} from {place} at {seconds_to_clock(trip.start_s)}: the "
                    f"timetable needs {need.vehicles} trains, but the fleet has {scenario.trainsets}: {missing} are "
                    "missing"
                ]
            )


def _vehicles_at(scenario: Scenario, need: FleetNeed) -> dict[str, list[str]]:
    """Vehicles that begin at each station: first those with their home depot there, then those without a home depot."""
    names = iter(vehicle_names(scenario))
    station_of = {depot.id: depot.station for depot in scenario.depots}
    homed: dict[str, list[str]] = {}
    free: list[str] = []
    for part in scenario.fleet:
        for _ in range(part.trainsets):
            home = free if part.depot is None else homed.setdefault(station_of[part.depot], [])
            home.append(next(names))
    result = {}
    for station, count in need.begin.items():
        own = homed.get(station, [])[:count]
        own += [free.pop(0) for _ in range(min(count - len(own), len(free)))]
        if len(own) < count:
            raise Infeasible(
                [
                    f"{count} trains must begin at {station} by {seconds_to_clock(need.moment_s[station])}, but only "
                    f"{len(own)} trains have their home depot there: {count - len(own)} are missing"
                ]
            )
        result[station] = own
    return result
