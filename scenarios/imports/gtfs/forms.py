"""The files of a GTFS feed that Headwatt reads: their columns and the allowed values."""

from dataclasses import dataclass

LATEST_HOUR = 48
"""Times of a service day may pass midnight; times from this hour on are a fault."""


@dataclass(frozen=True)
class Cell:
    """The allowed values of a cell: a pattern of the whole text, bounds of a number, and a description of both."""

    allowed: str
    pattern: str = r".*"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Column:
    """A column: `needed` must be in the header, `filled` must also have a value in every row."""

    cell: Cell
    needed: bool = False
    filled: bool = False


_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"

TEXT = Cell("any text")
NAME = Cell("an identifier")
WHOLE = Cell("a whole number, 0 or more", r"\d{1,9}")
POSITIVE = Cell("a whole number above 0", r"\d{1,9}", low=1)
AMOUNT = Cell("a number, 0 or more", _NUMBER, low=0)
LATITUDE = Cell("degrees from -90 to 90", _NUMBER, low=-90, high=90)
LONGITUDE = Cell("degrees from -180 to 180", _NUMBER, low=-180, high=180)
TIME = Cell(f"a time such as 5:20:00 or 24:10:00, before {LATEST_HOUR}:00:00", r"(?:[0-3]?\d|4[0-7]):[0-5]\d:[0-5]\d")
DATE = Cell("a date such as 20260304", r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
YES_NO = Cell("0 or 1", r"[01]")
EXCEPTION = Cell("1 (service added) or 2 (service removed)", r"[12]")
PLACE_KIND = Cell("0 to 4", r"[0-4]")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _filled(cell: Cell) -> Column:
    return Column(cell, needed=True, filled=True)


TABLES: dict[str, dict[str, Column]] = {
    "agency.txt": {"agency_id": Column(TEXT), "agency_name": _filled(TEXT), "agency_timezone": Column(TEXT)},
    "stops.txt": {
        "stop_id": _filled(NAME), "stop_name": Column(TEXT), "stop_desc": Column(TEXT), "stop_lat": Column(LATITUDE),
        "stop_lon": Column(LONGITUDE), "location_type": Column(PLACE_KIND), "parent_station": Column(TEXT),
    },
    "routes.txt": {
        "route_id": _filled(NAME), "agency_id": Column(TEXT), "route_short_name": Column(TEXT),
        "route_long_name": Column(TEXT), "route_type": _filled(WHOLE),
    },
    "trips.txt": {
        "trip_id": _filled(NAME), "route_id": _filled(NAME), "service_id": _filled(NAME),
        "trip_short_name": Column(TEXT), "direction_id": Column(YES_NO), "block_id": Column(TEXT),
        "shape_id": Column(TEXT),
    },
    "stop_times.txt": {
        "trip_id": _filled(NAME), "stop_id": _filled(NAME), "stop_sequence": _filled(WHOLE),
        "arrival_time": Column(TIME, needed=True), "departure_time": Column(TIME, needed=True),
        "shape_dist_traveled": Column(AMOUNT),
    },
    "calendar.txt": {
        "service_id": _filled(NAME), **{day: _filled(YES_NO) for day in WEEKDAYS},
        "start_date": _filled(DATE), "end_date": _filled(DATE),
    },
    "calendar_dates.txt": {"service_id": _filled(NAME), "date": _filled(DATE), "exception_type": _filled(EXCEPTION)},
    "frequencies.txt": {
        "trip_id": _filled(NAME), "start_time": _filled(TIME), "end_time": _filled(TIME),
        "headway_secs": _filled(POSITIVE), "exact_times": Column(YES_NO),
    },
    "shapes.txt": {
        "shape_id": _filled(NAME), "shape_pt_lat": _filled(LATITUDE), "shape_pt_lon": _filled(LONGITUDE),
        "shape_pt_sequence": _filled(WHOLE), "shape_dist_traveled": Column(AMOUNT),
    },
}  # fmt: skip
"""Columns by file; Headwatt does not check other columns and files."""

REQUIRED = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")

KEYS: dict[str, tuple[str, ...]] = {
    "stops.txt": ("stop_id",), "routes.txt": ("route_id",), "trips.txt": ("trip_id",),
    "stop_times.txt": ("trip_id", "stop_sequence"), "calendar.txt": ("service_id",),
    "calendar_dates.txt": ("service_id", "date"), "frequencies.txt": ("trip_id", "start_time"),
    "shapes.txt": ("shape_id", "shape_pt_sequence"),
}  # fmt: skip
"""Columns whose values are unique in a file."""

REFERENCES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("routes.txt", "agency_id", (("agency.txt", "agency_id"),)),
    ("stops.txt", "parent_station", (("stops.txt", "stop_id"),)),
    ("trips.txt", "route_id", (("routes.txt", "route_id"),)),
    ("trips.txt", "service_id", (("calendar.txt", "service_id"), ("calendar_dates.txt", "service_id"))),
    ("trips.txt", "shape_id", (("shapes.txt", "shape_id"),)),
    ("stop_times.txt", "trip_id", (("trips.txt", "trip_id"),)),
    ("stop_times.txt", "stop_id", (("stops.txt", "stop_id"),)),
    ("frequencies.txt", "trip_id", (("trips.txt", "trip_id"),)),
)
"""File and column of each reference, and the columns that must contain its value."""
