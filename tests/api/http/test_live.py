"""`/v1/live`: stored snapshots, the stream that resumes, and what users do with its record in the audit log."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prepared_data import prepared_data
from served_app import app_in, served_app

from api.live.frames import Frames
from api.live.place import LivePlace, write_whole
from api.live.shift_log import action_entry, add_entries
from api.services.audit import Audit
from api.state.database import open_database
from api.state.live import actions_after

LINE = "tutorial_line"
ADVICE = {"advice_id": "up-001.1", "status": "open"}
ALARM = {"alarm_id": "gap:T1", "status": "open"}


def snapshot(sequence: int, **more: Any) -> dict[str, Any]:
    return {
        "sequence": sequence, "line_id": LINE, "line_name": "Tutorial", "day": "2026-12-01", "is_virtual": True,
        "speed": 10.0, "time_s": 28_800.0, "wall_time": "2026-12-01T00:00:00+00:00", "advice": [ADVICE],
        "alarms": [ALARM], "advising": {"is_on": True, "off_trains": []}, **more,
    }  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> LivePlace:
    found = LivePlace(prepared_data(tmp_path), LINE)
    found.folder.mkdir(parents=True)
    write_whole(found.snapshot, snapshot(5))
    write_whole(found.timetable, {"stations": [], "trips": [], "today": None})
    return found


@pytest.fixture
def client(place: LivePlace) -> Iterator[httpx2.Client]:
    with served_app(app_in(place.data)) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


def test_lines_snapshot_timetable_and_history_are_read(client: httpx2.Client) -> None:
    (line,) = client.get("/v1/live").json()["lines"]
    assert (line["line_id"], line["is_stale"]) == (LINE, False)
    assert client.get(f"/v1/live/{LINE}").json()["sequence"] == 5
    assert client.get(f"/v1/live/{LINE}/timetable").json()["trips"] == []
    assert client.get(f"/v1/live/{LINE}/history").json()["times_s"] == []
    assert client.get("/v1/live/beijing_yizhuang").json()["code"] == "not-live"
    assert client.get("/v1/live/none").json()["code"] == "unknown-line"


def test_the_stream_resumes_after_the_last_event_and_tells_the_end(client: httpx2.Client, place: LivePlace) -> None:
    write = threading.Timer(0.5, write_whole, (place.snapshot, snapshot(6)))
    write.start()
    with client.stream("GET", f"/v1/live/{LINE}/events", headers={"last-event-id": "5"}) as answer:
        lines = (line for line in answer.iter_lines() if line)
        assert [next(lines), next(lines)] == ["id: 6", "event: state"]
        assert json.loads(next(lines).removeprefix("data: "))["sequence"] == 6
        os.utime(place.snapshot, (1, 1))
        assert next(line for line in lines if line == "event: end")
    write.join()


def test_what_users_do_is_stored_and_audited(client: httpx2.Client, place: LivePlace) -> None:
    base = f"/v1/live/{LINE}"
    declined = client.post(f"{base}/advice/up-001.1", json={"answer": "declined", "reason": "doors"})
    assert declined.json() == {"advice_id": "up-001.1", "status": "declined"}
    assert client.post(f"{base}/advising", json={"is_on": False, "train_id": "T1"}).status_code == 200
    shelved = client.post(f"{base}/alarms/gap:T1", json={"action": "shelve", "minutes": 5})
    assert shelved.json()["status"] == "shelved"
    held = {"kind": "hold train", "train_id": "T1", "duration_s": 60}
    assert client.post(f"{base}/incidents", json=held).json()["at"] == "T1"
    database = open_database(place.data)
    with database.reading() as session:
        kinds = [(one.kind, one.object_id) for one in actions_after(session, LINE, 0)]
    assert kinds == [("advice", "up-001.1"), ("advising", "T1"), ("alarm", "gap:T1"), ("incident", "T1")]
    entries = [one for one in Audit(database).newest(10) if one.action.startswith("live.")]
    assert [one.action for one in entries] == ["live.incident", "live.alarm", "live.advising", "live.advice"]
    assert all((one.actor_id, one.line_id) == ("local", LINE) for one in entries)
    database.close()


def test_what_is_not_there_or_not_running_is_refused(client: httpx2.Client, place: LivePlace) -> None:
    base = f"/v1/live/{LINE}"
    assert client.post(f"{base}/advice/other", json={"answer": "declined"}).status_code == 404
    assert client.post(f"{base}/advice/up-001.1", json={"answer": "maybe"}).status_code == 422
    assert client.post(f"{base}/incidents", json={"kind": "hold train"}).json()["code"] == "invalid-request"
    write_whole(place.snapshot, snapshot(7, advice=[{**ADVICE, "status": "expired"}], is_virtual=False))
    assert client.post(f"{base}/advice/up-001.1", json={"answer": "declined"}).json()["code"] == "wrong-state"
    assert client.post(f"{base}/incidents", json={"kind": "silent meters"}).json()["code"] == "wrong-state"
    os.utime(place.snapshot, (1, 1))
    assert client.post(f"{base}/advising", json={"is_on": False}).json()["code"] == "wrong-state"
    assert client.get(base).json()["is_stale"] is True


def test_rows_are_kept_for_the_process_of_the_line(client: httpx2.Client, place: LivePlace) -> None:
    rows = [{"kind": "meters", "time_s": 1, "power_kw": {"A": 1}}]
    assert client.post(f"/v1/live/{LINE}/messages", json=rows).json() == {"rows": 1}
    (file,) = place.inbox.glob("*.ndjson")
    assert json.loads(file.read_text()) == rows


def test_recoveries_are_asked_for_and_read_when_the_process_of_the_line_has_computed_them(
    client: httpx2.Client, place: LivePlace
) -> None:
    base = f"/v1/live/{LINE}/recoveries"
    blocked = {"kind": "section blocked", "station_id": "A", "direction": "up", "duration_s": 600}
    asked = client.post(base, json=blocked)
    assert asked.status_code == 202
    recovery_id = asked.json()["recovery_id"]
    assert client.get(f"{base}/{recovery_id}").json()["status"] == "waiting"
    place.recoveries.mkdir()
    write_whole(place.recoveries / f"{recovery_id}.json", {"recovery_id": recovery_id, "status": "done"})
    assert client.get(f"{base}/{recovery_id}").json()["status"] == "done"
    assert client.get(f"{base}/none").json()["code"] == "unknown-path"
    assert client.post(base, json={"kind": "substation out"}).json()["code"] == "invalid-request"
    os.utime(place.snapshot, (1, 1))
    assert client.post(base, json=blocked).json()["code"] == "wrong-state"


def test_the_handover_has_the_log_of_the_shift_and_open_alarms(client: httpx2.Client, place: LivePlace) -> None:
    day = place.history / "2026-12-01"
    entries = [action_entry(time_s, 1.0, "ada", "advising", LINE, {"is_on": False}) for time_s in (100.0, 28_000.0)]
    add_entries(day, entries)
    (day / "log.ndjson").open("a").write('{"entry": "not whole')
    found = client.get(f"/v1/live/{LINE}/handover").json()
    assert (found["from_s"], found["to_s"]) == (0.0, 28_800.0)
    assert [one["time_s"] for one in found["log"]] == [100.0, 28_000.0]
    assert found["alarms"] == [ALARM]
    late = client.get(f"/v1/live/{LINE}/handover?from_s=20000&to_s=28800&day=2026-12-01").json()
    assert [one["by"] for one in late["log"]] == ["ada"]
    assert client.get("/v1/live/beijing_yizhuang/handover").json()["code"] == "not-live"


def test_a_moment_of_the_past_is_the_frame_before_it(client: httpx2.Client, place: LivePlace) -> None:
    frames = Frames(place.history)
    for second in range(28_795, 28_830):
        frames.add({**snapshot(second), "time_s": float(second)})
    base = f"/v1/live/{LINE}/moments"
    found = client.get(f"{base}?time_s=28812.5").json()
    assert found["snapshot"]["time_s"] == 28_805.0
    assert (found["from_s"], found["to_s"], found["days"]) == (28_200.0, 29_400.0, ["2026-12-01"])
    assert client.get(f"{base}?time_s=28790").json()["code"] == "unknown-path"
    assert client.get(f"{base}?time_s=28812&day=2026-11-30").json()["code"] == "unknown-path"
