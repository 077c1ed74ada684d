"""Which files of live lines are older than they are kept: full record segments, frames, and whole days of history."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from api.live.place import LIVE_FOLDER, LivePlace, read_whole


def old_live_files(data: Path, wall_s: float, records: timedelta, history: timedelta) -> Iterator[Path]:
    """The files to remove at `wall_s` (s since 1970).

    A segment that a restart may need (that of the checkpoint, later ones, and the newest one) is kept at any age.
    """
    folder = data / LIVE_FOLDER
    for line in sorted(path for path in folder.glob("*") if path.is_dir()):
        place = LivePlace(data, line.name)
        yield from _old_segments(place, wall_s - records.total_seconds())
        for day in sorted(path for path in place.history.glob("*") if path.is_dir()):
            files = [path for path in day.rglob("*") if path.is_file()]
            newest_s = max((_changed_s(path) for path in files), default=wall_s)
            for path in files:
                is_frame = path.parent != day
                limit_s = records.total_seconds() if is_frame else history.total_seconds()
                if newest_s < wall_s - limit_s:
                    yield path


def _old_segments(place: LivePlace, before_s: float) -> Iterator[Path]:
    checkpoint = read_whole(place.checkpoint)
    needed = None if checkpoint is None else int(checkpoint["segment"])
    segments = sorted(place.record.glob("*.ndjson*"))
    for path in segments[:-1]:
        number = int(path.name.split(".")[0])
        if (needed is None or number < needed) and _changed_s(path) < before_s:
            yield path


def remove_with_empty_folders(path: Path) -> None:
    """Remove a file, and the folders of its day that are empty then."""
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        is_of_history = "history" in folder.parts and folder.name != "history"
        if is_of_history and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _changed_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")
