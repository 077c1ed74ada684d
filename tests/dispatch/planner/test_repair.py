"""Repair of plans that violate a rule: trips move, few trips return, duties stay, and the best plan is kept."""

from dataclasses import replace
from functools import partial

from dispatch.checker.check import CheckReport, check
from dispatch.planner.repair import Mending, repaired
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.limits import equal_service_limits
from dispatch.timing.spacing import misfits, moved_apart
from scenarios.files.load import load_scenario
from scenarios.values.build import train_of
from scenarios.values.fleet import vehicle_names
from scenarios.values.shortest_running_times import ShortestTimes

YIZHUANG = load_scenario("beijing_yizhuang")
IN_FORCE = timetable_in_force(YIZHUANG)
LIMITS = equal_service_limits(YIZHUANG, IN_FORCE, train_of(YIZHUANG).auxiliary_w)
SHORTEST = ShortestTimes(YIZHUANG)
CLOSE_S = YIZHUANG.signalling.minimum_headway_s - 5
"""A headway that is too short by five seconds."""
FEW = 12
"""Of 368 trips; the trips of the violations, those ahead of them, and those before them in their duties."""
MENDING = Mending(partial(moved_apart, LIMITS), partial(misfits, LIMITS))


def checked(timetable: Timetable) -> tuple[Plan, CheckReport]:
    """The timetable with the vehicles that it has, as a checked plan."""
    plan = Plan(
        scenario=YIZHUANG.name,
        scenario_hash=YIZHUANG.hash,
        mode="equal-service",
        timetable=timetable,
        headways=headway_table(timetable, YIZHUANG, IN_FORCE),
        vehicles=dict.fromkeys(vehicle_names(YIZHUANG), YIZHUANG.main_train_type),
        seed=0,
        version="test",
    )
    return plan, check(plan, YIZHUANG, IN_FORCE, SHORTEST)


def moved(trip: Trip, by_s: int) -> Trip:
    return replace(
        trip,
        arrival_s=tuple(time + by_s for time in trip.arrival_s),
        departure_s=tuple(time + by_s for time in trip.departure_s),
    )


def too_close() -> tuple[Timetable, str]:
    """Today's timetable, but one trip leaves too close behind the trip ahead."""
    ahead, trip = next(
        (ahead, trip)
        for ahead, trip in IN_FORCE.neighbours("up")
        if trip.start_s - ahead.start_s > CLOSE_S and ahead.start_s > 12 * 3600
    )
    by_s = ahead.start_s + CLOSE_S - trip.start_s
    trips = tuple(moved(one, by_s) if one == trip else one for one in IN_FORCE.trips)
    return Timetable(trips), trip.trip_id


def test_today_keeps_every_rule() -> None:
    assert checked(IN_FORCE)[1].passed


def test_trips_that_are_too_close_move_and_no_trip_returns() -> None:
    timetable, late = too_close()
    plan, report = checked(timetable)
    assert any(violation.rule == "minimum-headway" for violation in report.violations)
    plan, report, back = repaired(plan, report, IN_FORCE, checked, MENDING)
    assert report.passed, report.violations
    now, before = ({trip.trip_id: trip for trip in one.trips} for one in (plan.timetable, timetable))
    assert now[late].start_s != before[late].start_s
    assert back < FEW
    assert {name for name, trip in now.items() if trip.start_s != before[name].start_s} <= {
        trip.trip_id for trip in IN_FORCE.of("up")
    }
    assert {name: trip.vehicle for name, trip in now.items()} == {name: trip.vehicle for name, trip in before.items()}


def test_without_mending_the_trips_named_by_the_checker_return() -> None:
    timetable, late = too_close()
    plan, report, back = repaired(*checked(timetable), IN_FORCE, checked)
    assert report.passed
    assert 1 <= back < FEW
    now = {trip.trip_id: trip for trip in plan.timetable.trips}
    assert now[late].start_s == next(trip.start_s for trip in IN_FORCE.trips if trip.trip_id == late)


def test_rounds_are_few_and_the_plan_with_the_fewest_violations_is_kept() -> None:
    """A check that never passes, and that is worst when all trips have returned."""
    timetable, _ = too_close()
    plan, report = checked(timetable)
    (violation,) = report.violations[:1]
    rounds: list[int] = []

    def never(of: Timetable) -> tuple[Plan, CheckReport]:
        rounds.append(sum(a != b for a, b in zip(of.trips, timetable.trips, strict=True)))
        return replace(plan, timetable=of), CheckReport((violation,) * (2 + len(rounds)), ())

    kept, of_kept, back = repaired(plan, CheckReport((violation,) * 4, ()), IN_FORCE, never)
    assert len(rounds) <= 8
    assert len(of_kept.violations) == 3
    assert back < FEW
    assert kept.timetable != timetable


def test_stages_of_a_repair_are_named() -> None:
    timetable, _ = too_close()
    stages: list[str] = []
    repaired(*checked(timetable), IN_FORCE, checked, progress=lambda stage, _share: stages.append(stage))
    assert set(stages) == {"repair"}
