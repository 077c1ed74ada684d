"""Trains that follow closely: an arrival waits for the departure of the train ahead."""

import pytest

from energy_models.faults import InputFaults
from scenarios.imports.line import ImportedLine, ImportedStation
from scenarios.imports.patterns import SeenTrip
from scenarios.imports.platform_order import one_behind_the_other


def line_of(*trips: SeenTrip) -> ImportedLine:
    return ImportedLine("", tuple(ImportedStation(one, one) for one in "ABC"), trips, "a test", "")


AHEAD = SeenTrip("1", tuple("ABC"), (0.0, 100.0, 340.0), (0.0, 220.0, 340.0))


def test_a_train_behind_a_long_dwell_arrives_later_and_departs_as_before() -> None:
    behind = SeenTrip("2", tuple("ABC"), (100.0, 200.0, 420.0), (100.0, 300.0, 420.0))
    found = one_behind_the_other(line_of(AHEAD, behind))
    assert found.trips[0] == AHEAD
    assert found.trips[1].arrival_s == (100.0, 235.0, 420.0)
    assert found.trips[1].departure_s == behind.departure_s
    assert found.notes == (
        "1 trips would arrive at a station before the train ahead has left it: they run longer and dwell shorter "
        "there: 2",
    )


def test_the_dwell_keeps_its_least_length() -> None:
    behind = SeenTrip("2", tuple("ABC"), (100.0, 200.0, 420.0), (100.0, 250.0, 420.0))
    assert one_behind_the_other(line_of(AHEAD, behind)).trips[1].arrival_s[1] == 230.0


def test_trains_apart_stay() -> None:
    apart = line_of(AHEAD, SeenTrip("2", tuple("ABC"), (300.0, 400.0, 640.0), (300.0, 430.0, 640.0)))
    assert one_behind_the_other(apart) is apart


def test_overtaking_is_refused_with_both_trips() -> None:
    fast = SeenTrip("2", tuple("ABC"), (60.0, 130.0, 300.0), (60.0, 160.0, 300.0))
    with pytest.raises(InputFaults, match="trip 2 leaves B not after trip 1, which is ahead of it"):
        one_behind_the_other(line_of(AHEAD, fast))
