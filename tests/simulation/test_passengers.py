"""Passengers: waiting by the formulas for regular and random headways, nobody lost, and trains fill after gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.passengers import Platform, PlatformDemand, scheduled_waiting_s


def steady(per_hour: float = 360.0, hours: int = 20) -> PlatformDemand:
    """Three stations, the same rate all day at the first, all who board there leave at the second or third."""
    edges = 3600.0 * np.arange(hours + 1)
    boarding = np.tile([per_hour, 0.0, 0.0], (hours, 1))
    return PlatformDemand.from_rates(
        edges,
        boarding,
        np.tile([0.0, per_hour / 4, 3 * per_hour / 4], (hours, 1)),
        np.tile([per_hour, 3 * per_hour / 4], (hours, 1)),
    )


def test_regular_headways_make_passengers_wait_half_of_one() -> None:
    demand = steady()
    calls = [(0, float(t)) for t in range(600, 40000, 300)]
    waited_s = scheduled_waiting_s(calls, demand, [300.0])
    passengers = demand.came_between(0, 300.0, calls[-1][1])[0]
    assert waited_s / passengers == pytest.approx(150.0, rel=1e-12)


def test_random_headways_make_them_wait_by_the_second_moment() -> None:
    # Limiting case: W = E[H²] / 2E[H]; for exponential headways that is E[H], twice the regular wait.
    headway_s = np.random.default_rng(4).exponential(30.0, 2000)
    departures = np.cumsum(headway_s)
    demand = steady(hours=20)
    waited_s = scheduled_waiting_s([(0, float(t)) for t in departures], demand, [0.0])
    expected = (headway_s**2).sum() / (2.0 * headway_s.sum())
    assert waited_s / demand.came_by(0, float(departures[-1])) == pytest.approx(expected, rel=1e-9)
    assert expected == pytest.approx(30.0, rel=0.1)


@given(st.lists(st.floats(0.0, 80000.0), min_size=1, max_size=30), st.floats(0.0, 500.0))
def test_nobody_is_lost(times: list[float], room: float) -> None:
    demand = steady()
    platform = Platform(demand, 0, 0.0)
    boarded = sum(platform.board(t, room).boarded for t in sorted(times))
    assert boarded + platform.never_served() == pytest.approx(demand.came_by(0, 1e6), rel=1e-9)


def test_who_finds_no_room_waits_for_the_next_train() -> None:
    platform = Platform(steady(360.0), 0, 0.0)
    first = platform.board(1000.0, 60.0)
    assert (first.boarded, first.denied) == (pytest.approx(60.0), pytest.approx(40.0))
    second = platform.board(1100.0, 60.0)
    assert second.boarded == pytest.approx(50.0)
    # 40 passengers wait 100 s more, 10 new ones 50 s each on average.
    assert second.waited_s == pytest.approx(40 * 100 + 10 * 50)


def test_rates_that_change_within_a_gap_are_integrated_exactly() -> None:
    demand = PlatformDemand.from_rates(
        np.array([0.0, 100.0, 300.0]),
        np.array([[3600.0, 0.0], [7200.0, 0.0]]),
        np.zeros((2, 2)),
        np.array([[3600.0], [7200.0]]),
    )
    came, waited_s = demand.came_between(0, 50.0, 200.0)
    assert came == pytest.approx(50 + 200)
    assert waited_s == pytest.approx(50 * 125 + 200 * 50)
    assert demand.came_by(0, 1000.0) == pytest.approx(100 + 400)


def test_shares_that_leave_follow_the_flow_and_all_leave_at_the_end() -> None:
    demand = steady()
    assert demand.share_leaving(1, 5000.0) == pytest.approx(0.25)
    assert demand.share_leaving(2, 5000.0) == 1.0


def test_rates_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="need 3 edges"):
        PlatformDemand.from_rates(np.array([0.0, 1.0]), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 2)))
