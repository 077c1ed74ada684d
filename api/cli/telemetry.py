"""`headwatt telemetry`: the simulated line writes the telemetry that real trains would."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stage_progress, stdout_console
from api.cli.targets import require_writable

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Telemetry of trains: let the simulated line write it, or see what its columns hold.",
)

EPILOG = """\
[bold]Examples[/]

Four trainsets over a morning:  [cyan]headwatt telemetry generate beijing_yizhuang --out morning.csv[/]

The same, keeping the truth aside:  [cyan]headwatt telemetry generate beijing_yizhuang --out a.csv --truth truth.yaml[/]

With parameters of your own:  [cyan]headwatt telemetry generate beijing_yizhuang --hidden mine.yaml --out b.csv[/]

Then:  [cyan]headwatt calibrate morning.csv --scenario beijing_yizhuang --out vehicle.yaml[/]
"""

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")


def seconds_of(clock: str) -> int:
    """Seconds of the service day of clock text such as 07:00 or 24:30:00; typer tells the rest."""
    match = _CLOCK.fullmatch(clock)
    if match is None or int(match[1]) > 47:
        raise typer.BadParameter(f"{clock!r} is no time of the service day; write 07:00, up to 47:59")
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


@app.command(epilog=EPILOG)
def generate(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name of a bundled line, or path of a scenario folder.")
    ],
    trains: Annotated[int, typer.Option(min=1, help="Trainsets to record.", metavar="N")] = 4,
    begin: Annotated[str, typer.Option("--from", help="Begin, time of the service day.", metavar="HH:MM")] = "07:00",
    end: Annotated[
        str | None, typer.Option("--to", help="End; instead of --hours.", metavar="HH:MM", show_default=False)
    ] = None,
    hours: Annotated[float, typer.Option(min=0.05, max=24.0, help="Length of the record.", metavar="H")] = 4.0,
    seed: Annotated[
        int, typer.Option(min=0, help="Of loads, sensors and, without --hidden, of the hidden parameters.", metavar="N")
    ] = 0,
    out: Annotated[
        Path | None, typer.Option(help="CSV file to write; without it the rows go to stdout.", metavar="FILE")
    ] = None,
    hidden: Annotated[
        Path | None,
        typer.Option(help="YAML file with true parameters; those it leaves out are the scenario's.", metavar="FILE"),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="Write the true parameters here; the telemetry never holds them.", metavar="FILE"),
    ] = None,
    driving: Annotated[
        Literal["speed_cap", "optimal", "flat_out"] | None,
        typer.Option(help="How the trains are driven, instead of as the timetable says. optimal coasts."),
    ] = None,
    override: Annotated[
        list[str] | None, typer.Option(help="A named change of the scenario; may be repeated.", metavar="NAME")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object.")] = False,
) -> None:
    """Let the simulated line write 1 Hz telemetry of its trains.

    The trains differ from the scenario's in mass, resistance, efficiencies and auxiliaries, by parameters that nobody
    is told: calibrate has to find them. The sensors are noisy, quantised and lose rows.
    """
    # The physics takes a second to import; --help does not wait for it.
    import numpy as np  # noqa: PLC0415

    from energy_models.faults import Fault, InputFaults  # noqa: PLC0415
    from energy_models.telemetry.hidden import draw_hidden  # noqa: PLC0415
    from scenarios.build import train_of  # noqa: PLC0415
    from scenarios.load import load_scenario  # noqa: PLC0415
    from scenarios.vehicle import read_hidden, write_hidden  # noqa: PLC0415
    from simulation.line_telemetry import record_line, rounded  # noqa: PLC0415

    if json and out is None:
        raise InputFaults([Fault("", "", "--json", "without --out", "with --out FILE: stdout takes rows or JSON")])
    require_writable({"--out": out, "--truth": truth})
    line = load_scenario(scenario, tuple(override or ()))
    train = train_of(line)
    parameters = read_hidden(hidden, train) if hidden else draw_hidden(train, np.random.default_rng([seed, 0]))
    from_s = seconds_of(begin)
    to_s = seconds_of(end) if end is not None else from_s + round(hours * 3600.0)
    with stage_progress("telemetry") as report:
        written = record_line(
            line, parameters, from_s=from_s, to_s=to_s, trainsets=trains, seed=seed, driving=driving, progress=report
        )
    text = rounded(written.rows).to_csv(None if out is None else out, index=False, lineterminator="\n")
    if truth is not None:
        write_hidden(parameters, truth)
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
            f"{written.unserved_seconds} seconds in which the supply starved a train are left out as gaps: "
            "the simulated motion would not match the power."
        )
    if truth is not None:
        console.print(f"The true parameters are in {escape(str(truth))}.")
    console.print(f"Next: [cyan]headwatt calibrate {escape(str(out))} --scenario {escape(scenario)}[/]")


@app.command()
def columns() -> None:
    """List the columns of a telemetry file: what they hold and what is plausible."""
    from energy_models.telemetry.columns import COLUMNS  # noqa: PLC0415

    table = Table(box=None, header_style="bold")
    for title in ("column", "holds", "allowed"):
        table.add_column(title)
    for column in COLUMNS:
        table.add_row(column.name, column.meaning, column.allowed)
    stdout_console().print(table)
