"""A feed of GTFS-Realtime vehicle positions, and its mapping, for tests."""

from google.transit.gtfs_realtime_pb2 import FeedMessage, VehiclePosition

from energy_models.telemetry.mapping.read import mapping_of
from energy_models.telemetry.mapping.values import RecorderMapping

NOW_S = 1_796_000_000


def feed_message(seconds: int = 60, *, version: str = "2.0") -> FeedMessage:
    """Two trains that leave a station one after the other; the second one has no odometer and no own timestamp."""
    feed = FeedMessage()
    feed.header.gtfs_realtime_version = version
    feed.header.timestamp = NOW_S + seconds
    for number in (1, 2):
        entity = feed.entity.add(id=f"e{number}")
        entity.vehicle.vehicle.id = f"TS0{number}"
        entity.vehicle.trip.trip_id = f"T{number}"
        entity.vehicle.trip.direction_id = number - 1
        entity.vehicle.stop_id = "S4"
        entity.vehicle.current_status = VehiclePosition.IN_TRANSIT_TO
        entity.vehicle.position.latitude, entity.vehicle.position.longitude = 52.52, 13.405
        entity.vehicle.position.speed = 0.5 * (seconds % 40)
        if number == 1:
            entity.vehicle.timestamp = NOW_S + seconds - 3
            entity.vehicle.position.odometer = 1000.0 + 0.25 * seconds**2
    feed.entity.add(id="alert").alert.header_text.translation.add(text="Works")
    return feed


def feed_mapping(signals: str = "speed_m_s: {column: speed_m_s, unit: m/s}") -> RecorderMapping:
    return mapping_of(feed_mapping_text(signals).encode(), "rt.yaml")


def feed_mapping_text(signals: str = "speed_m_s: {column: speed_m_s, unit: m/s}") -> str:
    return (
        "format: telemetry-mapping-1\nsource: rt\nline: my_line\n"
        "clock: {column: timestamp_s, form: epoch_s, zone: Europe/Berlin}\nvehicle: {column: vehicle}\n"
        f"signals:\n  {signals}\n  trip: {{column: trip}}\n  odometer_m: {{column: odometer_m, unit: m}}\n"
        "  direction: {column: direction, values: {'0': up, '1': down}}\n"
    )
