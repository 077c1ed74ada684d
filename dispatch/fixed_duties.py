"""Duties around what is fixed about vehicles: trips with a set vehicle, withdrawals, trains kept spare.

Only vehicles about which something is fixed are told apart; the others are alike, and what they can cover is a count.
At each terminal the trains that are there never run out: exact, moment by moment, as in `dispatch.duties.fleet_need`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ortools.sat.python import cp_model

from dispatch.cp_solver import cp_solver
from dispatch.duties import chains_of, fleet_need, home_stations
from dispatch.fixed_service import FixedService
from dispatch.stands import busiest_moment, depot_capacity, in_depot, on_tracks, turns_of
from dispatch.timetable import Timetable, Trip
from energy_models.faults import Infeasible
from scenarios.schema import Scenario, seconds_to_clock

DETERMINISTIC_TIME = 20.0
"""Limit of one solve in CP-SAT's own unit; the models that people's fixes give take far less than one."""


def assign_fixed(
    timetable: Timetable, scenario: Scenario, fixed: FixedService, in_force: Timetable | None = None
) -> Timetable:
    """The timetable with vehicles that keep what is fixed about them, otherwise as it has them, or first in first out.

    As few vehicles as possible, then as few trips as possible with another vehicle than in `timetable`. Raises
    `Infeasible` with a small set of fixes that clash.
    """
    model = _Model.of(timetable, scenario, fixed)
    answer = model.solve()
    if answer is None:
        raise Infeasible(model.why_not())
    reasons: tuple[str, ...] = ()
    for last_first in (False, True):
        candidate = _named(timetable, scenario, answer, last_first)
        reasons = _crowded(candidate, scenario, in_force)
        if not reasons:
            return candidate
    raise Infeasible(reasons)


@dataclass(frozen=True, eq=False)
class _Answer:
    """Which told-apart vehicle works a trip, and where the others begin; told-apart ones may stay unused."""

    told_apart: tuple[str, ...]
    vehicle_of: Mapping[str, str]
    others_begin: Mapping[str, int]


@dataclass(eq=False)
class _Model:
    """CP-SAT over who works what; every fix hangs on a literal, so that clashing ones can be named."""

    timetable: Timetable
    scenario: Scenario
    fixed: FixedService
    special: tuple[str, ...]
    homes: Mapping[str, str | None]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    works: dict[tuple[str, str], cp_model.IntVar] = field(default_factory=dict)
    begins: dict[tuple[str, str], cp_model.IntVar] = field(default_factory=dict)
    others: dict[str, cp_model.IntVar] = field(default_factory=dict)
    wishes: dict[str, cp_model.IntVar] = field(default_factory=dict)

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
        """At each departure somebody is there who has come and turned, or began there."""
        for station, terminal in self.scenario.terminals.items():
            events = [(trip.start_s, 1, trip) for trip in self.timetable.trips if trip.stations[0] == station]
            # Who is ready in the second of a departure may take it.
            events += [
                (trip.end_s + terminal.turnback_s, 0, trip)
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
        """No more trains than there are, each from the depot where it belongs."""
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

    def _wish(self, sentence: str) -> cp_model.IntVar:
        if sentence not in self.wishes:
            self.wishes[sentence] = self.model.new_bool_var(sentence)
        return self.wishes[sentence]

    def _fixes(self) -> None:
        fixed = self.fixed
        for trip in self.timetable.trips:
            if trip.trip_id in fixed.vehicles:
                vehicle = fixed.vehicles[trip.trip_id]
                wish = self._wish(f"trip {trip.trip_id}, {seconds_to_clock(trip.start_s)}, is worked by {vehicle}")
                self.model.add(self.works[vehicle, trip.trip_id] == 1).only_enforce_if(wish)
            for out in fixed.withdrawals:
                if min(trip.end_s, out.to_s) > max(trip.start_s, out.from_s):
                    begin, end = seconds_to_clock(out.from_s), seconds_to_clock(out.to_s)
                    wish = self._wish(f"{out.vehicle} is withdrawn from {begin} to {end}")
                    self.model.add(self.works[out.vehicle, trip.trip_id] == 0).only_enforce_if(wish)
        if fixed.spare_trains:
            most = self.scenario.trainsets - fixed.spare_trains
            wish = self._wish(f"{fixed.spare_trains} of {self.scenario.trainsets} trains stay spare")
            self.model.add(self._used() <= most).only_enforce_if(wish)

    def _used(self) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.sum([*self.begins.values(), *self.others.values()])

    def solve(self) -> _Answer | None:
        """Duties that keep every fix; None when there are none."""
        self.model.clear_assumptions()
        for wish in self.wishes.values():
            self.model.add(wish == 1)
        kept = [self.works[trip.vehicle, trip.trip_id] for trip in self.timetable.trips if trip.vehicle in self.special]
        weight = len(self.timetable.trips) + 1
        self.model.minimize(weight * self._used() - cp_model.LinearExpr.sum(kept))
        solver = cp_solver(DETERMINISTIC_TIME)
        if solver.solve(self.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return _Answer(
            self.special,
            {trip: vehicle for (vehicle, trip), x in self.works.items() if solver.boolean_value(x)},
            {station: solver.value(x) for station, x in self.others.items()},
        )

    def why_not(self) -> tuple[str, ...]:
        """Fixes none of which can be left out without a remedy: all others are dropped one by one."""
        bare = _Model.of(self.timetable, self.scenario, _without_vehicles(self.fixed))
        if bare.solve() is None:
            need = fleet_need(self.timetable, self.scenario)
            return (
                f"the timetable needs {need.vehicles} trains, the fleet has {self.scenario.trainsets}, or they belong "
                "to depots from which they cannot begin",
            )
        clashing = list(self.wishes)
        for sentence in list(clashing):
            others = [one for one in clashing if one != sentence]
            if not self._bears(others):
                clashing = others
        need = fleet_need(self.timetable, self.scenario)
        head = "these fixes clash: " if len(clashing) > 1 else "this fix cannot be kept: "
        return (
            head + "; ".join(clashing),
            f"the timetable needs {need.vehicles} trains when all may run, the fleet has {self.scenario.trainsets}; "
            f"it would do without {'any one of these fixes' if len(clashing) > 1 else 'it'}",
        )

    def _bears(self, sentences: Sequence[str]) -> bool:
        trial = _Model.of(self.timetable, self.scenario, self.fixed)
        for sentence in sentences:
            trial.model.add(trial.wishes[sentence] == 1)
        return cp_solver(DETERMINISTIC_TIME).solve(trial.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def _without_vehicles(fixed: FixedService) -> FixedService:
    """The same without anything about vehicles."""
    return fixed.model_copy(update={"vehicles": {}, "withdrawals": [], "spare_trains": 0})


def _named(timetable: Timetable, scenario: Scenario, answer: _Answer, last_first: bool) -> Timetable:
    """Names for the trips that any train may work: who came first leaves first, or who came last."""
    homes = home_stations(scenario)
    spare = [vehicle for vehicle in homes if vehicle not in answer.told_apart]
    began = {vehicle: chain[0].stations[0] for vehicle, chain in chains_of(timetable).items()}
    at: dict[str, list[tuple[int, str]]] = {station: [] for station in scenario.terminals}
    fresh: dict[str, list[str]] = {station: [] for station in scenario.terminals}
    for wanted_home in (True, False):
        for station, count in answer.others_begin.items():
            for vehicle in sorted(spare, key=lambda vehicle: began.get(vehicle) != station):
                if len(fresh[station]) >= count:
                    break
                if (homes[vehicle] == station) if wanted_home else homes[vehicle] is None:
                    fresh[station].append(vehicle)
                    spare.remove(vehicle)
    vehicle_of = dict(answer.vehicle_of)
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
        if trip.trip_id not in answer.vehicle_of:
            at[end].append((trip.end_s + scenario.terminals[end].turnback_s, vehicle_of[trip.trip_id]))
    return Timetable(tuple(replace(trip, vehicle=vehicle_of[trip.trip_id]) for trip in timetable.trips))


def _first(ready: list[tuple[int, str]], trip: Trip) -> tuple[int, str]:
    """The vehicle that the trip had, if it is there, else who came first."""
    return next((entry for entry in ready if entry[1] == trip.vehicle), min(ready))


def _crowded(timetable: Timetable, scenario: Scenario, in_force: Timetable | None) -> tuple[str, ...]:
    """Terminals where more trains stand or rest than there is room for, or than today."""
    today = turns_of(chains_of(in_force)) if in_force is not None else []
    now = turns_of(chains_of(timetable))
    capacity = depot_capacity(scenario)
    reasons = []
    for station, terminal in scenario.terminals.items():
        tracks = max(terminal.tracks, busiest_moment(on_tracks(today, scenario, station)).trains)
        moment = busiest_moment(on_tracks(now, scenario, station))
        if moment.trains > tracks:
            reasons.append(
                f"with these fixes {moment.trains} trains stand at {station} at {seconds_to_clock(moment.time_s)}; "
                f"{tracks} tracks are there, {moment.trains - tracks} missing"
            )
        if capacity is not None:
            room = max(capacity.get(station, 0), busiest_moment(in_depot(today, scenario, station)).trains)
            moment = busiest_moment(in_depot(now, scenario, station))
            if moment.trains > room:
                when = f"at {seconds_to_clock(moment.time_s)}" if moment.time_s >= 0 else "overnight"
                reasons.append(
                    f"with these fixes {moment.trains} trains rest at {station} {when}; its depots hold {room}, "
                    f"{moment.trains - room} too many"
                )
    return tuple(reasons)
