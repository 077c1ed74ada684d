"""Kafka with the mock cluster of librdkafka, which speaks the protocol over TCP: every row arrives once."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from receiving import receiving, stored, until
from recorded_train import recorded_train
from telemetry_mappings import own_mapping_text

from energy_models.telemetry.store.query import read_quarantine, read_rows
from energy_models.telemetry.store.store import open_store

pytest.importorskip("confluent_kafka")
TOPIC = "trains"


@pytest.fixture(scope="module")
def producer() -> Any:
    """A producer whose library runs the brokers."""
    from confluent_kafka import Producer

    return Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 2})


def servers(producer: Any) -> str:
    brokers = producer.list_topics(TOPIC, timeout=20.0).brokers.values()
    return ",".join(f"{broker.host}:{broker.port}" for broker in brokers)


def publish(producer: Any, payloads: list[bytes]) -> None:
    for number, payload in enumerate(payloads):
        producer.produce(TOPIC, payload, key=str(number % 4))
    assert producer.flush(60.0) == 0


@pytest.mark.many_cases
def test_every_message_is_stored_once_also_after_a_kill(producer: Any, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(own_mapping_text())
    rows = recorded_train(hours=0.5)
    payloads = [json.dumps(row).encode() for row in rows.to_dict("records")]
    half = len(payloads) // 2
    publish(producer, payloads[:half])
    with receiving(f"kafka://{servers(producer)}", TOPIC, tmp_path) as process:
        until(lambda: stored(tmp_path) > 0, "nothing was stored")
        process.kill()
    # The group continues where its offsets were committed; what was stored but not committed comes again.
    publish(producer, [*payloads[half:], b"no json\nat all", b"[1, 2]", *payloads[:10]])
    with receiving(f"kafka://{servers(producer)}", TOPIC, tmp_path) as process:
        until(lambda: stored(tmp_path) == len(rows) and len(read_quarantine(open_store(tmp_path / "store"))) == 3,
              "rows are missing")  # fmt: skip
    assert process.returncode == 0
    found = read_rows(open_store(tmp_path / "store"), "test_line")
    for name in ("time_s", "speed_m_s", "current_a"):
        pd.testing.assert_series_equal(found[name], rows[name].astype(float), check_names=False, rtol=1e-12)
    assert set(read_quarantine(open_store(tmp_path / "store"))["original"]) == {b"{no json at all", b"{1", b"{2"}


def test_wrong_settings_are_reported_at_once_and_without_their_values(tmp_path: Path) -> None:
    from api.ingest.kafka import client_settings
    from energy_models.faults import InputFaults

    file = tmp_path / "client.properties"
    file.write_text("# ours\nsecurity.protocol = SASL_SSL\nsasl.password=a=b\n")
    assert client_settings(file) == {"security.protocol": "SASL_SSL", "sasl.password": "a=b"}
    file.write_text("group.id=x\nsecret-without-sign\n")
    with pytest.raises(InputFaults) as raised:
        client_settings(file)
    text = str(raised.value)
    assert "line 1" in text
    assert "line 2" in text
    assert "secret" not in text
    with pytest.raises(InputFaults, match="readable"):
        client_settings(tmp_path / "none")
