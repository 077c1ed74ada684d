"""Telemetry of one train by plain kinematics: trapezoidal runs between stations, power by a simple train.

The train shares nothing with the project's physics, so that tests of mapping, store and quality have an own truth.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

STATIONS_M = (0.0, 1300.0, 2400.0, 4200.0, 5100.0, 6900.0)
"""Stopping points by chainage."""
MASS_KG = 200_000.0
AUXILIARY_W = 150_000.0
EFFICIENCY = 0.87


def recorded_train(
    *, hours: float = 1.0, begin_s: float = 21_600.0, seed: int = 0, vehicle: str = "TS01", step_s: float = 1.0
) -> pd.DataFrame:
    """Rows in the columns of the telemetry, from a train that shuttles between the terminals.

    Speeds have 0.02 m/s of noise and steps of 0.1 km/h; the chainage is reset at each station.
    """
    rng = np.random.default_rng(seed)
    pieces = []
    now_s, place, direction, trip, section = begin_s, 0, 1, 0, 0
    end_s = begin_s + hours * 3600.0
    while now_s < end_s:
        there = place + direction
        length = abs(STATIONS_M[there] - STATIONS_M[place])
        dwell = float(rng.integers(20, 40))
        pieces.append(_with_trip(_stand(now_s, dwell, STATIONS_M[place], step_s), trip, section, direction))
        now_s += dwell
        run = _run(now_s, length, float(rng.uniform(17.0, 20.0)), step_s)
        run["chainage_m"] = STATIONS_M[place] + direction * run.pop("distance_m")
        pieces.append(_with_trip(run, trip, section, direction))
        now_s = float(run["time_s"][-1]) + step_s
        place, section = there, section + 1
        if place in (0, len(STATIONS_M) - 1):
            direction, trip, section = -direction, trip + 1, 0
    rows = pd.DataFrame({name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]})
    rows = rows[rows["time_s"] < end_s].reset_index(drop=True)
    count = len(rows)
    moving = rows["speed_m_s"] > 0.0
    noisy = np.round((rows["speed_m_s"] + 0.02 * rng.standard_normal(count)) * 36.0) / 36.0
    load_kg = 9_000.0 + 4_000.0 * np.sin(rows["time_s"] / 2_000.0)
    # As of an energy meter, the power is the mean over the step that ends at the row.
    before = np.append(0.0, rows["speed_m_s"].to_numpy()[:-1])
    gained_w = (MASS_KG + load_kg) * (rows["speed_m_s"] ** 2 - before**2) / 2.0 / step_s
    lost_w = (3_000.0 + 9.0 * rows["speed_m_s"] ** 2) * 0.5 * (rows["speed_m_s"] + before)
    wheel_w = np.where(moving & (rows["state"] != "coast"), gained_w + lost_w, 0.0)
    drawn_w = np.where(wheel_w > 0.0, wheel_w / EFFICIENCY, wheel_w * EFFICIENCY) + AUXILIARY_W
    voltage_v = np.round(820.0 - 2e-5 * drawn_w + 1.5 * rng.standard_normal(count))
    return pd.DataFrame(
        {
            "time_s": rows["time_s"],
            "vehicle": vehicle,
            "trip": rows["trip"],
            "direction": rows["direction"],
            "section": rows["section"],
            "chainage_m": np.round(rows["chainage_m"] + 0.3 * rng.standard_normal(count), 1),
            "speed_m_s": np.where(moving, np.maximum(noisy, 0.0), 0.0),
            "state": rows["state"],
            "friction_brake": (rows["state"] == "brake").astype(int) * (rows["speed_m_s"] < 2.0),
            "doors_open": rows["doors_open"],
            "voltage_v": voltage_v,
            "current_a": np.round(drawn_w / voltage_v + 6.0 * rng.standard_normal(count)),
            "load_kg": np.round((load_kg + 300.0 * rng.standard_normal(count)) / 100.0) * 100.0,
            "outside_temperature_c": np.round(2.0 * (18.0 + 4.0 * np.sin(rows["time_s"] / 14_000.0)
                                                     + 0.2 * rng.standard_normal(count))) / 2.0,
        }
    )  # fmt: skip


Columns = dict[str, NDArray[Any]]


def _with_trip(piece: Columns, trip: int, section: int, direction: int) -> Columns:
    count = len(piece["time_s"])
    return {
        **piece,
        "trip": np.full(count, f"T{trip:03d}", dtype=object),
        "section": np.full(count, section),
        "direction": np.full(count, "up" if direction > 0 else "down", dtype=object),
    }


def _stand(now_s: float, dwell_s: float, place_m: float, step_s: float) -> Columns:
    time_s = now_s + np.arange(0.0, dwell_s, step_s)
    doors = (time_s >= now_s + 3.0) & (time_s < now_s + dwell_s - 4.0)
    return {
        "time_s": time_s,
        "speed_m_s": np.zeros(len(time_s)),
        "acceleration_m_s2": np.zeros(len(time_s)),
        "chainage_m": np.full(len(time_s), place_m),
        "state": np.full(len(time_s), "stand", dtype=object),
        "doors_open": doors.astype(int),
    }


def _run(now_s: float, length_m: float, cap_m_s: float, step_s: float) -> Columns:
    """Traction at 0.9, cruising with coasting in its last third, braking at 0.8 m/s²."""
    up, down = 0.9, 0.8
    top = min(cap_m_s, np.sqrt(2.0 * length_m * up * down / (up + down)))
    first, last = top / up, top / down
    middle = (length_m - 0.5 * top * (first + last)) / top
    whole = first + middle + last
    t = np.arange(step_s, whole, step_s)
    speed = np.where(t < first, up * t, np.where(t < first + middle, top, top - down * (t - first - middle)))
    distance = np.where(
        t < first,
        0.5 * up * t**2,
        np.where(
            t < first + middle,
            0.5 * top * first + top * (t - first),
            length_m - 0.5 * down * np.maximum(whole - t, 0.0) ** 2,
        ),
    )
    is_coasting = (t >= first + 0.66 * middle) & (t < first + middle)
    state = np.where(
        t < first, "traction", np.where(is_coasting, "coast", np.where(t < first + middle, "traction", "brake"))
    )
    return {
        "time_s": now_s + t - step_s,
        "speed_m_s": np.maximum(speed, 0.0),
        "acceleration_m_s2": np.where(t < first, up, np.where(t < first + middle, 0.0, -down)),
        "chainage_m": np.zeros(len(t)),
        "distance_m": distance,
        "state": state.astype(object),
        "doors_open": np.zeros(len(t), dtype=int),
    }
