"""The simulated day takes the operator's facts from the scenario: each field changes what it is about."""

import math
from dataclasses import replace

import numpy as np
import pytest
from small_railway import ORDER, RULES, railway

from dispatch.plans.in_force import timetable_in_force
from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.schedule import EvenHeadways, schedule_regulators
from energy_models.telemetry.recorder.ground_truth import draw_ground_truth
from scenarios.files.load import load_scenario
from scenarios.schema.base import Direction
from scenarios.schema.operation import Operation
from scenarios.values.build import profile_library, train_of
from simulation.day.model import DayModel, day_model
from simulation.judging.judge import compare, judge_with
from simulation.judging.verdict import objections, trades
from simulation.railway.depot_wait import DepotWait
from simulation.railway.operating_rules import OperatingRules
from simulation.railway.trains import Operations, operate
from simulation.railway.trip_run import Duty, Journey
from simulation.railway.turnbacks import shunting_s
from simulation.virtual_line.telemetry import record_line

LINE = load_scenario("tutorial_line")
IN_FORCE = timetable_in_force(LINE)
LIBRARY = profile_library(LINE)
HIDDEN = draw_ground_truth(train_of(LINE), np.random.default_rng(11))


def trip(name: str, start_s: int, vehicle: str, direction: Direction = "up") -> Trip:
    """100 s, 30 s dwell, 100 s."""
    return Trip(
        name, direction, ORDER[direction], (start_s, start_s + 100, start_s + 230),
        (start_s, start_s + 130, start_s + 230), ("speed_cap", "speed_cap"), (0.0, 0.0), vehicle,
    )  # fmt: skip


def operated(rules: OperatingRules, **fields: float) -> OperatingRules:
    """The rules with other values of the operation."""
    return replace(rules, operation=Operation(**fields))


def ran(rules: OperatingRules, *trips: Trip) -> Operations:
    return operate(Timetable(trips), railway(rules), None)


def model_with(**fields: float) -> DayModel:
    return day_model(LINE.with_parts(operation=Operation(**fields)), LIBRARY)


@pytest.fixture(scope="module")
def model() -> DayModel:
    return model_with()


def test_a_dispatcher_waits_for_a_missing_vehicle_as_long_as_the_operation_allows() -> None:
    class Late:
        def pull_out_s(self, duty: Duty) -> float:
            return 2000.0 if duty.vehicle == "V1" else -math.inf

        def withdrawal(self, journey: Journey) -> None:  # noqa: ARG002
            return None

    trips = Timetable((trip("u1", 1000, "V1"), trip("u2", 1200, "V2"), trip("u3", 1700, "V3")))
    left = {
        patience_s: [
            record.departure_s[0]
            for record in operate(
                trips, railway(operated(RULES, missing_vehicle_patience_s=patience_s), vehicles=Late()), None
            ).trips
        ]
        for patience_s in (300, 500)
    }
    assert left == {300: [2000.0, 1300.0, 1700.0], 500: [2000.0, 1500.0, 1700.0]}


def test_a_train_waits_before_a_full_depot_as_long_as_the_operation_allows() -> None:
    one_place = replace(RULES, minimum_headway_s=0.0, turnback_tracks={"A": 9, "C": 2}, depot_places={"A": 9, "C": 1})
    trips = (trip("u1", 1000, "V1"), trip("u2", 1300, "V2"))
    waits = ran(operated(one_place, full_depot_patience_s=100), *trips).depot_waits
    assert waits == (DepotWait("V2", "C", 1530.0, 1630.0, is_beside=True),)


def test_shunting_takes_its_share_of_the_turnback() -> None:
    assert shunting_s(RULES, "C") == 60.0
    assert shunting_s(operated(RULES, depot_shunting_share=0.25), "C") == 30.0


def test_the_day_takes_the_times_of_terminals_from_the_scenario(model: DayModel) -> None:
    free = {name: terminal.model_copy(update={"maximum_turnback_s": None}) for name, terminal in LINE.terminals.items()}
    sooner = day_model(LINE.with_parts(terminals=free, operation=Operation(depot_after_s=700)), LIBRARY)
    assert set(sooner.rules.longest_turnback_s.values()) == {700.0}
    usual, less = (one.day(IN_FORCE, None).account for one in (model, model_with(shut_down_after_s=0)))
    assert less.auxiliaries_kwh < usual.auxiliaries_kwh
    shorter = model_with(powered_stand_s=200).day(IN_FORCE, None).account
    assert shorter.auxiliaries_kwh < usual.auxiliaries_kwh


def test_transformers_lose_while_the_supply_is_energised(model: DayModel) -> None:
    whole, half = (one.day(IN_FORCE, None).account for one in (model, model_with(supply_energised_s=43_200)))
    no_load_w = sum(substation.transformer_no_load_w for substation in model.network.substations)
    assert no_load_w > 0.0
    assert whole.utility_kwh - half.utility_kwh == pytest.approx(no_load_w * 43_200 / 3.6e6)


def test_punctuality_counts_as_the_operator_counts(model: DayModel) -> None:
    strict, usual, loose = (
        one.day(IN_FORCE, 1).service.punctual_share
        for one in (model_with(punctual_within_s=0), model, model_with(punctual_within_s=7200))
    )
    assert strict < usual <= loose == 1.0


def test_even_headways_hold_no_longer_than_the_operation_allows() -> None:
    shorter = schedule_regulators(Operation(longest_hold_s=20))["even"].for_day(Timetable(()))
    assert shorter == EvenHeadways(20.0)
    assert schedule_regulators(Operation())["even"].for_day(Timetable(())) == EvenHeadways(45.0)


def test_waiting_of_demand_led_plans_may_grow_by_the_tolerated_share(model: DayModel) -> None:
    judged = judge_with(model, IN_FORCE, IN_FORCE, 2, 1)
    promised_s = judged.plan.served("mean_waiting_s").mean - judged.plan.served("excess_waiting_s").mean
    days = tuple(
        replace(day, service=replace(day.service, excess_waiting_s=day.service.excess_waiting_s + 0.04 * promised_s))
        for day in judged.plan.results
    )
    later = compare(judged.seeds, judged.baseline.results, days)
    for share, is_against in ((0.05, False), (0.03, True)):
        against = objections(later, mode="demand-led", tolerated_waiting_share=share)
        assert ("excess_waiting_s" in [one.measure for one in against]) == is_against
        traded = trades(later, share)
        assert any("above the waiting of the timetable" in sentence for sentence in traded) == (not is_against)


def test_telemetry_of_the_virtual_line_follows_the_stands() -> None:
    def rows(**fields: float) -> int:
        scenario = LINE.with_parts(operation=Operation(**fields))
        return len(record_line(scenario, HIDDEN, from_s=7 * 3600, to_s=8 * 3600, trainsets=2, seed=1).rows)

    assert rows(powered_stand_s=0, shut_down_after_s=0) < rows()
