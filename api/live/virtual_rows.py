"""The rows that a virtual line sends: those of a real line, from the seconds of the simulation."""

from typing import Any

from simulation.virtual_line.live import LineSecond, OnBoardRecord
from simulation.virtual_line.outside_centre import SeenEvent


def event_of(event: SeenEvent) -> dict[str, Any]:
    """An event of a train as a row."""
    row: dict[str, Any] = {
        "kind": event.event, "train": event.vehicle, "trip": event.trip_id, "station": event.station_id,
        "time_s": round(event.time_s, 3), "passengers": round(event.passengers, 1),
    }  # fmt: skip
    if event.running_time_s:
        row["running_time_s"] = event.running_time_s
    return row


def record_of(record: OnBoardRecord) -> dict[str, Any]:
    """A second of an on-board recorder as a row, in the columns of telemetry."""
    return {
        "kind": "record", "vehicle": record.vehicle, "trip": record.trip_id, "direction": record.direction,
        "time_s": record.time_s, "chainage_m": round(record.chainage_m, 1), "speed_m_s": round(record.speed_m_s, 3),
        "voltage_v": round(record.voltage_v, 1), "current_a": round(record.current_a, 1),
        "load_kg": round(record.load_kg), "section": record.section, "state": record.state,
        "friction_brake": int(record.friction_brake), "doors_open": int(record.doors_open),
        "outside_temperature_c": record.outside_temperature_c,
    }  # fmt: skip


def meters_of(second: LineSecond) -> dict[str, Any] | None:
    """The meters of a second as a row; None if they are silent."""
    if not second.substation_w:
        return None
    power_kw = {name: round(power_w / 1e3, 2) for name, power_w in second.substation_w.items()}
    return {"kind": "meters", "time_s": second.time_s, "power_kw": power_kw}


def truth_of(second: LineSecond) -> dict[str, Any]:
    """What the line knows of a second and does not send, for tests that compare a service with it."""
    return {
        "time_s": second.time_s,
        "events": [event_of(one) for one in second.true_events],
        "positions_m": {name: round(at_m, 1) for name, at_m in second.true_positions_m.items()},
        "train_kw": {name: round(power_w / 1e3, 2) for name, power_w in second.true_train_w.items()},
        "substation_kw": {name: round(power_w / 1e3, 2) for name, power_w in second.true_substation_w.items()},
    }
