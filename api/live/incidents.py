"""Incidents on request: which places there are for a kind."""

from collections.abc import Mapping
from typing import Any

from energy_models.faults import Fault

INCIDENTS = ("hold train", "hold station", "substation out", "silent train", "silent meters")


def faults_of(kind: str, at: str, snapshot: Mapping[str, Any], timetable: Mapping[str, Any]) -> list[Fault]:
    """A fault if the train, station or substation of an incident is not on the line."""
    if kind == "silent meters":
        return []
    if kind in ("hold train", "silent train"):
        known = {str(trip["duty"]) for trip in timetable["trips"]}
    elif kind == "hold station":
        known = {str(one["station_id"]) for one in timetable["stations"]}
    else:
        known = {str(one["substation_id"]) for one in snapshot["substations"]}
    return [] if at in known else [Fault("", "", kind, at or "missing", f"one of {', '.join(sorted(known))}")]
