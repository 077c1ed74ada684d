"""One hash over the tables of a feed, so that an export can recognise the feed that a scenario came from."""

import hashlib
import zipfile
from pathlib import Path, PurePosixPath

from scenarios.imports.gtfs.forms import TABLES


def tables_of_zip(archive: zipfile.ZipFile) -> dict[str, str]:
    """The tables (`*.txt`) of a feed in a zip by name, with their names in the zip; they may be in a folder of it."""
    places = {name: PurePosixPath(name) for name in archive.namelist()}
    folders = {place.parent for place in places.values() if place.name == "stops.txt"}
    folder = min(folders, key=lambda place: len(place.parts), default=PurePosixPath("."))
    return {place.name: name for name, place in places.items() if place.parent == folder and place.suffix == ".txt"}


def feed_sha256(path: Path) -> str:
    """SHA-256 over the names and the SHA-256 of all tables of the zip of a feed that an import reads.

    The hash does not depend on packing: a zip that was unpacked and packed again has the same hash. The zip must be
    one that `read_feed` accepts.
    """
    lines = []
    with zipfile.ZipFile(path) as archive:
        for name, member in sorted(tables_of_zip(archive).items()):
            if name not in TABLES:
                continue
            with archive.open(member) as stream:
                lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {name}\n")  # type: ignore[arg-type]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
