"""The processes of a live line with a real broker: kill -9 of the hub, a broker that goes and returns, Ctrl-C."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from live_lines import LINE
from live_processes import (
    DAY,
    broker_command,
    free_port,
    hub_command,
    process,
    snapshot_of,
    until,
    virtual_settings,
)
from prepared_data import prepared_data

from api.live.broker_beside import mosquitto
from api.live.history import read_history
from api.live.place import LivePlace
from api.live.virtual_settings import COMMAND

pytest.importorskip("aiomqtt")
pytestmark = [
    pytest.mark.many_cases,
    pytest.mark.skipif(mosquitto() is None, reason="no mosquitto: apt-get install mosquitto"),
]
SPEED = 5.0


@pytest.fixture
def port() -> int:
    return free_port()


def has_no_gap(place: LivePlace) -> bool:
    times_s = read_history(place.folder / "history" / DAY, 0.0, 172_800.0)["times_s"]
    return len(times_s) > 10 and times_s == list(range(times_s[0], times_s[-1] + 1))


def test_a_killed_hub_is_right_again_and_nothing_is_lost(tmp_path: Path, port: int) -> None:
    place = LivePlace(prepared_data(tmp_path / "data"), LINE)
    with process(*broker_command(tmp_path / "broker", port)):
        time.sleep(1.0)
        with process(*hub_command(place.data, f"mqtt://127.0.0.1:{port}")) as hub:
            until(place.timetable.exists, "the hub does not start")
            with process(*COMMAND, given=virtual_settings(SPEED, f"mqtt://127.0.0.1:{port}")):
                until(lambda: snapshot_of(place)["time_s"] > 8 * 3600 + 120, "the line does not run")
                hub.send_signal(signal.SIGKILL)
                hub.wait()
                before = snapshot_of(place)
                with process(*hub_command(place.data, f"mqtt://127.0.0.1:{port}")) as again:
                    after_s = before["time_s"] + 60.0
                    until(lambda: snapshot_of(place)["time_s"] > after_s, "the line does not continue")
                    until(lambda: all_known(snapshot_of(place)), "a train stays unknown, or a feed stays stale")
                    found = snapshot_of(place)
                    assert found["sequence"] > before["sequence"]
                    assert {one["train_id"] for one in found["trains"]} >= {one["train_id"] for one in before["trains"]}
                    assert found["energy"]["energy_kwh"] > before["energy"]["energy_kwh"]
                    assert has_no_gap(place)
                    again.send_signal(signal.SIGINT)
                    assert again.wait(60.0) == 0


def all_known(snapshot: dict[str, Any]) -> bool:
    """Whether each train is known and each feed fresh."""
    is_lost = any(one["state"] in ("missing", "unknown") for one in snapshot["trains"])
    return not is_lost and not any(feed["is_stale"] for feed in snapshot["feeds"])


def test_a_broker_that_goes_and_returns_loses_nothing(tmp_path: Path, port: int) -> None:
    place = LivePlace(prepared_data(tmp_path / "data"), LINE)
    with (
        process(*hub_command(place.data, f"mqtt://127.0.0.1:{port}")),
        process(*COMMAND, given=virtual_settings(SPEED, f"mqtt://127.0.0.1:{port}")),
    ):
        with process(*broker_command(tmp_path / "broker", port)) as broker:
            until(lambda: snapshot_of(place)["time_s"] > 8 * 3600 + 60, "the line does not run")
            broker.send_signal(signal.SIGTERM)
            broker.wait()
        until(lambda: snapshot_of(place).get("by_mqtt") is False, "the hub does not notice")
        time.sleep(3.0)
        with process(*broker_command(tmp_path / "broker", port)):
            newest_s = snapshot_of(place)["time_s"]
            until(lambda: snapshot_of(place)["time_s"] > newest_s + 60.0, "the line does not continue")
            until(lambda: all_known(snapshot_of(place)), "a train stays unknown, or a feed stays stale")
            assert has_no_gap(place)
