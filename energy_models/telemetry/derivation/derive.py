"""Derives state, chainage, section, direction and trip of a vehicle and day where its recorder does not have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from energy_models.arrays import BoolArray, FloatArray, IntArray
from energy_models.telemetry.batch import INSTANT
from energy_models.telemetry.derivation.station_match import StationMatch, match_stations

STANDING_M_S = 0.3
_SHORTEST_STOP_S = 12.0
_LEAST_STOPS = 5
_MOST_BROKEN_SHARE = 0.1
_TRACTION_M_S2, _BRAKE_M_S2 = 0.10, -0.20
_LEAST_DRIVE_W = 60_000.0
"""Power beyond that at a stand from which the drive works: below lie the variations of auxiliaries; assumed."""


@dataclass(frozen=True, eq=False)
class Derived:
    """Rows with derived columns.

    Attributes:
        rows: The rows, with the columns that could be derived.
        derived: Names of derived columns.
        notes: How well the stations fit, and what could not be derived and why.
    """

    rows: pd.DataFrame
    derived: tuple[str, ...]
    notes: tuple[str, ...]


def derive(rows: pd.DataFrame, stations_m: Sequence[float]) -> Derived:
    """Derive missing columns of one vehicle and day.

    Args:
        rows: Rows in order of time, with `instant_ms` and `speed_m_s`; `doors_open`, `chainage_m`, `current_a` and
            `voltage_v` help.
        stations_m: Chainages of the stations of the line.
    """
    missing = [name for name in ("state", "chainage_m", "direction", "section", "trip") if _is_missing(rows, name)]
    if not missing:
        return Derived(rows, (), ())
    if _is_missing(rows, "speed_m_s") or len(rows) < 30:
        return Derived(rows, (), ("without speed, no column can be derived",))
    rows = rows.copy()
    notes: list[str] = []
    derived: list[str] = []
    seconds: FloatArray = np.asarray(rows[INSTANT], dtype=np.float64) / 1e3
    speed: FloatArray = np.asarray(rows["speed_m_s"].astype(np.float64).interpolate(limit_direction="both"))
    if "state" in missing:
        rows["state"], note = _state(rows, seconds, speed)
        derived.append("state")
        notes += note
    if set(missing) - {"state"}:
        notes += _along_line(rows, missing, derived, seconds, speed, np.sort(np.asarray(stations_m, dtype=np.float64)))
    return Derived(rows, tuple(derived), tuple(notes))


def _is_missing(rows: pd.DataFrame, name: str) -> bool:
    return name not in rows or bool(rows[name].isna().all())


def _state(rows: pd.DataFrame, seconds: FloatArray, speed: FloatArray) -> tuple[pd.Series, list[str]]:
    """State of the drive: by power where it is recorded, otherwise by acceleration alone."""
    acceleration = np.gradient(speed, seconds) if bool((np.diff(seconds) > 0).all()) else np.zeros(len(speed))
    usual = max(float(np.median(np.diff(seconds))), 0.02)
    width = max(1, round(2.0 / usual))
    acceleration = uniform_filter1d(acceleration, width)
    standing = speed < STANDING_M_S
    power = _power(rows)
    notes = []
    if power is None:
        notes.append("state: without power, cruising and coasting are not told apart and stay blank")
        state = np.where(
            standing,
            "stand",
            np.where(acceleration > _TRACTION_M_S2, "traction", np.where(acceleration < _BRAKE_M_S2, "brake", "")),
        )
    else:
        rest = float(np.nanmedian(power[standing])) if standing.any() else 0.0
        with np.errstate(invalid="ignore"):
            driving = power - rest > _LEAST_DRIVE_W
            regenerating = power - rest < -_LEAST_DRIVE_W
        braking = regenerating | ((acceleration < _BRAKE_M_S2) & ~driving)
        state = np.where(standing, "stand", np.where(driving, "traction", np.where(braking, "brake", "coast")))
    series = pd.Series(state.astype(object), index=rows.index)
    return series.where(series != "", None), notes


def _power(rows: pd.DataFrame) -> FloatArray | None:
    if not _is_missing(rows, "current_a") and not _is_missing(rows, "voltage_v"):
        return (rows["current_a"] * rows["voltage_v"]).to_numpy(dtype=np.float64)
    return None if _is_missing(rows, "power_w") else rows["power_w"].to_numpy(dtype=np.float64)


def _along_line(
    rows: pd.DataFrame,
    missing: Sequence[str],
    derived: list[str],
    seconds: FloatArray,
    speed: FloatArray,
    stations_m: FloatArray,
) -> list[str]:
    first, last = _stops(rows, seconds, speed)
    if len(first) < _LEAST_STOPS:
        return [f"{len(first)} stops are too few to find the place on the line"]
    step = np.minimum(np.diff(seconds), 30.0)
    travelled = np.append(0.0, np.cumsum(0.5 * (speed[1:] + speed[:-1]) * step))
    middle = travelled[(first + last) // 2]
    place = None
    if not _is_missing(rows, "chainage_m"):
        recorded = rows["chainage_m"].to_numpy(dtype=np.float64)
        place = np.array([np.nanmedian(recorded[a : b + 1]) for a, b in zip(first, last, strict=True)])
    match = match_stations(stations_m, np.diff(middle, prepend=middle[0]), place)
    if match.broken > _MOST_BROKEN_SHARE * len(first):
        words = f"{match.broken} of {len(first)} stops do not fit the stations: another line, or stops without doors"
        return [words + "; no place is derived"]
    for name, values in _columns(match, first, last, travelled, stations_m).items():
        if name in missing:
            rows[name] = values
            derived.append(name)
    note = f"{len(first) - match.broken} of {len(first)} stops fit stations, speed scale {match.scale:.4f}, "
    return [note + f"distances agree to {match.rms_share:.2%}"]


def _stops(rows: pd.DataFrame, seconds: FloatArray, speed: FloatArray) -> tuple[IntArray, IntArray]:
    """First and last row of each stop: a stand with open doors, or without a door signal a longer stand."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (speed < STANDING_M_S).astype(np.int8), [0]))))
    first, last = edges[::2], edges[1::2] - 1
    if _is_missing(rows, "doors_open"):
        keep = seconds[last] - seconds[first] >= _SHORTEST_STOP_S
    else:
        opened = np.append(0, np.cumsum(np.nan_to_num(rows["doors_open"].to_numpy(dtype=np.float64)) > 0.5))
        keep = opened[last + 1] > opened[first]
    return first[keep].astype(np.int64), last[keep].astype(np.int64)


def _columns(
    match: StationMatch, first: IntArray, last: IntArray, travelled: FloatArray, stations_m: FloatArray
) -> dict[str, NDArray[Any]]:
    """Chainage, direction, section and trip of each row; blank before the first and after the last stop."""
    rows, stops, n = len(travelled), len(first), len(stations_m)
    chainage = np.full(rows, np.nan)
    is_up, section, trip = np.zeros(rows, dtype=np.bool_), np.full(rows, np.nan), np.zeros(rows, dtype=np.int64)
    known: BoolArray = np.zeros(rows, dtype=np.bool_)
    number = 0
    for stop in range(stops):
        here = match.station[stop]
        following = min(stop + 1, stops - 1)
        there = match.station[following]
        # A stand belongs to the run that follows it.
        leaves_up = bool(there > here) if there != here else bool(match.is_up[following])
        if here in (0, n - 1) and there == here:
            leaves_up = here == 0
        previous_up = bool(is_up[first[stop] - 1]) if stop else leaves_up
        number += int(stop > 0 and leaves_up != previous_up)
        begin, end = first[stop], first[stop + 1] if stop + 1 < stops else last[stop] + 1
        known[begin:end] = True
        is_up[begin:end] = leaves_up
        trip[begin:end] = number
        section[begin:end] = here if leaves_up else n - 1 - here
        chainage[begin : last[stop] + 1] = stations_m[here]
        if stop + 1 < stops:
            run = slice(last[stop] + 1, end)
            way = travelled[end] - travelled[last[stop]]
            share = (travelled[run] - travelled[last[stop]]) / way if way > 0.0 else 0.0
            chainage[run] = stations_m[here] + share * (stations_m[there] - stations_m[here])
            # Stations that are passed begin a section too.
            passed = np.searchsorted(stations_m, chainage[run], side="right") - 1
            low, high = min(here, there), max(max(here, there) - 1, min(here, there))
            passed = np.clip(passed, low, high)
            section[run] = passed if leaves_up else n - 2 - passed
    # At a stand, the section is the next one; the last section is that of the train that turns back.
    section = np.clip(section, 0, n - 2)
    return {
        "chainage_m": chainage,
        "direction": _where_known(known, np.where(is_up, "up", "down")),
        "section": np.where(known, section, np.nan),
        "trip": _where_known(known, np.array([f"D{one:03d}" for one in range(number + 1)])[trip]),
    }


def _where_known(known: BoolArray, words: NDArray[Any]) -> NDArray[np.object_]:
    found = words.astype(object)
    found[~known] = None
    return found
