"""Telemetry by MQTT: messages are acknowledged to the broker only when their rows are durable in the store.

The session of the receiver is persistent, so the broker keeps the messages that arrive while no receiver runs, and
sends those again that were not acknowledged. A message that comes twice is a duplicate.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from api.ingest.json_messages import rows_of_messages
from api.ingest.receiver import Receiver
from energy_models.telemetry.receipt import Receipt

MOST_MESSAGES = 20_000
"""Messages that are collected for one batch."""
_IN_FLIGHT = 65_535
_SESSION_S = 7 * 86_400
_SECONDS_BETWEEN_TRIES = 2.0
_GATHER_S = 0.02
"""Time for which messages gather in the client before they are taken together."""


@dataclass(frozen=True)
class Broker:
    """Address of a broker and how the receiver signs in; `client` names the persistent session."""

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client: str = "headwatt-telemetry"
    is_encrypted: bool = False


def broker_at(url: str, client: str) -> Broker:
    """The broker at `mqtt://[user[:password]@]host[:port]` or `mqtts://…`; raises ValueError for another address."""
    found = urlsplit(url)
    if found.scheme not in ("mqtt", "mqtts") or not found.hostname:
        raise ValueError(f"{url}: no address like mqtt://HOST:PORT or mqtts://HOST:PORT")
    is_encrypted = found.scheme == "mqtts"
    port = found.port or (8883 if is_encrypted else 1883)
    password = found.password or os.environ.get("HEADWATT_MQTT_PASSWORD")
    return Broker(found.hostname, port, found.username, password, client, is_encrypted)


async def receive(
    broker: Broker,
    topic: str,
    receiver: Receiver,
    *,
    source: str | None = None,
    flush_s: float = 1.0,
    stop: asyncio.Event,
    report: Callable[[Receipt], None],
    lost: Callable[[str], None],
) -> None:
    """Receive messages until `stop` is set; a broken connection is made again.

    Args:
        broker: The broker.
        topic: Topic, which may have the wildcards of MQTT.
        receiver: The store and the mappings.
        source: Kind of recorder; None: the only mapping.
        flush_s: Longest time for which messages are collected for one batch.
        stop: Ends the receiver after the messages that it has.
        report: Called with the receipt of each batch.
        lost: Called with the reason when the connection is lost.
    """
    while not stop.is_set():
        try:
            async with client_of(broker) as client:
                # paho must not acknowledge by itself: what is acknowledged is gone from the broker. aiomqtt has no
                # option for it.
                client._client.manual_ack_set(True)
                await client.subscribe(topic, qos=1)
                await _batches(client, receiver, source, flush_s, stop, report)
        except aiomqtt.MqttError as error:
            lost(str(error))
            await _wait(stop, _SECONDS_BETWEEN_TRIES)


def client_of(broker: Broker) -> aiomqtt.Client:
    """A client with a persistent session, before its connection."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = _SESSION_S
    properties.ReceiveMaximum = _IN_FLIGHT
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=broker.client,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=False,
        properties=properties,
        tls_params=aiomqtt.TLSParameters() if broker.is_encrypted else None,
        max_queued_incoming_messages=None,
    )


async def _batches(
    client: aiomqtt.Client,
    receiver: Receiver,
    source: str | None,
    flush_s: float,
    stop: asyncio.Event,
    report: Callable[[Receipt], None],
) -> None:
    messages = aiter(client.messages)
    waiting: asyncio.Task[Any] | None = None
    try:
        while not stop.is_set():
            collected: list[aiomqtt.Message] = []
            ends = asyncio.get_running_loop().time() + flush_s
            while len(collected) < MOST_MESSAGES and not stop.is_set():
                left = ends - asyncio.get_running_loop().time()
                if left <= 0.0:
                    break
                waiting = waiting or asyncio.ensure_future(anext(messages))
                done, _ = await asyncio.wait({waiting}, timeout=left)
                if done:
                    collected.append(waiting.result())
                    waiting = None
                    await asyncio.sleep(_GATHER_S)
                    collected += _arrived(client, MOST_MESSAGES - len(collected))
            if collected:
                await _store(client, receiver, source, collected, report)
    finally:
        if waiting is not None:
            waiting.cancel()


def _arrived(client: aiomqtt.Client, most: int) -> list[aiomqtt.Message]:
    """The messages that wait in the client, in order.

    Its iterator makes a task for each message, which costs more than the message itself.
    """
    queue = client._queue
    return [queue.get_nowait() for _ in range(min(most, queue.qsize()))]


async def _store(
    client: aiomqtt.Client,
    receiver: Receiver,
    source: str | None,
    collected: list[aiomqtt.Message],
    report: Callable[[Receipt], None],
) -> None:
    content = rows_of_messages(bytes(message.payload) for message in collected)
    receipt = await asyncio.to_thread(receiver.receive, content, source, "mqtt")
    for message in collected:
        client._client.ack(message.mid, message.qos)
    report(receipt)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
