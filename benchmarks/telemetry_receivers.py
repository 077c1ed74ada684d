"""Rows a second that arrive over HTTP, and messages a second over MQTT and Kafka, until they are durable in the store.

    python benchmarks/telemetry_receivers.py [--rows 200000] [--messages 30000]

A real service, a real mosquitto and the mock cluster of librdkafka run beside the sender, all on this machine: sender,
broker and receiver share its processors. A message has one row of 14 columns as JSON.
"""

import argparse
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from recorded_train import recorded_train
from telemetry_mappings import own_mapping_text

from energy_models.telemetry.store.query import stored_days
from energy_models.telemetry.store.store import open_store

START = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"
REQUEST_ROWS = 10_000


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError("nothing more arrives")
        time.sleep(0.02)


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def stored_rows(folder: Path) -> int:
    if not (folder / "store.json").exists():
        return 0
    return int(stored_days(open_store(folder))["rows"].sum())


@contextmanager
def headwatt(*words: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", START, *words], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def bodies(rows: pd.DataFrame, form: str) -> Iterator[bytes]:
    for first in range(0, len(rows), REQUEST_ROWS):
        part = rows.iloc[first : first + REQUEST_ROWS]
        if form == "CSV":
            yield part.to_csv(index=False).encode()
        elif form == "NDJSON":
            yield part.to_json(orient="records", lines=True).encode()
        else:
            content = io.BytesIO()
            part.to_parquet(content)
            yield content.getvalue()


def over_http(folder: Path, mapping: Path, rows: pd.DataFrame) -> None:
    for form in ("CSV", "NDJSON", "Parquet"):
        port, store = free_port(), folder / f"http-{form}"
        words = ("serve", "--port", str(port), "--data", str(folder / f"data-{form}"), "--telemetry", str(store))
        with headwatt(*words, "--mapping", str(mapping)):
            until(lambda port=port: is_open(port))  # type: ignore[misc]
            first, *sent = list(bodies(rows, form))
            headers = {"Content-Type": "application/octet-stream"}
            url = f"http://127.0.0.1:{port}/v1/telemetry"
            urlopen(Request(url, first, headers)).read()
            begin = time.perf_counter()
            for body in sent:
                receipt = json.load(urlopen(Request(url, body, headers)))
                assert receipt["rows_in"] == receipt["stored"] + receipt["flagged"], receipt
            seconds = time.perf_counter() - begin
            count = len(rows) - min(REQUEST_ROWS, len(rows))
            print(f"HTTP, {form}, {REQUEST_ROWS:,} rows a request: {count / seconds:,.0f} rows/s")


def timed(store: Path, count: int, publish: Callable[[], None]) -> float:
    """Messages a second from the first one that is sent to the last one that is durable."""
    begin = time.perf_counter()
    publish()
    until(lambda: stored_rows(store) >= count)
    return count / (time.perf_counter() - begin)


def over_mqtt(folder: Path, mapping: Path, payloads: list[bytes]) -> None:
    from paho.mqtt import client as paho  # noqa: PLC0415
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    found = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        print("MQTT: not measured, because there is no mosquitto")
        return
    port, store = free_port(), folder / "mqtt"
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
                        "max_inflight_messages 0\n")  # fmt: skip
    broker = subprocess.Popen([found, "-c", str(settings)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_open(port))
        words = ("telemetry", "receive", f"mqtt://127.0.0.1:{port}", "--topic", "trains/#", "--mapping", str(mapping))
        with headwatt(*words, "--store", str(store)):
            until((store / "store.json").exists)
            time.sleep(2.0)  # until the subscription exists
            client = paho.Client(CallbackAPIVersion.VERSION2)
            client.max_inflight_messages_set(2_000)
            client.connect("127.0.0.1", port)
            client.loop_start()

            def publish() -> None:
                for one in [client.publish("trains/TS01", payload, qos=1) for payload in payloads]:
                    one.wait_for_publish(120)

            print(f"MQTT, QoS 1: {timed(store, len(payloads), publish):,.0f} messages/s")
            client.loop_stop()
            client.disconnect()
    finally:
        broker.terminate()
        broker.wait(20)


def over_kafka(folder: Path, mapping: Path, payloads: list[bytes]) -> None:
    from confluent_kafka import Producer  # noqa: PLC0415

    producer, store = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1}), folder / "kafka"
    brokers = producer.list_topics("trains", timeout=20.0).brokers.values()
    servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    words = ("telemetry", "receive", f"kafka://{servers}", "--topic", "trains", "--mapping", str(mapping))
    with headwatt(*words, "--store", str(store)):
        until((store / "store.json").exists)
        time.sleep(5.0)  # until the group has its partitions

        def publish() -> None:
            for payload in payloads:
                producer.produce("trains", payload)
                producer.poll(0)
            producer.flush(120)

        print(f"Kafka: {timed(store, len(payloads), publish):,.0f} messages/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--messages", type=int, default=30_000)
    wanted = parser.parse_args()
    hour = recorded_train(hours=19.0).round(4)
    copies = -(-wanted.rows // len(hour))
    rows = pd.concat([hour.assign(vehicle=f"TS{k:02d}") for k in range(copies)], ignore_index=True)[: wanted.rows]
    payloads = [json.dumps(row).encode() for row in hour[: wanted.messages].to_dict("records")]
    with tempfile.TemporaryDirectory(prefix="headwatt-benchmark-") as name:
        folder = Path(name)
        mapping = folder / "own.yaml"
        mapping.write_text(own_mapping_text())
        over_http(folder, mapping, rows)
        over_mqtt(folder, mapping, payloads)
        over_kafka(folder, mapping, payloads)


if __name__ == "__main__":
    main()
