"""Recorder and sensors: a profile sampled each second, and what noise and quantisation make of it."""

import numpy as np
import pandas as pd
import pytest

from energy_models.driving.profile import DrivingProfile
from energy_models.telemetry.columns import COLUMN_NAMES, STATES
from energy_models.telemetry.recorder.recording import BRAKE, COAST, STAND, TRACTION, record_run
from energy_models.telemetry.recorder.sensors import PERFECT, Sensors, measured, observe

MASS_KG = 200e3


def three_parts() -> DrivingProfile:
    """10 s at +1 m/s², 20 s coasting without resistance, 10.5 s of braking from 10 m/s: by hand."""
    time = np.array([0.0, 10.0, 30.0, 40.5])
    speed = np.array([0.0, 10.0, 10.0, 0.0])
    distance = np.array([0.0, 50.0, 250.0, 302.5])
    brake = MASS_KG * 10.0 / 10.5
    return DrivingProfile(
        strategy="by hand",
        distance_m=distance,
        speed_m_s=speed,
        time_s=time,
        slope=np.zeros(3),
        traction_force_n=np.array([MASS_KG, 0.0, 0.0]),
        electric_brake_force_n=np.array([0.0, 0.0, brake]),
        friction_brake_force_n=np.zeros(3),
        passengers=0.0,
        traction_energy_j=MASS_KG * 50.0 / 0.8,
        regeneration_energy_j=brake * 52.5 * 0.7,
    )


def test_samples_at_whole_seconds_are_those_of_constant_acceleration() -> None:
    run = record_run(three_parts())
    assert len(run.speed_m_s) == 41
    np.testing.assert_allclose(run.speed_m_s[:10], np.arange(1, 11), rtol=1e-12)
    np.testing.assert_allclose(run.distance_m[:10], 0.5 * np.arange(1, 11) ** 2, rtol=1e-12)
    np.testing.assert_allclose(run.speed_m_s[39], 10.0 * 0.5 / 10.5, rtol=1e-9)
    assert run.speed_m_s[-1] == 0.0
    assert run.distance_m[-1] == 302.5


def test_energy_is_kept_and_each_second_has_its_share() -> None:
    profile = three_parts()
    run = record_run(profile)
    assert run.drive_power_w.sum() == pytest.approx(profile.net_energy_j, rel=1e-12)
    # Second k of constant force covers k - 1/2 metres at 1 m/s²; the drive takes F / 0.8 for each.
    np.testing.assert_allclose(run.drive_power_w[:10], MASS_KG / 0.8 * (np.arange(1, 11) - 0.5), rtol=1e-9)
    np.testing.assert_allclose(run.drive_power_w[10:30], 0.0, atol=1e-6)
    assert (run.drive_power_w[30:] < 0.0).all()


def test_states_follow_the_forces() -> None:
    run = record_run(three_parts())
    assert run.state.tolist() == [TRACTION] * 9 + [COAST] * 20 + [BRAKE] * 11 + [STAND]
    assert [STATES[code] for code in (STAND, TRACTION, COAST, BRAKE)] == ["stand", "traction", "coast", "brake"]


def frame(seconds: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "time_s": np.arange(seconds, dtype=float), "vehicle": "V", "trip": "T", "direction": "up", "section": 0,
            "chainage_m": np.linspace(0, 5000, seconds), "speed_m_s": np.linspace(0.0, 20.0, seconds),
            "state": "traction", "friction_brake": 0, "doors_open": 0, "voltage_v": 800.0,
            "power_w": np.linspace(-1e6, 3e6, seconds), "load_kg": 30e3, "outside_temperature_c": 11.0,
        }
    )  # fmt: skip


def test_perfect_sensors_see_the_truth() -> None:
    truth = frame(500)
    seen = observe(truth, PERFECT, np.random.default_rng(0))
    assert list(seen.columns) == list(COLUMN_NAMES)
    np.testing.assert_allclose(seen["current_a"] * seen["voltage_v"], truth["power_w"], rtol=1e-12)
    np.testing.assert_array_equal(seen["speed_m_s"], truth["speed_m_s"])


def test_noise_has_the_spread_that_it_has_and_no_bias() -> None:
    truth = frame(20_000)
    seen = observe(truth, Sensors(gaps_per_hour=0.0, blank_share=0.0, spike_share=0.0), np.random.default_rng(1))
    error = (seen["speed_m_s"] - truth["speed_m_s"])[truth["speed_m_s"] > 1.0]
    # Rounding to a step adds step² / 12 to the variance; four standard errors of the spread.
    assert error.std() == pytest.approx(np.hypot(0.03, 0.1 / 3.6 / np.sqrt(12)), rel=0.02)
    assert abs(error.mean()) < 4 * 0.031 / np.sqrt(len(error))
    power = seen["current_a"] * seen["voltage_v"] - truth["power_w"]
    assert abs(power.mean()) < 4 * power.std() / np.sqrt(len(power))


def test_quantisation_gaps_and_zero_speed() -> None:
    seen = observe(frame(36_000), Sensors(), np.random.default_rng(2))
    steps = seen["speed_m_s"] / (0.1 / 3.6)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert seen["speed_m_s"].iloc[0] == 0.0
    missing = 36_000 - len(seen)
    assert 20 <= missing <= 20 * 45  # 20 gaps expected in ten hours, of 1 to 20 s
    assert 0 < seen["current_a"].isna().sum() < 40
    assert seen.drop(columns="current_a").notna().all().all()


def test_the_same_seed_gives_the_same_telemetry() -> None:
    first, second, other = (observe(frame(900), Sensors(), np.random.default_rng(seed)) for seed in (4, 4, 5))
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(other)


def test_measured_stops_at_the_lower_end() -> None:
    values = measured(np.zeros(1000), 1.0, 0.0, np.random.default_rng(3), lowest=0.0)
    assert values.min() == 0.0
    assert values.max() > 1.0
