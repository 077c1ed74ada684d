"""A backup of an installation in one file: every row and every file, as they were at one instant; and its restore.

The file is a compressed tar archive: `manifest.json`, `rows/TABLE.jsonl`, and `files/SHA-256`. It holds the state of
SQLite and of PostgreSQL in the same form, so that a restore may go to the other one.
"""

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.state.database import Database, now
from api.state.files import FileStore, hash_of
from api.state.migrate import newest_revision, require_current, revision_of, upgrade
from api.state.rows_as_text import add_lines, continue_numbers, lines_of, own_tables, snapshot, table_in
from api.version import headwatt_version
from energy_models.faults import Fault, InputFaults

FORMAT = "headwatt-backup-1"
MANIFEST = "manifest.json"
_MOST_ROWS_BYTES = 4_000_000_000


@dataclass(frozen=True)
class Backup:
    """What a backup contains: rows by table, files, and their bytes."""

    revision: str
    rows: dict[str, int]
    files: int
    file_bytes: int


def write_backup(database: Database, data: Path, target: Path) -> Backup:
    """Write a backup while the service may go on; the file appears complete or not at all.

    Raises `InputFaults` for a database of another version, and for files that are missing or were changed.
    """
    require_current(database)
    store = FileStore(data)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="headwatt-backup-", dir=target.absolute().parent) as passing:
            rows, hashes = _dump(database, Path(passing))
            faults = [Fault("", "", "file", sha256, "a file as it was written; see `headwatt data verify`")
                      for sha256 in hashes if not _is_intact(store, sha256)]  # fmt: skip
            if faults:
                raise InputFaults(faults)
            size = sum(store.path(sha256).stat().st_size for sha256 in hashes)
            found = Backup(newest_revision(), rows, len(hashes), size)
            with tarfile.open(part, "w:gz", compresslevel=1) as archive:
                _add(archive, MANIFEST, json.dumps(_manifest(found), indent=1).encode())
                for name in rows:
                    archive.add(Path(passing) / name, f"rows/{name}.jsonl")
                for sha256 in hashes:
                    archive.add(store.path(sha256), f"files/{sha256}")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o600)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return found


def restore_backup(database: Database, data: Path, source: Path) -> Backup:
    """Restore a backup into an empty database and its files into the data folder, then bring the tables up to date.

    The rows are added in one transaction after all files are there. Raises `InputFaults` for a database that has
    tables, a damaged backup, and a backup of a later version.
    """
    if revision_of(database) is not None:
        allowed = "an empty database: another data folder, or another database of PostgreSQL"
        raise InputFaults([Fault("", "", "database", "it has tables", allowed)])
    store = FileStore(data)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="headwatt-restore-", dir=data) as passing,
            tarfile.open(source, "r:gz") as archive,
        ):
            members = iter(archive)
            found = _read_manifest(archive, next(members, None), source)
            missing = _unpack(archive, members, Path(passing), store, source)
            missing |= {f"rows/{name}.jsonl" for name in found.rows if not (Path(passing) / name).is_file()}
            if missing:
                raise _damaged(source, f"without {', '.join(sorted(missing)[:5])}")
            _add_rows(database, found, Path(passing), store, source)
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        raise _damaged(source, str(error)[:200] or type(error).__name__) from error
    upgrade(database)
    return found


def _dump(database: Database, folder: Path) -> tuple[dict[str, int], list[str]]:
    """Write the rows of each table into a file; return their numbers, and the hashes of the named files."""
    counts: dict[str, int] = {}
    hashes: list[str] = []
    with snapshot(database) as connection:
        for name in own_tables(connection):
            table = table_in(connection, name)
            with (folder / name).open("w", encoding="utf-8") as written:
                counts[name] = 0
                for line in lines_of(connection, table):
                    written.write(line + "\n")
                    counts[name] += 1
                    if name == "files":
                        hashes.append(json.loads(line)["sha256"])
    return counts, hashes


def _manifest(found: Backup) -> dict[str, Any]:
    return {
        "format": FORMAT, "version": headwatt_version(), "revision": found.revision, "created_at": now().isoformat(),
        "rows": found.rows, "files": found.files, "file_bytes": found.file_bytes,
    }  # fmt: skip


def _read_manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None, source: Path) -> Backup:
    stream = archive.extractfile(member) if member is not None and member.name == MANIFEST else None
    if stream is None:
        raise _damaged(source, f"without {MANIFEST}")
    given = json.loads(stream.read(1_000_000))
    if given["format"] != FORMAT:
        raise _damaged(source, f"format {given['format']}")
    if given["revision"] > newest_revision():
        allowed = f"a backup of revision {newest_revision()} or before; this one is of Headwatt {given['version']}"
        raise InputFaults([Fault(source.name, "", "revision", given["revision"], allowed)])
    rows = {str(name): int(count) for name, count in given["rows"].items()}
    if not all(name.isidentifier() for name in rows):
        raise _damaged(source, "a table with a strange name")
    return Backup(given["revision"], rows, int(given["files"]), int(given["file_bytes"]))


def _unpack(
    archive: tarfile.TarFile, members: Iterator[tarfile.TarInfo], folder: Path, store: FileStore, source: Path
) -> set[str]:
    """Write the rows into a folder and the files into the store; return the files of rows that are damaged."""
    damaged = set()
    for member in members:
        room, _, name = member.name.partition("/")
        stream = archive.extractfile(member) if member.isfile() else None
        if stream is None or "/" in name or room not in ("rows", "files"):
            raise _damaged(source, f"with {member.name[:80]}")
        if room == "rows" and member.size > _MOST_ROWS_BYTES:
            raise _damaged(source, f"with {member.size} bytes of {name[:80]}")
        target = folder / (name.removesuffix(".jsonl") if room == "rows" else "a file")
        with target.open("wb") as written:
            while piece := stream.read(1 << 20):
                written.write(piece)
        if room == "files" and store.put(target) != name:
            damaged.add(member.name)
    return damaged


def _add_rows(database: Database, found: Backup, folder: Path, store: FileStore, source: Path) -> None:
    upgrade(database, found.revision)
    with database.engine.connect().execution_options(headwatt_writes=True) as connection, connection.begin():
        for name, count in found.rows.items():
            table = table_in(connection, name)
            connection.execute(table.delete())  # the revisions add a row of their own
            with (folder / name).open(encoding="utf-8") as lines:
                added = add_lines(connection, table, lines)
            if added != count:
                raise _damaged(source, f"{added} instead of {count} rows of {name}")
            continue_numbers(connection, table)
            if name == "files":
                missing = [row[0] for row in connection.execute(table.select().with_only_columns(table.c.sha256))
                           if not store.path(row[0]).is_file()]  # fmt: skip
                if missing:
                    raise _damaged(source, f"without the file {missing[0]}")


def _is_intact(store: FileStore, sha256: str) -> bool:
    path = store.path(sha256)
    return path.is_file() and hash_of(path) == sha256


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _damaged(source: Path, value: str) -> InputFaults:
    return InputFaults([Fault(source.name, "", "", value, "a complete file of `headwatt data backup`")])
