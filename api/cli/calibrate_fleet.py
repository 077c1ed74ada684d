"""`headwatt calibrate STORE --out DIR`: a model of each vehicle and day of a telemetry store."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.targets import require_folders

if TYPE_CHECKING:
    from energy_models.calibration.meter_lag import Sampling
    from energy_models.calibration.priors import SensorClasses
    from scenarios.schema import Scenario


def calibrate_store_into(
    folder: Path | None,
    store: Path,
    line: str | None,
    scenario: "Scenario",
    hold: tuple[str, ...],
    *,
    vehicles: tuple[str, ...],
    days: tuple[str, ...],
    train_type: str | None,
    classes: "SensorClasses",
    sampling: "Sampling | None",
    json: bool,
) -> None:
    """Write the model of each vehicle and day of a store into a fleet folder, and list the refused ones."""
    from api.computations.calibrating import calibrate_fleet, fleet_document  # noqa: PLC0415
    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415

    if folder is None:
        allowed = "the fleet folder for the models of all vehicles of the store"
        raise InputFaults([Fault("", "", "--out", "missing", allowed)])
    require_folders({"--out": folder})
    with stage_progress("calibrate") as report:
        found = calibrate_fleet(
            store, line, scenario, folder, hold, vehicles=vehicles, days=days, train_type=train_type, classes=classes,
            sampling=sampling, progress=report,
        )  # fmt: skip
    if json:
        print_json(fleet_document(found))
        return
    written, refused = found
    console = stdout_console()
    for one in written:
        if one.model is not None and one.file is not None:
            console.print(escape(f"{one.vehicle}, {one.day}: {one.file.name}, version {one.model.hash[:12]}"))
    for one in refused:
        for fault in one.faults:
            stderr_console().print(f"[yellow]•[/] {escape(f'{one.vehicle}, {one.day}: refused. {fault}')}")
    count = len({one.vehicle for one in written})
    console.print(
        f"Wrote {len(written)} models of {count} vehicles to {escape(str(folder))}; {len(refused)} vehicle-days were "
        f"refused. To plan: [cyan]headwatt plan {escape(scenario.name)} --fleet {escape(str(folder))}[/]"
    )
