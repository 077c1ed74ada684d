"""The history of a service day: power and saving by second as fixed rows, and the events of trains as lines of JSON.

A row of `seconds.f32` is one settled second: time, power of the line, saving, power of each substation (float32; NaN is
no saving). The rows rise in time, so that a reader finds a time without reading the file.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    # The line computes; who only reads a history does not import it.
    from api.live.live_line import SettledSecond
    from api.live.tracker import PassedStation

MOST_ROWS = 2_000
_FIXED = 3


class History:
    """The history of one service day of a line, in a folder."""

    def __init__(self, folder: Path, substations: Sequence[str]) -> None:
        self.folder = folder
        self.substations = tuple(substations)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = folder / "substations.json"
        if not names.exists():
            names.write_text(json.dumps(self.substations), encoding="utf-8")
        self._seconds = (folder / "seconds.f32").open("ab")
        self._events = (folder / "events.ndjson").open("ab")
        rows = _rows(folder / "seconds.f32", len(self.substations))
        self._last_s = float(rows[-1, 0]) if len(rows) else -1.0

    def add(self, seconds: "Iterable[SettledSecond]", passed: "Iterable[PassedStation]") -> None:
        """Append settled seconds and passed stations."""
        rows = [
            (one.time_s, one.power_kw, np.nan if one.saving_kwh is None else one.saving_kwh, *one.substation_kw)
            for one in seconds
        ]
        if rows:
            if rows[0][0] <= self._last_s:  # the clock of the line went back, such as at a new start of a virtual line
                self.keep_until(rows[0][0] - 1.0)
            self._last_s = rows[-1][0]
            self._seconds.write(np.array(rows, dtype=np.float32).tobytes())
            self._seconds.flush()
        lines = [json.dumps([one.train_id, one.trip_id, one.station, one.kind, round(one.time_s, 1)]) for one in passed]
        if lines:
            self._events.write(("\n".join(lines) + "\n").encode())
            self._events.flush()

    def keep_until(self, time_s: float) -> None:
        """Remove rows and events after a time, and what was not written completely: a restart adds them again."""
        path, width = self.folder / "seconds.f32", 4 * (_FIXED + len(self.substations))
        rows = _rows(path, len(self.substations))
        kept = int(np.searchsorted(rows[:, 0], time_s, side="right")) if len(rows) else 0
        del rows
        self._seconds.close()
        with path.open("r+b") as stream:
            stream.truncate(kept * width)
        self._seconds = path.open("ab")
        self._last_s = min(self._last_s, time_s)
        events = self.folder / "events.ndjson"
        kept_events = _events(events, 0.0, time_s)
        self._events.close()
        events.write_text("".join(json.dumps(one) + "\n" for one in kept_events), encoding="utf-8")
        self._events = events.open("ab")

    def close(self) -> None:
        """Close the files."""
        self._seconds.close()
        self._events.close()


def read_history(folder: Path, from_s: float, to_s: float) -> dict[str, Any]:
    """Power, substations, saving and events of trains between two times, at most `MOST_ROWS` rows."""
    try:
        names = json.loads((folder / "substations.json").read_bytes())
    except (OSError, ValueError):
        return {"times_s": [], "power_kw": [], "substations": {}, "saving_kwh": [], "train_events": []}
    rows = _rows(folder / "seconds.f32", len(names))
    first = int(np.searchsorted(rows[:, 0], from_s, side="left"))
    last = int(np.searchsorted(rows[:, 0], to_s, side="right"))
    step = max(1, -(-(last - first) // MOST_ROWS))
    found = np.array(rows[first:last:step], dtype=np.float64)
    saving = [None if np.isnan(value) else round(float(value), 2) for value in found[:, 2]]
    return {
        "times_s": [int(value) for value in found[:, 0]],
        "power_kw": np.round(found[:, 1], 1).tolist(),
        "substations": {name: np.round(found[:, _FIXED + column], 1).tolist() for column, name in enumerate(names)},
        "saving_kwh": saving,
        "train_events": _events(folder / "events.ndjson", from_s, to_s),
    }


def _rows(path: Path, substations: int) -> np.ndarray:
    width = _FIXED + substations
    try:
        count = path.stat().st_size // (4 * width)
    except OSError:
        count = 0
    if count == 0:
        return np.zeros((0, width), dtype=np.float32)
    return np.memmap(path, dtype=np.float32, mode="r", shape=(count, width))


def _events(path: Path, from_s: float, to_s: float) -> list[list[Any]]:
    found: dict[tuple[Any, ...], list[Any]] = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a line that was not written completely
        if from_s <= event[4] <= to_s:
            found[tuple(event[:4])] = event
    return sorted(found.values(), key=lambda event: float(event[4]))
