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
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from api.export.gtfs import FeedWords
    from api.plan_folder import WrittenPlan
    from scenarios.gtfs.distances import Place

HELP = (
    "Write a plan for other programs: as a GTFS feed, as CSV tables, as an XLSX workbook, or as its own JSON.\n\n"
    "The plan is read from its folder as it stands, so that changes by hand are exported too. The feed keeps every "
    "departure to the second and the duties as blocks; departures of a vehicle in even steps become frequencies with "
    "exact times."
)
EPILOG = """\
[bold]Examples[/]

After `headwatt plan beijing_yizhuang --out out/weekday`:  [cyan]headwatt export out/weekday --format xlsx[/]

A feed for a journey planner:  [cyan]headwatt export out/weekday --format gtfs --timezone Asia/Shanghai \
--date 2026-03-02 --until 2026-06-26 --days mon-fri[/]

The JSON schema of a plan:  [cyan]headwatt export --schema[/]
"""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NO_TIMEZONE = "Etc/UTC"
NO_URL = "https://example.org"


class Format(StrEnum):
    """What a plan can be written as."""

    GTFS = "gtfs"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


def export(
    folder: Annotated[
        Path | None, typer.Argument(metavar="PLAN", help="A folder that `headwatt plan` wrote.", show_default=False)
    ] = None,
    form: Annotated[Format | None, typer.Option("--format", "-f", help="What to write.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="File to write, for csv a folder; by default gtfs.zip, tables/, plan.xlsx or plan.json in PLAN.",
        ),
    ] = None,
    agency: Annotated[
        str | None, typer.Option("--agency", metavar="NAME", help="gtfs: the operator; by default the line's title.")
    ] = None,
    agency_url: Annotated[str, typer.Option("--agency-url", metavar="URL", help="gtfs: the operator's page.")] = NO_URL,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="AREA/CITY", help="gtfs: where the line's clocks stand.")
    ] = NO_TIMEZONE,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="YYYY-MM-DD", help="gtfs: first day on which the plan runs; by default today."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="YYYY-MM-DD", help="gtfs: last day on which it runs; by default the first."),
    ] = None,
    days: Annotated[
        str, typer.Option("--days", help="gtfs: weekdays on which it runs, such as mon-fri or sat,sun.")
    ] = "mon-sun",
    coordinates: Annotated[
        Path | None,
        typer.Option(
            "--coordinates",
            metavar="FILE.csv",
            help="gtfs: a table with the columns station, latitude_deg, longitude_deg, where the scenario has none.",
        ),
    ] = None,
    frequencies: Annotated[
        bool,
        typer.Option(help="gtfs: departures of a vehicle in even steps as frequencies, or every trip by itself."),
    ] = True,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a plan's JSON and write nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was written as one JSON object on stdout.")] = False,
) -> None:
    """Write a plan for other programs."""
    if schema:
        from dispatch.plan import plan_json_schema  # noqa: PLC0415

        print_json(plan_json_schema())
        return
    if folder is None or form is None:
        raise typer.BadParameter("PLAN and --format must be given, or --schema alone")
    words = None
    notes: list[str] = []
    if form is Format.GTFS:
        words = _words(agency, agency_url, timezone, (date, until, days), coordinates, frequencies)
    from api.plan_folder import read_plan_folder  # noqa: PLC0415

    written = read_plan_folder(folder)
    target = out or folder / {"gtfs": "gtfs.zip", "csv": "tables", "xlsx": "plan.xlsx", "json": "plan.json"}[form]
    files: tuple[Path, ...] = (target,)
    if words is not None:
        notes = _write_gtfs(written, words, coordinates, target)
    elif form is Format.JSON:
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json_text.dumps(written.plan.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
        target.write_text(text + "\n", encoding="utf-8")
    else:
        files = _write_tables(written, form, target)
    if json:
        print_json({"format": str(form), "files": [str(file) for file in files], "notes": notes})
        return
    for file in files:
        stdout_console().print(f"wrote {escape(str(file))}")
    for note in notes:
        stderr_console().print(f"• {note}", markup=False)


def _write_tables(written: "WrittenPlan", form: Format, target: Path) -> tuple[Path, ...]:
    from api.export.csv_files import write_csv_files  # noqa: PLC0415
    from api.export.tables import tables_of  # noqa: PLC0415
    from api.export.workbook import write_workbook  # noqa: PLC0415

    tables = tables_of(written)
    if form is Format.CSV:
        return write_csv_files(tables, target)
    write_workbook(tables, target, f"Plan of {written.scenario.title}")
    return (target,)


def _write_gtfs(written: "WrittenPlan", words: "FeedWords", coordinates: Path | None, target: Path) -> list[str]:
    """Write the feed, and tell what it says without knowing."""
    from dataclasses import replace  # noqa: PLC0415

    from api.export.gtfs import stop_places, write_gtfs  # noqa: PLC0415
    from api.sound_plan import require_sound  # noqa: PLC0415

    require_sound(written)
    known = [station.id for station in written.scenario.stations]
    strangers = [station for station in words.places or {} if station not in known]
    if strangers:
        allowed = "a station of the line: " + ", ".join(known)
        raise InputFaults(Fault(str(coordinates), "", "station", one, allowed) for one in strangers)
    write_gtfs(written, replace(words, agency_name=words.agency_name or written.scenario.title), target)
    notes = []
    if stop_places(written, words.places)[1]:
        notes.append(
            "the scenario has no coordinates: the stations are drawn in a row with their true distances, in the "
            "Atlantic; give --coordinates, or latitude_deg and longitude_deg in stations.csv"
        )
    if words.timezone == NO_TIMEZONE:
        notes.append(f"the time zone stands as {NO_TIMEZONE}; give --timezone")
    if words.agency_url == NO_URL:
        notes.append(f"the operator's page stands as {NO_URL}; give --agency-url")
    return notes


def _words(
    agency: str | None, url: str, timezone: str, when: tuple[str | None, str | None, str], coordinates: Path | None,
    frequencies: bool,
) -> "FeedWords":  # fmt: skip
    """The options of a feed. Raises InputFaults with every fault of them."""
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
        faults.append(Fault("", "", "--days", when[2], f"a weekday that comes between {first} and {last}"))
    zones = available_timezones()
    if zones and timezone not in zones:
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
    return FeedWords(agency or "", url, timezone, first, last, weekdays, places, frequencies)


def _day(text: str, option: str, faults: list[Fault]) -> datetime.date | None:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        faults.append(Fault("", "", option, text, "a day of the calendar such as 2026-03-04"))
        return None


def _weekdays(text: str, faults: list[Fault]) -> tuple[bool, ...]:
    """Seven truths of "mon-fri,sun"; a range may pass Sunday."""
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
    from api.csv_table import WORD, Field, read_table  # noqa: PLC0415
    from scenarios.gtfs.distances import Place  # noqa: PLC0415

    def degrees(limit: float) -> Field:
        def parse(text: str) -> float:
            value = float(text)
            if not -limit <= value <= limit:
                raise ValueError(text)
            return value

        return Field(parse, f"degrees from -{limit:g} to {limit:g}")

    rows = read_table(file, {"station": WORD, "latitude_deg": degrees(90), "longitude_deg": degrees(180)})
    return {row["station"]: Place(row["latitude_deg"], row["longitude_deg"]) for row in rows}
