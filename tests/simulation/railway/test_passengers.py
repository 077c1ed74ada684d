"""Passengers: waiting by the formulas for regular and random headways, conservation, and full trains after gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.railway.passengers import Call, OnBoard, Platform, PlatformDemand, scheduled_waiting_s


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
    calls = [Call(0, float(t)) for t in range(600, 40000, 300)]
    waited_s = scheduled_waiting_s(calls, demand, [300.0])
    passengers = demand.came_between(0, 300.0, calls[-1].departure_s)[0].sum()
    assert waited_s / passengers == pytest.approx(150.0, rel=1e-12)


def test_random_headways_make_them_wait_by_the_second_moment() -> None:
    # Limiting case: W = E[H²] / 2E[H]; for exponential headways that is E[H], twice the regular wait.
    headway_s = np.random.default_rng(4).exponential(30.0, 2000)
    departures = np.cumsum(headway_s)
    demand = steady(hours=20)
    waited_s = scheduled_waiting_s([Call(0, float(t)) for t in departures], demand, [0.0])
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
    assert came.sum() == pytest.approx(50 + 200)
    assert waited_s.sum() == pytest.approx(50 * 125 + 200 * 50)
    assert demand.came_by(0, 1000.0) == pytest.approx(100 + 400)


def test_rates_become_destinations_that_give_the_flows_back() -> None:
    demand = steady()
    assert demand.per_hour[0].sum(axis=0) == pytest.approx([0.0, 90.0, 270.0])
    # Two stations of boarding; half of all passengers leave at the third.
    mixed = PlatformDemand.from_rates(
        np.array([0.0, 3600.0]),
        np.array([[100.0, 60.0, 0.0, 0.0]]),
        np.array([[0.0, 20.0, 70.0, 70.0]]),
        np.array([[100.0, 140.0, 70.0]]),
    )
    np.testing.assert_allclose(
        mixed.per_hour[0], [[0, 20, 40, 40], [0, 0, 30, 30], [0, 0, 0, 0], [0, 0, 0, 0]], atol=1e-12
    )


def three_ways() -> PlatformDemand:
    """From the first of three stations 300 an hour to the second and 600 to the third."""
    return PlatformDemand.from_journeys(np.array([0.0, 36000.0]), np.array([[[0, 300, 600], [0, 0, 0], [0, 0, 0]]]))


def test_a_short_room_is_shared_and_a_short_trip_takes_only_those_it_serves() -> None:
    platform = Platform(three_ways(), 0, 0.0)
    short = platform.board(3600.0, 1000.0, last_station=1)
    assert short.boarded_to == pytest.approx([0.0, 300.0, 0.0])
    assert short.denied == 0.0  # who wants to go farther is not denied, but waits for another train
    assert platform.waiting(3600.0) == pytest.approx(600.0)
    assert platform.waiting(3600.0, last_station=1) == 0.0
    through = platform.board(7200.0, 500.0)
    assert through.boarded_to == pytest.approx([0.0, 100.0, 400.0])
    assert through.denied == pytest.approx(1000.0)
    # 600 have waited the whole hour, 900 came during it.
    assert through.waited_s == pytest.approx(600 * 3600 + 900 * 1800)


def test_everybody_leaves_at_the_destination() -> None:
    train = OnBoard(3)
    train.board(np.array([0.0, 100.0, 400.0]))
    assert (train.count, train.alighting(1)) == (500.0, 100.0)
    train.alight(1)
    assert (train.count, train.alighting(1), train.alighting(2)) == (400.0, 0.0, 400.0)


def test_rates_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="need 3 edges"):
        PlatformDemand.from_rates(np.array([0.0, 1.0]), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="in 1 bins"):
        PlatformDemand.from_journeys(np.array([0.0, 1.0]), np.zeros((1, 3, 2)))
