"""The rows of a feed that the chosen routes use."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd


def rows_of_routes(tables: Mapping[str, pd.DataFrame], route: str | Sequence[str]) -> list[int]:
    """The rows of routes.txt with these identifiers, short or long names."""
    table = tables["routes.txt"]
    found: list[int] = []
    for asked in [route] if isinstance(route, str) else route:
        same = [row for row, key in zip(table.index, table["route_id"].tolist(), strict=True) if key == asked]
        names = zip(table.index, *(table[name].str.casefold() for name in _ROUTE_NAMES), strict=True)
        found += same or [row for row, *called in names if asked.casefold() in called]
    return list(dict.fromkeys(found))


def routes_meant(tables: Mapping[str, pd.DataFrame], route: str | Sequence[str]) -> set[str]:
    """The identifiers of these routes; without routes, that of the only route of a feed with one route."""
    keys = tables["routes.txt"]["route_id"]
    if not route:
        return {str(key) for key in keys} if len(keys) == 1 else set()
    return {str(keys.at[row]) for row in rows_of_routes(tables, route)}


_ROUTE_NAMES = ("route_short_name", "route_long_name")


def used_rows(tables: Mapping[str, pd.DataFrame], routes: set[str]) -> dict[str, set[int]]:
    """The rows of each table that belong to the trips of some routes, or to nothing because their key is empty."""

    def rows(name: str, column: str, keys: Collection[str]) -> pd.DataFrame:
        series = tables[name][column]
        return tables[name][series.isin(set(keys)) | (series == "")]

    trips = rows("trips.txt", "route_id", routes)
    calls = rows("stop_times.txt", "trip_id", trips["trip_id"])
    stops = set(calls["stop_id"])
    while True:
        parents = set(rows("stops.txt", "stop_id", stops)["parent_station"]) - {""}
        if parents <= stops:
            break
        stops |= parents
    own = rows("routes.txt", "route_id", routes)
    chosen = {
        "agency.txt": rows("agency.txt", "agency_id", own["agency_id"]),
        "stops.txt": rows("stops.txt", "stop_id", stops),
        "routes.txt": own,
        "trips.txt": trips,
        "stop_times.txt": calls,
        "calendar.txt": rows("calendar.txt", "service_id", trips["service_id"]),
        "calendar_dates.txt": rows("calendar_dates.txt", "service_id", trips["service_id"]),
        "frequencies.txt": rows("frequencies.txt", "trip_id", trips["trip_id"]),
        "shapes.txt": rows("shapes.txt", "shape_id", set(trips["shape_id"]) - {""}),
    }  # fmt: skip
    return {name: set(table.index.tolist()) for name, table in chosen.items()}


def rows_of_trips(tables: Mapping[str, pd.DataFrame], trips: Collection[str]) -> dict[str, set[int]]:
    """The rows of `trips.txt` and `stop_times.txt` of some trips, or without a trip."""
    wanted = {*trips, ""}
    return {
        name: set(tables[name].index[tables[name]["trip_id"].isin(wanted)].tolist())
        for name in ("trips.txt", "stop_times.txt")
    }
