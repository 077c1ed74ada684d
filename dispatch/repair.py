"""Demand-led timing within the policy: how far headways may stretch; and the repair of plans that go beyond a rule.

Even headways, or today's, keep every rule; retimed trips at the change of two periods, close to the load limit, or
where terminals have few tracks, may not. Such trips go back to where they started, a few at a time, until the checker
has nothing left to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from dispatch.check import CheckReport
from dispatch.headway_patterns import load_limit
from dispatch.plan import Plan
from dispatch.timetable import DIRECTIONS, Timetable, Trip
from dispatch.timing.rules import TimingRules
from energy_models.faults import Infeasible
from scenarios.schema import Scenario

TOLD = 8
"""So many broken rules are told one by one."""
MARGIN_SHARE = 0.01
"""Share of a headway that stays free below its limit for what later stations add."""


def demand_led_rules(rules: TimingRules, scenario: Scenario, start: Timetable) -> TimingRules:
    """The search's rules where headways follow the demand: all trainsets, and no headway beyond policy or load limit.

    A trip's load grows with the gap before it, so the gap may grow by as much as the load has room.
    """
    longest = dict(rules.gap_longest_s)
    limit = load_limit(scenario)
    policy = scenario.policy.longest_headway_s
    by_section: dict[str, list[int]] = {}
    for direction in DIRECTIONS:
        for (ahead, trip), places in start.neighbours(direction).items():
            room = limit / max(*trip.passengers, 1e-9)
            sections = by_section.setdefault(trip.trip_id, [int(policy)] * len(trip.driving))
            for place_ahead, place in places:
                gap = trip.departure_s[place] - ahead.departure_s[place_ahead]
                allowed = min(float(policy), gap * room) * (1.0 - MARGIN_SHARE)
                sections[place] = max(gap, int(allowed))
            longest[trip.trip_id] = sections[places[0][1]]
    turning = {name: tuple(of_trip) for name, of_trip in by_section.items()} if start.turns_on_the_way else {}
    return replace(rules, gap_longest_s=longest, section_gap_longest_s=turning, vehicles_most=scenario.trainsets)


def repaired(
    plan: Plan,
    report: CheckReport,
    start: Timetable,
    remake: Callable[[Timetable], tuple[Plan, CheckReport]],
) -> tuple[Plan, CheckReport, int]:
    """The plan with the trips that break rules back at their times in `start`, its report, and how many went back.

    `remake` gives a timetable its vehicles, makes the plan and checks it. With each round the trips beside those that
    went back before follow, so that it ends at the latest when all have.
    """
    even: Mapping[str, Trip] = {trip.trip_id: trip for trip in start.trips}
    back: set[str] = set()
    while not report.passed and len(back) < len(even):
        named = {violation.trip for violation in report.violations if violation.trip in even}
        wider = back | _with_those_ahead(start, named)
        if wider == back:
            wider = _with_those_ahead(start, _with_those_behind(start, back))
        # A violation without a trip (the fleet as a whole) says nothing about where: all go back.
        back = wider if wider != back else set(even)
        trips = tuple(
            replace(even[trip.trip_id], driving=trip.driving) if trip.trip_id in back else trip
            for trip in plan.timetable.trips
        )
        plan, report = remake(Timetable(trips))
    return plan, report, len(back)


def better_of(
    mended: tuple[Plan, CheckReport], even: tuple[Plan, CheckReport], energy_j: Callable[[Plan], float]
) -> tuple[Plan, CheckReport]:
    """The mended plan, or its even headways only driven better: mending in many places may cost what the search won."""
    if not even[1].passed:
        return mended
    if mended[1].passed and energy_j(mended[0]) <= energy_j(even[0]):
        return mended
    plan, report = even
    return replace(plan, metadata={**plan.metadata, "kept_even_headways": True}), report


def _with_those_ahead(timetable: Timetable, named: set[str]) -> set[str]:
    """The trips and those just ahead of them in their direction."""
    pairs = (pair for direction in DIRECTIONS for pair in timetable.neighbours(direction))
    return named | {ahead.trip_id for ahead, trip in pairs if trip.trip_id in named}


def _with_those_behind(timetable: Timetable, named: set[str]) -> set[str]:
    """The trips and those just behind them in their direction."""
    pairs = (pair for direction in DIRECTIONS for pair in timetable.neighbours(direction))
    return named | {trip.trip_id for ahead, trip in pairs if ahead.trip_id in named}


def refuse_broken(report: CheckReport) -> None:
    """Raise `Infeasible` with the rules that the best plan of new headways still breaks; no such plan is given out."""
    if report.passed:
        return
    sentences = [f"{one.rule}: {one.sentence}" for one in report.violations]
    more = [f"{len(sentences) - TOLD} more of this kind"] if len(sentences) > TOLD else []
    raise Infeasible(["no plan was found that keeps every rule; the best one breaks", *sentences[:TOLD], *more])
