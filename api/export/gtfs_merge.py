"""A plan merged into the GTFS feed that its scenario came from: the same identifiers and calendar, changed times."""

import os
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from math import isnan
from pathlib import Path

from api.export.feed_edits import FeedEdits, StopChange, TripOutcome
from api.export.feed_stop_times import FeedCall
from api.export.feed_targets import Targets, targets_of
from api.export.raw_table import RawTable, raw_table
from api.plan_files.proof import CheckedPlan
from dispatch.plans.in_force import timetable_in_force
from energy_models.faults import Fault, InputFaults
from energy_models.tables.archive import archive_fault
from energy_models.tables.encoding import shared_encoding
from scenarios.imports.gtfs.day_trips import DayTrips, day_trips
from scenarios.imports.gtfs.feed import read_feed
from scenarios.imports.gtfs.feed_files import LARGEST_EXPANSION, LARGEST_FEED_BYTES, MOST_FILES
from scenarios.imports.gtfs.feed_hash import tables_of_zip
from scenarios.imports.gtfs.forms import TABLES
from scenarios.schema import Scenario
from scenarios.schema.service import TimetableOrigin

MARK_FILE = "UNPROVEN.txt"
"""File in the zip of an unproven plan; it contains the mark."""
REFERENCES = {
    "transfers.txt": ("from_trip_id", "to_trip_id"),
    "attributions.txt": ("trip_id",),
    "translations.txt": ("record_id",),
}
"""Tables with references to trips: rows that refer to a removed trip are removed."""


@dataclass(frozen=True, eq=False)
class MergedFeed:
    """The tables of a feed after the merge by name, those that differ only, with the changes and notes.

    `members` are the names of the tables in the zip of the feed.
    """

    feed: str
    tables: Mapping[str, RawTable]
    members: Mapping[str, str]
    stops: tuple[StopChange, ...]
    trips: tuple[TripOutcome, ...]
    notes: tuple[str, ...]
    mark: str = ""

    @property
    def summary(self) -> str:
        """The numbers of trips by outcome, and of changed stops, in words."""
        count = Counter(one.outcome for one in self.trips)
        words = ", ".join(f"{number} {outcome}" for outcome, number in sorted(count.items()))
        return f"trips in {self.feed}: {words or 'none'}; {len(self.stops)} rows of stop_times.txt have other times"


@contextmanager
def zip_of_feed(path: Path) -> Iterator[Path]:
    """The zip of a feed; of a folder with the tables of a feed, a temporary zip. Raises InputFaults for others."""
    if not path.is_dir():
        yield path
        return
    files = sorted(file for file in path.iterdir() if file.is_file() and file.suffix == ".txt")
    if not any(file.name == "stops.txt" for file in files):
        found = ", ".join(file.name for file in files) or "no table"
        raise InputFaults([Fault(str(path), "", "", found, "the zip of a GTFS feed, or the folder with its tables")])
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / f"{path.resolve().name}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        yield packed


def origin_of(scenario: Scenario) -> TimetableOrigin:
    """The feed that the timetable of a scenario came from. Raises InputFaults if it did not come from a feed."""
    origin = scenario.timetable.origin
    allowed = "a scenario whose timetable was imported with --from-gtfs, with its trips in timetable.calls"
    if origin is None or origin.format != "gtfs" or not origin.route_ids or origin.day is None:
        value = "none" if origin is None else f"format {origin.format}, without routes and day"
        raise InputFaults([Fault("scenario.json", "timetable", "origin", value, allowed)])
    if not scenario.timetable.calls:
        raise InputFaults([Fault("scenario.json", "timetable", "calls", "none", allowed)])
    return origin


def feed_beside(scenario: Scenario, folders: Sequence[Path]) -> Path:
    """The feed of a scenario in the first of these folders that has it. Raises InputFaults if no folder has it."""
    name = origin_of(scenario).file
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    allowed = f"--into FEED, or {name} in " + " or ".join(dict.fromkeys(str(folder) for folder in folders))
    raise InputFaults([Fault("", "", "--into", "none", allowed)])


def merged_feed(checked: CheckedPlan, path: Path, frequencies: bool = True, force: bool = False) -> MergedFeed:
    """The feed (a zip) with the trips of a plan.

    Trips keep identifier, service, route and all other columns; `stop_times.txt` has the times of the plan. Trips with
    frequencies stay frequencies with exact times, or become single trips without `frequencies`. Raises InputFaults for
    a feed that cannot be read, for another feed than that of the scenario unless `force`, and for trips of the plan
    without counterpart in the feed.
    """
    scenario, plan = checked.written.scenario, checked.plan
    origin = origin_of(scenario)
    # Times that begin again at 00:00 were repaired by the import, or it had no such times.
    feed = read_feed(path, origin.route_ids, wrap_midnight=True)
    if feed.sha256 != origin.sha256 and not force:
        allowed = (
            f"the feed that the scenario came from ({origin.file}, sha256 {(origin.sha256 or 'unknown')[:12]}…); "
            "--force merges into this feed"
        )
        raise InputFaults([Fault(path.name, "", "sha256", f"{feed.sha256[:12]}…", allowed)])
    assert origin.day is not None
    day = day_trips(feed, origin.route_ids, date.fromisoformat(origin.day))
    tables, members = _tables(path)
    calls = _calls(tables["stop_times.txt"], day)
    place = f"{path.name}, route {', '.join(day.routes.ids)} on {origin.day}"
    taken = {trip_id for _, trip_id in tables["trips.txt"].values("trip_id")}
    targets = targets_of(plan, timetable_in_force(scenario), day, calls, taken, place)
    has_blocks = all(trip.vehicle for trip in scenario.timetable.called_trips)
    edits = FeedEdits(tables, calls, taken, has_blocks)
    _apply(edits, targets, day, frequencies)
    notes = [*targets.notes, *edits.notes, *_without_references(tables, edits.removed_trips)]
    if feed.sha256 != origin.sha256:
        notes.insert(0, f"{path.name} is not the feed that the scenario came from ({origin.file})")
    if not has_blocks and any(tables["trips.txt"].cell(row, "block_id") for row in edits.rows_of_kept):
        notes.append(
            "block_id stays as in the feed: the vehicles of the scenario are not the blocks of the feed, because one "
            "vehicle cannot run each block"
        )
    if checked.mark:
        _mark(tables, checked.mark)
    changed = {name: table for name, table in tables.items() if table.is_changed}
    return MergedFeed(
        path.name, changed, members, tuple(edits.stops), tuple(edits.outcomes), tuple(notes), checked.mark
    )


def write_merged(merged: MergedFeed, source: Path, file: Path) -> None:
    """Write the zip of the feed after the merge, whole or not at all; files of the feed that did not change are those
    of the feed."""
    contents = {
        merged.members[name]: table.encoded(table.text()) for name, table in merged.tables.items()
    }  # fmt: skip
    with whole_file(file) as part, zipfile.ZipFile(source) as archive, zipfile.ZipFile(part, "w") as target:
        for entry in archive.infolist():
            content = contents.get(entry.filename)
            copied = replace_entry(entry)
            target.writestr(copied, archive.read(entry) if content is None else content)
        target.comment = archive.comment
        write_mark(target, merged.mark)


def replace_entry(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """An entry with the name, the time and the compression of another one."""
    copied = zipfile.ZipInfo(entry.filename, entry.date_time)
    copied.compress_type = entry.compress_type
    copied.external_attr = entry.external_attr
    return copied


def write_mark(archive: zipfile.ZipFile, mark: str) -> None:
    """Write the mark of an unproven plan as a file of the zip."""
    if mark:
        archive.writestr(zipfile.ZipInfo(MARK_FILE), mark + "\n")


@contextmanager
def whole_file(file: Path) -> Iterator[Path]:
    """A temporary file beside a file, which replaces the file at the end; after an error, the file stays as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    part = Path(name)
    try:
        os.close(descriptor)
        yield part
        part.chmod(0o644)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _tables(path: Path) -> tuple[dict[str, RawTable], dict[str, str]]:
    """The tables that the merge may change, and the names of all tables in the zip."""
    wanted = ("trips.txt", "stop_times.txt", "frequencies.txt", "feed_info.txt", *REFERENCES)
    with zipfile.ZipFile(path) as archive:
        # The import has checked the files that it reads; the merge also copies all others.
        fault = archive_fault(
            archive, path.name, entries=MOST_FILES, unpacked=LARGEST_FEED_BYTES, expansion=LARGEST_EXPANSION
        )
        if fault is not None:
            raise InputFaults([fault])
        members = tables_of_zip(archive)
        contents = {name: archive.read(member) for name, member in members.items() if name in wanted}
    shared = shared_encoding([content for name, content in contents.items() if name in TABLES])
    return {name: raw_table(name, content, shared) for name, content in contents.items()}, members


def _calls(table: RawTable, day: DayTrips) -> dict[str, list[FeedCall]]:
    """The rows of each trip in order of travel, with their times after the repair of midnight."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, trip_id in table.values("trip_id"):
        if trip_id in day.calls:
            rows[trip_id].append(row)
    found: dict[str, list[FeedCall]] = {}
    for trip_id, stops in day.calls.items():
        ordered = sorted(rows[trip_id], key=lambda row: int(table.cell(row, "stop_sequence")))
        if [table.cell(row, "stop_id") for row in ordered] != [stop.stop for stop in stops]:
            value = f"{len(ordered)} rows with identifiers that can be compared, {len(stops)} stops"
            allowed = "a table in UTF-8, with commas, in which each row is one line"
            raise InputFaults([Fault(table.name, f"trip {trip_id}", "stop_id", value, allowed)])
        found[trip_id] = [
            FeedCall(row, day.stations.of_stop(stop.stop), stop.arrival_s, stop.departure_s)
            for row, stop in zip(ordered, stops, strict=True)
        ]
    return found


def _apply(edits: FeedEdits, targets: Targets, day: DayTrips, frequencies: bool) -> None:
    for trip_id, trip in targets.kept.items():
        edits.keep(trip_id, trip)
    for new in targets.added:
        edits.add(new)
    for trip_id in targets.removed:
        edits.remove(trip_id)
    for trip_id, departures in targets.departures.items():
        first = edits.calls[trip_id][0]
        start_s = first.arrival_s if isnan(first.departure_s) else first.departure_s
        if not departures:
            edits.remove(trip_id)
        elif frequencies:
            edits.repeat(trip_id, departures, start_s, day.windows[trip_id])
        else:
            edits.list_single(trip_id, departures)


def _without_references(tables: Mapping[str, RawTable], removed: Sequence[str]) -> list[str]:
    """Remove rows that refer to removed trips; returns a note for each table."""
    gone = set(removed)
    notes = []
    for name, columns in REFERENCES.items():
        if name not in tables or not gone:
            continue
        table = tables[name]
        found = sorted({row for column in columns for row, trip_id in table.values(column) if trip_id in gone})
        if name == "translations.txt":
            found = [row for row in found if table.cell(row, "table_name") in ("trips", "stop_times")]
        for row in found:
            table.remove(row)
        if found:
            notes.append(f"{name}: {len(found)} rows were removed, because they refer to trips that are no longer run")
    return notes


def _mark(tables: Mapping[str, RawTable], mark: str) -> None:
    """The version of the feed begins with the mark, if the feed has a version."""
    table = tables.get("feed_info.txt")
    if table is None or not table.has("feed_version"):
        return
    for row, version in table.values("feed_version"):
        if version:
            table.change(row, {"feed_version": f"{mark}; {version}"})
