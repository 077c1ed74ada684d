"""Trace one simulated day: power and voltage in each second as a compact file, and the document that describes it.

`power.bin` has one part for each window of ten minutes, so that a client reads only the window that it shows, by a
request with `Range`. All numbers are little endian. A part has, for n seconds and all trains that run in one of them:

- `uint32` × (n + 1): the first train entry of each second, and the number of entries;
- for each substation and then each storage `int16` × n: power in kW, delivered is positive;
- for each substation `uint16` × n: voltage in 0.1 V, 0 without supply; for each storage `uint16` × n: charge in 0.01 %;
- for the entries `uint16` trip, `uint16` place (0 to 65535 from `low_m` to `high_m`), `int16` power in kW, drawn is
  positive, and `uint16` voltage in 0.1 V;
- zero bytes up to a multiple of four.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from api.version import headwatt_version
from dispatch.plans.timetable import Timetable
from energy_models.account.energy import J_PER_KWH
from scenarios.schema import Scenario
from scenarios.values.build import require_possible_running_times
from scenarios.values.rolling_stock import RollingStock, fleet_profiles
from simulation.day.model import day_model
from simulation.day.trace import Trace, trace_of
from simulation.runs.replications import prepare_profiles, replication_seeds

WINDOW_S = 600
MINUTE_S = 60
PLACES = 65_535
_LARGEST_KW = 32_767
_FULL_CHARGE = 10_000


def traced_day(
    scenario: Scenario, stock: RollingStock, timetable: Timetable, seed: int | None, name: str, workers: int = 2
) -> Trace:
    """The trace of one day of a timetable: the first disturbed day of a seed, or without disturbances."""
    profiles = fleet_profiles(scenario, stock).of_vehicle
    require_possible_running_times(scenario, profiles.main)
    model = day_model(scenario, profiles.main, others=profiles.others)
    prepare_profiles(model, [timetable], workers)
    day = model.day(timetable, replication_seeds(seed, 1)[0] if seed is not None else None, traces=True)
    return trace_of(scenario, day, name, headwatt_version())


def write_power(trace: Trace, file: Path) -> dict[str, Any]:
    """Write the power file of a trace; the document of the trace with the index of the file."""
    run, supply, trains = trace.run, trace.supply, trace.trains.sort_values("time_s", kind="stable")
    places = (*run.stations, *run.substations, *run.storages)
    low_m, high_m = min(one.chainage_m for one in places), max(one.chainage_m for one in places)
    trips = pd.Categorical(trains["trip"])
    names = [str(name) for name in trips.categories]
    first_rows = trains.drop_duplicates("trip")
    way = dict(zip(first_rows["trip"].astype(str), first_rows["direction"].astype(str), strict=True))
    seconds = supply["time_s"].to_numpy()
    moving = trains["time_s"].to_numpy()
    share = (trains["chainage_m"].to_numpy(dtype=np.float64) - low_m) / max(high_m - low_m, 1.0)
    entries = (
        trips.codes.astype("<u2"),
        np.clip((share * PLACES).round(), 0, PLACES).astype("<u2"),
        _kilowatts(trains["power_w"]),
        _decivolts(trains["voltage_v"]),
    )
    columns = _columns(trace)
    windows = []
    with file.open("wb") as stream:
        for first in range(0, len(seconds), WINDOW_S):
            window_s = seconds[first : first + WINDOW_S]
            bounds = np.searchsorted(moving, np.append(window_s, window_s[-1] + 1))
            parts = [(bounds - bounds[0]).astype("<u4").tobytes()]
            parts += [one[first : first + WINDOW_S].tobytes() for one in columns]
            parts += [one[bounds[0] : bounds[-1]].tobytes() for one in entries]
            content = b"".join(parts)
            content += b"\0" * (-len(content) % 4)
            entry_count = int(bounds[-1] - bounds[0])
            place = {"at": stream.tell(), "bytes": len(content)}
            windows.append({"from_s": int(window_s[0]), "seconds": len(window_s), "entries": entry_count, **place})
            stream.write(content)
    return {
        **{name: value for name, value in asdict(run).items() if name != "version"},
        "metering_point": "substation DC terminals",
        "low_m": low_m,
        "high_m": high_m,
        "trips": [{"trip_id": name, "direction": way.get(name, "up")} for name in names],
        "power_file": file.name,
        "windows": windows,
        "minutes": _minutes(trace),
        "figures": [_figures(one.name, supply[f"power_w.{one.name}"]) for one in run.substations],
    }


def _columns(trace: Trace) -> "tuple[np.ndarray[Any, Any], ...]":
    """Power of substations and storages, voltage of substations, charge of storages: one array each."""
    supply, run = trace.supply, trace.run
    power = [supply[f"power_w.{one.name}"] for one in run.substations]
    stored = [supply[f"storage_power_w.{one.name}"] for one in run.storages]
    volts = [_decivolts(supply[f"voltage_v.{one.name}"]) for one in run.substations]
    charge = [supply[f"storage_charge_share.{one.name}"].to_numpy(dtype=np.float64) for one in run.storages]
    shares = [(np.clip(one, 0.0, 1.0) * _FULL_CHARGE).round().astype("<u2") for one in charge]
    return (*map(_kilowatts, power), *map(_kilowatts, stored), *volts, *shares)


def _minutes(trace: Trace) -> Mapping[str, Any]:
    """For each minute of the day: its first second, the mean power of all substations, and the lowest voltage."""
    supply = trace.supply
    power = supply[[f"power_w.{one.name}" for one in trace.run.substations]].sum(axis=1)
    minute = supply["time_s"] // MINUTE_S * MINUTE_S
    mean_kw = power.groupby(minute).mean() / 1e3
    lowest_v = supply["lowest_voltage_v"].groupby(minute).min()
    return {
        "from_s": [int(one) for one in mean_kw.index],
        "power_kw": [round(float(one), 1) for one in mean_kw],
        "lowest_v": [round(float(one), 1) for one in lowest_v],
    }


def _figures(name: str, power_w: "pd.Series[float]") -> dict[str, Any]:
    watts = power_w.to_numpy(dtype=np.float64)
    quarter_w = pd.Series(watts).rolling(900, min_periods=1).mean().max()
    return {
        "name": name,
        "delivered_kwh": round(float(np.maximum(watts, 0.0).sum()) / J_PER_KWH, 2),
        "returned_kwh": round(float(-np.minimum(watts, 0.0).sum()) / J_PER_KWH, 2),
        "peak_1s_kw": round(float(watts.max()) / 1e3, 1),
        "peak_15min_kw": round(float(quarter_w) / 1e3, 1),
    }


def _kilowatts(power_w: "pd.Series[float]") -> "np.ndarray[Any, Any]":
    watts = power_w.to_numpy(dtype=np.float64)
    kilowatts: np.ndarray[Any, Any] = np.clip((watts / 1e3).round(), -_LARGEST_KW, _LARGEST_KW).astype("<i2")
    return kilowatts


def _decivolts(voltage_v: "pd.Series[float]") -> "np.ndarray[Any, Any]":
    volts = np.nan_to_num(voltage_v.to_numpy(dtype=np.float64))
    decivolts: np.ndarray[Any, Any] = (10.0 * volts).round().astype("<u2")
    return decivolts
