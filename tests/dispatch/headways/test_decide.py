"""Headways: equal service keeps today's, demand-led ones are the best of all, and what cannot be done is explained."""

import itertools

import pytest

from dispatch.headways.decide import HeadwayOptions, decide_headways, pareto_headways
from dispatch.headways.model import departures_of
from dispatch.headways.patterns import DeparturePatternMaker, energy_by_tonne_km, load_limit, segments_of
from dispatch.headways.policy_patterns import within_policy
from dispatch.plans.in_force import timetable_from_departures
from dispatch.rostering.duties import fleet_need
from energy_models.faults import Infeasible
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.values.station_times import departures_today

LINE = load_scenario("tutorial_line")
YIZHUANG = load_scenario("beijing_yizhuang")


def with_fleet(scenario: Scenario, trainsets: int) -> Scenario:
    return scenario.model_copy(update={"fleet": (scenario.fleet[0].model_copy(update={"trainsets": trainsets}),)})


def with_policy(scenario: Scenario, **values: object) -> Scenario:
    return scenario.model_copy(update={"policy": scenario.policy.model_copy(update=values)})


def test_equal_service_keeps_every_departure_and_proves_the_fleet() -> None:
    decided = decide_headways(YIZHUANG, "equal-service")
    for direction in DIRECTIONS:
        assert decided.departures[direction] == departures_today(YIZHUANG, direction)
    assert decided.fleet == 20
    assert decided.is_proven
    assert decided.notes == ()


def test_equal_service_says_where_today_breaks_the_policy() -> None:
    notes = decide_headways(with_policy(YIZHUANG, longest_headway_s=500, load_limit_share=0.5), "equal-service").notes
    assert "from 06:00 up today's trains are up to 600 s apart, but the policy allows 500 s" in notes
    assert any("the fullest train of today carries" in note and "the policy allows 750" in note for note in notes)


@pytest.mark.parametrize(("fleet", "waiting_s"), [(6, 240.0), (5, 215.0), (4, 260.0)])
def test_choice_is_the_best_of_all_choices(fleet: int, waiting_s: float) -> None:
    """Two periods a direction on a short line: every combination of headways is tried."""
    timetable = LINE.timetable
    assert timetable.periods is not None
    assert timetable.last_departure_s is not None
    update = {
        "periods": (timetable.periods[0], timetable.periods[1].model_copy(update={"to_s": 28800})),
        "last_departure_s": timetable.last_departure_s.model_copy(update={"up": 28500, "down": 28500}),
    }
    line = with_policy(
        with_fleet(LINE, fleet).model_copy(update={"timetable": timetable.model_copy(update=update), "depots": ()}),
        mean_waiting_limit_s=waiting_s,
        load_limit_share=0.2,
    )
    maker = DeparturePatternMaker.of(line)
    segments = [segment for direction in DIRECTIONS for segment in segments_of(line)[direction]]
    passengers = maker.waiting_weight(segments)
    today = abs(len(departures_today(line, "up")) - len(departures_today(line, "down")))
    best = None
    options = [within_policy(line, maker, segment) for segment in segments]
    for patterns in itertools.product(*options):
        energy = sum(round(pattern.energy_kwh) for pattern in patterns)
        if best is not None and energy >= best:
            continue
        if sum(pattern.waiting_passenger_s for pattern in patterns) > waiting_s * passengers:
            continue
        departures = departures_of(dict(zip(segments, patterns, strict=True)))
        if abs(len(departures["up"]) - len(departures["down"])) > today:
            continue
        if fleet_need(timetable_from_departures(line, departures), line).vehicles <= fleet:
            best = energy
    decided = decide_headways(line, "demand-led")
    assert decided.is_proven
    # Each of the four periods is rounded to a kWh in the model.
    assert decided.energy_kwh == pytest.approx(best, abs=2.0)
    assert decided.fleet <= fleet
    assert decided.mean_waiting_s <= waiting_s + 1e-3


@pytest.mark.many_cases
def test_demand_led_keeps_the_policy_on_yizhuang() -> None:
    decided = decide_headways(YIZHUANG, "demand-led")
    today = decide_headways(YIZHUANG, "equal-service")
    assert decided.energy_kwh < today.energy_kwh
    assert decided.mean_waiting_s <= today.mean_waiting_s + 1e-3
    assert decided.heaviest_load_share <= 1.0
    assert decided.fleet <= 23
    for direction in DIRECTIONS:
        departures = decided.departures[direction]
        gaps = [b - a for a, b in itertools.pairwise(departures)]
        assert min(gaps) >= 90
        assert max(gaps) <= 600
        assert (departures[0], departures[-1]) == (
            departures_today(YIZHUANG, direction)[0],
            departures_today(YIZHUANG, direction)[-1],
        )


def test_same_seed_same_headways() -> None:
    assert decide_headways(LINE, "demand-led").departures == decide_headways(LINE, "demand-led").departures


def test_dearer_waiting_gives_more_trains() -> None:
    free = with_policy(LINE, mean_waiting_limit_s=None)
    cheap, dear = (decide_headways(free, "demand-led", HeadwayOptions(waiting_price=p)) for p in (0.01, 100.0))
    assert dear.trips > cheap.trips
    assert dear.mean_waiting_s < cheap.mean_waiting_s


def test_tariff_moves_trains_out_of_dear_hours() -> None:
    """With energy all but free before 07:00, trains that keep the mean waiting short run there."""
    prices = LINE.tariff.periods
    changed = (prices[0].model_copy(update={"price_per_kwh": 0.001}), *prices[1:])
    line = LINE.model_copy(update={"tariff": LINE.tariff.model_copy(update={"periods": changed})})
    by_energy, by_cost = (decide_headways(line, "demand-led", HeadwayOptions(objective=o)) for o in ("energy", "cost"))
    assert by_cost.cost < by_energy.cost
    early = [sum(t < 25200 for d in DIRECTIONS for t in plan.departures[d]) for plan in (by_energy, by_cost)]
    assert early[1] > early[0]


def test_pareto_set_has_eight_plans_none_of_which_is_beaten() -> None:
    plans = pareto_headways(LINE)
    assert len(plans) >= 8
    for plan, other in itertools.pairwise(plans):
        assert plan.energy_kwh < other.energy_kwh
        assert plan.mean_waiting_s > other.mean_waiting_s


def test_supplied_trip_energies_count() -> None:
    double = energy_by_tonne_km(LINE)
    options = HeadwayOptions(trip_energy_kwh=lambda direction, passengers: 2.0 * double(direction, passengers))
    assert decide_headways(LINE, "equal-service", options).energy_kwh == pytest.approx(
        2.0 * decide_headways(LINE, "equal-service").energy_kwh
    )


@pytest.mark.many_cases
@pytest.mark.parametrize("mode", ["equal-service", "demand-led"])
def test_fleet_of_three_names_the_clash_and_the_way_out(mode: str) -> None:
    with pytest.raises(Infeasible) as caught:
        decide_headways(with_fleet(YIZHUANG, 3), mode)  # type: ignore[arg-type]
    # Longer headways would need more passengers per train than the crush capacity, so that they are not offered.
    clash, trains = caught.value.reasons
    assert clash.startswith("these rules conflict: the fleet has 3 trains; from 06:30 up")
    assert "instead of 3 trains" in trains


@pytest.mark.many_cases
def test_longer_headways_are_offered_where_passengers_fit() -> None:
    with pytest.raises(Infeasible, match="longer headways: from 06:30 to 09:30 down 246 s instead of 240 s"):
        decide_headways(with_fleet(YIZHUANG, 19), "equal-service")


def test_looser_policy_that_is_offered_does() -> None:
    line = with_fleet(LINE, 3)
    with pytest.raises(Infeasible) as caught:
        decide_headways(line, "demand-led")
    headway, waiting = (
        float(caught.value.reasons[-1].split(words)[1].split(" s")[0])
        for words in ("longest headway of ", "mean waiting of ")
    )
    loose = with_policy(line, longest_headway_s=int(headway), mean_waiting_limit_s=waiting)
    assert decide_headways(loose, "demand-led").fleet <= 3
    tight = with_policy(line, mean_waiting_limit_s=waiting)
    with pytest.raises(Infeasible):
        decide_headways(tight, "demand-led")


@pytest.mark.many_cases
def test_way_out_is_a_way_out() -> None:
    with pytest.raises(Infeasible, match="a plan exists with 20 instead of 19 trains"):
        decide_headways(with_fleet(YIZHUANG, 19), "equal-service")
    assert decide_headways(with_fleet(YIZHUANG, 20), "equal-service").fleet == 20


def test_demand_beyond_any_capacity_is_named_with_place_and_amount() -> None:
    flooded = YIZHUANG.model_copy(update={"demand": YIZHUANG.demand.model_copy(update={"scale": 8.0})})
    with pytest.raises(Infeasible, match=r"from 06:30 up the demand over WHY-WY .* passengers per train too many"):
        decide_headways(flooded, "demand-led")
    with pytest.raises(Infeasible, match="its crush capacity is 2000"):
        decide_headways(flooded, "equal-service")


def test_waiting_limit_out_of_reach_names_the_waiting_in_reach() -> None:
    with pytest.raises(Infeasible) as caught:
        decide_headways(with_policy(LINE, mean_waiting_limit_s=60.0), "demand-led")
    clash, way_out = caught.value.reasons
    assert clash == "these rules conflict: passengers wait at most 60.0 s on average; the fleet has 6 trains"
    reached = float(way_out.split("mean waiting of ")[1].split(" s")[0])
    assert decide_headways(with_policy(LINE, mean_waiting_limit_s=reached), "demand-led").trips > 0


def test_waiting_that_no_fleet_could_give_clashes_with_signalling() -> None:
    with pytest.raises(Infeasible) as caught:
        decide_headways(with_fleet(LINE, 30), "demand-led", HeadwayOptions(mean_waiting_limit_s=20.0))
    clash, way_out = caught.value.reasons
    assert clash == (
        "these rules conflict: passengers wait at most 20.0 s on average; trains keep the minimum headway of 100 s"
    )
    reached = float(way_out.split("mean waiting of ")[1].split(" s")[0])
    options = HeadwayOptions(mean_waiting_limit_s=reached)
    assert decide_headways(with_fleet(LINE, 30), "demand-led", options).mean_waiting_s <= reached


def with_capacity(normal: int, crush: int) -> Scenario:
    train = LINE.train_types["four_car"]
    capacity = train.capacity.model_copy(update={"normal": normal, "crush": crush})
    return LINE.model_copy(update={"train_types": {"four_car": train.model_copy(update={"capacity": capacity})}})


def test_small_trains_name_demand_and_place_beside_the_fleet() -> None:
    with pytest.raises(Infeasible) as caught:
        decide_headways(with_capacity(40, 50), "demand-led")
    clash, trains = caught.value.reasons[:2]
    assert "the fleet has 6 trains; from 07:00 up the load limit of 36 passengers" in clash
    assert "1280 passengers per hour travel over MKT-UNI" in clash
    need = int(trains.split("a plan exists with ")[1].split(" ")[0])
    more = with_fleet(with_capacity(40, 50), need).model_copy(update={"depots": ()})
    assert decide_headways(more, "demand-led").fleet <= need


def test_load_limit_that_would_do_is_rounded_up() -> None:
    line = with_policy(LINE, load_limit_share=0.04)
    with pytest.raises(Infeasible, match=r"a load limit of 0\.\d+ instead of 0\.04") as caught:
        decide_headways(line, "demand-led")
    offered = [float(one.split("a load limit of ")[1].split(" ")[0]) for one in caught.value.reasons]
    assert min(offered) > 0.04
    with pytest.raises(Infeasible) as caught:
        decide_headways(with_policy(line, load_limit_share=max(offered)), "demand-led")
    assert not any("it can be served" in one or "this period" in one for one in caught.value.reasons)


def test_long_turnbacks_name_the_trains_that_would_do() -> None:
    slow = {name: one.model_copy(update={"turnback_s": 800}) for name, one in LINE.terminals.items()}
    line = LINE.model_copy(update={"terminals": slow})
    with pytest.raises(Infeasible, match="a plan exists with 10 instead of 6 trains"):
        decide_headways(line, "equal-service")
    assert decide_headways(with_fleet(line, 10).model_copy(update={"depots": ()}), "equal-service").fleet == 10


def test_signalling_that_today_ignores_is_named() -> None:
    slow = LINE.model_copy(update={"signalling": LINE.signalling.model_copy(update={"minimum_headway_s": 310})})
    with pytest.raises(Infeasible, match="minimum headway is 310 s: 10 s are missing"):
        decide_headways(slow, "equal-service")


def test_load_limit_sets_the_fewest_trains() -> None:
    maker = DeparturePatternMaker.of(YIZHUANG)
    for segment in segments_of(YIZHUANG)["up"]:
        patterns = within_policy(YIZHUANG, maker, segment)
        fewer = maker.even(segment, max(patterns[0].gaps - 1, 1))
        assert patterns[0].heaviest_load <= load_limit(YIZHUANG)
        assert fewer.heaviest_load > load_limit(YIZHUANG) or fewer.longest_gap_s > 600 or patterns[0].gaps == 1
