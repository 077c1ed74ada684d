"""Headways for each period and direction: as today (equal service) or decided from demand and policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf, isfinite

from dispatch.headways.infeasibility import explain, impossible_segments
from dispatch.headways.model import HeadwayModel, HeadwaySolution, Moments, SolveLimits, highest_demand_kw
from dispatch.headways.patterns import (
    DeparturePattern,
    DeparturePatternMaker,
    Segment,
    TripEnergy,
    cycle_s,
    segments_of,
)
from dispatch.headways.policy_patterns import policy_breaks_today, within_policy
from dispatch.headways.ramps import smoothed
from dispatch.headways.trade import DEAREST_SHARE, PARETO_PLANS
from dispatch.plans.in_force import headway_table, timetable_from_departures
from dispatch.plans.plan import HeadwayPeriod, Mode
from dispatch.plans.plan_options import Objective
from dispatch.plans.short_turns import ShortTrip, part_km
from dispatch.rostering.duties import fleet_need
from energy_models.faults import Infeasible
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS, Direction

PARETO_CUTS = (1, 2, 4)
"""Numbers of parts of the range of the objective, from coarse to fine; finer parts give few further choices."""
WAITING_GAP = 0.001
"""Optimality gap of the waiting, the second objective; the first objective is minimised exactly, to the kWh."""


@dataclass(frozen=True)
class HeadwayOptions:
    """The objective of the headway decision.

    `objective` is minimised: energy, its cost by time of use with the demand charge, or its CO2 by time of day.
    `waiting_price` is the weight of one passenger hour of waiting, in kWh (energy), money (cost) or kg (CO2).
    `mean_waiting_limit_s` replaces the limit of the policy; without both, the mean waiting is at most that of today.
    `trip_energy_kwh` gives the energy of a trip, by default from tonne-km.
    """

    objective: Objective = "energy"
    waiting_price: float = 0.0
    mean_waiting_limit_s: float | None = None
    trip_energy_kwh: TripEnergy | None = None
    limits: SolveLimits = field(default_factory=SolveLimits)


@dataclass(frozen=True, eq=False)
class HeadwayPlan:
    """Decided headways: departures by direction, the headway table, energy and waiting.

    `departures` are those of trips over the whole line; `shorts` are the short trips.

    `begin[station]` trains begin their day at a station. `energy_kwh`, `co2_kg` and `cost` (with the demand charge of
    one day) come from the given trip energies; they compare headways and are not a forecast. `notes` lists the rules
    of the policy that the timetable in force breaks. `is_proven`: no other choice of headways within the rules is
    better.
    """

    mode: Mode
    departures: Mapping[Direction, tuple[int, ...]]
    shorts: tuple[ShortTrip, ...]
    table: tuple[HeadwayPeriod, ...]
    begin: Mapping[str, int]
    trips: int
    train_km: float
    energy_kwh: float
    cost: float
    co2_kg: float
    mean_waiting_s: float
    heaviest_load_share: float
    is_proven: bool
    notes: tuple[str, ...] = ()

    @property
    def fleet(self) -> int:
        """Trains in service."""
        return sum(self.begin.values())


def decide_headways(scenario: Scenario, mode: Mode, options: HeadwayOptions | None = None) -> HeadwayPlan:
    """Headways of the day in one of the two modes.

    Equal service keeps every departure of today and proves that fleet, minimum headway, turnbacks, tracks and depots
    are sufficient. Demand-led chooses the number of trains of each period and direction with the least objective
    within the policy: load limit at the busiest section, longest headway, mean waiting, fleet, turnbacks, minimum
    headway, and a difference between trips up and down that is not larger than today. Headways within a period are
    even, and a train leaves at each change of periods; around a change the headways then change in steps.

    Raises `Infeasible` with a small set of conflicting rules and the nearest relaxation.
    """
    problem = _Problem.of(scenario, mode, options or HeadwayOptions())
    solution = problem.solve(problem.waiting_limit_s)
    if solution is None:
        raise Infeasible(problem.why_not())
    return problem.plan(solution)


def pareto_headways(
    scenario: Scenario, options: HeadwayOptions | None = None, plans: int = PARETO_PLANS
) -> tuple[HeadwayPlan, ...]:
    """Demand-led choices that are Pareto-optimal in objective and waiting, in order of the objective.

    The result has at least `plans` choices if there are so many different ones.
    """
    front: tuple[HeadwayPlan, ...] = ()
    for front in finer_fronts(scenario, options, plans):
        if len(front) >= plans:
            break
    return front


def finer_fronts(
    scenario: Scenario, options: HeadwayOptions | None = None, plans: int = PARETO_PLANS
) -> Iterator[tuple[HeadwayPlan, ...]]:
    """Sets of choices as in `pareto_headways`; each set contains the previous set and more choices between.

    The range of the objective, from the least that the policy allows (including its longest mean waiting) to
    `DEAREST_SHARE` times today's objective, is divided by limits; for each limit the waiting is minimised (epsilon
    constraint). Each set has twice as many parts as the previous set; the first set has `plans` - 1 parts.
    """
    problem = _Problem.of(scenario, "demand-led", replace(options or HeadwayOptions(), waiting_price=0.0))
    cheapest = problem.solve(scenario.policy.mean_waiting_limit_s)
    if cheapest is None:
        raise Infeasible(problem.why_not())
    low = problem.value(cheapest)
    high = max(DEAREST_SHARE * problem.value_today, low * DEAREST_SHARE)
    found = {problem.waiting_s(cheapest): cheapest}
    told: dict[float, HeadwayPlan] = {}
    for parts in PARETO_CUTS:
        cuts = (plans - 1) * parts
        for cut in range(1, cuts + 1):
            if parts > 1 and cut % 2 == 0:
                continue  # a limit of the set before
            solution = problem.solve(None, value_limit=low + (high - low) * cut / cuts)
            if solution is not None:
                found[problem.waiting_s(solution)] = solution
        front: list[HeadwayPlan] = []
        least = float("inf")
        for waiting_s, solution in sorted(found.items()):
            if problem.value(solution) < least - 1e-9:
                least = problem.value(solution)
                if waiting_s not in told:
                    told[waiting_s] = problem.plan(solution)
                front.append(told[waiting_s])
        yield tuple(reversed(front))


@dataclass(frozen=True, eq=False)
class _Problem:
    """One scenario and mode with its patterns."""

    scenario: Scenario
    mode: Mode
    options: HeadwayOptions
    maker: DeparturePatternMaker
    patterns: Mapping[Segment, Sequence[DeparturePattern]]
    known: Moments = field(default_factory=Moments)

    @staticmethod
    def of(scenario: Scenario, mode: Mode, options: HeadwayOptions) -> "_Problem":
        problem = _Problem._possible(scenario, mode, options)
        if not all(problem.patterns.values()):
            raise Infeasible(problem.explained())
        return problem

    @staticmethod
    def _possible(scenario: Scenario, mode: Mode, options: HeadwayOptions) -> "_Problem":
        """The problem; some of its segments may have no pattern."""
        maker = DeparturePatternMaker.of(scenario, options.trip_energy_kwh)
        impossible = impossible_segments(scenario, maker, mode)
        if impossible:
            raise Infeasible(impossible)
        patterns: dict[Segment, Sequence[DeparturePattern]] = {}
        for direction in DIRECTIONS:
            for segment in segments_of(scenario)[direction]:
                patterns[segment] = (
                    (maker.in_force(segment),) if mode == "equal-service" else within_policy(scenario, maker, segment)
                )
        return _Problem(scenario, mode, options, maker, patterns)

    def explained(self) -> tuple[str, ...]:
        """The conflicting rules without the waiting limit, with relaxations that were solved."""
        return explain(self.scenario, self.maker, self.mode, self.patterns, self._promised)

    def _promised(self, words: str, relaxed: Scenario) -> str:
        """A relaxation as a sentence with its waiting; None if no headways keep the rules even with the relaxation."""
        least_s = _least_waiting_s(relaxed, self.mode, self.options)
        if least_s is None:
            return ""
        limit_s = self.waiting_limit_s
        if limit_s is None or least_s <= limit_s:
            return words
        return f"{words} and a mean waiting of {ceil(10.0 * least_s) / 10.0:.1f} s instead of {limit_s:.1f} s"

    @property
    def waiting_limit_s(self) -> float | None:
        """The largest mean waiting: of the objective, of the policy, or of today."""
        if self.mode == "equal-service":
            return None
        asked = self.options.mean_waiting_limit_s or self.scenario.policy.mean_waiting_limit_s
        if asked is not None:
            return asked
        # A price of waiting settles the trade by itself.
        return None if self.options.waiting_price > 0.0 else self.waiting_today_s

    @property
    def value_today(self) -> float:
        """The objective of today's departures."""
        return self._total([self.maker.in_force(segment) for segment in self.patterns])

    @property
    def waiting_today_s(self) -> float:
        """Mean expected waiting of today's departures."""
        today = [self.maker.in_force(segment) for segment in self.patterns]
        return sum(pattern.waiting_passenger_s for pattern in today) / self.passengers

    @property
    def passengers(self) -> float:
        """Waiting passengers: boardings between the first and the last departure at each station; same for all."""
        return max(self.maker.waiting_weight(tuple(self.patterns)), 1e-9)

    def value(self, solution: HeadwaySolution) -> float:
        """The objective of a solution."""
        return self._total(list(solution.chosen.values()))

    def waiting_s(self, solution: HeadwaySolution) -> float:
        """Mean expected waiting of a solution."""
        return sum(pattern.waiting_passenger_s for pattern in solution.chosen.values()) / self.passengers

    def _value(self, pattern: DeparturePattern) -> float:
        return {"energy": pattern.energy_kwh, "cost": pattern.cost, "co2": pattern.co2_kg}[self.options.objective]

    def _total(self, patterns: Sequence[DeparturePattern]) -> float:
        """The objective of a set of patterns: the sum of their values, and the demand charge of one day."""
        demand_kw = highest_demand_kw(patterns, self.scenario.tariff.demand_interval_s)
        return sum(self._value(pattern) for pattern in patterns) + self.demand_charge_per_kw * demand_kw

    @property
    def demand_charge_per_kw(self) -> float:
        """The daily part of the demand charge if the objective is cost, otherwise 0."""
        tariff = self.scenario.tariff
        return tariff.demand_charge_per_kw_month / tariff.days_per_month if self.options.objective == "cost" else 0.0

    def _weight(self, pattern: DeparturePattern) -> float:
        return self._value(pattern) + self.options.waiting_price * pattern.waiting_passenger_s / 3600.0

    def solve(self, waiting_limit_s: float | None, *, value_limit: float | None = None) -> HeadwaySolution | None:
        """The least objective with a limit of the mean waiting, and then the least waiting.

        With `value_limit`: the least waiting with a limit of the objective.
        """
        model = HeadwayModel(self.scenario, self.patterns, known=self.known)
        model.model.add(sum(model.begin.values()) <= self.scenario.trainsets)
        model.add_depots()
        model.add_balance()
        value = model.total(self._weight)
        if self.demand_charge_per_kw > 0.0:
            value += model.add_demand(self.demand_charge_per_kw, self.scenario.tariff.demand_interval_s)
        waiting = model.total(lambda pattern: pattern.waiting_passenger_s)
        if waiting_limit_s is not None:
            model.limit_waiting(waiting_limit_s, self.passengers)
        if value_limit is None:
            model.model.minimize(value)
            best = model.solve(self.options.limits)
            if best is None or self.mode == "equal-service":
                return best
            model.model.add(value <= best.objective)
        else:
            best = None
            if isfinite(value_limit):
                model.model.add(value <= round(value_limit))
        model.model.minimize(waiting)
        kinder = model.solve(self.options.limits, relative_gap=WAITING_GAP)
        if best is None or kinder is None:
            return kinder or best
        return replace(kinder, is_proven=best.is_proven and kinder.is_proven)

    def why_not(self) -> tuple[str, ...]:
        """The conflicting rules, and the relaxations that make a plan possible."""
        shortest = self.solve(None, value_limit=inf) if self.waiting_limit_s is not None else None
        if shortest is None or self.waiting_limit_s is None:
            return self.explained()
        reached = ceil(10.0 * self.waiting_s(shortest)) / 10.0
        sentences = [f"passengers wait at most {self.waiting_limit_s:.1f} s on average", *self._against_waiting()]
        return (
            "these rules conflict: " + "; ".join(sentences),
            f"a plan exists with a mean waiting of {reached:.1f} s instead of {self.waiting_limit_s:.1f} s, "
            f"{reached - self.waiting_limit_s:.1f} s more",
        )

    def _against_waiting(self) -> Iterator[str]:
        """A minimal set of rules that keep the waiting above its limit: each rule is removed in turn, and stays
        removed if the limit is still out of reach."""
        line, shortest_s = self.scenario, self.scenario.signalling.minimum_headway_s
        plenty = line.trainsets + 2 * (int(cycle_s(line)) // int(shortest_s) + 1)
        first, *others = line.fleet
        fleet = (first.model_copy(update={"trainsets": first.trainsets + plenty - line.trainsets}), *others)
        # By half the headway twice the trains may run: where that does not help, no other headway would.
        closer = line.signalling.model_copy(update={"minimum_headway_s": max(shortest_s // 2, 1)})
        rules: list[tuple[str, dict[str, object]]] = [
            (f"the fleet has {line.trainsets} trains", {"fleet": fleet}),
            (f"trains keep the minimum headway of {shortest_s:g} s", {"signalling": closer}),
        ]
        if line.depots:
            rules.insert(0, ("the depots have their present capacity", {"depots": ()}))
        kept = []
        for sentence, without in rules:
            trial = line.model_copy(update=without)
            least_s = _least_waiting_s(trial, self.mode, self.options)
            if least_s is not None and self.waiting_limit_s is not None and least_s <= self.waiting_limit_s:
                kept.append(sentence)
            else:
                line = trial
        # What even half the signalling headway cannot give, that headway limits above all.
        return iter(kept or [rules[-1][0]])

    def plan(self, solution: HeadwaySolution) -> HeadwayPlan:
        """A solution as headways of a plan."""
        departures: Mapping[Direction, tuple[int, ...]] = solution.departures()
        patterns = list(solution.chosen.values())
        mean_waiting_s = self.waiting_s(solution)
        heaviest = max((pattern.heaviest_load for pattern in patterns), default=0.0)
        shorts = solution.shorts(self.scenario)
        if self.mode == "demand-led" and not shorts:
            smooth = smoothed(self.scenario, self.maker, segments_of(self.scenario), departures)
            departures, heaviest = smooth.departures, smooth.heaviest_load
            mean_waiting_s = smooth.waiting_passenger_s / self.passengers
        timetable = timetable_from_departures(self.scenario, departures, shorts)
        tariff = self.scenario.tariff
        trips = sum(pattern.trips for pattern in patterns)
        capacity = self.scenario.train_types[self.scenario.main_train_type].capacity.normal
        table = (
            headway_table(timetable, self.scenario)
            if self.mode == "equal-service"
            else tuple(row for s, p in solution.chosen.items() for row in _rows(self.scenario, s, p))
        )
        return HeadwayPlan(
            mode=self.mode,
            departures=departures,
            shorts=shorts,
            table=table,
            begin=dict(fleet_need(timetable, self.scenario).begin),
            trips=trips,
            train_km=round(sum(_train_km(self.scenario, pattern) for pattern in patterns), 3),
            energy_kwh=sum(pattern.energy_kwh for pattern in patterns),
            cost=sum(pattern.cost for pattern in patterns)
            + highest_demand_kw(patterns, tariff.demand_interval_s)
            * tariff.demand_charge_per_kw_month
            / tariff.days_per_month,
            co2_kg=sum(pattern.co2_kg for pattern in patterns),
            mean_waiting_s=mean_waiting_s,
            heaviest_load_share=heaviest / capacity,
            is_proven=solution.is_proven,
            notes=policy_breaks_today(self.scenario, self.maker) if self.mode == "equal-service" else (),
        )


def _least_waiting_s(scenario: Scenario, mode: Mode, options: HeadwayOptions) -> float | None:
    """The least mean waiting of headways that keep all other rules; None if there are no such headways."""
    try:
        problem = _Problem._possible(scenario, mode, options)
    except Infeasible:
        return None
    solution = problem.solve(None, value_limit=inf) if all(problem.patterns.values()) else None
    return problem.waiting_s(solution) if solution is not None else None


def _train_km(scenario: Scenario, pattern: DeparturePattern) -> float:
    shorts_km = len(pattern.shorts) * part_km(scenario, pattern.part) if pattern.part is not None else 0.0
    return len(pattern.departures) * scenario.length_m / 1000.0 + shorts_km


def _rows(scenario: Scenario, segment: Segment, pattern: DeparturePattern) -> Iterator[HeadwayPeriod]:
    """The headway of long trips and, with short trips, the headway of all trains on their part of the line."""
    longs = len(pattern.departures)
    gaps = pattern.gaps - len(pattern.shorts)
    whole = HeadwayPeriod(segment.direction, segment.from_s, segment.to_s, round(segment.length_s / gaps, 3), longs)
    yield whole
    if pattern.part is not None:
        first, last = pattern.part.in_order(segment.direction, len(scenario.stations))
        order = scenario.stations_in_order(segment.direction)
        headway_s = round(segment.length_s / pattern.gaps, 3)
        yield replace(whole, headway_s=headway_s, trips=pattern.trips, first=order[first].id, last=order[last].id)
