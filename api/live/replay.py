"""A recorded time of a live line, taken through the core again: what it believed, measured in one table."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from api.live.live_line import LiveLine, Outcome
from api.live.messages import ClockReading, UnreadableRow, read_row

_NEW_START_S = 60.0
"""A clock that goes back by more than this is that of another day or of a new start."""


@dataclass
class ReplayFigures:
    """What a replay measured; energies are modelled, in kWh at the DC terminals of the substations."""

    from_s: float = 0.0
    to_s: float = 0.0
    messages: int = 0
    unreadable: int = 0
    seconds: int = 0
    energy_kwh: float = 0.0
    lateness_s: list[float] = field(default_factory=list)
    alarms: Counter[str] = field(default_factory=Counter)
    advice_given: int = 0
    advice_followed: int = 0
    answered: Counter[str] = field(default_factory=Counter)

    def rows(self) -> dict[str, Any]:
        """The figures by name."""
        late = np.array(self.lateness_s)
        return {
            "from_s": self.from_s, "to_s": self.to_s, "messages": self.messages, "unreadable": self.unreadable,
            "seconds": self.seconds, "energy_kwh": round(self.energy_kwh, 1), "arrivals": int(late.size),
            "mean_lateness_s": round(float(late.mean()), 1) if late.size else None,
            "lateness_95_percent_s": round(float(np.quantile(late, 0.95)), 1) if late.size else None,
            "alarms": dict(sorted(self.alarms.items())), "advice_given": self.advice_given,
            "advice_followed": self.advice_followed, "answers": dict(sorted(self.answered.items())),
        }  # fmt: skip


def newest_run(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of a record since the clock of the line last went back: the newest day, or the newest start."""
    found: list[dict[str, Any]] = []
    for line in lines:
        if found and line["now_s"] < found[-1]["now_s"] - _NEW_START_S:
            found = []
        found.append(line)
    return found


def replay(line: LiveLine, lines: Iterable[dict[str, Any]], from_s: float, to_s: float) -> ReplayFigures:
    """Take recorded messages through a line without news; what happened before `from_s` is taken but not measured."""
    found = ReplayFigures(from_s, to_s)
    for one in lines:
        now_s = float(one["now_s"])
        if now_s > to_s:
            continue
        is_measured = now_s >= from_s
        for action in _answers(one):
            found.answered[action] += is_measured
        if "rows" not in one:
            continue
        outcome = _take(line, one["rows"], now_s, found)
        if is_measured:
            _measure(line, outcome, now_s, found)
    return found


def _answers(line: dict[str, Any]) -> Iterator[str]:
    for done in line.get("done", ()):
        action = done.get("action")
        if action is not None:
            value = action["value"]
            yield f"{action['kind']} {value.get('answer') or value.get('action') or ''}".strip()


def _take(line: LiveLine, rows: list[Any], now_s: float, found: ReplayFigures) -> Outcome:
    outcome = Outcome()
    for row in rows:
        found.messages += 1
        try:
            message = read_row(row)
        except UnreadableRow:
            found.unreadable += 1
            continue
        if not isinstance(message, ClockReading):
            line.apply(message, now_s, outcome)
    return line.step(now_s, outcome)


def _measure(line: LiveLine, outcome: Outcome, now_s: float, found: ReplayFigures) -> None:
    found.seconds += len(outcome.seconds)
    found.energy_kwh += sum(one.power_kw for one in outcome.seconds) / 3600.0
    for alarm in outcome.alarms:
        if alarm.held_s >= now_s:
            found.alarms[alarm.condition.kind] += 1
    for one in outcome.passed:
        trip = line.plan.trips.get(one.trip_id)
        if trip is None or one.kind != "arrived":
            continue
        station_id = line.plan.order["up"][one.station]
        if station_id in trip.stations:
            found.lateness_s.append(one.time_s - trip.arrival_s[trip.stations.index(station_id)])
    given = {one.advice_id for one in outcome.advice if one.status == "open"}
    found.advice_given += len(given)
    found.advice_followed += sum(one.status == "followed" for one in outcome.advice)
