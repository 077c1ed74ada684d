"""`headwatt calibrate FOLDER --out DIR`: a model of each vehicle and day of a telemetry store or a folder of files."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.targets import require_folders

if TYPE_CHECKING:
    from api.computations.calibrating import FleetCalibration
    from energy_models.calibration.meter_lag import Sampling
    from energy_models.calibration.priors import SensorClasses
    from scenarios.schema import Scenario
    from simulation.runs.engine import Engine


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

    Refused files and vehicle-days are listed with their reasons. `scenario_words` is the scenario as the user wrote it.
    """
    from api.computations.calibrating import calibrate_fleet  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    if folder is None:
        allowed = "the fleet folder for the models of all vehicles of the folder"
        raise InputFaults([Fault("", "", "--out", "missing", allowed)])
    require_folders({"--out": folder})
    with stage_progress("calibrate") as report:
        found = calibrate_fleet(
            recordings, line, scenario, folder, hold, engine=engine, vehicles=vehicles, days=days,
            train_type=train_type, classes=classes, sampling=sampling, progress=report,
        )  # fmt: skip
    if json:
        print_json(found.document())
    else:
        _print(found, scenario_words, folder)


def _print(found: "FleetCalibration", scenario: str, folder: Path) -> None:
    console, errors = stdout_console(), stderr_console()
    written = [(day, file, day.model) for day, file in found.days if day.model is not None]
    for day, file, model in written:
        console.print(escape(f"{day.one.vehicle}, {day.one.day}: {file.name}, version {model.hash[:12]}"))
    for fault in found.faults:
        errors.print(f"[yellow]•[/] {escape(str(fault))}")
    for day, _ in found.days:
        for fault in day.faults:
            errors.print(f"[yellow]•[/] {escape(f'{day.one.vehicle}, {day.one.day}: refused. {fault}')}")
    count = len({day.one.vehicle for day, _, _ in written})
    console.print(
        f"Wrote {len(written)} models of {count} vehicles to {escape(str(folder))}; {len(found.days) - len(written)} "
        f"vehicle-days were refused. To plan: [cyan]headwatt plan {escape(scenario)} --fleet {escape(str(folder))}[/]"
    )
