"""How late the energy meter is against the tachometer, and whether its power fits the motion at all."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from energy_models.arrays import FloatArray
from energy_models.calibration.parameters import VehicleParameters
from energy_models.calibration.recorded_motion import COARSE_S, RecordedMotion
from energy_models.calibration.stretches import slope_at_rows
from energy_models.telemetry.columns import STATES
from energy_models.train import GRAVITY_M_S2

Sampling = Literal["mean", "sample"]

EARLIEST_S, LATEST_S = -3.0, 12.0
_MOST_ROWS = 30_000
_FEWEST_ROWS = 50
SHORT_WINDOW_S = 1.0
"""Time of which a recorder that does not average writes the mean; a sample differs little from it."""
_EARLY_SHARE = 0.12
"""A lag that is more negative than this share of the sampling interval is no error of its estimate."""
_TRACTION, _BRAKE = STATES.index("traction"), STATES.index("brake")


@dataclass(frozen=True)
class MeterFit:
    """The lag that fits best, in s, and how the collector power follows the power at the wheel of the nominal train.

    `drawn_per_traction` and `returned_per_braking` are collector power divided by power at the wheel; `explained` is
    the share of the variance of the collector power that the motion explains at that lag. `window_s` is the time before
    each row of which the collector power is the mean.
    """

    lag_s: float
    window_s: float
    drawn_per_traction: float
    returned_per_braking: float
    explained: float


def wheel_force(motion: RecordedMotion, p: VehicleParameters, slope: FloatArray) -> FloatArray:
    """Force of the drive in N at each row from acceleration, resistance and `slope_at_rows`; zero without drive."""
    m = motion
    load = np.where(m.load_known, m.load_kg, float(np.median(m.load_kg[m.load_known])) if m.load_known.any() else 0.0)
    speed = m.speed_m_s
    force = (
        (p.tare_kg + p.rotating_mass_kg + load) * m.acceleration_m_s2
        + p.resistance_constant_n
        + p.resistance_per_m_s_n * speed
        + p.resistance_per_m_s_squared_n * speed**2
        + GRAVITY_M_S2 * (p.tare_kg + load) * slope
    )
    sign = np.select([m.state == _TRACTION, m.state == _BRAKE], [1.0, -1.0], 0.0)
    return np.asarray(sign * np.maximum(force * sign, 0.0))


def meter_fit(motion: RecordedMotion, nominal: VehicleParameters, sampling: Sampling | None = None) -> MeterFit:
    """Shift the power at the wheel in steps of a quarter of a second and fit the collector power to it.

    Rows with the friction brake do not count. Without moving rows, the lag is zero and nothing is explained.
    """
    m = motion
    wheel = wheel_force(m, nominal, slope_at_rows(m, 0.0, 0.0)) * m.speed_m_s
    rows = np.flatnonzero(m.joined & ~m.stuck)[:_MOST_ROWS]
    if len(rows) < _FEWEST_ROWS or not np.any(wheel[rows] != 0.0):
        return MeterFit(0.0, m.interval_s, np.nan, np.nan, 0.0)
    clock = np.cumsum(np.where(m.joined, m.step_s, m.interval_s + LATEST_S - EARLIEST_S))
    # The meter shows means: the mean of the wheel's power over the same seconds, from its integral.
    drive = np.cumsum(0.5 * (wheel + np.roll(wheel, 1)) * np.where(m.joined, m.step_s, 0.0))
    pull = np.cumsum(np.maximum(0.5 * (wheel + np.roll(wheel, 1)), 0.0) * np.where(m.joined, m.step_s, 0.0))
    blocked = np.concatenate(([0.0], np.cumsum(m.friction)))
    power, step = m.power_w[rows], m.step_s[rows]
    low, high = np.quantile(power, [0.001, 0.999])
    used = (power >= low) & (power <= high)
    around = max(1, round(3.0 / m.interval_s))
    near = blocked[np.minimum(rows + around, len(blocked) - 1)] - blocked[np.maximum(rows - around, 0)]
    used &= near == 0.0
    if used.sum() < _FEWEST_ROWS or not np.any(wheel[rows[used]] > 0.0):
        return MeterFit(0.0, m.interval_s, np.nan, np.nan, 0.0)

    def fit(lag: float) -> tuple[float, FloatArray]:
        def mean(total: FloatArray) -> FloatArray:
            end, begin = np.interp(clock[rows] - lag, clock, total), np.interp(clock[rows] - step - lag, clock, total)
            return np.asarray((end - begin) / step)

        forward = mean(pull)
        columns = np.column_stack((np.ones(len(rows)), forward, mean(drive) - forward))[used]
        normal, right = columns.T @ columns, columns.T @ power[used]
        solution = np.linalg.lstsq(normal, right, rcond=None)[0]
        rest = power[used] - columns @ solution
        return float(rest @ rest), solution

    lags = np.arange(EARLIEST_S, LATEST_S + 0.01, 0.5)
    costs = [fit(float(lag))[0] for lag in lags]
    best = int(np.argmin(costs))
    near_lags = lags[best] + np.array([-0.25, 0.0, 0.25])
    fine = [fit(float(lag)) for lag in near_lags]
    bend = fine[0][0] - 2.0 * fine[1][0] + fine[2][0]
    middle = int(np.argmin([one[0] for one in fine]))
    lag = float(near_lags[middle])
    if middle == 1 and bend > 0.0:
        lag += 0.25 * 0.5 * (fine[0][0] - fine[2][0]) / bend
    cost, solution = fit(lag)
    spread = float(((power[used] - power[used].mean()) ** 2).sum())
    window, lag = _window(m.interval_s, lag, sampling)
    return MeterFit(lag, window, float(solution[1]), float(solution[2]), 1.0 - cost / max(spread, 1e-9))


def _window(interval_s: float, lag_s: float, sampling: Sampling | None) -> tuple[float, float]:
    """The time of which the power is the mean, and the lag of a meter for which `lag_s` was found for means of rows.

    No meter is early. If rows are far apart, and means since the row before would have to be early, then the reading
    is that of a shorter time, whose middle is later; a recorder that does not average writes the last second.
    """
    early = lag_s < -_EARLY_SHARE * interval_s
    if interval_s <= COARSE_S or sampling == "mean" or (sampling is None and not early):
        return interval_s, lag_s
    return SHORT_WINDOW_S, max(lag_s + 0.5 * (interval_s - SHORT_WINDOW_S), 0.0)
