"""Findings from several days of several vehicles: scales, units, clocks and exchanged vehicles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.telemetry.findings.changes import Change, change_of
from energy_models.telemetry.findings.finding import Finding, Kind
from energy_models.telemetry.findings.fleet_clock import Lag, fleet_voltage, lags
from energy_models.telemetry.findings.vehicle_day import VehicleDay, runs_of

UNIT_RATIOS: tuple[tuple[float, str], ...] = (
    (1e3, "kilo"), (1e-3, "1/kilo"), (3.6, "km/h for m/s"), (1 / 3.6, "m/s for km/h"), (1e6, "mega"),
    (2.23694, "mph for m/s"),
)  # fmt: skip
_UNIT_TOLERANCE = 0.12
_WINDOW_S = 1_200
LEAST_STEP = {"speed_m_s": 0.0025, "voltage_v": 0.006, "current_a": 0.03}
LEAST_DRIFT_PER_WEEK = {"speed_m_s": 0.003, "voltage_v": 0.004, "current_a": 0.005}
"""Smallest changes of a scale that are reported, as shares; smaller ones lie within the classes of sensors."""
LEAST_CLOCK_S = 1.5
LEAST_CLOCK_PPM = 8.0
_SWAP_SCALE = 0.0004
"""Vehicles whose wheels differ by less cannot be told apart: 0.3 mm of the diameter."""
_TARE_KG = 200_000.0


@dataclass(frozen=True, eq=False)
class DaySummary:
    """What the comparison over days keeps of a vehicle and day: its runs, its lags and the size of its signals."""

    vehicle: str
    day: str
    first_ms: int
    runs: pd.DataFrame
    lags: tuple[Lag, ...]
    size: Mapping[str, float]


def summaries(days: Mapping[str, VehicleDay]) -> list[DaySummary]:
    """The summaries of all vehicles of one day; `days` by vehicle."""
    fleet = fleet_voltage(days)
    found = []
    for name, data in sorted(days.items()):
        runs = runs_of(data)
        runs["voltage_ratio"] = np.nan
        if fleet is not None and name in fleet.level_v:
            runs["voltage_ratio"] = _voltage_ratio(runs, fleet.level_v, fleet.weight, fleet.begin_s, name)
        mine = tuple(lags(fleet, name)) if fleet is not None and name in fleet.change_v else ()
        size = {key: float(np.nanmedian(np.abs(values))) for key, values in data.signals.items()}
        found.append(DaySummary(name, data.day, round(data.seconds[0] * 1e3), runs, mine, size))
    return found


def _voltage_ratio(
    runs: pd.DataFrame, level: Mapping[str, FloatArray], weight: Mapping[str, FloatArray], begin_s: int, name: str
) -> FloatArray:
    """Voltage of the vehicle by that of the others over windows of 20 minutes, each at the run in which it ends.

    Within a window the trains run and stand several times, so that their own currents average out. The median of the
    others counts, so that none of them decides.
    """
    found = np.full(len(runs), np.nan)
    if not len(runs):
        return found
    ends_s = runs["end_s"].to_numpy()
    edges = np.arange(int(runs["begin_s"].iloc[0]), int(ends_s[-1]) + 1, _WINDOW_S) - begin_s
    if len(edges) < 2:
        return found
    means = {}
    for key, values in level.items():
        summed, counted = np.cumsum(values)[edges], np.cumsum(weight[key])[edges]
        rows = np.diff(counted)
        means[key] = np.where(
            rows > 0.5 * max(float(np.median(rows)), 60.0), np.diff(summed) / np.maximum(rows, 1.0), np.nan
        )
    others = np.array([mean for key, mean in means.items() if key != name])
    present = np.isfinite(others).any(axis=0) & np.isfinite(means[name])
    place = np.minimum(np.searchsorted(ends_s - begin_s, edges[1:]), len(runs) - 1)
    found[place[present]] = means[name][present] / np.nanmedian(others[:, present], axis=0)
    return found


def findings_over_days(days: Sequence[DaySummary]) -> list[Finding]:
    """The findings that need several days or several vehicles."""
    found: list[Finding] = []
    by_vehicle: dict[str, list[DaySummary]] = {}
    for one in sorted(days, key=lambda one: (one.vehicle, one.first_ms)):
        by_vehicle.setdefault(one.vehicle, []).append(one)
    wrong_unit = _units(by_vehicle)
    found += wrong_unit
    excluded = {(one.vehicle, one.day) for one in wrong_unit}
    swapped = _swapped(by_vehicle, excluded)
    found += swapped
    excluded |= {(one.vehicle, one.day) for one in swapped}
    usual_ratio = _section_medians(days)
    for vehicle, mine in by_vehicle.items():
        sound = [one for one in mine if (vehicle, one.day) not in excluded]
        found += _scales(vehicle, sound, usual_ratio)
        found += _clock(vehicle, mine)
    return found


def _units(by_vehicle: Mapping[str, Sequence[DaySummary]]) -> list[Finding]:
    """Signals whose size differs from the usual one by the factor between two units."""
    found = []
    for vehicle, mine in by_vehicle.items():
        for one in mine:
            scale = float(one.runs["speed_scale"].median()) if len(one.runs) else float("nan")
            words = _unit_words(scale)
            if words:
                found.append(Finding("unit", vehicle, one.day, "speed_m_s", one.first_ms, scale, "times", words))
            for signal in ("voltage_v", "current_a", "power_w", "load_kg", "outside_temperature_c"):
                usual = _usual(by_vehicle, vehicle, one.day, signal)
                size = one.size.get(signal, float("nan"))
                if not np.isfinite(usual) or not np.isfinite(size) or usual <= 0.0:
                    continue
                words = _unit_words(size / usual)
                if signal == "outside_temperature_c":
                    is_fahrenheit = size > 40.0 and abs((size - 32.0) / 1.8 - usual) < 8.0
                    words = "degF for degC" if is_fahrenheit else ""
                elif signal in ("voltage_v", "current_a", "power_w", "load_kg") and " for " in words:
                    words = ""
                if words:
                    found.append(Finding("unit", vehicle, one.day, signal, one.first_ms, size / usual, "times", words))
    return found


def _unit_words(ratio: float) -> str:
    return next((words for value, words in UNIT_RATIOS if abs(ratio / value - 1.0) < _UNIT_TOLERANCE), "")


def _usual(by_vehicle: Mapping[str, Sequence[DaySummary]], vehicle: str, day: str, signal: str) -> float:
    """The usual size of a signal: over the other days of the vehicle and the other vehicles."""
    sizes = [
        one.size[signal]
        for name, mine in by_vehicle.items()
        for one in mine
        if signal in one.size and (name, one.day) != (vehicle, day)
    ]
    return float(np.median(sizes)) if len(sizes) >= 2 else float("nan")


def _work_by_mass(runs: pd.DataFrame) -> "pd.Series[float]":
    """Work of acceleration by the kinetic energy of the loaded train, of each run; 1 but for losses and gradients.

    The kinetic energy has the square of the scale of the speed, which is a finding of its own.
    """
    scale = runs["speed_scale"].fillna(runs["speed_scale"].median()).fillna(1.0)
    load_kg = runs["load_kg"].fillna(runs["load_kg"].median()).fillna(0.0)
    return runs["traction_ratio_kg"] * scale**2 / (_TARE_KG + load_kg)


def _section_medians(days: Sequence[DaySummary]) -> dict[float, float]:
    """The median of the work by mass by section over all vehicles, so that gradients do not count."""
    runs = [one.runs.assign(work=_work_by_mass(one.runs)) for one in days if len(one.runs)]
    if not runs:
        return {}
    grouped = pd.concat(runs).groupby("section")["work"]
    return {float(key): float(value) for key, value in grouped.median().items() if np.isfinite(value)}  # type: ignore[arg-type]


def _scales(vehicle: str, mine: Sequence[DaySummary], usual_ratio: Mapping[float, float]) -> list[Finding]:
    runs = [one.runs for one in mine if len(one.runs)]
    if not runs:
        return []
    whole = pd.concat(runs, ignore_index=True).sort_values("begin_s", kind="stable")
    work = _work_by_mass(whole) / whole["section"].map(usual_ratio)
    voltage = whole["voltage_ratio"]
    if voltage.notna().any():
        # Power is voltage times current; what the voltage shows alone does not count for the current.
        work = work / voltage.rolling(9, center=True, min_periods=1).median().interpolate(limit_direction="both")
    else:
        voltage = whole["standing_v"]
    series = {"speed_m_s": whole["speed_scale"], "voltage_v": voltage, "current_a": work}
    seconds = whole["end_s"].to_numpy(dtype=np.float64)
    found = []
    for signal, ratio in series.items():
        change = change_of(
            seconds,
            ratio.to_numpy(dtype=np.float64),
            least_step=LEAST_STEP[signal],
            least_drift_per_week=LEAST_DRIFT_PER_WEEK[signal],
        )
        if change is not None:
            found.append(_of_change(vehicle, mine, signal, change))
    return found


def _of_change(vehicle: str, mine: Sequence[DaySummary], signal: str, change: Change) -> Finding:
    at_ms = round(change.at_s * 1e3)
    day = next((one.day for one in reversed(mine) if one.first_ms <= at_ms), mine[0].day)
    kind: Kind = "drift"
    if change.form == "step":
        kind = "wheel_change" if signal == "speed_m_s" else "step"
    unit = "% a week" if change.form == "drift" else "%"
    sure = f"{change.significance:.0f} standard errors"
    return Finding(kind, vehicle, day, signal, at_ms, 100.0 * change.amount, unit, sure)


def _clock(vehicle: str, mine: Sequence[DaySummary]) -> list[Finding]:
    """The clock against the fleet: an offset on a day, or a rate over the day or over days."""
    found = []
    for one in mine:
        if not one.lags:
            continue
        t = np.array([lag.middle_s for lag in one.lags])
        x = np.array([lag.lag_s for lag in one.lags])
        # Where another clock is wrong, some blocks agree with that one: the lag of most blocks counts.
        agree = np.abs(x[:, None] - x) < 2.0
        near = agree[int(np.argmax(agree.sum(axis=1)))]
        if 2 * int(near.sum()) <= len(x):
            continue
        t, x = t[near], x[near]
        middle = float(np.median(x))
        if abs(middle) >= LEAST_CLOCK_S:
            detail = f"{len(x)} blocks of two hours agree"
            found.append(Finding("clock_offset", vehicle, one.day, "", one.first_ms, middle, "s", detail))
        if len(x) >= 5:
            centred = t - t.mean()
            rate = float((centred * x).sum() / (centred**2).sum())
            rest = x - x.mean() - rate * centred
            error = max(float(np.sqrt((rest**2).sum() / (len(x) - 2))), 0.02) / float(np.sqrt((centred**2).sum()))
            if abs(rate) * 1e6 >= LEAST_CLOCK_PPM and abs(rate) > 5.0 * error:
                found.append(
                    Finding("clock_drift", vehicle, one.day, "", one.first_ms, rate * 1e6, "ppm", "within the day")
                )
    return found


def _swapped(by_vehicle: Mapping[str, Sequence[DaySummary]], excluded: set[tuple[str, str]]) -> list[Finding]:
    """Days on which two vehicles have each other's scale of speed, which the diameters of their wheels give."""
    scale: dict[tuple[str, str], float] = {}
    error: dict[tuple[str, str], float] = {}
    for vehicle, mine in by_vehicle.items():
        for one in mine:
            values = one.runs["speed_scale"].dropna()
            if len(values) >= 8 and (vehicle, one.day) not in excluded:
                scale[vehicle, one.day] = float(values.median())
                spread = float((values - values.median()).abs().median()) / 0.6745
                error[vehicle, one.day] = max(1.25 * spread / np.sqrt(len(values)), 1e-5)
    usual = {
        vehicle: float(np.median([scale[key] for key in scale if key[0] == vehicle]))
        for vehicle in {key[0] for key in scale}
        if sum(key[0] == vehicle for key in scale) >= 3
    }
    found = []
    for (a, day), value in scale.items():
        for b, usual_b in usual.items():
            if b <= a or a not in usual or (b, day) not in scale:
                continue
            apart = abs(usual[a] - usual_b)
            noise = float(np.hypot(error[a, day], error[b, day]))
            crossed = abs(value - usual_b) + abs(scale[b, day] - usual[a])
            straight = abs(value - usual[a]) + abs(scale[b, day] - usual_b)
            if apart > max(_SWAP_SCALE, 4.0 * noise) and crossed < 0.25 * straight and straight > 1.6 * apart:
                for vehicle, other in ((a, b), (b, a)):
                    first = next(one.first_ms for one in by_vehicle[vehicle] if one.day == day)
                    amount = 100.0 * (scale[vehicle, day] / usual[vehicle] - 1.0)
                    detail = f"its wheels measure like those of {other}"
                    found.append(Finding("vehicle_swapped", vehicle, day, "speed_m_s", first, amount, "%", detail))
    return found
