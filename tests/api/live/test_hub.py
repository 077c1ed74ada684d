"""The process of a live line without its doors: record, checkpoint, recovery, actions of users, history."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live_lines import EIGHT, LINE, event_row, first_trip, live_plan, rows_of, virtual_line
from prepared_data import prepared_data

from api.live.alarms import MOST_LINES
from api.live.clock import LineClock
from api.live.frames import frame_at
from api.live.history import read_history
from api.live.hub import Hub
from api.live.inbox import put_rows
from api.live.place import LivePlace, read_whole
from api.live.record import Record
from api.live.shift_log import read_entries
from api.services.live import Live
from api.state.database import Database, open_database
from energy_models.faults import InputFaults

WALL_S = 1_796_000_000.0
DAY = "2026-12-01"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_database(prepared_data(tmp_path))
    yield found
    found.close()


class Bench:
    """A hub whose clock the test moves; the line runs at the speed of the clock from 08:00."""

    def __init__(self, data: Path, database: Database) -> None:
        self.data, self.database, self.wall_s = data, database, WALL_S
        self.hub = self.begin()

    def begin(self) -> Hub:
        return Hub(
            live_plan(), LivePlace(self.data, LINE), self.database, lambda: None, "none", LineClock("UTC"),
            is_virtual=True, wall=lambda: self.wall_s,
        )  # fmt: skip

    def clock_row(self) -> dict[str, Any]:
        time_s = EIGHT + self.wall_s - WALL_S
        return {"kind": "clock", "time_s": time_s, "wall_s": self.wall_s, "speed": 1.0, "day": DAY}

    def second(self, rows: list[dict[str, Any]]) -> None:
        self.wall_s += 1.0
        self.hub.take_rows([self.clock_row(), *rows])
        self.hub.look()

    def killed(self) -> None:
        """Let go of the lock and nothing else: what a killed process leaves behind."""
        import os

        os.close(self.hub._lock)
        self.hub = self.begin()


def told(hub: Hub) -> tuple[Any, ...]:
    line = hub.line
    trains = {
        name: replace(one, record=None, before=None, lateness_s=0.0, seen_s=0.0)
        for name, one in line.tracker.trains.items()
    }
    return trains, line.tracker.departures_s, line.settled_s


def test_a_killed_process_continues_where_it_was(tmp_path: Path, database: Database) -> None:
    bench, virtual = Bench(tmp_path, database), virtual_line()
    for _ in range(40):
        bench.second(rows_of(virtual.second()))
    before, energy_kwh = told(bench.hub), bench.hub.line.account.energy_kwh
    sequence = read_whole(bench.hub.place.snapshot)["sequence"]
    bench.killed()
    bench.hub.look()
    assert told(bench.hub) == before
    assert bench.hub.line.account.energy_kwh == pytest.approx(energy_kwh, rel=2e-3)
    for _ in range(10):
        bench.second(rows_of(virtual.second()))
    found = read_history(bench.hub.place.folder / "history" / DAY, EIGHT, EIGHT + 100)
    times_s = found["times_s"]
    assert times_s == list(range(times_s[0], times_s[-1] + 1))
    assert times_s[-1] == EIGHT + 50 - bench.hub.line.lag_s
    assert read_whole(bench.hub.place.snapshot)["sequence"] > sequence
    bench.hub.close()


def test_rows_that_arrive_by_http_while_no_process_runs_are_taken_at_its_start(
    tmp_path: Path, database: Database
) -> None:
    bench, trip = Bench(tmp_path, database), first_trip()
    bench.second([])
    bench.hub.close()
    put_rows(bench.hub.place.inbox, [bench.clock_row(), {**event_row(trip, 0, "departed"), "time_s": EIGHT}], WALL_S)
    bench.hub = bench.begin()
    bench.second([])
    assert bench.hub.line.tracker.trains[trip.vehicle].event == "departed"
    bench.hub.close()


def test_what_users_do_reaches_the_line_and_survives_a_restart(tmp_path: Path, database: Database) -> None:
    bench = Bench(tmp_path, database)
    bench.second([])
    live = Live(database, tmp_path)
    live.switch_advising(LINE, False, None, "radio fails", "ada")
    bench.second([])
    assert not bench.hub.line.advising.is_on
    assert read_whole(bench.hub.place.snapshot)["advising"]["is_on"] is False
    bench.killed()
    bench.second([])
    assert not bench.hub.line.advising.is_on
    done = [one for line in Record(bench.hub.place.record).since(1, 0) for one in line.get("done", [])]
    assert [one["action"]["value"]["reason"] for one in done if "action" in one] == ["radio fails"]
    bench.hub.close()


def test_unreadable_rows_are_counted_and_stop_nothing(tmp_path: Path, database: Database) -> None:
    bench, trip = Bench(tmp_path, database), first_trip()
    bench.second([])
    rows: list[Any] = [None, 7, {"kind": "departed"}, {**event_row(trip, 0, "departed"), "time_s": EIGHT}]
    bench.second(rows)
    assert bench.hub.unreadable == 3
    assert trip.vehicle in bench.hub.line.tracker.trains
    bench.hub.close()


def test_a_line_has_one_process(tmp_path: Path, database: Database) -> None:
    bench = Bench(tmp_path, database)
    with pytest.raises(InputFaults):
        bench.begin()
    bench.hub.close()


def test_a_torn_line_of_the_record_is_left_out(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.add({"rows": [1]})
    record.close()
    with (tmp_path / "00000001.ndjson").open("ab") as stream:
        stream.write(b'{"rows": [2')
    again = Record(tmp_path)
    again.add({"rows": [3]})
    assert [line["rows"] for line in again.since(1, 0)] == [[1], [3]]
    again.close()


def test_a_virtual_line_that_begins_again_begins_its_history_again(tmp_path: Path, database: Database) -> None:
    bench = Bench(tmp_path, database)
    for hour in (1, 0):
        virtual = virtual_line(EIGHT + 3600 * hour)
        for _ in range(20):
            bench.wall_s += 1.0
            clock = {**bench.clock_row(), "time_s": virtual.time_s + 1.0}
            bench.hub.take_rows([clock, *rows_of(virtual.second())])
            bench.hub.look()
    found = read_history(bench.hub.place.folder / "history" / DAY, 0.0, 172_800.0)
    assert found["times_s"] == sorted(found["times_s"])
    assert EIGHT < found["times_s"][0] < found["times_s"][-1] < EIGHT + 60
    assert all(event[4] < EIGHT + 60 for event in found["train_events"])
    bench.hub.close()


def test_a_flood_of_two_hundred_unknown_trains_in_ten_seconds_is_at_most_ten_lines_of_the_service(
    tmp_path: Path, database: Database
) -> None:
    bench, trip = Bench(tmp_path, database), first_trip()
    bench.second([])
    for second in range(10):
        rows = [{**event_row(trip, 0, "departed", train=f"X{second}-{k}"), "time_s": EIGHT + second} for k in range(20)]
        bench.second(rows)
    bench.second([])
    alarms = Live(database, tmp_path).snapshot(LINE)["alarms"]
    assert len(alarms) <= MOST_LINES
    begun = [one for one in bench.hub.line.alarms.alarms.values() if one.status != "pending"]
    assert sum(one["count"] for one in alarms) == len(begun) > 100
    bench.hub.close()


def test_what_happened_is_in_the_log_and_in_frames_of_the_day(tmp_path: Path, database: Database) -> None:
    bench, trip = Bench(tmp_path, database), first_trip()
    bench.second([])
    bench.second([{**event_row(trip, 0, "departed", train="X1"), "time_s": EIGHT}])
    live = Live(database, tmp_path)
    live.switch_advising(LINE, False, None, "radio fails", "ada")
    asked = live.compare_recoveries(LINE, {"kind": "train failed", "at": "X1", "duration_s": 60}, "ada")
    for _ in range(12):
        bench.second([])
    folder = bench.hub.place.history / DAY
    entries = read_entries(folder, 0, 1e6)
    assert {"alarm", "action"} <= {one["entry"] for one in entries}
    assert [one["value"]["reason"] for one in entries if one.get("kind") == "advising"] == ["radio fails"]
    assert live.recovery(LINE, asked["recovery_id"])["status"] == "waiting"
    frame = frame_at(folder, EIGHT + 60.0)
    assert frame is not None
    assert frame["time_s"] >= EIGHT + 10
    assert "train events" in frame["delays"]
    bench.killed()
    bench.second([])
    assert len(read_entries(folder, 0, 1e6)) == len(entries)
    bench.hub.close()
