"""The processes of a live line with a real broker: kill -9 of the hub, a broker that goes and returns, Ctrl-C."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from live_lines import LINE
from prepared_data import prepared_data

from api.live.broker_beside import mosquitto
from api.live.history import read_history
from api.live.place import LivePlace, read_whole
from api.live.virtual import COMMAND, VirtualSettings, as_line

pytest.importorskip("aiomqtt")
pytestmark = [
    pytest.mark.many_cases,
    pytest.mark.skipif(mosquitto() is None, reason="no mosquitto: apt-get install mosquitto"),
]
DAY = "2026-12-01"
SPEED = 5.0


def until(holds: Callable[[], bool], what: str) -> None:
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(what)


@contextmanager
def process(*command: str, given: bytes | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    found = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert found.stdin is not None
    if given is not None:
        found.stdin.write(given)
        found.stdin.flush()
    try:
        yield found
    finally:
        found.kill()
        found.wait()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def broker_command(folder: Path, port: int) -> tuple[str, ...]:
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        "autosave_interval 1\nmax_queued_messages 0\n"
    )
    return str(mosquitto()), "-c", str(settings)


def hub_command(data: Path, port: int) -> tuple[str, ...]:
    return (
        sys.executable, "-m", "api.cli", "live", LINE, "--virtual-elsewhere", "--controller", "track", "--broker",
        f"mqtt://127.0.0.1:{port}", "--data", str(data),
    )  # fmt: skip


def virtual_settings(port: int) -> bytes:
    return as_line(
        VirtualSettings(LINE, LINE, None, 8 * 3600, SPEED, 1, 1.0, 2.0, DAY, f"mqtt://127.0.0.1:{port}")
    )  # fmt: skip


def snapshot_of(place: LivePlace) -> dict[str, Any]:
    return read_whole(place.snapshot) or {"time_s": 0.0, "trains": [], "sequence": 0, "energy": {}}


def has_no_gap(place: LivePlace) -> bool:
    times_s = read_history(place.folder / "history" / DAY, 0.0, 172_800.0)["times_s"]
    return len(times_s) > 10 and times_s == list(range(times_s[0], times_s[-1] + 1))


def test_a_killed_hub_is_right_again_and_nothing_is_lost(tmp_path: Path, port: int) -> None:
    place = LivePlace(prepared_data(tmp_path / "data"), LINE)
    (tmp_path / "broker").mkdir()
    with process(*broker_command(tmp_path / "broker", port)):
        time.sleep(1.0)
        with process(*hub_command(place.data, port)) as hub:
            until(place.timetable.exists, "the hub does not start")
            with process(*COMMAND, given=virtual_settings(port)):
                until(lambda: snapshot_of(place)["time_s"] > 8 * 3600 + 120, "the line does not run")
                hub.send_signal(signal.SIGKILL)
                hub.wait()
                before = snapshot_of(place)
                with process(*hub_command(place.data, port)) as again:
                    after_s = before["time_s"] + 60.0
                    until(lambda: snapshot_of(place)["time_s"] > after_s, "the line does not continue")
                    found = snapshot_of(place)
                    assert found["sequence"] > before["sequence"]
                    assert {one["train_id"] for one in found["trains"]} >= {one["train_id"] for one in before["trains"]}
                    assert all(one["state"] not in ("missing", "unknown") for one in found["trains"])
                    assert found["energy"]["energy_kwh"] > before["energy"]["energy_kwh"]
                    assert has_no_gap(place)
                    again.send_signal(signal.SIGINT)
                    assert again.wait(60.0) == 0


def test_a_broker_that_goes_and_returns_loses_nothing(tmp_path: Path, port: int) -> None:
    place = LivePlace(prepared_data(tmp_path / "data"), LINE)
    (tmp_path / "broker").mkdir()
    with process(*hub_command(place.data, port)), process(*COMMAND, given=virtual_settings(port)):
        with process(*broker_command(tmp_path / "broker", port)) as broker:
            until(lambda: snapshot_of(place)["time_s"] > 8 * 3600 + 60, "the line does not run")
            broker.send_signal(signal.SIGTERM)
            broker.wait()
        until(lambda: snapshot_of(place).get("by_mqtt") is False, "the hub does not notice")
        time.sleep(3.0)
        with process(*broker_command(tmp_path / "broker", port)):
            newest_s = snapshot_of(place)["time_s"]
            until(lambda: snapshot_of(place)["time_s"] > newest_s + 60.0, "the line does not continue")
            found = snapshot_of(place)
            assert all(one["state"] not in ("missing", "unknown") for one in found["trains"])
            assert not any(feed["is_stale"] for feed in found["feeds"])
            assert has_no_gap(place)
