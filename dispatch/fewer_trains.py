"""Whether times within the windows can do with fewer trains than the departures as they stand: proven, or searched.

Departures that move within their windows may save a train, so a fleet that today's departures exceed is refused at once
only where no times within the windows suffice.
"""

from collections.abc import Iterator, Mapping
from itertools import product

from dispatch.check import CheckReport
from dispatch.duties import FleetNeed, chains_of, fleet_need, need_at
from dispatch.headways import decide_headways
from dispatch.rules.shortest_times import ShortestTimes
from dispatch.timetable import Timetable
from dispatch.timing.fitting import departure_window_s, held
from dispatch.timing.job import Job
from dispatch.timing.rules import TimingRules
from energy_models.faults import Infeasible
from scenarios.schema import Scenario, seconds_to_clock


def refused_today(scenario: Scenario, in_force: Timetable) -> tuple[str, ...]:
    """Why the fleet does not bear today's departures; nothing where it does.

    Raises `Infeasible` where today's departures break more than that: then other times would have to mend other rules.
    """
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
    """The scenario with so many trains, those that are missing of its first kind."""
    first, *others = scenario.fleet
    more = first.model_copy(update={"trainsets": first.trainsets + trainsets - scenario.trainsets})
    return scenario.model_copy(update={"fleet": (more, *others)})


def least_need(timetable: Timetable, rules: TimingRules, shortest: ShortestTimes) -> FleetNeed:
    """A lower bound of the trains that any times within the windows need, by terminal.

    Every departure counts when it is due at the latest, every arrival when it is possible at the earliest: run flat out
    and empty by the fastest train type, or as now where that is faster, with the shortest dwells.
    """
    leaves: dict[str, list[int]] = {}
    ready: dict[str, list[float]] = {}
    for trip, first in zip(timetable.trips, timetable.first_sections(), strict=True):
        earliest, latest = departure_window_s(rules, trip)
        sections = len(trip.driving)
        run_s = (
            min(
                trip.running_time_s(k),
                *(shortest.of(name, trip.direction, first + k, 0.0) for name in shortest.train_types),
            )
            for k in range(sections)
        )
        spans = rules.dwell_span_s[trip.direction][first : first + sections - 1]
        dwell_s = (min(trip.dwell_s(k), least) for k, (least, _) in enumerate(spans, start=1))
        arrival_s = earliest + sum(run_s) + sum(dwell_s)
        if trip.trip_id in rules.fixed.times:
            times = rules.fixed.times[trip.trip_id]
            latest, arrival_s = times.departure_s[0], times.arrival_s[-1]
        leaves.setdefault(trip.stations[0], []).append(latest)
        ready.setdefault(trip.stations[-1], []).append(arrival_s + rules.turnback_s(trip))
    needs = {place: need_at(leaves[place], ready.get(place, [])) for place in leaves}
    return FleetNeed({p: count for p, (count, _) in needs.items()}, {p: at_s for p, (_, at_s) in needs.items()})


def refuse_hopeless(
    timetable: Timetable, scenario: Scenario, rules: TimingRules, shortest: ShortestTimes, known: tuple[str, ...]
) -> None:
    """Raise `Infeasible` where no times within the windows do with the trains that may run.

    `known` are the reasons why the departures as they stand do not.
    """
    if fleet_need(timetable, scenario).vehicles <= rules.vehicles_most:
        return
    least = least_need(timetable, rules, shortest)
    if least.vehicles > rules.vehicles_most:
        places = " and ".join(
            f"{count} begin at {place} by {seconds_to_clock(least.moment_s[place])}"
            for place, count in least.begin.items()
            if count
        )
        proof = f"at least {least.vehicles} are needed at whatever times within the departure windows: {places}"
        raise Infeasible([*known, f"{_lack(timetable, scenario, rules)}; {proof}"])


def within_fleet(scenario: Scenario, job: Job, timetable: Timetable) -> Timetable:
    """The timetable with departures moved as little as possible so that the trains that may run suffice; what is fixed
    is kept.

    Raises `Infeasible` where no such times are found, with the fewest trains for which some are.
    """
    most = job.rules.vehicles_most
    found = _with_trains_at_most(scenario, job, timetable, most)
    if found is not None:
        return found
    fewest = fleet_need(timetable, scenario).vehicles + 1
    while fewest - 1 > most and _with_trains_at_most(scenario, job, timetable, fewest - 1) is not None:
        fewest -= 1
    fixed = job.rules.fixed
    lack = _lack(timetable, scenario, job.rules)
    reasons = [f"{lack}; no times within the departure windows were found that need so few"]
    # What is fixed about single vehicles is not tried here.
    if fewest <= fleet_need(timetable, scenario).vehicles and not (fixed.vehicles or fixed.withdrawals):
        spare = scenario.trainsets - fewest
        reasons.append(
            f"it would do with {spare} instead of {fixed.spare_trains} spare trains"
            if spare >= 0 and fixed.spare_trains
            else f"it would do with {fewest} trains that may run ({fewest - most} more)"
        )
    raise Infeasible(reasons)


def _with_trains_at_most(scenario: Scenario, job: Job, timetable: Timetable, most: int) -> Timetable | None:
    """The nearest times at which so many trains suffice, for the first way to spread them over the terminals."""
    begin = dict.fromkeys(scenario.terminals, 0)
    for chain in chains_of(timetable).values():
        begin[chain[0].stations[0]] += 1
    for fewer in _fewer(begin, most):
        try:
            found = job.turn(held(job, timetable, timetable, fewer))
        except Infeasible:
            continue
        if len({trip.vehicle for trip in found.trips}) <= most:
            return found
    return None


def refuse_over_fleet(report: CheckReport, scenario: Scenario, timetable: Timetable, rules: TimingRules) -> None:
    """Raise `Infeasible` where a finished plan breaks the fleet or what is fixed: such a plan is no answer."""
    broken = [violation.sentence for violation in report.violations if violation.rule in ("fleet", "fixes")]
    if broken:
        raise Infeasible([f"{_lack(timetable, scenario, rules)}; the search found no plan that keeps that", *broken])


def _fewer(begin: Mapping[str, int], most: int) -> Iterator[dict[str, int]]:
    """Ways to have `most` trains begin, at no terminal more than now."""
    for counts in product(*(range(count, -1, -1) for count in begin.values())):
        if sum(counts) == most:
            yield dict(zip(begin, counts, strict=True))


def _lack(timetable: Timetable, scenario: Scenario, rules: TimingRules) -> str:
    need, spare = fleet_need(timetable, scenario).vehicles, rules.fixed.spare_trains
    kept = f", of which {spare} stay spare" if spare else ""
    return (
        f"at the departures as they stand {need} trains are needed, {rules.vehicles_most} may run: the fleet has "
        f"{scenario.trainsets}{kept}"
    )
