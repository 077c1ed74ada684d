"""The energy-aware regulator on the tutorial line: simulated days, and random states of the line."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulated_line import LINE, TODAY, OneLate, Recorder, factory, regulated

from dispatch.plans.timetable import Timetable, Trip
from dispatch.regulation.energy import EnergyRegulator
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.line_state import LineState, Neighbour, ReadyTrain, TrainState
from dispatch.regulation.schedule import HoldToSchedule
from simulation.disturbances.dwell_noise import DwellNoise
from simulation.railway.trip_record import TripRecord


def energy_kwh(name: ControllerName, noise: DwellNoise, seed: int | None = 1) -> float:
    return regulated(name, noise).day(TODAY, seed).account.energy_kwh


def test_without_noise_the_day_draws_no_more_than_as_planned() -> None:
    quiet = DwellNoise(0.0)
    assert energy_kwh("energy", quiet) < energy_kwh("none", quiet)


@pytest.mark.parametrize("accumulates", [False, True])
def test_under_noise_the_day_draws_less_than_with_a_schedule_alone(accumulates: bool) -> None:
    noise = DwellNoise(3.0, accumulates)
    assert energy_kwh("energy", noise) < min(energy_kwh("none", noise), energy_kwh("hold", noise))


def test_no_train_leaves_before_its_schedule_or_faster_than_it_can() -> None:
    recorder = Recorder()
    day = replace(regulated("none", DwellNoise(5.0, True)), regulators=recorder).day(TODAY, 3)
    for trip in day.trips:
        planned = np.array(trip.trip.departure_s[:-1])
        assert np.all(np.array(trip.departure_s[:-1]) >= planned - 1e-9)
    assert {advice.reason for _, advice in recorder.given} >= {"energy"}
    holds = [advice.departs_s - max(train.now_s, train.planned_s) for train, advice in recorder.given]
    assert max(holds) <= LINE.operation.energy_hold_s
    assert any(hold > 0.0 for hold in holds)
    assert any(advice.saves_kwh > 0.0 for _, advice in recorder.given)


def lateness_s(trip: TripRecord) -> np.ndarray:
    return np.array(trip.lateness_s)


@pytest.mark.parametrize("late_s", [10.0, 30.0, 60.0])
def test_a_late_train_recovers_and_then_saves_energy_again(late_s: float) -> None:
    late = TODAY.by_departure()[20].trip_id
    recorder = Recorder()
    day = replace(regulated("none", OneLate(1.0, True, late_s, late)), regulators=recorder).day(TODAY, 1)
    found = next(trip for trip in day.trips if trip.trip.trip_id == late)
    left_s = np.array(found.departure_s[:-1]) - np.array(found.trip.departure_s[:-1])
    beyond_s = np.maximum(left_s - LINE.operation.energy_hold_s, 0.0)
    assert left_s[0] >= late_s
    assert np.all(np.diff(beyond_s) <= 0.0)
    assert left_s[-1] < late_s
    reasons = [advice.reason for train, advice in recorder.given if train.trip.trip_id == late]
    assert ("recovery" in reasons) == (late_s > LINE.operation.recovery_from_s)


def test_trains_with_fixed_running_times_are_held_to_their_schedule() -> None:
    trips = tuple(replace(trip, driving=("flat_out",) * len(trip.driving)) for trip in TODAY.trips)
    assert factory("energy").for_day(Timetable(trips)) == HoldToSchedule()  # type: ignore[union-attr]


def behind(trip: Trip, stop: int) -> st.SearchStrategy[Neighbour | None]:
    """No train behind, or the next trip of the direction with any lateness."""
    planned_s = trip.departure_s[stop] + 240.0
    late = st.floats(-60.0, 900.0).map(lambda late_s: Neighbour("another trip", planned_s, planned_s + late_s))
    return st.none() | late


@st.composite
def states(draw: st.DrawFn) -> tuple[ReadyTrain, LineState]:
    """A train that is ready at any moment, and any events of other trains, possible or not."""
    trips = TODAY.trips
    trip = trips[draw(st.integers(0, len(trips) - 1))]
    stop = draw(st.integers(0, len(trip.driving) - 1))
    now_s = trip.departure_s[stop] + draw(st.floats(-300.0, 900.0))
    trains = {}
    for _ in range(draw(st.integers(0, 8))):
        other = trips[draw(st.integers(0, len(trips) - 1))]
        event = draw(st.sampled_from(["ready", "arrived", "departed"]))
        place = draw(st.integers(0, len(other.driving) - 1)) if event != "arrived" else len(other.driving)
        trains[other.vehicle] = TrainState(
            other.trip_id, other.vehicle, event, place, now_s - draw(st.floats(0.0, 400.0)),
            draw(st.floats(-60.0, 600.0)), draw(st.floats(0.0, 3000.0)), draw(st.integers(1, 400)),
        )  # fmt: skip
    planned_s = trip.running_time_s(stop)
    own_s, shortest_s = draw(st.integers(planned_s - 20, planned_s + 20)), draw(st.integers(30, planned_s + 30))
    ready = ReadyTrain(
        trip,
        stop,
        stop,
        now_s,
        None,
        draw(behind(trip, stop)),
        draw(st.floats(0.0, 3000.0)),
        own_s,
        shortest_s,
        draw(st.booleans()),
    )
    return ready, LineState(now_s - draw(st.floats(0.0, 120.0)), trains)


@given(states())
def test_no_state_of_the_line_leads_to_forbidden_advice(asked: tuple[ReadyTrain, LineState]) -> None:
    train, line = asked
    regulator = factory("energy").for_day(TODAY)  # type: ignore[union-attr]
    assert isinstance(regulator, EnergyRegulator)
    advice = regulator.advise(train, line)
    earliest_s = max(train.now_s, train.planned_s) if train.can_hold else train.now_s
    assert advice.departs_s >= earliest_s
    later_s = 0.0 if train.after is None else max(train.after.departs_s - train.after.planned_s, 0.0) / 2.0
    assert advice.departs_s <= max(train.now_s, train.planned_s + later_s + LINE.operation.energy_hold_s)
    assert advice.running_time_s >= train.shortest_s
    assert 0.0 <= advice.confidence <= 1.0
    assert np.isfinite(advice.saves_kwh)
    assert advice == factory("energy").for_day(TODAY).advise(train, line)  # type: ignore[union-attr]
