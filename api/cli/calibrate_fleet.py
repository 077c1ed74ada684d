"""`headwatt calibrate FOLDER --out DIR`: a model of each vehicle and day of a telemetry store or of files."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.markup import escape

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.targets import require_folders

if TYPE_CHECKING:
    from collections.abc import Callable

    from energy_models.calibration.meter_lag import Sampling
    from energy_models.calibration.priors import SensorClasses
    from energy_models.faults import Fault
    from scenarios.schema import Scenario
    from scenarios.vehicles.from_days import CalibratedDay, DaySource
    from simulation.runs.engine import Engine, Session


def calibrate_days_into(
    folder: Path | None,
    recordings: Path,
    line: str | None,
    scenario: "Scenario",
    scenario_words: str,
    hold: tuple[str, ...],
    engine: "Engine",
    *,
    vehicles: tuple[str, ...],
    days: tuple[str, ...],
    train_type: str | None,
    classes: "SensorClasses",
    sampling: "Sampling | None",
    json: bool,
) -> None:
    """Write the model of each vehicle and day of a store, or of a folder of files, into a fleet folder.

    Refused files and vehicle-days are listed with their reasons. The models do not depend on the engine.
    `scenario_words` is the scenario as the user wrote it.
    """
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from scenarios.vehicles.calibrated import write_vehicle  # noqa: PLC0415
    from scenarios.vehicles.from_days import DayCalibration, DayTask, chosen_days, runs_of_types  # noqa: PLC0415
    from simulation.runs.engine import EngineTask, started  # noqa: PLC0415

    if folder is None:
        allowed = "the fleet folder for the models of all vehicles of the folder"
        raise InputFaults([Fault("", "", "--out", "missing", allowed)])
    require_folders({"--out": folder})
    found: list[tuple[CalibratedDay, Path]] = []
    with ExitStack() as stack:
        report = stack.enter_context(stage_progress("calibrate"))
        session = stack.enter_context(started(engine))
        parts = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headwatt-vehicle-days-")))
        source, faults = _source(recordings, line, days, parts, None if engine.address else session, report)
        if not source.days:
            raise InputFaults(faults)
        chosen = chosen_days(source, vehicles, days)
        folder.mkdir(parents=True, exist_ok=True)
        report("calibration of vehicles", 0.0)
        kit = DayCalibration(
            scenario, source, hold, train_type, classes, sampling, runs_of_types(scenario, chosen, train_type)
        )
        held = session.hold(kit)
        # Workers of a cluster may not see this machine's files, so that the rows are sent to them.
        tasks: Iterator[DayTask] = (kit.read(one) if engine.address else DayTask(one) for one in chosen)
        for _, day in session.run(EngineTask(held, task) for task in tasks):
            file = folder / f"{quote(day.one.vehicle, safe='')}_{day.one.day}.yaml"
            if day.model is not None:
                write_vehicle(day.model, file)
            found.append((day, file))
            report("calibration of vehicles", len(found) / len(chosen))
    found.sort(key=lambda one: one[0].one)
    if all(day.model is None for day, _ in found):
        raise InputFaults([*faults, *(fault for day, _ in found for fault in day.faults)])
    if json:
        print_json(_as_json(found, faults))
    else:
        _print(found, faults, scenario_words, folder)


def _source(
    recordings: Path, line: str | None, days: tuple[str, ...], parts: Path, session: "Session | None",
    report: "Callable[[str, float], None]",
) -> "tuple[DaySource, list[Fault]]":  # fmt: skip
    """The store in a folder, or its files split by vehicle and day into `parts`, with the faults of files."""
    from energy_models.faults import Fault  # noqa: PLC0415
    from energy_models.telemetry.recordings.files import recording_files  # noqa: PLC0415
    from energy_models.telemetry.recordings.vehicle_days import FileSplitting  # noqa: PLC0415
    from energy_models.telemetry.store.query import require_line  # noqa: PLC0415
    from energy_models.telemetry.store.store import SETTINGS, open_store  # noqa: PLC0415
    from scenarios.vehicles.from_days import StoredDays, file_days  # noqa: PLC0415
    from simulation.runs.engine import EngineTask, Session  # noqa: PLC0415

    if (recordings / SETTINGS).exists():
        store = open_store(recordings)
        return StoredDays(store, require_line(store, line)), []
    files = recording_files([recordings])
    here = session or Session()
    held = here.hold(FileSplitting(parts, days[0] if days else None))
    faults: dict[int, list[Fault]] = {}
    split = []
    report("reading files", 0.0)
    for number, one in here.run(EngineTask(held, file) for file in files):
        split += one.parts
        unusable = [
            Fault(files[number].name, "", "", f"{count} rows left out", f"rows of a vehicle and time: {words}")
            for words, count in one.unusable.items()
        ]
        faults[number] = [*one.faults, *unusable]
        report("reading files", len(faults) / len(files))
    here.release(held)
    return file_days(split), [fault for number in sorted(faults) for fault in faults[number]]


def _as_json(found: "list[tuple[CalibratedDay, Path]]", faults: "list[Fault]") -> dict[str, object]:
    return {
        "written": [
            {"vehicle": day.one.vehicle, "day": day.one.day, "file": str(file), "version": day.model.hash}
            for day, file in found if day.model is not None
        ],
        "refused": [
            {"vehicle": day.one.vehicle, "day": day.one.day, "reasons": [str(fault) for fault in day.faults]}
            for day, _ in found if day.model is None
        ],
        "files_with_faults": [str(fault) for fault in faults],
    }  # fmt: skip


def _print(
    found: "list[tuple[CalibratedDay, Path]]", faults: "list[Fault]", scenario: str, folder: Path
) -> None:  # fmt: skip
    console, errors = stdout_console(), stderr_console()
    written = [(day, file, day.model) for day, file in found if day.model is not None]
    for day, file, model in written:
        console.print(escape(f"{day.one.vehicle}, {day.one.day}: {file.name}, version {model.hash[:12]}"))
    for fault in faults:
        errors.print(f"[yellow]•[/] {escape(str(fault))}")
    for day, _ in found:
        for fault in day.faults:
            errors.print(f"[yellow]•[/] {escape(f'{day.one.vehicle}, {day.one.day}: refused. {fault}')}")
    count = len({day.one.vehicle for day, _, _ in written})
    console.print(
        f"Wrote {len(written)} models of {count} vehicles to {escape(str(folder))}; {len(found) - len(written)} "
        f"vehicle-days were refused. To plan: [cyan]headwatt plan {escape(scenario)} --fleet {escape(str(folder))}[/]"
    )
