"""GTFS feeds made for tests: a metro line of six stations beside a bus route, with whatever a test changes."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

Rows = list[list[str]]
Files = dict[str, Rows]

STATIONS = (("A", "Alder"), ("B", "Birch"), ("C", "Cedar"), ("D", "Doum"), ("E", "Elm"), ("F", "Fir"))
STEP_DEG = 0.009
"""A thousandth over a kilometre of a great circle: 0.009 degrees of latitude are 1000.8 m."""
RUNNING_S = (90, 85, 95, 100, 80)
DWELL_S = 30


def clock(time_s: float) -> str:
    whole = int(time_s)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def metro(up: tuple[int, ...] = (21600, 22200, 22800), down: tuple[int, ...] = (21900, 22500, 23100)) -> Files:
    """Trips U1.. up and D1.. down on weekdays of 2026, platforms under parent stations, a bus, a Sunday service."""
    stops = [["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"]]
    for k, (station, name) in enumerate(STATIONS):
        latitude = f"{52 + k * STEP_DEG:.6f}"
        stops.append([station, name, latitude, "13.4", "1", ""])
        stops += [[f"{station}{way}", name, latitude, "13.4", "0", station] for way in "12"]
    stops += [["bus1", "Market", "52.1", "13.1", "0", ""], ["bus2", "Church", "52.2", "13.2", "0", ""]]
    trips = [["route_id", "service_id", "trip_id", "direction_id", "block_id"]]
    calls = [["trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"]]
    for way, (letter, starts) in enumerate((("U", up), ("D", down))):
        for number, start in enumerate(starts, start=1):
            trip = f"{letter}{number}"
            trips.append(["M", "weekday", trip, str(way), ""])
            calls += calls_of(trip, start, way)
    trips.append(["M", "sunday", "S1", "0", ""])
    calls += calls_of("S1", 30000, 0)
    trips.append(["X", "weekday", "bus", "0", ""])
    calls += [["bus", "8:00:00", "8:00:00", "bus1", "1"], ["bus", "8:30:00", "8:30:00", "bus2", "2"]]
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    return {
        "agency.txt": [["agency_id", "agency_name", "agency_url", "agency_timezone"],
                       ["1", "Metro", "https://metro.example", "Europe/Berlin"]],
        "stops.txt": stops,
        "routes.txt": [["route_id", "agency_id", "route_short_name", "route_long_name", "route_type"],
                       ["M", "1", "M1", "Alder - Fir", "1"], ["X", "1", "10", "Market bus", "3"]],
        "trips.txt": trips,
        "stop_times.txt": calls,
        "calendar.txt": [["service_id", *days, "start_date", "end_date"],
                         ["weekday", *"1111100", "20260101", "20261231"],
                         ["sunday", *"0000001", "20260101", "20261231"]],
    }  # fmt: skip


def calls_of(trip: str, start_s: int, way: int, running_s: tuple[int, ...] = RUNNING_S, dwell_s: int = DWELL_S) -> Rows:
    """Rows of one trip over the whole line."""
    order = STATIONS if way == 0 else STATIONS[::-1]
    runs = running_s if way == 0 else running_s[::-1]
    rows, time_s = [], start_s
    for k, (station, _) in enumerate(order):
        leaves = time_s + (dwell_s if 0 < k < len(order) - 1 else 0)
        rows.append([trip, clock(time_s), clock(leaves), f"{station}{way + 1}", str(k + 1)])
        time_s = leaves + (runs[k] if k < len(runs) else 0)
    return rows


def change(files: Files, file: str, where: Mapping[str, str], column: str, value: str) -> None:
    """Write a value into a column of the rows that match."""
    header = files[file][0]
    rows = [row for row in files[file][1:] if all(row[header.index(key)] == text for key, text in where.items())]
    assert rows, f"{file} has no row with {where}"
    for row in rows:
        row[header.index(column)] = value


def add_column(files: Files, file: str, column: str, value: Callable[[dict[str, str]], str]) -> None:
    """A further column, its cells made of each row."""
    header, *rows = files[file]
    for row in rows:
        row.append(value(dict(zip(header, row, strict=True))))
    header.append(column)


def write(path: Path, files: Files, folder: str = "") -> Path:
    """Zip the files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in files.items():
            archive.writestr(folder + name, "\r\n".join(",".join(row) for row in rows) + "\r\n")
    return path
