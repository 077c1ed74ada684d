"""The trips of a service day with their published times, and the trips of frequencies."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

import numpy as np
import pandas as pd

from energy_models.faults import Fault, InputFaults
from scenarios.imports.gtfs.feed import Feed, rows_of
from scenarios.imports.gtfs.midnight import in_order
from scenarios.imports.gtfs.stations import Stations
from scenarios.imports.patterns import SeenTrip, trip_list
from scenarios.schema.base import seconds_to_clock


@dataclass(frozen=True)
class StopCall:
    """One row of `stop_times.txt`: stop, arrival and departure in s (NaN without a time), distance travelled."""

    stop: str
    arrival_s: float
    departure_s: float
    travelled: float


@dataclass(frozen=True)
class Window:
    """One row of `frequencies.txt`: from the first departure, before the end, one departure each headway."""

    row: int
    begin_s: float
    end_s: float
    headway_s: float
    exact: bool


def calls_of_trips(calls: pd.DataFrame) -> dict[str, tuple[StopCall, ...]]:
    """The stops of each trip in order of travel."""
    ordered = in_order(calls)
    distance = pd.to_numeric(ordered["shape_dist_traveled"], errors="coerce").tolist()
    found: dict[str, list[StopCall]] = defaultdict(list)
    for trip, stop, arrival, departure, travelled in zip(
        ordered["trip_id"].tolist(), ordered["stop_id"].tolist(), ordered["arrival_s"].tolist(),
        ordered["departure_s"].tolist(), distance, strict=True,
    ):  # fmt: skip
        found[trip].append(StopCall(stop, arrival, departure, travelled))
    return {trip: tuple(stops) for trip, stops in found.items()}


def windows_of_trips(feed: Feed, trips: set[str]) -> dict[str, tuple[Window, ...]]:
    """The frequencies of each trip. Raises InputFaults with one fault if windows of a trip overlap or are empty."""
    table = feed.table("frequencies.txt")
    found: dict[str, list[Window]] = defaultdict(list)
    for row, trip, begin, end, headway, exact in zip(
        table.index, table["trip_id"].tolist(), table["start_s"].tolist(), table["end_s"].tolist(),
        table["headway_secs"].tolist(), table["exact_times"].tolist(), strict=True,
    ):  # fmt: skip
        if trip in trips:
            found[trip].append(Window(row, begin, end, float(headway), exact == "1"))
    told = []
    for trip, windows in found.items():
        windows.sort(key=lambda window: (window.begin_s, window.row))
        reached: Window | None = None
        for window in windows:
            if window.end_s <= window.begin_s:
                told.append(f"row {window.row} of trip {trip} ends at its start")
            if reached is not None and window.begin_s < reached.end_s:
                until = seconds_to_clock(min(window.end_s, reached.end_s))
                told.append(
                    f"rows {reached.row} and {window.row} of trip {trip}: {reached.headway_s:.0f} s and "
                    f"{window.headway_s:.0f} s from {seconds_to_clock(window.begin_s)} to {until}"
                )
            if reached is None or window.end_s > reached.end_s:
                reached = window
    if told:
        allowed = "one headway for a trip at a time: each window ends where the next one of the same trip begins"
        value = "overlapping windows: " + "; ".join(told)
        raise InputFaults([Fault("frequencies.txt", "", "start_time and end_time", value, allowed)])
    return {trip: tuple(windows) for trip, windows in found.items()}


def departures_of(windows: Sequence[Window]) -> list[tuple[float, float | None]]:
    """Departures of a trip with frequencies, in s, each with its headway where the departures are not exact."""
    return [
        (float(time_s), None if window.exact else window.headway_s)
        for window in windows
        for time_s in np.arange(window.begin_s, window.end_s, window.headway_s)
    ]


def seen_trips(
    trips: pd.DataFrame, calls: Mapping[str, Sequence[StopCall]], stations: Stations,
    windows: Mapping[str, Sequence[Window]],
) -> tuple[list[SeenTrip], list[str]]:  # fmt: skip
    """The trips with their published times, NaN for a stop without a time, and notes.

    Neighbouring rows of one station (one for the arrival, one for the departure) are one stop.
    """
    seen: list[SeenTrip] = []
    joined: list[str] = []
    columns = ("trip_id", "block_id", "trip_short_name", "service_id")
    for trip_id, block, short_name, service in rows_of(trips, *columns):
        trip = _published(trip_id, calls[trip_id], stations)
        if len(trip.stations) < len(calls[trip_id]):
            joined.append(trip_id)
        if len(trip.stations) < 2:
            raise InputFaults([Fault("stop_times.txt", f"trip {trip_id}", "stop_id", "one station", "two or more")])
        trip = replace(trip, vehicle=block, train_number=short_name, service=service)
        if trip_id not in windows:
            seen.append(trip)
            continue
        begins = departures_of(windows[trip_id])
        seen += [
            replace(
                _moved(trip, begin),
                trip_id=f"{trip_id}@{seconds_to_clock(begin)}",
                of_frequency=trip_id,
                flexible_s=flexible,
            )
            for begin, flexible in begins
        ]
    notes = [f"{len(joined)} trips have two rows for one stop, taken as arrival and departure: {trip_list(joined)}"]
    return seen, notes if joined else []


def _published(trip_id: str, calls: Sequence[StopCall], stations: Stations) -> SeenTrip:
    ids: list[str] = []
    arrival: list[float] = []
    departure: list[float] = []
    for call in calls:
        station = stations.of_stop(call.stop)
        comes = call.departure_s if isnan(call.arrival_s) else call.arrival_s
        leaves = call.arrival_s if isnan(call.departure_s) else call.departure_s
        if ids and ids[-1] == station:
            departure[-1] = departure[-1] if isnan(leaves) else leaves
            continue
        ids.append(station)
        arrival.append(comes)
        departure.append(leaves)
    # A train stands at its first and last station for its turnback, which is not a part of the trip.
    arrival[0], departure[-1] = departure[0], arrival[-1]
    return SeenTrip(trip_id, tuple(ids), tuple(arrival), tuple(departure))


def _moved(trip: SeenTrip, begin_s: float) -> SeenTrip:
    by_s = begin_s - trip.departure_s[0]
    return replace(
        trip,
        arrival_s=tuple(time_s + by_s if not isnan(time_s) else nan for time_s in trip.arrival_s),
        departure_s=tuple(time_s + by_s if not isnan(time_s) else nan for time_s in trip.departure_s),
    )
