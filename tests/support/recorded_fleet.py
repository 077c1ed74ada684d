"""Days of a fleet on one supply, by plain kinematics, and the faults of recorders that are drawn into them."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from recorded_train import recorded_train

from energy_models.telemetry.batch import Flag

DAY_MS = 86_400_000
BEGIN_MS = 20_700 * DAY_MS
"""Midnight of 2026-09-04, UTC."""


def fleet_day(
    day: int, vehicles: int = 4, *, hours: float = 3.0, seed: int = 0, wheel: "dict[str, float] | None" = None
) -> dict[str, pd.DataFrame]:
    """The rows of each vehicle on a day, with the columns of the store; wheels differ by up to 1.5 %."""
    found = {}
    supply = np.random.default_rng([seed, day])
    span = np.arange(0, int(hours * 3600) + 90_000)
    # The voltage of the line: slow load of the hour, and the starts and stops of trains nearby.
    slow = np.cumsum(supply.standard_normal(len(span))) * 0.05
    quick = np.convolve(supply.standard_normal(len(span)), np.exp(-np.arange(12) / 4.0), mode="same") * 9.0
    for place in range(vehicles):
        name = f"V{place}"
        rng = np.random.default_rng([seed, place])
        scale = float(rng.uniform(0.985, 1.015)) if wheel is None else wheel[name]
        rows = recorded_train(hours=hours, seed=int(rng.integers(1 << 30)) + day, vehicle=name)
        second = rows["time_s"].to_numpy().astype(np.int64)
        level = rows["voltage_v"].to_numpy() + 0.8 * quick[second] + np.clip(slow[second] - slow[second[0]], -15, 15)
        rows["current_a"] = np.round(rows["current_a"] * rows["voltage_v"] / level)
        rows["voltage_v"] = np.round(level)
        rows["speed_m_s"] = np.where(rows["speed_m_s"] > 0, np.round(rows["speed_m_s"] * scale * 36.0) / 36.0, 0.0)
        rows.insert(0, "instant_ms", (BEGIN_MS + day * DAY_MS + np.round(rows["time_s"] * 1e3)).astype(np.int64))
        rows.insert(1, "flags", np.zeros(len(rows), dtype=np.int64))
        for column in rows.columns:
            if column not in ("instant_ms", "flags") and pd.api.types.is_numeric_dtype(rows[column]):
                rows[column] = rows[column].astype(np.float64)
        found[name] = rows
    return found


Fault = Callable[[pd.DataFrame, int, np.random.Generator], pd.DataFrame]
"""A fault: the rows of a day, the number of days since it began, and the draws of the case."""


def stuck(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """A signal keeps its value for 3 to 30 minutes."""
    del since
    signal = ["voltage_v", "current_a", "speed_m_s", "chainage_m"][int(rng.integers(4))]
    begin = int(rng.integers(600, len(rows) - 2_400))
    length = int(rng.uniform(180, 1_800))
    rows = rows.copy()
    column = rows.columns.get_loc(signal)
    rows.iloc[begin : begin + length, column] = rows.iloc[begin, column]
    return rows


def drift(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """1 % a week of speed, voltage or current."""
    signal = ["speed_m_s", "voltage_v", "current_a"][int(rng.integers(3))]
    sign = float(rng.choice([-1.0, 1.0]))
    return rows.assign(**{signal: rows[signal] * (1.0 + sign * 0.01 * since / 7.0)})


def step(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """A step of voltage by 2 to 6 %, or of current by 6 to 15 %."""
    del since
    signal, low, high = (("voltage_v", 0.02, 0.06), ("current_a", 0.06, 0.15))[int(rng.integers(2))]
    amount = float(rng.uniform(low, high) * rng.choice([-1.0, 1.0]))
    return rows.assign(**{signal: rows[signal] * (1.0 + amount)})


def wheel_change(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """The scale of the speed changes by 1 to 4 %, on the first day at some hour."""
    amount, share = float(rng.uniform(0.01, 0.04)), float(rng.uniform(0.0, 1.0))
    factor = np.ones(len(rows))
    factor[int(share * len(rows)) if since == 0 else 0 :] += amount
    return rows.assign(speed_m_s=rows["speed_m_s"] * factor)


def unit(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """A day in another unit."""
    if since:
        return rows
    signal, factor = [("speed_m_s", 3.6), ("voltage_v", 1e-3), ("current_a", 1e-3), ("load_kg", 1e-3)][
        int(rng.integers(4))
    ]
    return rows.assign(**{signal: rows[signal] * factor})


def doubled_block(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """60 to 600 seconds are written once more with later stamps, as a buffer that is sent twice."""
    if since:
        return rows
    begin, length = int(rng.integers(0, len(rows) - 3_000)), int(rng.uniform(60, 600))
    to = int(rng.integers(begin + length, len(rows) - length))
    rows = rows.copy()
    values = [name for name in rows.columns if name not in ("instant_ms", "flags", "time_s")]
    block = rows.iloc[begin : begin + length][values].to_numpy()
    rows.loc[rows.index[to : to + length], values] = block
    return rows.infer_objects()


def clock_hour(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """The clock is an hour ahead or behind."""
    del since
    return rows.assign(instant_ms=rows["instant_ms"] + int(rng.choice([-1, 1])) * 3_600_000)


def clock_seconds(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """The clock is 5 seconds ahead or behind."""
    del since
    return rows.assign(instant_ms=rows["instant_ms"] + int(rng.choice([-1, 1])) * 5_000)


def clock_rate(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """The clock runs 20 ppm fast or slow from the first day on, and nobody sets it."""
    sign = int(rng.choice([-1, 1]))
    elapsed = since * DAY_MS + (rows["instant_ms"] - rows["instant_ms"].iloc[0])
    return rows.assign(instant_ms=rows["instant_ms"] + np.round(sign * 20e-6 * elapsed).astype(np.int64))


def out_of_order(rows: pd.DataFrame, since: int, rng: np.random.Generator) -> pd.DataFrame:
    """A block of rows came late, as the door of the store flags it."""
    if since:
        return rows
    begin, length = int(rng.integers(0, len(rows) - 700)), int(rng.integers(10, 600))
    flags = rows["flags"].to_numpy().copy()
    flags[begin : begin + length] |= int(Flag.OUT_OF_ORDER)
    return rows.assign(flags=flags)


FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "stuck": (stuck, ("stuck",)),
    "drift 1 % a week": (drift, ("drift",)),
    "step": (step, ("step",)),
    "wheel change": (wheel_change, ("wheel_change",)),
    "swapped unit": (unit, ("unit",)),
    "doubled block": (doubled_block, ("doubled_block",)),
    "clock + 1 h": (clock_hour, ("clock_offset",)),
    "clock + 5 s": (clock_seconds, ("clock_offset",)),
    "clock 20 ppm": (clock_rate, ("clock_drift", "clock_offset")),
    "out of order": (out_of_order, ("out_of_order",)),
}
"""Each fault, and the kinds of findings that name it."""
