"""The messages of a line: events of trains, records of recorders, meters of substations, and the clock of the line.

Every door of the live line gives rows as JSON objects. `read_row` turns a row into a value; a row that it cannot read
is refused with a reason and counted, and never stops the line.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

EventKind = Literal["ready", "arrived", "departed"]
EVENT_KINDS: tuple[EventKind, ...] = ("ready", "arrived", "departed")
LONGEST_TEXT = 100
LATEST_S = 172_800.0


@dataclass(frozen=True)
class TrainEvent:
    """An event of a train at a station: doors are about to close (`ready`), arrival or departure, in s of the day.

    `trip_id` is empty if the control centre does not know it, `passengers` and `running_time_s` (of the run after a
    departure) are None if it does not report them.
    """

    kind: EventKind
    train_id: str
    trip_id: str
    station_id: str
    time_s: float
    passengers: float | None = None
    running_time_s: int | None = None


@dataclass(frozen=True)
class VehicleRecord:
    """One second of an on-board recorder: position, speed, and the power at the collector (None: not recorded)."""

    train_id: str
    time_s: float
    chainage_m: float
    speed_m_s: float
    power_w: float | None = None
    voltage_v: float | None = None


@dataclass(frozen=True)
class MeterReading:
    """The mean power in kW of some substations over the second that ends at `time_s`, at their DC terminals."""

    time_s: float
    power_kw: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class ClockReading:
    """The clock of a line: `time_s` (s of the day) at the moment `wall_s` (s since 1970), and its speed.

    `virtual` is True for a simulated line.
    """

    time_s: float
    wall_s: float
    speed: float
    day: str
    virtual: bool = True


Message = TrainEvent | VehicleRecord | MeterReading | ClockReading


class UnreadableRow(Exception):
    """Raised for a row that is no message; its text is the reason."""


def read_row(row: object) -> Message:
    """The message of a row; raises `UnreadableRow`."""
    if not isinstance(row, dict):
        raise UnreadableRow("no JSON object")
    kind = row.get("kind")
    if kind in EVENT_KINDS:
        return TrainEvent(
            kind, _text(row, "train"), _text(row, "trip", ""), _text(row, "station"), _time(row),
            _optional(row, "passengers", 0.0, 1e5), _whole(row, "running_time_s"),
        )  # fmt: skip
    if kind == "record":
        voltage_v, current_a = _optional(row, "voltage_v", 0.0, 5e3), _optional(row, "current_a", -2e4, 2e4)
        power_w = None if voltage_v is None or current_a is None else voltage_v * current_a
        return VehicleRecord(
            _text(row, "vehicle"), _time(row), _number(row, "chainage_m", -1e5, 1e6),
            _number(row, "speed_m_s", 0.0, 60.0), power_w, voltage_v,
        )  # fmt: skip
    if kind == "meters":
        given = row.get("power_kw")
        if not isinstance(given, dict) or len(given) > 1000:
            raise UnreadableRow("power_kw is no object of numbers by substation")
        return MeterReading(_time(row), {str(name)[:LONGEST_TEXT]: _number(given, name, -1e6, 1e6) for name in given})
    if kind == "clock":
        return ClockReading(
            _time(row), _number(row, "wall_s", 0.0, 1e11), _number(row, "speed", 0.0, 1e4), _text(row, "day"),
            row.get("virtual") is not False,
        )  # fmt: skip
    raise UnreadableRow(f"unknown kind {str(kind)[:40]!r}")


def event_row(event: TrainEvent) -> dict[str, Any]:
    """An event as a row."""
    row: dict[str, Any] = {
        "kind": event.kind, "train": event.train_id, "trip": event.trip_id, "station": event.station_id,
        "time_s": event.time_s,
    }  # fmt: skip
    if event.passengers is not None:
        row["passengers"] = round(event.passengers, 1)
    if event.running_time_s is not None:
        row["running_time_s"] = event.running_time_s
    return row


def _text(row: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or (default is None and not value):
        raise UnreadableRow(f"{name} is no text of 1 to {LONGEST_TEXT} characters")
    return value


def _number(row: Mapping[str, Any], name: str, lowest: float, highest: float) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableRow(f"{name} is no number")
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise UnreadableRow(f"{name} is not between {lowest:g} and {highest:g}")
    return float(value)


def _optional(row: Mapping[str, Any], name: str, lowest: float, highest: float) -> float | None:
    return None if row.get(name) is None else _number(row, name, lowest, highest)


def _whole(row: Mapping[str, Any], name: str) -> int | None:
    value = _optional(row, name, 0.0, 7200.0)
    return None if value is None or value == 0.0 else round(value)


def _time(row: Mapping[str, Any]) -> float:
    return _number(row, "time_s", 0.0, LATEST_S)
