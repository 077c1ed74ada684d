"""Kept snapshots of a service day, from which any moment can be shown again: one each `EVERY_S` seconds of the line.

The frames of ten minutes are one file of gzip members, each with one snapshot as a line of JSON.
"""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVERY_S = 10.0
BLOCK_S = 600
_LEVEL = 6


@dataclass
class Frames:
    """Keeps the frames of a line; `history` is the folder of all days."""

    history: Path
    kept_s: float | None = None
    day: str = ""

    def add(self, snapshot: dict[str, Any]) -> None:
        """Keep a snapshot if the newest frame is old enough, or of a later time (the clock of the line went back)."""
        time_s, day = float(snapshot["time_s"]), str(snapshot["day"])
        is_due = day != self.day or self.kept_s is None or not 0.0 <= time_s - self.kept_s < EVERY_S
        if not is_due:
            return
        self.day, self.kept_s = day, time_s
        folder = frames_folder(self.history / day)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps(snapshot, separators=(",", ":")).encode() + b"\n"
        with _block(folder, time_s).open("ab") as stream:
            stream.write(gzip.compress(line, _LEVEL))


def frames_folder(day: Path) -> Path:
    """The folder of the frames of a day."""
    return day / "frames"


def extent_s(day: Path) -> tuple[float, float] | None:
    """The times of the first and the last block of frames of a day; None without frames."""
    begins = sorted(int(path.name.split(".")[0]) for path in frames_folder(day).glob("*.ndjson.gz"))
    return (float(begins[0]), float(begins[-1] + BLOCK_S)) if begins else None


def frame_at(day: Path, time_s: float) -> dict[str, Any] | None:
    """The newest frame at or before a time, at most two blocks before it; None if there is none."""
    folder = frames_folder(day)
    for earlier in range(3):
        found = [one for one in _read(_block(folder, time_s - earlier * BLOCK_S)) if one["time_s"] <= time_s]
        if found:
            return max(found, key=lambda one: float(one["time_s"]))
    return None


def _block(folder: Path, time_s: float) -> Path:
    return folder / f"{max(0, int(time_s)) // BLOCK_S * BLOCK_S:06d}.ndjson.gz"


def _read(path: Path) -> list[dict[str, Any]]:
    """The frames of a file; what was not written completely is left out."""
    found: list[dict[str, Any]] = []
    try:
        with gzip.open(path, "rb") as stream:
            for line in stream:
                found.append(json.loads(line))
    except (OSError, EOFError, ValueError):
        pass
    return found
