"""Alarms: conditions of the line with priority, time, cause, consequence and what to do; without floods.

A condition is looked at every second. An alarm begins when its condition has held for its delay, and ends when the
condition has not held for `CLEARS_AFTER_S`. Alarms of one kind that begin together are one line with a count, and there
are never more than `MOST_LINES` lines. An alarm that comes and goes (`CHATTERS_FROM` begins within
`CHATTERS_WITHIN_S`) stays until its condition has not held for `CHATTER_CLEARS_AFTER_S`: it is one alarm, not many. A
condition that the plan of the line contains is suppressed as long as the plan contains it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Priority = Literal[1, 2, 3]
MOST_LINES = 10
GROUPS_ABOVE = 3
"""So many alarms of one kind stand alone; more are one line."""
CLEARS_AFTER_S = 30.0
CHATTERS_FROM, CHATTERS_WITHIN_S = 3, 600.0
CHATTER_CLEARS_AFTER_S = 300.0
_RESPOND_WITHIN_S: dict[int, int] = {1: 60, 2: 300, 3: 1800}


@dataclass(frozen=True)
class Condition:
    """A condition that calls for a person: `key` is its place within its kind; it must hold for `delay_s`.

    `planned_until_s` is the end of the planned state that explains the condition, None if nothing is planned.
    """

    kind: str
    key: str
    priority: Priority
    what: str
    cause: str
    consequence: str
    action: str
    place: str
    delay_s: float = 0.0
    planned_until_s: float | None = None

    @property
    def alarm_id(self) -> str:
        """The id of the alarm of this condition."""
        return f"{self.kind}:{self.key}".replace(" ", "-").replace("/", "-")


@dataclass(frozen=True)
class Alarm:
    """An alarm: its condition, since when, and what people did. `until_s` is the end of shelving or suppression."""

    condition: Condition
    since_s: float
    held_s: float
    status: Literal["pending", "open", "acknowledged", "shelved", "suppressed"] = "pending"
    by: str | None = None
    until_s: float | None = None
    count: int = 1
    chatters: bool = False

    def row(self) -> dict[str, Any]:
        """The alarm as the contract of the live line has it."""
        one = self.condition
        return {
            "alarm_id": one.alarm_id, "kind": one.kind, "priority": one.priority, "since_s": round(self.since_s, 1),
            "what": one.what, "cause": one.cause, "consequence": one.consequence, "action": one.action,
            "respond_within_s": _RESPOND_WITHIN_S[one.priority], "place": one.place, "count": self.count,
            "status": self.status, "by": self.by, "until_s": self.until_s, "chatters": self.chatters,
        }  # fmt: skip


@dataclass
class AlarmList:
    """The alarms of a line by id."""

    alarms: dict[str, Alarm] = field(default_factory=dict)
    _begun_s: dict[str, list[float]] = field(default_factory=dict)

    def update(self, conditions: Iterable[Condition], now_s: float) -> list[Alarm]:
        """Take the conditions that hold now; the alarms that began or ended (`held_s` is then in the past)."""
        changed = []
        seen = set()
        for one in conditions:
            seen.add(one.alarm_id)
            known = self.alarms.get(one.alarm_id)
            if known is None:
                known = Alarm(one, now_s, now_s)
            known = replace(known, condition=one, held_s=now_s)
            if known.status == "shelved" and known.until_s is not None and now_s >= known.until_s:
                known = replace(known, status="open", by=None, until_s=None)
            if known.status == "suppressed" and one.planned_until_s is None:
                known = replace(known, status="pending", until_s=None)
            if known.status == "pending" and now_s - known.since_s >= one.delay_s:
                known = self._begun(known, now_s)
                changed.append(known)
            self.alarms[one.alarm_id] = known
        for alarm_id in [name for name in self.alarms if name not in seen]:
            known = self.alarms[alarm_id]
            if known.status == "pending" or now_s - known.held_s > _clears_after_s(known) or known.held_s > now_s:
                del self.alarms[alarm_id]
                if known.status != "pending":
                    changed.append(known)
        return changed

    def _begun(self, alarm: Alarm, now_s: float) -> Alarm:
        """An alarm that begins: open, or suppressed by the plan; with the mark of one that comes and goes."""
        planned_s = alarm.condition.planned_until_s
        if planned_s is not None:
            return replace(alarm, status="suppressed", until_s=planned_s)
        name = alarm.condition.alarm_id
        begun = [one for one in self._begun_s.get(name, []) if now_s - CHATTERS_WITHIN_S < one <= now_s] + [now_s]
        self._begun_s[name] = begun
        return replace(alarm, status="open", chatters=len(begun) >= CHATTERS_FROM)

    def act(self, alarm_id: str, action: str, minutes: float | None, by: str, now_s: float) -> bool:
        """Acknowledge, shelve or unshelve an alarm or all alarms of a line with a count; False if there is none."""
        of_kind = alarm_id.removeprefix("group:") if alarm_id.startswith("group:") else None
        found = [
            name
            for name, one in self.alarms.items()
            if one.status != "pending"
            and (name == alarm_id or of_kind in (one.condition.kind.replace(" ", "-"), "all"))
        ]
        for name in found:
            known = self.alarms[name]
            if action == "acknowledge":
                self.alarms[name] = replace(known, status="acknowledged", by=by, until_s=None)
            elif action == "shelve":
                self.alarms[name] = replace(known, status="shelved", by=by, until_s=now_s + 60.0 * (minutes or 15.0))
            else:
                self.alarms[name] = replace(known, status="open", by=None, until_s=None)
        return bool(found)

    def lines(self) -> list[Alarm]:
        """What is shown: at most `MOST_LINES` lines, by priority and age; many alarms of one kind are one line."""
        shown = [one for one in self.alarms.values() if one.status != "pending"]
        by_kind: dict[tuple[str, str], list[Alarm]] = {}
        for one in shown:
            by_kind.setdefault((one.condition.kind, one.status), []).append(one)
        lines: list[Alarm] = []
        for (kind, _), same in by_kind.items():
            lines.extend(same if len(same) <= GROUPS_ABOVE else [_grouped(same, kind, kind)])
        lines.sort(key=_urgency)
        if len(lines) <= MOST_LINES:
            return lines
        return [*lines[: MOST_LINES - 1], _grouped(lines[MOST_LINES - 1 :], "all", "further alarms")]


def _clears_after_s(alarm: Alarm) -> float:
    return CHATTER_CLEARS_AFTER_S if alarm.chatters else CLEARS_AFTER_S


def _urgency(alarm: Alarm) -> tuple[bool, int, float]:
    return alarm.status in ("shelved", "suppressed"), alarm.condition.priority, alarm.since_s


def _grouped(same: Sequence[Alarm], key: str, words: str) -> Alarm:
    """One line for several alarms: the most urgent one gives the words."""
    first = min(same, key=_urgency)
    count = sum(one.count for one in same)
    places = sorted({one.condition.place for one in same})
    shown = ", ".join(places[:5]) + (f" and {len(places) - 5} more" if len(places) > 5 else "")
    condition = replace(first.condition, kind="group", key=key, what=f"{count} × {words}", place=shown)
    return replace(first, condition=condition, count=count, since_s=min(one.since_s for one in same))
