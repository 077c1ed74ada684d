"""Everything that a live line received and did, as lines of JSON in segments, so that any moment can be replayed.

A line is `{"now_s", "wall_s", "rows"}` (messages as they arrived) or `{"now_s", "wall_s", "done"}` (advice, alarms, and
what users did). A full segment is compressed.
"""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SEGMENT_BYTES = 16_000_000


class Record:
    """The record of a line, which one process appends to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        numbers = [_number(path) for path in folder.glob("*.ndjson*")]
        self.number = max(numbers, default=1)
        if (self.folder / f"{self.number:08d}.ndjson.gz").exists():
            self.number += 1
        self._stream = self._open()

    @property
    def position(self) -> tuple[int, int]:
        """Segment and byte at which the next line begins."""
        return self.number, self._stream.tell()

    def add(self, line: dict[str, Any]) -> None:
        """Append a line; it survives the end of this process."""
        self._stream.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._stream.flush()
        if self._stream.tell() >= SEGMENT_BYTES:
            self.sync()
            self._stream.close()
            full = self._path(self.number)
            with full.open("rb") as read, gzip.open(f"{full}.gz", "wb", compresslevel=6) as written:
                shutil.copyfileobj(read, written)
            full.unlink()
            self.number += 1
            self._stream = self._open()

    def sync(self) -> None:
        """Let the lines survive a loss of power."""
        os.fsync(self._stream.fileno())

    def since(self, number: int, offset: int) -> Iterator[dict[str, Any]]:
        """The lines from a position on; a line that was not written completely is left out."""
        return recorded(self.folder, number, offset)

    def close(self) -> None:
        """Close the segment."""
        self.sync()
        self._stream.close()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.ndjson"

    def _open(self) -> Any:
        path = self._path(self.number)
        stream = path.open("ab")
        # A line of a process that was killed while it wrote ends here.
        if stream.tell():
            with path.open("rb") as read:
                read.seek(-1, os.SEEK_END)
                if read.read(1) != b"\n":
                    stream.write(b"\n")
        return stream


def recorded(folder: Path, number: int, offset: int) -> Iterator[dict[str, Any]]:
    """The lines of a folder of segments from a position on; a line that was not written completely is left out."""
    for path in sorted(folder.glob("*.ndjson*")):
        of = _number(path)
        if of < number:
            continue
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            if of == number:
                stream.seek(offset)
            for line in stream:
                try:
                    found = json.loads(line)
                except ValueError:
                    continue
                if isinstance(found, dict):
                    yield found


def _number(path: Path) -> int:
    return int(path.name.split(".")[0])
