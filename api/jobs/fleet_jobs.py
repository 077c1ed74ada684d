"""Jobs about the fleet of a line: calibrate its vehicles, check its telemetry."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from api.computations.calibrating import calibrate_fleet
from api.computations.checking_telemetry import checked_telemetry, line_of_store
from api.computations.ranking import ranked_fleet
from api.jobs.line_jobs import write_result
from api.jobs.place import JobPlace, Progress
from api.state.fleet import models_with_content
from api.state.lines import newest_scenarios
from energy_models.faults import InputFaults
from energy_models.telemetry.store.store import open_store
from scenarios.files.load import load_scenario
from scenarios.vehicles.calibrated import CalibratedVehicle, vehicle_content, vehicle_of_content

FLEET = "fleet.json"
"""The file of a calibration with the content of its models and the report about the fleet."""
MOST_DAYS = 180
"""Latest days of a vehicle whose models are compared."""


def calibrate(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Calibrate the vehicles of the telemetry store; the result has a vehicle file for each vehicle and day.

    The fleet is ranked with these models and with the models that the line has already.
    """
    folder = place.scratch / "fleet"
    line = load_scenario(place.scenario(order["scenario"], order["version"]))
    store = place.telemetry()
    found = calibrate_fleet(
        store, _line(order, place, store), line, folder, tuple(order["hold"]),
        engine=place.engine, vehicles=tuple(order["vehicles"]), days=tuple(order["days"]),
        train_type=order["train_type"], progress=progress,
    )  # fmt: skip
    document = found.document()
    for one in document["written"]:
        one["file"] = Path(one["file"]).name
    models = [day.model for day, _ in found.days if day.model is not None]
    progress("comparing vehicles", 0.0)
    report = {**ranked_fleet(line, _history(place, order["scenario"], models)), "refused": document["refused"]}
    made = place.scratch / FLEET
    content = {"models": [vehicle_content(one) for one in models], "report": report}
    made.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    facts = {
        "models": len(document["written"]),
        "refused": len(document["refused"]),
        "findings": len(report["changes"]),
    }
    written = sorted(file for file in folder.iterdir() if file.is_file())
    return place.result(facts, write_result(place.scratch, {**document, **report}), made, *written)


def check_telemetry(order: Mapping[str, Any], place: JobPlace, progress: Progress) -> dict[str, Any]:
    """Check the telemetry of a line by vehicle and day, and count its quarantine."""
    store = place.telemetry()
    document = checked_telemetry(open_store(store), _line(order, place, store), progress)
    days = document["days"]
    facts = {
        "rows": document["rows"],
        "vehicle_days": len(days),
        "findings": sum(len(one["findings"]) for one in days),
        "quarantined": document["quarantine"]["rows"],
    }
    return place.result(facts, write_result(place.scratch, document))


def _line(order: Mapping[str, Any], place: JobPlace, store: Path) -> str:
    with place.database.reading() as session:
        others = {one.line_id for one in newest_scenarios(session)} - {order["scenario"]}
    return line_of_store(open_store(store), order["telemetry_line"], order["scenario"], others)


def _history(place: JobPlace, line_id: str, new: Iterable[CalibratedVehicle]) -> dict[str, list[CalibratedVehicle]]:
    """The models of each vehicle by day: those of the line, and of a day with a new model the new one.

    A model of an earlier version of Headwatt that this version cannot read is not compared.
    """
    found: dict[str, dict[str, CalibratedVehicle]] = {}
    with place.database.reading() as session:
        stored = models_with_content(session, line_id, MOST_DAYS)
    for vehicle, contents in stored.items():
        for content in contents:
            try:
                model = vehicle_of_content(content, vehicle)
            except InputFaults:
                continue
            found.setdefault(vehicle, {})[model.source.day or ""] = model
    for model in new:
        found.setdefault(model.source.vehicles[0], {})[model.source.day or ""] = model
    return {vehicle: [one for _, one in sorted(days.items())] for vehicle, days in sorted(found.items())}
