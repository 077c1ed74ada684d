"""Periods of a timetable, and the shifts of periods against trying all of them."""

from itertools import product

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from timing_lines import SEVEN, case_of, small_line

from dispatch.plans.timetable import Timetable, Trip
from dispatch.timing.period_phases import FORBIDDEN_J, Border, PeriodPhases, best_shifts
from dispatch.timing.periods import periods_of

STEP_S = 4


@st.composite
def chains(draw: st.DrawFn) -> list[PeriodPhases]:
    """Two to four periods with arbitrary energies over the phase and arbitrary rules at their borders."""
    chain = []
    for number in range(draw(st.integers(2, 4))):
        headway = draw(st.integers(8, 20))
        energies = [draw(st.floats(0.0, 1e6)) for _ in range(headway)]
        borders = tuple(
            Border(draw(st.integers(10, 40)), draw(st.integers(12, 60)), draw(st.floats(0.0, 5.0)))
            if number and draw(st.integers(0, 3))
            else None
            for _ in range(2)
        )
        chain.append(
            PeriodPhases(
                cycles=draw(st.floats(0.5, 20.0)),
                energy_by_phase_j=np.array(energies),
                phase_s=draw(st.integers(0, headway - 1)),
                largest_shift_s=draw(st.integers(0, 8 if number < 3 else 4)),
                borders=(borders[0], borders[1]),
                drift_longest_s=(draw(st.floats(0.0, 20.0)), draw(st.floats(0.0, 20.0))),
                begins_fixed=(draw(st.booleans()), draw(st.booleans())),
            )
        )
    return chain


def price_of(chain: list[PeriodPhases], shifts: list[tuple[int, int]], waiting_price_j: float) -> float:
    """Energy and waiting of one choice of shifts, as the documents of the search say it."""
    total = 0.0
    for number, (period, (up, down)) in enumerate(zip(chain, shifts, strict=True)):
        headway = len(period.energy_by_phase_j)
        total += period.cycles * period.energy_by_phase_j[(period.phase_s + down - up) % headway]
        for d, border in enumerate(period.borders):
            if number == 0 or border is None:
                continue
            own, before = shifts[number][d], shifts[number - 1][d]
            gap = border.gap_s + own - before
            grown = own if period.begins_fixed[d] else own - before
            still = own == before and grown == 0
            broken = gap < 0.5 * border.gap_s or gap > border.gap_longest_s or abs(grown) > period.drift_longest_s[d]
            if broken and not still:
                return FORBIDDEN_J
            total += waiting_price_j * border.arrivals_per_s * 0.5 * (gap**2 - border.gap_s**2)
    return total


@given(chains(), st.sampled_from([0.0, 30.0, 2e3]))
@settings(max_examples=examples(40))
def test_shifts_are_the_best_of_all(chain: list[PeriodPhases], waiting_price_j: float) -> None:
    grids = [
        range(-(p.largest_shift_s // STEP_S) * STEP_S, p.largest_shift_s // STEP_S * STEP_S + 1, STEP_S) for p in chain
    ]
    every = product(*(list(product(grid, grid)) for grid in grids))
    # At most 25 choices a period: the last of four periods moves little, so that all can be tried.
    few = [choice for _, choice in zip(range(60_000), every, strict=False)]
    best = min(price_of(chain, list(choice), waiting_price_j) for choice in few)
    found = best_shifts(chain, waiting_price_j, STEP_S)
    reached = price_of(chain, [(int(up), int(down)) for up, down in found], waiting_price_j)
    assert reached < FORBIDDEN_J
    assert reached <= best + 1e-6 * abs(best) + 1e-6


def trips_at(starts: dict[str, list[int]]) -> Timetable:
    return Timetable(
        tuple(
            Trip(
                f"{d}-{n}",
                "up" if d == "up" else "down",
                ("A", "B"),
                (t, t + 300),
                (t, t + 300),
                ("speed_cap",),
                (0.0,),
            )
            for d, times in starts.items()
            for n, t in enumerate(sorted(times))
        )
    )


def test_every_trip_is_in_one_period_and_ends_of_the_day_stay() -> None:
    up = [*range(0, 3600, 300), *range(3600, 9000, 600)]
    down = [100 + t for t in up]
    table = trips_at({"up": up, "down": down})
    periods = periods_of(table)
    assert [period.headway_s for period in periods] == [300, 600]
    members = [j for period in periods for group in period.members for j in group]
    assert sorted(members) == list(range(len(table.trips)))
    moving = {j for period in periods for group in period.moving for j in group}
    ends = {0, len(up) - 1, len(up), len(up) + len(down) - 1}
    assert moving == set(range(len(table.trips))) - ends
    assert [period.phase_s for period in periods] == [100, 100]


def test_irregular_timetable_has_no_headway() -> None:
    generator = np.random.default_rng(1)
    gaps = generator.integers(120, 900, 40)
    table = trips_at({"up": np.cumsum(gaps).tolist(), "down": np.cumsum(gaps[::-1]).tolist()})
    periods = periods_of(table)
    assert all(period.headway_s is None for period in periods)
    assert sum(len(group) for period in periods for group in period.members) == 80


def test_directions_with_different_headways_have_none_in_common() -> None:
    table = trips_at({"up": list(range(0, 7200, 300)), "down": list(range(0, 7200, 450))})
    assert {period.headway_s for period in periods_of(table)} == {None}


def test_headway_table_cuts_where_it_changes() -> None:
    case = case_of(small_line(3, ((SEVEN, SEVEN + 1800, 300), (SEVEN + 1800, SEVEN + 5400, 600))))
    periods = periods_of(case.baseline, case.timing_limits.period_starts_s)
    assert [period.headway_s for period in periods] == [300, 600]
    first = case.baseline.trips[periods[1].members[0][0]]
    assert first.start_s >= SEVEN + 1800


@pytest.mark.parametrize("starts", [{"up": [0], "down": [50]}, {"up": [0, 900], "down": [30]}])
def test_a_handful_of_trips_is_one_period(starts: dict[str, list[int]]) -> None:
    (period,) = periods_of(trips_at(starts))
    assert period.headway_s is None
    assert period.largest_shift_s({}, ()) == 0
