"""A live line by GTFS-Realtime, polled from a real server; no bad answer ends it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from live_lines import EIGHT, live_line, live_plan, virtual_line

pytest.importorskip("google.transit.gtfs_realtime_pb2")
from google.transit.gtfs_realtime_pb2 import FeedMessage, VehiclePosition

from api.ingest.live_gtfs_realtime import FeedReader, GtfsRealtimeFeeds, chainage_at_m, poll_feeds
from api.live.live_line import Outcome
from api.live.messages import TrainEvent, read_row
from energy_models.faults import InputFaults
from simulation.virtual_line.outside_centre import SeenEvent

MIDNIGHT = 1_796_083_200
"""2026-12-01 in UTC."""


def time_s_of(moment: float) -> float:
    return moment - MIDNIGHT


def feed(time_s: float) -> FeedMessage:
    message = FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = MIDNIGHT + int(time_s)
    return message


def updates(events: list[SeenEvent], time_s: int) -> FeedMessage:
    """Trip updates with the times so far, and a prediction for the next station."""
    message = feed(time_s)
    by_trip: dict[str, Any] = {}
    for one in events:
        if one.event == "ready":
            continue
        if one.trip_id not in by_trip:
            entity = message.entity.add(id=one.trip_id)
            entity.trip_update.trip.trip_id, entity.trip_update.vehicle.id = one.trip_id, one.vehicle
            by_trip[one.trip_id] = entity.trip_update
        stop = by_trip[one.trip_id].stop_time_update.add(stop_id=f"{one.station_id}:1")
        (stop.arrival if one.event == "arrived" else stop.departure).time = MIDNIGHT + round(one.time_s)
    for trip_id, update in by_trip.items():
        last = live_plan().trips[trip_id].stations[-1]
        update.stop_time_update.add(stop_id=last).arrival.time = MIDNIGHT + time_s + 600
    return message


@contextmanager
def server(answers: list[bytes]) -> Iterator[tuple[str, threading.Event]]:
    """Serves one answer after the other, then 404; the event is set after the last one."""
    waiting, over = list(answers), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not waiting:
                over.set()
                self.send_error(404)
                return
            content = waiting.pop(0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}/feed.pb", over
        found.shutdown()


def test_polled_trip_updates_give_the_state_of_the_line() -> None:
    virtual, live = virtual_line(), live_line("track")
    events, answers = list(virtual.before), [b"no feed"]
    for _ in range(20):
        events += [event for _ in range(15) for event in virtual.second().events]
        content = updates(events, virtual.time_s).SerializeToString()
        answers += [content[:-3], content]
    outcome, reader = Outcome(), FeedReader(live_plan(), time_s_of)

    def take(rows: list[Any]) -> None:
        for row in rows:
            live.apply(read_row(row), row["time_s"], outcome)
            live.step(max(live.now_s, row["time_s"]), outcome)

    async def run(address: str, over: threading.Event) -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(poll_feeds(GtfsRealtimeFeeds((address,), 0.01), reader, take, stop))
        while not over.is_set():
            await asyncio.sleep(0.01)
        stop.set()
        await task

    with server(answers) as (address, over):
        asyncio.run(run(address, over))
    known = {}
    for one in events:
        if one.event != "ready":
            known[one.vehicle] = one
    assert set(live.tracker.trains) == set(known)
    for name, one in known.items():
        belief = live.tracker.trains[name]
        assert (belief.event, belief.trip.trip_id, belief.stop) == (one.event, one.trip_id, one.stop)
        assert belief.at_s == pytest.approx(one.time_s, abs=0.51)
    assert live.tracker.refused.total() == 0
    assert live.account.energy_kwh > 0.0
    assert live.advising.given > 0


def position(train: str, time_s: int, stop_id: str, status: int, trip_id: str) -> bytes:
    message = feed(time_s)
    vehicle = message.entity.add(id=train).vehicle
    vehicle.vehicle.id, vehicle.trip.trip_id, vehicle.stop_id = train, trip_id, stop_id
    vehicle.timestamp, vehicle.current_status = MIDNIGHT + time_s, status
    return message.SerializeToString()


def test_positions_give_arrivals_and_departures_once() -> None:
    trip = live_plan().timetable.trips[0]
    reader, first, second = FeedReader(live_plan(), time_s_of), trip.stations[0], trip.stations[1]
    stopped, moving = VehiclePosition.STOPPED_AT, VehiclePosition.IN_TRANSIT_TO
    steps = [
        (0, first, stopped),
        (5, first, stopped),
        (10, second, moving),
        (10, second, moving),
        (90, second, stopped),
    ]
    found = [
        read_row(row)
        for after_s, stop, status in steps
        for row in reader.rows(position(trip.vehicle, EIGHT + after_s, stop, status, trip.trip_id))
    ]
    name, trip_id = trip.vehicle, trip.trip_id
    assert found == [
        TrainEvent("arrived", name, trip_id, first, EIGHT),
        TrainEvent("departed", name, trip_id, first, EIGHT + 10),
        TrainEvent("arrived", name, trip_id, second, EIGHT + 90),
    ]


def test_a_delay_counts_from_the_timetable() -> None:
    trip = live_plan().timetable.trips[0]
    message = feed(trip.departure_s[1] + 60)
    update = message.entity.add(id="e").trip_update
    update.trip.trip_id = trip.trip_id
    update.stop_time_update.add(stop_sequence=2).departure.delay = 20
    (row,) = FeedReader(live_plan(), time_s_of).rows(message.SerializeToString())
    assert read_row(row) == TrainEvent(
        "departed", trip.vehicle, trip.trip_id, trip.stations[1], float(trip.departure_s[1] + 20)
    )


def test_coordinates_become_chainage_of_the_line() -> None:
    stations = ((31.0, 121.0, 0.0), (31.0, 121.01, 1000.0), (31.01, 121.01, 2200.0))
    assert chainage_at_m(stations, 31.0002, 121.005) == pytest.approx(500.0)
    assert chainage_at_m(stations, 31.005, 121.0101) == pytest.approx(1600.0)
    assert chainage_at_m(stations, 31.2, 121.0) is None
    assert chainage_at_m(stations[:1], 31.0, 121.0) is None


def test_bytes_that_are_no_feed_are_a_fault() -> None:
    with pytest.raises(InputFaults):
        FeedReader(live_plan(), time_s_of).rows(b"\x01\x02")
