"""From an imported timetable to a scenario's folder: what it tells, what another line lends, what is left to ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from energy_models.faults import Fault, InputFaults
from scenarios.imported.lent import lent_by
from scenarios.imported.line import SOURCE_KEY, ImportedLine, ImportedStation, with_dwell
from scenarios.provenance import ASSUMED
from scenarios.schema.base import DIRECTIONS, seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key
from scenarios.starter import make_empty, scenario_name
from scenarios.written import document_of, write_document

DWELL_MARGIN_S = 10
SHORTEST_DWELL_S = 20
"""A plan may shorten and lengthen dwells by the margin, but not below the shortest where they are longer today."""


@dataclass(frozen=True)
class ImportedFolder:
    """What was written, what was assumed and why, what the timetable does not tell, by key, and notes of the import."""

    files: tuple[Path, ...]
    assumed: Mapping[str, str]
    asked: Mapping[str, str]
    notes: tuple[str, ...]


def write_imported(
    folder: Path, line: ImportedLine, name: str | None = None, like: Scenario | None = None, dwell_s: int | None = None
) -> ImportedFolder:
    """Write a scenario that begins with a timetable into a new or empty folder.

    Without `like`, keys that a timetable does not tell are left out, each with its meaning as a comment, so that the
    check asks for them by name. With `like` they come from that scenario, each marked as assumed; where its stations
    are the timetable's, in order, everything but the timetable is its own. `dwell_s` stands where the timetable has
    one time a stop (the median dwell of `like` by default). Raises InputFaults for a folder or name that cannot be.
    """
    name = scenario_name(folder, name)
    if like is not None and dwell_s is None:
        dwells = [station.dwell_s for station in like.stations[1:-1] if station.dwell_s]
        dwell_s = round(median(dwells)) if dwells else None
    if line.running_times_hold_dwells and dwell_s is not None:
        line = with_dwell(line, dwell_s)
    own = _told_by(line, name)
    assumed = {key: why for key, why in own["provenance"].items() if why.startswith(ASSUMED)}
    if like is None:
        document = own
    elif tuple(station.id for station in like.stations) == tuple(station.id for station in line.stations):
        document, assumed = _same_line(line, own, like), {}
    else:
        without = [station.id for station in line.stations if station.chainage_m is None]
        if without:
            allowed = f"a timetable that tells the stations' chainage_m, or the stations of {like.name}"
            raise InputFaults([Fault("", "", "chainage_m", "none for " + ", ".join(without), allowed)])
        lent = lent_by(like, line)
        provenance = own.pop("provenance")
        document = {**own, **lent, "provenance": {**provenance, **lent["provenance"]}}
        assumed = {key: why for key, why in document["provenance"].items() if why.startswith(ASSUMED)}
    asked = {
        key: (field.description or "").rstrip(".")
        for key, (_, field) in fields_by_key(Scenario).items()
        if field.is_required() and key not in document
    }
    if line.running_times_hold_dwells:
        asked["stations.*.dwell_s"] = (
            "The timetable has one time a stop: give dwells in stations.csv and take them off the running times, "
            "or import it again with --dwell"
        )
    document = {key: document[key] for key in fields_by_key(Scenario) if key in document}
    make_empty(folder)
    files = write_document(folder, document, _head(line), _tail(asked))
    return ImportedFolder(files, assumed, asked, line.notes)


def _told_by(line: ImportedLine, name: str) -> dict[str, Any]:
    """What the timetable tells, as keys of the scenario language, with its provenance."""
    departures = sorted((time_s, direction) for direction in DIRECTIONS for time_s in line.departure_s[direction])
    provenance = {
        "timetable": SOURCE_KEY,
        "stations.*.dwell_s": f"{SOURCE_KEY}; assumed: the median over the day and both directions",
        "stations.*.minimum_dwell_s": f"assumed: {DWELL_MARGIN_S} s shorter than today, not below "
        f"{SHORTEST_DWELL_S} s where it is longer today",
        "stations.*.maximum_dwell_s": f"assumed: {DWELL_MARGIN_S} s longer than today",
        "timetable.running_time_s": f"{SOURCE_KEY}; assumed: the median over the day",
    }  # fmt: skip
    if all(station.chainage_m is not None for station in line.stations):
        provenance["stations.*.chainage_m"] = f"{SOURCE_KEY}; assumed: {line.origin_of_chainage}"
    if all(station.latitude_deg is not None for station in line.stations):
        provenance["stations.*.latitude_deg"] = provenance["stations.*.longitude_deg"] = SOURCE_KEY
    return {
        "name": name,
        "title": line.title,
        "description": f"Begun from {line.source}.",
        "stations": [_station(station) for station in line.stations],
        "timetable": {
            "running_time_s": {direction: list(line.running_time_s[direction]) for direction in DIRECTIONS},
            "departures": [{"direction": way, "departure": seconds_to_clock(time_s)} for time_s, way in departures],
        },
        "sources": {SOURCE_KEY: line.source},
        "provenance": provenance,
    }


def _station(station: ImportedStation) -> dict[str, Any]:
    row: dict[str, Any] = {"id": station.id, "name": station.name, "chainage_m": station.chainage_m}
    dwell_s = station.dwell_s or 0
    row["minimum_dwell_s"] = max(min(dwell_s, SHORTEST_DWELL_S), dwell_s - DWELL_MARGIN_S)
    row["dwell_s"] = dwell_s
    row["maximum_dwell_s"] = dwell_s + DWELL_MARGIN_S if dwell_s else 0
    row["latitude_deg"], row["longitude_deg"] = station.latitude_deg, station.longitude_deg
    return {key: value for key, value in row.items() if value is not None}


def _same_line(line: ImportedLine, own: Mapping[str, Any], like: Scenario) -> dict[str, Any]:
    """The other scenario, with its timetable and dwells replaced."""
    document = document_of(like)
    limits = {station.id: station for station in like.stations}
    stations = []
    for row, station in zip(document["stations"], line.stations, strict=True):
        dwell_s = station.dwell_s or 0
        known = limits[station.id]
        stations.append({
            **row,
            "minimum_dwell_s": min(known.minimum_dwell_s, dwell_s),
            "dwell_s": dwell_s,
            "maximum_dwell_s": max(known.maximum_dwell_s, dwell_s),
        })  # fmt: skip
    replaced = ("timetable", "stations.*.dwell_s")
    provenance = {
        key: why for key, why in like.provenance.items() if not key.startswith(replaced)
    }  # fmt: skip
    provenance |= {key: why for key, why in own["provenance"].items() if key.startswith(replaced)}
    return {
        **document,
        "name": own["name"],
        "stations": stations,
        "timetable": own["timetable"],
        "sources": {**like.sources, SOURCE_KEY: line.source},
        "provenance": provenance,
    }


def _head(line: ImportedLine) -> str:
    comments = [f"Begun from {line.source}.", *line.notes]
    return "".join(f"# {text}\n" for text in comments) + "\n"


def _tail(asked: Mapping[str, str]) -> str:
    if not asked:
        return ""
    lines = [
        "",
        "# What the timetable does not tell. `headwatt scenario check` asks for each of these keys; their form is told",
        "# in docs/scenario-language.md, and `headwatt scenario new` without a timetable shows them all in use.",
    ]
    lines += [f"# {key}: {meaning}." for key, meaning in asked.items()]
    return "\n".join(lines) + "\n"
