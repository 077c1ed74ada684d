"""The sensors between a train and its telemetry: noise, quantisation, gaps and glitches."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.telemetry.columns import COLUMN_NAMES


@dataclass(frozen=True)
class Sensors:
    """Accuracy of the sensors of a train; all figures are assumed, of the order of present tachometers and meters.

    Noise is the standard deviation of independent Gaussian errors at each second; steps are the quantisation.
    `load_run_noise_kg` is constant from one departure to the next (friction of the suspension), `load_noise_kg` is
    not. A gap loses a stretch of rows, a blank one cell, a spike turns one current into a wild value.
    """

    speed_noise_m_s: float = 0.03
    speed_step_m_s: float = 0.1 / 3.6
    chainage_noise_m: float = 0.5
    chainage_step_m: float = 0.1
    voltage_noise_v: float = 1.5
    voltage_step_v: float = 1.0
    current_noise_a: float = 6.0
    current_step_a: float = 1.0
    load_noise_kg: float = 400.0
    load_run_noise_kg: float = 200.0
    load_step_kg: float = 100.0
    temperature_noise_c: float = 0.3
    temperature_step_c: float = 0.5
    gaps_per_hour: float = 2.0
    longest_gap_s: int = 20
    blank_share: float = 2e-4
    spike_share: float = 1e-4


PERFECT = Sensors(*(0.0,) * 14, 0, 0.0, 0.0)
"""No noise, no quantisation, no gaps, for tests of the mathematics."""


def measured(
    truth: FloatArray, noise: float, step: float, rng: np.random.Generator, lowest: float = -np.inf
) -> FloatArray:
    """One reading of each true value: Gaussian noise, then rounding to the step, then the sensor's lower end."""
    reading = truth + noise * rng.standard_normal(truth.shape) if noise > 0.0 else truth.astype(np.float64)
    if step > 0.0:
        reading = np.round(reading / step) * step
    return np.maximum(reading, lowest)


def observe(truth: pd.DataFrame, sensors: Sensors, rng: np.random.Generator) -> pd.DataFrame:
    """The telemetry of one vehicle from its ground truth.

    Args:
        truth: One row per second with the telemetry's columns, but `power_w` (collector, auxiliaries included, mean of
            the second) in place of `current_a`; voltage in V, all others as in `COLUMNS`.
        sensors: The sensors of the recorder.
        rng: Source of all noise.

    Returns:
        The telemetry: columns as in `COLUMNS`, rows of gaps missing, blank cells as NaN.
    """
    seen = truth.copy()
    voltage = truth["voltage_v"].to_numpy(np.float64)
    seen["current_a"] = measured(
        truth["power_w"].to_numpy(np.float64) / voltage, sensors.current_noise_a, sensors.current_step_a, rng
    )
    seen["voltage_v"] = measured(voltage, sensors.voltage_noise_v, sensors.voltage_step_v, rng, 0.0)
    speed = truth["speed_m_s"].to_numpy(np.float64)
    # A tachometer that gives no pulses reads zero exactly.
    reading = measured(speed, sensors.speed_noise_m_s, sensors.speed_step_m_s, rng, 0.0)
    seen["speed_m_s"] = np.where(speed > 0.0, reading, 0.0)
    seen["chainage_m"] = measured(
        truth["chainage_m"].to_numpy(np.float64), sensors.chainage_noise_m, sensors.chainage_step_m, rng
    )
    load = truth["load_kg"].to_numpy(np.float64)
    run = (truth["trip"].astype(str) + "/" + truth["section"].astype(str)).factorize()[0]
    of_run = sensors.load_run_noise_kg * rng.standard_normal(int(run.max(initial=0)) + 1)
    seen["load_kg"] = measured(load + of_run[run], sensors.load_noise_kg, sensors.load_step_kg, rng)
    seen["outside_temperature_c"] = measured(
        truth["outside_temperature_c"].to_numpy(np.float64),
        sensors.temperature_noise_c,
        sensors.temperature_step_c,
        rng,
    )
    return _with_gaps(seen[list(COLUMN_NAMES)], sensors, rng)


def _with_gaps(seen: pd.DataFrame, sensors: Sensors, rng: np.random.Generator) -> pd.DataFrame:
    rows = len(seen)
    spikes = rng.random(rows) < sensors.spike_share
    current = seen["current_a"].to_numpy(np.float64).copy()
    current[spikes] += rng.choice([-8_000.0, 8_000.0], size=int(spikes.sum()))
    current[rng.random(rows) < sensors.blank_share] = np.nan
    seen = seen.assign(current_a=current)
    kept = np.ones(rows, dtype=bool)
    for _ in range(rng.poisson(sensors.gaps_per_hour * rows / 3600.0)):
        first = int(rng.integers(0, rows))
        kept[first : first + int(rng.integers(1, sensors.longest_gap_s + 1))] = False
    return seen.loc[kept].reset_index(drop=True)
