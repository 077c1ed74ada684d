"""A plan as a GTFS feed: stop times in whole seconds, duties as blocks, regular departures as frequencies."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from api.clock import clock_text
from api.plan_files.csv_table import decimal
from api.plan_files.folder import WrittenPlan
from api.plan_files.proof import CheckedPlan
from dispatch.plans.timetable import Timetable, Trip
from scenarios.imports.gtfs.distances import EARTH_RADIUS_M, Place
from scenarios.imports.gtfs.forms import WEEKDAYS
from scenarios.imports.gtfs.route import SCHEMATIC
from scenarios.schema.base import DIRECTIONS
from scenarios.values.train_numbers import train_numbers

METRO = 1
"""`route_type` of subways."""
SERVICE = "planned_day"
SCHEMATIC_START = Place(45.0, -30.0)
"""Place in the Atlantic, so that schematic coordinates are obvious."""
LEAST_DEPARTURES = 3
"""Smallest number of departures at equal intervals for a frequency."""
UNDATED = (1980, 1, 1, 0, 0, 0)
"""Fixed time stamp of the files in the zip, so that the same plan gives the same bytes."""

Table = tuple[tuple[str, ...], list[Sequence[object]]]


@dataclass(frozen=True)
class FeedWords:
    """Values of a feed that a plan does not contain: the agency, its time zone, the days of the plan.

    `weekdays` are seven booleans from Monday on. `places` are the coordinates of the stations by identifier; if a
    station has none, the whole line has schematic coordinates with the true distances.
    """

    agency_name: str
    agency_url: str
    timezone: str
    first_day: date
    last_day: date
    weekdays: tuple[bool, ...] = (True,) * 7
    places: Mapping[str, Place] | None = None
    frequencies: bool = True


@dataclass(frozen=True)
class Run:
    """Several trips at equal intervals: the stop times of the first trip, and the interval."""

    trip: Trip
    step_s: int
    count: int

    @property
    def end_s(self) -> int:
        """A time after the last departure and before the next interval; GTFS has no departure at the end time."""
        return self.trip.start_s + (self.count - 1) * self.step_s + min(60, self.step_s - 1)


def write_gtfs(checked: CheckedPlan, words: FeedWords, file: Path) -> None:
    """Write the feed's zip; a file of that name is replaced. The version of a feed of an unproven plan begins with the
    mark, and so does the description of its route."""
    written = checked.written
    places, is_schematic = stop_places(written, words.places)
    runs = regular_runs(written.plan.timetable) if words.frequencies else single_runs(written.plan.timetable)
    tables = _tables(checked, words, places, is_schematic, runs)
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (columns, rows) in tables.items():
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(columns)
            writer.writerows(rows)
            entry = zipfile.ZipInfo(name, UNDATED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.getvalue())


def stop_places(written: WrittenPlan, given: Mapping[str, Place] | None = None) -> tuple[dict[str, Place], bool]:
    """Places of the stations, and whether they are drawn: those given, else the scenario's, else due north in a row."""
    known = dict(given or {})
    for station in written.scenario.stations:
        if station.latitude_deg is not None and station.longitude_deg is not None:
            known.setdefault(station.id, Place(station.latitude_deg, station.longitude_deg))
    stations = written.scenario.stations
    if all(station.id in known for station in stations):
        return {station.id: known[station.id] for station in stations}, False
    start_m = stations[0].chainage_m
    return {
        station.id: Place(
            SCHEMATIC_START.latitude_deg + float(np.degrees((station.chainage_m - start_m) / EARTH_RADIUS_M)),
            SCHEMATIC_START.longitude_deg,
        )
        for station in stations
    }, True


def regular_runs(timetable: Timetable) -> tuple[Run, ...]:
    """The trips, those of one vehicle in even steps and with the same times between stations told by their first.

    Vehicles that go round a line in a period of even headways come back in even steps; so frequencies keep the duties.
    """
    groups: dict[object, list[Trip]] = {}
    for trip in sorted(timetable.trips, key=lambda one: one.start_s):
        after = tuple(time_s - trip.start_s for time_s in (*trip.arrival_s, *trip.departure_s))
        groups.setdefault((trip.direction, trip.stations, trip.vehicle, after), []).append(trip)
    runs = [run for trips in groups.values() for run in runs_of(trips)]
    return tuple(sorted(runs, key=lambda run: (run.trip.direction != "up", run.trip.start_s, run.trip.trip_id)))


def single_runs(timetable: Timetable) -> tuple[Run, ...]:
    """Each trip without frequencies."""
    return tuple(Run(trip, 0, 1) for trip in timetable.trips)


def runs_of(trips: Sequence[Trip]) -> Iterator[Run]:
    """Trips in order of departure, three or more at equal intervals as one run."""
    position = 0
    while position < len(trips):
        end = position + 1
        step_s = trips[end].start_s - trips[position].start_s if end < len(trips) else 0
        while step_s > 1 and end < len(trips) and trips[end].start_s - trips[end - 1].start_s == step_s:
            end += 1
        if end - position < LEAST_DEPARTURES:
            end, step_s = position + 1, 0
        yield Run(trips[position], step_s, end - position)
        position = end


def _tables(
    checked: CheckedPlan, words: FeedWords, places: Mapping[str, Place], is_schematic: bool, runs: Sequence[Run]
) -> dict[str, Table]:
    written = checked.written
    scenario, plan = written.scenario, written.plan
    origin = scenario.timetable.origin
    route = origin.route_ids[0] if origin and origin.route_ids else scenario.name
    service = origin.service_ids[0] if origin and len(origin.service_ids) == 1 else SERVICE
    agency = (origin.agency_id if origin else None) or "agency"
    numbers = train_numbers(scenario)
    names = {station.id: station.name for station in scenario.stations}
    chainage_m = {station.id: station.chainage_m for station in scenario.stations}
    mark = f"{checked.mark}; " if checked.mark else ""
    version = f"{mark}headwatt {plan.version}, scenario {plan.scenario_hash[:12]}, seed {plan.seed}"
    days = (_day(words.first_day), _day(words.last_day))
    tables: dict[str, Table] = {
        "agency.txt": (
            ("agency_id", "agency_name", "agency_url", "agency_timezone"),
            [(agency, words.agency_name, words.agency_url, words.timezone)],
        ),
        "feed_info.txt": (
            ("feed_publisher_name", "feed_publisher_url", "feed_lang", "feed_start_date", "feed_end_date",
             "feed_version"),
            [(words.agency_name, words.agency_url, "en", *days, version)],
        ),
        "stops.txt": (
            ("stop_id", "stop_name", "stop_desc", "stop_lat", "stop_lon"),
            [(station, names[station], SCHEMATIC if is_schematic else "", f"{place.latitude_deg:.7f}",
              f"{place.longitude_deg:.7f}") for station, place in places.items()],
        ),
        "routes.txt": (
            ("route_id", "agency_id", "route_long_name", "route_desc", "route_type"),
            [(route, agency, scenario.title, checked.mark, METRO)],
        ),
        "calendar.txt": (
            ("service_id", *WEEKDAYS, "start_date", "end_date"),
            [(service, *(int(runs_then) for runs_then in words.weekdays), *days)],
        ),
        "trips.txt": (
            ("route_id", "service_id", "trip_id", "trip_headsign", "direction_id", "block_id", "shape_id",
             *(("trip_short_name",) if numbers else ())),
            [
                (route, service, run.trip.trip_id, names[run.trip.stations[-1]],
                 DIRECTIONS.index(run.trip.direction), run.trip.vehicle, run.trip.direction,
                 *((numbers.get(run.trip.trip_id, ""),) if numbers else ()))
                for run in runs
            ],
        ),
        "stop_times.txt": (
            ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence", "shape_dist_traveled",
             "timepoint"),
            [row for run in runs for row in _stop_times(run.trip, chainage_m)],
        ),
        "shapes.txt": (
            ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence", "shape_dist_traveled"),
            list(_shapes(written, places)),
        ),
    }  # fmt: skip
    regular = [run for run in runs if run.count > 1]
    if regular:
        tables["frequencies.txt"] = (
            ("trip_id", "start_time", "end_time", "headway_secs", "exact_times"),
            [(run.trip.trip_id, clock_text(run.trip.start_s), clock_text(run.end_s), run.step_s, 1) for run in regular],
        )
    return tables


def _stop_times(trip: Trip, chainage_m: Mapping[str, float]) -> Iterator[Sequence[object]]:
    start_m = chainage_m[trip.stations[0]]
    for number, station in enumerate(trip.stations, start=1):
        yield (
            trip.trip_id, clock_text(trip.arrival_s[number - 1]), clock_text(trip.departure_s[number - 1]), station,
            number, decimal(abs(chainage_m[station] - start_m), 3), 1,
        )  # fmt: skip


def _shapes(written: WrittenPlan, places: Mapping[str, Place]) -> Iterable[Sequence[object]]:
    for direction in DIRECTIONS:
        stations = written.scenario.stations_in_order(direction)
        for number, station in enumerate(stations, start=1):
            place = places[station.id]
            travelled_m = abs(station.chainage_m - stations[0].chainage_m)
            yield (direction, f"{place.latitude_deg:.7f}", f"{place.longitude_deg:.7f}", number,
                   decimal(travelled_m, 3))  # fmt: skip


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
