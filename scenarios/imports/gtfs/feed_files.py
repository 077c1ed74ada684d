"""The text of each file of a GTFS zip that Headwatt reads, in whatever encoding and with whatever separator it is."""

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from energy_models.faults import Fault, InputFaults
from energy_models.tables.archive import archive_fault, directory_fault
from energy_models.tables.encoding import decoded, shared_encoding
from energy_models.tables.rows import TableForm, rows_of_text
from energy_models.tables.stored_bytes import kind_of
from scenarios.files.table_headers import compared
from scenarios.imports.gtfs.forms import TABLES

MOST_FILES = 20_000
LARGEST_TABLE_BYTES = 2_000_000_000
LARGEST_FEED_BYTES = 6_000_000_000
LARGEST_EXPANSION = 300
MOST_ROWS = 40_000_000
"""Limits of a feed: files in the zip, unpacked size of one file and of all that are read, the factor from packed to
unpacked size, and rows of a table (assumed). The tables of ordinary feeds are 5 to 40 times as large as packed."""

_WANTED = "the zip of a GTFS feed"
_REMEDY = "save the file as UTF-8"


@dataclass(frozen=True)
class FeedFiles:
    """The text of each file that was read, with commas and line ends of one character, faults, and notes.

    `names` are the files that the feed has, also those that cannot be read.
    """

    texts: Mapping[str, str]
    names: tuple[str, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def feed_files(path: Path) -> FeedFiles:
    """Read the files that Headwatt uses; they may be in a folder of the zip.

    Raises InputFaults if the path is not a zip, or a zip that expands too far.
    """
    faults: list[Fault] = []
    contents = _contents(path, faults)
    plain = {name: content for name, content in contents.items() if content is not None}
    shared = shared_encoding(list(plain.values()))
    texts: dict[str, str] = {}
    notes: list[str] = []
    for name, content in plain.items():
        own: list[Fault] = []
        text = decoded(content, name, own, remedy=_REMEDY)
        if text is None and shared is not None:
            # A short file is not clear alone, and has the encoding of the files beside it.
            text = decoded(content, name, [], shared)
        if text is None:
            faults += own
            continue
        notes += (f"{name}: {note}" for note in text.notes)
        found = _with_commas(name, text.text.replace("\r\n", "\n").replace("\r", "\n"), faults, notes)
        if found:
            texts[name] = found
    return FeedFiles(texts, tuple(sorted(contents)), tuple(faults), tuple(notes))


def _contents(path: Path, faults: list[Fault]) -> dict[str, bytes | None]:
    """The bytes of each file; None, with a fault, for a file that cannot be unpacked."""
    contents: dict[str, bytes | None] = {}
    try:
        if kind := kind_of(path):
            raise InputFaults([Fault(path.name, "", "", kind, f"an ordinary file: {_WANTED}")])
        with path.open("rb") as file:
            if fault := directory_fault(file, path.name, MOST_FILES):
                raise InputFaults([fault])
            with zipfile.ZipFile(file) as archive:
                members = _members(archive)
                fault = archive_fault(
                    archive, path.name, entries=MOST_FILES, unpacked=LARGEST_FEED_BYTES, expansion=LARGEST_EXPANSION,
                    read=members.keys(),
                )  # fmt: skip
                if fault is not None:
                    raise InputFaults([fault])
                for member, name in members.items():
                    contents[name] = _unpacked(archive, member, name, faults)
    except FileNotFoundError:
        raise InputFaults([Fault(str(path), "", "", "no such file", _WANTED)]) from None
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise InputFaults([Fault(path.name, "", "", str(error), _WANTED)]) from None
    return contents


def _members(archive: zipfile.ZipFile) -> dict[str, str]:
    """The files of the feed in the archive, with their names without a folder."""
    places = {name: PurePosixPath(name) for name in archive.namelist()}
    folders = {place.parent for place in places.values() if place.name == "stops.txt"}
    folder = min(folders, key=lambda place: len(place.parts), default=PurePosixPath("."))
    return {name: place.name for name, place in places.items() if place.parent == folder and place.name in TABLES}


def _unpacked(archive: zipfile.ZipFile, member: str, name: str, faults: list[Fault]) -> bytes | None:
    if archive.getinfo(member).file_size > LARGEST_TABLE_BYTES:
        faults.append(Fault(name, "", "", "too large", "at most 2 GB"))
        return None
    try:
        content = archive.read(member)
        if max(content.count(b"\n"), content.count(b"\r")) > MOST_ROWS:
            faults.append(Fault(name, "", "", "too many rows", f"at most {MOST_ROWS:,}"))
            return None
        return content
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, OSError, EOFError) as error:
        faults.append(Fault(name, "", "", str(error) or "damaged", "a file that can be unpacked without a password"))
    except Exception as error:  # zlib, bz2 and lzma raise errors of their own for damaged data
        faults.append(Fault(name, "", "", str(error), "a file that is not damaged"))
    return None


def _with_commas(name: str, text: str, faults: list[Fault], notes: list[str]) -> str:
    """The text with commas between cells and the column names of GTFS; ordinary files stay as they are."""
    columns = TABLES[name]
    first, newline, rest = text.partition("\n")
    header = next(csv.reader([first]), [])
    if sum(cell.strip() in columns for cell in header) < 2 and any(mark in first for mark in ";\t|"):
        form = TableForm(score=lambda cells: sum(cell.strip() in columns for cell in cells))
        found = rows_of_text(text, name, faults, form)
        if found is None:
            return ""
        notes += (f"{name}: {note}" for note in found.notes)
        return _comma_text(found.records)
    own = {compared(column): column for column in columns}
    names = [cell if cell.strip() in columns else own.get(compared(cell), cell) for cell in header]
    renamed = {given: read for given, read in zip(header, names, strict=True) if given != read and read not in header}
    if not renamed:
        return text
    listing = ", ".join(f'"{given}" as {read}' for given, read in renamed.items())
    notes.append(f"{name}: columns read: {listing}")
    stored = io.StringIO()
    csv.writer(stored, lineterminator="").writerow([renamed.get(cell, cell) for cell in header])
    return stored.getvalue() + newline + rest


def _comma_text(records: tuple[tuple[int, list[str]], ...]) -> str:
    """Records as lines with commas; each record ends on the line that it ended on in the file."""
    stored = io.StringIO()
    writer = csv.writer(stored, lineterminator="\n")
    line = 0
    for number, cells in records:
        for _ in range(number - line - 1 - sum(cell.count("\n") for cell in cells)):
            stored.write("\n")
        writer.writerow(cells)
        line = number
    return stored.getvalue()
