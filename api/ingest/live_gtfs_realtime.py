"""A live line by GTFS-Realtime: trip updates and vehicle positions of polled feeds become rows of the live line.

Specification: GTFS Realtime 2.0, messages TripUpdate and VehiclePosition. A time of a trip update counts as an event
when it is not after the time of the feed; later times are predictions. A vehicle position gives an arrival when its
status becomes STOPPED_AT, a departure when this ends, and a record if it has coordinates and a speed.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError

from api.ingest.poll import fetched, header_of
from api.live.live_plan import LivePlan
from energy_models.faults import InputFaults
from energy_models.telemetry.recordings.gtfs_realtime import read_feed_message

if TYPE_CHECKING:
    from google.transit.gtfs_realtime_pb2 import FeedMessage, TripUpdate, VehiclePosition

EARTH_M = 6_371_000.0
MOST_OFF_LINE_M = 1_000.0
"""A position further away from the line gives no record."""
_KEPT_S = 7200.0
_log = logging.getLogger("headwatt.live")


@dataclass(frozen=True)
class GtfsRealtimeFeeds:
    """The addresses of feeds, the seconds between two requests, and a further header as `name: value`."""

    addresses: tuple[str, ...]
    every_s: float = 5.0
    header: str | None = None


@dataclass
class FeedReader:
    """Turns feed messages into rows. Stops and trips have the names of the plan; a stop may have a suffix after `:`.

    `time_s_of` gives the time of the service day for a moment in s since 1970.
    """

    plan: LivePlan
    time_s_of: Callable[[float], float]
    _sent: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _seen: dict[str, "_Seen"] = field(default_factory=dict)

    def rows(self, content: bytes, name: str = "feed") -> list[dict[str, Any]]:
        """The new events and records of a message; raises InputFaults for bytes that are no feed message."""
        message = read_feed_message(content, name)
        found = list(self._rows(message))
        found.sort(key=lambda row: float(row["time_s"]))
        self._forget(float(message.header.timestamp))
        return found

    def _rows(self, message: "FeedMessage") -> Iterator[dict[str, Any]]:
        at = float(message.header.timestamp)
        for entity in message.entity:
            if entity.is_deleted:
                continue
            if entity.HasField("trip_update"):
                yield from self._of_update(entity.trip_update, at)
            if entity.HasField("vehicle"):
                yield from self._of_position(entity.vehicle, at)

    def _of_update(self, update: "TripUpdate", at: float) -> Iterator[dict[str, Any]]:
        trip = self.plan.trips.get(update.trip.trip_id)
        train = update.vehicle.id or update.vehicle.label or ("" if trip is None else trip.vehicle or trip.trip_id)
        for stop in update.stop_time_update:
            station = self._station(stop.stop_id)
            if station is None and trip is not None and 0 < stop.stop_sequence <= len(trip.stations):
                station = trip.stations[stop.stop_sequence - 1]
            if station is None or not train or stop.schedule_relationship != stop.SCHEDULED:
                continue
            for kind, event in (("arrived", stop.arrival), ("departed", stop.departure)):
                if event.time:
                    time_s, is_over = self.time_s_of(float(event.time)), event.time <= at
                elif trip is not None and event.HasField("delay") and station in trip.stations:
                    k = trip.stations.index(station)
                    time_s = float((trip.arrival_s if kind == "arrived" else trip.departure_s)[k] + event.delay)
                    is_over = time_s <= self.time_s_of(at)
                else:
                    continue
                if is_over:
                    yield from self._event(kind, train, update.trip.trip_id, station, time_s, at)

    def _of_position(self, position: "VehiclePosition", at: float) -> Iterator[dict[str, Any]]:
        train = position.vehicle.id or position.vehicle.label
        moment = float(position.timestamp) or at
        known = self._seen.get(train)
        if not train or not moment or (known is not None and moment <= known.moment):
            return
        time_s, trip_id = self.time_s_of(moment), position.trip.trip_id
        is_stopped = position.HasField("current_status") and position.current_status == position.STOPPED_AT
        station = self._station(position.stop_id) if is_stopped else None
        if known is not None and known.station is not None and known.station != station and not is_stopped:
            yield from self._event("departed", train, trip_id, known.station, time_s, at)
        if station is not None and (known is None or known.station != station):
            yield from self._event("arrived", train, trip_id, station, time_s, at)
        self._seen[train] = _Seen(moment, station)
        where = position.position
        if position.HasField("position") and where.HasField("speed"):
            chainage_m = chainage_at_m(self._coordinates, where.latitude, where.longitude)
            if chainage_m is not None:
                yield {
                    "kind": "record", "vehicle": train, "time_s": time_s, "chainage_m": round(chainage_m, 1),
                    "speed_m_s": max(0.0, float(where.speed)),
                }  # fmt: skip

    def _event(
        self, kind: str, train: str, trip_id: str, station: str, time_s: float, at: float
    ) -> Iterator[dict[str, Any]]:
        trip = self.plan.trips.get(trip_id)
        is_last = trip is not None and trip.stations[-1] == station
        key = (trip_id or train, station, kind)
        if key in self._sent or (kind == "departed" and is_last):
            return
        self._sent[key] = at
        yield {"kind": kind, "train": train, "trip": trip_id, "station": station, "time_s": round(time_s, 1)}

    def _station(self, stop_id: str) -> str | None:
        """The station of a stop: its id, or the part of it before `:` (platforms)."""
        for name in (stop_id, stop_id.partition(":")[0]):
            if name in self.plan.station_index:
                return name
        return None

    @property
    def _coordinates(self) -> tuple[tuple[float, float, float], ...]:
        return tuple(
            (float(one.latitude_deg), float(one.longitude_deg), float(one.chainage_m))
            for one in self.plan.scenario.stations_in_order("up")
            if one.latitude_deg is not None and one.longitude_deg is not None
        )

    def _forget(self, at: float) -> None:
        for key in [key for key, sent in self._sent.items() if sent < at - _KEPT_S]:
            del self._sent[key]
        for train in [train for train, seen in self._seen.items() if seen.moment < at - _KEPT_S]:
            del self._seen[train]


@dataclass(frozen=True)
class _Seen:
    """The last position of a vehicle: its moment, and the station at which it stood."""

    moment: float
    station: str | None


def chainage_at_m(
    stations: tuple[tuple[float, float, float], ...], latitude_deg: float, longitude_deg: float
) -> float | None:
    """The chainage of the nearest point on the straight lines between stations (latitude, longitude, chainage).

    None for fewer than two stations with coordinates, and for a position that is not near the line.
    """
    found, least_m = None, MOST_OFF_LINE_M
    east = math.cos(math.radians(latitude_deg))
    at = [
        (
            math.radians(lon - longitude_deg) * east * EARTH_M,
            math.radians(lat - latitude_deg) * EARTH_M,
            chainage_m,
        )
        for lat, lon, chainage_m in stations
    ]
    for (x0, y0, from_m), (x1, y1, to_m) in pairwise(at):
        length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2
        share = 0.0 if length2 == 0.0 else min(1.0, max(0.0, -(x0 * (x1 - x0) + y0 * (y1 - y0)) / length2))
        off_m = math.hypot(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
        if off_m < least_m:
            found, least_m = from_m + share * (to_m - from_m), off_m
    return found


async def poll_feeds(
    feeds: GtfsRealtimeFeeds, reader: FeedReader, take: Callable[[list[Any]], None], stop: asyncio.Event
) -> None:
    """Fetch the feeds again and again until `stop` is set; a failure is logged, and the next request follows."""
    own = header_of(feeds.header)
    unchanged: dict[str, Mapping[str, str]] = {}
    while not stop.is_set():
        for address in feeds.addresses:
            try:
                content, unchanged[address] = await asyncio.to_thread(
                    fetched, address, {**own, **unchanged.get(address, {})}
                )
                rows = [] if content is None else reader.rows(content, address)
                if rows:
                    take(rows)
            except InputFaults as error:
                _log.warning("%s", "; ".join(str(fault) for fault in error.faults))
            except HTTPError as error:
                if error.code != HTTPStatus.NOT_MODIFIED:
                    _log.warning("%s: %s %s", address, error.code, error.reason)
            except (URLError, OSError, ValueError) as error:
                _log.warning("%s: %s", address, error)
        try:
            await asyncio.wait_for(stop.wait(), feeds.every_s)
        except TimeoutError:
            continue
