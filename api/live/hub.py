"""The process of a live line: messages from the doors into the line, snapshots, record and advice out.

Everything that arrives is recorded before it is acknowledged. A start continues from the last checkpoint and takes the
recorded messages after it again; history is cut at the checkpoint, so that no second is counted twice.
"""

import asyncio
import fcntl
import json
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from api.live.checkpoint import restore, state_of
from api.live.clock import LineClock
from api.live.frames import Frames
from api.live.history import History
from api.live.inbox import Inbox
from api.live.live_line import LiveLine, Outcome
from api.live.live_plan import LivePlan
from api.live.message_delays import MessageDelays
from api.live.messages import ClockReading, UnreadableRow, read_row
from api.live.place import LivePlace, read_whole, write_whole
from api.live.record import Record
from api.live.recovery_requests import write_request
from api.live.shift_log import action_entry, add_entries, alarm_entry
from api.live.snapshot import snapshot, timetable_rows
from api.live.topics import Topics
from api.state.database import Database, DatabaseUnavailableError
from api.state.live import actions_after, newest_action
from dispatch.regulation.interface.controller_name import ControllerName
from dispatch.regulation.interface.regulator import Regulator
from energy_models.faults import Fault, InputFaults

if TYPE_CHECKING:
    from api.ingest.live_gtfs_realtime import GtfsRealtimeFeeds
    from api.ingest.live_mqtt import Exchange
    from api.ingest.mqtt import Broker
    from api.live.stored_records import StoredRecords

LOOK_S = 0.05
SNAPSHOT_S = 1.0
SNAPSHOT_AFTER_ADVICE_S = 0.2
ACTIONS_S = 0.25
CHECKPOINT_S = 5.0
MOST_INCIDENTS = 20
_log = logging.getLogger("headwatt.live")


@dataclass
class Hub:
    """One live line: its state, its record, and its doors."""

    plan: LivePlan
    place: LivePlace
    database: Database
    make_regulator: Callable[[], Regulator | None]
    controller: ControllerName
    clock: LineClock
    is_virtual: bool = False
    wall: Callable[[], float] = time.time
    records: "StoredRecords | None" = None
    line: LiveLine = field(init=False)
    exchange: "Exchange | None" = None

    def __post_init__(self) -> None:
        self.place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(self.place)
        self.line = LiveLine(self.plan, None, self.controller)
        # The tables of a regulator take seconds, on a new machine minutes: the state of the line does not wait.
        self._regulator = _begun(self.make_regulator) if self.controller != "none" else None
        self.record = Record(self.place.record)
        self.topics = Topics(self.place.line_id)
        self._history: History | None = None
        self._frames = Frames(self.place.history)
        self._delays = MessageDelays()
        self._history_day = ""
        self._action_id = 0
        self._sequence = 0
        self._snapshot_at = self._checkpoint_at = self._actions_at = 0.0
        self._has_news = False
        self.unreadable = 0
        self._incidents: list[dict[str, Any]] = []
        self._inbox = Inbox(self.place.inbox)
        self._recover()
        if self.records is not None:
            self.records.recover(self.record, lambda: self.clock.day(self.wall()))
        write_whole(self.place.timetable, timetable_rows(self.line))

    async def run(
        self, stop: asyncio.Event, broker: "Broker | None" = None, feeds: "GtfsRealtimeFeeds | None" = None
    ) -> None:
        """Run until `stop` is set."""
        tasks = []
        if feeds is not None:
            from api.ingest.live_gtfs_realtime import FeedReader, poll_feeds  # noqa: PLC0415

            self.line.slow_feeds(feeds.every_s)
            reader = FeedReader(self.plan, self.clock.time_s)
            tasks.append(asyncio.create_task(poll_feeds(feeds, reader, self.take_rows, stop)))
        if broker is not None:
            from api.ingest.live_mqtt import Exchange  # noqa: PLC0415

            self.exchange = Exchange(broker, self.topics.incoming, self._received, self._lost)
            tasks.append(asyncio.create_task(self.exchange.run(stop)))
        try:
            while not stop.is_set():
                for task in tasks:
                    if task.done():
                        task.result()
                self.look()
                await asyncio.sleep(LOOK_S)
        finally:
            self.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    def look(self) -> None:
        """Take what arrived by HTTP and what users did, bring the line to now, and write what is due."""
        wall_s = self.wall()
        rows = self._inbox.take()
        if rows:
            self.take_rows(rows)
        if wall_s - self._actions_at >= ACTIONS_S:
            self._actions_at = wall_s
            self._take_actions()
        self._take_regulator()
        now_s = self.clock.time_s(wall_s)
        if self.is_virtual and self.clock.virtual is None:
            return  # the virtual line has not told its time yet
        self._handle(self.line.step(now_s), now_s)
        if self.records is not None:
            self.records.look(self.record, wall_s)
        since_s = wall_s - self._snapshot_at
        if since_s >= SNAPSHOT_S or (self._has_news and since_s >= SNAPSHOT_AFTER_ADVICE_S):
            self._snapshot_at, self._has_news = wall_s, False
            self._write_snapshot(wall_s, now_s)
        if wall_s - self._checkpoint_at >= CHECKPOINT_S:
            self._checkpoint_at = wall_s
            self._write_checkpoint()
            self._inbox.clean(wall_s)

    def _take_regulator(self) -> None:
        """Begin to advise as soon as the regulator is there; raises what its making raised."""
        if self._regulator is not None and self._regulator.done():
            self.line.advising.regulator, self._regulator = self._regulator.result(), None
            self.line.advising.silent_because = None
            _log.warning("The regulator is ready: trains are advised from now on.")
        elif self._regulator is not None:
            self.line.advising.silent_because = "the regulator is being prepared"

    def take_rows(self, rows: list[Any]) -> None:
        """Record rows and apply them."""
        wall_s = self.wall()
        self.record.add({"now_s": round(self.clock.time_s(wall_s), 2), "wall_s": round(wall_s, 3), "rows": rows})
        self._apply(rows, None)
        if self.records is not None:
            self.records.add(rows, self.clock.day(wall_s), wall_s)

    def close(self) -> None:
        """Write the checkpoint, and end the files."""
        self._write_checkpoint()
        if self.records is not None:
            self.records.close(self.record)
        self.record.close()
        if self._history is not None:
            self._history.close()
        os.close(self._lock)

    def _apply(self, rows: list[Any], now_s: float | None) -> None:
        outcome = Outcome()
        for row in rows:
            try:
                message = read_row(row)
            except UnreadableRow:
                self.unreadable += 1
                self.line.tracker.refused["unreadable"] += 1
                continue
            if isinstance(message, ClockReading):
                if self.is_virtual:
                    self.clock.take(message)
                continue
            if now_s is None:
                self._delays.add(message, self.clock.time_s(self.wall()))
            self.line.apply(message, self.clock.time_s(self.wall()) if now_s is None else now_s, outcome)
        outcome.advice.extend(self.line.advising.take_changes())
        self._handle(outcome, self.line.now_s)

    def _received(self, rows: list[tuple[str, bytes]]) -> None:
        """Rows of a broker; the broker forgets them after this returns."""
        found = []
        for topic, row in rows:
            try:
                found.append(json.loads(row))
            except ValueError:
                found.append({"kind": "unreadable", "topic": topic})
        self.take_rows(found)

    def _lost(self, reason: str) -> None:
        _log.warning("The broker does not answer (%s); trying again.", reason)

    def _handle(self, outcome: Outcome, now_s: float) -> None:
        if outcome.seconds or outcome.passed:
            self._history_of_day().add(outcome.seconds, outcome.passed)
        done = [{"advice": one.row()} for one in outcome.advice]
        done += [{"alarm": one.row()} for one in outcome.alarms]
        if not done:
            return
        self._has_news = True
        wall_s = round(self.wall(), 3)
        self.record.add({"now_s": round(now_s, 2), "wall_s": wall_s, "done": done})
        add_entries(self._day_folder(), (alarm_entry(one, now_s, wall_s) for one in outcome.alarms))
        for topic, kind in ((self.topics.advice, "advice"), (self.topics.alarms, "alarm")):
            rows = [one[kind] for one in done if kind in one]
            if rows:
                self._send(topic, rows)

    def _take_actions(self) -> None:
        try:
            with self.database.reading() as session:
                found = [
                    (one.id, one.by_id, one.kind, one.object_id, one.value)
                    for one in actions_after(session, self.place.line_id, self._action_id)
                ]
        except DatabaseUnavailableError:
            return
        for number, by_id, kind, object_id, value in found:
            self._action_id = number
            self._act(number, by_id, kind, object_id, value)
            entry = action_entry(self.line.now_s, round(self.wall(), 3), by_id, kind, object_id, value)
            add_entries(self._day_folder(), [entry])
            self.record.add(
                {
                    "now_s": round(self.line.now_s, 2), "wall_s": round(self.wall(), 3),
                    "done": [
                        {"action": {"id": number, "by": by_id, "kind": kind, "object": object_id, "value": value}}
                    ],
                }
            )  # fmt: skip
            self._has_news = True

    def _act(self, number: int, by_id: str, kind: str, object_id: str, value: dict[str, Any]) -> None:
        now_s = self.line.now_s
        match kind:
            case "advice":
                self.line.advising.answer(object_id, value["answer"], value.get("reason"), by_id, now_s)
            case "advising":
                self.line.advising.switch(value["is_on"], value.get("train_id"), now_s)
            case "alarm":
                self.line.alarms.act(object_id, value["action"], value.get("minutes"), by_id, now_s)
            case "incident":
                begins_s = now_s if value.get("from_s") is None else value["from_s"]
                shown = {"number": number, "by": by_id, **value, "from_s": round(float(begins_s), 1)}
                self._incidents = [*self._incidents[1 - MOST_INCIDENTS :], shown]
                self._send(self.topics.incidents, [value])
            case "recovery":
                write_request(self.place, self.line, object_id, by_id, value)

    def _send(self, topic: str, value: Any, retain: bool = False) -> None:
        if self.exchange is not None:
            from api.ingest.live_mqtt import Outgoing  # noqa: PLC0415

            self.exchange.send(Outgoing(topic, json.dumps(value).encode(), 0 if retain else 1, retain))

    def _write_snapshot(self, wall_s: float, now_s: float) -> None:
        self._sequence += 1
        found = {
            "sequence": self._sequence, **snapshot(self.line, now_s), "day": self.clock.day(wall_s),
            "wall_time": datetime.fromtimestamp(wall_s, UTC).isoformat(timespec="milliseconds"),
            "speed": self.clock.speed, "is_virtual": self.is_virtual,
            "incidents": self._incidents, "by_mqtt": self.exchange is not None and self.exchange.is_connected,
            "delays": self._delays.rows(), "compared_kw": self.line.metered_means_kw(),
        }  # fmt: skip
        write_whole(self.place.snapshot, found)
        self._frames.add(found)
        self._send(self.topics.state, found, retain=True)

    def _write_checkpoint(self) -> None:
        number, offset = self.record.position
        virtual = self.clock.virtual
        write_whole(
            self.place.checkpoint,
            {
                "segment": number, "offset": offset, "action_id": self._action_id, "day": self.clock.day(self.wall()),
                "inbox": list(self._inbox.position), "is_virtual": self.is_virtual,
                "clock": None if virtual is None else [virtual.time_s, virtual.wall_s, virtual.speed, virtual.day],
                "state": state_of(self.line),
            },
        )  # fmt: skip
        self.record.sync()

    def _recover(self) -> None:
        """Continue from the last checkpoint, and take the recorded messages after it."""
        kept = read_whole(self.place.snapshot)
        self._sequence = 0 if kept is None else int(kept.get("sequence", 0))
        found = read_whole(self.place.checkpoint)
        if found is None or found["is_virtual"] != self.is_virtual:
            with self.database.reading() as session:
                self._action_id = newest_action(session, self.place.line_id)
            return
        self._action_id = found["action_id"]
        self._inbox.position = (str(found["inbox"][0]), int(found["inbox"][1]))
        if found["clock"] is not None:
            self.clock.take(ClockReading(*found["clock"]))
        is_same_day = found["day"] == self.clock.day(self.wall())
        if not is_same_day:
            return
        restore(self.line, found["state"])
        if self.line.settled_s is not None:
            self._history_of_day().keep_until(self.line.settled_s)
        count = 0
        for line in self.record.since(found["segment"], found["offset"]):
            for done in line.get("done", ()):
                action = done.get("action")
                if action is not None and action["id"] > self._action_id:
                    self._action_id = action["id"]
                    if action["kind"] not in ("incident", "recovery"):
                        self._act(action["id"], action["by"], action["kind"], action["object"], action["value"])
            rows = line.get("rows")
            if rows is not None:
                count += len(rows)
                self._apply(rows, line["now_s"])
                self._handle(self.line.step(line["now_s"]), line["now_s"])
        _log.warning("The line continues at %s s with %d recorded messages.", found["state"]["now_s"], count)

    def _day_folder(self) -> Path:
        return self.place.history / self.clock.day(self.wall())

    def _history_of_day(self) -> History:
        day = self.clock.day(self.wall())
        if self._history is None or self._history_day != day:
            if self._history is not None:
                self._history.close()
            self._history = History(self._day_folder(), self.line.supply.names)
            self._history_day = day
            if self.line.settled_s is not None:
                self._history.keep_until(self.line.settled_s)
        return self._history


def _begun(make: Callable[[], Regulator | None]) -> "Future[Regulator | None]":
    """Make a regulator in a thread that does not keep the process from ending."""
    found: Future[Regulator | None] = Future()

    def run() -> None:
        try:
            found.set_result(make())
        except Exception as error:
            found.set_exception(error)

    Thread(target=run, daemon=True).start()
    return found


def _locked(place: LivePlace) -> int:
    descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        allowed = "a line without another `headwatt live` process with this data folder"
        raise InputFaults([Fault("", "", "line", place.line_id, allowed)]) from None
    return descriptor
