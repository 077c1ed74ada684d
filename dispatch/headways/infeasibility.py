"""Why no headways exist: a small set of conflicting rules, the amounts, and the nearest relaxation, as sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from ortools.sat.python import cp_model

from dispatch.headways.model import HeadwayModel, HeadwaySolution, SolveLimits
from dispatch.headways.patterns import (
    DeparturePattern,
    DeparturePatternMaker,
    Segment,
    busiest_place,
    load_limit,
    segments_of,
)
from dispatch.plans.plan import Mode
from dispatch.plans.terminal_occupancy import depot_capacity
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import DIRECTIONS
from scenarios.values.station_times import departures_today

PARTS = 10_000
"""Number of parts in which relative losses are compared."""


def impossible_segments(scenario: Scenario, maker: DeparturePatternMaker, mode: Mode) -> tuple[str, ...]:
    """Segments that no headway can serve with any fleet: each with its conflict, the amount and a relaxation."""
    reasons = []
    for direction in DIRECTIONS:
        for segment in segments_of(scenario)[direction]:
            reason = _impossible_today(scenario, maker, segment) if mode == "equal-service" else None
            if mode == "demand-led":
                reason = _impossible_by_policy(scenario, maker, segment)
            if reason is not None:
                reasons.append(reason)
    return tuple(reasons)


def _impossible_today(scenario: Scenario, maker: DeparturePatternMaker, segment: Segment) -> str | None:
    shortest = scenario.signalling.minimum_headway_s
    pattern = maker.in_force(segment)
    crush = scenario.train_types[scenario.main_train_type].capacity.crush
    if pattern.heaviest_load > crush:
        place = busiest_place(scenario, segment, pattern)
        return (
            f"{_when(segment)} one train of the timetable in force would carry {pattern.heaviest_load:.0f} passengers "
            f"over {place}, but its crush capacity is {crush}: "
            f"{pattern.heaviest_load - crush:.0f} too many"
        )
    if pattern.shortest_gap_s >= shortest:
        return None
    return (
        f"{_when(segment)} trains of the timetable in force leave {pattern.shortest_gap_s} s apart, but the minimum "
        f"headway is {shortest} s: {shortest - pattern.shortest_gap_s} s are missing"
    )


def _impossible_by_policy(scenario: Scenario, maker: DeparturePatternMaker, segment: Segment) -> str | None:
    shortest, longest = scenario.signalling.minimum_headway_s, scenario.policy.longest_headway_s
    most = max(segment.length_s // shortest, 1)
    if longest < shortest:
        return (
            f"{_when(segment)} the longest headway of {longest} s is below the minimum headway of {shortest} s, by "
            f"{shortest - longest} s"
        )
    if segment.length_s > most * longest:
        return (
            f"{_when(segment)} {segment.length_s} s cannot be divided into headways of {shortest} to {longest} s; a "
            f"longest headway of {-(-segment.length_s // most)} s instead of {longest} s makes this possible"
        )
    limit = load_limit(scenario)
    densest = maker.even(segment, most)
    if densest.heaviest_load <= limit or any(
        maker.even(segment, gaps).heaviest_load <= limit for gaps in range(-(-segment.length_s // longest), most)
    ):
        return None
    place = busiest_place(scenario, segment, densest)
    share = densest.heaviest_load / limit
    # Rounded up to what works.
    enough = ceil(1000.0 * share * scenario.policy.load_limit_share) / 1000.0
    ways = [f"a load limit of {enough:g} instead of {scenario.policy.load_limit_share:g} of the normal capacity"]
    headway = int(segment.length_s / most / share)
    while headway > 0 and maker.even(segment, segment.length_s // headway).heaviest_load > limit:
        headway -= 1
    if headway > 0:
        ways.insert(0, f"a minimum headway of {headway} s instead of {shortest} s")
    return (
        f"{_when(segment)} the demand over {place} is {densest.heaviest_load:.0f} passengers per train even at the "
        f"minimum headway of {shortest} s, but the load limit is {limit:.0f}: {densest.heaviest_load - limit:.0f} "
        "passengers per train too many; "
        f"with {', or '.join(ways)}, this period can be served"
    )


def explain(
    scenario: Scenario,
    maker: DeparturePatternMaker,
    mode: Mode,
    possible: Mapping[Segment, Sequence[DeparturePattern]],
    promise: Callable[[str, Scenario], str],
    limits: SolveLimits | None = None,
) -> tuple[str, ...]:
    """Reasons why no choice of headways keeps all rules if each segment alone is possible.

    `possible` are the patterns that keep the policy. The result is a minimal set of conflicting rules, and then each
    relaxation that makes a plan possible: trains, more depot places, longer headways. `promise` solves the scenario of
    a relaxation; it returns the sentence of the relaxation, with its side effects, if there is a solution.
    """
    inquiry = _Inquiry(scenario, maker, mode, possible, promise, limits or SolveLimits(deterministic_time=3.0))
    core = inquiry.conflict()
    if not core:
        return ("the solver found no headways within its limit of work, and did not prove that none exist",)
    return (
        "these rules conflict: " + "; ".join(inquiry.rules[name].sentence for name in core),
        *inquiry.relaxations(core),
    )


@dataclass(frozen=True)
class _Rule:
    """A rule that can be switched off: its sentence, and its segment if the rule belongs to one segment."""

    name: str
    sentence: str
    segment: Segment | None = None


@dataclass(eq=False)
class _Inquiry:
    """An infeasible problem: each rule has an assumption literal, so that the solver can report conflicting rules."""

    scenario: Scenario
    maker: DeparturePatternMaker
    mode: Mode
    possible: Mapping[Segment, Sequence[DeparturePattern]]
    promise: Callable[[str, Scenario], str]
    limits: SolveLimits
    rules: dict[str, _Rule] = field(default_factory=dict)
    patterns: dict[Segment, Sequence[DeparturePattern]] = field(default_factory=dict)
    needed: dict[Segment, int] = field(default_factory=dict)
    kept: dict[Segment, frozenset[int]] = field(default_factory=dict)
    literals: dict[str, cp_model.IntVar] = field(default_factory=dict)
    model: HeadwayModel = field(init=False)

    def __post_init__(self) -> None:
        for direction in DIRECTIONS:
            for segment in segments_of(self.scenario)[direction]:
                self._enter_segment(segment)
        self.model = HeadwayModel(self.scenario, self.patterns, rooms_hang=True)
        model, fleet = self.model.model, self.scenario.trainsets
        held = self._enter("fleet", f"the fleet has {fleet} trains")
        model.add(sum(self.model.begin.values()) <= fleet).only_enforce_if(held)
        up, down = (len(departures_today(self.scenario, direction)) for direction in DIRECTIONS)
        today = f"today {up} up and {down} down"
        held = self._enter("balance", f"the numbers of trips up and down differ by no more than today ({today})")
        for constraint in self.model.add_balance():
            constraint.only_enforce_if(held)
        for station, capacity in (depot_capacity(self.scenario) or {}).items():
            if station in self.model.begin:
                held = self._enter(f"depot {station}", f"the depots at {station} hold {capacity} trains")
                model.add(self.model.begin[station] <= capacity).only_enforce_if(held)
        for station, literal in self.model.room_held.items():
            room = self.model.room(station)
            if room is not None:
                self.rules[f"room {station}"] = _Rule(
                    f"room {station}", f"tracks and depots at {station} have capacity for {room} trains"
                )
                self.literals[f"room {station}"] = literal
        for name, rule in self.rules.items():
            if rule.segment is not None:
                literal = self.literals.setdefault(name, model.new_bool_var(name))
                for number, x in enumerate(self.model.choice[rule.segment]):
                    if number not in self.kept[rule.segment]:
                        model.add_implication(literal, ~x)

    def _enter(self, name: str, sentence: str) -> cp_model.IntVar:
        self.rules[name] = _Rule(name, sentence)
        self.literals[name] = self.model.model.new_bool_var(name)
        return self.literals[name]

    def _enter_segment(self, segment: Segment) -> None:
        """The patterns of a segment with one gap or more, and the patterns that keep its rule."""
        scenario = self.scenario
        longest, limit = scenario.policy.longest_headway_s, load_limit(scenario)
        today = self.maker.in_force(segment)
        most = max(segment.length_s // scenario.signalling.minimum_headway_s, 1)
        if self.mode == "equal-service":
            even = [self.maker.even(segment, gaps) for gaps in range(1, max(today.gaps, 2))]
            self.patterns[segment] = (*even, today)
            self.kept[segment] = frozenset({len(even)})
            sentence = f"{_when(segment)} trains run every {segment.length_s / max(today.trips, 1):.0f} s as today"
        else:
            even = [self.maker.even(segment, gaps) for gaps in range(1, most + 1)]
            self.kept[segment] = frozenset(
                k for k, p in enumerate(even) if p.longest_gap_s <= longest and p.heaviest_load <= limit
            )
            fewest = even[min(self.kept[segment])].gaps
            every_s = segment.length_s / fewest
            sentence = f"{_when(segment)} the longest headway of {longest} s requires a train every {every_s:.0f} s"
            if fewest > -(-segment.length_s // longest):
                pattern = even[min(self.kept[segment])]
                sentence = (
                    f"{_when(segment)} the load limit of {limit:.0f} passengers requires a train every "
                    f"{every_s:.0f} s, "
                    f"because {pattern.heaviest_load * 3600.0 / every_s:.0f} passengers per hour travel over "
                    f"{busiest_place(scenario, segment, pattern)}"
                )
            # Denser service than this can only need more trains.
            even = even[: max(fewest, today.gaps) * 5 // 4 + 2]
            mixed = [pattern for pattern in self.possible[segment] if pattern.part is not None]
            self.patterns[segment] = (*even, *mixed)
            turning = range(len(even), len(even) + len(mixed))
            self.kept[segment] = frozenset((*(k for k in self.kept[segment] if k < len(even)), *turning))
        self.needed[segment] = self.patterns[segment][min(self.kept[segment])].gaps
        name = f"headway {segment.direction} {segment.from_s}"
        self.rules[name] = _Rule(name, sentence, segment)

    def conflict(self) -> tuple[str, ...]:
        """Names of a minimal set of conflicting rules."""
        if not self._clash(list(self.rules)):
            return ()
        clashing = {self.literals[name].index: name for name in self.rules}
        core = [clashing[index] for index in self.model.clashing] or list(self.rules)
        # A single period against the fleet is the clearest answer, the densest above all.
        density = {n: self.needed[r.segment] / r.segment.length_s for n, r in self.rules.items() if r.segment}
        for name in sorted(density, key=lambda name: -density[name]):
            if self._clash(["fleet", name]):
                core = ["fleet", name]
                break
        for name in list(core):
            without = [other for other in core if other != name]
            if self._clash(without):
                core = without
        return tuple(core)

    def relaxations(self, core: Sequence[str]) -> tuple[str, ...]:
        """For each rule of the conflict, the relaxation of this rule that makes a plan possible."""
        words = []
        for name in core:
            others = [other for other in self.rules if other != name]
            if name == "fleet":
                words.append(self._more_trains(others))
            elif name.startswith("depot "):
                words.append(self._more_places(name.removeprefix("depot "), others))
            elif name == "balance":
                words.append(self._unequal_trips(others))
        if any(self.rules[name].segment for name in core):
            words.append(self._longer_headways())
        return tuple(word for word in words if word)

    def _more_trains(self, others: Sequence[str]) -> str:
        solution = self._solve(others, sum(self.model.begin.values()))
        room = ""
        if solution is None:
            # More trains need more room, too.
            bare = [name for name in others if not name.startswith(("depot ", "room "))]
            solution, room = self._solve(bare, sum(self.model.begin.values())), " and depots with capacity for them"
        if solution is None:
            return ""
        need, have = sum(solution.begin.values()), self.scenario.trainsets
        if need <= have:
            return ""
        first, *rest = self.scenario.fleet
        fleet = (first.model_copy(update={"trainsets": first.trainsets + need - have}), *rest)
        without_depots = {"depots": ()} if room else {}
        return self.promise(
            f"a plan exists with {need} instead of {have} trains ({need - have} more){room}",
            self.scenario.model_copy(update={"fleet": fleet, **without_depots}),
        )

    def _more_places(self, station: str, others: Sequence[str]) -> str:
        solution = self._solve(others, self.model.begin[station])
        if solution is None:
            return ""
        have = (depot_capacity(self.scenario) or {}).get(station, 0)
        return f"a plan exists with depot places for {solution.begin[station]} instead of {have} trains at {station}"

    def _unequal_trips(self, others: Sequence[str]) -> str:
        """The least difference between the trips of the directions."""
        up, down = (self.model.total_trips(direction) for direction in DIRECTIONS)
        most = sum(len(pattern.departures) for patterns in self.patterns.values() for pattern in patterns)
        difference = self.model.model.new_int_var(0, most, "difference of trips")
        self.model.model.add_abs_equality(difference, up - down)
        solution = self._solve(others, difference)
        if solution is None:
            return ""
        trips = dict.fromkeys(DIRECTIONS, 0)
        for segment, pattern in solution.chosen.items():
            trips[segment.direction] += len(pattern.departures)
        if not min(trips.values()):
            return ""  # no trips at all in one direction are no way out
        return f"a plan exists with {trips['up']} trips up and {trips['down']} trips down"

    def _longer_headways(self) -> str:
        """Minimise the largest relative loss of trains in a segment, and then the number of lost trains."""
        model = self.model.model
        worst = model.new_int_var(0, PARTS, "largest relative loss")
        lost: list[cp_model.LinearExprT] = []
        for segment, patterns in self.patterns.items():
            needed = self.needed[segment]
            missing = [max(needed - pattern.gaps, 0) for pattern in patterns]
            choice = self.model.choice[segment]
            lost += [count * x for count, x in zip(missing, choice, strict=True)]
            share = cp_model.LinearExpr.weighted_sum(choice, [PARTS * count // max(needed, 1) for count in missing])
            model.add(worst >= share)
        kept = [name for name, rule in self.rules.items() if rule.segment is None]
        solution = self._solve(kept, 10_000 * worst + cp_model.LinearExpr.sum(lost))
        if solution is None:
            return ""
        changes: dict[tuple[int, int], list[str]] = {}
        for segment, pattern in sorted(solution.chosen.items(), key=lambda item: (item[0].from_s, item[0].direction)):
            if pattern.gaps < self.needed[segment]:
                wanted = round(segment.length_s / self.needed[segment])
                word = f"{segment.direction} {pattern.longest_gap_s} s instead of {wanted} s"
                changes.setdefault((segment.from_s, segment.to_s), []).append(word)
        crush = self.scenario.train_types[self.scenario.main_train_type].capacity.crush
        if not changes or any(pattern.heaviest_load > crush for pattern in solution.chosen.values()):
            # A load above the crush capacity is no relaxation.
            return ""
        if self.mode == "demand-led":
            return self._looser_policy(list(solution.chosen.values()))
        return "a plan exists with longer headways: " + "; ".join(
            f"from {seconds_to_clock(begin)} to {seconds_to_clock(end)} {' and '.join(words)}"
            for (begin, end), words in changes.items()
        )

    def _looser_policy(self, patterns: Sequence[DeparturePattern]) -> str:
        """The relaxation of the policy that allows some patterns."""
        policy, limit = self.scenario.policy, load_limit(self.scenario)
        longest_s = max(policy.longest_headway_s, *(pattern.longest_gap_s for pattern in patterns))
        fullest = max(pattern.heaviest_load for pattern in patterns)
        # Rounded up to what works.
        share = max(policy.load_limit_share, ceil(1000.0 * policy.load_limit_share * fullest / limit) / 1000.0)
        ways = []
        if longest_s > policy.longest_headway_s:
            ways.append(f"a longest headway of {longest_s:g} s instead of {policy.longest_headway_s:g} s")
        if share > policy.load_limit_share:
            ways.append(f"a load limit of {share:g} instead of {policy.load_limit_share:g} of the normal capacity")
        looser = policy.model_copy(update={"longest_headway_s": longest_s, "load_limit_share": share})
        return self.promise(
            f"a plan exists with {' and '.join(ways)}", self.scenario.model_copy(update={"policy": looser})
        )

    def _clash(self, assumed: Sequence[str]) -> bool:
        """True if the solver has proven that these rules conflict."""
        return self._solve(assumed) is None and self.model.is_impossible

    def _solve(self, assumed: Sequence[str], least: cp_model.LinearExprT | None = None) -> HeadwaySolution | None:
        model = self.model.model
        model.clear_assumptions()
        model.clear_objective()  # type: ignore[no-untyped-call]
        model.add_assumptions([self.literals[name] for name in assumed])
        if least is not None:
            model.minimize(least)
        return self.model.solve(self.limits, relative_gap=0.001)


def _when(segment: Segment) -> str:
    return f"from {seconds_to_clock(segment.from_s)} {segment.direction}"
