"""Rows that arrive by HTTP: the service appends each request as one line, and the process of the line takes it."""

import json
import time
from pathlib import Path
from typing import Any

from api.live.place import append_line

_KEPT_MINUTES = 5


def put_rows(folder: Path, rows: list[Any], wall_s: float | None = None) -> None:
    """Append the rows of a request; they are durable for a later start of the process of the line."""
    minute = int((time.time() if wall_s is None else wall_s) // 60)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    append_line(folder / f"{minute}.ndjson", json.dumps(rows, separators=(",", ":")).encode())


def waiting_bytes(folder: Path) -> int:
    """The size of all rows that are kept."""
    return sum(path.stat().st_size for path in folder.glob("*.ndjson")) if folder.is_dir() else 0


class Inbox:
    """Takes the rows in the order of their arrival; `position` is the file and the byte of the next row."""

    def __init__(self, folder: Path, position: tuple[str, int] = ("", 0)) -> None:
        self.folder = folder
        self.position = position
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def take(self) -> list[Any]:
        """All rows that arrived since the last call."""
        found: list[Any] = []
        for path in sorted(self.folder.glob("*.ndjson")):
            name, offset = self.position
            if path.name < name:
                continue
            with path.open("rb") as stream:
                stream.seek(offset if path.name == name else 0)
                content = stream.read()
            whole = content.rfind(b"\n") + 1
            for line in content[:whole].splitlines():
                try:
                    rows = json.loads(line)
                except ValueError:
                    continue
                found.extend(rows if isinstance(rows, list) else [rows])
            begin = offset if path.name == name else 0
            self.position = path.name, begin + whole
        return found

    def clean(self, wall_s: float) -> None:
        """Remove files that were taken completely some minutes ago."""
        for path in self.folder.glob("*.ndjson"):
            if path.name < self.position[0] and int(path.stem) < wall_s // 60 - _KEPT_MINUTES:
                path.unlink(missing_ok=True)
