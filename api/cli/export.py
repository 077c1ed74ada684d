"""`headwatt export`: a plan for other programs."""

import datetime
import json as json_text
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import available_timezones

import typer
from rich.markup import escape

from api.cli.console import print_json, stderr_console, stdout_console
from api.cli.merging import Merging
from api.cli.outcome import ExitCode
from api.cli.plan_state import note_state, print_proof
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from api.export.gtfs import FeedWords
    from api.plan_files.proof import CheckedPlan
    from scenarios.imports.gtfs.distances import Place

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
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NO_TIMEZONE = "Etc/UTC"
NO_URL = "https://example.org"


class Format(StrEnum):
    """The formats of an export."""

    GTFS = "gtfs"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


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
    words = None
    merging = Merging.asked(folder, into, merge, difference, force, frequencies, is_gtfs=form is Format.GTFS)
    if form is Format.GTFS and merging is None:
        words = _words(agency, agency_url, timezone, (date, until, days), coordinates, frequencies)
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
    files, notes = _write(checked, form, target, words, coordinates, merging)
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


def _write(
    checked: "CheckedPlan", form: Format, target: Path, words: "FeedWords | None", coordinates: Path | None,
    merging: "Merging | None",
) -> tuple[tuple[Path, ...], list[str]]:  # fmt: skip
    """Write the export; returns its files and notes."""
    if merging is not None:
        return (target,), merging.write(checked, target)
    if words is not None:
        return (target,), _write_gtfs(checked, words, coordinates, target)
    if form is not Format.JSON:
        return _write_tables(checked, form, target), []
    from api.export.plan_document import plan_document  # noqa: PLC0415

    target.parent.mkdir(parents=True, exist_ok=True)
    text = json_text.dumps(plan_document(checked), indent=1, ensure_ascii=False, allow_nan=False)
    target.write_text(text + "\n", encoding="utf-8")
    return (target,), []


def _write_tables(checked: "CheckedPlan", form: Format, target: Path) -> tuple[Path, ...]:
    from api.export.csv_files import write_csv_files  # noqa: PLC0415
    from api.export.tables import tables_of  # noqa: PLC0415
    from api.export.workbook import write_workbook  # noqa: PLC0415

    tables = tables_of(checked)
    if form is Format.CSV:
        return write_csv_files(tables, target)
    mark = f"{checked.mark}: " if checked.mark else ""
    write_workbook(tables, target, f"{mark}Plan of {checked.written.scenario.title}")
    return (target,)


def _write_gtfs(checked: "CheckedPlan", words: "FeedWords", coordinates: Path | None, target: Path) -> list[str]:
    """Write the feed; returns notes on assumed values of the feed."""
    from dataclasses import replace  # noqa: PLC0415

    from api.export.gtfs import stop_places, write_gtfs  # noqa: PLC0415

    written = checked.written
    known = [station.id for station in written.scenario.stations]
    strangers = [station for station in words.places or {} if station not in known]
    if strangers:
        allowed = "a station of the line: " + ", ".join(known)
        raise InputFaults(Fault(str(coordinates), "", "station", one, allowed) for one in strangers)
    origin = written.scenario.timetable.origin
    words = replace(
        words,
        agency_name=words.agency_name or (origin and origin.agency_name) or written.scenario.title,
        timezone=words.timezone or (origin and origin.timezone) or NO_TIMEZONE,
    )
    write_gtfs(checked, words, target)
    notes = []
    if stop_places(written, words.places)[1]:
        notes.append(
            "the scenario has no coordinates: the feed has schematic coordinates in the Atlantic, with the true "
            "distances between stations; use --coordinates, or latitude_deg and longitude_deg in stations.csv"
        )
    if words.timezone == NO_TIMEZONE:
        notes.append(f"the time zone in the feed is {NO_TIMEZONE}; set it with --timezone")
    if words.agency_url == NO_URL:
        notes.append(f"the web page of the operator in the feed is {NO_URL}; set it with --agency-url")
    return notes


def _words(
    agency: str | None, url: str, timezone: str | None, when: tuple[str | None, str | None, str],
    coordinates: Path | None, frequencies: bool,
) -> "FeedWords":  # fmt: skip
    """The options of a feed. Raises InputFaults with all faults."""
    from api.export.gtfs import FeedWords  # noqa: PLC0415

    faults: list[Fault] = []
    first = _day(when[0], "--date", faults) if when[0] else datetime.datetime.now().date()
    last = _day(when[1], "--until", faults) if when[1] else first
    weekdays = _weekdays(when[2], faults)
    if first and last and last < first:
        faults.append(Fault("", "", "--until", str(when[1]), f"not before {first}"))
    elif (
        first
        and last
        and weekdays
        and not any(weekdays[(first.weekday() + k) % 7] for k in range((last - first).days + 1))
    ):
        faults.append(Fault("", "", "--days", when[2], f"a weekday between {first} and {last}"))
    zones = available_timezones()
    if zones and timezone is not None and timezone not in zones:
        faults.append(Fault("", "", "--timezone", timezone, "a name of the time zone database such as Europe/Berlin"))
    if not url.startswith(("http://", "https://")):
        faults.append(Fault("", "", "--agency-url", url, "an address that begins with http:// or https://"))
    places = None
    try:
        places = _places(coordinates) if coordinates else None
    except InputFaults as error:
        faults += error.faults
    if faults or first is None or last is None:
        raise InputFaults(faults)
    return FeedWords(agency or "", url, timezone or "", first, last, weekdays, places, frequencies)


def _day(text: str, option: str, faults: list[Fault]) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        faults.append(Fault("", "", option, text, "a day of the calendar such as 2026-03-04"))
        return None


def _weekdays(text: str, faults: list[Fault]) -> tuple[bool, ...]:
    """Seven booleans for text such as "mon-fri,sun"; a range may pass Sunday."""
    chosen = [False] * 7
    for part in text.lower().replace(" ", "").split(","):
        begin, _, end = part.partition("-")
        if begin not in DAYS or (end or begin) not in DAYS:
            faults.append(
                Fault("", "", "--days", part, "weekdays such as mon-fri or sat,sun; known: " + ", ".join(DAYS))
            )
            continue
        first = DAYS.index(begin)
        for step in range((DAYS.index(end or begin) - first) % 7 + 1):
            chosen[(first + step) % 7] = True
    return tuple(chosen)


def _places(file: Path) -> "dict[str, Place]":
    from api.plan_files.csv_table import WORD, Field, read_table  # noqa: PLC0415
    from scenarios.imports.gtfs.distances import Place  # noqa: PLC0415

    def degrees(limit: float) -> Field:
        def parse(text: str) -> float:
            value = float(text)
            if not -limit <= value <= limit:
                raise ValueError(text)
            return value

        return Field(parse, f"degrees from -{limit:g} to {limit:g}")

    rows = read_table(file, {"station": WORD, "latitude_deg": degrees(90), "longitude_deg": degrees(180)})
    return {row["station"]: Place(row["latitude_deg"], row["longitude_deg"]) for row in rows}
