"""Exports of a plan: tables as CSV or a workbook, and a GTFS feed with the words that only the operator knows."""

import datetime
import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import available_timezones

from api.export.csv_files import write_csv_files
from api.export.formats import NO_TIMEZONE, NO_URL, Format
from api.export.gtfs import FeedWords, stop_places, write_gtfs
from api.export.plan_document import plan_document
from api.export.tables import tables_of
from api.export.workbook import write_workbook
from api.plan_files.csv_table import WORD, Field, read_table
from api.plan_files.proof import CheckedPlan
from energy_models.faults import Fault, InputFaults
from scenarios.imports.gtfs.distances import Place

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def write_export(
    checked: CheckedPlan, form: Format, target: Path, words: FeedWords | None, coordinates: Path | None = None
) -> tuple[tuple[Path, ...], list[str]]:
    """Write a plan in a format; return the files and notes on assumed values. A feed needs `words`."""
    if form is Format.GTFS:
        assert words is not None
        return (target,), _write_feed(checked, words, coordinates, target)
    if form is not Format.JSON:
        return _write_tables(checked, form, target), []
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plan_document(checked), indent=1, ensure_ascii=False, allow_nan=False)
    target.write_text(text + "\n", encoding="utf-8")
    return (target,), []


def _write_tables(checked: CheckedPlan, form: Format, target: Path) -> tuple[Path, ...]:
    tables = tables_of(checked)
    if form is Format.CSV:
        return write_csv_files(tables, target)
    mark = f"{checked.mark}: " if checked.mark else ""
    write_workbook(tables, target, f"{mark}Plan of {checked.written.scenario.title}")
    return (target,)


def _write_feed(checked: CheckedPlan, words: FeedWords, coordinates: Path | None, target: Path) -> list[str]:
    """Write the feed; returns notes on assumed values of the feed."""
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


def feed_words(
    agency: str | None, url: str, timezone: str | None, when: tuple[str | None, str | None, str],
    coordinates: Path | None, frequencies: bool,
) -> FeedWords:  # fmt: skip
    """The options of a feed. Raises InputFaults with all faults."""
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


def _places(file: Path) -> dict[str, Place]:
    def degrees(limit: float) -> Field:
        def parse(text: str) -> float:
            value = float(text)
            if not -limit <= value <= limit:
                raise ValueError(text)
            return value

        return Field(parse, f"degrees from -{limit:g} to {limit:g}")

    rows = read_table(file, {"station": WORD, "latitude_deg": degrees(90), "longitude_deg": degrees(180)})
    return {row["station"]: Place(row["latitude_deg"], row["longitude_deg"]) for row in rows}
