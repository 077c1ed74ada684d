"""Import a timetable into a new scenario folder: a GTFS feed, or tables as CSV or XLSX."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from energy_models.faults import Fault, InputFaults
from scenarios.files.load import load_scenario
from scenarios.imports.folder import ImportedFolder, write_imported
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.route import line_of_feed
from scenarios.imports.timetable_csv import TimetableReading, line_of_csv

__all__ = ("FeedChoice", "TimetableReading", "import_feed", "import_tables")


@dataclass(frozen=True)
class FeedChoice:
    """What of a feed is imported: routes, a service day as YYYY-MM-DD, a branch, with or without expresses."""

    routes: tuple[str, ...] = ()
    date: str | None = None
    branch: str | None = None
    without_expresses: bool = False
    wrap_midnight: bool = False


def import_feed(
    folder: Path,
    file: Path,
    choice: FeedChoice,
    *,
    name: str | None = None,
    up_from: str | None = None,
    like: str | Path | None = None,
    dwell_s: int | None = None,
) -> ImportedFolder:
    """Write a scenario of a GTFS feed; the last parameters as in `write_imported`. Raises `InputFaults`."""
    other = load_scenario(like) if like is not None else None
    try:
        day = datetime.strptime(choice.date, "%Y-%m-%d").date() if choice.date is not None else None
    except ValueError:
        value = choice.date or ""
        raise InputFaults([Fault("", "", "--date", value, "a day of the calendar such as 2026-03-04")]) from None
    feed = read_feed(file, choice.routes, choice.wrap_midnight)
    line = line_of_feed(feed, choice.routes or None, day, up_from, choice.branch, choice.without_expresses)
    return write_imported(folder, line, name, other, dwell_s)


def import_tables(
    folder: Path,
    files: Sequence[Path],
    reading: TimetableReading,
    *,
    name: str | None = None,
    up_from: str | None = None,
    like: str | Path | None = None,
    dwell_s: int | None = None,
) -> ImportedFolder:
    """Write a scenario of timetable tables; the last parameters as in `write_imported`. Raises `InputFaults`."""
    other = load_scenario(like) if like is not None else None
    chainage_m = {station.id: station.chainage_m for station in other.stations} if other is not None else {}
    return write_imported(folder, line_of_csv(files, chainage_m, up_from, reading), name, other, dwell_s)
