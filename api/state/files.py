"""Files of the data folder, named by the SHA-256 of their bytes; each appears complete or not at all."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import select

from api.state.database import Session, now
from api.state.tables import FileRow

_PART = ".part"


class FileStore:
    """The folder `files` of a data folder: a file with the SHA-256 `abcd…` is `files/ab/abcd…`."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "files"

    def path(self, sha256: str) -> Path:
        """Where the file with this content is, if it is stored."""
        return self.folder / sha256[:2] / sha256

    def place(self, sha256: str) -> str:
        """The path as a text, for readers of many files."""
        return f"{self.folder}/{sha256[:2]}/{sha256}"

    def put(self, source: Path) -> str:
        """Store a copy of a file durably; return its SHA-256. The same content is stored once.

        A stored file whose bytes are not those of its name any more is replaced.
        """
        sha256 = hash_of(source)
        target = self.path(sha256)
        if _is_sound(target, sha256, source.stat().st_size):
            os.utime(target)  # so that `prune` sees that the file is in use again
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f"{sha256}.{secrets.token_hex(4)}{_PART}")
        try:
            with source.open("rb") as read, part.open("wb") as written:
                shutil.copyfileobj(read, written)
                written.flush()
                os.fsync(written.fileno())
            part.chmod(0o440)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _flush(target.parent)
        return sha256

    def lay_out(self, files: Mapping[str, str], folder: Path) -> None:
        """Copy files, by name and SHA-256, into a folder; raises FileNotFoundError for a file that is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, sha256 in files.items():
            shutil.copyfile(self.path(sha256), folder / name)

    def stored(self) -> Iterator[Path]:
        """All complete files of the store."""
        return (path for path in self.folder.glob("??/*") if path.is_file() and path.suffix != _PART)


def hash_of(file: Path) -> str:
    """SHA-256 of the bytes of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_sound(stored: Path, sha256: str, size: int) -> bool:
    """Whether a stored file has the bytes of its name; the size comes first, because it costs no reading."""
    return stored.is_file() and stored.stat().st_size == size and hash_of(stored) == sha256


def name_files(session: Session, store: FileStore, hashes: Iterable[str]) -> None:
    """Name stored files in the database; a file that is named already stays as it is."""
    wanted = set(hashes)
    known = set(session.scalars(select(FileRow.sha256).where(FileRow.sha256.in_(wanted))))
    for sha256 in sorted(wanted - known):
        session.add(FileRow(sha256=sha256, bytes=store.path(sha256).stat().st_size, created_at=now()))
    session.flush()


def named_files(session: Session) -> Mapping[str, int]:
    """All files that the database names: SHA-256 and bytes."""
    return dict(session.execute(select(FileRow.sha256, FileRow.bytes)).all())


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
