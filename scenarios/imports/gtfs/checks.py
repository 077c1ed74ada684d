"""Checks of the tables of a feed: keys, references between tables, and the times of trips."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scenarios.imports.gtfs.forms import REFERENCES
from scenarios.imports.gtfs.midnight import WRAP_S, in_order
from scenarios.imports.gtfs.row_faults import Faults, Flags, tell


def check_keys(name: str, table: pd.DataFrame, columns: tuple[str, ...], faults: Faults) -> None:
    """The values of the key columns of a table are unique."""
    whole = table[list(columns)]
    given: Flags = (whole != "").all(axis=1).to_numpy(dtype=bool)
    twice: Flags = whole.duplicated().to_numpy(dtype=bool) & given
    values = [", ".join(row) for row in whole.to_numpy().tolist()] if twice.any() else []
    tell(faults, name, table, twice, " and ".join(columns), values, "a value that occurs in no row above")


def check_references(tables: Mapping[str, pd.DataFrame], present: set[str], faults: Faults) -> None:
    """Each reference of a row leads to a row of the other table."""
    for name, column, targets in REFERENCES:
        if not any(file in present for file, _ in targets):
            # An absent required file has been told; shapes and agencies may be absent, and are then not used.
            continue
        known: set[str] = set()
        for file, key in targets:
            known.update(tables[file][key].tolist())
        series = tables[name][column]
        wrong: Flags = ((series != "") & ~series.isin(known)).to_numpy(dtype=bool)
        where = " or ".join(f"{key} of {file}" for file, key in targets if file in present)
        tell(faults, name, tables[name], wrong, column, series.tolist(), f"a {where}")


def check_times(tables: Mapping[str, pd.DataFrame], faults: Faults) -> None:
    """Each trip has two or more stops, times at both ends, and times in increasing order."""
    name, table = "stop_times.txt", tables["stop_times.txt"]
    trips = tables["trips.txt"]
    counts = table["trip_id"].value_counts()
    stops = trips["trip_id"].map(counts).fillna(0).to_numpy(dtype=float)
    few: Flags = (stops < 2) & (trips["trip_id"] != "").to_numpy(dtype=bool)
    if len(table):
        tell(
            faults, "trips.txt", trips, few, "trip_id", trips["trip_id"].tolist(), "two rows or more in stop_times.txt"
        )
    ordered = in_order(table)
    trip = ordered["trip_id"].to_numpy(dtype=object)
    begins = np.concatenate([[True], trip[1:] != trip[:-1]]) if len(trip) else np.zeros(0, dtype=bool)
    ends = np.concatenate([begins[1:], [True]]) if len(trip) else begins
    arrival, departure = ordered["arrival_s"].to_numpy(dtype=float), ordered["departure_s"].to_numpy(dtype=float)
    start = np.where(np.isnan(departure), arrival, departure)
    at_end = (begins | ends) & np.isnan(start) & ((ordered["arrival_time"] == "") & (ordered["departure_time"] == ""))
    shown = ordered["departure_time"].tolist()
    tell(faults, name, ordered, np.asarray(at_end, dtype=bool), "departure_time", shown,
         "a time at the first and the last stop of a trip")  # fmt: skip
    with np.errstate(invalid="ignore"):
        tell(faults, name, ordered, departure < arrival, "departure_time", shown, "not before the arrival_time")
    last = pd.Series(start).groupby(np.cumsum(begins)).ffill().to_numpy(dtype=float)
    before = np.where(begins, np.nan, np.concatenate([[np.nan], last[:-1]])) if len(last) else last
    comes = np.where(np.isnan(arrival), departure, arrival)
    with np.errstate(invalid="ignore"):
        backwards, wraps = comes < before, comes < before - WRAP_S
    arrivals = ordered["arrival_time"].tolist()
    allowed = "not before the departure from the stop before"
    tell(faults, name, ordered, backwards & ~wraps, "arrival_time", arrivals, allowed)
    allowed += "; a time after midnight is written as 24:05:00. --wrap-midnight adds 24 h to such times of a trip"
    tell(faults, name, ordered, wraps, "arrival_time", arrivals, allowed)
