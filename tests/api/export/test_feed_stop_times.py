"""Times of a trip of a feed at all of its stops, if it runs as a planned trip over some of them."""

from math import nan

from api.export.feed_stop_times import FeedCall, NewTimes, new_times, places_of, rows_between
from dispatch.plans.timetable import Trip


def calls(*stops: tuple[str, float, float]) -> list[FeedCall]:
    return [FeedCall(row, *stop) for row, stop in enumerate(stops, start=1)]


def trip(*stops: tuple[str, int, int]) -> Trip:
    sections = len(stops) - 1
    return Trip("T", "up", *zip(*stops, strict=True), ("optimal",) * sections, (0.0,) * sections)  # type: ignore[arg-type]


def seconds(times: list[NewTimes]) -> list[tuple[int | None, int | None]]:
    return [(one.arrival_s, one.departure_s) for one in times]


def test_standing_at_the_ends_stays_and_stops_between_keep_their_share() -> None:
    published = calls(("A", 0, 60), ("x", 160, 170), ("B", 260, 290), ("C", 400, 500))
    planned = trip(("A", 80, 80), ("B", 320, 340), ("C", 440, 440))
    assert places_of(planned.stations, published) == [0, 2, 3]
    assert seconds(new_times(planned, published)) == [(20, 80), (200, 212), (320, 340), (440, 540)]


def test_stops_beyond_the_plan_move_with_the_nearest_end() -> None:
    published = calls(("w", 0, 0), ("A", 100, 130), ("B", 260, 290), ("y", nan, nan), ("z", 400, 400))
    planned = trip(("A", 150, 150), ("B", 250, 250))
    assert seconds(new_times(planned, published)) == [(20, 20), (120, 150), (250, 280), (None, None), (390, 390)]
    assert list(rows_between(planned, published)) == [1, 2]


def test_two_rows_of_a_station_are_its_arrival_and_its_departure() -> None:
    published = calls(("A", 0, 0), ("B", 100, 100), ("B", 130, 130), ("C", 230, 230))
    planned = trip(("A", 5, 5), ("B", 110, 132), ("C", 240, 240))
    assert seconds(new_times(planned, published)) == [(5, 5), (110, 110), (132, 132), (240, 240)]
    assert list(rows_between(trip(("A", 5, 5), ("B", 110, 110)), published)) == [0, 1, 2]


def test_stations_in_another_order_do_not_fit() -> None:
    published = calls(("A", 0, 0), ("B", 100, 100), ("C", 200, 200))
    assert places_of(("B", "A"), published) is None
    assert places_of(("A", "D"), published) is None
