"""Faults of sensors and of the drive that a calibration must find or name, on trains that a test integrates."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small_line import second_by_second, telemetry, tracks

from energy_models.calibration.causes import meter_faults
from energy_models.calibration.estimate import calibrate
from energy_models.calibration.meter_lag import meter_fit
from energy_models.calibration.parameters import VehicleParameters
from energy_models.calibration.priors import EXACT_SENSORS, SensorClasses
from energy_models.calibration.recorded_motion import recorded_motion
from energy_models.calibration.speed_scale import speed_scales
from energy_models.calibration.stretches import cut
from energy_models.calibration.stuck_readings import stuck
from energy_models.faults import InputFaults
from energy_models.telemetry.recorder.sensors import Sensors

TRUTH = VehicleParameters(205e3, 11.5e3, 3300.0, 190.0, 5.6, 0.83, 0.80, 52e3)
START = VehicleParameters(198e3, 9.9e3, 2965.0, 230.0, 5.0, 0.85, 0.85, 45e3)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    motion = second_by_second(TRUTH, 120, np.random.default_rng(7))
    return telemetry(motion, TRUTH, 1, Sensors())


def late(rows: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """The rows with the power of a meter that is late, means over each second included."""
    time = rows["time_s"].to_numpy()
    energy = np.concatenate(([0.0], np.cumsum(rows["voltage_v"] * rows["current_a"])))
    at = np.concatenate(([time[0] - 1.0], time))
    shown = np.diff(np.interp(at - seconds, at, energy))
    return rows.assign(current_a=shown / rows["voltage_v"])


@pytest.mark.parametrize("seconds", [0.0, 0.45, 1.3, 2.6])
def test_the_lag_of_the_meter_is_found_to_a_twentieth_of_a_second(rows: pd.DataFrame, seconds: float) -> None:
    found = calibrate(cut(late(rows, seconds), tracks()), START)
    assert found.lag.value == pytest.approx(seconds, abs=0.05)
    assert found.parameters.traction_efficiency == pytest.approx(0.83, rel=0.01)


def test_a_worn_wheel_is_taken_out_with_the_moment_of_its_change(rows: pd.DataFrame) -> None:
    moment = float(rows["time_s"].iloc[len(rows) // 2])
    scale = np.where(rows["time_s"] < moment, 0.984, 1.007)
    worn = rows.assign(speed_m_s=rows["speed_m_s"] * scale)
    found = calibrate(cut(worn, tracks()), START)
    before, after = found.speed_scales["V01"]
    assert before.scale == pytest.approx(0.984, abs=5e-4)
    assert after.scale == pytest.approx(1.007, abs=5e-4)
    # The next departure after the change.
    assert -1.0 < after.since_s - moment < 400.0
    assert found.parameters.traction_efficiency == pytest.approx(0.83, rel=0.01)


def test_a_scale_without_a_change_has_one_period() -> None:
    rng = np.random.default_rng(2)
    alarms = sum(len(speed_scales(np.arange(400.0), 1.01 + 3e-4 * rng.standard_normal(400))) > 1 for _ in range(200))
    assert alarms == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.assign(current_a=-rows["current_a"]), "other sign"),
        (lambda rows: rows.assign(speed_m_s=rows["speed_m_s"] * 3.6), "km/h"),
        (lambda rows: rows.assign(current_a=rows["current_a"] * 1e-3), "kA"),
        (lambda rows: late(rows, 6.0), "[56].[0-9] s late"),
        (lambda rows: rows[rows["time_s"] % 5 == 0].reset_index(drop=True), "a row every 5 s"),
    ],
    ids=["sign", "speed in km/h", "current in kA", "meter 6 s late", "every 5 s"],
)
def test_the_likely_cause_is_named(
    rows: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    with pytest.raises(InputFaults, match=words):
        calibrate(cut(change(rows), tracks()), START)


def test_regeneration_is_refused_if_friction_braking_is_not_recorded(rows: pd.DataFrame) -> None:
    """Half of the brakings use the friction brake for a part of the work that varies, without a signal."""
    braking = (rows["state"] == "brake").to_numpy()
    number = np.cumsum(np.diff(braking.astype(int), prepend=0) > 0)
    share = np.random.default_rng(4).choice([1.0, 0.85, 0.6, 0.35], number.max() + 1)
    power = rows["voltage_v"] * rows["current_a"]
    blended = np.where(braking, 52e3 + share[number] * (power - 52e3), power)
    found = calibrate(cut(rows.assign(current_a=blended / rows["voltage_v"]), tracks()), START)
    assert "signal of the friction brake is missing" in found.not_estimated["regeneration_efficiency"]
    assert found.parameters.traction_efficiency == pytest.approx(0.83, rel=0.015)


def test_declared_classes_are_part_of_the_intervals(rows: pd.DataFrame) -> None:
    data = cut(rows, tracks())
    exact, usual = (
        calibrate(data, START, classes=classes) for classes in (EXACT_SENSORS, SensorClasses(0.01, 0.0, 0.0))
    )
    assert exact.parameters == usual.parameters
    for name in ("traction_efficiency", "auxiliary_w"):
        one, other = exact.estimates[name], usual.estimates[name]
        noise, half = one.upper - one.value, other.upper - other.value
        assert half**2 - noise**2 == pytest.approx((1.98 * 0.01 * one.value) ** 2, rel=0.02)
    assert exact.estimates["tare_kg"] == usual.estimates["tare_kg"]


def test_stuck_readings_are_found_and_quiet_sensors_are_not_blamed() -> None:
    rng = np.random.default_rng(3)
    reading = np.round(rng.normal(20.0, 0.4, 5000), 1)
    always = np.ones(5000, dtype=bool)
    assert not stuck(reading, always).any()
    reading[1000:1060] = reading[1000]
    assert stuck(reading, always)[1001:1060].all()
    assert stuck(reading, always).sum() < 65
    assert not stuck(np.repeat(rng.normal(size=50), 100), always).any()


def test_a_stuck_load_sensor_is_left_out(rows: pd.DataFrame) -> None:
    load = rows["load_kg"].to_numpy().copy()
    load[4000:9000] = load[4000]
    motion = recorded_motion(rows.assign(load_kg=load), tracks())
    assert motion.stuck_rows["load_kg"] > 4900
    found = calibrate(cut(rows.assign(load_kg=load), tracks()), START)
    assert found.parameters.tare_kg == pytest.approx(205e3, rel=0.02)


def means(rows: pd.DataFrame, seconds: int) -> pd.DataFrame:
    """Rows every few seconds, with voltage times current as the mean since the row before."""
    number = (rows["time_s"].to_numpy() - 1.0) // seconds
    power = (rows["voltage_v"] * rows["current_a"]).groupby(number).mean()
    kept = rows[rows["time_s"] % seconds == 0].reset_index(drop=True)
    shown = power.reindex(kept["time_s"] / seconds - 1.0).to_numpy()
    return kept.assign(current_a=shown / kept["voltage_v"]).dropna().reset_index(drop=True)


@pytest.mark.parametrize("seconds", [2, 5])
def test_means_over_several_seconds_give_the_train(rows: pd.DataFrame, seconds: int) -> None:
    found = calibrate(cut(means(rows, seconds), tracks()), START)
    assert found.cut.motion.window_s == seconds
    assert found.parameters.traction_efficiency == pytest.approx(0.83, rel=0.02)
    for name, one in found.estimates.items():
        assert one.lower <= getattr(TRUTH, name) <= one.upper, name


def test_readings_of_one_second_are_told_from_means(rows: pd.DataFrame) -> None:
    sampled = rows[rows["time_s"] % 2 == 0].reset_index(drop=True)
    found = calibrate(cut(sampled, tracks()), START)
    assert found.cut.motion.window_s == 1.0
    assert found.lag.value == pytest.approx(0.0, abs=0.1)
    assert found.parameters.traction_efficiency == pytest.approx(0.83, rel=0.02)


def test_the_declared_sampling_counts(rows: pd.DataFrame) -> None:
    with pytest.raises(InputFaults, match="a row every 5 s, with voltage and current of one second only"):
        calibrate(cut(means(rows, 5), tracks()), START, sampling="sample")


def test_samples_of_a_late_meter_are_no_means(rows: pd.DataFrame) -> None:
    """A meter that is late by half of the interval makes samples look like means without lag, with a worse fit."""
    motion = recorded_motion(late(rows, 6.0).query("time_s % 10 == 0").reset_index(drop=True), tracks())
    found = meter_fit(motion, START)
    assert abs(found.lag_s) < 0.5
    whole = recorded_motion(means(late(rows, 2.0), 10), tracks())
    of_means = meter_fit(whole, START)
    assert found.explained < of_means.explained - 0.1
    assert not meter_faults(whole, of_means)
    # The short line has steady phases of the drive; with those of a metro, samples explain 34 to 45 %.
    (fault,) = meter_faults(motion, replace(found, explained=0.44))
    assert "readings of one second by a late meter" in fault.allowed
    assert not meter_faults(motion, replace(found, explained=0.44), "mean")


def test_jittered_stamps_are_noise(rows: pd.DataFrame) -> None:
    stamp = rows["time_s"] + np.random.default_rng(3).uniform(-0.2, 0.2, len(rows)).round(2)
    found = calibrate(cut(rows.assign(time_s=stamp), tracks()), START)
    for name, one in found.estimates.items():
        assert one.lower <= getattr(TRUTH, name) <= one.upper, name
