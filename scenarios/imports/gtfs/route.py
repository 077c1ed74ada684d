"""From a feed to one line on one day: the routes, their stations, and all trips with their published times."""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from energy_models.arrays import FloatArray
from scenarios.imports.gtfs.day_trips import day_trips
from scenarios.imports.gtfs.distances import Place, along_shape_m, straight_m, travelled_m
from scenarios.imports.gtfs.feed import Feed, rows_of
from scenarios.imports.gtfs.route_choice import ChosenRoutes
from scenarios.imports.gtfs.service_day import ServiceDay
from scenarios.imports.gtfs.stations import SCHEMATIC, Stations
from scenarios.imports.gtfs.trips import StopCall, calls_of_trips
from scenarios.imports.line import ImportedLine, seen_line
from scenarios.imports.patterns import SeenTrip, recognised_line
from scenarios.schema.service import TimetableOrigin

__all__ = ["SCHEMATIC", "line_of_feed"]


def line_of_feed(
    feed: Feed,
    route: str | Sequence[str] | None = None,
    day: date | None = None,
    up_from: str | None = None,
    branch: str | None = None,
    without_expresses: bool = False,
) -> ImportedLine:
    """The line of one or several routes on a day.

    `route` is an identifier, a short or a long name, or several of them; not required if the feed has only one route.
    The default of `day` is an ordinary day (`service_day`). `up_from` is the station where direction up begins
    (identifier or name), `branch` a station of the line to import if the routes have branches. Expresses are a fault,
    or left out with `without_expresses`. Raises InputFaults for an unknown or ambiguous route, a day without trips,
    stops without coordinates, overlapping frequencies, a loop, and a line that does not run in both directions.
    """
    found = day_trips(feed, route, day)
    routes, service_day, stations, seen = found.routes, found.service_day, found.stations, list(found.seen)
    recognised = recognised_line(
        seen,
        stations.names,
        feed.file,
        up_from,
        branch,
        without_expresses,
        _other_directions(feed, routes.ids, seen, stations),
    )
    chainage_m, origin = _chainage(feed, found.trips, found.calls, stations, recognised.order)
    day_text = f"{service_day.day:%A}, {service_day.day.isoformat()}"
    names, services = ", ".join(routes.ids), ", ".join(sorted(service_day.services))
    agency = f"agency {routes.agency}, " if routes.agency else ""
    return seen_line(
        seen,
        [stations.imported(key, chainage) for key, chainage in zip(recognised.order, chainage_m, strict=True)],
        title=routes.title,
        source=f"GTFS feed {feed.file}, {agency}route {names}, service {services}, {day_text}",
        origin_of_chainage=origin,
        notes=[
            f"day: {day_text}, {service_day.reason}",
            f"chainage: {origin}",
            *feed.notes,
            *found.of_other_days,
            *stations.notes,
            *found.notes,
        ],
        recognised=recognised,
        origin=_origin(feed, routes, service_day),
    )


def _origin(feed: Feed, routes: ChosenRoutes, service_day: ServiceDay) -> TimetableOrigin:
    """The names of the feed: agency, routes, services and day."""
    agencies = list(rows_of(feed.table("agency.txt"), "agency_id", "agency_name", "agency_timezone"))
    # A feed with one agency may leave the agency of a route empty.
    own = [row for row in agencies if row[0] == routes.agency] or (agencies if len(agencies) == 1 else [])
    agency_id, name, timezone = own[0] if own else (routes.agency, "", "")
    return TimetableOrigin(
        format="gtfs",
        file=feed.file,
        sha256=feed.sha256 or None,
        agency_id=agency_id or None,
        agency_name=name or None,
        timezone=timezone or None,
        route_ids=routes.ids,
        route_name=routes.title or None,
        service_ids=tuple(sorted(service_day.services)),
        day=service_day.day.isoformat(),
    )


def _other_directions(feed: Feed, routes: Sequence[str], seen: Sequence[SeenTrip], stations: Stations) -> list[str]:
    """Routes of the feed with trips between the ends of these trips in the other direction."""
    ends = {(stations.names[trip.stations[-1]], stations.names[trip.stations[0]]) for trip in seen}
    trips = feed.table("trips.txt")
    others = trips[~trips["route_id"].isin(routes)]
    if others.empty or {(there, here) for here, there in ends} & ends:
        return []
    calls = feed.table("stop_times.txt")
    of_trip = calls_of_trips(calls[calls["trip_id"].isin(others["trip_id"])])
    stops = feed.table("stops.txt")
    names = dict(zip(stops["stop_id"].tolist(), stops["stop_name"].tolist(), strict=True))
    return sorted({
        route
        for trip, route in rows_of(others, "trip_id", "route_id")
        if trip in of_trip and (names.get(of_trip[trip][0].stop), names.get(of_trip[trip][-1].stop)) in ends
    })  # fmt: skip


def _chainage(
    feed: Feed, trips: pd.DataFrame, of_trip: Mapping[str, Sequence[StopCall]], stations: Stations,
    order: tuple[str, ...],
) -> tuple[FloatArray, str]:  # fmt: skip
    """Distances of the stations from the first in direction up, in m, and the source of the distances.

    The sources in order of preference: distances travelled in `stop_times.txt`, the shape, straight lines between the
    stations; of trips in direction up, otherwise in direction down.
    """
    table = feed.table("shapes.txt")
    for way in (order, order[::-1]):
        places = [stations.places[station] for station in way]
        shapes: dict[str, None] = {}
        found: tuple[FloatArray, str] | None = None
        for trip, shape in rows_of(trips, "trip_id", "shape_id"):
            calls = of_trip[trip]
            if tuple(stations.of_stop(call.stop) for call in calls) != way:
                continue
            travelled = travelled_m([call.travelled for call in calls], places)
            if travelled is not None:
                found = travelled[0], f"shape_dist_traveled of trip {trip}, in {travelled[1]}"
                break
            if shape:
                shapes.setdefault(shape)
        for shape in shapes if found is None else ():
            points = table[table["shape_id"] == shape]
            points = points.assign(order=pd.to_numeric(points["shape_pt_sequence"])).sort_values("order", kind="stable")
            line = [Place(float(lat), float(lon)) for lat, lon in rows_of(points, "shape_pt_lat", "shape_pt_lon")]
            along = along_shape_m(line, places)
            if along is not None:
                found = along, f"along shape {shape}"
                break
        if found is not None:
            along_m, origin = found
            return (along_m if way == order else along_m[-1] - along_m[::-1]), origin
    places = [stations.places[station] for station in order]
    return straight_m(places), "straight lines between the stations, shorter than the track"
