"""Parameters that several commands share: the scenario and its overrides, JSON output, replacement of a plan."""

from pathlib import Path
from typing import Annotated

import typer

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name of a bundled line, or path of a scenario folder.")
]
OverrideNames = Annotated[
    list[str] | None,
    typer.Option("--override", help="Named override of the scenario; may be repeated.", metavar="NAME"),
]
JsonOutput = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
FleetFolder = Annotated[
    Path | None,
    typer.Option(
        "--fleet",
        help="Folder with a vehicle file for each vehicle, or fleet.yaml of a plan: each vehicle has its own model.",
        show_default="the models of the plan, otherwise none",
        metavar="DIR",
    ),
]
ModelsAsType = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Train type for which the models of --vehicle or --fleet count, also if they come from another scenario.",
        show_default="the type of the calibration",
        metavar="TYPE",
    ),
]
ReplacesEditedPlan = Annotated[
    bool, typer.Option("--force", help="Replace the plan in --out even if it was edited by hand.")
]
