"""Short turns in the headways: the choice is the best there is, and its loads, waiting and trains are those of the
timetable that comes of it."""

from bisect import bisect_right
from dataclasses import replace

import numpy as np
import pytest

from dispatch.checker.check import check
from dispatch.headways.decide import HeadwayOptions, HeadwayPlan, decide_headways, pareto_headways
from dispatch.headways.model import departures_of, shorts_of
from dispatch.headways.patterns import DeparturePattern, DeparturePatternMaker, Segment, segments_of
from dispatch.headways.policy_patterns import within_policy
from dispatch.planner.planner import Planned, make_plan
from dispatch.planner.planner_options import PlannerOptions
from dispatch.plans.in_force import headway_table, timetable_from_departures, timetable_in_force
from dispatch.plans.plan import Plan
from dispatch.plans.short_turns import Mix, Part
from dispatch.plans.timetable import Timetable
from dispatch.plans.waiting import expected_waiting
from dispatch.rostering.duties import assign, fleet_need, trip_distance_km
from energy_models.faults import Infeasible
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.demand import StationCount
from scenarios.values.shortest_running_times import ShortestTimes
from scenarios.values.travel import Travel

LINE = load_scenario("tutorial_line+short_turns")
TO_UNIVERSITY = Part(0, 2)


def one_period(fleet: int, **policy: object) -> Scenario:
    """One hour with one headway a direction, so that every pair of patterns can be tried."""
    timetable = LINE.timetable
    assert timetable.periods is not None
    assert timetable.first_departure_s is not None
    assert timetable.last_departure_s is not None
    shorter = timetable.model_copy(
        update={
            "periods": (timetable.periods[1],),
            "first_departure_s": timetable.first_departure_s.model_copy(update={"up": 25200, "down": 25200}),
            "last_departure_s": timetable.last_departure_s.model_copy(update={"up": 28800, "down": 28800}),
        }
    )
    return LINE.model_copy(
        update={
            "timetable": shorter,
            "fleet": (LINE.fleet[0].model_copy(update={"trainsets": fleet}),),
            "policy": LINE.policy.model_copy(update=policy),
        }
    )


def best_of_all(line: Scenario, waiting_s: float) -> float | None:
    """The least energy of all pairs of patterns, from the cheapest pair on, judged by moving trains one by one."""
    maker = DeparturePatternMaker.of(line)
    up, down = (segments_of(line)[direction][0] for direction in DIRECTIONS)
    passengers = maker.waiting_weight((up, down))
    possible = [within_policy(line, maker, segment) for segment in (up, down)]
    weights = np.add.outer(*([round(one.energy_kwh) for one in patterns] for patterns in possible))
    for at in np.argsort(weights, axis=None, kind="stable"):
        i, k = np.unravel_index(at, weights.shape)
        pair = possible[0][int(i)], possible[1][int(k)]
        if sum(one.waiting_passenger_s for one in pair) <= waiting_s * passengers and bears(line, up, down, *pair):
            return float(weights[i, k])
    return None


def bears(line: Scenario, up: Segment, down: Segment, going: DeparturePattern, coming: DeparturePattern) -> bool:
    """Whether trains are there for every departure, find room, and end where they can stay overnight."""
    if len(going.departures) != len(coming.departures) or len(going.shorts) != len(coming.shorts):
        return False
    if going.shorts and going.part != coming.part:
        return False
    chosen = {up: going, down: coming}
    timetable = timetable_from_departures(line, departures_of(chosen), shorts_of(chosen, line))
    need = fleet_need(timetable, line)
    if need.vehicles > line.trainsets:
        return False
    places = {depot.station: depot.capacity for depot in line.depots}
    clearing_s = line.operation.track_clearing_s
    for station, terminal in line.terminals.items():
        begin = need.begin.get(station, 0)
        left = sorted(trip.start_s for trip in timetable.trips if trip.stations[0] == station)
        come = sorted(trip.end_s for trip in timetable.trips if trip.stations[-1] == station)
        room = terminal.tracks + places.get(station, 0)
        most = max((begin + n - bisect_right(left, t - clearing_s) for n, t in enumerate(come, start=1)), default=0)
        overnight = begin + len(come) - len(left)
        if begin > places.get(station, 0) or overnight > places.get(station, 0) or most > room:
            return False
    return True


@pytest.mark.parametrize(
    ("fleet", "waiting_s", "share", "turns"),
    [(6, 240.0, 0.9, True), (7, 115.0, 0.9, True), (8, 110.0, 0.9, True), (6, 240.0, 1.3, False)],
)
def test_choice_is_the_best_of_all_choices(fleet: int, waiting_s: float, share: float, turns: bool) -> None:
    """Every pair of patterns of a short line, with and without short turns, whatever the number of trips."""
    line = one_period(fleet, mean_waiting_limit_s=waiting_s, load_limit_share=share)
    best = best_of_all(line, waiting_s)
    assert best is not None
    decided = decide_headways(line, "demand-led")
    assert decided.is_proven
    # Each of the two periods is rounded to a kWh in the model.
    assert decided.energy_kwh == pytest.approx(best, abs=1.0)
    assert bool(decided.shorts) is turns
    assert decided.fleet <= fleet
    assert decided.mean_waiting_s <= waiting_s + 1e-3


def decided_timetable(line: Scenario, decided: HeadwayPlan) -> Timetable:
    return assign(timetable_from_departures(line, decided.departures, decided.shorts), line)


@pytest.fixture(scope="module")
def decided() -> HeadwayPlan:
    found = decide_headways(LINE, "demand-led")
    assert found.shorts
    return found


def test_what_was_decided_is_what_the_timetable_brings(decided: HeadwayPlan) -> None:
    """Loads, waiting, train-km and trains of the model are those of the trips, found another way."""
    timetable = decided_timetable(LINE, decided)
    normal = LINE.train_types["four_car"].capacity.normal
    fullest = max(max(trip.passengers) for trip in timetable.trips)
    assert fullest / normal == pytest.approx(decided.heaviest_load_share, abs=1e-5)
    assert expected_waiting(timetable, LINE).mean_s == pytest.approx(decided.mean_waiting_s, rel=2e-3)
    assert len(timetable.trips) == decided.trips
    assert sum(trip_distance_km(trip, LINE) for trip in timetable.trips) == pytest.approx(decided.train_km)
    assert len({trip.vehicle for trip in timetable.trips}) == decided.fleet <= LINE.trainsets
    assert "UNI" not in decided.begin or decided.begin["UNI"] == 0
    # The table of headways read off the trips says the same where a period has short turns.
    read = {(row.direction, row.from_s, row.first): row for row in headway_table(timetable, LINE)}
    for row in decided.table:
        if row.first:
            assert read[row.direction, row.from_s, row.first].trips == row.trips
            assert read[row.direction, row.from_s, row.first].headway_s == pytest.approx(row.headway_s, rel=0.02)


def test_the_headways_keep_every_rule_of_the_checker(decided: HeadwayPlan) -> None:
    timetable = decided_timetable(LINE, decided)
    plan = Plan(
        scenario=LINE.name,
        scenario_hash=LINE.hash,
        mode="demand-led",
        timetable=timetable,
        headways=headway_table(timetable, LINE),
        vehicles={trip.vehicle: LINE.main_train_type for trip in timetable.trips},
        seed=0,
        version="0",
    )
    in_force, shortest = timetable_in_force(LINE), ShortestTimes(LINE)
    assert check(plan, LINE, in_force, shortest).passed
    # The checker finds the same loads: a limit just below the fullest train is broken by what is above it.
    normal = LINE.train_types["four_car"].capacity.normal
    fullest = max(max(trip.passengers) for trip in timetable.trips)
    tight = LINE.model_copy(
        update={"policy": LINE.policy.model_copy(update={"load_limit_share": (fullest - 1.0) / normal})}
    )
    over = [one.amount for one in check(plan, tight, in_force, shortest).violations if one.rule == "load-limit"]
    assert max(over) == pytest.approx(1.0, abs=2e-3)


def test_a_last_train_that_turns_on_the_way_is_not_the_last_train_of_today() -> None:
    timetable = timetable_in_force(LINE)
    up = timetable.of("up")
    short = replace(
        up[-1],
        stations=up[-1].stations[:3],
        arrival_s=up[-1].arrival_s[:3],
        departure_s=(*up[-1].departure_s[:2], up[-1].arrival_s[2]),
        driving=up[-1].driving[:2],
        passengers=up[-1].passengers[:2],
    )
    edited = Timetable(tuple(short if trip is up[-1] else trip for trip in timetable.trips))
    plan = Plan(
        LINE.name, LINE.hash, "demand-led", edited, headway_table(edited, LINE),
        {trip.vehicle: LINE.main_train_type for trip in edited.trips}, 0, "0",
    )  # fmt: skip
    violations = check(plan, LINE, timetable, ShortestTimes(LINE)).violations
    assert "turns at UNI instead of AIR" in next(one.sentence for one in violations if one.rule == "first-and-last")


def test_short_turns_make_the_trade_better() -> None:
    """Where passengers wait no longer than in any choice without short turns, no more energy is needed, mostly less."""
    line = one_period(7)
    ends = {name: terminal for name, terminal in line.terminals.items() if name != "UNI"}
    gains = []
    for plan in pareto_headways(line.model_copy(update={"terminals": ends})):
        assert not plan.shorts
        turning = decide_headways(line, "demand-led", HeadwayOptions(mean_waiting_limit_s=plan.mean_waiting_s + 1e-6))
        # Two periods, each rounded to a kWh.
        assert turning.energy_kwh <= plan.energy_kwh + 1.0
        gains.append(plan.energy_kwh - turning.energy_kwh)
    assert max(gains) > 50.0


def test_no_train_for_a_short_turn_means_no_short_turn() -> None:
    """A part between two inner stations has no train of its own: without a depot there nothing runs on it."""
    middle = {**LINE.terminals, "PRK": LINE.terminals["UNI"]}
    lone = {name: terminal for name, terminal in middle.items() if name != "UNI"} | {"MKT": LINE.terminals["UNI"]}
    decided = decide_headways(one_period(6).model_copy(update={"terminals": lone}), "demand-led")
    assert not any(short.first == "MKT" and short.last == "PRK" for short in decided.shorts)


def test_a_fleet_too_small_is_answered_with_what_would_do() -> None:
    with pytest.raises(Infeasible) as refused:
        decide_headways(one_period(2, load_limit_share=0.5), "demand-led")
    reasons = refused.value.reasons
    assert reasons[0].startswith("these rules conflict: the fleet has 2 trains")
    assert any("instead of 2 trains" in reason for reason in reasons)


@pytest.mark.parametrize(("shorts", "idle"), [(1, 0), (1, 2), (2, 0), (2, 3)])
def test_a_mix_is_a_cycle_of_long_and_short_trips(shorts: int, idle: int) -> None:
    mix = Mix(TO_UNIVERSITY, shorts, idle)
    gaps = 6 * mix.cycle
    outward, inward = mix.is_short(gaps, begins_inside=False), mix.is_short(gaps, begins_inside=True)
    assert outward.sum() == inward.sum() == 6 * shorts - idle
    assert not outward[:: mix.cycle].any()
    assert not inward[:: mix.cycle].any()
    first_two = np.flatnonzero(outward)[0], np.flatnonzero(inward)[0]
    assert first_two[1] > first_two[0] or idle == 0


def test_parts_of_the_travel_add_up_to_all_of_it() -> None:
    """Journeys told by origin and destination, and only by those who board and alight."""
    rows = tuple(
        StationCount.model_validate(
            {"from": "07:00", "station": station, "direction": direction, "boarding": boards, "alighting": leaves}
        )
        for direction, order in (
            ("up", ("HAR", "MKT", "UNI", "PRK", "AIR")),
            ("down", ("AIR", "PRK", "UNI", "MKT", "HAR")),
        )
        for station, boards, leaves in zip(order, (90, 40, 20, 10, 0), (0, 10, 60, 30, 60), strict=True)
    )
    counted = LINE.model_copy(
        update={
            "demand": LINE.demand.model_copy(update={"origin_destination": None, "station_counts": rows, "extra": ()})
        }
    )
    served = np.zeros((5, 5), dtype=np.bool_)
    served[:3, :3] = True
    for line in (LINE, counted):
        travel = Travel.of(line)
        for direction in DIRECTIONS:
            inside, beyond = travel.part(direction, served), travel.part(direction, ~served)
            total = inside.passengers_per_hour + beyond.passengers_per_hour
            assert total == pytest.approx(travel.loads.passengers_per_hour[direction], abs=1e-6)
            assert not inside.passengers_per_hour[:, 2:].any()
            assert inside.boardings_per_hour[:, :2].sum() > 0.0


@pytest.fixture(scope="module")
def planned() -> Planned:
    return make_plan(one_period(6, mean_waiting_limit_s=170.0), PlannerOptions(mode="demand-led", effort=0.05))


def test_a_plan_with_short_turns_keeps_every_rule_and_saves(planned: Planned) -> None:
    """From headways to duties: the search retimes long and short trips, and nothing gets worse."""
    assert planned.check.passed, planned.check.violations
    timetable = planned.plan.timetable
    short = [trip for trip in timetable.trips if len(trip.stations) == 3]
    assert short
    assert planned.trade is not None
    chosen = next(row for row in planned.trade.choices if row.is_chosen)
    assert chosen.short_trips == len(short)
    even = {trip.trip_id: trip for trip in chosen.timetable.trips}
    assert any(trip.departure_s != even[trip.trip_id].departure_s for trip in short)
    assert planned.potential.after_kwh < planned.potential.before_kwh
    assert planned.potential.bound_kwh <= planned.potential.after_kwh
    assert sum(lever.saving_kwh for lever in planned.levers[1:]) == pytest.approx(
        planned.potential.before_kwh - planned.potential.after_kwh, abs=0.2
    )


def test_a_plan_with_short_turns_is_read_back_and_can_be_the_start_of_another(planned: Planned) -> None:
    plan = planned.plan
    assert Plan.from_dict(plan.to_dict()) == plan
    options = PlannerOptions(mode="demand-led", effort=0.02, start=plan, keep_close_s=10)
    again = make_plan(planned.line.scenario, options)
    assert again.check.passed, again.check.violations
    before = {trip.trip_id: trip for trip in plan.timetable.trips}
    for trip in again.plan.timetable.trips:
        moved = zip(trip.departure_s, before[trip.trip_id].departure_s, strict=True)
        assert max(abs(now - then) for now, then in moved) <= 10
