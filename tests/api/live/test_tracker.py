"""Beliefs of trains: duplicates, late and early messages, missing, unknown and swapped trains, clocks that jump."""

import pytest
from live_lines import EIGHT, event_row, first_trip, live_line, live_plan, take

from api.live.tracker import MOST_UNKNOWN


def test_an_event_gives_position_and_lateness() -> None:
    line, trip = live_line(), first_trip()
    take(line, [event_row(trip, 1, "arrived", 7.0)], trip.arrival_s[1] + 8.0)
    belief = line.tracker.trains[trip.vehicle]
    assert (belief.trip, belief.stop, belief.lateness_s) == (trip, 1, 7.0)
    assert belief.late_now_s(trip.departure_s[1] + 20.0, None) == pytest.approx(20.0)


def test_duplicates_and_late_messages_change_nothing() -> None:
    line, trip = live_line(), first_trip()
    rows = [event_row(trip, k, kind) for k in (0, 1, 2) for kind in ("arrived", "departed")][1:]
    now_s = trip.departure_s[2] + 1.0
    passed = take(line, rows, now_s).passed
    believed, departures_s = line.tracker.trains[trip.vehicle], dict(line.tracker.departures_s)
    assert len(passed) == 5
    again = take(line, [*rows, *reversed(rows)], now_s)
    assert again.passed == []
    assert line.tracker.trains[trip.vehicle] == believed
    assert line.tracker.departures_s == departures_s
    assert line.tracker.refused.total() == 10


def test_a_departure_that_arrives_late_counts_for_headways_but_moves_no_train_back() -> None:
    line, trip = live_line(), first_trip()
    take(line, [event_row(trip, 2, "arrived")], trip.arrival_s[2] + 1.0)
    outcome = take(line, [event_row(trip, 1, "departed")], trip.arrival_s[2] + 2.0)
    assert line.tracker.trains[trip.vehicle].stop == 2
    assert line.tracker.departures_s[trip.trip_id, 1] == trip.departure_s[1]
    assert [one.kind for one in outcome.passed] == ["departed"]


def test_a_time_in_the_future_is_refused() -> None:
    line, trip = live_line(), first_trip()
    take(line, [event_row(trip, 1, "arrived", 3600.0)], trip.arrival_s[1])
    assert line.tracker.trains == {}
    assert line.tracker.refused == {"time in the future": 1}


def test_an_event_without_a_trip_belongs_to_the_trip_of_its_train_that_fits_best() -> None:
    line, trip = live_line(), first_trip()
    take(line, [{**event_row(trip, 1, "arrived", 40.0), "trip": ""}], trip.arrival_s[1] + 41.0)
    assert line.tracker.trains[trip.vehicle].trip == trip


def test_missing_unknown_and_swapped_trains_are_alarms() -> None:
    line, trip = live_line(), first_trip()
    other = next(name for name in live_plan().duties if name != trip.vehicle)
    now_s = trip.departure_s[1] + 1.0
    take(line, [event_row(trip, 1, "departed", train="X7")], now_s)
    assert line.tracker.trains["X7"].is_unknown
    take(line, [event_row(trip, 2, "arrived", train=other)], trip.arrival_s[2] + 1.0)
    assert line.tracker.trains[other].is_swapped
    late_s = trip.start_s + 400.0
    take(line, [], late_s)
    kinds = {one.condition.kind for one in line.alarms.alarms.values()}
    assert {"train missing", "train unknown", "train swapped"} <= kinds


def test_a_train_that_stands_is_a_gap_behind_and_bunching_ahead_before_the_next_departure() -> None:
    line, trip = live_line(), first_trip()
    plan = live_plan()
    behind = plan.trips[plan.behind[trip.trip_id, 0][0]]
    now_s = behind.departure_s[1] + 1.0
    on_time = [event_row(behind, stop, kind) for stop, kind in ((0, "departed"), (1, "arrived"), (1, "departed"))]
    first = event_row(plan.trips[plan.ahead[trip.trip_id, 1][0]], 1, "departed")
    take(line, [first, event_row(trip, 0, "departed"), event_row(trip, 1, "arrived"), *on_time], now_s)
    for second in range(12):
        take(line, [], now_s + second)
    found = {(one.condition.kind, one.condition.key) for one in line.alarms.lines()}
    assert ("bunching", behind.vehicle) in found
    assert ("gap", trip.vehicle) in found


def test_a_clock_that_goes_back_begins_a_new_day() -> None:
    line, trip = live_line(), first_trip()
    take(line, [event_row(trip, 1, "arrived")], trip.arrival_s[1] + 1.0)
    take(line, [], EIGHT - 7200.0)
    assert line.tracker.trains == {}
    assert line.now_s == EIGHT - 7200.0


def test_names_that_change_do_not_fill_the_memory() -> None:
    line, trip = live_line(), first_trip()
    now_s = trip.departure_s[1] + 1.0
    rows = [event_row(trip, 1, "departed", train=f"X{k}") for k in range(300)]
    records = [{"kind": "record", "vehicle": f"Y{k}", "time_s": 1, "chainage_m": 1, "speed_m_s": 1, "voltage_v": 800,
                "current_a": 1} for k in range(300)]  # fmt: skip
    meters = {"kind": "meters", "time_s": now_s, "power_kw": {f"Z{k}": 1.0 for k in range(300)}}
    take(line, [*rows, *records, meters], now_s)
    assert len(line.tracker.trains) <= MOST_UNKNOWN
    assert line.drift.trains == {}
    assert line.meters_kw == {}
