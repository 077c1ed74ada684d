"""`headwatt scenario`: check, show, new, schema, list."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.outcome import ExitCode
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from scenarios.imported.folder import ImportedFolder
    from scenarios.schema import Scenario as CheckedScenario

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "Read, check and start scenarios: a folder with a line, its trains, supply, service, demand and tariff.\n\n"
        "Begin with [bold]headwatt scenario new my_line[/], change its files, and check them as often as you like."
    ),
)

Scenario = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="Name of a bundled line or path of a folder; overrides after a plus, as in beijing_yizhuang+summer.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--override", "-o", metavar="NAME", help="A named override of the scenario; may be given again."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@app.command()
def check(scenario: Scenario, override: Overrides = None, json: Json = False) -> None:
    """Read a scenario and each of its overrides, and tell every fault at once.

    Each fault comes with file, line or row, field, value and what is allowed. Exit code 0: it can be used; 2: it has
    faults. What can be used and yet does not agree is a warning: signalling that keeps trains further apart than the
    minimum headway.
    """
    from scenarios.load import faults_of, load_scenario  # noqa: PLC0415

    faults = faults_of(scenario, tuple(override or ()))
    if faults:
        if json:
            print_json({"scenario": scenario, "valid": False, "faults": [vars(fault) for fault in faults]})
            raise typer.Exit(int(ExitCode.INPUT_FAULT))
        raise InputFaults(faults)
    from api.cli.scenario_tables import loads_in_words  # noqa: PLC0415
    from scenarios.provenance import unexplained  # noqa: PLC0415

    found = load_scenario(scenario, tuple(override or ()))
    without, warnings = unexplained(found), _warnings(found)
    if json:
        print_json(
            {"scenario": found.name, "valid": True, "faults": [], "warnings": warnings, "scenario_hash": found.hash,
             "numbers_without_source": list(without)}
        )  # fmt: skip
        return
    console = stdout_console()
    console.print(f"[green]✓[/] {escape(found.title)} ([bold]{found.name}[/]): no faults.")
    for sentence in loads_in_words(found):
        console.print("  " + sentence)
    for warning in warnings:
        console.print(f"  [yellow]Warning.[/] {escape(warning)}")
    if without:
        listing = ", ".join(without[:5]) + (" and so on" if len(without) > 5 else "")
        console.print(f"  [yellow]{len(without)} numbers have no source[/] (add them to provenance): {escape(listing)}")
    else:
        console.print("  Every number has its source or is called assumed.")


def _warnings(scenario: "CheckedScenario") -> list[str]:
    """What a simulated day would meet; raises `InputFaults` for running times that no train can meet."""
    from dispatch.baseline import timetable_in_force  # noqa: PLC0415 - imports the physics
    from scenarios.build import profile_library, require_possible_running_times  # noqa: PLC0415
    from simulation.day import day_model  # noqa: PLC0415
    from simulation.least_headway import headways_below  # noqa: PLC0415

    library = profile_library(scenario)
    require_possible_running_times(scenario, library)
    return list(headways_below(day_model(scenario, library), timetable_in_force(scenario)))


@app.command()
def show(
    scenario: Scenario,
    override: Overrides = None,
    assumptions: Annotated[
        bool, typer.Option("--assumptions", help="Also every number with its source, or why it was assumed.")
    ] = False,
    json: Json = False,
) -> None:
    """Draw the line with its stations, trains, supply, service and loads."""
    from api.cli import scenario_tables as tables  # noqa: PLC0415
    from scenarios.load import load_scenario, override_names  # noqa: PLC0415
    from scenarios.provenance import assumptions as explained  # noqa: PLC0415

    found = load_scenario(scenario, tuple(override or ()))
    if json:
        content = found.model_dump(mode="json", by_alias=True)
        content["scenario_hash"] = found.hash
        content["assumptions"] = [vars(line) for line in explained(found)]
        print_json(content)
        return
    console = stdout_console()
    if found.description:
        console.print(escape(found.description) + "\n")
    for table in (
        tables.line_table(found), tables.train_table(found), tables.supply_table(found), tables.service_table(found)
    ):  # fmt: skip
        console.print(table)
    for sentence in tables.loads_in_words(found):
        console.print(sentence)
    names = override_names(scenario)
    if names:
        console.print(f"Overrides: {', '.join(names)} (use {escape(found.name.split('+')[0])}+{names[0]})")
    if assumptions:
        console.print(tables.assumption_table(found))


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the scenario; by default that of the folder.")
    ] = None,
    from_gtfs: Annotated[
        Path | None,
        typer.Option("--from-gtfs", metavar="FILE.zip", help="Begin with the timetable of a GTFS feed."),
    ] = None,
    timetable: Annotated[
        Path | None,
        typer.Option(
            "--timetable",
            metavar="FILE.csv",
            help="Begin with a CSV timetable: a row for each call, columns trip_id, direction, station, arrival, "
            "departure. The timetable.csv of a plan is one.",
        ),
    ] = None,
    route: Annotated[
        str | None, typer.Option("--route", help="Route of the feed: identifier, short or long name.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="YYYY-MM-DD", help="Service day of the feed; by default the first of the busiest."
        ),
    ] = None,
    up_from: Annotated[
        str | None,
        typer.Option("--up-from", metavar="STATION", help="End of the line where direction up begins, at chainage 0."),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="SCENARIO",
            help="Take what the timetable does not tell from this scenario, marked as assumed; of the same line, "
            "only the timetable is replaced.",
        ),
    ] = None,
    dwell: Annotated[
        int | None,
        typer.Option(
            "--dwell",
            metavar="SECONDS",
            min=1,
            max=600,
            help="Dwell where the timetable has one time a stop; by default the median of --like.",
        ),
    ] = None,
) -> None:
    """Write a commented scenario to start from; it passes the check and can be planned at once.

    With --from-gtfs or --timetable it begins with a timetable that you have: stations, distances, running times,
    dwells, departures. What a timetable does not tell is asked for by name, or taken from another line with --like.
    """
    from scenarios.starter import write_starter  # noqa: PLC0415

    console, notes = stdout_console(), stderr_console()
    if from_gtfs is not None or timetable is not None:
        written = _imported(folder, name, from_gtfs, timetable, route, date, up_from, like, dwell)
        files = written.files
    else:
        only_with_timetable = {"--route": route, "--date": date, "--up-from": up_from, "--like": like, "--dwell": dwell}
        unused = [option for option, value in only_with_timetable.items() if value is not None]
        if unused:
            raise typer.BadParameter(f"{', '.join(unused)} need --from-gtfs or --timetable")
        written = None
        files = write_starter(folder, name)
    for file in files:
        console.print(f"wrote {escape(str(file))}")
    if written is not None:
        for note in written.notes:
            notes.print(f"• {note}", markup=False)
        for key, why in written.assumed.items():
            notes.print(f"  {key}: {why}", markup=False)
        if written.asked:
            notes.print("The timetable does not tell, and the check will ask for:")
        for key, meaning in written.asked.items():
            notes.print(f"  {key}: {meaning}", markup=False)
    notes.print(f"Change it, then: [cyan]headwatt scenario check {escape(str(folder))}[/]")


def _imported(
    folder: Path, name: str | None, from_gtfs: Path | None, timetable: Path | None, route: str | None,
    date: str | None, up_from: str | None, like: str | None, dwell: int | None,
) -> "ImportedFolder":  # fmt: skip
    from scenarios.gtfs.feed import read_feed  # noqa: PLC0415
    from scenarios.gtfs.route import line_of_feed  # noqa: PLC0415
    from scenarios.imported.folder import write_imported  # noqa: PLC0415
    from scenarios.imported.timetable_csv import line_of_csv  # noqa: PLC0415
    from scenarios.load import load_scenario  # noqa: PLC0415

    if from_gtfs is not None and timetable is not None:
        raise typer.BadParameter("--from-gtfs or --timetable, not both")
    other = load_scenario(like) if like is not None else None
    if timetable is not None:
        unused = [option for option, value in {"--route": route, "--date": date}.items() if value is not None]
        if unused:
            raise typer.BadParameter(f"{', '.join(unused)}: a CSV timetable has one route and one day")
        chainage_m = {station.id: station.chainage_m for station in other.stations} if other is not None else {}
        return write_imported(folder, line_of_csv(timetable, chainage_m, up_from), name, other, dwell)
    assert from_gtfs is not None
    try:
        day = datetime.strptime(date, "%Y-%m-%d").date() if date is not None else None
    except ValueError:
        raise InputFaults([Fault("", "", "--date", date or "", "a day of the calendar such as 2026-03-04")]) from None
    return write_imported(folder, line_of_feed(read_feed(from_gtfs), route, day, up_from), name, other, dwell)


@app.command()
def schema(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The field reference of the documentation instead of the JSON schema.")
    ] = False,
) -> None:
    """Print the JSON schema of scenario.yaml, for editors that complete and check while you type.

    Save it beside your scenario and begin scenario.yaml with `# yaml-language-server: $schema=schema.json`.
    """
    from scenarios.json_schema import json_schema  # noqa: PLC0415
    from scenarios.reference_page import field_reference  # noqa: PLC0415

    if markdown:
        sys.stdout.write(field_reference() + "\n")
    else:
        print_json(json_schema())


@app.command("list")
def list_bundled(json: Json = False) -> None:
    """List the lines that come with Headwatt, with their overrides."""
    from scenarios.load import bundled, load_scenario, override_names  # noqa: PLC0415

    lines = [(load_scenario(name), override_names(name)) for name in bundled()]
    if json:
        print_json(
            {
                "scenarios": [
                    {"name": line.name, "title": line.title, "stations": len(line.stations),
                     "length_km": line.length_m / 1000, "overrides": list(names)}
                    for line, names in lines
                ]
            }
        )  # fmt: skip
        return
    table = Table()
    for column in ("name", "line", "stations", "km", "trains", "overrides"):
        table.add_column(
            column, justify="right" if column in ("stations", "km", "trains") else "left", no_wrap=column == "name"
        )
    for line, names in lines:
        table.add_row(
            line.name,
            line.title,
            str(len(line.stations)),
            f"{line.length_m / 1000:.1f}",
            str(line.trainsets),
            ", ".join(names),
        )
    stdout_console().print(table)
