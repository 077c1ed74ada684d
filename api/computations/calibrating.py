"""Calibrate the vehicles of a telemetry store into a fleet folder, and the JSON document of the result."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from energy_models.calibration.meter_lag import Sampling
from energy_models.calibration.priors import SensorClasses
from energy_models.faults import InputFaults
from energy_models.telemetry.store.query import require_line
from energy_models.telemetry.store.store import open_store
from scenarios.schema import Scenario
from scenarios.vehicles.from_store import CalibratedDay, calibrate_store

Calibrated = tuple[list[CalibratedDay], list[CalibratedDay]]
"""The vehicle-days that have a model, and those that were refused."""


def calibrate_fleet(
    store: Path,
    line: str | None,
    scenario: Scenario,
    folder: Path,
    hold: Sequence[str] = (),
    *,
    vehicles: Sequence[str] = (),
    days: Sequence[str] = (),
    train_type: str | None = None,
    classes: SensorClasses | None = None,
    sampling: Sampling | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Calibrated:
    """Write the model of each vehicle and day into a fleet folder; parameters as in `calibrate_store`.

    Raises `InputFaults` for a folder without a store, an unknown line, and if every vehicle-day was refused.
    """
    place = open_store(store)
    name = require_line(place, line)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[CalibratedDay] = []
    refused: list[CalibratedDay] = []
    for one in calibrate_store(
        place, name, scenario, folder, hold, vehicles=vehicles, days=days, train_type=train_type, classes=classes,
        sampling=sampling, progress=progress,
    ):  # fmt: skip
        (refused if one.model is None else written).append(one)
    if not written:
        raise InputFaults([fault for one in refused for fault in one.faults])
    return written, refused


def fleet_document(found: Calibrated) -> dict[str, Any]:
    """The models and the refused vehicle-days as one JSON object."""
    written, refused = found
    return {
        "written": [
            {"vehicle": one.vehicle, "day": one.day, "file": str(one.file), "version": one.model.hash}
            for one in written
            if one.model is not None
        ],
        "refused": [
            {"vehicle": one.vehicle, "day": one.day, "reasons": [str(fault) for fault in one.faults]} for one in refused
        ],
    }
