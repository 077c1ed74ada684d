"""The ordinary day of a calendar of any length."""

from datetime import date

import pytest

from energy_models.faults import InputFaults
from scenarios.imports.gtfs.feed import Feed
from scenarios.imports.gtfs.service_day import Calendar, chosen_day, day_kinds

DAILY = (True,) * 7
WEEKDAYS = (True,) * 5 + (False,) * 2
FEED = Feed("feed.zip", {})


def test_the_mode_of_the_weekdays_is_chosen_and_not_the_busiest_day() -> None:
    calendar = Calendar(
        (("w", date(2026, 1, 1), date(2026, 12, 31), WEEKDAYS),
         ("s", date(2026, 1, 1), date(2026, 12, 31), (False,) * 5 + (True,) * 2)),
        {date(2026, 1, 5): (("s", True),), date(2026, 1, 1): (("w", False), ("s", True))},
    )  # fmt: skip
    chosen = chosen_day(FEED, calendar, {"w": 100, "s": 60}, None)
    assert chosen.day == date(2026, 1, 2)
    assert chosen.services == {"w"}
    assert chosen.reason == "the first ordinary day: 259 of 261 weekdays have this service of 100 trips"
    assert chosen_day(FEED, calendar, {"w": 100, "s": 60}, date(2026, 1, 5)).services == {"w", "s"}


def test_without_trips_on_weekdays_all_days_count() -> None:
    calendar = Calendar((("s", date(2026, 1, 1), date(2026, 3, 1), (False,) * 5 + (True, False)),), {})
    assert chosen_day(FEED, calendar, {"s": 5}, None).day == date(2026, 1, 3)
    with pytest.raises(InputFaults, match="no day with trips"):
        chosen_day(FEED, calendar, {"other": 5}, None)


def test_a_calendar_of_centuries_is_counted_like_day_by_day() -> None:
    calendar = Calendar((("w", date(1900, 1, 3), date(2500, 12, 30), WEEKDAYS),), {date(2000, 6, 1): (("w", False),)})
    (kind,) = day_kinds(calendar, {"w"})
    days = range(date(1900, 1, 3).toordinal(), date(2500, 12, 30).toordinal() + 1)
    expected = sum(date.fromordinal(day).weekday() < 5 for day in days) - 1
    assert (kind.days, kind.weekdays, kind.first) == (expected, expected, date(1900, 1, 3))


def test_the_last_day_of_time_is_a_day() -> None:
    calendar = Calendar((("d", date(9999, 12, 1), date.max, DAILY),), {})
    assert chosen_day(FEED, calendar, {"d": 1}, None).day == date(9999, 12, 1)
