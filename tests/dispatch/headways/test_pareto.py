"""The trade of demand-led headways: a set to pick from, measured; and plans that are brought back within the rules."""

from dataclasses import replace
from itertools import pairwise

import pytest

import dispatch.headways.pareto
from dispatch.checker.check import CheckReport, check
from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_energy_j
from dispatch.headways.decide import HeadwayOptions, HeadwayPlan
from dispatch.headways.pareto import trade_of
from dispatch.headways.trade import HeadwayChoice, HeadwayWish, Trade
from dispatch.planner.repair import better_of, demand_led_limits, repaired
from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.plans.plan import Mode, Plan
from dispatch.plans.timetable import Timetable
from dispatch.plans.vehicle_chains import first_in_first_out
from dispatch.plans.waiting import expected_waiting
from dispatch.timing.limits import equal_service_limits
from energy_models.faults import Infeasible, InputFaults
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.values.build import profile_library, train_of
from scenarios.values.fleet import vehicle_names
from scenarios.values.rolling_stock import RollingStock
from scenarios.values.shortest_running_times import ShortestTimes

LINE = load_scenario("tutorial_line")
TRAIN = train_of(LINE)
LIBRARY = profile_library(LINE, TRAIN)
MODEL = LineModel.of(LINE)
IN_FORCE = timetable_in_force(LINE)


def trade(wish: HeadwayWish | None = None, scenario: Scenario = LINE) -> Trade:
    return trade_of(replace(MODEL, scenario=scenario), wish or HeadwayWish(), IN_FORCE)


@pytest.fixture(scope="module")
def usual() -> Trade:
    return trade()


def test_the_set_has_eight_choices_none_of_which_beats_another(usual: Trade) -> None:
    choices = usual.choices
    assert len(choices) >= 8
    assert [choice.number for choice in choices] == list(range(1, len(choices) + 1))
    waits, trips = [choice.mean_waiting_s for choice in choices], [choice.trips for choice in choices]
    assert waits == sorted(waits, reverse=True)
    assert trips == sorted(trips)
    assert len({(wait, count) for wait, count in zip(waits, trips, strict=True)}) == len(choices)
    limit = LINE.policy.mean_waiting_limit_s
    assert limit is not None
    assert max(waits) <= limit + 1e-6
    assert sum(choice.is_chosen for choice in choices) == 1


def test_every_row_is_measured_on_its_own_timetable(usual: Trade) -> None:
    assert usual.today.number == 0
    assert usual.today.trips == len(IN_FORCE.trips)
    for row in (usual.today, usual.choices[0], usual.choices[-1]):
        assert row.energy_kwh == pytest.approx(planned_energy_j(row.timetable, MODEL) / 3.6e6)
        assert row.mean_waiting_s == pytest.approx(expected_waiting(row.timetable, LINE).mean_s, rel=0.01)
        assert row.train_km == pytest.approx(row.trips * LINE.length_m / 1000.0)
        assert row.fullest_train_share <= LINE.policy.load_limit_share
        assert row.co2_kg > LINE.co2_kg_per_kwh * row.energy_kwh  # the utility's side lies above the terminals
    assert usual.choices[0].energy_kwh < usual.choices[-1].energy_kwh


def test_a_number_of_the_set_is_picked_and_others_are_refused(usual: Trade) -> None:
    picked = trade(HeadwayWish(pick=3))
    assert [choice.number for choice in picked.choices if choice.is_chosen] == [3]
    assert picked.chosen.trips == usual.choices[2].trips
    with pytest.raises(InputFaults, match=f"1 to {len(usual.choices)}"):
        trade(HeadwayWish(pick=len(usual.choices) + 1))
    with pytest.raises(InputFaults, match="either a pick"):
        HeadwayWish(pick=1, mean_waiting_s=100.0)


def test_a_direction_with_one_departure_has_no_headway_to_choose() -> None:
    lone = Timetable(tuple(trip for trip in IN_FORCE.trips if trip.trip_id in ("up-001", "down-001", "down-002")))
    with pytest.raises(InputFaults, match="1 up") as caught:
        trade_of(MODEL, HeadwayWish(), lone)
    assert [fault.value for fault in caught.value.faults] == ["1 up"]


@pytest.mark.many_cases
def test_a_waiting_asked_for_is_kept_at_the_least_energy(usual: Trade) -> None:
    asked = trade(HeadwayWish(mean_waiting_s=200.0))
    chosen = next(choice for choice in asked.choices if choice.is_chosen)
    assert chosen.mean_waiting_s <= 200.0 + 1e-6
    fewer = [choice.trips for choice in usual.choices if choice.mean_waiting_s <= 200.0]
    assert chosen.trips <= min(fewer)
    numbers = [choice.number for choice in asked.choices if choice.number is not None]
    assert numbers == [choice.number for choice in usual.choices]  # asking does not renumber the set
    with pytest.raises(Infeasible, match="mean waiting"):
        trade(HeadwayWish(mean_waiting_s=20.0))


@pytest.mark.many_cases
def test_cost_moves_trains_out_of_the_dear_hours() -> None:
    """The tutorial line's prices differ by hour: at equal waiting the cost choice may draw more, never cost more."""
    by_energy, by_cost = (trade(HeadwayWish(objective=objective)).chosen for objective in ("energy", "cost"))
    assert by_cost.cost <= by_energy.cost + 1.0
    assert by_energy.energy_kwh <= by_cost.energy_kwh + 1.0
    assert trade(HeadwayWish(objective="co2")).chosen.trips == by_energy.trips


def plan_of(timetable: Timetable, scenario: Scenario) -> Plan:
    return Plan(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        mode="demand-led",
        timetable=timetable,
        headways=headway_table(timetable, scenario),
        vehicles=dict.fromkeys(vehicle_names(scenario), scenario.main_train_type),
        seed=0,
        version="test",
    )


def test_trips_that_break_a_rule_go_back_and_the_rest_stays(usual: Trade) -> None:
    start = usual.choices[0].timetable
    shortest = ShortestTimes(LINE)

    def remake(timetable: Timetable) -> tuple[Plan, CheckReport]:
        plan = plan_of(first_in_first_out(timetable, LINE), LINE)
        return plan, check(plan, LINE, IN_FORCE, shortest)

    def shifted(moved: dict[str, int]) -> Timetable:
        trips = []
        for trip in start.trips:
            by_s = moved.get(trip.trip_id, 0)
            trips.append(
                replace(
                    trip,
                    arrival_s=tuple(t + by_s for t in trip.arrival_s),
                    departure_s=tuple(t + by_s for t in trip.departure_s),
                    driving=("optimal",) * len(trip.driving),
                )
            )
        return Timetable(tuple(trips))

    assert remake(start)[1].passed
    up = start.of("up")
    harmless = next(trip for trip in up[1:8] if remake(shifted({trip.trip_id: 3}))[1].passed)
    far = up[14]
    plan, report = remake(shifted({harmless.trip_id: 3, far.trip_id: LINE.policy.longest_headway_s}))
    assert not report.passed
    plan, report, back = repaired(plan, report, start, remake)
    assert report.passed
    assert 0 < back < len(start.trips) / 2
    now = {trip.trip_id: trip for trip in plan.timetable.trips}
    assert now[far.trip_id].start_s == far.start_s
    assert now[harmless.trip_id].start_s == harmless.start_s + 3
    assert {trip.driving for trip in plan.timetable.trips} == {("optimal",) * len(up[0].driving)}


def test_a_mended_plan_gives_way_to_its_even_headways_where_those_draw_less(usual: Trade) -> None:
    timetables = (usual.choices[0].timetable, usual.choices[-1].timetable)
    little, much = (plan_of(timetable, LINE) for timetable in timetables)
    never = ShortestTimes(
        LINE, RollingStock.of(LINE, {LINE.main_train_type: replace(train_of(LINE), maximum_speed_m_s=1.0)})
    )
    good, bad = CheckReport((), ("fleet",)), check(little, LINE, IN_FORCE, never)
    assert not bad.passed

    def energy_j(plan: Plan) -> float:
        return planned_energy_j(plan.timetable, MODEL)

    assert better_of((little, good), (much, good), energy_j) == (little, good)
    assert better_of((much, bad), (little, bad), energy_j) == (much, bad)
    assert better_of((much, good), (little, bad), energy_j) == (much, good)
    for mended in ((much, good), (much, bad), (little, bad)):
        kept, report = better_of(mended, (little, good), energy_j)
        assert kept.timetable == little.timetable
        assert kept.facts.kept_even_headways
        assert report.passed


def test_the_search_may_stretch_headways_only_as_far_as_loads_and_policy_allow(usual: Trade) -> None:
    start = usual.choices[0].timetable
    timing_limits = demand_led_limits(equal_service_limits(LINE, start, TRAIN.auxiliary_w), LINE, start)
    tight = LINE.model_copy(update={"policy": LINE.policy.model_copy(update={"load_limit_share": 0.201})})
    tighter = demand_led_limits(equal_service_limits(tight, start, TRAIN.auxiliary_w), tight, start)
    assert timing_limits.vehicles_most == LINE.trainsets
    limit = 0.201 * TRAIN.capacity_normal
    for direction in ("up", "down"):
        trips = [trip for trip in start.trips if trip.direction == direction]
        for ahead, trip in pairwise(trips):
            gap = trip.start_s - ahead.start_s
            assert gap <= timing_limits.gap_longest_s[trip.trip_id] <= LINE.policy.longest_headway_s
            grown = max(trip.passengers) * tighter.gap_longest_s[trip.trip_id] / gap
            assert grown <= max(limit, *trip.passengers) + 1e-9
    assert sum(tighter.gap_longest_s.values()) < sum(timing_limits.gap_longest_s.values())


def slow_to_turn(turnback_s: int) -> Scenario:
    """The line with long turnbacks: few headways keep to the fleet."""
    ends = {name: one.model_copy(update={"turnback_s": turnback_s}) for name, one in LINE.terminals.items()}
    return LINE.model_copy(update={"terminals": ends})


def shown(choices: tuple[HeadwayChoice, ...]) -> list[tuple[int, int]]:
    return [(round(choice.energy_kwh), round(choice.mean_waiting_s)) for choice in choices]


@pytest.mark.many_cases
def test_no_choice_is_beaten_in_the_figures_that_are_shown() -> None:
    """Measured, some headways with short turns draw more than others that wait less: those are left out, and the range
    is cut finer until eight remain."""
    line = load_scenario("tutorial_line", ["short_turns"])
    measured = trade_of(LineModel.of(line), HeadwayWish(), timetable_in_force(line))
    figures = shown(measured.choices)
    assert measured.found > len(figures) >= 8
    for ahead, behind in pairwise(figures):
        assert ahead[0] < behind[0]
        assert ahead[1] > behind[1]
    assert sum(choice.is_chosen for choice in measured.choices) == 1
    assert measured.why_few(line) == ()


def test_a_small_set_says_why() -> None:
    line = slow_to_turn(800)
    measured = trade(scenario=line)
    count = len(measured.choices)
    assert 1 <= count < 8
    (sentence,) = measured.why_few(line)
    assert sentence.startswith(f"The set has only {count} choices of headways")
    assert f"finds {measured.found} that keep the rules (a fleet of 6 trains, turnbacks" in sentence


def test_headways_that_another_choice_beats_are_not_taken(monkeypatch: pytest.MonkeyPatch, usual: Trade) -> None:
    """Asked for by their waiting, they give way to what draws no more and waits no longer, which has a number."""
    better = usual.choices[0]
    real = dispatch.headways.pareto.decide_headways

    def worse(scenario: Scenario, mode: Mode, options: HeadwayOptions) -> HeadwayPlan:
        """The cheapest headways with more trips and a waiting hardly below 237 s: measured, they are beaten."""
        denser = real(scenario, mode, replace(options, mean_waiting_limit_s=usual.choices[3].mean_waiting_s))
        return replace(denser, mean_waiting_s=better.mean_waiting_s + 2.0)

    monkeypatch.setattr(dispatch.headways.pareto, "decide_headways", worse)
    taken = trade(HeadwayWish(mean_waiting_s=better.mean_waiting_s + 2.0))
    chosen = next(choice for choice in taken.choices if choice.is_chosen)
    assert (chosen.number, chosen.trips) == (1, better.trips)
    assert shown(taken.choices) == sorted(shown(taken.choices))
