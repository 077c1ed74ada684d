"""Whether a smaller fleet suffices if departures move within their windows: by proof or by search.

A change of departures within their windows can save a train. If today's departures need more trains than the fleet has,
the planner therefore rejects the fleet only if no times within the windows are sufficient.
"""

from collections.abc import Iterator, Mapping
from itertools import product

from dispatch.checker.check import CheckReport
from dispatch.headways.decide import decide_headways
from dispatch.plans.timetable import Timetable
from dispatch.rostering.common_running_times import too_slow
from dispatch.rostering.duties import FleetNeed, fleet_need, need_at
from dispatch.rostering.vehicle_assignment import FleetType
from dispatch.timing.fit_to_fixes import departure_window_s
from dispatch.timing.held_timetable import held
from dispatch.timing.limits import TimingLimits
from dispatch.timing.task import SearchTask
from energy_models.faults import Infeasible
from scenarios.schema import Scenario, seconds_to_clock
from scenarios.schema.base import DIRECTIONS
from scenarios.values.shortest_running_times import ShortestTimes

LISTED = 8
TOO_FAST_RULE = "minimum-running-time"


def refused_today(scenario: Scenario, in_force: Timetable) -> tuple[str, ...]:
    """Reasons why the fleet is too small for today's departures; empty if the fleet is sufficient.

    Raises `Infeasible` if today's departures also violate other rules. With calls, or with one trip in a direction,
    today's trips themselves are counted: trips that begin or end on the way, and a single trip, do not follow from
    headways at the ends of the line.
    """
    if scenario.timetable.calls is not None or any(len(in_force.of(direction)) < 2 for direction in DIRECTIONS):
        need = fleet_need(in_force, scenario).vehicles
        if need <= scenario.trainsets:
            return ()
        return (f"today's trips need {need} trains; the fleet has {scenario.trainsets} trains",)
    try:
        decide_headways(scenario, "equal-service")
    except Infeasible as refused:
        need = fleet_need(in_force, scenario).vehicles
        if need <= scenario.trainsets:
            raise
        try:
            decide_headways(_with_trains(scenario, need), "equal-service")
        except Infeasible:
            raise refused from None
        return refused.reasons
    return ()


def _with_trains(scenario: Scenario, trainsets: int) -> Scenario:
    """The scenario with so many trains; additional trains have the main type."""
    first, *others = scenario.fleet
    more = first.model_copy(update={"trainsets": first.trainsets + trainsets - scenario.trainsets})
    return scenario.model_copy(update={"fleet": (more, *others)})


def least_need(timetable: Timetable, timing_limits: TimingLimits, shortest: ShortestTimes) -> FleetNeed:
    """A lower bound of the number of trains for all times within the windows, by terminal.

    Every departure counts at its latest time. Every arrival counts at its earliest time: minimum running times of the
    fastest train type without passengers, or the present running times if they are shorter, and minimum dwells.
    """
    leaves: dict[str, list[int]] = {}
    ready: dict[str, list[float]] = {}
    for trip, first in zip(timetable.trips, timetable.first_sections(), strict=True):
        earliest, latest = departure_window_s(timing_limits, trip)
        sections = len(trip.driving)
        run_s = (
            min(
                trip.running_time_s(k),
                *(shortest.of(name, trip.direction, first + k, 0.0) for name in shortest.train_types),
            )
            for k in range(sections)
        )
        spans = timing_limits.dwell_span_s[trip.direction][first : first + sections - 1]
        dwell_s = (min(trip.dwell_s(k), least) for k, (least, _) in enumerate(spans, start=1))
        arrival_s = earliest + sum(run_s) + sum(dwell_s)
        if trip.trip_id in timing_limits.fixed.times:
            times = timing_limits.fixed.times[trip.trip_id]
            latest, arrival_s = times.departure_s[0], times.arrival_s[-1]
        leaves.setdefault(trip.stations[0], []).append(latest)
        ready.setdefault(trip.stations[-1], []).append(arrival_s + timing_limits.turnback_s(trip))
    needs = {place: need_at(leaves[place], ready.get(place, [])) for place in leaves}
    return FleetNeed({p: count for p, (count, _) in needs.items()}, {p: at_s for p, (_, at_s) in needs.items()})


def refuse_hopeless(
    timetable: Timetable,
    scenario: Scenario,
    timing_limits: TimingLimits,
    shortest: ShortestTimes,
    known: tuple[str, ...],
) -> None:
    """Raise `Infeasible` if the available trains are too few for all times within the windows.

    `known` are the reasons why they are too few for the present departures.
    """
    if fleet_need(timetable, scenario).vehicles <= timing_limits.vehicles_most:
        return
    least = least_need(timetable, timing_limits, shortest)
    if least.vehicles > timing_limits.vehicles_most:
        places = " and ".join(
            f"{count} must begin at {place} by {seconds_to_clock(least.moment_s[place])}"
            for place, count in least.begin.items()
            if count
        )
        proof = f"all times within the departure windows need at least {least.vehicles} trains: {places}"
        raise Infeasible([*known, f"{_lack(timetable, scenario, timing_limits)}; {proof}"])


def within_fleet(scenario: Scenario, task: SearchTask, timetable: Timetable) -> Timetable:
    """The timetable with the smallest changes of departures for which the available trains suffice; fixes are kept.

    Raises `Infeasible` if the search finds no such times, with the smallest number of trains for which it finds times.
    """
    most = task.timing_limits.vehicles_most
    found = _with_trains_at_most(scenario, task, timetable, most)
    if found is not None:
        return found
    fewest = fleet_need(timetable, scenario).vehicles + 1
    while fewest - 1 > most and _with_trains_at_most(scenario, task, timetable, fewest - 1) is not None:
        fewest -= 1
    fixed = task.timing_limits.fixed
    lack = _lack(timetable, scenario, task.timing_limits)
    reasons = [f"{lack}; the search found no times within the departure windows that need so few trains"]
    # What is fixed about single vehicles is not tried here.
    if fewest <= fleet_need(timetable, scenario).vehicles and not (fixed.vehicles or fixed.withdrawals):
        spare = scenario.trainsets - fewest
        reasons.append(
            f"a plan exists with {spare} instead of {fixed.spare_trains} spare trains"
            if spare >= 0 and fixed.spare_trains
            else f"a plan exists with {fewest} available trains ({fewest - most} more)"
        )
    raise Infeasible(reasons)


def _with_trains_at_most(scenario: Scenario, task: SearchTask, timetable: Timetable, most: int) -> Timetable | None:
    """The nearest times at which so many trains suffice, for the first possible split between the terminals."""
    begin = dict.fromkeys(scenario.terminals, 0)
    for chain in timetable.duties().values():
        begin[chain[0].stations[0]] += 1
    for fewer in _fewer(begin, most):
        try:
            found = task.turn(held(task, timetable, timetable, fewer))
        except Infeasible:
            continue
        if len(found.vehicles) <= most:
            return found
    return None


def refuse_over_fleet(
    report: CheckReport, scenario: Scenario, timetable: Timetable, timing_limits: TimingLimits
) -> None:
    """Raise `Infeasible` if a finished plan exceeds the fleet or breaks a fix."""
    broken = [violation.sentence for violation in report.violations if violation.rule in ("fleet", "fixes")]
    if broken:
        raise Infeasible(
            [f"{_lack(timetable, scenario, timing_limits)}; the search found no plan that keeps this limit", *broken]
        )


def _fewer(begin: Mapping[str, int], most: int) -> Iterator[dict[str, int]]:
    """The splits of `most` trains between the terminals, at no terminal more than at present."""
    for counts in product(*(range(count, -1, -1) for count in begin.values())):
        if sum(counts) == most:
            yield dict(zip(begin, counts, strict=True))


def _lack(timetable: Timetable, scenario: Scenario, timing_limits: TimingLimits) -> str:
    need, spare = fleet_need(timetable, scenario).vehicles, timing_limits.fixed.spare_trains
    kept = f", of which {spare} are spare" if spare else ""
    return (
        f"the present departures need {need} trains, but only {timing_limits.vehicles_most} are available: "
        f"the fleet has {scenario.trainsets}{kept}"
    )


def refuse_too_fast(report: CheckReport, fleet_types: Mapping[str, FleetType], timetable: Timetable) -> None:
    """Raise `Infeasible` if a plan of a mixed fleet still has trips whose vehicles are too slow.

    `timetable` contains the times to which trips can return; the reasons refer to these times, because neither another
    choice of vehicles nor other times removed the fault.
    """
    broken = [violation for violation in report.violations if violation.rule == TOO_FAST_RULE]
    if len(fleet_types) < 2 or not broken:
        return
    reasons = [*too_slow(fleet_types, timetable), *(violation.sentence for violation in broken)]
    more = [f"{len(reasons) - LISTED} more of this type"] if len(reasons) > LISTED else []
    raise Infeasible(
        ["no choice of vehicles keeps the minimum running times of the train types", *reasons[:LISTED], *more]
    )
