"""Live lines: their stored snapshots, history, and what users do on them.

The process that answers requests only reads what the process of a line has written; what users do is a row that this
process takes.
"""

import time
import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from api.live.history import read_history
from api.live.inbox import put_rows, waiting_bytes
from api.live.place import LIVE_FOLDER, LivePlace, read_whole
from api.live.recovery_requests import read_recovery
from api.problems import ProblemError, ProblemKind
from api.state.audit import Change, note
from api.state.database import Database
from api.state.line_filter import Caller
from api.state.lines import known_lines
from api.state.live import add_action, has_action

MOST_WAITING_BYTES = 256_000_000
STALE_S = 5.0
"""A snapshot of this age is that of a process that has gone or hangs."""


class Live:
    """The live lines of an installation."""

    def __init__(self, database: Database, data: Path) -> None:
        self.database = database
        self.data = data

    def for_caller(self, caller: Caller) -> "Live":
        """The live lines that a caller may see."""
        return Live(self.database.for_caller(caller), self.data)

    def all(self) -> list[dict[str, Any]]:
        """The lines with a process now or earlier, by name."""
        folder = self.data / LIVE_FOLDER
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        known = self._known(names)
        found = []
        for name in names:
            path = LivePlace(self.data, name).snapshot
            snapshot = read_whole(path) if name in known else None
            if snapshot is not None:
                keys = ("line_id", "line_name", "day", "is_virtual", "speed", "time_s", "wall_time")
                found.append({**{key: snapshot[key] for key in keys}, "is_stale": _is_stale(path)})
        return found

    def require(self, line_id: str) -> LivePlace:
        """The place of a line; raises `ProblemError` for an unknown line."""
        is_name = len(line_id) <= 100 and line_id.isprintable() and "/" not in line_id and line_id not in (".", "..")
        if not is_name or line_id not in self._known([line_id]):
            raise ProblemError(ProblemKind.UNKNOWN_LINE, f"No line has the id {line_id[:80]!r}.")
        return LivePlace(self.data, line_id)

    def snapshot(self, line_id: str) -> dict[str, Any]:
        """The newest snapshot; raises `ProblemError` if the line never ran live."""
        place = self.require(line_id)
        found = read_whole(place.snapshot)
        if found is None:
            raise _never_ran(line_id)
        return {**found, "is_stale": _is_stale(place.snapshot)}

    def changed(self, line_id: str) -> tuple[int, bool]:
        """A number that differs after each snapshot, and whether the process of the line has gone."""
        path = LivePlace(self.data, line_id).snapshot
        try:
            return path.stat().st_mtime_ns, _is_stale(path)
        except OSError:
            return 0, True

    def timetable(self, line_id: str) -> dict[str, Any]:
        """Stations and trips of the timetable in operation, and of today's timetable."""
        found = read_whole(self.require(line_id).timetable)
        if found is None:
            raise _never_ran(line_id)
        return found

    def history(self, line_id: str, from_s: float | None, to_s: float | None, day: date | None) -> dict[str, Any]:
        """Power and events of trains between two times of a service day, by default of the last two hours."""
        snapshot = self.snapshot(line_id)
        place = self.require(line_id)
        until_s = float(snapshot["time_s"]) if to_s is None else to_s
        begin_s = until_s - 7200.0 if from_s is None else from_s
        of_day = str(snapshot["day"]) if day is None else day.isoformat()
        return {"day": of_day, **read_history(place.folder / "history" / of_day, begin_s, until_s)}

    def receive(self, line_id: str, rows: list[Any]) -> int:
        """Keep rows for the process of the line; returns their number."""
        place = self.require(line_id)
        if waiting_bytes(place.inbox) > MOST_WAITING_BYTES:
            detail = f"The process of the line does not take its rows: start `headwatt live {line_id}`."
            raise ProblemError(ProblemKind.QUEUE_FULL, detail)
        put_rows(place.inbox, rows)
        return len(rows)

    def answer_advice(
        self, line_id: str, advice_id: str, answer: str, reason: str | None, by_id: str
    ) -> dict[str, Any]:
        """Acknowledge or decline advice."""
        found = self._one_of(line_id, "advice", "advice_id", advice_id)
        if found["status"] not in ("open", "acknowledged"):
            raise ProblemError(ProblemKind.WRONG_STATE, f"The advice is {found['status']}.")
        value = {"answer": answer, "reason": reason}
        self._act(line_id, by_id, "advice", advice_id, value, {"status": found["status"]})
        return {"advice_id": advice_id, "status": answer}

    def switch_advising(
        self, line_id: str, is_on: bool, train_id: str | None, reason: str | None, by_id: str
    ) -> dict[str, Any]:
        """Stop or resume advising for a line or a train."""
        before = self._running(line_id)["advising"]
        value = {"is_on": is_on, "train_id": train_id, "reason": reason}
        self._act(line_id, by_id, "advising", train_id or line_id, value, before)
        return {"is_on": is_on, "train_id": train_id}

    def act_on_alarm(
        self, line_id: str, alarm_id: str, action: str, minutes: int | None, reason: str | None, by_id: str
    ) -> dict[str, Any]:
        """Acknowledge, shelve or unshelve an alarm."""
        found = self._one_of(line_id, "alarms", "alarm_id", alarm_id)
        value = {"action": action, "minutes": minutes, "reason": reason}
        self._act(line_id, by_id, "alarm", alarm_id, value, {"status": found["status"]})
        status = {"acknowledge": "acknowledged", "shelve": "shelved", "unshelve": "open"}[action]
        return {"alarm_id": alarm_id, "status": status}

    def add_incident(
        self, line_id: str, kind: str, at: str, from_s: float | None, duration_s: float, by_id: str
    ) -> dict[str, Any]:
        """Let an incident happen on a virtual line."""
        if not self._running(line_id)["is_virtual"]:
            raise ProblemError(ProblemKind.WRONG_STATE, "Only a virtual line has incidents on request.")
        value = {"kind": kind, "at": at, "from_s": from_s, "duration_s": duration_s}
        self._act(line_id, by_id, "incident", at or kind, value, None)
        return value

    def compare_recoveries(self, line_id: str, value: dict[str, Any], by_id: str) -> dict[str, Any]:
        """Ask the process beside the line to compare recoveries after a disruption; returns the id of the answer."""
        self._running(line_id)
        recovery_id = uuid.uuid4().hex
        self._act(line_id, by_id, "recovery", recovery_id, value, None)
        return {"recovery_id": recovery_id, "status": "waiting"}

    def recovery(self, line_id: str, recovery_id: str) -> dict[str, Any]:
        """Compared recoveries as far as they are computed; `waiting` until the process of the line has begun."""
        place = self.require(line_id)
        found = read_recovery(place, recovery_id)
        if found is not None:
            return found
        with self.database.reading() as session:
            is_asked = has_action(session, line_id, "recovery", recovery_id)
        if is_asked and not _is_stale(place.snapshot):
            return {"recovery_id": recovery_id, "status": "waiting"}
        raise ProblemError(ProblemKind.UNKNOWN_PATH, f"There is no comparison {recovery_id[:80]!r} of this line.")

    def _running(self, line_id: str) -> dict[str, Any]:
        found = self.snapshot(line_id)
        if found["is_stale"]:
            raise ProblemError(ProblemKind.WRONG_STATE, "No process of this line is running (`headwatt live`).")
        return found

    def _one_of(self, line_id: str, name: str, key: str, wanted: str) -> dict[str, Any]:
        for one in self._running(line_id)[name]:
            if one[key] == wanted:
                assert isinstance(one, dict)
                return one
        raise ProblemError(ProblemKind.UNKNOWN_PATH, f"There is no {name} {wanted[:80]!r} now.")

    def _act(self, line_id: str, by_id: str, kind: str, object_id: str, value: dict[str, Any], before: Any) -> None:
        with self.database.writing() as session:
            add_action(session, line_id, by_id, kind, object_id[:200], value)
            note(session, Change(f"live.{kind}", kind, object_id[:200], line_id, before, value), by_id)

    def _known(self, names: Sequence[str]) -> set[str]:
        with self.database.reading() as session:
            return known_lines(session, names)


def _is_stale(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > STALE_S
    except OSError:
        return True


def _never_ran(line_id: str) -> ProblemError:
    return ProblemError(ProblemKind.NOT_LIVE, f"{line_id} has never run live: start `headwatt live {line_id}`.")
