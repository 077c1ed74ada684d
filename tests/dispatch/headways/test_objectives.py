"""What headways are decided for: cost with its demand charge and CO2 by time of day, against closed forms and trial."""

import itertools
from math import sqrt

import pytest

from dispatch.headways.decide import HeadwayOptions, decide_headways
from dispatch.headways.model import departures_of, highest_demand_kw
from dispatch.headways.patterns import DeparturePatternMaker, segments_of
from dispatch.headways.policy_patterns import within_policy
from dispatch.planner.objective import objective_weights_for
from dispatch.plans.in_force import timetable_from_departures
from dispatch.plans.plan_options import Objective
from dispatch.rostering.duties import fleet_need
from scenarios.files.load import load_scenario
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.demand import Demand
from scenarios.schema.tariff import CarbonPeriod
from scenarios.values.station_times import departures_today

LINE = load_scenario("tutorial_line")


def carbon(*rows: tuple[str, str, float]) -> tuple[CarbonPeriod, ...]:
    return tuple(CarbonPeriod.model_validate({"from": a, "to": b, "co2_kg_per_kwh": kg}) for a, b, kg in rows)


def two_periods(fleet: int = 40, length_s: int = 7200, **policy: object) -> Scenario:
    """The tutorial line from 06:00 on with two periods of one length, and with more trains than it needs."""
    timetable = LINE.timetable
    assert timetable.periods is not None
    assert timetable.first_departure_s is not None
    assert timetable.last_departure_s is not None
    first = timetable.periods[0].model_copy(update={"to_s": 21600 + length_s})
    second = timetable.periods[0].model_copy(update={"from_s": 21600 + length_s, "to_s": 21600 + 2 * length_s})
    update = {
        "periods": (first, second),
        "first_departure_s": timetable.first_departure_s.model_copy(update={"up": 21600, "down": 21600}),
        "last_departure_s": timetable.last_departure_s.model_copy(
            update={"up": 21600 + 2 * length_s, "down": 21600 + 2 * length_s}
        ),
    }
    return LINE.model_copy(
        update={
            "timetable": timetable.model_copy(update=update),
            "fleet": (LINE.fleet[0].model_copy(update={"trainsets": fleet}),),
            "depots": (),
            "policy": LINE.policy.model_copy(update=policy),
        }
    )


def nobody(line: Scenario) -> Scenario:
    """The line without passengers: every second of waiting counts the same, and every trip weighs the same."""
    empty = Demand.model_validate({"interval_s": 1800, "section_loads": []})
    return line.model_copy(update={"demand": empty})


def trips_by_segment(line: Scenario, options: HeadwayOptions) -> list[int]:
    decided = decide_headways(line, "demand-led", options)
    assert decided.is_proven
    return [row.trips for row in decided.table if row.direction == "up"]


def test_co2_by_time_of_day_spaces_trains_by_the_root_of_its_ratio() -> None:
    """With n even gaps in a segment of length L waiting is S L² / 2n, S stations; the least of Σ e c n + p S L² / 2n
    lies at n = L √(p S / 2 e c), so four times the CO2 halves the trains."""
    line = nobody(two_periods())
    energy_kwh = 200.0
    stations = len(line.stations) - 1
    kg_dirty, kg_clean, length_s = 0.8, 0.2, 7200.0
    waiting_price = 24.0**2 * 2 * energy_kwh * kg_clean / (stations * length_s**2) * 3600.0
    dirty = line.model_copy(update={"co2_periods": carbon(("00:00", "08:05", kg_dirty), ("08:05", "24:00", kg_clean))})
    flat = line.model_copy(update={"co2_kg_per_kwh": kg_clean})
    options = HeadwayOptions("co2", waiting_price, trip_energy_kwh=lambda _direction, _passengers: energy_kwh)
    expected = [length_s * sqrt(waiting_price / 3600.0 * stations / 2 / energy_kwh / kg) for kg in (kg_dirty, kg_clean)]
    assert expected == pytest.approx([12.0, 24.0])
    assert trips_by_segment(dirty, options) == pytest.approx([12, 24 + 1], abs=1)
    assert trips_by_segment(flat, options) == pytest.approx([24, 24 + 1], abs=1)


def test_co2_that_is_the_same_all_day_weighs_as_energy_does() -> None:
    flat = LINE.model_copy(update={"co2_periods": carbon(("00:00", "24:00", 0.3))})
    by_energy = decide_headways(LINE, "demand-led", HeadwayOptions("energy"))
    for line in (LINE, flat):
        by_co2 = decide_headways(line, "demand-led", HeadwayOptions("co2"))
        assert by_co2.co2_kg == pytest.approx(0.3 * by_co2.energy_kwh)
        assert by_co2.energy_kwh == pytest.approx(by_energy.energy_kwh, rel=0.01)
        assert objective_weights_for(line, "energy", None).is_plain
    assert objective_weights_for(LINE, "co2", None).is_plain


def test_the_search_weighs_seconds_by_their_co2() -> None:
    line = LINE.model_copy(update={"co2_periods": carbon(("00:00", "08:00", 0.8), ("08:00", "24:00", 0.2))})
    worth = objective_weights_for(line, "co2", 5000.0)
    assert worth.by_second is not None
    assert worth.by_second[7 * 3600] / worth.by_second[9 * 3600] == pytest.approx(4.0)
    assert worth.by_second[31 * 3600] == worth.by_second[7 * 3600]  # after midnight as the next morning
    assert worth.by_second[5 * 3600 : 24 * 3600].mean() == pytest.approx(1.0)
    assert worth.limit_w == 5e6


def test_even_trains_ask_for_the_power_that_they_draw_together() -> None:
    """Trips of e kWh, one every h seconds, draw e / h each second once the line is full: 3600 e / h kW a direction."""
    line = nobody(two_periods())
    maker = DeparturePatternMaker.of(line, lambda _direction, _passengers: 60.0)
    patterns = [maker.even(segment, 24) for d in DIRECTIONS for segment in segments_of(line)[d]]
    assert highest_demand_kw(patterns, 900) == pytest.approx(2 * 60.0 * 3600 / 300)


@pytest.mark.parametrize(
    ("objective", "charge", "fleet", "waiting_s"),
    [("cost", 8.0, 8, 170.0), ("cost", 2000.0, 40, 170.0), ("cost", 400.0, 7, 150.0), ("co2", 8.0, 8, 170.0)],
)
def test_the_choice_is_the_best_of_all_choices(
    objective: Objective, charge: float, fleet: int, waiting_s: float
) -> None:
    """Every combination of headways is tried: none costs less, with the demand charge counted apart from the model."""
    line = two_periods(fleet, 3600, mean_waiting_limit_s=waiting_s, longest_headway_s=480, load_limit_share=0.6)
    tariff = line.tariff.model_copy(update={"demand_charge_per_kw_month": charge})
    line = line.model_copy(
        update={"tariff": tariff, "co2_periods": carbon(("00:00", "07:00", 0.8), ("07:00", "24:00", 0.2))}
    )
    maker = DeparturePatternMaker.of(line)
    segments = [segment for direction in DIRECTIONS for segment in segments_of(line)[direction]]
    passengers = maker.waiting_weight(segments)
    today = abs(len(departures_today(line, "up")) - len(departures_today(line, "down")))
    best = float("inf")
    for patterns in itertools.product(*(within_policy(line, maker, segment) for segment in segments)):
        if sum(pattern.waiting_passenger_s for pattern in patterns) > waiting_s * passengers:
            continue
        if objective == "co2":
            value = sum(pattern.co2_kg for pattern in patterns)
        else:
            value = sum(pattern.cost for pattern in patterns) + charge / 30 * highest_demand_kw(patterns, 900)
        if value >= best:
            continue
        departures = departures_of(dict(zip(segments, patterns, strict=True)))
        if abs(len(departures["up"]) - len(departures["down"])) > today:
            continue
        if fleet_need(timetable_from_departures(line, departures), line).vehicles <= fleet:
            best = value
    decided = decide_headways(line, "demand-led", HeadwayOptions(objective))
    assert decided.is_proven
    # Each of the four segments, and the demand charge, are rounded to a whole unit in the model.
    assert (decided.co2_kg if objective == "co2" else decided.cost) == pytest.approx(best, abs=2.5)
