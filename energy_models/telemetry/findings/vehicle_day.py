"""The rows of one vehicle and day as arrays, and their runs from stand to stand."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray, IntArray
from energy_models.telemetry.batch import FLAGS, INSTANT

STANDING_M_S = 0.3
_SHORTEST_STAND_S = 8.0
_LONGEST_GAP_S = 30.0
SECTION_STEP_M = 100.0
"""Stands within this distance belong to one station."""


@dataclass(frozen=True, eq=False)
class VehicleDay:
    """One vehicle and day; missing signals and values are NaN.

    `seconds` are Unix time, rising; `flags` those of the store.
    """

    vehicle: str
    day: str
    seconds: FloatArray
    flags: IntArray
    signals: dict[str, FloatArray]

    def signal(self, name: str) -> FloatArray:
        """A signal; NaN throughout if there is none."""
        found = self.signals.get(name)
        return np.full(len(self.seconds), np.nan) if found is None else found

    @property
    def current_a(self) -> FloatArray:
        """The current, from power and voltage where no current is recorded."""
        current = self.signal("current_a")
        if np.isfinite(current).any():
            return current
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.signal("power_w") / self.signal("voltage_v"))


def vehicle_day(vehicle: str, day: str, rows: pd.DataFrame) -> VehicleDay:
    """The arrays of the rows of one vehicle and day, sorted by instant."""
    numeric = [name for name in rows.columns if rows[name].dtype == np.float64 and name != "time_s"]
    signals = {name: rows[name].to_numpy() for name in numeric}
    return VehicleDay(
        vehicle, day, rows[INSTANT].to_numpy() / 1e3, rows[FLAGS].to_numpy(dtype=np.int64),
        {name: values for name, values in signals.items() if np.isfinite(values).any()},
    )  # fmt: skip


RUN_COLUMNS = ("begin_s", "end_s", "from_m", "to_m", "section", "integral_m", "speed_scale", "traction_ratio_kg",
               "standing_v", "standing_w", "load_kg")  # fmt: skip


def runs_of(data: VehicleDay) -> pd.DataFrame:
    """The runs of a day from stand to stand, one row each; what a run does not have is NaN.

    Returns:
        `begin_s`, `end_s` in Unix time; `from_m`, `to_m` the chainages of the stands; `section` a key of both;
        `integral_m` the integral of the speed; `speed_scale` its ratio to the distance of the chainages;
        `traction_ratio_kg` electric energy of acceleration, without auxiliaries, by half the change of v²;
        `standing_v`, `standing_w` voltage and power at the stand before; `load_kg` the mean load.
    """
    speed = data.signal("speed_m_s")
    seconds = data.seconds
    empty = pd.DataFrame({name: pd.Series(dtype=np.float64) for name in RUN_COLUMNS})
    if len(seconds) < 10 or not np.isfinite(speed).any():
        return empty
    stands = _stands(seconds, speed)
    if len(stands) < 2:
        return empty
    chainage = data.signal("chainage_m")
    current, voltage = data.current_a, data.signal("voltage_v")
    power = current * voltage
    load = data.signal("load_kg")
    step = np.diff(seconds)
    travelled = np.append(0.0, np.cumsum(np.nan_to_num(0.5 * (speed[1:] + speed[:-1]) * step)))
    rising = np.append(np.diff(speed) > 0.15 * np.maximum(step, 0.05), False) & (speed > 1.0)
    energy = np.append(0.0, np.cumsum(np.nan_to_num(np.where(rising[:-1], power[1:] * step, 0.0))))
    kinetic = np.append(0.0, np.cumsum(np.nan_to_num(np.where(rising[:-1], np.diff(0.5 * speed**2), 0.0))))
    accelerating_s = np.append(0.0, np.cumsum(np.where(rising[:-1], step, 0.0)))
    found = []
    for (a, b), (c, d) in pairwise(stands):
        if b >= c or step[b:c].max(initial=0.0) > _LONGEST_GAP_S or not np.isfinite(speed[b : c + 1]).all():
            continue
        last = (a + b) // 2
        from_m, to_m = _middle(chainage[last : b + 1]), _middle(chainage[(c + d) // 2 : d + 1])
        integral = travelled[c] - travelled[b]
        distance = abs(to_m - from_m)
        if integral < 50.0:
            continue
        standing_w = _middle(power[a : b + 1])
        gained = kinetic[c] - kinetic[b]
        work = energy[c] - energy[b] - standing_w * (accelerating_s[c] - accelerating_s[b])
        key = np.nan
        if np.isfinite(distance):
            key = round(from_m / SECTION_STEP_M) * 1e5 + round(to_m / SECTION_STEP_M)
        found.append(
            (seconds[b], seconds[c], from_m, to_m, key, integral, integral / distance if distance > 200.0 else np.nan,
             work / gained if gained > 20.0 else np.nan, _middle(voltage[a : b + 1]), standing_w,
             _middle(load[b : c + 1]))
        )  # fmt: skip
    return pd.DataFrame(found, columns=list(RUN_COLUMNS)) if found else empty


def _stands(seconds: FloatArray, speed: FloatArray) -> list[tuple[int, int]]:
    """First and last row of each stand."""
    standing = np.nan_to_num(speed, nan=99.0) < STANDING_M_S
    edges = np.flatnonzero(np.diff(np.concatenate(([False], standing, [False])).astype(np.int8)))
    pairs = [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [(a, b) for a, b in pairs if seconds[b] - seconds[a] >= _SHORTEST_STAND_S]


def _middle(values: FloatArray) -> float:
    """The median of the numbers that are there; NaN without any."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
