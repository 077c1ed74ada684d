"""Driving in cases with a known result."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sections import free, hilly, level, metro

from energy_models.driving.flat_out import flat_out
from energy_models.driving.optimal import optimal
from energy_models.driving.profile_table import profile_table
from energy_models.driving.reintegration import reintegrate
from energy_models.driving.speed_cap import speed_cap
from energy_models.driving.switching import switching_points
from energy_models.faults import Infeasible
from energy_models.train import Efficiency, ForceCurve


def test_flat_out_without_resistance_is_a_trapezium_in_time() -> None:
    # 1 m/s² to 20 m/s over 200 m, 600 m at 20 m/s, 200 m to the stop: 20 + 30 + 20 s.
    profile = flat_out(level(), free(), 0.0)
    assert profile.running_time_s == pytest.approx(70.0, abs=0.01)
    assert profile.speed_m_s.max() == pytest.approx(20.0, abs=1e-9)
    assert profile.speed_m_s[0] == profile.speed_m_s[-1] == 0.0


def test_flat_out_energy_is_the_kinetic_energy_at_the_collector() -> None:
    profile = flat_out(level(), free(), 0.0)
    kinetic_j = 0.5 * 200e3 * 20.0**2
    assert profile.traction_energy_j == pytest.approx(kinetic_j / 0.85, rel=1e-6)
    assert profile.regeneration_energy_j == pytest.approx(kinetic_j * 0.85, rel=1e-6)


def test_speed_cap_without_resistance_has_the_closed_form() -> None:
    # With 1 m/s² both ways the time is length / v + v: 80 s over 1000 m is a cap of 15.505 m/s.
    profile = speed_cap(level(), free(), 0.0, 80.0)
    assert profile.running_time_s == pytest.approx(80.0, abs=1e-6)
    assert profile.speed_m_s.max() == pytest.approx(40.0 - np.sqrt(600.0), rel=2e-3)


def test_without_resistance_and_losses_least_energy_is_nothing() -> None:
    lossless = free(traction_efficiency=Efficiency.constant(1.0), regeneration_efficiency=Efficiency.constant(1.0))
    profile = optimal(level(), lossless, 0.0, 80.0)
    assert profile.net_energy_j == pytest.approx(0.0, abs=1e-3 * profile.traction_energy_j)


def test_without_resistance_the_optimum_coasts_at_the_cap() -> None:
    # Losses only in turning energy over: the lowest top speed wins, which is the speed cap's own profile.
    assert optimal(level(), free(), 0.0, 80.0).net_energy_j == pytest.approx(
        speed_cap(level(), free(), 0.0, 80.0).net_energy_j, rel=2e-3
    )


def test_with_regeneration_worth_nothing_the_train_coasts_into_the_brake() -> None:
    train = metro()
    # Tight enough that full credit holds the speed and brakes from it.
    with_credit = optimal(level(2000.0), train, 0.0, 122.0)
    without = optimal(level(2000.0), train, 0.0, 122.0, regeneration_credit=0.0)
    assert without.traction_energy_j < with_credit.traction_energy_j
    assert without.net_energy_j > with_credit.net_energy_j
    assert [point.regime for point in switching_points(without, train)][-2:] == ["coast", "brake"]


def test_a_running_time_below_the_minimum_names_the_minimum() -> None:
    minimum_s = flat_out(level(), metro(), 0.0).running_time_s
    for drive in (optimal, speed_cap):
        with pytest.raises(Infeasible, match=rf"minimum of {minimum_s:.2f} s by 5\.00 s"):
            drive(level(), metro(), 0.0, minimum_s - 5.0)


def test_the_minimum_itself_can_be_driven() -> None:
    fastest = flat_out(level(), metro(), 0.0)
    assert optimal(level(), metro(), 0.0, fastest.running_time_s).net_energy_j == pytest.approx(
        fastest.net_energy_j, rel=1e-6
    )


def test_a_train_that_cannot_climb_is_infeasible_and_reports_where() -> None:
    track = hilly((500.0, 20.0, 0.0), (1500.0, 20.0, 0.14))
    with pytest.raises(Infeasible, match="cannot climb on at"):
        flat_out(track, metro(), 500.0)


def test_a_train_that_cannot_start_is_infeasible() -> None:
    with pytest.raises(Infeasible, match="cannot start at 0 m"):
        flat_out(level(slope=0.16), metro(), 0.0)


def test_brakes_that_cannot_hold_a_limit_downhill_are_infeasible() -> None:
    weak = metro(friction_brake_force_n=0.0, electric_brake=ForceCurve(np.zeros(1), np.array([40e3])))
    with pytest.raises(Infeasible, match="brakes cannot hold"):
        flat_out(hilly((200.0, 20.0, 0.0), (1800.0, 20.0, -0.05)), weak, 0.0)


def test_a_hill_that_cannot_be_held_is_taken_with_a_run_up() -> None:
    # 0.11 of the weight is 216 kN and more than the 180 kN left at 22 m/s, but not more than at lower speeds.
    track = hilly((900.0, 22.0, 0.0), (300.0, 22.0, 0.12), (900.0, 22.0, 0.0))
    train = metro()
    minimum_s = flat_out(track, train, 0.0).running_time_s
    profile = optimal(track, train, 0.0, 1.1 * minimum_s)
    foot = int(np.searchsorted(profile.distance_m, 900.0))
    top = int(np.searchsorted(profile.distance_m, 1200.0))
    assert profile.speed_m_s[foot] > profile.speed_m_s[top]
    assert profile.running_time_s == pytest.approx(1.1 * minimum_s, abs=1e-3)


def test_a_steep_descent_is_held_at_the_limit_by_the_brake() -> None:
    track = hilly((300.0, 12.0, 0.0), (900.0, 12.0, -0.04), (300.0, 12.0, 0.0))
    profile = optimal(track, metro(), 0.0, 1.02 * flat_out(track, metro(), 0.0).running_time_s)
    assert profile.speed_m_s.max() <= 12.0 + 1e-9
    on_descent = (profile.distance_m[:-1] > 500.0) & (profile.distance_m[:-1] < 1100.0)
    assert np.all(profile.electric_brake_force_n[on_descent] > 0)
    assert profile.net_energy_j < 0, "the descent gives more than the run takes"


def test_the_friction_brake_gives_what_the_electric_brake_cannot() -> None:
    limited = metro(electric_brake=ForceCurve(np.zeros(1), np.array([230e3]), 1e6))
    profile = flat_out(level(), limited, 0.0)
    braking = profile.friction_brake_force_n > 1.0
    assert braking.any()
    fast = profile.speed_m_s[:-1][braking]
    np.testing.assert_allclose(profile.electric_brake_force_n[braking], np.minimum(230e3, 1e6 / fast), rtol=1e-9)


def test_acceleration_and_deceleration_stay_within_comfort() -> None:
    gentle = metro(maximum_acceleration_m_s2=0.6, maximum_deceleration_m_s2=0.5)
    for profile in (flat_out(level(), gentle, 0.0), optimal(level(), gentle, 0.0, 110.0)):
        change = np.diff(profile.speed_m_s**2) / (2.0 * np.diff(profile.distance_m))
        assert change.max() <= 0.6 + 1e-6
        assert change.min() >= -0.5 - 1e-6


def test_a_jerk_limit_slows_the_start_and_costs_time() -> None:
    smooth = metro(maximum_jerk_m_s3=0.6)
    sharp_s = flat_out(level(), metro(), 0.0).running_time_s
    fastest = flat_out(level(), smooth, 0.0)
    assert sharp_s + 1.0 < fastest.running_time_s < sharp_s + 6.0
    for profile in (fastest, optimal(level(), smooth, 0.0, 100.0), speed_cap(level(), smooth, 0.0, 100.0)):
        change = np.diff(profile.speed_m_s**2) / (2.0 * np.diff(profile.distance_m))
        middle_s = 0.5 * (profile.time_s[1:] + profile.time_s[:-1])
        assert np.abs(np.diff(change) / np.diff(middle_s)).max() <= 0.6 * 1.02


def test_an_efficiency_map_with_one_value_equals_the_constant() -> None:
    flat_map = Efficiency(np.array([0.0, 300e3]), np.array([0.0, 22.0]), np.full((2, 2), 0.85))
    mapped = metro(traction_efficiency=flat_map, regeneration_efficiency=flat_map)
    constant = optimal(level(2000.0), metro(), 0.0, 150.0)
    assert optimal(level(2000.0), mapped, 0.0, 150.0).net_energy_j == pytest.approx(constant.net_energy_j, rel=2e-4)


def test_an_efficiency_map_moves_the_run_to_where_it_is_efficient() -> None:
    # Part load is poor: full effort and coasting beat what the constant's optimum costs on the same map.
    poor = Efficiency(np.array([0.0, 60e3, 300e3]), np.array([0.0, 22.0]), np.array([[0.5] * 2, [0.6] * 2, [0.9] * 2]))
    train = metro(traction_efficiency=poor)
    aware = optimal(level(3000.0), train, 0.0, 220.0)
    blind = optimal(level(3000.0), metro(), 0.0, 220.0)
    force, cell = blind.traction_force_n, np.diff(blind.distance_m)
    share = np.interp(force, poor.force_n, poor.share[:, 0])
    blind_j = float(np.sum(force * cell / share)) - blind.regeneration_energy_j
    assert aware.net_energy_j <= blind_j * 1.001


def test_far_too_much_time_still_arrives_exactly() -> None:
    track = hilly((400.0, 20.0, 0.0), (800.0, 20.0, -0.03), (400.0, 20.0, 0.0))
    for running_time_s in (300.0, 600.0):
        assert optimal(track, metro(), 0.0, running_time_s).running_time_s == pytest.approx(running_time_s, abs=1e-3)


def test_a_heavier_train_needs_more() -> None:
    energies = [optimal(level(), metro(), load, 90.0).net_energy_j for load in (0.0, 500.0, 1500.0)]
    assert energies == sorted(energies)
    assert energies[0] < energies[-1]


def test_curve_resistance_acts_like_a_climb() -> None:
    climb = level(slope=0.002)
    curve = replace(level(), curve_resistance=np.array([0.002]))
    assert optimal(curve, metro(), 0.0, 90.0).net_energy_j == optimal(climb, metro(), 0.0, 90.0).net_energy_j


def test_switching_points_read_as_instructions() -> None:
    train = metro()
    profile = optimal(level(2500.0), train, 0.0, 200.0)
    points = switching_points(profile, train)
    assert points[0].regime == "full effort"
    assert points[-1].regime == "brake"
    assert all(before.distance_m < after.distance_m for before, after in pairwise(points))
    assert str(points[0]).startswith(f"full effort to {3.6 * points[0].until_m_s:.1f} km/h (at ")
    assert str(points[-1]).startswith(f"brake from {points[-1].distance_m:.1f} m")
    assert "to a stop at 2500.0 m" in str(points[-1])


def test_the_table_of_a_profile_follows_it() -> None:
    profile = optimal(level(), metro(), 0.0, 90.0)
    table = profile_table(profile, 10.0)
    assert table.distance_m.iloc[-1] == 1000.0
    assert table.time_s.iloc[-1] == pytest.approx(90.0, abs=1e-6)
    assert table.speed_kmh.iloc[[0, -1]].tolist() == [0.0, 0.0]
    at_nodes = profile_table(profile)
    np.testing.assert_allclose(at_nodes.speed_kmh, 3.6 * profile.speed_m_s)
    np.testing.assert_allclose(at_nodes.time_s, profile.time_s)


def test_forces_put_back_into_the_equation_of_motion_give_the_same_run() -> None:
    track = hilly((400.0, 15.0, 0.01), (800.0, 20.0, -0.02), (800.0, 18.0, 0.015))
    profile = optimal(track, metro(), 300.0, 160.0)
    again = reintegrate(profile, metro())
    assert again.running_time_s == pytest.approx(160.0, abs=0.05)
    assert abs(again.balance_residual_share) < 1e-4
    np.testing.assert_allclose(
        np.interp(profile.distance_m[1:-1], again.distance_m, again.speed_m_s), profile.speed_m_s[1:-1], atol=0.01
    )
