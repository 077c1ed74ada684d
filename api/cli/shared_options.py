"""Parameters that several commands share: the scenario and its overrides, JSON output, replacement of a plan."""

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
ReplacesEditedPlan = Annotated[
    bool, typer.Option("--force", help="Replace the plan in --out even if it was edited by hand.")
]
