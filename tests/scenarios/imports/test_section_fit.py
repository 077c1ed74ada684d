"""Running times and dwells of one pattern: least squares within the rounding of its published times."""

import itertools
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.imports.section_fit import DWELL_SPREAD_S, RUNNING_SPREAD, Pattern, fitted


def pattern(departures: tuple[float, ...], least: tuple[int, ...], dwell_s: int = 30) -> Pattern:
    """A pattern with one time per stop; the sections have the shares of their least running times."""
    stops = len(departures)
    return Pattern(
        arrival_s=(0.0, *(nan,) * (stops - 2), departures[-1]),
        departure_s=departures,
        aim_s=departures,
        least_run_s=least,
        shape_s=tuple(float(time_s) for time_s in least),
        dwell_s=(dwell_s,) * (stops - 2),
        least_dwell_s=(20,) * (stops - 2),
    )


def test_rounded_minutes_become_what_a_train_can_run() -> None:
    """Sections of 60 and 120 s in a timetable of whole minutes, for equal sections that need 55 s."""
    published = pattern((0, 60, 180, 240, 360), (55,) * 4)
    fit = fitted(published, 360, 60)
    runs = [b - a for a, b in itertools.pairwise((0, *fit.departure_s[1:]))]
    assert fit.beyond_s == 0
    assert fit.arrival_s[-1] == 360
    assert all(abs(ours - theirs) <= 60 for ours, theirs in zip(fit.departure_s, published.departure_s, strict=True))
    assert max(runs) - min(runs) < 60, "the alternation of 60 and 120 s is smaller"
    for k in (1, 2, 3):
        assert fit.departure_s[k] - fit.arrival_s[k] == pytest.approx(30, abs=1)


def test_dwells_shrink_before_a_running_time_is_too_short() -> None:
    fit = fitted(pattern((0, 80, 160, 240), (60, 60, 60)), 240, 60)
    dwells = [fit.departure_s[k] - fit.arrival_s[k] for k in (1, 2)]
    runs = [there - here for here, there in zip(fit.departure_s, fit.arrival_s[1:], strict=False)]
    assert min(runs) >= 60
    assert all(20 <= dwell_s <= 30 for dwell_s in dwells)
    assert sum(runs) + sum(dwells) == 240


def test_the_optimum_is_that_of_all_possible_times() -> None:
    """Against an enumeration of three sections with small intervals."""
    published = pattern((0, 50, 100, 150), (30, 20, 25), 10)
    published = Pattern(**{**vars(published), "least_dwell_s": (5, 5)})
    variance, one_way_s = 10**2 / 6, 150
    stretch = (one_way_s - 20) / 75

    def cost(in1: int, out1: int, in2: int, out2: int) -> float:
        runs = (in1, in2 - out1, one_way_s - out2)
        total = sum(
            ((run - stretch * least) / (RUNNING_SPREAD * stretch * least + 1)) ** 2
            for run, least in zip(runs, (30, 20, 25), strict=True)
        )
        total += sum(((dwell - 10) / DWELL_SPREAD_S) ** 2 for dwell in (out1 - in1, out2 - in2))
        return total + ((out1 - 50) ** 2 + (out2 - 100) ** 2) / variance

    best = min(
        (
            (cost(in1, out1, in2, out2), (in1, out1, in2, out2))
            for out1 in range(40, 61)
            for in1 in range(30, out1 - 4)
            for out2 in range(90, 111)
            for in2 in range(out1 + 20, out2 - 4)
            if one_way_s - out2 >= 25
        ),
    )
    fit = fitted(published, one_way_s, 10)
    found = (fit.arrival_s[1], fit.departure_s[1], fit.arrival_s[2], fit.departure_s[2])
    assert cost(*found) == pytest.approx(best[0])


def test_a_section_that_no_rounding_explains_moves_beyond_the_resolution() -> None:
    fit = fitted(pattern((0, 30, 300), (100, 100)), 300, 5)
    assert fit.arrival_s[1] >= 100
    assert fit.beyond_s > 0


def test_an_exact_possible_time_stays() -> None:
    published = pattern((0, 130, 251, 390), (80, 70, 90))
    assert fitted(published, 390, 1).departure_s == (0, 130, 251, 390)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=8), st.lists(st.integers(20, 90), min_size=8, max_size=8))
def test_the_times_of_any_timetable_can_be_run(minutes: list[int], least: list[int]) -> None:
    times = tuple(float(t) for t in itertools.accumulate((0, *(60 * one for one in minutes))))
    published = pattern(times, tuple(least[: len(minutes)]))
    one_way_s = max(int(times[-1]), published.least_time_s)
    fit = fitted(published, one_way_s, 60)
    assert fit.arrival_s[-1] == fit.departure_s[-1] == one_way_s
    for k, shortest in enumerate(published.least_run_s):
        assert fit.arrival_s[k + 1] - fit.departure_s[k] >= shortest
    for k in range(1, len(minutes)):
        assert fit.departure_s[k] - fit.arrival_s[k] >= 20
