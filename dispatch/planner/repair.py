"""Demand-led timing within the policy: limits of the headways; and the repair of plans that violate a rule.

Even headways, or today's headways, keep every rule. Retimed trips can violate a rule: at the change of two periods,
close to the load limit, or at terminals with few tracks. Such trips return to their original times, with ever more of
their neighbours, until the checker finds no violation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from dispatch.checker.check import CheckReport
from dispatch.headways.patterns import load_limit
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.limits import TimingLimits
from dispatch.timing.task import Progress
from energy_models.faults import Infeasible
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS

LISTED = 8
"""Number of violations that are listed one by one."""
MARGIN_SHARE = 0.01
"""Reserve below the headway limit, as a share of the headway, for changes at later stations."""


def demand_led_limits(timing_limits: TimingLimits, scenario: Scenario, start: Timetable) -> TimingLimits:
    """The rules of the search for demand-led headways: all trainsets, and headways within policy and load limit.

    The load of a trip increases with the gap before the trip, so the load limit also limits the gap.
    """
    longest = dict(timing_limits.gap_longest_s)
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
    return replace(
        timing_limits, gap_longest_s=longest, section_gap_longest_s=turning, vehicles_most=scenario.trainsets
    )


DUTY_RULES = frozenset({"vehicle-continuity", "turnback", "fleet", "same-fleet", "terminal-tracks", "depot", "fixes"})
"""Rules that other vehicles can keep at the same times."""


@dataclass(frozen=True, eq=False)
class Mending:
    """How a timetable is mended between two checks: trips that are too close or too far apart move within their
    windows (`moved`); `misfits` are the trips of the pairs for which this is not sufficient."""

    moved: Callable[[Timetable], Timetable] = lambda timetable: timetable
    misfits: Callable[[Timetable], set[str]] = lambda _timetable: set()


NO_MENDING = Mending()


def repaired(
    plan: Plan,
    report: CheckReport,
    start: Timetable,
    remake: Callable[[Timetable], tuple[Plan, CheckReport]],
    mending: Mending = NO_MENDING,
    progress: Progress = lambda _stage, _share: None,
) -> tuple[Plan, CheckReport, int]:
    """The plan in which trips that violate rules have other times, its report, and the number of trips with the times
    that they have in `start`.

    `remake` builds the plan of a timetable and checks it; trips keep their vehicles. In the first round only the
    mending moves trips. Then the trips named by the checker and the trips ahead of them return to their times in
    `start`, with the trips that do not fit them; each further round takes four times as many neighbours on both
    sides, so that the rounds are as few as the logarithm of the number of trips. If no round keeps all rules, the
    result is the plan with the fewest violations.
    """
    even: Mapping[str, Trip] = {trip.trip_id: trip for trip in start.trips}
    back: set[str] = set()
    best = plan, report, 0
    timetable = mending.moved(plan.timetable)
    concerned = _named(plan, report) | {
        after.trip_id for before, after in zip(plan.timetable.trips, timetable.trips, strict=True) if before != after
    }
    reach = 0
    if timetable != plan.timetable:
        progress("repair", 0.0)
        plan, report = remake(timetable)
        best = _better(best, (plan, report, 0))
    while not report.passed and len(back) < len(even):
        progress("repair", len(back) / len(even))
        # A violation without a trip (mean waiting, the fleet as a whole) comes from the trips that were wrong before.
        named = (_named(plan, report) or concerned) & even.keys()
        grown = back | _neighbourhood(start, named, max(reach, 1), reach)
        # If these trips have their former times already, trips elsewhere must be the cause: all trips return.
        back = grown if grown != back else set(even)
        while True:
            timetable = mending.moved(_with_times_of(plan.timetable, even, back))
            further = (mending.misfits(timetable) & even.keys()) - back
            if not further:
                break
            back |= further
        plan, report = remake(timetable)
        best = _better(best, (plan, report, len(back)))
        reach = max(4 * reach, 1)
    return best


def _better(best: tuple[Plan, CheckReport, int], other: tuple[Plan, CheckReport, int]) -> tuple[Plan, CheckReport, int]:
    return other if len(other[1].violations) < len(best[1].violations) else best


def _named(plan: Plan, report: CheckReport) -> set[str]:
    """The trips of the violations; for a violation of duties also the trip before it of the same vehicle."""
    named = {violation.trip for violation in report.violations if violation.trip}
    of_duties = {violation.trip for violation in report.violations if violation.rule in DUTY_RULES}
    for trips in plan.timetable.duties().values() if of_duties else ():
        named |= {before.trip_id for before, after in pairwise(trips) if after.trip_id in of_duties}
    return named


def _neighbourhood(timetable: Timetable, named: set[str], ahead: int, behind: int) -> set[str]:
    """The trips, and so many trips ahead of and behind each of them in their direction."""
    found: set[str] = set()
    for direction in DIRECTIONS:
        order = [trip.trip_id for trip in sorted(timetable.of(direction), key=lambda trip: trip.start_s)]
        for place, name in enumerate(order):
            if name in named:
                found.update(order[max(place - ahead, 0) : place + behind + 1])
    return found


def _with_times_of(timetable: Timetable, even: Mapping[str, Trip], back: set[str]) -> Timetable:
    """The timetable in which some trips have other times, with the driving and the vehicles that they have."""
    return Timetable(
        tuple(
            replace(even[trip.trip_id], driving=trip.driving, vehicle=trip.vehicle) if trip.trip_id in back else trip
            for trip in timetable.trips
        )
    )


def better_of(
    mended: tuple[Plan, CheckReport], even: tuple[Plan, CheckReport], energy_j: Callable[[Plan], float]
) -> tuple[Plan, CheckReport]:
    """The repaired plan, or the even headways with better driving only, because many repairs can cost the saving."""
    if not even[1].passed:
        return mended
    if mended[1].passed and energy_j(mended[0]) <= energy_j(even[0]):
        return mended
    plan, report = even
    return replace(plan, facts=replace(plan.facts, kept_even_headways=True)), report


def refuse_broken(
    report: CheckReport, what: str = "the search found no plan that keeps every rule; the best plan violates"
) -> None:
    """Raise `Infeasible` with the rules that a plan of new headways still violates, after the words `what`."""
    if report.passed:
        return
    sentences = [f"{one.rule}: {one.sentence}" for one in report.violations]
    more = [f"{len(sentences) - LISTED} more of this type"] if len(sentences) > LISTED else []
    raise Infeasible([what, *sentences[:LISTED], *more])
