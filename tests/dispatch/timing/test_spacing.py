"""Timetables whose trains are too close or too far apart: other departures, or today's times, for few trips."""

from dataclasses import replace

import pytest
from timing_lines import SEVEN, Case, case_of, small_line

from dispatch.plans.timetable import Timetable, Trip, retimed
from dispatch.timing.spacing import misfits, spaced
from scenarios.schema.base import DIRECTIONS


@pytest.fixture(scope="module")
def case() -> Case:
    return case_of(small_line(4, ((SEVEN, SEVEN + 3600, 240),)))


def _later(trip: Trip, seconds: int) -> Trip:
    return retimed(trip, trip.start_s + seconds, list(trip.running_times_s), list(trip.dwells_s), trip.driving[0])


def _with(case: Case, trip_id: str, seconds: int) -> Timetable:
    trips = tuple(_later(trip, seconds) if trip.trip_id == trip_id else trip for trip in case.baseline.trips)
    return Timetable(trips)


def _keeps_headways(case: Case, timetable: Timetable) -> bool:
    limits = case.timing_limits
    return all(
        limits.headway_shortest_s <= trip.departure_s[k] - ahead.departure_s[at] <= limits.gaps_longest_s(trip)[k]
        for direction in DIRECTIONS
        for (ahead, trip), places in timetable.neighbours(direction).items()
        for at, k in places
    )


def test_a_timetable_within_the_limits_stays_as_it_is(case: Case) -> None:
    moved = _with(case, "up-004", 60)
    assert spaced(case.task(), moved) is moved


def test_a_train_too_close_behind_another_leaves_later(case: Case) -> None:
    close = _with(case, "up-004", -160)
    assert not _keeps_headways(case, close)
    mended = spaced(case.task(), close)
    assert _keeps_headways(case, mended)
    changed = {trip.trip_id for trip, old in zip(mended.trips, close.trips, strict=True) if trip.start_s != old.start_s}
    # The train behind would be too far behind, and leaves earlier.
    assert changed == {"up-004", "up-005"}


def test_a_train_too_far_behind_another_leaves_earlier(case: Case) -> None:
    tight = replace(case.timing_limits, gap_longest_s=dict.fromkeys(case.timing_limits.gap_longest_s, 260))
    far = replace(case, timing_limits=tight)
    mended = spaced(far.task(), _with(far, "down-005", 100))
    assert _keeps_headways(far, mended)
    later = {
        trip.trip_id: trip.start_s - old.start_s for trip, old in zip(mended.trips, far.baseline.trips, strict=True)
    }
    assert {name: seconds for name, seconds in later.items() if seconds} == {"down-005": 20}


def test_trips_that_cannot_move_apart_get_the_times_of_today(case: Case) -> None:
    still = {trip.trip_id: (trip.start_s, trip.start_s) for trip in case.baseline.trips}
    fixed = replace(case, timing_limits=replace(case.timing_limits, window_s=still))
    close = Timetable(
        tuple(
            retimed(
                trip,
                trip.start_s,
                [trip.running_time_s(0) - 160, *trip.running_times_s[1:]],
                list(trip.dwells_s),
                "optimal",
            )
            if trip.trip_id == "up-004"
            else trip
            for trip in case.baseline.trips
        )
    )
    mended = spaced(fixed.task(), close)
    assert [trip.arrival_s for trip in mended.trips] == [trip.arrival_s for trip in case.baseline.trips]


def test_no_train_arrives_before_the_train_ahead_has_left(case: Case) -> None:
    """With a dwell longer than the minimum headway, departures are far enough apart and the platform is not free."""
    trips = []
    for trip in case.baseline.trips:
        dwells = list(trip.dwells_s)
        if trip.trip_id == "up-003":
            dwells[0] += 150
        trips.append(retimed(trip, trip.start_s, list(trip.running_times_s), dwells, trip.driving[0]))
    limits = replace(case.timing_limits, headway_shortest_s=30)
    loose = replace(case, timing_limits=limits)
    mended = spaced(loose.task(), Timetable(tuple(trips)))
    for (ahead, trip), places in mended.neighbours("up").items():
        assert all(trip.arrival_s[k + 1] > ahead.departure_s[at + 1] for at, k in places)


def test_misfits_are_the_trips_of_the_pairs_that_break_a_limit(case: Case) -> None:
    assert not misfits(case.timing_limits, case.baseline)
    for seconds in (-160, 160):
        close = misfits(case.timing_limits, _with(case, "up-004", seconds))
        assert "up-004" in close
        assert close <= {"up-003", "up-004", "up-005"}
