"""The job of an import: a folder, a feed or a timetable becomes a checked version of the scenario of a line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.computations.importing import FeedChoice, TimetableReading, import_feed, import_tables
from api.jobs.line_jobs import write_result
from api.jobs.place import JobPlace, Progress, lay_out_scenario
from api.jobs.scenario_archive import unpack_scenario
from api.scenario_check import check_scenario
from energy_models.faults import Fault, InputFaults
from scenarios.files.folders import SCENARIO_FILE
from scenarios.files.load import override_names
from scenarios.files.yaml_edit import edited
from scenarios.schema import Scenario


def import_scenario(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Check the scenario of an order; unless the order only wants the check, store its files as a new version.

    Raises `InputFaults` with every fault. A feed or a timetable without `like` lacks values: the result then has the
    files, and the faults that remain, but no version.
    """
    progress("reading", 0.0)
    folder = place.scratch / order["line"]
    document: dict[str, Any] = _made(order, place, folder)
    progress("check", 0.0)
    found = check_scenario(str(folder))
    document["check"] = {**found.to_json(), "scenario": order["line"]}
    if found.faults and (order["form"] in ("folder", "edit", "changes") or order["like"] is not None):
        raise InputFaults(found.faults)
    if found.found is not None and found.found.name != order["line"]:
        raise InputFaults([Fault(SCENARIO_FILE, "", "name", found.found.name, f"the id of the line, {order['line']}")])
    facts: dict[str, Any] = {"valid": not found.faults, "line": order["line"]}
    files = sorted(file for file in folder.iterdir() if file.is_file())
    if order["check_only"]:
        return place.result(facts, write_result(place.scratch, document))
    made = place.result(facts, *files)
    if found.found is not None:
        facts["scenario"] = _facts(found.found, folder, made["files"])
    made["facts"] = facts
    result = place.result({}, write_result(place.scratch, document))
    return {"facts": facts, "files": {**made["files"], **result["files"]}}


def _change(folder: Path, wanted: Mapping[str, Any], order: Mapping[str, Any]) -> None:
    """Replace files of a scenario, then change values where they stand, so that comments and order stay."""
    for name, text in wanted["files"].items():
        (folder / name).write_text(text, encoding="utf-8")
    changes = [(tuple(one["path"]), one["value"]) for one in wanted["changes"]]
    if order["base_line"] != order["line"]:
        changes.append((("name",), order["line"]))
    file = folder / SCENARIO_FILE
    file.write_text(edited(file.read_text(encoding="utf-8"), changes, SCENARIO_FILE), encoding="utf-8")


def _facts(scenario: Scenario, folder: Path, files: Mapping[str, str]) -> dict[str, Any]:
    """What the list of lines shows of a scenario, and its files."""
    return {
        "title": scenario.title,
        "length_km": round(scenario.length_m / 1000.0, 3),
        "stations": len(scenario.stations),
        "overrides": list(override_names(folder)),
        "scenario_hash": scenario.hash,
        "files": dict(files),
    }


def _made(order: Mapping[str, Any], place: JobPlace, folder: Path) -> dict[str, Any]:
    """Write the scenario of an order into a folder; return what an import adds to the document."""
    source = place.files.path(order["file"])
    if not source.is_file():
        raise InputFaults([Fault("", "", "file", order["file"], "the file of the request; send it again")])
    if order["form"] == "folder":
        unpack_scenario(source, folder, order["file_name"])
        return {}
    if order["form"] == "edit":
        lay_out_scenario(place.database, place.files, order["line"], order["base_version"], folder)
        target = folder / order["file_name"]
        target.unlink(missing_ok=True)
        target.write_bytes(source.read_bytes())
        return {}
    if order["form"] == "changes":
        lay_out_scenario(place.database, place.files, order["base_line"], order["base_version"], folder)
        _change(folder, json.loads(source.read_bytes()), order)
        return {}
    # The readers recognise a workbook by the ending of its name.
    file = place.scratch / order["file_name"]
    file.symlink_to(source)
    like = place.scenario(order["like"], None) if order["like"] is not None else None
    options = {"name": order["line"], "up_from": order["up_from"], "like": like, "dwell_s": order["dwell_s"]}
    if order["form"] == "gtfs":
        choice = FeedChoice(tuple(order["routes"]), order["date"], order["branch"])
        made = import_feed(folder, file, choice, **options)
    else:
        made = import_tables(folder, [file], TimetableReading(None, False, order["branch"], False), **options)
    return {
        "assumed": dict(made.assumed),
        "missing": dict(made.asked),
        "notes": list(made.notes),
        "changes": list(made.changes),
    }
