"""`headwatt telemetry`: its commands; here, generating telemetry and listing the columns of a telemetry file."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from api.cli import telemetry_map, telemetry_receive, telemetry_status, telemetry_store
from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.shared_options import OverrideNames, ScenarioName
from api.cli.targets import require_writable

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Map, store, check and export the telemetry of vehicles, or generate that of simulated trains.",
)
app.command("map", epilog=telemetry_map.EPILOG)(telemetry_map.map_file)
app.command(epilog=telemetry_store.INGEST_EPILOG)(telemetry_store.ingest)
app.command(epilog=telemetry_receive.EPILOG)(telemetry_receive.receive)
app.command(epilog=telemetry_status.EPILOG)(telemetry_status.status)
app.command()(telemetry_store.quarantine)
app.command(epilog=telemetry_store.EXPORT_EPILOG)(telemetry_store.export)
app.command()(telemetry_store.forget)

EPILOG = """\
[bold]Examples[/]

Four trainsets over a morning:  [cyan]headwatt telemetry generate beijing_yizhuang --out morning.csv[/]

The same, with the true parameters in a second file:
[cyan]headwatt telemetry generate beijing_yizhuang --out a.csv --truth truth.yaml[/]

With your own true parameters:  [cyan]headwatt telemetry generate beijing_yizhuang --hidden mine.yaml --out b.csv[/]

Then:  [cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang --out vehicle.yaml[/]
"""

METER_PERIOD_S = 60

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")


def seconds_of(clock: str) -> int:
    """Seconds of the service day of a time such as 07:00 or 24:30:00; raises BadParameter for other text."""
    match = _CLOCK.fullmatch(clock)
    if match is None or int(match[1]) > 47:
        raise typer.BadParameter(f"{clock!r} is not a time of the service day; write 07:00, up to 47:59")
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


@app.command(epilog=EPILOG)
def generate(
    scenario: ScenarioName,
    trains: Annotated[int, typer.Option(min=1, help="Number of recorded trainsets.", metavar="N")] = 4,
    begin: Annotated[
        str, typer.Option("--from", help="Start of the record, time of the service day.", metavar="HH:MM")
    ] = "07:00",
    end: Annotated[
        str | None,
        typer.Option("--to", help="End of the record, instead of --hours.", metavar="HH:MM", show_default=False),
    ] = None,
    hours: Annotated[float, typer.Option(min=0.05, max=24.0, help="Length of the record in hours.", metavar="H")] = 4.0,
    seed: Annotated[
        int,
        typer.Option(min=0, help="Seed of loads, sensors and, without --hidden, of the true parameters.", metavar="N"),
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="CSV file to write; by default the rows go to stdout.", metavar="FILE")
    ] = None,
    hidden: Annotated[
        Path | None,
        typer.Option(help="YAML file with true parameters; others have the scenario's values.", metavar="FILE"),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="File for the true parameters; the telemetry does not contain them.", metavar="FILE"),
    ] = None,
    meters: Annotated[
        Path | None,
        typer.Option(
            help="CSV file for the meters of the substations, means of 60 s at the DC terminals.", metavar="FILE"
        ),
    ] = None,
    driving: Annotated[
        Literal["speed_cap", "optimal", "flat_out"] | None,
        typer.Option(help="Driving of the trains, instead of that of the timetable; optimal driving coasts."),
    ] = None,
    override: OverrideNames = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object.")] = False,
) -> None:
    """Generate 1 Hz telemetry of the simulated trains.

    Mass, resistance, efficiencies and auxiliaries of the trains differ from the scenario. The telemetry does not
    contain these true parameters; `headwatt calibrate` estimates them. The sensors are noisy, quantised and lose rows.
    """
    # The physics takes a second to import; --help does not wait for it.
    import numpy as np  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.recorder.ground_truth import draw_ground_truth  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.values.build import train_of  # noqa: PLC0415
    from scenarios.vehicles.calibrated import read_hidden, write_hidden  # noqa: PLC0415
    from simulation.virtual_line.telemetry import meter_rows, record_line, rounded  # noqa: PLC0415

    if json and out is None:
        raise InputFaults([Fault("", "", "--json", "without --out", "with --out FILE: stdout is for rows or for JSON")])
    require_writable({"--out": out, "--truth": truth, "--meters": meters})
    line = load_scenario(scenario, tuple(override or ()))
    train = train_of(line)
    parameters = read_hidden(hidden, train) if hidden else draw_ground_truth(train, np.random.default_rng([seed, 0]))
    from_s = seconds_of(begin)
    to_s = seconds_of(end) if end is not None else from_s + round(hours * 3600.0)
    with stage_progress("telemetry") as report:
        written = record_line(
            line, parameters, from_s=from_s, to_s=to_s, trainsets=trains, seed=seed, driving=driving, progress=report
        )
    text = rounded(written.rows).to_csv(None if out is None else out, index=False, lineterminator="\n")
    if truth is not None:
        write_hidden(parameters, truth)
    if meters is not None:
        meter_rows(written, from_s, METER_PERIOD_S).to_csv(meters, index=False, lineterminator="\n")
    if out is None:
        typer.echo(text, nl=False)
        return
    facts = {
        "scenario": line.name,
        "file": str(out),
        "rows": len(written.rows),
        "vehicles": list(written.vehicles),
        "from_s": from_s,
        "to_s": to_s,
        "seed": seed,
        "unserved_seconds": written.unserved_seconds,
    }
    if json:
        print_json(facts)
        return
    console = stdout_console()
    console.print(
        f"[green]{len(written.rows):,} rows[/] of {len(written.vehicles)} trainsets "
        f"({escape(', '.join(written.vehicles))}) are in {escape(str(out))}."
    )
    if written.unserved_seconds:
        console.print(
            f"{written.unserved_seconds} seconds with traction not served are gaps in the telemetry: "
            "in these seconds the simulated motion does not match the power."
        )
    if meters is not None:
        console.print(f"Wrote the meters of {len(written.substations)} substations to {escape(str(meters))}.")
    if truth is not None:
        console.print(f"Wrote the true parameters to {escape(str(truth))}.")
    console.print(f"Next: [cyan]headwatt calibrate {escape(str(out))} --scenario {escape(scenario)}[/]")


@app.command()
def columns() -> None:
    """List the columns of a telemetry file with their meaning and their plausible range."""
    from energy_models.telemetry.columns import COLUMNS  # noqa: PLC0415

    table = Table(box=None, header_style="bold")
    for title in ("column", "holds", "allowed"):
        table.add_column(title)
    for column in COLUMNS:
        table.add_row(column.name, column.meaning, column.allowed)
    stdout_console().print(table)
