"""Rows of the doors: what cannot be read is refused with a reason."""

from typing import Any

import pytest

from api.live.messages import ClockReading, MeterReading, TrainEvent, UnreadableRow, VehicleRecord, read_row

EVENT = {"kind": "departed", "train": "T1", "trip": "up-001", "station": "A", "time_s": 100.5, "running_time_s": 90}


def test_each_kind_is_read() -> None:
    assert read_row(EVENT) == TrainEvent("departed", "T1", "up-001", "A", 100.5, None, 90)
    record = {"kind": "record", "vehicle": "T1", "time_s": 5, "chainage_m": 1, "speed_m_s": 2, "voltage_v": 800,
              "current_a": -10}  # fmt: skip
    assert read_row(record) == VehicleRecord("T1", 5.0, 1.0, 2.0, -8000.0, 800.0)
    assert read_row({"kind": "meters", "time_s": 5, "power_kw": {"A": 3}}) == MeterReading(5.0, {"A": 3.0})
    clock = {"kind": "clock", "time_s": 5, "wall_s": 1e9, "speed": 10, "day": "2026-12-01"}
    assert read_row(clock) == ClockReading(5.0, 1e9, 10.0, "2026-12-01")


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        "text",
        {},
        {"kind": "other"},
        {**EVENT, "time_s": "12"},
        {**EVENT, "time_s": float("nan")},
        {**EVENT, "time_s": -1},
        {**EVENT, "time_s": True},
        {**EVENT, "train": ""},
        {**EVENT, "train": "x" * 101},
        {**EVENT, "station": 7},
        {**EVENT, "passengers": 1e9},
        {"kind": "record", "vehicle": "T1", "time_s": 5, "chainage_m": 1, "speed_m_s": 200},
        {"kind": "meters", "time_s": 5, "power_kw": {"A": "3"}},
        {"kind": "meters", "time_s": 5, "power_kw": 7},
    ],
)
def test_a_row_that_is_no_message_is_refused(row: Any) -> None:
    with pytest.raises(UnreadableRow):
        read_row(row)
