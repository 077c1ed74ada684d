"""Hindered runs: closed forms of braking and restarting, limits, and the profile itself where nothing is in the way."""

import numpy as np
import pytest
from sections import free, hilly, level, metro

from energy_models.driving.optimal import optimal
from energy_models.driving.profile import DrivingProfile
from energy_models.driving.reintegration import reintegrate
from energy_models.driving.speed_cap import speed_cap
from energy_models.movement.following import (
    Ahead,
    Authority,
    Obstacle,
    RestrictedMotion,
    braking_rate_m_s2,
    first_restriction,
    follow,
    profile_along_path,
    standing_at,
)
from energy_models.movement.following import Path as Motion
from energy_models.movement.following_kernel import STEP_S
from energy_models.movement.planned import seconds_of_motion
from energy_models.train import Efficiency, Train

HILLS = hilly((300.0, 20.0, 0.004), (500.0, 22.0, -0.01), (400.0, 18.0, 0.015))
RATE = 0.8
NOTHING = Ahead((), Authority(RATE, 0.0, 0.0, np.zeros(0)))


def behind(*obstacles: Obstacle, reaction_s: float = 0.0, margin_m: float = 0.0, borders: tuple[float, ...] = (),
           wall_m: float = np.inf) -> Ahead:  # fmt: skip
    return Ahead(obstacles, Authority(RATE, reaction_s, margin_m, np.array(borders)), wall_m)


def moves_on_at(place_m: float, time_s: float, speed_m_s: float = 80.0) -> Obstacle:
    """A rear end that stands at a place until a time, then is off at once, faster than any train."""
    nodes = np.array([time_s - 1e4, time_s, time_s + 1e-6, time_s + 1e4])
    places = np.array([place_m, place_m, place_m, place_m + 1e4 * speed_m_s])
    return Obstacle(Motion(nodes, places, np.array([0.0, 0.0, speed_m_s, speed_m_s])), np.inf)


def motion_of(profile: DrivingProfile) -> Motion:
    return Motion(profile.time_s, profile.distance_m, profile.speed_m_s)


def whole_run(profile: DrivingProfile, train: Train, passengers: float, ahead: Ahead) -> RestrictedMotion:
    return follow(profile, train, passengers, 0.0, 0.0, 0.0, ahead)


@pytest.mark.parametrize("passengers", [400.0, 1000.0])
def test_with_nothing_ahead_the_motion_is_the_profile(passengers: float) -> None:
    train = metro()
    profile = optimal(HILLS, train, 1000.0, 100.0)
    run = whole_run(profile, train, passengers, NOTHING)
    assert not run.stands
    # Steps of 0.5 s against cells of 6 m: the corners are cut by less than a step.
    assert run.path.time_s[-1] == pytest.approx(profile.running_time_s, abs=STEP_S)
    wanted = np.sqrt(np.interp(run.path.place_m, profile.distance_m, profile.speed_m_s**2))
    assert np.abs(run.path.speed_m_s - wanted)[1:-1].max() < 0.35
    driven = profile_along_path(profile, train, passengers, run.path, 1)
    direct = seconds_of_motion(profile, train, passengers)
    again = seconds_of_motion(driven, train, passengers)
    assert again.power_w.sum() == pytest.approx(direct.power_w.sum(), rel=5e-3)


def test_a_train_stops_at_the_end_of_its_authority_and_stands_there() -> None:
    train = free(maximum_acceleration_m_s2=1.0, maximum_deceleration_m_s2=1.0)
    profile = speed_cap(level(2000.0, 20.0), train, 0.0, 130.0)
    run = whole_run(profile, train, 0.0, behind(Obstacle(standing_at(1250.0)), margin_m=50.0))
    assert run.stands
    assert run.path.place_m[-1] == pytest.approx(1200.0, abs=0.01)
    assert run.path.speed_m_s[-1] == 0.0
    # Braking begins v²/2b before the end, at most one step off.
    cap = profile.speed_m_s.max()
    last_at_cap = run.path.place_m[run.path.speed_m_s > cap - 0.01][-1]
    assert last_at_cap == pytest.approx(1200.0 - cap**2 / (2.0 * RATE), abs=cap * STEP_S)


def test_the_time_lost_by_a_stop_is_that_of_the_closed_form() -> None:
    # Full speed V to a stand at rate b, and back at rate a, takes V/2b + V/2a longer than passing at V; then the wait.
    train = free(maximum_acceleration_m_s2=1.0, maximum_deceleration_m_s2=1.0)
    profile = speed_cap(level(3000.0, 20.0), train, 0.0, 170.0)
    cap = float(profile.speed_m_s.max())
    place_m, free_s = 1500.0, 140.0
    run = whole_run(profile, train, 0.0, behind(moves_on_at(place_m, free_s), reaction_s=2.0))
    assert not run.stands
    stood = run.path.time_s[(run.path.speed_m_s == 0.0) & (run.path.place_m > 1.0) & (run.path.place_m < 2999.0)]
    assert stood[-1] == pytest.approx(free_s + 2.0, abs=2.0 * STEP_S)
    passes_s = profile.running_time_s - (3000.0 - place_m) / cap - 0.5 * cap  # when the profile would be there
    lost_s = stood[-1] - passes_s + 0.5 * cap
    assert run.path.time_s[-1] == pytest.approx(profile.running_time_s + lost_s, abs=2.0 * STEP_S)


def test_a_stop_on_the_way_costs_the_kinetic_energy_again() -> None:
    # No resistance, no regeneration: one more acceleration to the cap costs m V²/2 over the efficiency.
    train = free(
        maximum_acceleration_m_s2=1.0, maximum_deceleration_m_s2=1.0, traction_efficiency=Efficiency.constant(0.85),
        regeneration_efficiency=Efficiency.constant(0.0),
    )  # fmt: skip
    profile = speed_cap(level(3000.0, 20.0), train, 0.0, 170.0)
    run = whole_run(profile, train, 0.0, behind(moves_on_at(1500.0, 150.0)))
    driven = profile_along_path(profile, train, 0.0, run.path, 1)
    again_j = 0.5 * train.effective_mass_kg(0.0) * float(profile.speed_m_s.max()) ** 2 / 0.85
    assert driven.traction_energy_j - profile.traction_energy_j == pytest.approx(again_j, rel=5e-3)
    drawn = seconds_of_motion(driven, train, 0.0)
    assert drawn.power_w.sum() == pytest.approx(driven.net_energy_j, rel=1e-9)
    waiting = drawn.distance_m[1:] == drawn.distance_m[:-1]
    assert waiting.sum() > 20
    assert np.all(drawn.power_w[1:][waiting][1:-1] == 0.0)


def test_a_train_behind_a_slower_one_keeps_its_braking_distance_and_takes_its_speed() -> None:
    train = free(maximum_acceleration_m_s2=1.0, maximum_deceleration_m_s2=1.0)
    profile = speed_cap(level(4000.0, 20.0), train, 0.0, 220.0)
    slow = Obstacle(Motion(np.array([0.0, 400.0]), np.array([300.0, 4300.0]), np.array([10.0, 10.0])), np.inf)
    run = whole_run(profile, train, 0.0, behind(slow, reaction_s=3.0, margin_m=40.0))
    rear = 300.0 + 10.0 * (run.path.time_s - 3.0)
    room = rear - 40.0 - run.path.place_m - run.path.speed_m_s**2 / (2.0 * RATE)
    assert room.min() > -1e-6
    steady = (run.path.time_s > 150.0) & (run.path.time_s < 300.0)
    np.testing.assert_allclose(run.path.speed_m_s[steady], 10.0, atol=0.01)
    np.testing.assert_allclose(room[steady], 0.0, atol=0.05)


def test_fixed_blocks_end_the_authority_at_the_border_behind_the_rear() -> None:
    train = free(maximum_acceleration_m_s2=1.0, maximum_deceleration_m_s2=1.0)
    profile = speed_cap(level(2000.0, 20.0), train, 0.0, 130.0)
    borders = (0.0, 400.0, 800.0, 1200.0, 1600.0, 2000.0)
    inside = whole_run(profile, train, 0.0, behind(Obstacle(standing_at(1199.0)), borders=borders))
    on_border = whole_run(profile, train, 0.0, behind(Obstacle(standing_at(1200.0)), borders=borders))
    assert inside.path.place_m[-1] == pytest.approx(800.0, abs=0.01)
    assert on_border.path.place_m[-1] == pytest.approx(1200.0, abs=0.01)


def test_the_moment_of_the_first_hindrance_is_that_of_the_braking_curve() -> None:
    train = free(maximum_acceleration_m_s2=1.0, maximum_deceleration_m_s2=1.0)
    profile = speed_cap(level(2000.0, 20.0), train, 0.0, 130.0)
    cap = float(profile.speed_m_s.max())
    found = first_restriction(motion_of(profile), 0.0, behind(Obstacle(standing_at(1200.0))))
    at_m, _ = motion_of(profile).at(found.from_s)
    cell_m = np.diff(profile.distance_m).max()
    assert at_m == pytest.approx(1200.0 - cap**2 / (2.0 * RATE), abs=2.0 * cell_m)
    assert not found.clear
    assert first_restriction(motion_of(profile), 0.0, NOTHING).clear
    gone = first_restriction(motion_of(profile), 0.0, behind(Obstacle(standing_at(1200.0), gone_s=10.0)))
    assert gone.from_s == np.inf
    assert not gone.clear  # until then it is there


def test_speeds_and_forces_keep_to_the_train() -> None:
    train = metro()
    profile = speed_cap(HILLS, train, 1500.0, 95.0)
    run = whole_run(profile, train, 1500.0, behind(moves_on_at(900.0, 90.0), margin_m=30.0))
    driven = profile_along_path(profile, train, 1500.0, run.path, 1)
    middle = 0.5 * (driven.speed_m_s[1:] + driven.speed_m_s[:-1])
    assert np.all(driven.traction_force_n <= train.traction.at(middle) * 1.02 + 1.0)
    gain = np.diff(driven.speed_m_s) / np.diff(driven.time_s)
    assert gain.max() <= train.maximum_acceleration_m_s2 + 1e-6
    assert gain.min() >= -train.maximum_deceleration_m_s2 - 0.05
    limit = np.sqrt(np.interp(driven.distance_m, profile.distance_m, profile.speed_m_s**2))
    assert np.all(driven.speed_m_s <= limit + 0.3)


def test_the_computed_forces_move_the_train_as_computed() -> None:
    # Independent of the integration: the forces, integrated again by other code over the part that moves.
    train = metro()
    profile = optimal(HILLS, train, 800.0, 100.0)
    slow = Obstacle(Motion(np.array([0.0, 400.0]), np.array([150.0, 4150.0]), np.array([10.0, 10.0])), np.inf)
    run = whole_run(profile, train, 800.0, behind(slow, reaction_s=3.0))
    driven = profile_along_path(profile, train, 800.0, run.path, 1)
    assert driven.running_time_s > profile.running_time_s + 5.0
    again = reintegrate(driven, train)
    assert again.running_time_s == pytest.approx(driven.running_time_s, rel=2e-3)


def test_the_braking_rate_is_what_the_brakes_hold_at_that_load() -> None:
    train = metro()  # 230 kN electric, fading to 130 kN, with 230 kN of friction; 230 kN together
    assert braking_rate_m_s2(train, 0.0, 0.5) == 0.5
    assert braking_rate_m_s2(train, 1500.0, 2.0) == pytest.approx(230e3 / train.effective_mass_kg(1500.0))
