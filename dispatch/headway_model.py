"""The CP-SAT model of headways: one pattern for each segment, trains at the terminals, fleet, depots and balance.

The number of trains that must begin at a terminal is the largest excess of departures over trains that have come and
turned (see `dispatch.duties.fleet_need`). Given the patterns this is linear, moment by moment; moments at which a
solution breaks it are added until none does, so that the last solution is optimal for all moments.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from dispatch.baseline import departures_in_force, one_way_time_s
from dispatch.headway_patterns import Pattern, Segment
from dispatch.stands import depot_capacity
from dispatch.timetable import DIRECTIONS, Direction
from scenarios.schema import Scenario

FIRST_MOMENTS_EVERY_S = 3600
INTERVALS_AT_ONCE = 8
DEMAND_SCALE = 100
"""Parts of a unit of currency in which the energies of demand intervals are added up."""


@dataclass(frozen=True)
class SolveLimits:
    """Seed and deterministic time of one solve (CP-SAT's own unit, about a second)."""

    seed: int = 0
    deterministic_time: float = 10.0


@dataclass(frozen=True, eq=False)
class HeadwaySolution:
    """Chosen patterns by segment, trains that begin at each terminal, whether the choice is proven optimal, and the
    objective in the model's whole units."""

    chosen: Mapping[Segment, Pattern]
    begin: Mapping[str, int]
    is_proven: bool
    objective: int = 0

    def departures(self) -> dict[Direction, tuple[int, ...]]:
        """All departures of the day by direction."""
        return departures_of(self.chosen)


def departures_of(chosen: Mapping[Segment, Pattern]) -> dict[Direction, tuple[int, ...]]:
    """All departures of the day by direction, rising."""
    return {
        direction: tuple(
            sorted(
                t for segment, pattern in chosen.items() if segment.direction == direction for t in pattern.departures
            )
        )
        for direction in DIRECTIONS
    }


def highest_demand_kw(patterns: Iterable[Pattern], interval_s: int) -> float:
    """The highest mean power of patterns together over any interval of the demand charge."""
    kwh: dict[int, float] = {}
    for pattern in patterns:
        for interval, part in pattern.demand_kwh.items():
            kwh[interval] = kwh.get(interval, 0.0) + part
    return max(kwh.values(), default=0.0) * 3600.0 / interval_s


@dataclass(eq=False)
class Moments:
    """Moments at which some choice of headways ran out of trains or of room, by terminal; and intervals of the demand
    charge at which one asked for the most."""

    covered: set[tuple[str, int]] = field(default_factory=set)
    room: set[tuple[str, int]] = field(default_factory=set)
    demand: set[int] = field(default_factory=set)


@dataclass(eq=False)
class HeadwayModel:
    """A growing CP-SAT model over given patterns.

    `choice[segment][k]` is true when pattern k of the segment is chosen; `begin[station]` counts trains that begin
    there. `known` carries moments that mattered from one model of the same scenario to the next. After a solve
    without solution `is_impossible` says whether there is none, and `clashing` holds the indices of assumed literals
    that suffice for that.
    """

    scenario: Scenario
    patterns: Mapping[Segment, Sequence[Pattern]]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    choice: dict[Segment, list[cp_model.IntVar]] = field(default_factory=dict)
    trips: dict[Segment, cp_model.IntVar] = field(default_factory=dict)
    begin: dict[str, cp_model.IntVar] = field(default_factory=dict)
    known: Moments = field(default_factory=Moments)
    clashing: tuple[int, ...] = ()
    is_impossible: bool = False
    _moments: set[tuple[str, int]] = field(default_factory=set)
    _room_moments: set[tuple[str, int]] = field(default_factory=set)
    _intervals: set[int] = field(default_factory=set)
    _demand: tuple[cp_model.IntVar, float] | None = None

    def __post_init__(self) -> None:
        most = sum(max(pattern.trips for pattern in patterns) for patterns in self.patterns.values())
        for segment, patterns in self.patterns.items():
            name = f"{segment.direction}-{segment.from_s}"
            choice = [self.model.new_bool_var(f"{name}-{pattern.trips}") for pattern in patterns]
            self.model.add_exactly_one(choice)
            self.choice[segment] = choice
            self.trips[segment] = self.model.new_int_var(0, most, f"trips-{name}")
            self.model.add(self.trips[segment] == sum(p.trips * x for p, x in zip(patterns, choice, strict=True)))
        for direction in DIRECTIONS:
            station = self.origin(direction)
            self.begin[station] = self.model.new_int_var(0, most, f"begin-{station}")
        for station in self.begin:
            for time in self._first_moments():
                self.add_moment(station, time)
        for station, time in sorted(self.known.covered):
            self.add_moment(station, time)
        for station, time in sorted(self.known.room):
            self.add_room(station, time)
        self.add_overnight()

    def origin(self, direction: Direction) -> str:
        """Terminal from which a direction departs."""
        return self.scenario.stations_in_order(direction)[0].id

    def total(self, value: Callable[[Pattern], float], scale: float = 1.0) -> cp_model.LinearExpr:
        """The sum of a value over the chosen patterns, in whole units of 1 / scale."""
        return cp_model.LinearExpr.sum(
            [
                round(value(pattern) * scale) * x
                for segment, patterns in self.patterns.items()
                for pattern, x in zip(patterns, self.choice[segment], strict=True)
            ]
        )

    def total_trips(self, direction: Direction) -> cp_model.LinearExpr:
        """Trips of one direction."""
        return cp_model.LinearExpr.sum([self.trips[s] for s in self.patterns if s.direction == direction])

    def add_moment(self, station: str, time_s: int) -> None:
        """Enough trains begin at a terminal for its departures up to a moment."""
        if (station, time_s) in self._moments:
            return
        self._moments.add((station, time_s))
        away, towards = self._directions(station)
        ready = time_s - one_way_time_s(self.scenario, towards) - self.scenario.terminals[station].turnback_s
        self.model.add(self.begin[station] >= self._departed(away, time_s) - self._departed(towards, ready))

    def add_room(self, station: str, time_s: int) -> None:
        """The trains at a terminal find room on its tracks and in its depots at a moment."""
        room = self.room(station)
        if room is None or (station, time_s) in self._room_moments:
            return
        self._room_moments.add((station, time_s))
        away, towards = self._directions(station)
        come = time_s - one_way_time_s(self.scenario, towards)
        self.model.add(self.begin[station] + self._departed(towards, come) - self._departed(away, time_s) <= room)

    def add_overnight(self) -> None:
        """The trains that end their day at a terminal find room in its depots."""
        capacity = depot_capacity(self.scenario)
        if capacity is None:
            return
        for station, begin in self.begin.items():
            away, towards = self._directions(station)
            self.model.add(begin + self.total_trips(towards) - self.total_trips(away) <= capacity.get(station, 0))

    def add_depots(self) -> None:
        """No more trains begin at a terminal than its depots hold."""
        capacity = depot_capacity(self.scenario)
        if capacity is not None:
            for station, begin in self.begin.items():
                self.model.add(begin <= capacity.get(station, 0))

    def add_balance(self) -> tuple[cp_model.Constraint, ...]:
        """Trips up and down differ by no more than today, so that trains do not pile up at one end overnight."""
        today = abs(len(departures_in_force(self.scenario, "up")) - len(departures_in_force(self.scenario, "down")))
        difference = self.total_trips("up") - self.total_trips("down")
        return (self.model.add(difference <= today), self.model.add(difference >= -today))

    def add_demand(self, charge_per_kw: float, interval_s: int) -> cp_model.IntVar:
        """The charge on the highest mean power over an interval by the clock, in whole units of the currency.

        charge ≥ c · Σ E(pattern, interval) / length, E as the patterns have it; intervals at which a solution breaks it
        are added until none does.
        """
        per_kwh = charge_per_kw * 3600.0 / interval_s
        most = sum(max(sum(p.demand_kwh.values()) for p in patterns) for patterns in self.patterns.values())
        charge = self.model.new_int_var(0, int(most * per_kwh) + 1, "demand")
        self._demand = (charge, per_kwh)
        for interval in sorted(self.known.demand):
            self._add_interval(interval)
        return charge

    def _add_interval(self, interval: int) -> None:
        assert self._demand is not None
        charge, per_kwh = self._demand
        self._intervals.add(interval)
        terms = [
            round(kwh * per_kwh * DEMAND_SCALE) * x
            for segment, patterns in self.patterns.items()
            for pattern, x in zip(patterns, self.choice[segment], strict=True)
            if (kwh := pattern.demand_kwh.get(interval, 0.0)) > 0.0
        ]
        self.model.add(DEMAND_SCALE * charge >= cp_model.LinearExpr.sum(terms))

    def limit_waiting(self, mean_s: float, passengers: float) -> cp_model.Constraint:
        """Expected waiting is at most a mean over the passengers; each pattern's is rounded to a passenger second."""
        waiting = self.total(lambda pattern: pattern.waiting_passenger_s)
        return self.model.add(waiting <= int(mean_s * passengers) + len(self.patterns))

    def room(self, station: str) -> int | None:
        """Trains that fit on the tracks and into the depots of a terminal; None without depots in the scenario."""
        capacity = depot_capacity(self.scenario)
        return None if capacity is None else self.scenario.terminals[station].tracks + capacity.get(station, 0)

    def solve(self, limits: SolveLimits, relative_gap: float = 0.0) -> HeadwaySolution | None:
        """The best choice under what was added and minimised; None when there is none, or none was found in time.

        Adds the moments that a solution breaks and solves again, until it breaks none.
        """
        while True:
            solver = cp_model.CpSolver()
            solver.parameters.random_seed = limits.seed
            solver.parameters.num_workers = 1
            solver.parameters.max_deterministic_time = limits.deterministic_time
            solver.parameters.relative_gap_limit = relative_gap
            status = solver.solve(self.model)
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                self.is_impossible = status == cp_model.INFEASIBLE
                if self.is_impossible:
                    self.clashing = tuple(solver.sufficient_assumptions_for_infeasibility())
                return None
            chosen = {
                segment: patterns[next(k for k, x in enumerate(self.choice[segment]) if solver.boolean_value(x))]
                for segment, patterns in self.patterns.items()
            }
            begin = {station: solver.value(variable) for station, variable in self.begin.items()}
            broken = self._add_broken(departures_of(chosen), begin)
            if not self._add_highest(chosen, solver) and not broken:
                is_proven = status == cp_model.OPTIMAL
                return HeadwaySolution(chosen, begin, is_proven, round(solver.objective_value))

    def _add_broken(self, departures: Mapping[Direction, Sequence[int]], begin: Mapping[str, int]) -> bool:
        broken = False
        for station, count in begin.items():
            away, towards = self._directions(station)
            travel = one_way_time_s(self.scenario, towards)
            ready = [t + travel + self.scenario.terminals[station].turnback_s for t in departures[towards]]
            excess = {time: k - bisect_right(ready, time) for k, time in enumerate(departures[away], start=1)}
            for time in _worst_of_each_hour(excess, count):
                self.known.covered.add((station, time))
                self.add_moment(station, time)
                broken = True
            room = self.room(station)
            if room is not None:
                come = [t + travel for t in departures[towards]]
                there = {time: count + k - bisect_right(departures[away], time) for k, time in enumerate(come, start=1)}
                for time in _worst_of_each_hour(there, room):
                    self.known.room.add((station, time))
                    self.add_room(station, time)
                    broken = True
        return broken

    def _add_highest(self, chosen: Mapping[Segment, Pattern], solver: cp_model.CpSolver) -> bool:
        """Add the intervals of the demand charge at which a choice asks for more than it was charged."""
        if self._demand is None:
            return False
        charge, per_kwh = self._demand
        kwh: dict[int, float] = {}
        for pattern in chosen.values():
            for interval, part in pattern.demand_kwh.items():
                kwh[interval] = kwh.get(interval, 0.0) + part
        over = {interval for interval, part in kwh.items() if part * per_kwh > solver.value(charge) + 0.1}
        worst = sorted(over - self._intervals, key=lambda interval: -kwh[interval])[:INTERVALS_AT_ONCE]
        for interval in worst:
            self.known.demand.add(interval)
            self._add_interval(interval)
        return bool(worst)

    def _directions(self, station: str) -> tuple[Direction, Direction]:
        """The direction that departs from a terminal and the one that arrives there."""
        return ("up", "down") if station == self.origin("up") else ("down", "up")

    def _departed(self, direction: Direction, time_s: int) -> cp_model.LinearExpr:
        terms: list[cp_model.LinearExprT] = [0]
        for segment, patterns in self.patterns.items():
            if segment.direction != direction or segment.from_s > time_s:
                continue
            if segment.to_s < time_s:
                terms.append(self.trips[segment])
            else:
                terms += [
                    bisect_right(pattern.departures, time_s) * x
                    for pattern, x in zip(patterns, self.choice[segment], strict=True)
                ]
        return cp_model.LinearExpr.sum(terms)

    def _first_moments(self) -> Iterable[int]:
        if not self.patterns:
            return ()
        first = min(segment.from_s for segment in self.patterns)
        last = max(segment.to_s for segment in self.patterns)
        return range(first, last + FIRST_MOMENTS_EVERY_S, FIRST_MOMENTS_EVERY_S)


def _worst_of_each_hour(counts: Mapping[int, int], allowed: int) -> list[int]:
    worst: dict[int, int] = {}
    for time, count in counts.items():
        if count > allowed and (time // 3600 not in worst or count > counts[worst[time // 3600]]):
            worst[time // 3600] = time
    return sorted(worst.values())
