"""Findings that one vehicle and day show alone: stuck signals, doubled blocks, clock steps, position jumps, order."""

import numpy as np
from numpy.typing import NDArray

from energy_models.arrays import BoolArray, FloatArray
from energy_models.telemetry.batch import Flag
from energy_models.telemetry.findings.finding import Finding
from energy_models.telemetry.findings.vehicle_day import VehicleDay

STUCK_MOVING_S = {"voltage_v": 45.0, "current_a": 45.0, "speed_m_s": 60.0, "chainage_m": 12.0, "power_w": 45.0}
"""Longest plausible time for which a signal does not change while the train moves; noise and steps of sensors end it.
The bounds are assumed."""
STUCK_S = {"load_kg": 3_600.0, "outside_temperature_c": 28_800.0}
"""The same for signals that change with passengers and weather, moving or not."""

_BLOCK_ROWS = 20
_BLOCK_SIGNALS = ("speed_m_s", "voltage_v", "current_a", "power_w", "chainage_m", "load_kg")
_MOVING_M_S = 4.0
_LEAST_JUMP_M = 60.0
_LEAST_CLOCK_STEP_S = 2.5
_LATE_ROWS = 3


def findings_within(data: VehicleDay) -> list[Finding]:
    """The findings of one vehicle and day."""
    return [*_stuck(data), *_doubled(data), *_jumps(data), *_order(data)]


def _stuck(data: VehicleDay) -> list[Finding]:
    found = []
    speed = np.nan_to_num(data.signal("speed_m_s"), nan=0.0)
    moving = speed > 1.0
    distance = data.signal("chainage_m")
    for name, longest_s in {**STUCK_MOVING_S, **STUCK_S}.items():
        values = data.signals.get(name)
        if values is None:
            continue
        counts = moving if name in STUCK_MOVING_S else np.ones(len(values), dtype=np.bool_)
        if name == "speed_m_s":
            # A speed that is stuck at zero shows in the chainage.
            counts = moving | _is_displaced(data.seconds, distance)
        for first, last in _constant_spans(values):
            seconds = data.seconds[first : last + 1]
            step = np.minimum(np.diff(seconds), 30.0)
            active_s = float(step[counts[first:last]].sum())
            if active_s > longest_s and (name != "chainage_m" or _mean(speed[first : last + 1]) > 2.0):
                found.append(_finding("stuck", data, first, active_s, "s", name, f"at {values[first]:g}"))
                break
    return found


def _is_displaced(seconds: FloatArray, chainage_m: FloatArray) -> BoolArray:
    """Rows around which the chainage changes by more than 2 m/s over 20 rows."""
    if len(seconds) < 25 or not np.isfinite(chainage_m).any():
        return np.zeros(len(seconds), dtype=np.bool_)
    moved = np.zeros(len(seconds), dtype=np.bool_)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.abs(chainage_m[20:] - chainage_m[:-20]) / (seconds[20:] - seconds[:-20])
        moved[10:-10] = (rate > 2.0) & (rate < 60.0)
    return moved


def _constant_spans(values: FloatArray) -> list[tuple[int, int]]:
    """First and last row of each span of equal values with at least 10 rows, the longest first."""
    with np.errstate(invalid="ignore"):
        change = np.flatnonzero(np.diff(values) != 0.0)
    first = np.append(0, change + 1)
    last = np.append(change, len(values) - 1)
    long = np.flatnonzero(last - first >= 10)
    order = long[np.argsort(first[long] - last[long], kind="stable")][:40]
    return [(int(first[k]), int(last[k])) for k in order]


def _doubled(data: VehicleDay) -> list[Finding]:
    repeated = np.flatnonzero(data.flags & int(Flag.REPEATED))
    if len(repeated) >= _LATE_ROWS:
        return [_finding("doubled_block", data, int(repeated[0]), float(len(repeated)), "rows", detail="same stamps")]
    names = [name for name in _BLOCK_SIGNALS if name in data.signals]
    if len(names) < 2 or len(data.seconds) < 3 * _BLOCK_ROWS:
        return []
    # One number for each row; odd multipliers make sums of neighbours as good as the rows themselves.
    row: NDArray[np.uint64] = np.zeros(len(data.seconds), dtype=np.uint64)
    for place, name in enumerate(names):
        bits = np.round(data.signals[name], 6).view("<u8")
        row = row * np.uint64(0x9E3779B97F4A7C15) + (bits ^ (bits >> np.uint64(29))) * np.uint64(2 * place + 3)
    moving = np.nan_to_num(data.signal("speed_m_s")) > 1.0
    block: NDArray[np.uint64] = np.zeros(len(row) - _BLOCK_ROWS + 1, dtype=np.uint64)
    active = np.zeros(len(block), dtype=np.int64)
    for k in range(_BLOCK_ROWS):
        block = block * np.uint64(0xD1342543DE82EF95) + row[k : k + len(block)]
        active += moving[k : k + len(block)]
    # A standing train with coarse sensors repeats itself; a moving one does not, to the last digit of all signals.
    places = np.flatnonzero(active >= _BLOCK_ROWS // 2)
    order = places[np.argsort(block[places], kind="stable")]
    same = np.flatnonzero(block[order][1:] == block[order][:-1])
    same = same[np.abs(order[same + 1] - order[same]) >= _BLOCK_ROWS]
    if not len(same):
        return []
    later = np.maximum(order[same], order[same + 1])
    rows = len(np.unique(later)) + _BLOCK_ROWS - 1
    return [_finding("doubled_block", data, int(later.min()), float(rows), "rows", detail="later stamps")]


def _jumps(data: VehicleDay) -> list[Finding]:
    """Steps of the clock and of the position while the train moves: distance against time and speed."""
    speed, chainage, seconds = data.signal("speed_m_s"), data.signal("chainage_m"), data.seconds
    if len(seconds) < 30 or not np.isfinite(chainage).any():
        return []
    step = np.diff(seconds)
    usual = float(np.median(step))
    with np.errstate(invalid="ignore"):
        moving = (speed[1:] > _MOVING_M_S) & (speed[:-1] > _MOVING_M_S) & (np.abs(np.diff(speed)) < 2.5)
        mean = 0.5 * (speed[1:] + speed[:-1])
        moved = np.abs(np.diff(chainage))
        excess_s = step - moved / np.maximum(mean, _MOVING_M_S)
    # A clock that was set: time passed, the train did not. The speed must go on as it was.
    gap = moving & (step > usual * 1.5) & (excess_s > max(_LEAST_CLOCK_STEP_S, 2.0 * usual)) & (moved < 60.0 * usual)
    found = [
        _finding("clock_step", data, int(k) + 1, float(excess_s[k]), "s", detail=f"{moved[k]:.0f} m in {step[k]:.0f} s")
        for k in np.flatnonzero(gap)[:3]
    ]
    jump = moving & (step <= 3.0 * usual) & (np.abs(moved - mean * step) > _LEAST_JUMP_M + 0.2 * mean * step)
    # The reset of an odometer at a station is no jump: there the train stands or is slow.
    found += [
        _finding("position_jump", data, int(k) + 1, float(moved[k]), "m", "chainage_m", f"in {step[k]:.0f} s")
        for k in np.flatnonzero(jump)[:1]
    ]
    return found


def _order(data: VehicleDay) -> list[Finding]:
    late = np.flatnonzero(data.flags & int(Flag.OUT_OF_ORDER))
    if len(late) < _LATE_ROWS:
        return []
    return [_finding("out_of_order", data, int(late[0]), float(len(late)), "rows")]


def _finding(
    kind: str, data: VehicleDay, row: int, amount: float, unit: str, signal: str = "", detail: str = ""
) -> Finding:
    return Finding(kind, data.vehicle, data.day, signal, round(data.seconds[row] * 1e3), amount, unit, detail)  # type: ignore[arg-type]


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else 0.0
