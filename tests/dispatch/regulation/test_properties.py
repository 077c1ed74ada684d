"""Properties of the regulators: they keep a line without noise, deviations shrink, and no state leads to bad advice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regulated_line import LINE, TODAY, OneLate, factory, regulated

from dispatch.plans.timetable import Timetable
from dispatch.regulation.interface.advice import Advice
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, ReadyTrain, TrainEvent, TrainState
from simulation.disturbances.dwell_noise import DwellNoise
from simulation.railway.trip_record import TripRecord

AROUND_S = 3600
SWING_S = 3.0
"""Deviations up to this are the choice between two running times of almost the same price."""
EVENTS: tuple[TrainEvent, ...] = ("ready", "arrived", "departed")


def around(number: int) -> tuple[str, Timetable]:
    """A trip of the middle of the day, and the trips around it."""
    trips = TODAY.by_departure()
    middle = trips[len(trips) // 4 + number]
    near = tuple(trip for trip in TODAY.trips if abs(trip.start_s - middle.start_s) <= AROUND_S)
    return middle.trip_id, Timetable(near)


def record_with_one_late(name: ControllerName, number: int, late_s: float) -> TripRecord:
    """The record of a trip that begins late; its line has no other deviation."""
    trip_id, part = around(number)
    trips = regulated(name, OneLate(1.0, True, late_s, trip_id)).run_trains(part, 1).trips
    return next(trip for trip in trips if trip.trip.trip_id == trip_id)


def departed_late_s(record: TripRecord) -> np.ndarray:
    return np.array(record.departure_s[:-1]) - np.array(record.trip.departure_s[:-1])


def test_without_noise_holding_to_the_schedule_changes_nothing() -> None:
    quiet = DwellNoise(0.0)
    assert regulated("hold", quiet).run_trains(TODAY, 1) == regulated("none", quiet).run_trains(TODAY, 1)


@pytest.mark.parametrize("name", ["track", "energy"])
def test_without_noise_trains_never_need_to_recover(name: ControllerName) -> None:
    for record in regulated(name, DwellNoise(0.0)).run_trains(TODAY, 1).trips:
        assert np.all(departed_late_s(record) >= 0.0)
        assert np.all(departed_late_s(record) <= LINE.operation.recovery_from_s)


@settings(max_examples=20)
@given(st.sampled_from(["track", "energy"]), st.integers(0, 20), st.floats(0.0, 60.0))
def test_a_deviation_from_any_start_shrinks(name: ControllerName, number: int, late_s: float) -> None:
    late = departed_late_s(record_with_one_late(name, number, late_s))
    beyond_s = np.maximum(late - LINE.operation.energy_hold_s, 0.0)
    assert np.all(np.diff(beyond_s) <= 1e-9)
    assert beyond_s[-1] < max(beyond_s[0], 1e-9) or beyond_s[0] == 0.0


@settings(max_examples=20)
@given(st.integers(0, 20), st.floats(0.0, 60.0))
def test_advice_does_not_swing(number: int, late_s: float) -> None:
    record = record_with_one_late("energy", number, late_s)
    off_s = np.array(record.lateness_s) - LINE.operation.energy_target_s
    beyond = [off > 0.0 for off in off_s if abs(off) > SWING_S]
    assert sum(before != after for before, after in pairwise(beyond)) <= 1


def random_question(rng: np.random.Generator) -> tuple[ReadyTrain, LineState]:
    """A train that is ready at any moment, with any events of other trains and any earlier advice, possible or not."""
    trips = TODAY.trips
    trip = trips[int(rng.integers(len(trips)))]
    stop = int(rng.integers(len(trip.driving)))
    now_s = trip.departure_s[stop] + float(rng.uniform(-300.0, 900.0))
    trains, advised = {}, {}
    for _ in range(int(rng.integers(12))):
        other = trips[int(rng.integers(len(trips)))]
        event = EVENTS[int(rng.integers(3))]
        place = len(other.driving) if event == "arrived" else int(rng.integers(len(other.driving)))
        trains[other.vehicle] = TrainState(
            other.trip_id, other.vehicle, event, place, now_s - float(rng.uniform(0.0, 400.0)),
            float(rng.uniform(-60.0, 600.0)), float(rng.uniform(0.0, 3000.0)), int(rng.integers(1, 400)),
        )  # fmt: skip
        told = int(rng.integers(len(other.driving)))
        advised[other.vehicle] = Advice(
            other.trip_id, told, now_s + float(rng.uniform(-300.0, 300.0)), int(rng.integers(1, 400)), "energy"
        )  # fmt: skip
    planned_s = trip.running_time_s(stop)
    ready = ReadyTrain(
        trip, stop, stop, now_s, None, None, float(rng.uniform(0.0, 3000.0)), planned_s + int(rng.integers(-20, 21)),
        int(rng.integers(30, planned_s + 31)), bool(rng.integers(2)),
    )  # fmt: skip
    return ready, LineState(now_s - float(rng.uniform(0.0, 120.0)), trains, advised)


@pytest.mark.parametrize("cases", [1_000, pytest.param(100_000, marks=pytest.mark.many_cases)])
def test_no_state_of_the_line_leads_to_forbidden_advice(cases: int) -> None:
    rng = np.random.default_rng(cases)
    names: tuple[ControllerName, ...] = ("hold", "track", "energy")
    regulators = [factory(name).for_day(TODAY) for name in names]  # type: ignore[union-attr]
    for _ in range(cases):
        train, line = random_question(rng)
        earliest_s = max(train.now_s, train.planned_s) if train.can_hold else train.now_s
        for regulator in regulators:
            advice = regulator.advise(train, line)
            assert (advice.trip_id, advice.stop) == (train.trip.trip_id, train.stop)
            assert earliest_s <= advice.departs_s <= max(train.now_s, train.planned_s + LINE.operation.energy_hold_s)
            assert train.can_hold or advice.departs_s == train.now_s
            assert advice.running_time_s >= train.shortest_s
            assert advice.expires_s > advice.departs_s
            assert 0.0 <= advice.confidence <= 1.0
            assert np.isfinite([advice.saves_kwh, advice.later_s]).all()
