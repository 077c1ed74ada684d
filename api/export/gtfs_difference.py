"""The difference that a plan makes to a GTFS feed: only the changed rows of each table, and a list of changes."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path

from api.export.feed_edits import StopChange, TripOutcome
from api.export.gtfs import UNDATED
from api.export.gtfs_merge import MergedFeed, whole_file, write_mark

CHANGES = "changes.csv"
TRIPS = "trips.csv"
REMOVED = "removed/"
"""Folder in the zip with the removed rows of each table."""


def write_difference(merged: MergedFeed, file: Path) -> None:
    """Write a zip, whole or not at all: each changed table with its changed and added rows, removed rows in a folder,
    `changes.csv` with every changed time, and `trips.csv` with the trip of the plan for each trip of the feed."""
    with whole_file(file) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in merged.tables.items():
            if table.edited or table.added:
                _write(archive, name, table.encoded(table.changed_text()))
            if table.removed:
                _write(archive, REMOVED + name, table.encoded(table.removed_text()))
        _write(archive, CHANGES, _csv([one.name for one in fields(StopChange)], map(astuple, merged.stops)))
        told = [one for one in merged.trips if one.outcome != "unchanged"]
        _write(archive, TRIPS, _csv([one.name for one in fields(TripOutcome)], map(astuple, told)))
        write_mark(archive, merged.mark)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, UNDATED)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
