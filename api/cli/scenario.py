"""`headwatt scenario`: check, show, new, schema, list."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli import complete
from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.outcome import ExitCode, explain
from api.cli.shared_options import JsonOutput
from energy_models.faults import InputFaults

if TYPE_CHECKING:
    from api.scenario_check import ScenarioCheck
    from scenarios.imports.folder import ImportedFolder

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "Create, check and show scenarios. A scenario is a folder with a line, its trains, supply, service, demand "
        "and tariff.\n\n"
        "Start with [bold]headwatt scenario new my_line[/], change the files, and check them with "
        "[bold]headwatt scenario check my_line[/]."
    ),
)

Scenario = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="Name of a bundled line, or path of a scenario folder; an override follows a plus sign, such as "
        "beijing_yizhuang+summer.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--override", "-o", metavar="NAME", help="Named override of the scenario; may be repeated."),
]


@app.command()
def check(scenario: Scenario, override: Overrides = None, json: JsonOutput = False) -> None:
    """Read a scenario and each of its overrides, and list all faults.

    Each fault has the file, the line or row, the field, the value and the allowed values. Exit code 0: the scenario
    has no faults; 2: the scenario has faults; 3: the scenario has no faults, but `headwatt plan` refuses its timetable,
    for example because a terminal has too few tracks. A warning marks values that are unlikely, or that contradict each
    other but can be used; `acknowledged` in the scenario file turns a warning of the sense check off.
    """
    from api.scenario_check import check_scenario  # noqa: PLC0415 - imports the physics

    checked = check_scenario(scenario, tuple(override or ()))
    if json:
        print_json(checked.to_json())
    elif checked.faults:
        explain(InputFaults(checked.faults), stderr_console())
        for left_out in checked.not_checked:
            stderr_console().print(f"Not checked: {left_out}.", markup=False)
    if checked.faults:
        raise typer.Exit(int(ExitCode.INPUT_FAULT))
    if not json:
        _print_check(checked)
    if checked.refusals.certain:
        raise typer.Exit(int(ExitCode.INFEASIBLE))


def _print_check(checked: "ScenarioCheck") -> None:
    """Print the result of a check without faults."""
    from api.cli.scenario_tables import loads_in_words, marked_warning, sense_in_words  # noqa: PLC0415
    from scenarios.files.provenance import unexplained  # noqa: PLC0415

    console, found = stdout_console(), checked.found
    assert found is not None
    console.print(f"[green]✓[/] {escape(found.title)} ([bold]{found.name}[/]): no faults.")
    for sentence in loads_in_words(found):
        console.print("  " + sentence)
    for sentence in (*sense_in_words(checked.sense), *(marked_warning(one) for one in checked.other_warnings)):
        console.print("  " + sentence)
    for note in checked.notes:
        console.print(f"  Note. {escape(note)}")
    without = unexplained(found)
    if without:
        listing = ", ".join(without[:5]) + (" and so on" if len(without) > 5 else "")
        count = f"[yellow]{len(without)} numbers have no source[/]"
        console.print(f"  {count} (add them to provenance): {escape(listing)}")
    else:
        console.print("  Every number has a source or is marked as assumed.")
    for reason in checked.refusals.certain:
        console.print(f"  [red]`headwatt plan` refuses this timetable:[/] {escape(reason)}")


@app.command()
def show(
    scenario: Scenario,
    override: Overrides = None,
    assumptions: Annotated[
        bool,
        typer.Option("--assumptions", help="Also list every number with its source, or the reason of an assumption."),
    ] = False,
    json: JsonOutput = False,
) -> None:
    """Show the line with its stations, trains, supply, service and loads."""
    from api.cli import scenario_tables as tables  # noqa: PLC0415
    from scenarios.files.load import load_scenario, override_names  # noqa: PLC0415
    from scenarios.files.provenance import assumptions as explained  # noqa: PLC0415
    from scenarios.rules.plausible import warnings_of  # noqa: PLC0415

    found = load_scenario(scenario, tuple(override or ()))
    if json:
        content = found.model_dump(mode="json", by_alias=True)
        content["scenario_hash"] = found.hash
        content["assumptions"] = [vars(line) for line in explained(found)]
        content["warnings"] = [
            {"key": one.key, "sentence": one.sentence, "acknowledged": one.reason or None} for one in warnings_of(found)
        ]
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
    console.print(tables.operation_in_words(found))
    for sentence in tables.sense_in_words(warnings_of(found)):
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
        str | None, typer.Option("--name", help="Name of the scenario; by default the name of the folder.")
    ] = None,
    from_gtfs: Annotated[
        Path | None,
        typer.Option("--from-gtfs", metavar="FILE.zip", help="Start from the timetable of a GTFS feed."),
    ] = None,
    timetable: Annotated[
        list[Path] | None,
        typer.Option(
            "--timetable",
            metavar="FILE",
            help="Start from a timetable as CSV or XLSX (FILE.xlsx#Sheet): one row per stop, with the columns trip_id, "
            "direction, station, arrival, departure, as in the timetable.csv of a plan; or a column per train and a "
            "row per station, or a row per train. Repeat the option for a further table, such as one per direction.",
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="Encoding of the timetable, for example gb18030, cp932, windows-1252; by default it is detected.",
        ),
    ] = None,
    wrap_midnight: Annotated[
        bool,
        typer.Option("--wrap-midnight", help="Add 24 h to times that begin again at 00:00 after 23:59."),
    ] = False,
    route: Annotated[
        list[str] | None,
        typer.Option(
            "--route",
            help="Route of the feed: identifier, short or long name. Give the option again for a further route, for "
            "example if each direction has its own route.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="Service day of the feed; by default the first ordinary weekday.",
        ),
    ] = None,
    up_from: Annotated[
        str | None,
        typer.Option("--up-from", metavar="STATION", help="End of the line at chainage 0, where direction up begins."),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="SCENARIO",
            help="Scenario that provides the values that the timetable does not contain; they are marked as assumed. "
            "If it is a scenario of the same line, only the timetable is replaced.",
        ),
    ] = None,
    dwell: Annotated[
        int | None,
        typer.Option(
            "--dwell",
            metavar="SECONDS",
            min=1,
            max=600,
            help="Dwell at stops without a dwell in the timetable; by default the median dwell of the timetable, or of "
            "--like.",
        ),
    ] = None,
    branch: Annotated[
        str | None,
        typer.Option("--branch", metavar="STATION", help="Station of the line to import from a feed with branches."),
    ] = None,
    without_expresses: Annotated[
        bool, typer.Option("--without-expresses", help="Leave out trips that pass stations of the line.")
    ] = False,
) -> None:
    """Write a new scenario with comments; the scenario has no faults, and `headwatt plan` can plan it.

    With --from-gtfs or --timetable, the scenario contains the stations, distances, running times, dwells and
    departures of an existing timetable. With --like, another scenario provides the missing values; without --like,
    the command lists them.
    """
    from scenarios.files.starter import write_starter  # noqa: PLC0415

    console, notes = stdout_console(), stderr_console()
    if from_gtfs is not None or timetable:
        of_feed = _OfFeed(route or (), date, branch, without_expresses)
        of_tables = _OfTables(timetable or (), encoding)
        written = _imported(folder, name, from_gtfs, of_tables, of_feed, wrap_midnight, up_from, like, dwell)
        files = written.files
    else:
        only_with_timetable = {"--route": route, "--date": date, "--up-from": up_from, "--like": like, "--dwell": dwell,
                               "--branch": branch, "--without-expresses": without_expresses or None,
                               "--encoding": encoding, "--wrap-midnight": wrap_midnight or None}  # fmt: skip
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
        for row in written.changes:
            notes.print(f"  {row}", markup=False)
        for key, why in written.assumed.items():
            notes.print(f"  {key}: {why}", markup=False)
        if written.asked:
            notes.print("The timetable does not contain these values; add them to the scenario:")
        for key, meaning in written.asked.items():
            notes.print(f"  {key}: {meaning}", markup=False)
    notes.print(f"Change the files, then run [cyan]headwatt scenario check {escape(str(folder))}[/]")


@dataclass(frozen=True)
class _OfFeed:
    """Options of a GTFS feed; a timetable table has `branch` and `without_expresses` too."""

    routes: Sequence[str]
    date: str | None
    branch: str | None
    without_expresses: bool

    def given(self) -> list[str]:
        """The names of the options that the user gave and that only a feed has."""
        return [option for option, value in {"--route": self.routes, "--date": self.date}.items() if value]


@dataclass(frozen=True)
class _OfTables:
    """Options that only timetable tables have."""

    files: Sequence[Path]
    encoding: str | None


def _imported(
    folder: Path, name: str | None, from_gtfs: Path | None, tables: _OfTables, of_feed: _OfFeed, wrap_midnight: bool,
    up_from: str | None, like: str | None, dwell: int | None,
) -> "ImportedFolder":  # fmt: skip
    from api.computations.importing import FeedChoice, TimetableReading, import_feed, import_tables  # noqa: PLC0415

    if from_gtfs is not None and tables.files:
        raise typer.BadParameter("use either --from-gtfs or --timetable, not both")
    if tables.files:
        if unused := of_feed.given():
            raise typer.BadParameter(f"{', '.join(unused)}: a CSV timetable has one route and one day")
        reading = TimetableReading(tables.encoding, wrap_midnight, of_feed.branch, of_feed.without_expresses)
        return import_tables(folder, tables.files, reading, name=name, up_from=up_from, like=like, dwell_s=dwell)
    assert from_gtfs is not None
    if tables.encoding is not None:
        raise typer.BadParameter("--encoding: the encodings of the files of a feed are detected")
    choice = FeedChoice(
        tuple(of_feed.routes), of_feed.date, of_feed.branch, of_feed.without_expresses, wrap_midnight
    )  # fmt: skip
    return import_feed(folder, from_gtfs, choice, name=name, up_from=up_from, like=like, dwell_s=dwell)


@app.command()
def schema(
    markdown: Annotated[
        bool,
        typer.Option("--markdown", help="Print the field reference of the documentation instead of the JSON schema."),
    ] = False,
) -> None:
    """Print the JSON schema of scenario.yaml; an editor uses the schema to complete and check the file.

    Save the schema as schema.json in the folder of scenario.yaml, and write
    `# yaml-language-server: $schema=schema.json` in the first line of scenario.yaml.
    """
    from scenarios.files.json_schema import json_schema  # noqa: PLC0415
    from scenarios.files.reference_page import field_reference  # noqa: PLC0415

    if markdown:
        sys.stdout.write(field_reference() + "\n")
    else:
        print_json(json_schema())


app.command(help=complete.HELP, epilog=complete.EPILOG)(complete.complete)


@app.command("list")
def list_bundled(json: JsonOutput = False) -> None:
    """List the bundled lines and their overrides."""
    from scenarios.files.load import bundled, load_scenario, override_names  # noqa: PLC0415

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
        is_number = column in ("stations", "km", "trains")
        keeps_width = is_number or column in ("name", "overrides")
        table.add_column(column, justify="right" if is_number else "left", no_wrap=keeps_width, overflow="fold")
    for line, names in lines:
        table.add_row(
            line.name,
            line.title,
            str(len(line.stations)),
            f"{line.length_m / 1000:.1f}",
            str(line.trainsets),
            ",\n".join(names),
        )
    stdout_console().print(table)
