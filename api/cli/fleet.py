"""`headwatt fleet`: the models of a fleet, their normalised energies with ranks, and changes of vehicles."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stderr_console, stdout_console
from api.cli.shared_options import JsonOutput, OverrideNames
from api.cli.targets import require_writable

if TYPE_CHECKING:
    from scenarios.vehicles.calibrated import CalibratedVehicle
    from scenarios.vehicles.fleet_report import FleetReport

HELP = (
    "Show the models of a fleet: a ranking of the vehicles by normalised energy, and their changes.\n\n"
    "The normalised energy is that at the collector for each train-km, on the same sections, with the same load, "
    "driving and temperature. Each vehicle leans on its type by how much its own data say. If a vehicle has models of "
    "at least five days, the command reports steps and drifts of its parameters: since when, how sure, and what they "
    "cost a day."
)
EPILOG = """\
[bold]Examples[/]

The ranking and the changes, with a page:  [cyan]headwatt fleet fleet/ --scenario my_line/ --out fleet.html[/]

As JSON:  [cyan]headwatt fleet fleet/ --scenario beijing_yizhuang --json[/]
"""


def fleet(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with vehicle files, one for each vehicle and day.")
    ],
    scenario: Annotated[
        str, typer.Option(metavar="SCENARIO", help="Line of the fleet: name of a bundled line, or scenario folder.")
    ],
    override: OverrideNames = None,
    out: Annotated[Path | None, typer.Option(help="Page to write, with plots.", metavar="FILE.html")] = None,
    json: JsonOutput = False,
) -> None:
    """Show the models of a fleet; see HELP."""
    from api.computations.ranking import mean_km_a_day, ranking_document  # noqa: PLC0415
    from api.plots.fleet import write_plot  # noqa: PLC0415
    from energy_models.faults import InputFaults  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.vehicles.fleet import FleetModels, belonging_faults, read_history  # noqa: PLC0415
    from scenarios.vehicles.fleet_report import fleet_report  # noqa: PLC0415

    require_writable({"--out": out})
    with stage_progress("headwatt fleet") as progress:
        progress("reading", 0.0)
        line = load_scenario(scenario, tuple(override or ()))
        history = read_history(folder)
        latest = FleetModels({vehicle: models[-1] for vehicle, models in history.items()})
        if faults := belonging_faults(line, None, latest, None):
            raise InputFaults(faults)
        km_a_day = mean_km_a_day(line)
        progress("comparing", 0.0)
        found = fleet_report(line, history, km_a_day)
        if out is not None:
            write_plot(found, history, line, out)
    if json:
        print_json(ranking_document(found, line, km_a_day))
    else:
        _print(found, history, km_a_day)
        if out is not None:
            stderr_console().print(f"Wrote {out}.")


def _print(found: "FleetReport", history: "Mapping[str, Sequence[CalibratedVehicle]]", km_a_day: float) -> None:
    console = stdout_console()
    title = "Normalised energy at the collector, kWh for each train-km (± is a 95 % interval)"
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
    for name in ("rank", "vehicle", "own", "with the type", "own data", "day", "version"):
        left = name in ("vehicle", "day", "version")
        table.add_column(name, justify="left" if left else "right", no_wrap=name in ("vehicle", "version"))
    for one in found.ranking:
        rank = str(one.rank) if one.rank_from == one.rank_to else f"{one.rank} ({one.rank_from}-{one.rank_to})"
        table.add_row(
            rank, escape(one.vehicle), f"{one.own:.2f} ± {1.96 * one.own_error:.2f}",
            f"{one.pooled:.2f} ± {1.96 * one.pooled_error:.2f}", f"{100.0 * one.weight:.0f} %", one.day or "",
            one.version[:12],
        )  # fmt: skip
    console.print(table)
    if found.changes:
        changes = Table(box=SIMPLE_HEAD, title=f"Changes (cost at {km_a_day:.0f} km a day)", title_justify="left")
        for name in ("vehicle", "parameter", "change", "since", "chance", "kWh a day"):
            changes.add_column(name, justify="right" if name in ("change", "chance", "kWh a day") else "left")
        for change in found.changes:
            since = change.since
            if change.since_from != change.since_to:
                since += f" ({change.since_from} to {change.since_to})"
            if change.kind == "drift":
                since = f"drift since {change.since}"
            changes.add_row(
                escape(change.vehicle), change.parameter,
                f"{change.change:+.3g} ± {1.96 * change.error:.2g} {change.unit}", since, f"{change.chance:.1g}",
                f"{change.kwh_a_day:+.1f}",
            )  # fmt: skip
        console.print(changes)
    elif max((len(models) for models in history.values()), default=0) > 1:
        console.print("No parameter of a vehicle changed by more than chance explains.")
