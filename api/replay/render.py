"""The page of a trace, which plays the day in time: trains, power, voltage along the line.

It needs no network. The page contains the day as compressed arrays: every running train in every second (position,
power, voltage), every arrival and departure with its delay, power and voltage of each substation, power and state of
charge of each storage. A whole day of the
Yizhuang line takes four to six megabytes.
"""

import base64
import gzip
import json
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from api.page_modules import one_script
from api.page_policy import hash_source
from energy_models.faults import Fault, InputFaults
from simulation.day.trace import Trace, standing

_HERE = Path(__file__).parent
_PAGES = _HERE.parent / "pages"
_POSITIONS = 65_535
_LARGEST_KW = 32_767
_FULL_CHARGE = 10_000
_TEXTS = ("event", "station", "trip", "direction", "detail")
_ROUTINE = ("arrives", "departs", "boards", "held by the train ahead", "slowed by the supply")


def render_replay(trace: Trace, from_s: int | None = None, to_s: int | None = None, note: str = "") -> str:
    """The page of a trace, or of a window of it, with a `note` under the title.

    Raises InputFaults if the window contains no train.
    """
    seconds = trace.supply["time_s"].to_numpy()
    begin_s = int(seconds[0]) if from_s is None else max(int(seconds[0]), from_s)
    end_s = int(seconds[-1]) if to_s is None else min(int(seconds[-1]), to_s)
    if end_s - begin_s < 1:
        allowed = f"a window within {int(seconds[0])} to {int(seconds[-1])} s of the day"
        raise InputFaults([Fault("", "", "window", f"{from_s} to {to_s} s", allowed)])
    supply = trace.supply[(seconds >= begin_s) & (seconds <= end_s)]
    moving = trace.trains["time_s"].to_numpy()
    trains = trace.trains[(moving >= begin_s) & (moving <= end_s)]
    meta, arrays = _content(trace, trains, supply, begin_s, end_s)
    places: list[dict[str, Any]] = []
    blob = b""
    for name, values in arrays.items():
        blob += b"\0" * (-len(blob) % 4)
        places.append({"name": name, "kind": values.dtype.name, "at": len(blob), "count": int(values.size)})
        blob += values.tobytes()
    meta["arrays"] = places
    meta["note"] = note
    packed = base64.b64encode(gzip.compress(blob, 9, mtime=0)).decode("ascii")
    title = f"{trace.run.title}, {trace.run.timetable}"
    text = (_HERE / "replay.html").read_text(encoding="utf-8")
    script = one_script(_HERE / "replay.js", texts=("graph.",))
    styles = (_PAGES / "tokens.css", _PAGES / "train_graph.css", _HERE / "replay.css")
    style = "".join(one.read_text(encoding="utf-8") for one in styles)
    for mark, content in (
        ("{{title}}", escape(title)),
        ("{{policy}}", _policy(script, style)),
        ("{{style}}", style),
        ("{{meta}}", json.dumps(meta, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")),
        ("{{data}}", packed),
        ("{{script}}", script),
    ):
        text = text.replace(mark, content, 1)
    return text


def _policy(script: str, style: str) -> str:
    """The content security policy of the page: its own style and script, by their hashes, and nothing else."""
    return (
        f"default-src 'none'; script-src {hash_source(script)}; style-src {hash_source(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _content(
    trace: Trace, trains: pd.DataFrame, supply: pd.DataFrame, begin_s: int, end_s: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    run = trace.run
    vehicles = sorted({str(v) for v in trace.events["vehicle"] if v})
    trips = list(dict.fromkeys(str(t) for t in trace.events["trip"] if t))
    number_of = {name: k for k, name in enumerate(vehicles)}
    trip_of = {name: k for k, name in enumerate(trips)}
    places = (*run.stations, *run.substations, *run.storages)
    low_m = min(place.chainage_m for place in places)
    high_m = max(place.chainage_m for place in places)
    span_m = max(high_m - low_m, 1.0)
    time_s = trains["time_s"].to_numpy()
    trip = trains["trip"].astype(str).map(trip_of).to_numpy(dtype=np.int64)
    vehicle = trains["vehicle"].astype(str).map(number_of).to_numpy(dtype=np.int64)
    passengers = trains["passengers"].to_numpy(dtype=np.float64)
    # A run begins where trip or load changes or a second is missing.
    breaks = (np.diff(trip) != 0) | (np.diff(time_s) > 1) | (np.diff(time_s) < 0) | (np.diff(passengers) != 0.0)
    first = np.concatenate([[0], np.flatnonzero(breaks) + 1]) if len(trip) else np.zeros(0, np.int64)
    length = np.diff(np.append(first, len(trip)))
    stands = [s for s in standing(trace) if s.to_s >= begin_s and s.from_s <= end_s]
    stations = {place.name: k for k, place in enumerate(run.stations)}
    calls = _calls(trace.events, begin_s, end_s)
    position = (trains["chainage_m"].to_numpy(dtype=np.float64) - low_m) / span_m * _POSITIONS
    arrays = {
        "run_start": (time_s[first] - begin_s).astype(np.int32),
        "run_length": length.astype(np.int32),
        "run_first": first.astype(np.int32),
        "run_trip": trip[first].astype(np.int32),
        "run_vehicle": vehicle[first].astype(np.int32),
        "run_down": (trains["direction"].astype(str).to_numpy()[first] == "down").astype(np.int32),
        "run_passengers": passengers[first].round().astype(np.int32),
        "position": np.clip(position.round(), 0, _POSITIONS).astype(np.uint16),
        "power_kw": _kilowatts(trains["power_w"].to_numpy(dtype=np.float64)),
        "voltage": (10.0 * trains["voltage_v"].to_numpy(dtype=np.float64)).round().astype(np.uint16),
        "call_trip": calls["trip"].astype(str).map(trip_of).to_numpy(dtype=np.int32),
        "call_station": calls["station"].astype(str).map(stations).to_numpy(dtype=np.int32),
        "call_departs": (calls["event"] == "departs").to_numpy(dtype=np.int32),
        "call_time": (calls["time_s"].to_numpy(dtype=np.float64) - begin_s).astype(np.float32),
        "call_late": calls["late_s"].to_numpy(dtype=np.float32),
        "stand_from": np.array([s.from_s - begin_s for s in stands], dtype=np.float32),
        "stand_to": np.array([s.to_s - begin_s for s in stands], dtype=np.float32),
        "stand_station": np.array([stations[s.station] for s in stands], dtype=np.int32),
        "stand_down": np.array([s.direction == "down" for s in stands], dtype=np.int32),
        "stand_vehicle": np.array([number_of[s.vehicle] for s in stands], dtype=np.int32),
        "stand_trip": np.array([trip_of[s.trip] for s in stands], dtype=np.int32),
    }
    substations = [place for place in run.substations if f"power_w.{place.name}" in supply]
    for k, place in enumerate(substations):
        arrays[f"substation_kw_{k}"] = _kilowatts(supply[f"power_w.{place.name}"].to_numpy(dtype=np.float64))
        # A substation out of service has no voltage: zero in the page.
        volts = 10.0 * np.nan_to_num(supply[f"voltage_v.{place.name}"].to_numpy(dtype=np.float64))
        arrays[f"substation_v_{k}"] = volts.round().astype(np.uint16)
    storages = [place for place in run.storages if f"storage_power_w.{place.name}" in supply]
    for k, place in enumerate(storages):
        arrays[f"storage_kw_{k}"] = _kilowatts(supply[f"storage_power_w.{place.name}"].to_numpy(dtype=np.float64))
        share = supply[f"storage_charge_share.{place.name}"].to_numpy(dtype=np.float64)
        arrays[f"storage_charge_{k}"] = (np.clip(share, 0.0, 1.0) * _FULL_CHARGE).round().astype(np.uint16)
    meta = {
        "title": run.title,
        "timetable": run.timetable,
        "seed": None if run.seed is None else str(run.seed),  # too large for a number of JavaScript
        "scenario": run.scenario,
        "energy_kwh": round(run.energy_kwh, 3),
        "no_load_v": run.no_load_v,
        "start_s": begin_s,
        "seconds": end_s - begin_s + 1,
        "low_m": low_m,
        "span_m": span_m,
        "stations": [{"name": p.title, "at_m": p.chainage_m} for p in run.stations],
        "substations": [{"name": p.title, "at_m": p.chainage_m} for p in substations],
        "storages": [{"name": p.title, "at_m": p.chainage_m} for p in storages],
        "happenings": _happenings(trace.events, begin_s, end_s),
        "vehicles": vehicles,
        "trips": trips,
        "version": run.version,
    }
    return meta, arrays


def _calls(events: pd.DataFrame, begin_s: int, end_s: int) -> pd.DataFrame:
    """Arrivals and departures within the window, in order of time."""
    within = events["event"].isin(["arrives", "departs"]) & events["time_s"].between(begin_s, end_s)
    return events[within].sort_values("time_s", kind="stable")


def _happenings(events: pd.DataFrame, begin_s: int, end_s: int) -> list[dict[str, Any]]:
    """Disturbances within the window, without the usual events of trains; also those that began before and continue."""
    shown = events[~events["event"].isin(_ROUTINE) & (events["time_s"] <= end_s)]
    shown = shown.assign(duration_s=shown["duration_s"].astype(float).fillna(0.0))
    texts = {name: shown[name].astype(object).where(shown[name].notna(), "") for name in _TEXTS}
    rows: list[dict[str, Any]] = shown.assign(**texts).to_dict("records")  # type: ignore[assignment]
    found = []
    for row in rows:
        at_s, lasts_s = float(row["time_s"]), float(row["duration_s"])
        if at_s + lasts_s < begin_s:
            continue
        trip = f"trip {row['trip']}" if row["trip"] else ""
        words = [str(part) for part in (row["event"], row["station"], trip, row["direction"], row["detail"]) if part]
        if lasts_s and not row["detail"]:
            words.append(f"{lasts_s:.0f} s")
        found.append({"at": round(at_s - begin_s), "words": ", ".join(words)})
    return found


def _kilowatts(power_w: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip((power_w / 1e3).round(), -_LARGEST_KW, _LARGEST_KW).astype(np.int16))
