"""Chainages of stations from the lengths of sections, for scenarios that give `track.sections` instead of chainages."""

from collections.abc import Mapping
from typing import Any

from scenarios.files.source_positions import SourceNode
from scenarios.schema.base import Part
from scenarios.schema.line import Station

Computed = Mapping[type[Part], tuple[str, ...]]
"""Required fields of a part that other fields supply, so that their columns may be missing from its table."""

_ROUNDING = 3
_STAND_IN_M = 1.0
"""Length of a section without a usable length; such a scenario has a fault and is never used."""
_ENTRIES = ("stations.*.chainage_m", "stations.*", "stations")
_ENTRIES_OF_LENGTHS = ("track.sections.*.length_m", "track.sections.*", "track.sections", "track")


def computed_by(tree: SourceNode) -> Computed:
    """What the fields of a scenario supply: with `track.sections` the chainages of stations."""
    track = tree.value.get("track") if isinstance(tree.value, dict) else None
    gives_lengths = track is not None and isinstance(track.value, dict) and "sections" in track.value
    return {Station: ("chainage_m",)} if gives_lengths else {}


def with_chainages(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a scenario with the chainages that are missing, as sums of the section lengths in direction up.

    The first station has the chainage that is given, or 0. If a chainage beyond the first is given, nothing changes;
    rule L12 then compares chainages and lengths. The computed chainages have the origin of the lengths.
    """
    stations, track = content.get("stations"), content.get("track")
    sections = track.get("sections") if isinstance(track, dict) else None
    rows, lengths = _rows(stations), [_number(row.get("length_m"), _STAND_IN_M) for row in _rows(sections)]
    if not rows or not lengths or any("chainage_m" in row for row in rows[1:]):
        return content
    at_m = _number(rows[0].get("chainage_m"), 0.0)
    placed = [{"chainage_m": at_m, **rows[0]}]
    for position, row in enumerate(rows[1:]):
        length_m = lengths[position] if position < len(lengths) else _STAND_IN_M
        at_m = round(at_m + length_m, _ROUNDING)
        placed.append({"chainage_m": at_m, **row})
    return {**content, "stations": placed, "provenance": _with_origin(content.get("provenance"))}


def _with_origin(provenance: Any) -> Any:
    if not isinstance(provenance, dict) or any(entry in provenance for entry in _ENTRIES):
        return provenance
    origin = next((provenance[entry] for entry in _ENTRIES_OF_LENGTHS if entry in provenance), None)
    return provenance if origin is None else {**provenance, _ENTRIES[0]: origin}


def _rows(value: Any) -> list[dict[str, Any]]:
    """The rows of a table; empty for anything else."""
    is_table = isinstance(value, list) and all(isinstance(row, dict) for row in value)
    return list(value) if is_table else []


def _number(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else otherwise
