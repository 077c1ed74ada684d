"""Recoveries after a disruption: what happens to gaps, waiting, energy and voltage on the tutorial line."""

import math
from dataclasses import replace

import pytest
from live_lines import EIGHT, line_model, live_plan

from dispatch.regulation.controllers import regulators_named
from energy_models.faults import InputFaults
from simulation.virtual_line.recovery import (
    Disruption,
    PresentState,
    Recovery,
    window_of,
    with_recovery,
    without_disruption,
)
from simulation.virtual_line.recovery_figures import ComparedLine

OWN = Recovery("own control")
NOW = PresentState(float(EIGHT))


def line() -> ComparedLine:
    plan = live_plan()
    return ComparedLine(line_model(), plan.timetable, dict.fromkeys(("none",), 3000.0))


def train_on_the_way() -> str:
    return next(one.vehicle for one in live_plan().timetable.by_departure() if one.start_s < EIGHT < one.end_s)


def test_a_failed_train_makes_a_gap_and_passengers_wait() -> None:
    failed = Disruption("train failed", train_on_the_way(), EIGHT, EIGHT + 600.0)
    window = window_of(failed, EIGHT, live_plan().timetable)
    before = without_disruption(line(), NOW, window)
    after = with_recovery(line(), NOW, failed, OWN, window)
    assert before.longest_gap is not None
    assert after.longest_gap is not None
    assert after.longest_gap.gap_s > before.longest_gap.gap_s + 120.0
    assert after.waiting_passenger_h > before.waiting_passenger_h
    assert after.late_until_s is not None
    assert after.late_until_s > EIGHT
    assert before.energy_kwh > 0.0
    assert before.train_km > 0.0


def test_a_withdrawn_train_runs_fewer_kilometres() -> None:
    failed = Disruption("train failed", train_on_the_way(), EIGHT, EIGHT + 300.0)
    window = window_of(failed, EIGHT, live_plan().timetable)
    stays = with_recovery(line(), NOW, failed, OWN, window)
    gone = with_recovery(line(), NOW, failed, replace(OWN, withdraws=True), window)
    assert gone.train_km < stays.train_km


def test_a_blocked_section_holds_trains_of_its_direction_only() -> None:
    station = line_model().station_order["up"][1]
    blocked = Disruption("section blocked", station, EIGHT, EIGHT + 900.0, "up")
    window = window_of(blocked, EIGHT, live_plan().timetable)
    after = with_recovery(line(), NOW, blocked, OWN, window)
    assert after.longest_gap is not None
    assert after.longest_gap.direction == "up"
    assert after.longest_gap.gap_s >= 900.0


def test_a_late_pull_out_delays_the_next_trip_of_the_train() -> None:
    trip = next(one for one in live_plan().timetable.by_departure() if one.start_s >= EIGHT)
    late = Disruption("late pull-out", trip.vehicle, EIGHT, EIGHT + 420.0)
    window = window_of(late, EIGHT, live_plan().timetable)
    assert (with_recovery(line(), NOW, late, OWN, window).late_until_s or 0.0) >= trip.start_s + 420.0


def test_a_substation_out_lowers_the_voltage_and_keeps_the_service() -> None:
    name = line_model().network.substations[0].name
    out = Disruption("substation out", name, EIGHT, EIGHT + 1800.0)
    window = window_of(out, EIGHT, live_plan().timetable)
    before, after = without_disruption(line(), NOW, window), with_recovery(line(), NOW, out, OWN, window)
    assert after.lowest_voltage_v < before.lowest_voltage_v
    assert after.train_km == before.train_km


def test_trains_that_are_late_now_are_late_in_the_simulation() -> None:
    out = Disruption("substation out", line_model().network.substations[0].name, EIGHT, EIGHT + 600.0)
    window = window_of(out, EIGHT, live_plan().timetable)
    late = PresentState(float(EIGHT), {train_on_the_way(): 240.0})
    assert (
        without_disruption(line(), late, window).lateness_95_percent_s
        > without_disruption(line(), NOW, window).lateness_95_percent_s
    )


def test_controllers_give_other_figures_and_the_same_ones_again() -> None:
    plan = live_plan()
    failed = Disruption("train failed", train_on_the_way(), EIGHT, EIGHT + 300.0)
    window = window_of(failed, EIGHT, plan.timetable)
    even = Recovery("even", regulators_named("even", plan.scenario, plan.stock))
    first = with_recovery(line(), NOW, failed, even, window)
    assert first == with_recovery(line(), NOW, failed, even, window)
    assert not math.isnan(first.lowest_voltage_v)


def test_an_unknown_place_is_a_fault() -> None:
    unknown = Disruption("train failed", "nobody", EIGHT, EIGHT + 300.0)
    with pytest.raises(InputFaults, match="nobody"):
        with_recovery(line(), NOW, unknown, OWN, window_of(unknown, EIGHT, live_plan().timetable))
