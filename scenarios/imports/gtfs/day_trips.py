"""All trips of some routes on one service day, as the feed has them: services, stops, stations, published times."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from energy_models.faults import InputFaults
from scenarios.imports.gtfs.feed import Feed, rows_of
from scenarios.imports.gtfs.route_choice import ChosenRoutes, chosen_routes
from scenarios.imports.gtfs.route_rows import rows_of_trips
from scenarios.imports.gtfs.service_day import ServiceDay, calendar_of, chosen_day
from scenarios.imports.gtfs.stations import Stations
from scenarios.imports.gtfs.trips import (
    StopCall,
    Window,
    calls_of_trips,
    departures_of,
    seen_trips,
    windows_of_trips,
)
from scenarios.imports.patterns import SeenTrip


@dataclass(frozen=True, eq=False)
class DayTrips:
    """The trips of a day: rows of `trips.txt`, the stops of each trip, the stations of the stops, the frequencies.

    `seen` are the trips with their published times at stations, each departure of a frequency a trip of its own, in the
    order of `trips`. `notes` are about stops of these trips, `of_other_days` about faults of trips of other days.
    """

    routes: ChosenRoutes
    service_day: ServiceDay
    trips: pd.DataFrame
    calls: Mapping[str, Sequence[StopCall]]
    stations: Stations
    windows: Mapping[str, Sequence[Window]]
    seen: tuple[SeenTrip, ...]
    notes: tuple[str, ...]
    of_other_days: tuple[str, ...]


def day_trips(feed: Feed, route: str | Sequence[str] | None = None, day: date | None = None) -> DayTrips:
    """The trips of one or several routes on a day, by default an ordinary day.

    Raises InputFaults for an unknown or ambiguous route, a day without trips, stops without coordinates and
    overlapping frequencies.
    """
    routes = chosen_routes(feed, route)
    trips = feed.table("trips.txt")
    trips = trips[trips["route_id"].isin(routes.ids)]
    windows = windows_of_trips(feed, set(trips["trip_id"].tolist()))
    per_service: dict[str, int] = defaultdict(int)
    for trip, service in rows_of(trips, "trip_id", "service_id"):
        per_service[service] += len(departures_of(windows[trip])) if trip in windows else 1
    service_day = chosen_day(feed, calendar_of(feed), per_service, day)
    trips = trips[trips["service_id"].isin(service_day.services)]
    of_other_days = _refuse_faults(feed, trips["trip_id"].tolist())
    # Trips with direction_id 0 come first: they make direction up.
    trips = trips.sort_values("direction_id", kind="stable")
    calls = feed.table("stop_times.txt")
    of_trip = calls_of_trips(calls[calls["trip_id"].isin(trips["trip_id"])])
    stations = Stations(feed, [[call.stop for call in stops] for stops in of_trip.values()])
    seen, notes = seen_trips(trips, of_trip, stations, windows)
    return DayTrips(
        routes, service_day, trips, of_trip, stations, windows, tuple(seen), tuple(notes), tuple(of_other_days)
    )


def _refuse_faults(feed: Feed, trips: Sequence[str]) -> list[str]:
    """Raise InputFaults with the pending faults of the day's trips; the notes of those of other days."""
    rows = rows_of_trips(feed.tables, trips)
    faults = [
        fault for pending in feed.pending for fault in pending.within(rows[pending.file], wanted=True).faults()
    ]  # fmt: skip
    if faults:
        raise InputFaults(dict.fromkeys(faults))
    others = [pending.within(rows[pending.file], wanted=False) for pending in feed.pending]
    return [f"not used on this day: {one.note()}" for one in others if one.rows]
