"""From an imported timetable to a scenario folder: values of the timetable, template values, missing values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from energy_models.faults import Fault, InputFaults
from scenarios.files.provenance import ASSUMED
from scenarios.files.starter import make_empty, scenario_name
from scenarios.files.written import document_of, write_document
from scenarios.imports.flexible_departures import spread_departures
from scenarios.imports.least_times import SectionTimes, least_times_s, usual_times_s
from scenarios.imports.line import SOURCE_KEY, ImportedLine
from scenarios.imports.platform_order import one_behind_the_other
from scenarios.imports.published_times import (
    USUAL_DWELL_S,
    InferredTimes,
    inferred_times,
    usual_dwell_s,
)
from scenarios.imports.short_times import ShortTimes
from scenarios.imports.template_values import breaks_of_service, template_values
from scenarios.imports.time_changes import change_table
from scenarios.schema.base import seconds_to_clock
from scenarios.schema.scenario import Scenario
from scenarios.schema.structure import fields_by_key

LONGEST_TRIP_ID = 120
DWELL_MARGIN_S = 10
SHORTEST_DWELL_S = 20
"""A plan may change dwells by the margin, but not shorten a dwell below the shortest dwell."""


@dataclass(frozen=True)
class ImportedFolder:
    """Written files, assumptions with reasons and missing values by key, notes of the import, and the table of the
    times that were inferred (empty if all times stayed as published)."""

    files: tuple[Path, ...]
    assumed: Mapping[str, str]
    asked: Mapping[str, str]
    notes: tuple[str, ...]
    changes: tuple[str, ...] = ()


def write_imported(
    folder: Path, line: ImportedLine, name: str | None = None, like: Scenario | None = None, dwell_s: int | None = None
) -> ImportedFolder:
    """Write a scenario from a timetable into a new or empty folder; the timetable in force has every call of each trip.

    Without `like`, keys that a timetable does not contain are missing, each with its meaning as a comment, and the
    check reports each missing key. With `like`, that scenario provides the values, each marked as assumed; if its
    stations are those of the timetable, in order, only the timetable is replaced. `dwell_s` is the dwell at stops
    without a dwell (default: the median dwell of the timetable, otherwise of `like`). Raises InputFaults for a folder
    that is not empty, a name that is not valid, stations without chainage, and times that the trains of `like` cannot
    run.
    """
    name = scenario_name(folder, name)
    same_line = like is not None and tuple(one.id for one in like.stations) == line.order("up")
    if like is not None and not same_line:
        without = [station.id for station in line.stations if station.chainage_m is None]
        if without:
            allowed = f"a timetable with the chainage_m of its stations, or with the stations of {like.name}"
            raise InputFaults([Fault("", "", "chainage_m", "none for " + ", ".join(without), allowed)])
    was_without_dwells = line.lacks_dwells
    inferred = _inferred(line, like, dwell_s)
    # Fitted times decide how close two headway-based services come.
    spread, moved = spread_departures(inferred.line.trips)
    line = one_behind_the_other(inferred.line.with_trips(spread, moved))
    line = line.with_trips(line.trips, breaks_of_service(line))
    own = _timetable_values(line, name, inferred)
    assumed = {key: why for key, why in own["provenance"].items() if why.startswith(ASSUMED)}
    if like is None:
        document = own
    elif same_line:
        document, assumed = _same_line(line, own, like), {}
    else:
        lent = template_values(like, line)
        provenance = own.pop("provenance")
        document = {**own, **lent, "provenance": {**provenance, **lent["provenance"]}}
        assumed = {key: why for key, why in document["provenance"].items() if why.startswith(ASSUMED)}
    asked = {
        key: (field.description or "").rstrip(".")
        for key, (_, field) in fields_by_key(Scenario).items()
        if field.is_required() and key not in document
    }
    if was_without_dwells and like is None and dwell_s is None:
        asked["stations.*.dwell_s"] = (
            f"The timetable has only one time per stop: dwells of about {USUAL_DWELL_S} s were assumed; give the dwell "
            "with --dwell, or the train with --like"
        )
    document = {key: document[key] for key in fields_by_key(Scenario) if key in document}
    make_empty(folder)
    changes = change_table(line, inferred.changes)
    files = write_document(folder, document, _head(line, changes), _tail(asked))
    return ImportedFolder(files, assumed, asked, line.notes, tuple(changes))


def _inferred(line: ImportedLine, like: Scenario | None, dwell_s: int | None) -> InferredTimes:
    """The line with times at every stop that the train of the other scenario can run."""
    if like is None:
        return inferred_times(line, usual_times_s(line), None, dwell_s or usual_dwell_s(line) or USUAL_DWELL_S)
    dwells = [station.dwell_s for station in like.stations[1:-1] if station.dwell_s]
    usual_s = dwell_s or usual_dwell_s(line) or (round(median(dwells)) if dwells else USUAL_DWELL_S)
    least_s = least_times_s(line, like)

    def least_of_scale(scale: float) -> SectionTimes:
        return least_times_s(line, like, scale)

    train = f"the train {like.main_train_type}, borrowed from {like.name},"
    known = all(station.chainage_m is not None for station in line.stations)
    short_times = ShortTimes("", train, least_of_scale if known else None)
    return inferred_times(line, least_s, least_s, usual_s, short_times)


def _timetable_values(line: ImportedLine, name: str, inferred: InferredTimes) -> dict[str, Any]:
    """The values of the timetable, as keys of the scenario language, with their provenance."""
    fitted = bool(change_table(line, inferred.changes))
    times = (
        f"{SOURCE_KEY}; assumed: running times and dwells fitted to times in multiples of {inferred.resolution_s} s, "
        "see the head of this file"
        if fitted
        else SOURCE_KEY
    )
    provenance = {
        "timetable": times,
        "stations.*.dwell_s": f"{times}; assumed: the mean over the trips",
        "stations.*.minimum_dwell_s": f"assumed: {DWELL_MARGIN_S} s below the shortest dwell of today, but not "
        f"below {SHORTEST_DWELL_S} s",
        "stations.*.maximum_dwell_s": f"assumed: {DWELL_MARGIN_S} s above the longest dwell of today",
    }  # fmt: skip
    if all(station.chainage_m is not None for station in line.stations):
        provenance["stations.*.chainage_m"] = f"{SOURCE_KEY}; assumed: {line.origin_of_chainage}"
    if all(station.latitude_deg is not None for station in line.stations):
        provenance["stations.*.latitude_deg"] = provenance["stations.*.longitude_deg"] = SOURCE_KEY
    return {
        "name": name,
        "title": line.title,
        "description": f"Created from {line.source}.",
        "stations": _stations(line),
        "timetable": {"calls": _calls(line), **({"origin": document_of(line.origin)} if line.origin else {})},
        "sources": {SOURCE_KEY: line.source},
        "provenance": provenance,
    }


def _calls(line: ImportedLine) -> list[dict[str, Any]]:
    """One row for each stop of each trip; an identifier that is too long for the scenario language is shortened."""
    rows = []
    ids = _identifiers_of_trips([trip.trip_id for trip in line.trips])
    ordered = sorted(line.trips, key=lambda trip: (line.direction_of(trip) != "up", trip.departure_s[0], trip.trip_id))
    for trip in ordered:
        for station, arrival_s, departure_s in zip(trip.stations, trip.arrival_s, trip.departure_s, strict=True):
            row = {
                "trip_id": ids[trip.trip_id],
                "station": station,
                "arrival": seconds_to_clock(arrival_s),
                "departure": seconds_to_clock(departure_s),
                "vehicle": trip.vehicle or None,
                "train_number": trip.train_number or None,
            }
            rows.append({key: value for key, value in row.items() if value is not None})
    return rows


def _identifiers_of_trips(given: Sequence[str]) -> dict[str, str]:
    """The identifiers, each at most as long as the scenario language allows; shortened ones end with their number."""
    return {
        trip_id: trip_id if len(trip_id) <= LONGEST_TRIP_ID else f"{trip_id[: LONGEST_TRIP_ID - 8]}~{number}"
        for number, trip_id in enumerate(given, start=1)
    }


def _stations(line: ImportedLine) -> list[dict[str, Any]]:
    dwells: dict[str, list[int]] = {station.id: [] for station in line.stations}
    for trip in line.trips:
        for k in range(1, len(trip.stations) - 1):
            dwells[trip.stations[k]].append(round(trip.departure_s[k] - trip.arrival_s[k]))
    rows = []
    for station in line.stations:
        own = dwells[station.id]
        row: dict[str, Any] = {"id": station.id, "name": station.name, "chainage_m": station.chainage_m}
        row["minimum_dwell_s"] = max(min(*own, SHORTEST_DWELL_S), min(own) - DWELL_MARGIN_S) if own else 0
        row["dwell_s"] = round(fmean(own)) if own else 0
        row["maximum_dwell_s"] = max(own) + DWELL_MARGIN_S if own else 0
        row["latitude_deg"], row["longitude_deg"] = station.latitude_deg, station.longitude_deg
        rows.append({key: value for key, value in row.items() if value is not None})
    return rows


def _same_line(line: ImportedLine, own: Mapping[str, Any], like: Scenario) -> dict[str, Any]:
    """The other scenario with a new timetable and new dwells, and with terminals for the short trips."""
    document = document_of(like)
    limits = {station.id: station for station in like.stations}
    stations = []
    for row, new in zip(document["stations"], own["stations"], strict=True):
        known = limits[row["id"]]
        today = [
            round(trip.departure_s[k] - trip.arrival_s[k])
            for trip in line.trips
            for k in range(1, len(trip.stations) - 1)
            if trip.stations[k] == row["id"]
        ]
        stations.append({
            **row,
            "minimum_dwell_s": min([known.minimum_dwell_s, *today]),
            "dwell_s": new["dwell_s"],
            "maximum_dwell_s": max([known.maximum_dwell_s, *today]),
        })  # fmt: skip
    turnback = next(iter(document["terminals"].values()))
    terminals = {**dict.fromkeys(line.turning, turnback), **document["terminals"]}
    replaced = ("timetable", "stations.*.dwell_s")
    provenance = {
        key: why for key, why in like.provenance.items() if not key.startswith(replaced)
    }  # fmt: skip
    provenance |= {key: why for key, why in own["provenance"].items() if key.startswith(replaced)}
    for station in terminals.keys() - document["terminals"].keys():
        provenance[f"terminals.{station}"] = (
            f"assumed: as at {next(iter(document['terminals']))}; short trips turn there"
        )
    return {
        **document,
        "name": own["name"],
        "stations": stations,
        "terminals": terminals,
        "timetable": own["timetable"],
        "sources": {**like.sources, SOURCE_KEY: line.source},
        "provenance": provenance,
    }


def _head(line: ImportedLine, changes: Sequence[str]) -> str:
    comments = [f"Created from {line.source}.", *line.notes, *changes]
    return "".join(f"# {' '.join(text.split())}\n" for text in comments) + "\n"


def _tail(asked: Mapping[str, str]) -> str:
    if not asked:
        return ""
    lines = [
        "",
        "# The timetable does not contain the values of these keys. docs/scenario-language.md describes each key;",
        "# `headwatt scenario new` without a timetable writes an example of each.",
    ]
    lines += [f"# {key}: {' '.join(meaning.split())}." for key, meaning in asked.items()]
    return "\n".join(lines) + "\n"
