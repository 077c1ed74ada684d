"""Assignment of vehicles to duties in a fleet with different vehicles: the least energy of all trips of the day.

Duties stay unchanged, so turnbacks, tracks, depots and the number of trains stay unchanged; vehicles exchange their
duties. The metering point is the collector: all regenerated energy counts, for every consumer of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment

from dispatch.energy.planned_movements import first_section, trip_movements, turnback_stand
from dispatch.plans.fixed import NOTHING_FIXED, FixedService
from dispatch.plans.plan_record import VehicleChoiceFacts
from dispatch.plans.timetable import Timetable, Trip
from dispatch.rostering.duties import home_stations
from energy_models.faults import Infeasible
from energy_models.movement.planned import WHOLE_SECOND_TOLERANCE_S
from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import Direction
from scenarios.schema.operation import Operation
from scenarios.values.build import profile_libraries
from scenarios.values.fleet import vehicle_names
from scenarios.values.shortest_running_times import RunningTimes

EnergyOfTrips = Mapping[str, Mapping[str, float]]
"""Energy in J at the collector by kind of vehicle and trip id; without trips that a kind cannot run."""

ENERGY_STEP_J = 1000.0
"""Vehicles with a smaller difference of energy for a duty count as equal."""


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
    in s of the checker, by direction and section in order of travel."""

    library: ProfileLibrary
    most_passengers: float
    shortest_s: Mapping[Direction, Sequence[float]]

    @property
    def train(self) -> Train:
        """The vehicle itself."""
        return self.library.train


def least_energy_vehicles(
    timetable: Timetable,
    scenario: Scenario,
    energy_j: EnergyOfTrips,
    fixed: FixedService = NOTHING_FIXED,
    kind_of: Mapping[str, str] | None = None,
) -> VehicleChoice:
    """Assign a vehicle to every duty of a timetable with the least sum of energy, exactly (to 1 kJ per duty).

    `kind_of` names the kind of every vehicle, by default the train types of the fleet. A vehicle begins at its home
    depot, keeps its fixed trips, runs no trip while it is withdrawn, and has no duty with a trip that its kind cannot
    run. Of assignments with equal energy, the result changes the fewest vehicles. With one kind of vehicle the result
    is the given timetable. Raises `Infeasible` if no assignment keeps all of these rules.
    """
    kind_of = vehicle_names(scenario) if kind_of is None else kind_of
    chains = timetable.duties()
    given_j = _energy_as_given_j(chains, energy_j, kind_of)
    if len(set(kind_of.values())) < 2:
        return VehicleChoice(timetable, given_j or 0.0, given_j)
    homes = home_stations(scenario)
    cost_j: dict[tuple[str, str], float] = {}
    for duty, trips in chains.items():
        for vehicle, fleet_type in kind_of.items():
            drawn_j = _duty_energy_j(trips, energy_j.get(fleet_type, {}))
            if drawn_j is None or homes.get(vehicle) not in (None, trips[0].stations[0]):
                continue
            if _may_work(vehicle, trips, fixed):
                cost_j[duty, vehicle] = drawn_j
    chosen = _assigned(tuple(chains), tuple(kind_of), cost_j)
    if chosen is None:
        raise Infeasible(_why_not(chains, kind_of, cost_j))
    renamed = Timetable(tuple(replace(trip, vehicle=chosen[trip.vehicle]) for trip in timetable.trips))
    return VehicleChoice(renamed, sum(cost_j[pair] for pair in chosen.items()), given_j)


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


def fleet_types_of(scenario: Scenario, library: ProfileLibrary, shortest: RunningTimes) -> dict[str, FleetType]:
    """The kinds of vehicle of a fleet by train type; `library` is that of the main type.

    The largest planned load of a type with a smaller capacity than the main type is the policy's share of its normal
    capacity; other types carry the loads of the main type, up to their crush capacity.
    """
    fleet_types = {}
    for name, profiles in profile_libraries(scenario, library).items():
        one = profiles.train
        is_smaller = one.capacity_normal < library.train.capacity_normal
        most = scenario.policy.load_limit_share * one.capacity_normal if is_smaller else one.capacity_crush
        fleet_types[name] = FleetType(profiles, float(most), shortest[name])
    return fleet_types


def least_energy_duties(
    timetable: Timetable, scenario: Scenario, fleet_types: Mapping[str, FleetType], fixed: FixedService
) -> tuple[Timetable, VehicleChoiceFacts | None]:
    """The timetable with the assignment of least energy by train type, and its facts for the plan.

    With one kind: the given timetable and None. Without a possible assignment: the given timetable with the reasons.
    """
    if len(fleet_types) < 2:
        return timetable, None
    energy_j = {
        name: trip_energy_j(timetable, fleet_type, scenario.operation) for name, fleet_type in fleet_types.items()
    }
    try:
        choice = least_energy_vehicles(timetable, scenario, energy_j, fixed)
    except Infeasible as refusal:
        return timetable, VehicleChoiceFacts(not_possible=tuple(refusal.reasons))
    return choice.timetable, choice.facts


def _motion_energy_j(trip: Trip, fleet_type: FleetType) -> float | None:
    """Drawn minus regenerated energy of all sections, without auxiliaries; None if the kind cannot run the trip."""
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


def _assigned(
    duties: Sequence[str], vehicles: Sequence[str], cost_j: Mapping[tuple[str, str], float]
) -> dict[str, str] | None:
    """The vehicle of each duty: least cost, then fewest changes, then first of the fleet; None if there is none.

    The solver needs equal numbers of both: each spare vehicle adds a duty without cost.
    """
    if len(duties) > len(vehicles):
        return None
    solver = SimpleLinearSumAssignment()
    change = len(vehicles) * len(vehicles)
    step = len(duties) * (change + len(vehicles)) + 1
    for row, duty in enumerate(duties):
        steps = {v: round(cost_j[duty, v] / ENERGY_STEP_J) for v in vehicles if (duty, v) in cost_j}
        for number, vehicle in enumerate(vehicles):
            if vehicle in steps:
                # Costs relative to the vehicle with the least energy of the duty, so that numbers stay small.
                above = steps[vehicle] - min(steps.values())
                solver.add_arc_with_cost(row, number, above * step + (duty != vehicle) * change + number)
    for row in range(len(duties), len(vehicles)):
        for number in range(len(vehicles)):
            solver.add_arc_with_cost(row, number, 0)
    if solver.solve() != solver.OPTIMAL:
        return None
    return {duty: vehicles[solver.right_mate(row)] for row, duty in enumerate(duties)}


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
