"""`headwatt telemetry status`: rows, flags and findings by vehicle and day."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.shared_options import JsonOutput
from api.cli.telemetry_store import (
    AsOf,
    Days,
    LineName,
    StoreFolder,
    Vehicles,
    instant_ms,
    store_folder,
    wrong_days,
)

EPILOG = """\
[bold]Examples[/]

The whole store:  [cyan]headwatt telemetry status[/]

Only what is wrong:  [cyan]headwatt telemetry status --wrong[/]

One vehicle, as JSON:  [cyan]headwatt telemetry status --vehicle TS01 --json[/]
"""


def status(
    store: StoreFolder = None,
    line: LineName = None,
    vehicle: Vehicles = None,
    day: Days = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Only vehicles and days with a finding.")] = False,
    as_of: AsOf = None,
    json: JsonOutput = False,
) -> None:
    """Show what the store has of each vehicle and day, and what is wrong with it.

    Findings: signals that are stuck, drift, have a step or another unit; changed wheels; blocks of rows that occur
    twice; clocks that differ from the fleet or run fast; rows in the wrong order; rows of another vehicle. Scales and
    clocks are compared with the other days and vehicles of the line: clocks need at least three vehicles with voltage.
    """
    from api.computations.checking_telemetry import day_document  # noqa: PLC0415
    from energy_models.faults import InputFaults  # noqa: PLC0415
    from energy_models.telemetry.findings.assess import assess  # noqa: PLC0415
    from energy_models.telemetry.store.query import require_line  # noqa: PLC0415
    from energy_models.telemetry.store.store import open_store  # noqa: PLC0415

    if faults := wrong_days(day):
        raise InputFaults(faults)
    place = open_store(store_folder(store))
    name = require_line(place, line)
    with stage_progress("status") as report:
        days = assess(
            place, name, vehicles=vehicle, days=day, as_of_ms=instant_ms(as_of, "--as-of"), progress=report
        )  # fmt: skip
    shown = [one for one in days if one.findings or not wrong]
    if json:
        print_json({"line": name, "days": [day_document(one) for one in shown]})
        return
    console = stdout_console()
    table = Table(box=None, header_style="bold")
    for title in ("vehicle", "day", "rows", "hours", "every", "gaps", "flags", "findings"):
        table.add_column(title, justify="left" if title in ("vehicle", "day", "findings") else "right")
    for one in shown:
        found = "\n".join(str(finding) for finding in one.findings)
        table.add_row(
            escape(one.vehicle), one.day, f"{one.rows:,}", f"{one.hours:.1f}", f"{one.step_s:g} s",
            f"{one.missing_share:.1%}", f"{one.flagged:,}", f"[yellow]{escape(found)}[/]" if found else "",
        )  # fmt: skip
    console.print(table)
    rows = sum(one.rows for one in days)
    findings = sum(len(one.findings) for one in days)
    vehicles = len({one.vehicle for one in days})
    console.print(
        f"{rows:,} rows of {vehicles} vehicle{'s' if vehicles != 1 else ''} of {escape(name)}; "
        f"{findings} finding{'s' if findings != 1 else ''}."
    )
    if days and not any(one.has_fleet_clock for one in days):
        console.print("Clocks were not compared: this needs the voltages of at least three vehicles on the same day.")
