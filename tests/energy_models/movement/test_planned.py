"""Movement: energy is kept exactly from cells to seconds to the clock; the load on board sets the force."""

from dataclasses import replace

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_models.driving.profile import DrivingProfile
from energy_models.movement.planned import Run, SecondsOfMotion, Stand, assemble, seconds_of_motion
from energy_models.track import SectionTrack
from energy_models.train import GRAVITY_M_S2, Efficiency, ForceCurve, Train

TRAIN = Train(
    tare_kg=200e3,
    rotating_mass_kg=10e3,
    passenger_kg=60.0,
    capacity_normal=1500,
    capacity_crush=2000,
    length_m=120.0,
    maximum_speed_m_s=22.0,
    maximum_acceleration_m_s2=1.2,
    maximum_deceleration_m_s2=1.0,
    resistance_n=(3000.0, 200.0, 5.0),
    traction=ForceCurve([0.0, 10.0, 22.0], [310e3, 310e3, 190e3]),
    electric_brake=ForceCurve([0.0, 15.0, 22.0], [260e3, 260e3, 134e3]),
    friction_brake_force_n=300e3,
    service_brake_force_n=260e3,
    traction_efficiency=Efficiency.constant(0.85),
    regeneration_efficiency=Efficiency.constant(0.8),
    auxiliary_w=45e3,
)


def run_profile(
    train: Train, passengers: float, speeds: list[float], lengths: list[float], slopes: list[float]
) -> DrivingProfile:
    """Straight v² between given nodes; forces from the equation of motion, brake split by the electric curve."""
    speed = np.array(speeds)
    distance = np.concatenate([[0.0], np.cumsum(lengths)])
    ds = np.diff(distance)
    mean = 0.5 * (speed[1:] + speed[:-1])
    time_s = np.concatenate([[0.0], np.cumsum(ds / mean)])
    slope = np.array(slopes)
    force = (
        train.effective_mass_kg(passengers) * (speed[1:] ** 2 - speed[:-1] ** 2) / (2 * ds)
        + train.resistance_at(mean)
        + train.mass_kg(passengers) * GRAVITY_M_S2 * slope
    )
    pull, brake = np.maximum(force, 0.0), np.maximum(-force, 0.0)
    electric = np.minimum(brake, train.electric_brake.at(mean))
    return DrivingProfile(
        "flat_out",
        distance,
        speed,
        time_s,
        slope,
        pull,
        electric,
        brake - electric,
        passengers,
        float((pull * ds).sum() / 0.85),
        float((electric * ds).sum() * 0.8),
    )


TRAPEZIUM = ([0.0, 10.0, 20.0, 20.0, 10.0, 0.0], [50.0, 170.0, 600.0, 150.0, 50.0], [0.0, 0.01, 0.0, -0.01, 0.0])


def flat_track(length_m: float, sign: int = 1, departure_m: float = 0.0) -> SectionTrack:
    return SectionTrack("A-B", [0.0, length_m], [22.0], [0.0], [0.0], departure_m, sign)


def test_the_profile_s_own_load_gives_the_profile_s_own_energy() -> None:
    profile = run_profile(TRAIN, 800.0, *TRAPEZIUM)
    motion = seconds_of_motion(profile, TRAIN, 800.0)
    assert motion.power_w.sum() == pytest.approx(profile.net_energy_j, rel=1e-12)
    assert motion.traction_energy_j == pytest.approx(profile.traction_energy_j, rel=1e-3)
    assert len(motion.power_w) == np.ceil(profile.running_time_s)


def test_constant_acceleration_from_rest_has_power_that_grows_with_time() -> None:
    # Limiting case: one cell, 1 m/s², no resistance on the level: P = m·a·(k + 1/2)/η at distance (k + 1/2)²/2.
    train = replace(TRAIN, resistance_n=(0.0, 0.0, 0.0))
    profile = run_profile(train, 0.0, [0.0, 10.0], [50.0], [0.0])
    motion = seconds_of_motion(profile, train, 0.0)
    middle_s = np.arange(10) + 0.5
    np.testing.assert_allclose(motion.power_w, 210e3 * middle_s / 0.85, rtol=1e-12)
    np.testing.assert_allclose(motion.distance_m, middle_s**2 / 2.0, rtol=1e-12)


def test_a_heavier_train_draws_what_its_inertia_and_weight_ask() -> None:
    # Limiting case: constant acceleration on a climb; the extra 1000 passengers add Δm (a + g·slope) to the force.
    profile = run_profile(TRAIN, 800.0, [0.0, 10.0], [100.0], [0.02])
    light, heavy = (seconds_of_motion(profile, TRAIN, load).power_w.sum() for load in (800.0, 1800.0))
    assert heavy - light == pytest.approx(60e3 * (0.5 + GRAVITY_M_S2 * 0.02) * 100.0 / 0.85, rel=1e-12)


def test_any_load_equals_a_profile_made_for_it() -> None:
    # Independent way: the same speeds with forces made for the other load from the start.
    for load in (0.0, 400.0, 1500.0):
        carried = seconds_of_motion(run_profile(TRAIN, 800.0, *TRAPEZIUM), TRAIN, load)
        made = seconds_of_motion(run_profile(TRAIN, load, *TRAPEZIUM), TRAIN, load)
        np.testing.assert_allclose(carried.power_w, made.power_w, rtol=1e-9, atol=1e-6)


def test_what_the_electric_brake_cannot_give_is_not_regenerated() -> None:
    # Limiting case: no electric brake at all offers nothing, however hard the train brakes.
    train = replace(TRAIN, electric_brake=ForceCurve([0.0], [0.0]))
    profile = run_profile(train, 800.0, *TRAPEZIUM)
    assert seconds_of_motion(profile, train, 300.0).regeneration_energy_j == 0.0
    # A heavier train than planned brakes with friction once the electric brake is spent: the same work offered.
    spent = run_profile(TRAIN, 1500.0, [20.0, 10.0], [100.0], [0.0])
    assert float(spent.friction_brake_force_n[0]) > 0.0
    planned, heavier = (seconds_of_motion(spent, TRAIN, load).power_w.sum() for load in (1500.0, 2000.0))
    assert heavier == pytest.approx(planned, rel=1e-12)


def test_an_efficiency_map_of_one_value_equals_the_constant() -> None:
    grid = Efficiency(np.array([0.0, 300e3]), np.array([0.0, 10.0, 25.0]), np.full((2, 3), 0.85))
    mapped = replace(TRAIN, traction_efficiency=grid)
    profile = run_profile(TRAIN, 800.0, *TRAPEZIUM)
    np.testing.assert_allclose(
        seconds_of_motion(profile, mapped, 700.0).power_w, seconds_of_motion(profile, TRAIN, 700.0).power_w, rtol=1e-12
    )


def test_an_efficiency_map_is_read_at_the_cell_s_force_and_speed() -> None:
    grid = Efficiency(np.array([100e3, 300e3]), np.array([0.0, 20.0]), np.array([[0.7, 0.9], [0.6, 0.8]]))
    profile = run_profile(replace(TRAIN, resistance_n=(0.0, 0.0, 0.0)), 0.0, [0.0, 10.0], [50.0], [0.0])
    motion = seconds_of_motion(profile, replace(TRAIN, traction_efficiency=grid), 0.0)
    # 210 kN lies 0.55 of the way, 5 m/s a quarter of the way: 0.75 at the low edge, 0.65 at the high one.
    share = 0.75 + 0.55 * (0.65 - 0.75)
    assert motion.power_w.sum() == pytest.approx(210e3 * 50.0 / share, rel=1e-12)


def test_times_that_do_not_rise_are_refused() -> None:
    profile = run_profile(TRAIN, 800.0, *TRAPEZIUM)
    with pytest.raises(ValueError, match="must rise"):
        seconds_of_motion(replace(profile, time_s=profile.time_s[::-1]), TRAIN, 800.0)


@given(
    departure_s=st.floats(100.0, 200.0),
    speeds=st.lists(st.floats(0.5, 22.0), min_size=1, max_size=6),
    load=st.floats(0.0, 2000.0),
    sign=st.sampled_from([1, -1]),
)
@settings(max_examples=examples(60), deadline=None)
def test_energy_and_time_are_kept_whatever_the_departure(
    departure_s: float, speeds: list[float], load: float, sign: int
) -> None:
    nodes = [0.0, *speeds, 0.0]
    lengths = [120.0] * (len(nodes) - 1)
    profile = run_profile(TRAIN, 900.0, nodes, lengths, [0.0] * len(lengths))
    motion = seconds_of_motion(profile, TRAIN, load)
    track = flat_track(sum(lengths), sign, 5000.0)
    stand = Stand(5000.0, 1, departure_s - 30.25, departure_s)
    snapshots = assemble([Run(track, 0, departure_s, motion)], [stand], 45e3, 0, 3000)
    assert snapshots.power_w.sum() == pytest.approx(motion.power_w.sum(), rel=1e-9, abs=1e-3)
    assert snapshots.auxiliary_w.sum() == pytest.approx(45e3 * (30.25 + motion.running_time_s), rel=1e-7)
    assert snapshots.offset[-1] == len(snapshots.power_w) == len(snapshots.track)
    travelled = sign * (snapshots.chainage_m - 5000.0)
    assert travelled.min() >= -1e-9
    assert travelled.max() <= sum(lengths) + 1e-9


def test_a_departure_between_two_seconds_shares_power_between_them() -> None:
    motion = SecondsOfMotion(np.array([1.0, 5.0]), np.array([1000.0, -400.0]), 2.0)
    snapshots = assemble([Run(flat_track(6.0), 1, 10.25, motion)], [], 80.0, 10, 13)
    np.testing.assert_allclose(snapshots.power_w, [750.0, 250.0 - 300.0, -100.0])
    np.testing.assert_allclose(snapshots.auxiliary_w, [60.0, 80.0, 20.0])
    assert list(snapshots.track) == [1, 1, 1]
    assert list(snapshots.offset) == [0, 1, 2, 3]


def test_a_train_outside_the_span_is_refused_not_dropped() -> None:
    motion = SecondsOfMotion(np.array([1.0]), np.array([1.0]), 1.0)
    with pytest.raises(ValueError, match="do not fit"):
        assemble([Run(flat_track(6.0), 0, 99.5, motion)], [], 0.0, 0, 100)
    with pytest.raises(ValueError, match="before it begins"):
        assemble([], [Stand(0.0, 0, 10.0, 9.0)], 0.0, 0, 100)
    with pytest.raises(ValueError, match="whole seconds"):
        assemble([], [], 0.0, 0.5, 100)


def test_an_empty_span_has_an_instant_for_every_second_and_no_entries() -> None:
    snapshots = assemble([], [], 45e3, 0, 60)
    assert snapshots.count == 60
    assert len(snapshots.power_w) == 0
