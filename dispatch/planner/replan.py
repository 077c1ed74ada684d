"""Planning from an existing plan: with fixes, and close to the existing times."""

from dispatch.checker.check import check
from dispatch.planner.read_fixes import fixed_service
from dispatch.plans.fixed import FixedService
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.limits import TimingLimits, equal_service_limits
from energy_models.faults import Fault, InputFaults
from scenarios.files.names import did_you_mean
from scenarios.requests.fixes import FixesFile
from scenarios.schema import Scenario
from scenarios.values.shortest_running_times import ShortestTimes

FROM = "the plan to start from"
FAULTS_LISTED = 30


def timetable_of(plan: Plan, scenario: Scenario, mode: Mode, in_force: Timetable, shortest: ShortestTimes) -> Timetable:
    """The timetable of a plan for the start of a new search; at equal service its trips are in today's order.

    `shortest` are the minimum running times of the trains of the new plan.

    Raises `InputFaults` for another mode, another line, other trips than today's at equal service, violated rules.
    """
    _require_same_line(plan, scenario)
    faults: list[Fault] = []
    if plan.mode != mode:
        faults.append(Fault(FROM, "", "mode", plan.mode, f"{mode}, or select the mode {plan.mode}"))
    line = {direction: tuple(s.id for s in scenario.stations_in_order(direction)) for direction in ("up", "down")}
    parts_today = {trip.stations for trip in in_force.trips}
    for trip in plan.timetable.trips:
        is_known = mode == "equal-service" and trip.stations in parts_today
        if not is_known and not _runs_on(trip, line[trip.direction], scenario, mode):
            stations = f"the stations of {scenario.name}, {line[trip.direction][0]} to {line[trip.direction][-1]}"
            faults.append(Fault(FROM, f"trip {trip.trip_id}", "stations", ", ".join(trip.stations)[:60], stations))
    planned = {trip.trip_id: trip for trip in plan.timetable.trips}
    if mode == "equal-service":
        today = [trip.trip_id for trip in in_force.trips]
        faults += [
            Fault(FROM, "", "trip", name, did_you_mean(name, today, if_none="the timetable in force has no trips"))
            for name in planned
            if name not in today
        ]
        faults += [
            Fault(FROM, "", "trip", f"{name} is missing", "every trip of the timetable in force")
            for name in today
            if name not in planned
        ]
    if not faults:
        report = check(plan, scenario, in_force, shortest)
        faults += [
            Fault(FROM, f"trip {one.trip}" if one.trip else "", one.rule, one.sentence, "a plan that keeps this rule")
            for one in report.violations
            if one.rule != "fixes"
        ]
    if len(faults) > FAULTS_LISTED:
        more = f"{len(faults) - FAULTS_LISTED} more faults"
        faults = [*faults[:FAULTS_LISTED], Fault(FROM, "", "", more, "a plan of this scenario that keeps its rules")]
    if faults:
        raise InputFaults(faults)
    if mode == "equal-service":
        return Timetable(tuple(planned[trip.trip_id] for trip in in_force.trips))
    return plan.timetable


def _require_same_line(plan: Plan, scenario: Scenario) -> None:
    """Raise `InputFaults` with one fault if all trips of the plan have other stations than the scenario."""
    known = frozenset(station.id for station in scenario.stations)
    trips = plan.timetable.trips
    if not trips or any(known.issuperset(trip.stations) for trip in trips):
        return
    ends = f"{trips[0].stations[0]} to {trips[0].stations[-1]}"
    allowed = f"a plan of {scenario.name}, {scenario.stations[0].id} to {scenario.stations[-1].id}"
    raise InputFaults([Fault(FROM, "", "line", f"a plan of {plan.scenario}, {ends}", allowed)])


def _runs_on(trip: Trip, order: tuple[str, ...], scenario: Scenario, mode: Mode) -> bool:
    """Whether a trip runs the whole line or, with demand-led headways, between two stations where trains may turn."""
    if trip.stations == order:
        return True
    turns = {trip.stations[0], trip.stations[-1]} <= scenario.terminals.keys()
    if mode == "equal-service" or not turns or trip.stations[0] not in order:
        return False
    first = order.index(trip.stations[0])
    return order[first : first + len(trip.stations)] == trip.stations


def require_resolvable(
    file: FixesFile, scenario: Scenario, mode: Mode, start: Plan | None, close_s: int | None
) -> None:
    """Raise `InputFaults` for faults of fixes before the decision: names, spans, contradictions.

    If demand-led headways create new trips, spans and windows are applied to them after the decision.
    """
    if mode == "demand-led" and start is None:
        _require_no_trips_named(file, close_s)
        return
    begin = start.timetable if start is not None else timetable_in_force(scenario)
    timing_limits = equal_service_limits(scenario, begin, 0.0)
    fixed_service(file, scenario, begin, timing_limits.window_s, mode, close_s)


def fixed_for(
    file: FixesFile,
    scenario: Scenario,
    mode: Mode,
    begin: Timetable,
    timing_limits: TimingLimits,
    *,
    trips_are_new: bool,
    close_s: int | None,
) -> FixedService:
    """The fixes of a search that starts from a timetable.

    If demand-led headways create new trips (`trips_are_new`), a fix by the name of a trip is a fault, and so is a
    limit of the changes, because there is no plan to compare with. Raises `InputFaults`.
    """
    if trips_are_new:
        _require_no_trips_named(file, close_s)
    return fixed_service(file, scenario, begin, timing_limits.window_s, mode, close_s)


def _require_no_trips_named(file: FixesFile, close_s: int | None) -> None:
    fixes = file.fixes
    allowed = "equal service, or a plan to start from, because demand-led headways create new trips"
    faults = [
        file.fault((name,), f"{len(part)} given", allowed)
        for name, part in (("trips", fixes.trips), ("windows", fixes.windows), ("vehicles", fixes.vehicles))
        if part
    ]
    if close_s is not None:
        faults.append(Fault("", "", "keep_close_s", f"{close_s} s", allowed))
    if faults:
        raise InputFaults(faults)
