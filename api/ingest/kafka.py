"""Telemetry from Kafka: offsets are committed only when the rows of the messages are durable in the store.

A consumer group continues at its last committed offset: messages of a pause, and messages that were read but not stored
before a crash, are read again. A message that is read twice is a duplicate.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from confluent_kafka import Consumer, KafkaException

from api.ingest.json_messages import rows_of_messages
from api.ingest.receiver import Receiver
from energy_models.faults import Fault, InputFaults
from energy_models.telemetry.receipt import Receipt

MOST_MESSAGES = 20_000
"""Messages that are collected for one batch."""
_SECONDS_BETWEEN_TRIES = 2.0
_DEAD_AFTER_MS = 10_000
"""A receiver that does not show itself for this time has died; another one of its group then gets its partitions."""
_OWN_SETTINGS = ("bootstrap.servers", "group.id", "enable.auto.commit", "enable.auto.offset.store")


def receive(
    servers: str,
    topic: str,
    receiver: Receiver,
    *,
    group: str,
    settings: Mapping[str, str],
    source: str | None = None,
    flush_s: float = 1.0,
    stop: threading.Event,
    report: Callable[[Receipt], None],
    lost: Callable[[str], None],
) -> None:
    """Receive messages until `stop` is set; the library connects again by itself.

    Args:
        servers: Brokers to begin with, `host:port` with commas between them.
        topic: Topic; with `^` before it a regular expression.
        receiver: The store and the mappings.
        group: Consumer group, which keeps the offsets.
        settings: Further settings of the client, such as those of encryption and login.
        source: Kind of recorder; None: the only mapping.
        flush_s: Longest time for which messages are collected for one batch.
        stop: Ends the receiver after the messages that it has.
        report: Called with the receipt of each batch.
        lost: Called with the reason when brokers cannot be reached or messages cannot be read.

    Raises:
        InputFaults: The library does not accept the settings.
    """
    own = {"bootstrap.servers": servers, "group.id": group, "enable.auto.commit": False}
    try:
        consumer = Consumer(
            {
                "auto.offset.reset": "earliest",
                "session.timeout.ms": _DEAD_AFTER_MS,
                "error_cb": lambda error: lost(error.str()),
                **settings,
                **own,
            }
        )
    except (KafkaException, ValueError, TypeError) as error:
        reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
        raise InputFaults([Fault("", "", "Kafka settings", reason, "settings of librdkafka")]) from None
    try:
        consumer.subscribe([topic])
        while not stop.is_set():
            try:
                _store(consumer, receiver, source, flush_s, report, lost)
            except KafkaException as error:
                # The offsets are not committed: the messages come again, and their rows are duplicates.
                lost(error.args[0].str())
                stop.wait(_SECONDS_BETWEEN_TRIES)
    finally:
        consumer.close()


def _store(
    consumer: Consumer,
    receiver: Receiver,
    source: str | None,
    flush_s: float,
    report: Callable[[Receipt], None],
    lost: Callable[[str], None],
) -> None:
    messages = consumer.consume(MOST_MESSAGES, timeout=flush_s)
    for message in messages:
        if (error := message.error()) is not None:
            lost(error.str())
    # A message without a value is a mark of deletion in a compacted topic.
    payloads = [value for message in messages if message.error() is None and (value := message.value()) is not None]
    if payloads:
        report(receiver.receive(rows_of_messages(payloads), source, "kafka"))
        consumer.commit(asynchronous=False)


def client_settings(file: Path) -> dict[str, str]:
    """Settings of a properties file, one `key=value` a line; raises InputFaults with every fault."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputFaults([Fault(str(file), "", "", reason, "a readable text file")]) from None
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for number, line in enumerate(lines, 1):
        key, sign, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not sign or not key:
            # The line itself may hold a password.
            faults.append(Fault(str(file), f"line {number}", "", "no `=`", "key=value, or a comment with #"))
        elif key in _OWN_SETTINGS:
            faults.append(Fault(str(file), f"line {number}", key, "set by Headwatt", "further settings of librdkafka"))
        else:
            found[key] = value
    if faults:
        raise InputFaults(faults)
    return found
