"""Requests to compare recoveries, as files that the process beside the live line answers in place."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.live.place import LivePlace, read_whole, write_whole

if TYPE_CHECKING:
    # The line computes; who only reads requests does not import it.
    from api.live.live_line import LiveLine

MOST_KEPT = 20


def write_request(place: LivePlace, line: "LiveLine", recovery_id: str, by_id: str, value: dict[str, Any]) -> None:
    """Write a request with the state of the line now; only the newest `MOST_KEPT` requests are kept."""
    place.recoveries.mkdir(exist_ok=True, mode=0o700)
    lateness_s = {}
    for belief in line.tracker.trains.values():
        late_s = belief.late_now_s(line.now_s, line.tracker.following(belief))
        lateness_s[belief.trip.vehicle or belief.trip.trip_id] = round(late_s, 1)
    from_s = line.now_s if value.get("from_s") is None else float(value["from_s"])
    write_whole(
        place.recoveries / f"{recovery_id}.json",
        {
            "recovery_id": recovery_id, "status": "waiting", "by": by_id, "asked_wall_s": round(time.time(), 3),
            "kind": value["kind"], "at": value["at"], "direction": value.get("direction"),
            "from_s": max(from_s, line.now_s), "to_s": max(from_s, line.now_s) + float(value["duration_s"]),
            "now_s": line.now_s, "lateness_s": lateness_s, "out": sorted(line.out),
        },
    )  # fmt: skip
    for path in sorted(place.recoveries.glob("*.json"), key=_changed)[:-MOST_KEPT]:
        path.unlink(missing_ok=True)


def waiting_request(place: LivePlace) -> tuple[Path, dict[str, Any]] | None:
    """The oldest request without an answer."""
    for path in sorted(place.recoveries.glob("*.json"), key=_changed):
        found = read_whole(path)
        if found is not None and found["status"] == "waiting":
            return path, found
    return None


def read_recovery(place: LivePlace, recovery_id: str) -> dict[str, Any] | None:
    """A request with its answer as far as it is known; None if there is none with this id."""
    if not recovery_id.isalnum():
        return None
    found = read_whole(place.recoveries / f"{recovery_id}.json")
    return None if found is None else json.loads(json.dumps(found))


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
