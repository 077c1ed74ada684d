"""Calibrate the vehicle-days of a telemetry store or a folder of files into a fleet folder; the JSON document."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from energy_models.calibration.meter_lag import Sampling
from energy_models.calibration.priors import SensorClasses
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.recordings.files import recording_files
from energy_models.telemetry.recordings.vehicle_days import FileSplitting
from energy_models.telemetry.store.query import require_line
from energy_models.telemetry.store.store import SETTINGS, open_store
from scenarios.schema import Scenario
from scenarios.vehicles.calibrated import write_vehicle
from scenarios.vehicles.from_days import (
    CalibratedDay,
    DayCalibration,
    DaySource,
    DayTask,
    StoredDays,
    chosen_days,
    file_days,
    runs_of_types,
)
from simulation.runs.engine import Engine, EngineTask, Session, started

Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class FleetCalibration:
    """Every vehicle-day with the file of its model, in order, and the faults of whole files."""

    days: tuple[tuple[CalibratedDay, Path], ...]
    faults: tuple[Fault, ...]

    def document(self) -> dict[str, Any]:
        """The models and the refused vehicle-days as one JSON object."""
        return {
            "written": [
                {"vehicle": day.one.vehicle, "day": day.one.day, "file": str(file), "version": day.model.hash}
                for day, file in self.days if day.model is not None
            ],
            "refused": [
                {"vehicle": day.one.vehicle, "day": day.one.day, "reasons": [str(fault) for fault in day.faults]}
                for day, _ in self.days if day.model is None
            ],
            "files_with_faults": [str(fault) for fault in self.faults],
        }  # fmt: skip


def calibrate_fleet(
    recordings: Path,
    line: str | None,
    scenario: Scenario,
    folder: Path,
    hold: Sequence[str] = (),
    *,
    engine: Engine,
    vehicles: Sequence[str] = (),
    days: Sequence[str] = (),
    train_type: str | None = None,
    classes: SensorClasses | None = None,
    sampling: Sampling | None = None,
    progress: Progress,
) -> FleetCalibration:
    """Write the model of each vehicle and day of a store, or of a folder of files, into a fleet folder.

    The models do not depend on the engine. Raises `InputFaults` for an unknown line, for recordings without rows, and
    if every vehicle-day was refused.
    """
    found: list[tuple[CalibratedDay, Path]] = []
    with ExitStack() as stack:
        session = stack.enter_context(started(engine))
        parts = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headwatt-vehicle-days-")))
        source, faults = _source(recordings, line, tuple(days), parts, None if engine.address else session, progress)
        if not source.days:
            raise InputFaults(faults)
        chosen = chosen_days(source, tuple(vehicles), tuple(days))
        folder.mkdir(parents=True, exist_ok=True)
        progress("calibration of vehicles", 0.0)
        runs = runs_of_types(scenario, chosen, train_type)
        kit = DayCalibration(scenario, source, tuple(hold), train_type, classes, sampling, runs)
        held = session.hold(kit)
        # Workers of a cluster may not see this machine's files, so that the rows are sent to them.
        tasks: Iterator[DayTask] = (kit.read(one) if engine.address else DayTask(one) for one in chosen)
        for _, day in session.run(EngineTask(held, task) for task in tasks):
            file = folder / f"{quote(day.one.vehicle, safe='')}_{day.one.day}.yaml"
            if day.model is not None:
                write_vehicle(day.model, file)
            found.append((day, file))
            progress("calibration of vehicles", len(found) / len(chosen))
    found.sort(key=lambda one: one[0].one)
    if all(day.model is None for day, _ in found):
        raise InputFaults([*faults, *(fault for day, _ in found for fault in day.faults)])
    return FleetCalibration(tuple(found), tuple(faults))


def _source(
    recordings: Path, line: str | None, days: tuple[str, ...], parts: Path, session: Session | None, progress: Progress
) -> tuple[DaySource, list[Fault]]:
    """The store in a folder, or its files split by vehicle and day into `parts`, with the faults of files."""
    if (recordings / SETTINGS).exists():
        store = open_store(recordings)
        return StoredDays(store, require_line(store, line)), []
    files = recording_files([recordings])
    here = session or Session()
    held = here.hold(FileSplitting(parts, days[0] if days else None))
    faults: dict[int, list[Fault]] = {}
    split = []
    progress("reading files", 0.0)
    for number, one in here.run(EngineTask(held, file) for file in files):
        split += one.parts
        unusable = [
            Fault(files[number].name, "", "", f"{count} rows left out", f"rows of a vehicle and time: {words}")
            for words, count in one.unusable.items()
        ]
        faults[number] = [*one.faults, *unusable]
        progress("reading files", len(faults) / len(files))
    here.release(held)
    return file_days(split), [fault for number in sorted(faults) for fault in faults[number]]
