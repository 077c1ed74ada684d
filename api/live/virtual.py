"""The process of a virtual line: the simulated line against the clock, behind the same doors as a real one.

`python -m api.live.virtual` reads its settings as one JSON object from the first line of its standard input, and ends
with its parent (the end of the standard input) or by a signal.
"""

import asyncio
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from api.live.place import append_line
from api.live.topics import Topics
from api.live.virtual_rows import event_of, meters_of, record_of, truth_of
from api.live.virtual_settings import VirtualSettings
from simulation.virtual_line.live import Incident, LineSecond, VirtualLine
from simulation.virtual_line.outside_centre import Command

LOOK_S = 0.02
CLOCK_S = 0.5
POLL_S = 0.2
AT_ONCE = 20
"""Seconds that are simulated before the doors are served again."""
MOST_WAITING = 5_000
"""Messages or rows that may wait for the door before the line waits."""
MOST_AHEAD_S, MOST_AHEAD_WALL_S = 10.0, 3.0
"""The line may be ahead of the process that takes its messages by this time, and this time of the machine."""
GONE_AFTER_S = 10.0
"""A process without a snapshot for this time has gone."""


class Runner:
    """Steps a virtual line against a clock, and takes commands and incidents.

    Nothing is lost if the machine is too slow: the clock of the line waits while many messages wait for the door, and
    while the process of the line that takes them is behind. It does not wait for a process that is not there.
    """

    def __init__(
        self,
        line: VirtualLine,
        settings: VirtualSettings,
        send: Callable[[str, list[Any]], None],
        waiting: Callable[[], int] = lambda: 0,
    ) -> None:
        self.line, self._settings, self._send, self._waiting = line, settings, send, waiting
        self._began_wall_s: float | None = None
        self._clock_at = 0.0
        self._heard_s, self._heard_wall_s = 0.0, -math.inf
        self.waited_s = 0.0
        self.taken: set[tuple[str, float, int]] = set()

    def begin(self, wall_s: float) -> None:
        """Start the clock; send what a control centre saw before."""
        self._began_wall_s = wall_s
        self._began_s = float(self.line.time_s)
        self._tell_clock(wall_s)
        self._send("events", [event_of(one) for one in self.line.before])

    def time_s(self, wall_s: float) -> float:
        """The time of the line."""
        assert self._began_wall_s is not None
        return self._began_s + (wall_s - self._began_wall_s) * self._settings.speed

    def look(self, wall_s: float) -> bool:
        """Run the seconds that are over; False at the end of the service."""
        for _ in range(AT_ONCE):
            if self.line.time_s + 1 > self.time_s(wall_s):
                break
            if self._is_ahead(wall_s):
                self._wait(wall_s)
                break
            self._publish(self.line.second())
            self._tell_clock(wall_s)
        else:
            self._wait(wall_s)
        if wall_s - self._clock_at >= CLOCK_S:
            self._tell_clock(wall_s)
        return self.line.time_s < self.line.ends_s

    def hear(self, time_s: float, wall_s: float) -> None:
        """Take the time of the line at which the process is that takes its messages."""
        self._heard_s, self._heard_wall_s = time_s, wall_s

    def _is_ahead(self, wall_s: float) -> bool:
        """Whether the line must wait for its messages."""
        if self._waiting() > MOST_WAITING:
            return True
        most_ahead_s = MOST_AHEAD_S + MOST_AHEAD_WALL_S * self._settings.speed
        is_there = wall_s - self._heard_wall_s < GONE_AFTER_S
        return is_there and self.line.time_s - self._heard_s > most_ahead_s

    def _wait(self, wall_s: float) -> None:
        """Let the clock continue from the second that the line has reached."""
        self.waited_s += self.time_s(wall_s) - self.line.time_s
        self._began_wall_s, self._began_s = wall_s, float(self.line.time_s)

    def take_advice(self, rows: list[dict[str, Any]]) -> None:
        """Take advice as the hub publishes it."""
        for row in rows:
            if row["status"] in ("open", "acknowledged"):
                key = (row["advice_id"], row["departs_s"], row["running_time_s"])
                if key in self.taken:
                    continue
                self.taken.add(key)
                self.line.centre.command(
                    Command(row["trip_id"], row["stop"], row["departs_s"], row["running_time_s"], self.line.time_s)
                )
            elif row["status"] in ("declined", "expired"):
                self.line.centre.withdraw(row["trip_id"], row["stop"])

    def take_incidents(self, rows: list[dict[str, Any]]) -> None:
        """Let incidents happen."""
        for row in rows:
            from_s = float(self.line.time_s if row.get("from_s") is None else row["from_s"])
            with suppress(Exception):
                self.line.add(Incident(row["kind"], row["at"], from_s, from_s + float(row["duration_s"])))

    def _publish(self, second: LineSecond) -> None:
        if self._settings.truth is not None:
            append_line(Path(self._settings.truth), json.dumps(truth_of(second)).encode())
        if second.events:
            self._send("events", [event_of(one) for one in second.events])
        if second.records:
            self._send("records", [record_of(one) for one in second.records])
        meters = meters_of(second)
        if meters is not None:
            self._send("meters", [meters])

    def _tell_clock(self, wall_s: float) -> None:
        self._clock_at = wall_s
        # A line that is behind its clock tells the time that it has reached.
        time_s = min(self.time_s(wall_s), self.line.time_s + 1.0)
        row = {
            "kind": "clock", "time_s": round(time_s, 3), "wall_s": round(wall_s, 3),
            "speed": self._settings.speed, "day": self._settings.day, "virtual": True,
        }  # fmt: skip
        self._send("clock", [row])


def virtual_line(settings: VirtualSettings) -> VirtualLine:
    """The virtual line of settings; raises InputFaults."""
    from api.plan_files.sound_plan import read_sound_plan  # noqa: PLC0415
    from dispatch.plans.in_force import timetable_in_force  # noqa: PLC0415
    from scenarios.files.load import load_scenario  # noqa: PLC0415
    from scenarios.values.rolling_stock import RollingStock, fleet_profiles  # noqa: PLC0415
    from simulation.day.model import day_model  # noqa: PLC0415

    if settings.plan_folder is None:
        scenario = load_scenario(settings.scenario, ())
        timetable, stock = timetable_in_force(scenario), RollingStock.of(scenario)
    else:
        written = read_sound_plan(Path(settings.plan_folder))
        scenario, timetable, stock = written.scenario, written.plan.timetable, written.stock()
    profiles = fleet_profiles(scenario, stock).of_vehicle
    model = day_model(scenario, profiles.main, others=profiles.others)
    return VirtualLine(
        model, timetable, seed=settings.seed, from_s=settings.from_s, obedience=settings.obedience,
        delay_s=settings.delay_s, outside_temperature_c=scenario.outside_temperature_c,
    )  # fmt: skip


async def run_by_broker(line: VirtualLine, settings: VirtualSettings, stop: asyncio.Event) -> None:
    """Run a virtual line behind a broker."""
    from api.ingest.live_mqtt import Exchange, Outgoing  # noqa: PLC0415
    from api.ingest.mqtt import broker_at  # noqa: PLC0415

    topics = Topics(settings.line_id)
    of = {"events": topics.events, "records": topics.records, "meters": topics.meters, "clock": topics.clock}

    def send(kind: str, rows: list[Any]) -> None:
        payload = json.dumps(rows, separators=(",", ":")).encode()
        # One quality of service for all kinds: the broker then keeps their order.
        exchange.send(Outgoing(of[kind], payload))

    def received(rows: list[tuple[str, bytes]]) -> None:
        for topic, row in rows:
            found = json.loads(row)
            if topic == topics.advice:
                runner.take_advice([found])
            elif topic == topics.state:
                runner.hear(found["time_s"], time.time())
            else:
                runner.take_incidents([found])

    runner = Runner(line, settings, send, lambda: exchange.waiting)
    exchange = Exchange(
        broker_at(str(settings.broker), f"headwatt-virtual-{settings.line_id}"),
        (topics.advice, topics.incidents, topics.state), received, lambda _reason: None,
    )  # fmt: skip
    task = asyncio.create_task(exchange.run(stop))
    runner.begin(time.time())
    while not stop.is_set() and runner.look(time.time()):
        await asyncio.sleep(LOOK_S)
    stop.set()
    await asyncio.gather(task, return_exceptions=True)


async def run_by_service(line: VirtualLine, settings: VirtualSettings, stop: asyncio.Event) -> None:
    """Run a virtual line behind the HTTP service."""
    from api.ingest.live_http import ServiceDoor  # noqa: PLC0415

    door = ServiceDoor(str(settings.service), settings.line_id, settings.key)
    runner = Runner(line, settings, lambda _kind, rows: door.send(rows), lambda: door.waiting)
    runner.begin(time.time())
    polled = 0.0
    while not stop.is_set() and runner.look(time.time()):
        await asyncio.to_thread(door.flush)
        if time.time() - polled >= POLL_S:
            polled = time.time()
            found = await asyncio.to_thread(door.snapshot)
            runner.take_advice(found.get("advice", []))
            runner.take_incidents(door.new_incidents(found))
            if found and not found["is_stale"]:
                runner.hear(found["time_s"], time.time())
        await asyncio.sleep(LOOK_S)
    await asyncio.to_thread(door.flush)


def run(settings: VirtualSettings) -> None:
    """Run a virtual line until a signal, the end of the standard input, or the end of the service."""
    line = virtual_line(settings)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        threading.Thread(target=_wait_for_parent, args=(loop, stop), daemon=True).start()
        if settings.broker is not None:
            await run_by_broker(line, settings, stop)
        else:
            await run_by_service(line, settings, stop)

    asyncio.run(main())


def _wait_for_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    run(VirtualSettings(**json.loads(sys.stdin.buffer.readline())))
    os._exit(0)
