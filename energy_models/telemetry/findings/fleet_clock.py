"""The clock of a vehicle against the fleet: trains on one supply see the same changes of voltage at the same time.

The lag of a vehicle is the shift at which its voltage agrees best with the mean voltage of the other vehicles.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from energy_models.arrays import BoolArray, FloatArray
from energy_models.telemetry.findings.vehicle_day import VehicleDay

LEAST_VEHICLES = 3
BLOCK_S = 7_200
LONGEST_LAG_S = 7_200
_TREND_S = 121
_LEAST_SIGNIFICANCE = 9.0
_CLEAR = 1.4
_WIDTH_S = 4


@dataclass(frozen=True)
class Lag:
    """The lag of a vehicle's clock in a block of two hours; positive: the vehicle's clock is ahead of the fleet."""

    middle_s: float
    lag_s: float


@dataclass(frozen=True, eq=False)
class FleetVoltage:
    """Voltages of vehicles on a grid of seconds, without their slow changes; NaN-free, with weights 0 in gaps."""

    begin_s: int
    change_v: dict[str, FloatArray]
    weight: dict[str, FloatArray]
    level_v: dict[str, FloatArray]


def fleet_voltage(days: Mapping[str, VehicleDay]) -> FleetVoltage | None:
    """The voltages of the vehicles of one day; None for fewer than three vehicles with voltage."""
    usable = {name: day for name, day in days.items() if "voltage_v" in day.signals and len(day.seconds) > 600}
    if len(usable) < LEAST_VEHICLES:
        return None
    begin = int(min(day.seconds[0] for day in usable.values())) - LONGEST_LAG_S
    end = int(max(day.seconds[-1] for day in usable.values())) + LONGEST_LAG_S
    if end - begin > 400_000:
        return None
    change, weight, level = {}, {}, {}
    for name, day in usable.items():
        good = np.isfinite(day.signals["voltage_v"])
        place = np.rint(day.seconds[good]).astype(np.int64) - begin
        size = end - begin + 1
        count = np.bincount(place, minlength=size)
        present = count > 0
        values = np.bincount(place, day.signals["voltage_v"][good], minlength=size) / np.maximum(count, 1)
        deviation = _quick_part(values, present)
        current = np.nan_to_num(day.current_a[good])
        if current.any():
            # The drop by the vehicle's own current is not what the fleet sees.
            own = _quick_part(np.bincount(place, current, minlength=size) / np.maximum(count, 1), present)
            deviation = deviation - own * float((own * deviation).sum() / max((own**2).sum(), 1e-9))
        spread = np.sqrt(max(float((deviation[present] ** 2).mean()), 1e-9))
        change[name] = np.clip(deviation / spread, -4.0, 4.0)
        weight[name] = present.astype(np.float64)
        level[name] = values
    return FleetVoltage(begin, change, weight, level)


def _quick_part(values: FloatArray, present: BoolArray) -> FloatArray:
    """What changes within two minutes; 0 where nothing is recorded."""
    share = uniform_filter1d(present.astype(np.float64), _TREND_S)
    smooth = uniform_filter1d(values, _TREND_S) / np.maximum(share, 1e-9)
    return np.where(present, values - smooth, 0.0)


def lags(fleet: FleetVoltage, vehicle: str) -> list[Lag]:
    """The lags of a vehicle's clock, for blocks of two hours in which the agreement with the fleet is clear."""
    mine, here = fleet.change_v[vehicle], fleet.weight[vehicle]
    others = np.sum([v for name, v in fleet.change_v.items() if name != vehicle], axis=0)
    covered = np.sum([v for name, v in fleet.weight.items() if name != vehicle], axis=0)
    mean = others / np.maximum(covered, 1.0)
    rows = np.flatnonzero(here)
    found = []
    for begin in range(int(rows[0]), int(rows[-1]) + 1, BLOCK_S):
        block = slice(begin, min(begin + BLOCK_S, len(mine)))
        if here[block].sum() < 0.3 * BLOCK_S:
            continue
        lag = _lag(mine[block], mean, begin)
        if lag is not None:
            found.append(Lag(fleet.begin_s + begin + 0.5 * BLOCK_S, lag))
    return found


def _lag(block: FloatArray, mean: FloatArray, begin: int) -> float | None:
    """The shift of a block against the mean that gives the best agreement, to a part of a second; None if unclear."""
    low = max(begin - LONGEST_LAG_S, 0)
    window = mean[low : begin + len(block) + LONGEST_LAG_S]
    size = 1 << int(np.ceil(np.log2(len(window) + len(block))))
    agreement = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(block, size)), size)
    shifts = len(window) - len(block) + 1
    agreement = agreement[:shifts]
    best = int(np.argmax(agreement))
    background = float(np.median(np.abs(agreement))) / 0.6745
    if agreement[best] < _LEAST_SIGNIFICANCE * background:
        return None
    # Two lags that fit about equally well: the others disagree, and it is open whose clock is right.
    rest = np.concatenate((agreement[: max(best - _WIDTH_S, 0)], agreement[best + _WIDTH_S + 1 :]))
    if len(rest) and agreement[best] < _CLEAR * float(rest.max()):
        return None
    part = 0.0
    if 0 < best < shifts - 1:
        left, middle, right = agreement[best - 1 : best + 2]
        bend = left - 2.0 * middle + right
        part = float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0
    # A row of the fleet at `best` happened at the block's begin by the fleet's clock.
    return float(begin - low - best - part)
