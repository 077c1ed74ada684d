"""Times over the line are those of a real trip or of the scenario's running times, by period where they differ."""

from called_lines import called, slower

from dispatch.plans.in_force import timetable_in_force
from scenarios.files.load import load_scenario
from scenarios.schema.service import SectionTime
from scenarios.values.station_times import departures_today, station_times

LINE = load_scenario("tutorial_line")


def test_running_times_and_dwells_add_up() -> None:
    up = station_times(LINE, "up")
    assert up.running_times_s == (90, 104, 120, 104)
    assert up.dwells_s == (30, 35, 30)
    assert up.one_way_s == 418 + 95
    assert up.departure_s == (0, 120, 259, 409, 513)


def test_a_period_has_its_own_running_times_and_dwells() -> None:
    rows = (
        SectionTime(
            from_s=25_200, to_s=28_800, direction="up", departure_station="MKT", running_time_s=110, dwell_s=38
        ),
        SectionTime(from_s=25_200, to_s=28_800, direction="down", departure_station="PRK", running_time_s=125),
    )
    line = LINE.with_parts(timetable=LINE.timetable.model_copy(update={"section_times": rows}))
    assert station_times(line, "up", 25_199) == station_times(LINE, "up")
    assert station_times(line, "up", 25_200).running_times_s == (90, 110, 120, 104)
    assert station_times(line, "up", 28_799).dwells_s == (38, 35, 30)
    assert station_times(line, "down", 26_000).running_times_s == (106, 125, 104, 90)
    assert station_times(line, "up", 28_800) == station_times(LINE, "up")
    trips = timetable_in_force(line).of("up")
    assert {trip.running_times_s for trip in trips if 25_200 <= trip.start_s < 28_800} == {(90, 110, 120, 104)}
    assert line.hash != LINE.hash


def test_calls_give_the_times_of_the_closest_trip() -> None:
    line = called(LINE, lambda trip: slower(trip, 10, 0) if trip.start_s == 25_200 else trip)
    assert station_times(line, "up", 25_210).running_times_s == (100, 114, 130, 114)
    assert station_times(line, "up", 21_000) == station_times(LINE, "up")
    assert station_times(line, "up") == station_times(LINE, "up")
    assert departures_today(line, "down") == departures_today(LINE, "down")
