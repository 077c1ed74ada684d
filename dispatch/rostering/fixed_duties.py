"""Duties with vehicle fixes: trips with a fixed vehicle, withdrawals, spare trains.

The model distinguishes only vehicles with fixes; all other vehicles are equal, and the model only counts them. At each
terminal the number of trains is never negative, exactly and at each time, as in `duties.fleet_need`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ortools.sat.python import cp_model

from dispatch.cp_solver import cp_solver
from dispatch.plans.fixed import FixedService
from dispatch.plans.timetable import Timetable, Trip
from dispatch.plans.vehicle_chains import turnback_after_s
from dispatch.rostering.duties import fleet_need, home_stations
from dispatch.rostering.terminal_capacity import terminal_excesses
from energy_models.faults import Infeasible
from scenarios.schema import Scenario, seconds_to_clock

DETERMINISTIC_TIME = 20.0
"""Limit of one solve in deterministic time of CP-SAT; models of usual fixes need far less than one."""


def assign_fixed(
    timetable: Timetable, scenario: Scenario, fixed: FixedService, in_force: Timetable | None = None
) -> Timetable:
    """The timetable with vehicles that keep the fixes; other trips keep their vehicle or are first in, first out.

    As few vehicles as possible, then as few trips as possible with another vehicle than in `timetable`. Raises
    `Infeasible` with a small set of conflicting fixes.
    """
    model = _Model.of(timetable, scenario, fixed)
    solution = model.solve()
    if solution is None:
        raise Infeasible(model.why_not())
    reasons: tuple[str, ...] = ()
    for last_first in (False, True):
        candidate = _named(timetable, scenario, solution, last_first)
        excesses = terminal_excesses(candidate.duties(), scenario, in_force)
        reasons = tuple(f"with these fixes {excess}" for excess in excesses)
        if not reasons:
            return candidate
    raise Infeasible(reasons)


@dataclass(frozen=True, eq=False)
class _Solution:
    """The distinguished vehicle of each trip, and the stations where the others begin."""

    distinguished: tuple[str, ...]
    vehicle_of: Mapping[str, str]
    others_begin: Mapping[str, int]


@dataclass(eq=False)
class _Model:
    """CP-SAT model of the assignment; each fix has an assumption literal, so that the solver reports conflicts."""

    timetable: Timetable
    scenario: Scenario
    fixed: FixedService
    special: tuple[str, ...]
    homes: Mapping[str, str | None]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    works: dict[tuple[str, str], cp_model.IntVar] = field(default_factory=dict)
    begins: dict[tuple[str, str], cp_model.IntVar] = field(default_factory=dict)
    others: dict[str, cp_model.IntVar] = field(default_factory=dict)
    literals: dict[str, cp_model.IntVar] = field(default_factory=dict)

    @staticmethod
    def of(timetable: Timetable, scenario: Scenario, fixed: FixedService) -> "_Model":
        named = {*fixed.vehicles.values(), *(out.vehicle for out in fixed.withdrawals)}
        model = _Model(timetable, scenario, fixed, tuple(sorted(named)), home_stations(scenario))
        model._variables()
        model._places()
        model._fleet()
        model._fixes()
        return model

    def _variables(self) -> None:
        most = len(self.timetable.trips)
        for trip in self.timetable.trips:
            for vehicle in self.special:
                self.works[vehicle, trip.trip_id] = self.model.new_bool_var(f"{vehicle}:{trip.trip_id}")
            self.model.add_at_most_one(self.works[v, trip.trip_id] for v in self.special)
        for vehicle in self.special:
            for station in self.scenario.terminals:
                self.begins[vehicle, station] = self.model.new_bool_var(f"{vehicle}@{station}")
                home = self.homes[vehicle]
                if home is not None and home != station:
                    self.model.add(self.begins[vehicle, station] == 0)
            self.model.add_at_most_one(self.begins[vehicle, station] for station in self.scenario.terminals)
        for station in self.scenario.terminals:
            self.others[station] = self.model.new_int_var(0, most, f"others@{station}")

    def _places(self) -> None:
        """At each departure there is a vehicle that has arrived and turned, or that began at the station."""
        for station in self.scenario.terminals:
            events = [(trip.start_s, 1, trip) for trip in self.timetable.trips if trip.stations[0] == station]
            # A train that is ready in the second of a departure may work this departure.
            events += [
                (trip.end_s + turnback_after_s(self.scenario, trip), 0, trip)
                for trip in self.timetable.trips
                if trip.stations[-1] == station
            ]
            events.sort(key=lambda event: (event[0], event[1], event[2].trip_id))
            there: dict[str, cp_model.IntVar] = {v: self.begins[v, station] for v in self.special}
            count: cp_model.IntVar = self.others[station]
            for number, (_, leaves, trip) in enumerate(events):
                by_special = [self.works[v, trip.trip_id] for v in self.special]
                left = self.model.new_int_var(0, len(self.timetable.trips), f"there@{station}-{number}")
                sign = -1 if leaves else 1
                self.model.add(left == count + sign * (1 - cp_model.LinearExpr.sum(by_special)))
                count = left
                for vehicle in self.special:
                    now = self.model.new_bool_var(f"{vehicle}@{station}-{number}")
                    self.model.add(now == there[vehicle] + sign * self.works[vehicle, trip.trip_id])
                    there[vehicle] = now

    def _fleet(self) -> None:
        """Not more trains than in the fleet, each from its home depot."""
        homed = dict.fromkeys(self.scenario.terminals, 0)
        free = 0
        for vehicle, home in self.homes.items():
            if vehicle in self.special:
                continue
            if home is None:
                free += 1
            else:
                homed[home] = homed.get(home, 0) + 1
        borrowed = []
        for station in self.scenario.terminals:
            extra = self.model.new_int_var(0, free, f"borrowed@{station}")
            self.model.add(self.others[station] <= homed[station] + extra)
            borrowed.append(extra)
        self.model.add(cp_model.LinearExpr.sum(borrowed) <= free)

    def _literal_of(self, sentence: str) -> cp_model.IntVar:
        if sentence not in self.literals:
            self.literals[sentence] = self.model.new_bool_var(sentence)
        return self.literals[sentence]

    def _fixes(self) -> None:
        fixed = self.fixed
        for trip in self.timetable.trips:
            if trip.trip_id in fixed.vehicles:
                vehicle = fixed.vehicles[trip.trip_id]
                literal = self._literal_of(f"{vehicle} works trip {trip.trip_id}, {seconds_to_clock(trip.start_s)}")
                self.model.add(self.works[vehicle, trip.trip_id] == 1).only_enforce_if(literal)
            for out in fixed.withdrawals:
                if min(trip.end_s, out.to_s) > max(trip.start_s, out.from_s):
                    begin, end = seconds_to_clock(out.from_s), seconds_to_clock(out.to_s)
                    literal = self._literal_of(f"{out.vehicle} is withdrawn from {begin} to {end}")
                    self.model.add(self.works[out.vehicle, trip.trip_id] == 0).only_enforce_if(literal)
        if fixed.spare_trains:
            most = self.scenario.trainsets - fixed.spare_trains
            literal = self._literal_of(f"{fixed.spare_trains} of {self.scenario.trainsets} trains are spare")
            self.model.add(self._used() <= most).only_enforce_if(literal)

    def _used(self) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.sum([*self.begins.values(), *self.others.values()])

    def solve(self) -> _Solution | None:
        """Duties that keep every fix; None if there are none."""
        self.model.clear_assumptions()
        for literal in self.literals.values():
            self.model.add(literal == 1)
        kept = [self.works[trip.vehicle, trip.trip_id] for trip in self.timetable.trips if trip.vehicle in self.special]
        weight = len(self.timetable.trips) + 1
        self.model.minimize(weight * self._used() - cp_model.LinearExpr.sum(kept))
        solver = cp_solver(DETERMINISTIC_TIME)
        if solver.solve(self.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return _Solution(
            self.special,
            {trip: vehicle for (vehicle, trip), x in self.works.items() if solver.boolean_value(x)},
            {station: solver.value(x) for station, x in self.others.items()},
        )

    def why_not(self) -> tuple[str, ...]:
        """A minimal set of conflicting fixes: all other fixes are removed one by one."""
        bare = _Model.of(self.timetable, self.scenario, _without_vehicles(self.fixed))
        if bare.solve() is None:
            need = fleet_need(self.timetable, self.scenario)
            return (
                f"the timetable needs {need.vehicles} trains; the fleet has {self.scenario.trainsets}, or their home "
                "depots are at other stations",
            )
        conflicting = list(self.literals)
        for sentence in list(conflicting):
            others = [one for one in conflicting if one != sentence]
            if not self._is_feasible(others):
                conflicting = others
        need = fleet_need(self.timetable, self.scenario)
        head = "these fixes conflict: " if len(conflicting) > 1 else "this fix cannot be kept: "
        return (
            head + "; ".join(conflicting),
            f"the timetable needs {need.vehicles} trains if all are available, and the fleet has "
            f"{self.scenario.trainsets}; a plan exists without "
            f"{'any one of these fixes' if len(conflicting) > 1 else 'this fix'}",
        )

    def _is_feasible(self, sentences: Sequence[str]) -> bool:
        trial = _Model.of(self.timetable, self.scenario, self.fixed)
        for sentence in sentences:
            trial.model.add(trial.literals[sentence] == 1)
        return cp_solver(DETERMINISTIC_TIME).solve(trial.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def _without_vehicles(fixed: FixedService) -> FixedService:
    """The same fixes without those of vehicles."""
    return fixed.model_copy(update={"vehicles": {}, "withdrawals": [], "spare_trains": 0})


def _named(timetable: Timetable, scenario: Scenario, solution: _Solution, last_first: bool) -> Timetable:
    """Names of vehicles for trips without a fixed vehicle: first in, first out, or last in, first out."""
    homes = home_stations(scenario)
    spare = [vehicle for vehicle in homes if vehicle not in solution.distinguished]
    began = {vehicle: chain[0].stations[0] for vehicle, chain in timetable.duties().items()}
    at: dict[str, list[tuple[int, str]]] = {station: [] for station in scenario.terminals}
    fresh: dict[str, list[str]] = {station: [] for station in scenario.terminals}
    for has_home in (True, False):
        for station, count in solution.others_begin.items():
            for vehicle in sorted(spare, key=lambda vehicle: began.get(vehicle) != station):
                if len(fresh[station]) >= count:
                    break
                if (homes[vehicle] == station) if has_home else homes[vehicle] is None:
                    fresh[station].append(vehicle)
                    spare.remove(vehicle)
    vehicle_of = dict(solution.vehicle_of)
    for trip in sorted(timetable.trips, key=lambda trip: (trip.start_s, trip.direction, trip.trip_id)):
        place, end = trip.stations[0], trip.stations[-1]
        if trip.trip_id not in vehicle_of:
            ready = [entry for entry in at[place] if entry[0] <= trip.start_s]
            if ready:
                entry = max(ready) if last_first else _first(ready, trip)
                at[place].remove(entry)
                vehicle_of[trip.trip_id] = entry[1]
            else:
                same = trip.vehicle in fresh[place]
                vehicle_of[trip.trip_id] = fresh[place].pop(fresh[place].index(trip.vehicle) if same else 0)
        if trip.trip_id not in solution.vehicle_of:
            at[end].append((trip.end_s + turnback_after_s(scenario, trip), vehicle_of[trip.trip_id]))
    return Timetable(tuple(replace(trip, vehicle=vehicle_of[trip.trip_id]) for trip in timetable.trips))


def _first(ready: list[tuple[int, str]], trip: Trip) -> tuple[int, str]:
    """The previous vehicle of the trip if it is at the station, otherwise the vehicle that arrived first."""
    return next((entry for entry in ready if entry[1] == trip.vehicle), min(ready))
