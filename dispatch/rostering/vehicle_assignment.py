"""Assignment of vehicles to duties in a fleet with different vehicles: the least energy of all trips of the day.

Vehicles differ by their train type, or by a model of their own. Duties stay unchanged, so turnbacks, tracks, depots and
the number of trains stay unchanged; vehicles exchange their duties. The metering point is the collector:
all regenerated energy counts, for every consumer of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dispatch.energy.planned_movements import first_section, sections_of, trip_movements, turnback_stand
from dispatch.plans.fixed import NOTHING_FIXED, FixedService
from dispatch.plans.plan_record import VehicleChoiceFacts
from dispatch.plans.timetable import Timetable, Trip
from dispatch.rostering.assignment_problem import RESTS, AssignmentProblem, Pair
from dispatch.rostering.duties import home_stations
from energy_models.faults import Infeasible
from energy_models.movement.planned import WHOLE_SECOND_TOLERANCE_S
from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import Direction
from scenarios.schema.operation import Operation
from scenarios.values.fleet import ByVehicle, vehicle_names
from scenarios.values.mileage import NO_MILEAGE, Mileage
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.shortest_running_times import RunningTimes
from scenarios.values.track_lengths import distance_m

EnergyOfTrips = Mapping[str, Mapping[str, float]]
"""Energy in J at the collector by kind of vehicle and trip id; without trips that a kind cannot run."""

_Driven = tuple[str, str, tuple[int, ...], tuple[float, ...], tuple[str, ...]]
"""Direction, first station, running times, loads and driving of a trip: what its energy of motion depends on."""


@dataclass(frozen=True)
class VehicleChoice:
    """A timetable with the assignment of least energy; energies of all trips at the collector.

    `energy_as_given_j` is the energy with the original vehicles, None if one of them cannot run a trip of its duty.
    """

    timetable: Timetable
    energy_j: float
    energy_as_given_j: float | None

    @property
    def facts(self) -> VehicleChoiceFacts:
        """The energies as a plan records them."""
        given = None if self.energy_as_given_j is None else round(self.energy_as_given_j / 3.6e6, 1)
        return VehicleChoiceFacts(kwh=round(self.energy_j / 3.6e6, 1), kwh_as_turned=given)


@dataclass(frozen=True, eq=False)
class FleetType:
    """One kind of vehicle: the driving profiles of its train, its largest planned load, and the minimum running times
    in s of the checker, by direction and section in order of travel.

    `mean` is the kind of the mean vehicle of the type if the vehicle has a model of its own and the same speed
    profiles; `known_j` has the energies of motion that were computed before.
    """

    library: ProfileLibrary
    most_passengers: float
    shortest_s: Mapping[Direction, Sequence[float]]
    mean: "FleetType | None" = None
    known_j: dict[_Driven, float | None] = field(default_factory=dict, init=False)

    @property
    def train(self) -> Train:
        """The vehicle itself."""
        return self.library.train


@dataclass(frozen=True, eq=False)
class VehicleKinds:
    """The kinds of vehicle that an assignment distinguishes, by name, and the kind of each vehicle of the fleet.

    A kind is a train type, or one vehicle with a model of its own under the name of the vehicle. `mileage` is that of
    the vehicles, `energy_error` the relative standard error of the energy of each vehicle with a model.
    """

    kinds: Mapping[str, FleetType]
    kind_of: Mapping[str, str]
    mileage: Mileage = NO_MILEAGE
    energy_error: Mapping[str, float] = field(default_factory=dict)

    @property
    def differ(self) -> bool:
        """Whether the vehicles differ at all."""
        return len(set(self.kind_of.values())) > 1


def least_energy_vehicles(
    timetable: Timetable,
    scenario: Scenario,
    energy_j: EnergyOfTrips,
    fixed: FixedService = NOTHING_FIXED,
    kind_of: Mapping[str, str] | None = None,
    mileage: Mileage = NO_MILEAGE,
) -> VehicleChoice:
    """Assign a vehicle to every duty of a timetable with the least sum of energy, exactly (to 1 kJ per duty).

    `kind_of` names the kind of every vehicle, by default the train types of the fleet. A vehicle begins at its home
    depot, keeps its fixed trips, runs no trip while it is withdrawn, and has no duty with a trip that its kind cannot
    run. With a mileage, no vehicle runs farther than its maintenance allows, and vehicles leave the band around the
    mean mileage of the fleet as little as possible. Of assignments with equal energy, the result changes the fewest
    vehicles. With one kind of vehicle the result is the given timetable. Raises `Infeasible` if no assignment keeps all
    of these rules.
    """
    kind_of = vehicle_names(scenario) if kind_of is None else kind_of
    chains = timetable.duties()
    given_j = _energy_as_given_j(chains, energy_j, kind_of)
    if len(set(kind_of.values())) < 2:
        return VehicleChoice(timetable, given_j or 0.0, given_j)
    problem = _problem(chains, scenario, energy_j, fixed, kind_of, mileage)
    chosen = problem.least_energy()
    if chosen is None:
        raise Infeasible(_why_not(chains, kind_of, problem.energy_j))
    return VehicleChoice(assigned(timetable, chosen), problem.energy_of_j(chosen), given_j)


def assigned(timetable: Timetable, vehicle_of: Mapping[str, str]) -> Timetable:
    """The timetable with another vehicle for each duty, by the present vehicle of the duty."""
    return Timetable(tuple(replace(trip, vehicle=vehicle_of[trip.vehicle]) for trip in timetable.trips))


def assignment_problem(
    timetable: Timetable, scenario: Scenario, vehicles: VehicleKinds, fixed: FixedService
) -> AssignmentProblem:
    """The duties of a timetable with the energies of all vehicles that may work them."""
    energies = _energies(timetable, scenario, vehicles)
    return _problem(timetable.duties(), scenario, energies, fixed, vehicles.kind_of, vehicles.mileage)


def _problem(
    chains: Mapping[str, Sequence[Trip]],
    scenario: Scenario,
    energy_j: EnergyOfTrips,
    fixed: FixedService,
    kind_of: Mapping[str, str],
    mileage: Mileage,
) -> AssignmentProblem:
    homes = home_stations(scenario)
    duty_km = {RESTS: 0.0, **{duty: _length_km(trips, scenario) for duty, trips in chains.items()}}
    done_km = list(mileage.done_km.values())
    mean_km = (sum(done_km) + sum(duty_km.values()) * len(done_km) / len(kind_of)) / max(1, len(done_km))
    drawn: dict[Pair, float] = {}
    for duty, trips in chains.items():
        for vehicle, fleet_type in kind_of.items():
            drawn_j = _duty_energy_j(trips, energy_j.get(fleet_type, {}))
            if drawn_j is None or homes.get(vehicle) not in (None, trips[0].stations[0]):
                continue
            if _may_work(vehicle, trips, fixed) and mileage.allows(vehicle, duty_km[duty]):
                drawn[duty, vehicle] = drawn_j
    excess = {
        pair: excess_km
        for pair in (*drawn, *((RESTS, vehicle) for vehicle in kind_of))
        if (excess_km := mileage.excess_km(pair[1], duty_km[pair[0]], mean_km)) > 0.0
    }
    return AssignmentProblem(tuple(chains), tuple(kind_of), drawn, excess)


def _length_km(trips: Sequence[Trip], scenario: Scenario) -> float:
    return sum(distance_m(scenario, trip.stations[0], trip.stations[-1]) for trip in trips) / 1000.0


def _energies(timetable: Timetable, scenario: Scenario, vehicles: VehicleKinds) -> EnergyOfTrips:
    return {name: trip_energy_j(timetable, kind, scenario.operation) for name, kind in vehicles.kinds.items()}


def trip_energy_j(timetable: Timetable, fleet_type: FleetType, operation: Operation) -> dict[str, float]:
    """Energy in J at the collector of each planned trip with a kind of vehicle, by trip id.

    Drawn minus regenerated energy, with auxiliaries from the departure to the end of the stand after the trip. The
    result has no trips that the kind cannot run because of running times, driving or number of passengers.
    """
    energy_j: dict[str, float] = {}
    for trips in timetable.duties().values():
        for trip, after in zip(trips, [*trips[1:], None], strict=True):
            drawn_j = _motion_energy_j(trip, fleet_type)
            if drawn_j is not None:
                stand = turnback_stand(trip, None if after is None else after.start_s, fleet_type.library, operation)
                energy_j[trip.trip_id] = drawn_j + fleet_type.train.auxiliary_w * (stand.to_s - trip.start_s)
    return energy_j


def fleet_types_of(
    scenario: Scenario, of_type: Mapping[str, ProfileLibrary], shortest: RunningTimes
) -> dict[str, FleetType]:
    """The kinds of vehicle of a fleet by train type, with the driving profiles of each type.

    The largest planned load of a type with a smaller capacity than the main type is the policy's share of its normal
    capacity; other types carry the loads of the main type, up to their crush capacity.
    """
    fleet_types = {}
    for name, profiles in of_type.items():
        one = profiles.train
        is_smaller = one.capacity_normal < of_type[scenario.main_train_type].train.capacity_normal
        most = scenario.policy.load_limit_share * one.capacity_normal if is_smaller else one.capacity_crush
        fleet_types[name] = FleetType(profiles, float(most), shortest[name])
    return fleet_types


def vehicle_kinds(
    stock: RollingStock, profiles: ByVehicle[ProfileLibrary], fleet_types: Mapping[str, FleetType]
) -> VehicleKinds:
    """The kinds of a fleet: a vehicle with a model of its own is a kind, the others are of the kind of their type."""
    own = {
        vehicle: replace(
            fleet_types[stock.type_of[vehicle]],
            library=profiles.of(vehicle),
            mean=fleet_types[stock.type_of[vehicle]],
        )
        for vehicle in stock.own
        if vehicle in stock.type_of
    }
    kind_of = {vehicle: vehicle if vehicle in own else name for vehicle, name in stock.type_of.items()}
    return VehicleKinds({**fleet_types, **own}, kind_of, stock.mileage, stock.energy_error)


def least_energy_duties(
    timetable: Timetable, scenario: Scenario, vehicles: VehicleKinds, fixed: FixedService
) -> tuple[Timetable, VehicleChoiceFacts | None]:
    """The timetable with the assignment of least energy by kind of vehicle, and its facts for the plan.

    With one kind: the given timetable and None. Without a possible assignment: the given timetable with the reasons.
    """
    if not vehicles.differ:
        return timetable, None
    energy_j = _energies(timetable, scenario, vehicles)
    try:
        choice = least_energy_vehicles(timetable, scenario, energy_j, fixed, vehicles.kind_of, vehicles.mileage)
    except Infeasible as refusal:
        return timetable, VehicleChoiceFacts(not_possible=tuple(refusal.reasons))
    return choice.timetable, choice.facts


def _motion_energy_j(trip: Trip, fleet_type: FleetType) -> float | None:
    """Drawn minus regenerated energy of all sections, without auxiliaries; None if the kind cannot run the trip."""
    key = (trip.direction, trip.stations[0], trip.running_times_s, trip.passengers, trip.driving)
    if key not in fleet_type.known_j:
        mean = fleet_type.mean
        fleet_type.known_j[key] = _computed_j(trip, fleet_type) if mean is None else _own_j(trip, fleet_type, mean)
    return fleet_type.known_j[key]


def _own_j(trip: Trip, own: FleetType, mean: FleetType) -> float | None:
    """Energy of the mean vehicle, plus the difference of both vehicles on the same speed profiles.

    The difference is that of the load class of the profile; it hardly depends on the load.
    """
    energy_j = _motion_energy_j(trip, mean)
    if energy_j is None:
        return None
    for k, section, _ in sections_of(trip, own.library):
        run = (trip.direction, section, trip.running_time_s(k), trip.passengers[k], trip.driving[k])
        energy_j += own.library.profile(*run).net_energy_j - mean.library.profile(*run).net_energy_j
    return energy_j


def _computed_j(trip: Trip, fleet_type: FleetType) -> float | None:
    if max(trip.passengers, default=0.0) > fleet_type.most_passengers:
        return None
    shortest_s = fleet_type.shortest_s[trip.direction][first_section(trip, fleet_type.library) :]
    if any(trip.running_time_s(k) < shortest_s[k] - WHOLE_SECOND_TOLERANCE_S for k in range(len(trip.driving))):
        return None
    try:
        runs, _ = trip_movements(trip, fleet_type.library)
    except Infeasible:
        return None
    late_s = max(run.motion.running_time_s - trip.running_time_s(k) for k, run in enumerate(runs))
    if late_s > WHOLE_SECOND_TOLERANCE_S:  # with flat-out driving and ATO levels, a train has its own running time
        return None
    return sum(float(run.motion.power_w.sum()) for run in runs)


def _duty_energy_j(trips: Sequence[Trip], energy_j: Mapping[str, float]) -> float | None:
    if any(trip.trip_id not in energy_j for trip in trips):
        return None
    return sum(energy_j[trip.trip_id] for trip in trips)


def _energy_as_given_j(
    chains: Mapping[str, Sequence[Trip]], energy_j: EnergyOfTrips, kind_of: Mapping[str, str]
) -> float | None:
    total_j = 0.0
    for vehicle, trips in chains.items():
        drawn_j = _duty_energy_j(trips, energy_j.get(kind_of.get(vehicle, ""), {}))
        if drawn_j is None:
            return None
        total_j += drawn_j
    return total_j


def _may_work(vehicle: str, trips: Sequence[Trip], fixed: FixedService) -> bool:
    """Whether the fixes allow a vehicle to work a duty."""
    if any(fixed.vehicles.get(trip.trip_id, vehicle) != vehicle for trip in trips):
        return False
    absent = [out for out in fixed.withdrawals if out.vehicle == vehicle]
    return not any(min(trip.end_s, out.to_s) > max(trip.start_s, out.from_s) for trip in trips for out in absent)


def _why_not(
    chains: Mapping[str, Sequence[Trip]], kind_of: Mapping[str, str], cost_j: Mapping[tuple[str, str], float]
) -> list[str]:
    workable = {duty for duty, _ in cost_j}
    reasons = [
        f"no vehicle can work the duty that begins with trip {trips[0].trip_id} from {trips[0].stations[0]} at "
        f"{seconds_to_clock(trips[0].start_s)}: home depots, fixes, running times and capacities exclude all vehicles"
        for duty, trips in chains.items()
        if duty not in workable
    ]
    return reasons or [
        f"the {len(kind_of)} vehicles of the fleet cannot be assigned to {len(chains)} duties with their home depots, "
        "fixes, running times and capacities"
    ]
