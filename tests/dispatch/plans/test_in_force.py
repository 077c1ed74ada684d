"""The timetable in force against the reference day's conventions and a day worked out by hand."""

import json
from pathlib import Path

import pytest

from dispatch.plans.in_force import headway_table, timetable_in_force
from dispatch.rostering.duties import trip_distance_km
from scenarios.files.load import load_scenario
from scenarios.schema.service import Departure
from scenarios.values.station_times import departures_today

LINE = load_scenario("tutorial_line")
YIZHUANG = load_scenario("beijing_yizhuang")
# ../shared/reference/day/yizhuang_baseline.json: an independent model of the Yizhuang day.
REFERENCE_TRIPS, REFERENCE_TRAIN_KM, REFERENCE_VEHICLES = 368, 8363.9, 20


def test_yizhuang_day_has_the_trips_distance_and_vehicles_of_the_reference() -> None:
    timetable = timetable_in_force(YIZHUANG)
    assert len(timetable.trips) == REFERENCE_TRIPS
    # Printed with one decimal.
    assert sum(trip_distance_km(trip, YIZHUANG) for trip in timetable.trips) == pytest.approx(
        REFERENCE_TRAIN_KM, abs=0.05
    )
    assert len({trip.vehicle for trip in timetable.trips}) == REFERENCE_VEHICLES


@pytest.mark.parametrize(("override", "trips"), [("", 1014), ("+trips_1332", 1346), ("+trips_504", 506)])
def test_shanghai_has_about_the_published_trips(override: str, trips: int) -> None:
    """Published: 1,000 and 1,332 trips in 18 hours; whole headways and both last trains give some more."""
    assert len(timetable_in_force(load_scenario(f"shanghai_line8{override}")).trips) == trips


def test_reference_file_still_agrees_with_the_constants(reference_day_file: Path) -> None:
    day = json.loads(reference_day_file.read_text())
    assert (day["trips"], day["train_km"], day["fleet_in_service"]) == (
        REFERENCE_TRIPS,
        REFERENCE_TRAIN_KM,
        REFERENCE_VEHICLES,
    )


def test_first_trip_of_the_tutorial_line_to_the_second() -> None:
    """06:00 at HAR; running 90, 104, 120, 104 s and dwells 30, 35, 30 s."""
    trip = timetable_in_force(LINE).of("up")[0]
    log = [(s, a - 21600, d - 21600) for s, a, d in zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True)]
    assert log == [("HAR", 0, 0), ("MKT", 90, 120), ("UNI", 224, 259), ("PRK", 379, 409), ("AIR", 513, 513)]
    assert trip.trip_id == "up-001"
    assert trip.driving == ("speed_cap",) * 4


def test_departures_step_by_the_headway_in_force_at_the_departure() -> None:
    """Down begins 06:05; the step from 06:55 is still 600 s and leads to 07:05, from there 300 s until 08:30."""
    minutes = [(t - 6 * 3600) / 60 for t in departures_today(LINE, "down")]
    assert minutes == [5, 15, 25, 35, 45, 55, *range(65, 155, 5), 160, 170, 180]


@pytest.mark.parametrize(("last", "expected_last_gap_s"), [("09:02:59", 600), ("09:03:00", 180)])
def test_last_train_runs_only_well_after_the_train_before_it(last: str, expected_last_gap_s: int) -> None:
    hours, minutes, seconds = map(int, last.split(":"))
    timetable = LINE.timetable
    assert timetable.last_departure_s is not None
    changed = timetable.last_departure_s.model_copy(update={"up": 3600 * hours + 60 * minutes + seconds})
    assert timetable.periods is not None
    periods = (*timetable.periods[:-1], timetable.periods[-1].model_copy(update={"to_s": 36000}))
    update = {"last_departure_s": changed, "periods": periods}
    line = LINE.model_copy(update={"timetable": timetable.model_copy(update=update)})
    departures = departures_today(line, "up")
    assert departures[-1] - departures[-2] == expected_last_gap_s


def test_explicit_departures_are_taken_as_they_are() -> None:
    rows = tuple(Departure(direction="up", departure_s=t) for t in (30000, 29000, 31000))
    down = (Departure(direction="down", departure_s=29500),)
    timetable = LINE.timetable.model_copy(update={"periods": None, "departures": rows + down})
    line = LINE.model_copy(update={"timetable": timetable})
    assert departures_today(line, "up") == (29000, 30000, 31000)
    assert [trip.start_s for trip in timetable_in_force(line).of("down")] == [29500]


def test_headway_table_shows_the_headways_in_force() -> None:
    table = headway_table(timetable_in_force(YIZHUANG), YIZHUANG)
    up = [(period.headway_s, period.trips) for period in table if period.direction == "up"]
    # The last gap is 360 s: nine trips, seven gaps of 600 s and that one.
    assert up == [(600, 3), (240, 45), (420, 60), (240, 45), (420, 22), (570, 9)]
