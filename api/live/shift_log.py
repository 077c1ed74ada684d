"""The log of a service day: alarms that began and ended, and what users did, as lines of JSON."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from api.live.alarms import Alarm

MOST_ENTRIES = 2_000


def alarm_entry(alarm: Alarm, now_s: float, wall_s: float) -> dict[str, Any]:
    """The entry of an alarm that began or ended at `now_s`."""
    row, has_ended = alarm.row(), alarm.held_s < now_s
    kept = {name: row[name] for name in ("alarm_id", "kind", "priority", "what", "place", "since_s")}
    return {"entry": "alarm ended" if has_ended else "alarm", "time_s": round(now_s, 1), "wall_s": wall_s, **kept}


def action_entry(
    now_s: float, wall_s: float, by_id: str, kind: str, object_id: str, value: dict[str, Any]
) -> dict[str, Any]:
    """The entry of what a user did."""
    return {
        "entry": "action", "time_s": round(now_s, 1), "wall_s": wall_s, "by": by_id, "kind": kind, "object": object_id,
        "value": value,
    }  # fmt: skip


def add_entries(folder: Path, entries: Iterable[dict[str, Any]]) -> None:
    """Append entries to the log of a day."""
    lines = [json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in entries]
    if lines:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / "log.ndjson").open("a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")


def read_entries(folder: Path, from_s: float, to_s: float) -> list[dict[str, Any]]:
    """The entries between two times, at most the newest `MOST_ENTRIES`; a line that is not whole is left out."""
    try:
        lines = (folder / "log.ndjson").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if from_s <= entry["time_s"] <= to_s:
            found.append(entry)
    return found[-MOST_ENTRIES:]
