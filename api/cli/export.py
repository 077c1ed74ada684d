"""`headwatt export`: a plan for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.merging import Merging
from api.cli.outcome import ExitCode
from api.cli.plan_state import note_state, print_proof
from api.export.formats import NO_TIMEZONE, NO_URL, Format

if TYPE_CHECKING:
    from api.plan_files.proof import CheckedPlan

HELP = (
    "Export a plan as a GTFS feed, as CSV tables, as an XLSX workbook, or as JSON.\n\n"
    "The command first checks all rules. A plan that violates a rule, or that was edited after it was written, is not "
    "exported (exit code 1). With --unproven it is exported with a mark, and without the figures if it was edited. The "
    "GTFS feed contains every departure to the second and the duties as blocks; departures of a vehicle at equal "
    "intervals become frequencies with exact times. With --into FEED, the command merges the plan into the feed that "
    "the scenario was imported from."
)
EPILOG = """\
[bold]Examples[/]

After `headwatt plan beijing_yizhuang --out out/weekday`:  [cyan]headwatt export out/weekday --format xlsx[/]

A feed for a journey planner:  [cyan]headwatt export out/weekday --format gtfs --timezone Asia/Shanghai \
--date 2026-03-02 --until 2026-06-26 --days mon-fri[/]

Into the feed of the operator, under its trip numbers:  [cyan]headwatt export out/my_line --format gtfs \
--into metro.zip[/]; the changed rows only:  [cyan]headwatt export out/my_line --format gtfs --into metro.zip \
--difference[/]

A plan that was edited by hand, after its check and judgement:
[cyan]headwatt revise out/weekday[/]
[cyan]headwatt export out/weekday --format xlsx[/]

The JSON schema of a plan:  [cyan]headwatt export --schema[/]
"""


def export(
    folder: Annotated[
        Path | None, typer.Argument(metavar="PLAN", help="A folder that `headwatt plan` wrote.", show_default=False)
    ] = None,
    form: Annotated[Format | None, typer.Option("--format", "-f", help="Format of the export.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="File to write (csv: a folder); by default gtfs.zip, tables/, plan.xlsx or plan.json in PLAN.",
        ),
    ] = None,
    agency: Annotated[
        str | None,
        typer.Option(
            "--agency",
            metavar="NAME",
            help="gtfs: name of the operator; by default that of the imported feed, or the title of the line.",
        ),
    ] = None,
    agency_url: Annotated[
        str, typer.Option("--agency-url", metavar="URL", help="gtfs: web page of the operator.")
    ] = NO_URL,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="AREA/CITY",
            help=f"gtfs: time zone of the line; by default that of the imported feed, or {NO_TIMEZONE}.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="YYYY-MM-DD", help="gtfs: first day of the plan; by default today."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="YYYY-MM-DD", help="gtfs: last day of the plan; by default the first day."),
    ] = None,
    days: Annotated[
        str, typer.Option("--days", help="gtfs: weekdays of the plan, such as mon-fri or sat,sun.")
    ] = "mon-sun",
    coordinates: Annotated[
        Path | None,
        typer.Option(
            "--coordinates",
            metavar="FILE.csv",
            help="gtfs: table with the columns station, latitude_deg, longitude_deg, for stations without coordinates.",
        ),
    ] = None,
    frequencies: Annotated[
        bool,
        typer.Option(
            help="gtfs: write departures of a vehicle at equal intervals as frequencies, or write each trip; in a "
            "merged feed, this applies to trips that are frequencies in the feed."
        ),
    ] = True,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="FEED",
            help="gtfs: merge the plan into the feed (zip or folder) that the scenario was imported from; trips keep "
            "their identifiers, services and calendar.",
        ),
    ] = None,
    merge: Annotated[
        bool,
        typer.Option(
            "--merge",
            help="gtfs: merge into the feed that the scenario names, if it is in PLAN, in the folder above PLAN, or in "
            "the working directory.",
        ),
    ] = False,
    difference: Annotated[
        bool,
        typer.Option(
            "--difference",
            help="gtfs: of the merged feed, write only the changed rows, and changes.csv with each time.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="gtfs: also merge into another feed than the one that was imported.")
    ] = False,
    unproven: Annotated[
        bool,
        typer.Option(
            "--unproven",
            help="Also export a plan that was edited or that violates rules; the export has a mark.",
        ),
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a plan's JSON and write nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object on stdout.")] = False,
) -> None:
    """Export a plan for other programs; see HELP."""
    if schema:
        from dispatch.plans.plan import plan_json_schema  # noqa: PLC0415

        print_json(plan_json_schema())
        return
    if folder is None or form is None:
        raise typer.BadParameter("PLAN and --format must be given, or --schema alone")
    from api.computations.exporting import feed_words, write_export  # noqa: PLC0415

    words = None
    merging = Merging.asked(folder, into, merge, difference, force, frequencies, is_gtfs=form is Format.GTFS)
    if form is Format.GTFS and merging is None:
        words = feed_words(agency, agency_url, timezone, (date, until, days), coordinates, frequencies)
    from api.plan_files.manifest import note_exports  # noqa: PLC0415
    from api.plan_files.proof import checked_plan, violations_json  # noqa: PLC0415
    from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415

    checked = checked_plan(read_sound_plan(folder))
    proof = {
        "is_proven": checked.is_proven,
        "proof": checked.proof,
        "violations": violations_json(checked.report, checked.written.scenario),
        "plan_folder": checked.written.state.as_json(),
    }
    if not checked.is_proven and not unproven:
        if json:
            print_json({"format": str(form), "files": [], "notes": [], **proof})
        _refuse(checked)
    names = {"gtfs": "gtfs.zip", "csv": "tables", "xlsx": "plan.xlsx", "json": "plan.json"}
    target = out or folder / (merging.file_name if merging else names[form])
    files: tuple[Path, ...] = (target,)
    if merging is not None:
        notes = merging.write(checked, target)
    else:
        files, notes = write_export(checked, form, target, words, coordinates)
    note_exports(folder, files)
    if not checked.is_proven:
        notes.insert(0, f"the export is marked: {checked.mark}")
    if json:
        print_json({"format": str(form), "files": [str(file) for file in files], "notes": notes, **proof})
        return
    for file in files:
        stdout_console().print(f"wrote {escape(str(file))}")
    for note in notes:
        stderr_console().print(f"• {note}", markup=False)


def _refuse(checked: "CheckedPlan") -> None:
    """Print why an unproven plan is not exported, and end."""
    note_state(checked.written.state)
    if not checked.report.passed:
        print_proof(stderr_console(), checked.written, checked.report)
    stderr_console().print("[bold red]Nothing was exported.[/] --unproven exports the plan with a mark.")
    raise typer.Exit(ExitCode.REFUSED)
