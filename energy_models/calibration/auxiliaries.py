"""The power of the auxiliaries over time, from the seconds in which the drive does not work."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from energy_models.arrays import FloatArray

LEAST_TEMPERATURE_RANGE_C = 3.0
_BLOCK_S = 300.0
_FEWEST_IN_BLOCK = 20
_NEARBY = 7


@dataclass(frozen=True, eq=False)
class AuxiliaryPower:
    """Smoothed power at each row, its mean over all rows with its standard error, and its slope over temperature.

    `slope_w_per_c` with its standard error is NaN if the temperature varies by less than 3 °C.
    """

    power_w: FloatArray
    mean_w: float
    standard_error_w: float
    slope_w_per_c: float
    slope_error_w_per_c: float
    mean_temperature_c: float
    noise_w: float


def auxiliary_power(
    power_w: FloatArray,
    idle: NDArray[np.bool_],
    step_s: FloatArray,
    first: NDArray[np.bool_],
    temperature_c: FloatArray,
) -> AuxiliaryPower:
    """Smooth the collector power of idle rows and interpolate it over the others.

    Args:
        power_w: Collector power at each row.
        idle: Rows in which the drive certainly does not work: they stand or coast, away from the work of the drive.
        step_s: Seconds since the row before.
        first: First row of each vehicle.
        temperature_c: Outside temperature.

    The model is a random walk with white noise of the meter; the smoothing is its exact solution (tridiagonal normal
    equations). The variances of both follow from the mean squared difference of idle rows one and 20 rows apart.
    Source: Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, Cambridge 1989, chapter 4.
    """
    reading = np.where(idle, power_w, np.nan)
    typical = float(np.nanmedian(reading))
    width = 1.4826 * float(np.nanmedian(np.abs(reading - typical))) + 1.0
    used = idle & (np.abs(power_w - typical) < 12.0 * width + 5_000.0)
    noise, walk = _variances(power_w, used, step_s)
    weight = np.where(used, 1.0 / noise, 0.0)
    # A long gap, or another vehicle, breaks the walk.
    stiffness = np.where(first, 1e-9 / walk, 1.0 / (walk * np.clip(step_s, 0.05, 3_600.0)))
    stiffness[0] = 0.0
    diagonal = weight + stiffness + np.append(stiffness[1:], 0.0) + 1e-9 / (walk + noise)
    band = np.vstack((-stiffness, diagonal))
    target = np.where(used, power_w, 0.0) * weight + 1e-9 / (walk + noise) * typical
    smooth = solveh_banded(band, target)
    slope, slope_error = _temperature_slope(power_w, used, step_s, temperature_c)
    error = _mean_error(power_w, used, step_s, noise)
    return AuxiliaryPower(
        np.asarray(smooth), float(smooth.mean()), error, slope, slope_error,
        float(temperature_c[used].mean()), float(np.sqrt(noise)),
    )  # fmt: skip


def _variances(power_w: FloatArray, used: NDArray[np.bool_], step_s: FloatArray) -> tuple[float, float]:
    def half_square(lag: int) -> float:
        both = used[lag:] & used[:-lag]
        if both.sum() < 10:
            return np.nan
        # The median of squares of a normal variable is 0.455 of the mean.
        return float(np.median((power_w[lag:] - power_w[:-lag])[both] ** 2)) / 0.455 / 2.0

    near, far = half_square(1), half_square(20)
    step = float(np.median(step_s[step_s > 0.0])) if (step_s > 0.0).any() else 1.0
    near = max(near if np.isfinite(near) else 2.5e7, 1e4)
    walk = (far - near) / (19.0 * step) * 2.0 if np.isfinite(far) else 1e5
    return near, max(walk, 1e-4 * near)


def _mean_error(power_w: FloatArray, used: NDArray[np.bool_], step_s: FloatArray, noise: float) -> float:
    """Standard error of the mean: blocks of five minutes around the mean of the seven blocks nearby are independent.

    Slower variations (temperature, time of day) belong to the recorded mean and not to its error.
    """
    number, count = np.unique(_blocks(step_s)[used], return_counts=True)
    mean = np.bincount(np.searchsorted(number, _blocks(step_s)[used]), weights=power_w[used]) / count
    mean = mean[count >= _FEWEST_IN_BLOCK]
    if len(mean) < _NEARBY:
        return float(max(np.std(power_w[used]), np.sqrt(noise)) / np.sqrt(max(1.0, len(mean))))
    window = np.ones(_NEARBY) / _NEARBY
    rest = mean[_NEARBY // 2 : -(_NEARBY // 2)] - np.convolve(mean, window, mode="valid")
    spread = float(np.sqrt(np.mean(rest**2) * _NEARBY / (_NEARBY - 1.0)))
    return float(max(spread / np.sqrt(len(mean)), np.sqrt(noise / used.sum())))


def _blocks(step_s: FloatArray) -> NDArray[np.int64]:
    return np.asarray((np.cumsum(np.clip(step_s, 0.0, 60.0)) // _BLOCK_S).astype(np.int64))


def _temperature_slope(
    power_w: FloatArray, used: NDArray[np.bool_], step_s: FloatArray, temperature_c: FloatArray
) -> tuple[float, float]:
    if used.sum() < 100 or np.ptp(temperature_c[used]) < LEAST_TEMPERATURE_RANGE_C:
        return np.nan, np.nan
    number = np.unique(_blocks(step_s)[used], return_inverse=True)[1]
    count = np.bincount(number)
    mean_power = np.bincount(number, weights=power_w[used]) / count
    mean_temperature = np.bincount(number, weights=temperature_c[used]) / count
    enough = count >= _FEWEST_IN_BLOCK
    if enough.sum() < 6 or np.ptp(mean_temperature[enough]) < LEAST_TEMPERATURE_RANGE_C:
        return np.nan, np.nan
    x = mean_temperature[enough] - mean_temperature[enough].mean()
    y = mean_power[enough] - mean_power[enough].mean()
    slope = float((x @ y) / (x @ x))
    rest = y - slope * x
    return slope, float(np.sqrt((rest @ rest) / max(1, len(x) - 2) / (x @ x)) * 1.5)
