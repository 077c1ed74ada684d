"""MQTT with a real mosquitto: every row arrives once, also when the receiver is killed between its messages."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from receiving import receiving, stored, until
from recorded_train import recorded_train
from telemetry_mappings import own_mapping_text

from energy_models.telemetry.store.query import read_quarantine, read_rows
from energy_models.telemetry.store.store import open_store

pytest.importorskip("aiomqtt")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A mosquitto of its own on a free port; skipped where there is none."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("no mosquitto: apt-get install mosquitto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("mosquitto")
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
    )
    process = subprocess.Popen([found, "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), "mosquitto does not answer")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def publish(port: int, payloads: list[bytes]) -> None:
    from paho.mqtt import client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = [client.publish("trains/TS01/rows", payload, qos=1) for payload in payloads]
    for one in sent:
        one.wait_for_publish(60)
    client.loop_stop()
    client.disconnect()


@pytest.mark.many_cases
def test_every_message_is_stored_once_also_after_a_kill(broker: int, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(own_mapping_text())
    rows = recorded_train(hours=0.5)
    payloads = [json.dumps(row).encode() for row in rows.to_dict("records")]
    third = len(payloads) // 3
    with receiving(f"mqtt://127.0.0.1:{broker}", "trains/+/rows", tmp_path) as process:
        time.sleep(2.0)  # the session exists from its first subscription on
        publish(broker, payloads[:third])
        until(lambda: stored(tmp_path) > 0, "nothing was stored")
        publish(broker, payloads[third : 2 * third])
        process.kill()
    # While no receiver runs, the broker keeps the messages.
    publish(broker, [*payloads[2 * third :], b"no json\nat all", b"[1, 2]", *payloads[:10]])
    with receiving(f"mqtt://127.0.0.1:{broker}", "trains/+/rows", tmp_path) as process:
        until(lambda: stored(tmp_path) == len(rows) and len(read_quarantine(open_store(tmp_path / "store"))) >= 3,
               "rows are missing")  # fmt: skip
    assert process.returncode == 0
    found = read_rows(open_store(tmp_path / "store"), "test_line")
    for name in ("time_s", "speed_m_s", "current_a"):
        pd.testing.assert_series_equal(found[name], rows[name].astype(float), check_names=False, rtol=1e-12)
    originals = set(read_quarantine(open_store(tmp_path / "store"))["original"])
    assert originals == {b"{no json at all", b"{1", b"{2"}
