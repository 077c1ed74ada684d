"""The trace of a simulated day: events, the position of each train at every second, and the state of the supply.

The tables are readable, and `headwatt replay` uses them. Times are seconds of the service day; powers are at the
collector of a train or the DC terminals of a substation, in W; drawn and delivered power is positive.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from energy_models.faults import Fault, InputFaults
from energy_models.tables.formulas import frame_without_formulas, read_frame
from scenarios.schema import Scenario
from scenarios.schema.base import DIRECTIONS
from scenarios.schema.supply import Storage, Substation
from simulation.day.passenger_tables import CROWDING_COLUMNS, JOURNEY_COLUMNS, crowding_table, journey_table
from simulation.day.record import DayRecord
from simulation.day.trace_events import EVENT_COLUMNS, event_rows

FILES = (
    "run.json", "events.csv", "events.parquet", "trains.parquet", "supply.parquet", "crowding.csv", "journeys.csv"
)  # fmt: skip

TRAIN_COLUMNS = ("time_s", "trip", "vehicle", "direction", "chainage_m", "power_w", "voltage_v", "passengers")


@dataclass(frozen=True)
class Place:
    """A station, a substation or a storage on the line."""

    name: str
    title: str
    chainage_m: float


@dataclass(frozen=True)
class TracedRun:
    """Identification of a trace. `seed` is None for a day without disturbances; `timetable` is `in force` or `plan`; a
    mark in brackets follows if the plan is not proven."""

    scenario: str
    scenario_hash: str
    title: str
    timetable: str
    seed: int | None
    version: str
    energy_kwh: float
    no_load_v: float
    stations: tuple[Place, ...]
    substations: tuple[Place, ...]
    storages: tuple[Place, ...] = ()


@dataclass(frozen=True, eq=False)
class Trace:
    """One day as tables: `events` (one row per event), `trains` (per running train and second), `supply` (per second).

    `crowding` has one row per quarter of an hour and section, `journeys` one row per origin and destination.
    """

    run: TracedRun
    events: pd.DataFrame
    trains: pd.DataFrame
    supply: pd.DataFrame
    crowding: pd.DataFrame
    journeys: pd.DataFrame


def trace_of(scenario: Scenario, day: DayRecord, timetable: str, version: str) -> Trace:
    """The trace of a day that was simulated with traces; raises ValueError for a day without traces."""
    if day.traces is None:
        raise ValueError("the day must be simulated with traces=True")
    chainage = {station.id: station.chainage_m for station in scenario.stations}

    def places(items: Iterable[Substation | Storage]) -> tuple[Place, ...]:
        found = (
            Place(one.id, one.id, chainage[one.station] if one.station is not None else float(one.chainage_m or 0.0))
            for one in items
            if one.in_service
        )
        return tuple(sorted(found, key=lambda place: place.chainage_m))

    run = TracedRun(
        scenario=scenario.name,
        scenario_hash=scenario.hash,
        title=scenario.title,
        timetable=timetable,
        seed=day.seed,
        version=version,
        energy_kwh=day.account.energy_kwh,
        no_load_v=scenario.supply.no_load_v,
        stations=tuple(Place(s.id, s.name, s.chainage_m) for s in scenario.stations),
        substations=places(scenario.supply.substations),
        storages=places(scenario.supply.storages),
    )
    events = pd.DataFrame(event_rows(day, scenario.outside_temperature_c), columns=list(EVENT_COLUMNS))
    order = {d: [station.id for station in scenario.stations_in_order(d)] for d in DIRECTIONS}
    crowding, journeys = crowding_table(day.crowding, order), journey_table(day.journeys, order)
    return Trace(run, events, _trains(day), _supply(day), crowding, journeys)


def _trains(day: DayRecord) -> pd.DataFrame:
    """Every running train at every second; the events contain the standing trains."""
    traces = day.traces
    assert traces is not None
    snapshots, solution = traces.snapshots, traces.solution
    owner = snapshots.owner
    instant = np.repeat(np.arange(snapshots.count), np.diff(snapshots.offset))
    entries = np.flatnonzero(owner < len(traces.run_trip))
    entries = entries[np.lexsort((instant[entries], owner[entries]))]
    trip = np.array(traces.run_trip, dtype=np.int64)[owner[entries]]
    names = np.array([record.trip.trip_id for record in day.trips])
    vehicles = np.array([record.trip.vehicle or record.trip.trip_id for record in day.trips])
    directions = np.array([record.direction for record in day.trips])
    loads = np.array([load for record in day.trips for load in record.passengers])
    return pd.DataFrame(
        {
            "time_s": (snapshots.start_s + instant[entries] * snapshots.interval_s).astype(np.int64),
            "trip": pd.Categorical(names[trip]),
            "vehicle": pd.Categorical(vehicles[trip]),
            "direction": pd.Categorical(directions[trip]),
            "chainage_m": snapshots.chainage_m[entries].astype(np.float32),
            "power_w": solution.train_power_w[entries].astype(np.float32),
            "voltage_v": solution.train_v[entries].astype(np.float32),
            "passengers": loads[owner[entries]].astype(np.float32),
        }
    )


def _supply(day: DayRecord) -> pd.DataFrame:
    traces = day.traces
    assert traces is not None
    solution = traces.solution
    seconds = traces.start_s + np.arange(traces.snapshots.count) * traces.snapshots.interval_s
    columns: dict[str, Any] = {"time_s": seconds.astype(np.int64)}
    for k, name in enumerate(traces.substation_names):
        columns[f"power_w.{name}"] = solution.substation_power_w[:, k].astype(np.float32)
        columns[f"voltage_v.{name}"] = solution.substation_v[:, k].astype(np.float32)
    for k, name in enumerate(traces.storage_names):
        columns[f"storage_power_w.{name}"] = traces.storage_power_w[:, k].astype(np.float32)
        columns[f"storage_charge_share.{name}"] = traces.storage_charge_share[:, k].astype(np.float32)
    columns["lowest_voltage_v"] = traces.minimum_voltage_v.astype(np.float32)
    return pd.DataFrame(columns)


def write_trace(trace: Trace, folder: Path) -> None:
    """Write a trace into a folder, which is created if necessary; files with the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    frame_without_formulas(trace.events).to_csv(folder / "events.csv", index=False)
    trace.events.to_parquet(folder / "events.parquet", index=False)
    trace.trains.to_parquet(folder / "trains.parquet", index=False, compression="zstd")
    trace.supply.to_parquet(folder / "supply.parquet", index=False, compression="zstd")
    frame_without_formulas(trace.crowding).to_csv(folder / "crowding.csv", index=False)
    frame_without_formulas(trace.journeys).to_csv(folder / "journeys.csv", index=False)
    (folder / "run.json").write_text(json.dumps(asdict(trace.run), indent=2, ensure_ascii=False) + "\n", "utf-8")


def is_trace(folder: Path) -> bool:
    """Whether a folder contains a trace."""
    return (folder / "run.json").is_file()


def read_trace(folder: Path) -> Trace:
    """Read a trace. Raises InputFaults for every file that is missing or is not a table of a trace."""
    faults: list[Fault] = []
    made = "from `headwatt simulate --trace`"

    def table(name: str, needed: tuple[str, ...]) -> pd.DataFrame:
        try:
            found = read_frame(pd.read_csv(folder / name)) if name.endswith(".csv") else pd.read_parquet(folder / name)
        except (OSError, ValueError, pa.ArrowException) as error:
            faults.append(Fault(str(folder / name), "", "", str(error).split("\n")[0][:80], made))
            return pd.DataFrame()
        missing = [column for column in needed if column not in found]
        if missing:
            faults.append(Fault(str(folder / name), "", ", ".join(missing), "columns missing", made))
        return found

    run: TracedRun | None = None
    try:
        content = json.loads((folder / "run.json").read_text("utf-8"))
        for kind in ("stations", "substations", "storages"):
            content[kind] = tuple(Place(**place) for place in content.get(kind, ()))
        run = TracedRun(**content)
    except (OSError, ValueError, TypeError, KeyError) as error:
        faults.append(Fault(str(folder / "run.json"), "", "", str(error)[:80], made))
    events = table("events.parquet", EVENT_COLUMNS)
    trains = table("trains.parquet", TRAIN_COLUMNS)
    supply = table("supply.parquet", ("time_s", "lowest_voltage_v"))
    crowding, journeys = table("crowding.csv", CROWDING_COLUMNS), table("journeys.csv", JOURNEY_COLUMNS)
    if faults or run is None:
        raise InputFaults(faults)
    return Trace(run, events, trains, supply, crowding, journeys)


@dataclass(frozen=True)
class Standing:
    """A train at a station between two runs."""

    vehicle: str
    station: str
    direction: str
    trip: str
    from_s: float
    to_s: float


def standing(trace: Trace, longest_s: float = 1800.0) -> tuple[Standing, ...]:
    """The stands of trains from their events; after `longest_s` at a place a train counts as stabled."""
    found: list[Standing] = []
    calls = trace.events[trace.events["event"].isin(["arrives", "departs"])]
    for vehicle, rows in calls.groupby("vehicle", sort=True):
        ordered: list[Any] = [*rows.sort_values("time_s", kind="stable").itertuples(index=False), None]
        for before, after in pairwise(ordered):
            if before.event != "arrives":
                continue
            leaves_s = float(after.time_s) if after is not None else float("inf")
            following = after if after is not None else before
            found.append(
                Standing(
                    str(vehicle),
                    str(before.station),
                    str(following.direction),
                    str(following.trip),
                    float(before.time_s),
                    min(leaves_s, float(before.time_s) + longest_s),
                )
            )
    return tuple(found)
