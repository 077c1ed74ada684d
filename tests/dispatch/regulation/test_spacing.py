"""Trains ahead of a long gap run later, as far as the passengers who wait gain more than those on board lose."""

from dataclasses import replace

import numpy as np
import pytest
from regulated_line import TODAY, factory

from dispatch.regulation.energy import EnergyRegulator, EnergyRegulators
from dispatch.regulation.interface.line_state import LineState, Neighbour, ReadyTrain, TrainState
from dispatch.regulation.spacing import Spacing

TRIPS = [trip for trip in TODAY.by_departure() if trip.direction == "up"][8:11]
NOBODY = LineState(0.0)


@pytest.fixture(scope="module")
def spacing() -> Spacing:
    made = factory("energy")
    assert isinstance(made, EnergyRegulators)
    tables = made.tables(TODAY)
    assert tables is not None
    return Spacing.of(60.0, 0.5, tables.index, tables.plan, tables.boarding_ahead_per_s)


def ready(behind_s: float, stop: int = 0, passengers: float = 0.0) -> ReadyTrain:
    """The middle train, on time, with a train behind that is late."""
    before, trip, after = (one.departure_s[stop] for one in TRIPS)
    return ReadyTrain(
        TRIPS[1], stop, stop, float(trip), Neighbour(TRIPS[0].trip_id, before, before),
        Neighbour(TRIPS[2].trip_id, after, after + behind_s), passengers, 100, 80,
    )  # fmt: skip


def later_s(spacing: Spacing, train: ReadyTrain, line: LineState = NOBODY) -> int:
    j = spacing.index[train.trip.trip_id]
    return spacing.later_s(train, line, j, int(spacing.plan.first_section[j]) + train.stop)


def test_a_train_waits_for_at_most_half_the_lateness_of_the_train_behind(spacing: Spacing) -> None:
    found = [later_s(spacing, ready(behind_s)) for behind_s in (0.0, 59.0, 60.0, 120.0, 600.0)]
    assert found[:2] == [0, 0]
    assert all(0 < later <= behind_s / 2 for later, behind_s in zip(found[2:], (60.0, 120.0, 600.0), strict=True))
    assert found == sorted(found)


def test_a_full_train_waits_less_than_an_empty_one(spacing: Spacing) -> None:
    empty, some, full = (later_s(spacing, ready(180.0, 1, load)) for load in (0.0, 20.0, 1e6))
    assert empty >= some > full == 0


def test_the_next_trip_of_the_vehicle_begins_on_time(spacing: Spacing) -> None:
    j = spacing.index[TRIPS[1].trip_id]
    slack_s = spacing.slack_s.copy()
    slack_s[j] = 7.0
    assert later_s(replace(spacing, slack_s=slack_s), ready(180.0)) == 7


def test_a_train_that_stands_too_long_is_late_before_it_leaves(spacing: Spacing) -> None:
    behind = TRIPS[2]
    arrived = TrainState(behind.trip_id, behind.vehicle, "arrived", 1, float(behind.arrival_s[1]), 0.0, 10.0)
    known_at_s = behind.departure_s[1] + 200.0
    line = LineState(known_at_s, {behind.vehicle: arrived})
    assert later_s(spacing, ready(0.0), line) > 0
    assert later_s(spacing, ready(0.0), replace(line, known_at_s=behind.departure_s[1] + 10.0)) == 0


def test_boardings_ahead_become_fewer_along_a_trip(spacing: Spacing) -> None:
    j = spacing.index[TRIPS[1].trip_id]
    assert np.all(np.diff(spacing.ahead_per_s[j]) <= 0.0)
    assert spacing.ahead_per_s[j, 0] > 0.0


def test_the_advice_ahead_of_a_gap_is_later_and_has_its_own_reason() -> None:
    regulator = factory("energy").for_day(TODAY)  # type: ignore[union-attr]
    assert isinstance(regulator, EnergyRegulator)
    usual, late = (regulator.advise(ready(behind_s), NOBODY) for behind_s in (0.0, 180.0))
    assert (usual.reason, late.reason) == ("energy", "even gaps")
    assert late.departs_s > usual.departs_s
