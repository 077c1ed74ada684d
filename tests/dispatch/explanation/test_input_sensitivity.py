"""The sensitivity to inputs: each variation is the saving of the line with that input, in a limited amount of work."""

from dataclasses import replace
from typing import Any

import pytest

from dispatch.energy.line_model import LineModel
from dispatch.energy.planned_day import planned_energy_j
from dispatch.explanation import input_sensitivity as module
from dispatch.explanation.input_sensitivity import (
    BEST_EFFICIENCY,
    InputEffect,
    InputSensitivity,
    change_share,
    changed_supply,
    changed_train,
    input_sensitivity,
)
from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable
from scenarios.files.load import load_scenario
from scenarios.files.main_inputs import DEFINITIONS, InputKey
from scenarios.schema import Scenario
from scenarios.values.build import train_of
from scenarios.values.rolling_stock import RollingStock

LINE = load_scenario("tutorial_line")
TRAIN = train_of(LINE)
STOCK = RollingStock.of(LINE)
TODAY = timetable_in_force(LINE)
PLAN = Timetable(tuple(replace(trip, driving=("optimal",) * len(trip.driving)) for trip in TODAY.trips))


def saving_on(line: Scenario) -> float:
    """The saving by another way: the day's movements of the planner on a line with other values."""
    model = LineModel.of(line)
    before, after = (planned_energy_j(timetable, model) for timetable in (TODAY, PLAN))
    return 100.0 * (1.0 - after / before)


def with_train(**fields: Any) -> Scenario:
    kind = LINE.train_types["four_car"].model_copy(update=fields)
    return LINE.with_parts(train_types={"four_car": kind})


def with_supply(**fields: Any) -> Scenario:
    return LINE.with_parts(supply=LINE.supply.model_copy(update=fields))


KIND = LINE.train_types["four_car"]
# The storage of the line begins to discharge below 790 V, so that 5 % less than 830 V is limited to 791 V.
CASES: tuple[tuple[InputKey, float, Scenario], ...] = (
    ("train_mass", 1.2, with_train(tare_t=1.2 * KIND.tare_t)),
    ("running_resistance", 0.8, with_train(resistance=KIND.resistance.model_copy(update={
        name: 0.8 * getattr(KIND.resistance, name)
        for name in ("constant_kn", "per_m_s_kn", "per_m_s_squared_kn")
    }))),
    ("traction", 1.2, with_train(traction=KIND.traction.model_copy(update={
        "force_kn": 1.2 * (KIND.traction.force_kn or 0.0), "power_kw": 1.2 * (KIND.traction.power_kw or 0.0)
    }))),
    ("auxiliaries", 1.2, with_train(auxiliaries=tuple(
        point.model_copy(update={"power_kw": 1.2 * point.power_kw}) for point in KIND.auxiliaries
    ))),
    ("regeneration_efficiency", 0.8, with_train(efficiency=KIND.efficiency.model_copy(
        update={"regeneration": 0.8 * (KIND.efficiency.regeneration or 0.0)}
    ))),
    ("contact_line", 1.2, with_supply(contact_line_ohm_per_km=1.2 * LINE.supply.contact_line_ohm_per_km)),
    ("substation_resistance", 1.2, with_supply(substation_resistance_ohm=1.2 * LINE.supply.substation_resistance_ohm)),
    ("no_load_voltage", 0.95, with_supply(no_load_v=791.0)),
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> InputSensitivity:
    return input_sensitivity([key for key, _, _ in CASES], TODAY, PLAN, LINE, STOCK, workers=2)


def test_the_saving_without_a_change_is_that_of_the_whole_day(found: InputSensitivity) -> None:
    assert found.hours == found.hours_of_day
    assert found.saving_percent == pytest.approx(saving_on(LINE), abs=1e-6)


@pytest.mark.parametrize(("key", "factor", "line"), CASES, ids=[key for key, _, _ in CASES])
def test_a_variation_is_the_saving_of_a_line_with_that_value(
    key: InputKey, factor: float, line: Scenario, found: InputSensitivity
) -> None:
    effect = next(one for one in found.effects if one.key == key)
    expected = effect.larger_percent if factor > 1.0 else effect.smaller_percent
    assert abs(factor - 1.0) == pytest.approx(effect.change_share)
    assert expected == pytest.approx(saving_on(line), abs=1e-6)
    assert expected != pytest.approx(found.saving_percent, abs=1e-9)


def test_passengers_are_varied_too_and_workers_change_nothing() -> None:
    one, two = (input_sensitivity(["passengers"], TODAY, PLAN, LINE, STOCK, workers=n) for n in (1, 2))
    assert one == two
    (effect,) = one.effects
    assert effect.smaller_percent != effect.larger_percent


def test_the_range_is_the_root_of_the_sum_of_squares() -> None:
    effects = (InputEffect("train_mass", 0.2, 7.0, 12.0), InputEffect("traction", 0.2, 14.0, 9.0),
               InputEffect("auxiliaries", 0.2, 10.0, 10.0))  # fmt: skip
    falls, rises = InputSensitivity(10.0, effects, 3, 3).range_points
    assert falls == pytest.approx(-((3.0**2 + 1.0**2) ** 0.5))
    assert rises == pytest.approx((2.0**2 + 4.0**2) ** 0.5)
    assert InputSensitivity(10.0, (), 3, 3).range_points == (0.0, 0.0)


def test_a_long_day_is_computed_for_some_of_its_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = sum(len(trip.driving) for timetable in (TODAY, PLAN) for trip in timetable.trips)
    monkeypatch.setattr(module, "RUNS_MOST", runs // 2)
    few = input_sensitivity([], TODAY, PLAN, LINE, STOCK)
    assert 0 < few.hours < few.hours_of_day
    assert few.saving_percent == pytest.approx(saving_on(LINE), abs=3.0)


def test_a_train_that_is_too_slow_runs_as_fast_as_it_can() -> None:
    curve = TRAIN.traction
    weak = replace(TRAIN, traction=replace(curve, force_n=curve.force_n * 0.25, power_w=curve.power_w * 0.25))
    found = input_sensitivity(["traction"], TODAY, PLAN, LINE, RollingStock.of(LINE, {LINE.main_train_type: weak}))
    assert 0.0 < found.effects[0].slower_share <= 1.0


@pytest.mark.parametrize(
    "key", [one.key for one in DEFINITIONS if one.is_varied and one.key not in ("passengers", "auxiliaries")]
)
def test_each_input_that_is_varied_changes_the_train_or_the_supply(key: InputKey) -> None:
    factor = 1.0 - change_share(key)
    train, supply = changed_train(TRAIN, key, factor), changed_supply(LINE.supply, key, factor)
    is_changed = (repr(train) != repr(TRAIN), supply != LINE.supply)
    assert is_changed.count(True) == 1


def test_changes_stay_within_what_is_possible() -> None:
    better = changed_train(TRAIN, "traction_efficiency", 1.2).traction_efficiency
    assert float(better.share.max()) == BEST_EFFICIENCY
    supply = LINE.supply.model_copy(update={"no_load_v": LINE.supply.regeneration.fade_to_v - 2.0})
    assert changed_supply(supply, "no_load_voltage", 1.05).no_load_v < supply.regeneration.fade_to_v
