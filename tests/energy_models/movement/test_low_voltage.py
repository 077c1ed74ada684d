"""Trains that the supply starves: closed forms, limits, and the profile itself where everything is served."""

import numpy as np
import pytest
from sections import free, hilly, level, metro

from energy_models.driving.optimal import optimal
from energy_models.driving.reintegration import reintegrate
from energy_models.driving.speed_cap import speed_cap
from energy_models.movement.low_voltage import CRAWL_M_S, ServedShare, slowed_profile
from energy_models.movement.planned import seconds_of_motion

TRACK = hilly((300.0, 20.0, 0.004), (500.0, 22.0, -0.01), (400.0, 18.0, 0.015))
EVERYTHING = ServedShare(np.zeros(1), np.ones(1))


def always(share: float) -> ServedShare:
    return ServedShare(np.zeros(1), np.full(1, share))


@pytest.mark.parametrize("passengers", [400.0, 1000.0])
def test_a_train_served_in_full_runs_its_profile(passengers: float) -> None:
    train = metro()
    profile = optimal(TRACK, train, 1000.0, 95.0)
    run = slowed_profile(profile, train, passengers, EVERYTHING)
    np.testing.assert_allclose(run.speed_m_s, profile.speed_m_s, rtol=1e-9, atol=1e-9)
    assert run.running_time_s == pytest.approx(profile.running_time_s, abs=1e-9)
    # The forces are those of the actual load, as the movement has them.
    direct, again = (seconds_of_motion(p, train, passengers) for p in (profile, run))
    np.testing.assert_allclose(again.power_w, direct.power_w, rtol=1e-6, atol=2.0)


def test_half_the_force_on_a_level_without_resistance_reaches_half_the_kinetic_energy() -> None:
    # Closed form: 200 kN on 200 t is 1 m/s²; half of it reaches 20 m/s after 400 m instead of 200 m, the brake's curve
    # cuts in as planned, and the way to 200 m takes sqrt(2) times as long.
    train = free()
    profile = speed_cap(level(2000.0, 20.0), train, 0.0, 130.0)
    run = slowed_profile(profile, train, 0.0, always(0.5))
    cap = profile.speed_m_s.max()
    at = np.searchsorted(profile.distance_m, 0.5 * cap**2, side="right") - 2
    assert run.speed_m_s[at] ** 2 == pytest.approx(0.5 * profile.speed_m_s[at] ** 2, rel=1e-3)
    assert run.time_s[at] == pytest.approx(np.sqrt(2.0) * profile.time_s[at], rel=1e-3)
    assert run.speed_m_s.max() == pytest.approx(cap, rel=1e-6)
    np.testing.assert_allclose(run.speed_m_s[-20:], profile.speed_m_s[-20:], rtol=1e-9)


def test_less_served_is_later_and_needs_more() -> None:
    train = metro()
    profile = optimal(TRACK, train, 800.0, 90.0)
    runs = [slowed_profile(profile, train, 800.0, always(share)) for share in (1.0, 0.9, 0.7, 0.5, 0.3)]
    times = [run.running_time_s for run in runs]
    assert np.all(np.diff(times) > 0.1)
    assert np.all(np.diff([run.traction_energy_j for run in runs]) > 0.0)
    for run in runs:
        assert np.all(run.speed_m_s <= profile.speed_m_s + 1e-9)
        assert np.all(run.traction_force_n <= train.traction.at(run.speed_m_s[:-1]) * 1.01)


def test_what_moves_the_train_is_what_was_served() -> None:
    # Independent of the recursion: the served forces, integrated again by other code, give the same motion.
    train = metro()
    profile = optimal(TRACK, train, 0.0, 90.0)
    places = np.array([0.0, 150.0, 420.0])
    run = slowed_profile(profile, train, 0.0, ServedShare(places, np.array([0.6, 1.0, 0.8])))
    middle = 0.5 * (run.distance_m[1:] + run.distance_m[:-1])
    share = np.where(middle < 150.0, 0.6, np.where(middle < 420.0, 1.0, 0.8))
    moved = reintegrate(
        type(run)(**{**run.__dict__, "traction_force_n": run.traction_force_n * share}), train
    )  # fmt: skip
    assert moved.running_time_s == pytest.approx(run.running_time_s, abs=0.05)


def test_a_train_that_gets_nothing_crawls() -> None:
    train = metro()
    profile = optimal(TRACK, train, 0.0, 90.0)
    run = slowed_profile(profile, train, 0.0, ServedShare(np.array([0.0, 100.0]), np.array([0.0, 1.0])))
    inside = (run.distance_m > 5.0) & (run.distance_m < 95.0)
    np.testing.assert_allclose(run.speed_m_s[inside], CRAWL_M_S)
    assert run.speed_m_s[-1] == profile.speed_m_s[-1]


def test_shares_hold_from_place_to_place_and_average() -> None:
    first = ServedShare(np.array([10.0, 50.0]), np.array([0.5, 1.0]))
    np.testing.assert_array_equal(first.at(np.array([0.0, 10.0, 49.0, 60.0])), [1.0, 0.5, 0.5, 1.0])
    both = first.mean_with(EVERYTHING)
    np.testing.assert_array_equal(both.at(np.array([0.0, 20.0, 60.0])), [1.0, 0.75, 1.0])
