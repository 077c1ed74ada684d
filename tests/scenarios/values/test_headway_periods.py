"""Headway periods are found where the headway of the departures changes, and nowhere else."""

from itertools import accumulate

import numpy as np
import pytest
from called_lines import called
from hypothesis import given
from hypothesis import strategies as st

from scenarios.files.load import load_scenario
from scenarios.values.headway_periods import BREAK_OF_SERVICE_S, found_starts_s, headway_starts_s, periods_today

FIRST_S = 6 * 3600


def departures(*parts: tuple[int, int], minutes: bool = False) -> list[int]:
    """Departures from 06:00 with so many gaps of each headway; `minutes` rounds to whole minutes."""
    times = accumulate((headway for headway, gaps in parts for _ in range(gaps)), initial=FIRST_S)
    return [round(time / 60) * 60 if minutes else time for time in times]


@pytest.mark.parametrize("minutes", [False, True])
def test_three_headways_are_three_periods(minutes: bool) -> None:
    times = departures((600, 10), (360, 20), (480, 30), minutes=minutes)
    assert found_starts_s(times) == (times[0], times[10], times[30])


def test_a_peak_between_equal_headways_is_found() -> None:
    times = departures((600, 6), (180, 40), (360, 50), (200, 40), (420, 30))
    assert found_starts_s(times) == tuple(times[k] for k in (0, 6, 46, 96, 136))


@pytest.mark.parametrize("headway_s", [277, 450, 330])
def test_minutes_that_alternate_are_one_headway(headway_s: int) -> None:
    assert found_starts_s(departures((headway_s, 100), minutes=True)) == (FIRST_S,)


def test_a_break_of_service_is_a_border() -> None:
    times = departures((600, 10), (3 * 3600, 1), (600, 10))
    assert found_starts_s(times) == (times[0], times[11])


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_departures_are_one_period(count: int) -> None:
    times = departures((600, 3))[:count]
    assert found_starts_s(times) == tuple(times[:1])


@given(st.lists(st.integers(1, 3 * BREAK_OF_SERVICE_S), min_size=1, max_size=80), st.integers(0, 2**31 - 1))
def test_starts_are_departures_in_order_and_do_not_depend_on_the_time_of_day(gaps: list[int], seed: int) -> None:
    times = list(accumulate(gaps, initial=FIRST_S))
    found = found_starts_s(times)
    assert found[0] == times[0]
    assert list(found) == sorted(set(found) & set(times))
    shift = int(np.random.default_rng(seed).integers(0, 10_000))
    assert [start + shift for start in found] == list(found_starts_s([time + shift for time in times]))


def test_periods_of_the_scenario_come_before_those_of_its_departures() -> None:
    line = load_scenario("tutorial_line")
    assert headway_starts_s(called(line, periods=line.timetable.periods), "down") == headway_starts_s(line, "down")
    assert periods_today(called(line), "up") == ((21_600, 25_200), (25_200, 30_600), (30_600, 32_400))
