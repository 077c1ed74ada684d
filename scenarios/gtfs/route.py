"""From a feed to one line on one day: the route, its stations, and every trip with times at every station."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from math import isnan

import numpy as np
import pandas as pd

from energy_models.arrays import FloatArray
from energy_models.faults import Fault, InputFaults
from scenarios.gtfs.distances import Place, along_shape_m, great_circle_m, straight_m, travelled_m
from scenarios.gtfs.feed import Feed, rows_of
from scenarios.gtfs.service_day import chosen_day, services_by_day
from scenarios.imported.line import (
    ImportedLine,
    ImportedStation,
    SeenTrip,
    identifiers,
    main_pattern,
    readable_name,
    seen_line,
)

SAME_STATION_M = 1000
"""Stops of one name within this distance are one station, also where the feed does not say so."""

KINDS = {"0": "tram", "1": "metro", "2": "rail", "3": "bus", "4": "ferry", "5": "cable tram", "6": "cable car",
         "7": "funicular", "11": "trolleybus", "12": "monorail"}  # fmt: skip

SCHEMATIC = "schematic place, not surveyed"
"""In `stop_desc`: the coordinates draw the line and do not tell where it is."""


def line_of_feed(
    feed: Feed, route: str | None = None, day: date | None = None, up_from: str | None = None
) -> ImportedLine:
    """The line of a route on a day.

    `route` is an identifier, a short or a long name, not needed where the feed has one route only; `day` by default
    the first of those with the most trips; `up_from` the station where direction up begins (identifier or name).
    Raises InputFaults: unknown or ambiguous route, a day without trips, stops without places, no line up and down.
    """
    route_id, title = _chosen_route(feed, route)
    trips = feed.table("trips.txt")
    trips = trips[trips["route_id"] == route_id]
    windows = _frequencies(feed, set(trips["trip_id"].tolist()))
    per_service: dict[str, int] = defaultdict(int)
    for trip, service in rows_of(trips, "trip_id", "service_id"):
        per_service[service] += len(windows[trip]) if trip in windows else 1
    days = services_by_day(feed)
    service_day = chosen_day(feed, days, per_service, day)
    trips = trips[trips["service_id"].isin(days[service_day])]
    # Trips with direction_id 0 come first: they make direction up.
    trips = trips.sort_values("direction_id", kind="stable")
    calls = feed.table("stop_times.txt")
    calls = calls[calls["trip_id"].isin(trips["trip_id"])]
    stations = _Stations(feed, set(calls["stop_id"].tolist()))
    of_trip = _calls(calls)
    seen = [
        one
        for trip, block in rows_of(trips, "trip_id", "block_id")
        for one in _seen(trip, block, of_trip[trip], stations, windows.get(trip))
    ]
    order = main_pattern(seen, stations.names, feed.file, up_from)
    chainage_m, origin = _chainage(feed, trips, of_trip, stations, order)
    day_text = f"{service_day:%A}, {service_day.isoformat()}"
    return seen_line(
        seen,
        [stations.imported(key, chainage) for key, chainage in zip(order, chainage_m, strict=True)],
        title=title,
        source=f"GTFS feed {feed.file}, route {route_id}, {day_text}",
        origin_of_chainage=origin,
        notes=[f"day: {day_text}" + ("" if day else ", the first of the days with the most trips"),
               f"chainage: {origin}"],
    )  # fmt: skip


def _chosen_route(feed: Feed, asked: str | None) -> tuple[str, str]:
    """Identifier and title of a route."""
    routes = feed.table("routes.txt")
    rows = list(rows_of(routes, "route_id", "route_short_name", "route_long_name", "route_type"))
    # Railways first, buses last: a line of this kind is what is looked for.
    rank = {"1": 0, "12": 1, "0": 2, "2": 2, "7": 3}
    rows.sort(key=lambda row: rank.get(row[3], 0 if row[3].startswith("4") and len(row[3]) == 3 else 4))
    texts = [f"{row[0]} ({' '.join(part for part in (*row[1:3], KINDS.get(row[3], '')) if part)})" for row in rows]
    listing = "; ".join(texts[:40]) + (f"; and {len(texts) - 40} more" if len(texts) > 40 else "")
    if asked is None:
        chosen = rows
    else:
        chosen = [row for row in rows if row[0] == asked]
        chosen = chosen or [row for row in rows if asked.casefold() in (row[1].casefold(), row[2].casefold())]
    if len(chosen) != 1:
        said = asked or f"{len(rows)} routes and none chosen"
        raise InputFaults([Fault(feed.file, "", "route", said, f"one of {listing}")])
    route_id, short, long, _ = chosen[0]
    title = " ".join(part for part in (short, "" if long == short else long) if part)
    return route_id, title or route_id


class _Stations:
    """The stations of some stops: stops with one parent, or of one name close together, are one station.

    `names` and `places` go by the station's identifier in the scenario.
    """

    def __init__(self, feed: Feed, used: set[str]) -> None:
        stops = feed.table("stops.txt")
        columns = ("stop_id", "stop_name", "stop_lat", "stop_lon", "parent_station", "stop_desc")
        rows = {row[0]: row for row in rows_of(stops, *columns)}
        lines = dict(zip(stops["stop_id"].tolist(), stops.index, strict=True))
        self.names: dict[str, str] = {}
        self.places: dict[str, Place] = {}
        self._of_stop: dict[str, str] = {}
        self._schematic: set[str] = set()
        given = identifiers(sorted({rows[stop][4] or stop for stop in used}))
        faults: list[Fault] = []
        for stop in sorted(used):
            parent = rows[stop][4] or stop
            _, name, latitude, longitude, _, description = rows[parent]
            if not latitude or not longitude:
                latitude, longitude = rows[stop][2:4]
            if not latitude or not longitude:
                allowed = "the place of a stop where trains call"
                faults.append(Fault("stops.txt", f"row {lines[stop]}", "stop_lat and stop_lon", "empty", allowed))
                continue
            place = Place(float(latitude), float(longitude))
            name = readable_name(name or rows[stop][1] or parent)
            station = self._near(name, place) or given[parent]
            self._of_stop[stop] = station
            self.names.setdefault(station, name)
            self.places.setdefault(station, place)
            if description.startswith(SCHEMATIC):
                self._schematic.add(station)
        if faults:
            raise InputFaults(faults)

    def _near(self, name: str, place: Place) -> str | None:
        """The station of that name close by, if it is known already."""
        for station, called in self.names.items():
            if called == name and great_circle_m(self.places[station], place) <= SAME_STATION_M:
                return station
        return None

    def of_stop(self, stop: str) -> str:
        """The station of a stop."""
        return self._of_stop[stop]

    def imported(self, station: str, chainage_m: float) -> ImportedStation:
        """A station for the scenario; places that only draw the line are not passed on."""
        place = None if station in self._schematic else self.places[station]
        return ImportedStation(
            id=station,
            name=self.names[station],
            chainage_m=round(float(chainage_m), 1),
            latitude_deg=place.latitude_deg if place else None,
            longitude_deg=place.longitude_deg if place else None,
        )


def _calls(calls: pd.DataFrame) -> dict[str, list[tuple[str, float, float, float]]]:
    """Stop, arrival, departure and distance travelled at each call of each trip, in order."""
    ordered = calls.assign(order=pd.to_numeric(calls["stop_sequence"]))
    ordered = ordered.sort_values(["trip_id", "order"], kind="stable")
    distance = pd.to_numeric(ordered["shape_dist_traveled"], errors="coerce").tolist()
    found: dict[str, list[tuple[str, float, float, float]]] = defaultdict(list)
    for trip, stop, arrival, departure, travelled in zip(
        ordered["trip_id"].tolist(), ordered["stop_id"].tolist(), ordered["arrival_s"].tolist(),
        ordered["departure_s"].tolist(), distance, strict=True,
    ):  # fmt: skip
        found[trip].append((stop, arrival, departure, travelled))
    return found


def _frequencies(feed: Feed, trips: set[str]) -> dict[str, list[float]]:
    """Departures from the first stop of each trip that stands for several."""
    table = feed.table("frequencies.txt")
    found: dict[str, list[float]] = defaultdict(list)
    for trip, begin, end, headway in zip(
        table["trip_id"].tolist(), table["start_s"].tolist(), table["end_s"].tolist(), table["headway_secs"].tolist(),
        strict=True,
    ):  # fmt: skip
        if trip in trips:
            found[trip] += np.arange(begin, end, float(headway)).tolist()
    return found


def _seen(
    trip: str, block: str, calls: Sequence[tuple[str, float, float, float]], stations: _Stations,
    begins: Sequence[float] | None,
) -> list[SeenTrip]:  # fmt: skip
    """The trip, or every trip that it stands for, with times at every station."""
    ids = tuple(stations.of_stop(call[0]) for call in calls)
    arrival = [call[2] if isnan(call[1]) else call[1] for call in calls]
    departure = [call[1] if isnan(call[2]) else call[2] for call in calls]
    timed = [k for k, time_s in enumerate(arrival) if not isnan(time_s)]
    along = straight_m([stations.places[station] for station in ids]) if len(timed) < len(ids) else None
    for here, there in pairwise(timed):
        # Between stops with times, the others are passed at even speed.
        for k in range(here + 1, there):
            share = (along[k] - along[here]) / max(along[there] - along[here], 1.0) if along is not None else 0.0
            arrival[k] = departure[k] = departure[here] + share * (arrival[there] - departure[here])
    first = departure[0]
    return [
        SeenTrip(
            trip_id=trip if begins is None else f"{trip}@{begin:.0f}",
            stations=ids,
            arrival_s=tuple(time_s - first + begin for time_s in arrival),
            departure_s=tuple(time_s - first + begin for time_s in departure),
            vehicle=block,
        )
        for begin in ([first] if begins is None else begins)
    ]


def _chainage(
    feed: Feed, trips: pd.DataFrame, of_trip: Mapping[str, Sequence[tuple[str, float, float, float]]],
    stations: _Stations, order: tuple[str, ...],
) -> tuple[FloatArray, str]:  # fmt: skip
    """Distances of the stations in direction up from the first, in m, and how they were found.

    In this order: distances travelled in `stop_times.txt`, the shape, straight lines between the stations.
    """
    places = [stations.places[station] for station in order]
    shapes: dict[str, None] = {}
    for trip, shape in rows_of(trips, "trip_id", "shape_id"):
        calls = of_trip[trip]
        if tuple(stations.of_stop(call[0]) for call in calls) != order:
            continue
        found = travelled_m([call[3] for call in calls], places)
        if found is not None:
            return found[0], f"shape_dist_traveled of trip {trip}, in {found[1]}"
        if shape:
            shapes.setdefault(shape)
    table = feed.table("shapes.txt")
    for shape in shapes:
        points = table[table["shape_id"] == shape]
        points = points.assign(order=pd.to_numeric(points["shape_pt_sequence"])).sort_values("order", kind="stable")
        line = [Place(float(lat), float(lon)) for lat, lon in rows_of(points, "shape_pt_lat", "shape_pt_lon")]
        along = along_shape_m(line, places)
        if along is not None:
            return along, f"along shape {shape}"
    return straight_m(places), "straight lines between the stations, shorter than the track"
