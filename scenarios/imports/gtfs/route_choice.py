"""The chosen routes of a feed."""

from collections.abc import Sequence
from dataclasses import dataclass

from energy_models.faults import Fault, InputFaults
from scenarios.imports.gtfs.feed import Feed, rows_of
from scenarios.imports.gtfs.route_rows import rows_of_routes

KINDS = {"0": "tram", "1": "metro", "2": "rail", "3": "bus", "4": "ferry", "5": "cable tram", "6": "cable car",
         "7": "funicular", "11": "trolleybus", "12": "monorail"}  # fmt: skip
LISTED_ROUTES = 40


@dataclass(frozen=True)
class ChosenRoutes:
    """Identifiers of the chosen routes, the title of the first of them, and its agency (empty where not given)."""

    ids: tuple[str, ...]
    title: str
    agency: str


def chosen_routes(feed: Feed, asked: str | Sequence[str] | None) -> ChosenRoutes:
    """The routes with these identifiers, short or long names; the only route of the feed if none is given.

    Raises InputFaults for an unknown or ambiguous route.
    """
    table = feed.table("routes.txt")
    rows = dict(zip(table.index, rows_of(table, *_COLUMNS), strict=True))
    # Railways first, buses last: a line of this kind is what is looked for.
    rank = {"1": 0, "12": 1, "0": 2, "2": 2, "7": 3}
    ordered = sorted(rows.values(), key=lambda row: rank.get(row[3], 0 if _is_urban_rail(row[3]) else 4))
    texts = [f"{row[0]} ({' '.join(part for part in (*row[1:3], KINDS.get(row[3], '')) if part)})" for row in ordered]
    more = f"; and {len(texts) - LISTED_ROUTES} more" if len(texts) > LISTED_ROUTES else ""
    allowed = f"one of {'; '.join(texts[:LISTED_ROUTES])}{more}"
    wanted = [asked] if isinstance(asked, str) else list(asked or ())
    if not wanted:
        if len(rows) != 1:
            said = f"{len(rows)} routes in the feed, none chosen"
            raise InputFaults([Fault(feed.file, "", "route", said, allowed)])
        chosen = list(rows.values())
    else:
        faults, chosen = [], []
        for text in wanted:
            found = [rows[row] for row in rows_of_routes(feed.tables, text)]
            chosen += found
            if len(found) != 1:
                faults.append(Fault(feed.file, "", "route", text, allowed))
        if faults:
            raise InputFaults(faults)
    _, short, long, _, agency = chosen[0]
    title = " ".join(part for part in (short, "" if long == short else long) if part)
    return ChosenRoutes(tuple(dict.fromkeys(row[0] for row in chosen)), title, agency)


def _is_urban_rail(kind: str) -> bool:
    """Whether an extended route type is that of an urban railway (400 to 499)."""
    return len(kind) == 3 and kind.startswith("4")


_COLUMNS = ("route_id", "route_short_name", "route_long_name", "route_type", "agency_id")
