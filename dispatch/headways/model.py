"""The CP-SAT model of headways: one pattern for each segment, trains at the terminals, fleet, depots and balance.

The number of trains that must begin at a terminal is the largest excess of departures over trains that have arrived and
turned (see `rostering.duties.fleet_need`). For given patterns this is one linear constraint per time. The solver adds
the times whose constraint a solution violates until there are none, so that the last solution is optimal for all times.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ortools.sat.python import cp_model

from dispatch.cp_solver import cp_solver
from dispatch.headways.patterns import DeparturePattern, Segment
from dispatch.headways.terminal_events import Side, TerminalEvents
from dispatch.plans.short_turns import Part, ShortTrip, short_trips
from dispatch.plans.terminal_occupancy import depot_capacity
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction
from scenarios.values.station_times import departures_today

FIRST_MOMENTS_EVERY_S = 3600
INTERVALS_AT_ONCE = 8
DEMAND_SCALE = 100
"""Number of parts of a unit of currency in which the costs of demand intervals are added."""


@dataclass(frozen=True)
class SolveLimits:
    """Seed and deterministic time of one solve (CP-SAT's own unit, about a second)."""

    seed: int = 0
    deterministic_time: float = 10.0


@dataclass(frozen=True, eq=False)
class HeadwaySolution:
    """Chosen patterns by segment, trains that begin at each terminal, whether the choice is proven optimal, and the
    objective in integer units of the model."""

    chosen: Mapping[Segment, DeparturePattern]
    begin: Mapping[str, int]
    is_proven: bool
    objective: int = 0

    def departures(self) -> dict[Direction, tuple[int, ...]]:
        """All departures of the day over the whole line, by direction."""
        return departures_of(self.chosen)

    def shorts(self, scenario: Scenario) -> tuple[ShortTrip, ...]:
        """All short trips of the day, in order, by direction."""
        return shorts_of(self.chosen, scenario)


def departures_of(chosen: Mapping[Segment, DeparturePattern]) -> dict[Direction, tuple[int, ...]]:
    """All departures of the day over the whole line, in order, by direction."""
    return {
        direction: tuple(
            sorted(
                t for segment, pattern in chosen.items() if segment.direction == direction for t in pattern.departures
            )
        )
        for direction in DIRECTIONS
    }


def shorts_of(chosen: Mapping[Segment, DeparturePattern], scenario: Scenario) -> tuple[ShortTrip, ...]:
    """All short trips of the day, by direction and departure."""
    stations = [station.id for station in scenario.stations]
    found = [
        short
        for segment, pattern in chosen.items()
        if pattern.part is not None
        for short in short_trips(segment.direction, pattern.part, stations, pattern.shorts)
    ]
    return tuple(sorted(found, key=lambda one: (one.direction != "up", one.departure_s)))


def highest_demand_kw(patterns: Iterable[DeparturePattern], interval_s: int) -> float:
    """The highest mean power of a set of patterns over an interval of the demand charge."""
    kwh: dict[int, float] = {}
    for pattern in patterns:
        for interval, part in pattern.demand_kwh.items():
            kwh[interval] = kwh.get(interval, 0.0) + part
    return max(kwh.values(), default=0.0) * 3600.0 / interval_s


@dataclass(eq=False)
class Moments:
    """Times at which a choice of headways had too few trains or too little capacity, by terminal; and intervals of the
    demand charge with the highest mean power of a choice."""

    covered: set[tuple[str, int]] = field(default_factory=set)
    room: set[tuple[str, int]] = field(default_factory=set)
    demand: set[int] = field(default_factory=set)


@dataclass(eq=False)
class HeadwayModel:
    """A growing CP-SAT model over given patterns.

    `choice[segment][k]` is true if pattern k of the segment is chosen; `begin[station]` is the number of trains that
    begin at a station. With `rooms_hang`, the capacity of a station is a constraint only if `room_held` is true.
    `known` contains the times of constraints for the next model of the same scenario. After a solve without solution,
    `is_impossible` is true if the solver proved that there is none, and `clashing` contains the indices of assumption
    literals that are sufficient for the proof.
    """

    scenario: Scenario
    patterns: Mapping[Segment, Sequence[DeparturePattern]]
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    choice: dict[Segment, list[cp_model.IntVar]] = field(default_factory=dict)
    begin: dict[str, cp_model.IntVar] = field(default_factory=dict)
    known: Moments = field(default_factory=Moments)
    rooms_hang: bool = False
    room_held: dict[str, cp_model.IntVar] = field(default_factory=dict)
    clashing: tuple[int, ...] = ()
    is_impossible: bool = False
    events: TerminalEvents = field(init=False)
    _totals: dict[tuple[Side, str, Segment], cp_model.IntVar] = field(default_factory=dict)
    _moments: set[tuple[str, int]] = field(default_factory=set)
    _room_moments: set[tuple[str, int]] = field(default_factory=set)
    _intervals: set[int] = field(default_factory=set)
    _demand: tuple[cp_model.IntVar, float] | None = None

    def __post_init__(self) -> None:
        self.events = TerminalEvents.of(self.scenario, self.patterns)
        most = sum(max(pattern.trips for pattern in patterns) for patterns in self.patterns.values())
        for segment, patterns in self.patterns.items():
            name = f"{segment.direction}-{segment.from_s}"
            choice = [self.model.new_bool_var(f"{name}-{pattern.trips}") for pattern in patterns]
            self.model.add_exactly_one(choice)
            self.choice[segment] = choice
        for station in self.events.stations:
            self.begin[station] = self.model.new_int_var(0, most, f"begin-{station}")
            if station not in self.events.ends:
                # Where trains only turn on the way, none comes from the night but from a depot.
                self.model.add(self.begin[station] <= (depot_capacity(self.scenario) or {}).get(station, 0))
        for station in self.begin:
            if self.rooms_hang:
                self.room_held[station] = self.model.new_bool_var(f"room-{station}")
            for time in self._first_moments():
                self.add_moment(station, time)
        for station, time in sorted(self.known.covered):
            self.add_moment(station, time)
        for station, time in sorted(self.known.room):
            self.add_room(station, time)
        self.add_overnight()

    def total(self, value: Callable[[DeparturePattern], float], scale: float = 1.0) -> cp_model.LinearExpr:
        """The sum of a value over the chosen patterns, in integer units of 1 / scale."""
        return cp_model.LinearExpr.sum(
            [
                round(value(pattern) * scale) * x
                for segment, patterns in self.patterns.items()
                for pattern, x in zip(patterns, self.choice[segment], strict=True)
            ]
        )

    def total_trips(self, direction: Direction) -> cp_model.LinearExpr:
        """Trips of one direction over the whole line."""
        return self._sum(direction, lambda pattern: len(pattern.departures))

    def add_moment(self, station: str, time_s: int) -> None:
        """Enough trains begin at a terminal for its departures up to a time."""
        if (station, time_s) in self._moments:
            return
        self._moments.add((station, time_s))
        ready = time_s - max(self.scenario.terminals[station].turnbacks_s)
        self.model.add(self.begin[station] >= self._left(station, time_s) - self._come(station, ready))

    def add_room(self, station: str, time_s: int) -> None:
        """The tracks and depots of a terminal have capacity for its trains at a time."""
        room = self.room(station)
        if room is None or (station, time_s) in self._room_moments:
            return
        self._room_moments.add((station, time_s))
        gone_s = time_s - self.scenario.operation.track_clearing_s
        there = self.begin[station] + self._come(station, time_s) - self._left(station, gone_s)
        self._hang(station, self.model.add(there <= room))

    def add_overnight(self) -> None:
        """The depots of a terminal have capacity for the trains that end their day there."""
        capacity = depot_capacity(self.scenario)
        for station, begin in self.begin.items():
            if capacity is not None or station not in self.events.ends:
                stay = begin + self._come(station, None) - self._left(station, None)
                self._hang(station, self.model.add(stay <= (capacity or {}).get(station, 0)))

    def _hang(self, station: str, constraint: cp_model.Constraint) -> None:
        """Make the capacity constraint of a station depend on its literal if `rooms_hang`."""
        if station in self.room_held:
            constraint.only_enforce_if(self.room_held[station])

    def add_depots(self) -> None:
        """No more trains begin at a terminal than its depots hold."""
        capacity = depot_capacity(self.scenario)
        if capacity is not None:
            for station, begin in self.begin.items():
                self.model.add(begin <= capacity.get(station, 0))

    def add_balance(self) -> tuple[cp_model.Constraint, ...]:
        """The numbers of trips up and down over the whole line differ by no more than today, so that trains do not
        accumulate at one end overnight; the numbers of short trips do not differ."""
        today = abs(len(departures_today(self.scenario, "up")) - len(departures_today(self.scenario, "down")))
        difference = self.total_trips("up") - self.total_trips("down")
        held = [self.model.add(difference <= today), self.model.add(difference >= -today)]
        parts = {pattern.part for patterns in self.patterns.values() for pattern in patterns}
        for part in sorted((part for part in parts if part), key=lambda part: (part.first, part.last)):
            up, down = (self._sum(d, partial(_shorts_on, part)) for d in DIRECTIONS)
            held.append(self.model.add(up == down))
        return tuple(held)

    def add_demand(self, charge_per_kw: float, interval_s: int) -> cp_model.IntVar:
        """The charge on the highest mean power of a clock-aligned interval, in integer units of the currency.

        charge ≥ c · Σ E(pattern, interval) / length, with E from the patterns; the solver adds intervals whose
        constraint a solution violates until there are none.
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
        """The mean expected waiting has a limit; the waiting of each pattern is rounded to a passenger second."""
        waiting = self.total(lambda pattern: pattern.waiting_passenger_s)
        return self.model.add(waiting <= int(mean_s * passengers) + len(self.patterns))

    def room(self, station: str) -> int | None:
        """Capacity of the tracks and depots of a terminal; None at the ends of a line without depots in the
        scenario."""
        capacity = depot_capacity(self.scenario)
        if capacity is None and station in self.events.ends:
            return None
        return self.scenario.terminals[station].tracks + (capacity or {}).get(station, 0)

    def solve(self, limits: SolveLimits, relative_gap: float = 0.0) -> HeadwaySolution | None:
        """The best choice for the constraints and the objective; None if there is none, or none was found in time.

        Adds the constraints that a solution violates and solves again until there are none.
        """
        while True:
            solver = cp_solver(limits.deterministic_time, limits.seed)
            solver.parameters.relative_gap_limit = relative_gap
            if len(self.begin) > len(self.events.ends):
                # With short turns there is nothing symmetric, and probing thousands of patterns doubles the time.
                solver.parameters.symmetry_level = 0
                solver.parameters.cp_model_probing_level = 0
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
            broken = self._add_broken(chosen, begin)
            if not self._add_highest(chosen, solver) and not broken:
                is_proven = status == cp_model.OPTIMAL
                return HeadwaySolution(chosen, begin, is_proven, round(solver.objective_value))

    def _add_broken(self, chosen: Mapping[Segment, DeparturePattern], begin: Mapping[str, int]) -> bool:
        broken = False
        for station, count in begin.items():
            left, come = self.events.chosen(station, chosen)
            turnback_s = max(self.scenario.terminals[station].turnbacks_s)
            excess = {time: k - bisect_right(come, time - turnback_s) for k, time in enumerate(left, start=1)}
            for time in _worst_of_each_hour(excess, count):
                self.known.covered.add((station, time))
                self.add_moment(station, time)
                broken = True
            room = self.room(station)
            if room is not None:
                clearing_s = self.scenario.operation.track_clearing_s
                there = {
                    time: count + k - bisect_right(left, time - clearing_s) for k, time in enumerate(come, start=1)
                }
                for time in _worst_of_each_hour(there, room):
                    if station in self.room_held and (station, time) in self._room_moments:
                        continue  # known, and left out for now
                    self.known.room.add((station, time))
                    self.add_room(station, time)
                    broken = True
        return broken

    def _add_highest(self, chosen: Mapping[Segment, DeparturePattern], solver: cp_model.CpSolver) -> bool:
        """Add the intervals of the demand charge whose mean power exceeds the charge of a choice."""
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

    def _sum(self, direction: Direction, value: Callable[[DeparturePattern], int]) -> cp_model.LinearExpr:
        terms = [
            value(pattern) * x
            for segment, patterns in self.patterns.items()
            if segment.direction == direction
            for pattern, x in zip(patterns, self.choice[segment], strict=True)
        ]
        return cp_model.LinearExpr.sum(terms)

    def _left(self, station: str, time_s: int | None) -> cp_model.LinearExpr:
        """Departures from a station up to a time; None: of the whole day."""
        return self._counted("left", station, time_s)

    def _come(self, station: str, time_s: int | None) -> cp_model.LinearExpr:
        """Arrivals of trips that end at a station up to a time; None: of the whole day."""
        return self._counted("come", station, time_s)

    def _counted(self, what: Side, station: str, time_s: int | None) -> cp_model.LinearExpr:
        terms: list[cp_model.LinearExprT] = [0]
        for segment in self.patterns:
            first, last = self.events.span(what, station, segment)
            if time_s is not None and first > time_s:
                continue
            if time_s is None or last <= time_s:
                terms.append(self._all_of(what, station, segment))
            else:
                of_patterns = zip(self.events.of_patterns(what, station, segment), self.choice[segment], strict=True)
                terms += [bisect_right(times, time_s) * x for times, x in of_patterns]
        return cp_model.LinearExpr.sum(terms)

    def _all_of(self, what: Side, station: str, segment: Segment) -> cp_model.IntVar | int:
        """Number of trips of a segment that leave or reach a station: a variable of many constraints."""
        counts = [len(times) for times in self.events.of_patterns(what, station, segment)]
        if not any(counts):
            return 0
        key = (what, station, segment)
        if key not in self._totals:
            total = self.model.new_int_var(0, max(counts), f"{what}-{station}-{segment.direction}-{segment.from_s}")
            self.model.add(total == cp_model.LinearExpr.weighted_sum(self.choice[segment], counts))
            self._totals[key] = total
        return self._totals[key]

    def _first_moments(self) -> Iterable[int]:
        if not self.patterns:
            return ()
        first = min(segment.from_s for segment in self.patterns)
        last = max(segment.to_s for segment in self.patterns)
        return range(first, last + FIRST_MOMENTS_EVERY_S, FIRST_MOMENTS_EVERY_S)


def _shorts_on(part: Part, pattern: DeparturePattern) -> int:
    return len(pattern.shorts) if pattern.part == part else 0


def _worst_of_each_hour(counts: Mapping[int, int], allowed: int) -> list[int]:
    worst: dict[int, int] = {}
    for time, count in counts.items():
        if count > allowed and (time // 3600 not in worst or count > counts[worst[time // 3600]]):
            worst[time // 3600] = time
    return sorted(worst.values())
