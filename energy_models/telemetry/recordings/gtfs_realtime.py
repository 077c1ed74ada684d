"""Vehicle positions of GTFS-Realtime: a row for each vehicle of a feed message.

Specification: GTFS Realtime, message FeedMessage (version 1.0 and 2.0); speeds in m/s, odometer in m, WGS 84 degrees.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.batch import Rejected
from energy_models.telemetry.recordings.raw_rows import RawRows
from energy_models.telemetry.recordings.typed_rows import require_columns

if TYPE_CHECKING:
    from google.transit.gtfs_realtime_pb2 import FeedEntity, FeedMessage

COLUMNS: dict[str, pa.DataType] = {
    "timestamp_s": pa.int64(),
    "vehicle": pa.string(),
    "trip": pa.string(),
    "direction": pa.string(),
    "route": pa.string(),
    "stop": pa.string(),
    "status": pa.string(),
    "latitude_deg": pa.float64(),
    "longitude_deg": pa.float64(),
    "speed_m_s": pa.float64(),
    "odometer_m": pa.float64(),
}
"""The columns of a row, blank where the feed has no value. `timestamp_s` is the vehicle's, or else that of the message,
in seconds since 1970; `direction` is `direction_id` (0 or 1), `status` the name of `current_status`."""


def is_feed_message(start: bytes) -> bool:
    """Whether the first four bytes are those of a feed message, whose header begins with a version of three letters."""
    return len(start) >= 4 and start[0] == 0x0A and start[2:4] == b"\x0a\x03"


def vehicle_position_rows(content: bytes, name: str, columns: Sequence[str] = tuple(COLUMNS)) -> RawRows:
    """The vehicle positions of a feed message; other entities of the message are no rows.

    Raises:
        InputFaults: The bytes are no feed message, it has no vehicle position, a column is unknown, or the package for
            GTFS-Realtime is not installed.
    """
    require_columns(tuple(COLUMNS), columns, name)
    message = read_feed_message(content, name)
    rows: list[dict[str, object]] = []
    entities: list[FeedEntity] = []
    numbers: list[int] = []
    rejected: list[Rejected] = []
    for number, entity in enumerate(message.entity, 1):
        if not entity.HasField("vehicle") or entity.is_deleted:
            continue
        row = _row(entity.vehicle, message.header.timestamp)
        # The parser lets texts pass that are no UTF-8.
        reason = "no timestamp" if not row["timestamp_s"] else "text is not UTF-8" if _has_bytes(row) else ""
        if reason:
            rejected.append(Rejected(number, reason, entity.SerializeToString()))
            continue
        rows.append(row)
        entities.append(entity)
        numbers.append(number)
    if not rows and not rejected:
        raise InputFaults([Fault(name, "", "", f"{len(message.entity)} entities", "at least one vehicle position")])
    table = pa.table({column: pa.array([row[column] for row in rows], COLUMNS[column]) for column in columns})
    digest = hashlib.sha256(content).hexdigest()
    return RawRows(
        table, lambda at: entities[at].SerializeToString(), numbers.__getitem__, tuple(rejected), digest
    )  # fmt: skip


def _has_bytes(row: dict[str, object]) -> bool:
    return any(isinstance(value, bytes) for value in row.values())


def read_feed_message(content: bytes, name: str) -> "FeedMessage":
    """The feed message of some bytes; raises InputFaults for other bytes, or without the package."""
    try:
        from google.protobuf.message import DecodeError  # noqa: PLC0415 - an extra that few need
        from google.transit.gtfs_realtime_pb2 import FeedMessage  # noqa: PLC0415
    except ImportError:
        allowed = "the package gtfs-realtime-bindings: pip install 'headwatt[live]'"
        raise InputFaults([Fault(name, "", "", "a GTFS-Realtime message", allowed)]) from None
    try:
        message: FeedMessage = FeedMessage.FromString(content)
    except DecodeError:
        raise InputFaults([Fault(name, "", "", "not readable", "a whole GTFS-Realtime feed message")]) from None
    return message


def _row(vehicle: Any, header_timestamp_s: int) -> dict[str, object]:
    """One row by column; floats of the message have 32 bits, and keep their shortest decimal form."""
    position = vehicle.position if vehicle.HasField("position") else None
    trip = vehicle.trip

    def number(field: str) -> float | None:
        return float(f"{getattr(position, field):.9g}") if position is not None and position.HasField(field) else None

    return {
        "timestamp_s": vehicle.timestamp or header_timestamp_s,
        "vehicle": vehicle.vehicle.id or vehicle.vehicle.label or None,
        "trip": trip.trip_id or None,
        "direction": str(trip.direction_id) if trip.HasField("direction_id") else None,
        "route": trip.route_id or None,
        "stop": vehicle.stop_id or None,
        "status": vehicle.VehicleStopStatus.Name(vehicle.current_status)
        if vehicle.HasField("current_status")
        else None,
        "latitude_deg": number("latitude"),
        "longitude_deg": number("longitude"),
        "speed_m_s": number("speed"),
        "odometer_m": number("odometer"),
    }
