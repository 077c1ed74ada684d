"""Which vehicle works which duty when vehicles of a fleet draw differently: the least energy of the day's trips.

Duties stay whole, so turnbacks, tracks, depots and the number of trains stay as they are; vehicles change places. The
metering point is the collector: what braking gives back counts in full, whoever takes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment
from pydantic import JsonValue

from dispatch.duties import chains_of, home_stations
from dispatch.fixed_service import NOTHING_FIXED, FixedService
from dispatch.rules.shortest_times import RunningTimes
from dispatch.timetable import Direction, Timetable, Trip
from dispatch.traffic import first_section, trip_movements, turnback_stand
from energy_models.faults import Infeasible
from energy_models.movement import WHOLE_SECOND_TOLERANCE_S
from energy_models.running_times import ProfileLibrary
from energy_models.train import Train
from scenarios.build import profile_libraries
from scenarios.fleet import vehicle_names
from scenarios.schema import Scenario, seconds_to_clock

EnergyOfTrips = Mapping[str, Mapping[str, float]]
"""Energy in J at the collector by kind of vehicle and trip id; a trip that a kind cannot run is left out."""

METADATA = "vehicles_by_energy"
"""Under this name a plan tells the energies of its choice."""
ENERGY_STEP_J = 1000.0
"""Vehicles whose energies for a duty differ by less than this count as alike."""


@dataclass(frozen=True)
class VehicleChoice:
    """A timetable whose duties have the vehicles that draw least; energies of all trips at the collector.

    `energy_as_given_j` is that of the vehicles that the timetable came with, None where one of them cannot run a trip
    of its duty.
    """

    timetable: Timetable
    energy_j: float
    energy_as_given_j: float | None

    def document(self) -> dict[str, JsonValue]:
        """The energies as a plan keeps them among its metadata."""
        given = None if self.energy_as_given_j is None else round(self.energy_as_given_j / 3.6e6, 1)
        return {"metering_point": "collector", "kwh": round(self.energy_j / 3.6e6, 1), "kwh_as_turned": given}


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of vehicle: the driving profiles of its train, how many passengers it may be planned with, and the
    shortest running times in s that the checker lets it have, by direction and section in order of travel."""

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
    """Give every duty of a timetable the vehicle with which the sum of energy is least, exactly (to a kJ a duty).

    `kind_of` names the kind of every vehicle there is, by default the train types of the fleet. A vehicle begins at the
    depot where it belongs, keeps the trips fixed to it, runs none while it is withdrawn, and gets no duty with a trip
    that its kind cannot run. Where several choices draw as little, most duties keep the vehicle that they have. With
    one kind of vehicle the timetable is returned as it came. Raises `Infeasible` when no choice keeps all of that.
    """
    kind_of = vehicle_names(scenario) if kind_of is None else kind_of
    chains = chains_of(timetable)
    given_j = _energy_as_given_j(chains, energy_j, kind_of)
    if len(set(kind_of.values())) < 2:
        return VehicleChoice(timetable, given_j or 0.0, given_j)
    homes = home_stations(scenario)
    cost_j: dict[tuple[str, str], float] = {}
    for duty, trips in chains.items():
        for vehicle, kind in kind_of.items():
            drawn_j = _duty_energy_j(trips, energy_j.get(kind, {}))
            if drawn_j is None or homes.get(vehicle) not in (None, trips[0].stations[0]):
                continue
            if _may_work(vehicle, trips, fixed):
                cost_j[duty, vehicle] = drawn_j
    chosen = _assigned(tuple(chains), tuple(kind_of), cost_j)
    if chosen is None:
        raise Infeasible(_why_not(chains, kind_of, cost_j))
    renamed = Timetable(tuple(replace(trip, vehicle=chosen[trip.vehicle]) for trip in timetable.trips))
    return VehicleChoice(renamed, sum(cost_j[pair] for pair in chosen.items()), given_j)


def trip_energy_j(timetable: Timetable, kind: Kind) -> dict[str, float]:
    """Energy in J at the collector of each trip as planned if that kind of vehicle ran it, by trip id.

    Drawn less given back, with auxiliaries from the departure to the end of the stand after the trip. Left out are
    trips that the kind cannot run: running times or ways of driving beyond it, or more passengers than it may take.
    """
    energy_j: dict[str, float] = {}
    for trips in chains_of(timetable).values():
        for trip, after in zip(trips, [*trips[1:], None], strict=True):
            drawn_j = _motion_energy_j(trip, kind)
            if drawn_j is not None:
                stand = turnback_stand(trip, None if after is None else after.start_s, kind.library)
                energy_j[trip.trip_id] = drawn_j + kind.train.auxiliary_w * (stand.to_s - trip.start_s)
    return energy_j


def kinds_of_fleet(scenario: Scenario, library: ProfileLibrary, shortest: RunningTimes) -> dict[str, Kind]:
    """The kinds of vehicle of a fleet by train type; `library` is that of the main type.

    A type that takes fewer passengers than the main one is planned with no more than the policy's share of its
    normal capacity; others carry what the main type does, up to their crush capacity.
    """
    kinds = {}
    for name, profiles in profile_libraries(scenario, library).items():
        one = profiles.train
        is_smaller = one.capacity_normal < library.train.capacity_normal
        most = scenario.policy.load_limit_share * one.capacity_normal if is_smaller else one.capacity_crush
        kinds[name] = Kind(profiles, float(most), shortest[name])
    return kinds


def dealt_by_energy(
    timetable: Timetable, scenario: Scenario, kinds: Mapping[str, Kind], fixed: FixedService
) -> tuple[Timetable, dict[str, JsonValue]]:
    """The timetable with the vehicles that draw least by train type, and what a plan's metadata tell of that.

    With one kind the timetable as it came and nothing to tell; where no choice keeps what must be kept, as it came with
    the reasons.
    """
    if len(kinds) < 2:
        return timetable, {}
    energy_j = {name: trip_energy_j(timetable, kind) for name, kind in kinds.items()}
    try:
        choice = least_energy_vehicles(timetable, scenario, energy_j, fixed)
    except Infeasible as refusal:
        return timetable, {METADATA: {"not_possible": list(refusal.reasons)}}
    return choice.timetable, {METADATA: choice.document()}


def _motion_energy_j(trip: Trip, kind: Kind) -> float | None:
    """Drawn less given back over all sections, without auxiliaries; None when that kind cannot run the trip."""
    if max(trip.passengers, default=0.0) > kind.most_passengers:
        return None
    shortest_s = kind.shortest_s[trip.direction][first_section(trip, kind.library) :]
    if any(trip.running_time_s(k) < shortest_s[k] - WHOLE_SECOND_TOLERANCE_S for k in range(len(trip.driving))):
        return None
    try:
        runs, _ = trip_movements(trip, kind.library)
    except Infeasible:
        return None
    late_s = max(run.motion.running_time_s - trip.running_time_s(k) for k, run in enumerate(runs))
    if late_s > WHOLE_SECOND_TOLERANCE_S:  # flat out and on ATO levels a train takes its own time
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
    """Whether what is fixed lets a vehicle work a duty."""
    if any(fixed.vehicles.get(trip.trip_id, vehicle) != vehicle for trip in trips):
        return False
    absent = [out for out in fixed.withdrawals if out.vehicle == vehicle]
    return not any(min(trip.end_s, out.to_s) > max(trip.start_s, out.from_s) for trip in trips for out in absent)


def _assigned(
    duties: Sequence[str], vehicles: Sequence[str], cost_j: Mapping[tuple[str, str], float]
) -> dict[str, str] | None:
    """The vehicle of each duty, of least cost, then with most duties as they are named, then the first of the fleet;
    None when there is none.

    The solver wants as many of both: a duty of no cost is added for each vehicle that stays spare.
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
                # Above the duty's cheapest vehicle, so that numbers stay small.
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
        f"no vehicle may work the duty that begins with trip {trips[0].trip_id} from {trips[0].stations[0]} at "
        f"{seconds_to_clock(trips[0].start_s)}: homes, fixes, running times and room in the trains leave none"
        for duty, trips in chains.items()
        if duty not in workable
    ]
    return reasons or [
        f"the {len(kind_of)} vehicles of the fleet cannot be dealt to {len(chains)} duties so that homes, fixes, "
        "running times and room in the trains are kept"
    ]
