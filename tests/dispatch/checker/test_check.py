"""Each rule has a case that breaks it, alone where that is possible; the timetable in force breaks none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dispatch.checker.check import CheckReport, check
from dispatch.checker.rules import CheckCase, registered
from dispatch.checker.rules.equal_service import same_headways, same_trips
from dispatch.checker.rules.vehicles import stands
from dispatch.plans.fixed import FixedService
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.plan_record import PlanOptions
from dispatch.plans.timetable import Timetable, Trip
from dispatch.rostering.duties import assign, duty_summary
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.service import Departure
from scenarios.values.build import train_of
from scenarios.values.fleet import vehicle_names
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)
SHORTEST = ShortestTimes(LINE)


def plan_of(timetable: Timetable, mode: Mode, vehicles: dict[str, str] | None = None) -> Plan:
    return Plan(
        scenario=LINE.name,
        scenario_hash=LINE.hash,
        mode=mode,
        timetable=timetable,
        headways=headway_table(IN_FORCE, LINE),
        vehicles=vehicles or dict.fromkeys((*vehicle_names(LINE), "four_car-07"), "four_car"),
        seed=0,
        version="test",
    )


def report(
    timetable: Timetable = IN_FORCE, mode: Mode = "equal-service", scenario: Scenario = LINE, **given: object
) -> CheckReport:
    return check(plan_of(timetable, mode), scenario, IN_FORCE, given.get("shortest", SHORTEST))  # type: ignore[arg-type]


def broken(result: CheckReport) -> set[str]:
    return {violation.rule for violation in result.violations}


def edited(
    number: int, change: Callable[[Trip], Trip], direction: str = "up", timetable: Timetable = IN_FORCE
) -> Timetable:
    chosen = [trip for trip in timetable.trips if trip.direction == direction][number].trip_id
    return Timetable(tuple(change(trip) if trip.trip_id == chosen else trip for trip in timetable.trips))


def later(seconds: int) -> Callable[[Trip], Trip]:
    return lambda trip: replace(
        trip,
        arrival_s=tuple(t + seconds for t in trip.arrival_s),
        departure_s=tuple(t + seconds for t in trip.departure_s),
    )


def moved(arrivals: dict[int, int], departures: dict[int, int]) -> Callable[[Trip], Trip]:
    return lambda trip: replace(
        trip,
        arrival_s=tuple(t + arrivals.get(k, 0) for k, t in enumerate(trip.arrival_s)),
        departure_s=tuple(t + departures.get(k, 0) for k, t in enumerate(trip.departure_s)),
    )


def without(number: int) -> Timetable:
    up = [trip for trip in IN_FORCE.trips if trip.direction == "up"]
    return Timetable(tuple(trip for trip in IN_FORCE.trips if trip != up[number]))


def with_terminals(**values: object) -> Scenario:
    terminals = {name: terminal.model_copy(update=values) for name, terminal in LINE.terminals.items()}
    return LINE.model_copy(update={"terminals": terminals})


def with_policy(**values: object) -> Scenario:
    return LINE.model_copy(update={"policy": LINE.policy.model_copy(update=values)})


def with_fleet(trainsets: int) -> Scenario:
    return LINE.model_copy(update={"fleet": (LINE.fleet[0].model_copy(update={"trainsets": trainsets}),)})


def with_small_depots() -> Scenario:
    depots = tuple(depot.model_copy(update={"capacity": 1}) for depot in LINE.depots)
    return LINE.model_copy(update={"depots": depots})


def with_signalling(minimum_headway_s: int) -> Scenario:
    signalling = LINE.signalling.model_copy(update={"minimum_headway_s": minimum_headway_s})
    return with_room().model_copy(update={"signalling": signalling})


def with_room() -> Scenario:
    """Trains and tracks enough for anything."""
    return with_terminals(tracks=9).model_copy(update={"fleet": with_fleet(9).fleet, "depots": ()})


def shortest_stand_s() -> int:
    return min(s.to_s - s.from_s for s in stands(IN_FORCE.trips) if s.from_s is not None and s.to_s is not None)


def last_duty_trip() -> str:
    return max(duty_summary(IN_FORCE, LINE).duties, key=lambda duty: len(duty.trip_ids)).trip_ids[-1]


def short_run(trip: Trip) -> Trip:
    return replace(
        trip,
        stations=trip.stations[:-1],
        arrival_s=trip.arrival_s[:-1],
        departure_s=(*trip.departure_s[:-2], trip.arrival_s[-2]),
        driving=trip.driving[:-1],
        passengers=trip.passengers[:-1],
    )


def with_options(timetable: Timetable, options: PlanOptions) -> CheckReport:
    return check(replace(plan_of(timetable, LED), options=options), LINE, IN_FORCE, SHORTEST)


EQUAL, LED = "equal-service", "demand-led"
CASES: dict[str, Callable[[], CheckReport]] = {
    "whole-seconds": lambda: report(
        edited(3, lambda t: replace(t, departure_s=(*t.departure_s[:1], float(t.departure_s[1]), *t.departure_s[2:])))  # type: ignore[arg-type]
    ),
    "stations-in-order": lambda: report(edited(-1, short_run), LED, LINE.model_copy(update={"depots": ()})),
    "known-driving": lambda: report(edited(3, lambda t: replace(t, driving=("warp", *t.driving[1:])))),
    "minimum-running-time": lambda: report(
        shortest=ShortestTimes(LINE, RollingStock.of(LINE, {"four_car": replace(train_of(LINE), tare_kg=5e5)}))
    ),
    "dwell-limits": lambda: report(edited(10, moved({}, {1: -12})), LED),
    "minimum-headway": lambda: report(assign(edited(10, later(-205)), with_room()), LED, with_room()),
    "train-ahead": lambda: report(assign(edited(10, later(-275)), with_room()), LED, with_signalling(20)),
    "longest-headway": lambda: report(assign(without(3), LINE), LED),
    "vehicle-continuity": lambda: report(edited(3, lambda t: replace(t, vehicle=""))),
    "turnback": lambda: report(mode="demand-led", scenario=with_terminals(turnback_s=shortest_stand_s() + 1)),
    "fleet": lambda: report(mode="demand-led", scenario=with_fleet(5)),
    "terminal-tracks": lambda: report(mode="demand-led", scenario=with_terminals(tracks=1)),
    "depot": lambda: report(mode="demand-led", scenario=with_small_depots()),
    "load-limit": lambda: report(mode="demand-led", scenario=with_policy(load_limit_share=0.1)),
    "first-and-last": lambda: report(edited(0, later(10)), LED),
    "departure-window": lambda: report(edited(10, later(8)), EQUAL, with_policy(departure_window_s=5)),
    "one-way-time": lambda: report(edited(10, moved({4: 1}, {4: 1}))),
    "dwell-total": lambda: report(edited(10, moved({}, {1: 1}))),
    "expected-waiting": lambda: report(
        assign(edited(9, later(90), timetable=edited(13, later(90), timetable=edited(11, later(90)))), LINE)
    ),
    "fixes": lambda: with_options(IN_FORCE, PlanOptions(fixed=FixedService(windows_s={"up-004": (25000, 25010)}))),
    "departure-grid": lambda: with_options(edited(10, later(1)), PlanOptions(departure_grid_s=5)),
    "dwell-grid": lambda: with_options(edited(10, moved({}, {1: -1})), PlanOptions(dwell_grid_s=5)),
    "same-fleet": lambda: report(
        Timetable(
            tuple(replace(t, vehicle="four_car-07") if t.trip_id == last_duty_trip() else t for t in IN_FORCE.trips)
        ),
        EQUAL,
        with_fleet(8),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_case_breaks_its_rule_and_no_other(rule: str) -> None:
    result = CASES[rule]()
    assert broken(result) == {rule}, "\n".join(map(str, result.violations))
    assert all(violation.sentence for violation in result.violations)


def test_every_rule_has_a_case() -> None:
    assert {entry.rule for entry in registered()} == {*CASES, "same-trips", "same-headways"}


def test_a_missing_trip_is_named_and_the_others_stand_for_themselves() -> None:
    """By order of departure, every trip after the missing one would stand for the trip before its own."""
    gone = [trip for trip in IN_FORCE.trips if trip.direction == "up"][12]
    result = report(without(12))
    (missing,) = [violation for violation in result.violations if violation.rule == "same-trips"]
    assert (missing.trip, missing.place, missing.time_s) == ("up-013", "HAR", gone.start_s)
    assert missing.sentence == "trip up-013 is missing; today it leaves HAR up at 07:30:00"
    assert not broken(result) & {"departure-window", "same-headways", "one-way-time", "dwell-total"}


def test_a_trip_too_many_is_named() -> None:
    """Of another name, or of one that is taken, which is a fault of form besides."""
    first = IN_FORCE.trips[0]
    for name in ("extra", first.trip_id):
        more = Timetable((*IN_FORCE.trips, later(300)(replace(first, trip_id=name))))
        case = CheckCase(plan_of(more, EQUAL), LINE, IN_FORCE, SHORTEST)
        assert [len(case.paired[direction]) for direction in ("up", "down")] == [28, 27]
        assert [(one.trip, one.time_s) for one in same_trips(case)] == [(name, first.start_s + 300)]


def test_trips_of_other_names_stand_for_those_in_force_in_order_of_departure() -> None:
    named = Timetable(tuple(replace(trip, trip_id=f"new-{trip.trip_id}") for trip in IN_FORCE.trips))
    case = CheckCase(plan_of(named, EQUAL), LINE, IN_FORCE, SHORTEST)
    for direction in ("up", "down"):
        assert all(planned.trip_id == f"new-{today.trip_id}" for planned, today in case.paired[direction])
    assert report(named).passed


def test_a_trip_of_broken_form_is_not_called_missing() -> None:
    result = report(edited(3, lambda trip: replace(trip, stations=("XXX", *trip.stations[1:]))))
    assert "stations-in-order" in broken(result)
    assert "same-trips" not in broken(result)


def test_standing_may_become_running_as_far_as_the_policy_lets_it() -> None:
    """A trip that arrives 3 s later stands 3 s less; 3 s are allowed, 2 s are not enough."""
    shorter = edited(10, moved({1: 3}, {}))
    assert report(shorter, scenario=with_policy(standing_to_running_s=3)).passed
    for allowed_s, over_s in ((2, 1), (0, 3)):
        (found,) = report(shorter, scenario=with_policy(standing_to_running_s=allowed_s)).violations
        assert (found.rule, found.amount) == ("dwell-total", over_s)
        assert f"{allowed_s} s are allowed, {over_s} s too much" in found.sentence


def test_slower_period_breaks_same_headways() -> None:
    """Trips of the first hour 632 s apart instead of 600 s: 32 s more, 30 s (5 %) are allowed."""
    timetable = IN_FORCE
    for number in range(1, 7):
        timetable = edited(number, later(32 * number), timetable=timetable)
    found = list(same_headways(CheckCase(plan_of(timetable, EQUAL), LINE, IN_FORCE, SHORTEST)))
    assert found[0].time_s == 6 * 3600
    assert found[0].amount == pytest.approx(2.0)


def test_timetable_in_force_breaks_no_rule_of_equal_service() -> None:
    result = report()
    assert result.passed
    assert set(result.rules) == {entry.rule for entry in registered()}


def test_sentence_contains_trip_place_time_and_amount() -> None:
    violation = report(assign(edited(10, later(-205)), with_room()), LED, with_room()).violations[0]
    assert violation.trip == "up-011"
    assert violation.place == "HAR"
    assert violation.amount == 5
    assert str(violation) == (
        "minimum-headway: trip up-011 leaves HAR at 07:16:35, 95 s after up-010; the minimum is 100 s, 5 s more"
    )


def test_malformed_trip_is_reported_and_the_rest_still_checked() -> None:
    torn = edited(3, lambda trip: replace(trip, arrival_s=trip.arrival_s[:-1]))
    both = edited(5, lambda trip: replace(trip, driving=("warp", *trip.driving[1:])), timetable=torn)
    assert {"whole-seconds", "known-driving"} <= broken(report(both))


def test_rules_of_equal_service_are_not_requested_of_demand_led_plans() -> None:
    assert "expected-waiting" not in report(mode="demand-led").rules


@pytest.mark.parametrize(("behind_s", "is_broken"), [(44, True), (45, False)])
def test_a_track_is_free_only_when_the_train_ahead_has_cleared_it(behind_s: int, is_broken: bool) -> None:
    """One track: a train turns, and the next one arrives so long after it has left."""
    first, second = (trip for trip in IN_FORCE.trips if trip.trip_id in ("up-010", "up-011"))
    back = next(trip for trip in IN_FORCE.trips if trip.trip_id == "down-012")
    back = replace(later(first.end_s + 120 - back.start_s)(back), vehicle="one")
    second = replace(later(back.start_s + behind_s - second.end_s)(second), vehicle="two")
    three = Timetable((replace(first, vehicle="one"), second, back))
    found = report(three, "demand-led", with_terminals(tracks=1)).violations
    assert any(one.rule == "terminal-tracks" and one.place == "AIR" for one in found) is is_broken


def test_a_trip_that_leaves_its_period_keeps_the_limits_of_its_period() -> None:
    """After a break of service a period begins with its first departure; the trip may still leave a little earlier."""
    starts = [6 * 3600 + 300 * number for number in range(6)]
    starts += [9 * 3600 + 300 * number for number in range(6)]
    departures = tuple(Departure(direction=way, departure=start) for way in ("up", "down") for start in starts)
    timetable = LINE.timetable.model_copy(
        update={"first_departure_s": None, "last_departure_s": None, "periods": None, "departures": departures}
    )
    scenario = LINE.with_parts(timetable=timetable)
    in_force = timetable_in_force(scenario)
    first_after_break = next(trip.trip_id for trip in in_force.of("up") if trip.start_s == 9 * 3600)
    trips = tuple(later(-60)(trip) if trip.trip_id == first_after_break else trip for trip in in_force.trips)
    result = check(plan_of(Timetable(trips), "equal-service"), scenario, in_force, SHORTEST)
    assert not {"longest-headway", "load-limit"} & broken(result)
