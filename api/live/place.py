"""Where the files of a live line are below the data folder, and the writing of whole files."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIVE_FOLDER = "live"


@dataclass(frozen=True)
class LivePlace:
    """The folder of a live line in a data folder."""

    data: Path
    line_id: str

    @property
    def folder(self) -> Path:
        """The folder of the line."""
        return self.data / LIVE_FOLDER / self.line_id

    @property
    def snapshot(self) -> Path:
        """The newest snapshot."""
        return self.folder / "snapshot.json"

    @property
    def timetable(self) -> Path:
        """Stations and trips of the timetable in operation."""
        return self.folder / "timetable.json"

    @property
    def checkpoint(self) -> Path:
        """The state from which a restart continues."""
        return self.folder / "checkpoint.json"

    @property
    def inbox(self) -> Path:
        """The folder of rows that arrived by HTTP."""
        return self.folder / "inbox"

    @property
    def record(self) -> Path:
        """The folder of everything that arrived and happened."""
        return self.folder / "record"

    @property
    def history(self) -> Path:
        """The folder with a folder for each service day: seconds, events, log and frames."""
        return self.folder / "history"

    @property
    def recoveries(self) -> Path:
        """The folder of compared recoveries."""
        return self.folder / "recoveries"

    @property
    def lock(self) -> Path:
        """The file that the process of the line holds locked."""
        return self.folder / "lock"


def write_whole(path: Path, value: Any) -> None:
    """Write a JSON file completely or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")
    part.replace(path)


def read_whole(path: Path) -> dict[str, Any] | None:
    """The object of a JSON file; None if there is none that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def append_line(path: Path, line: bytes) -> None:
    """Append one line in one write, so that lines of several processes do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line + b"\n")
    finally:
        os.close(descriptor)
