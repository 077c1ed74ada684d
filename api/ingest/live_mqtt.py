"""The live line by MQTT: messages in, acknowledged when they are recorded; advice, alarms and state out.

Outgoing messages wait while the broker is away, up to a limit, and the broker keeps incoming ones in the session.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import aiomqtt

from api.ingest.json_messages import rows_of_payload
from api.ingest.mqtt import Broker, client_of

MOST_WAITING = 50_000
_SECONDS_BETWEEN_TRIES = 0.5
_GATHER_S = 0.01
_TAKEN_AT_ONCE = 5_000
_SENT_AT_ONCE = 200


@dataclass(frozen=True)
class Outgoing:
    """A message to the broker; a retained one is what a new subscriber gets first."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


@dataclass
class Exchange:
    """What goes to and from a broker. `send` may be called from the loop of the exchange at any time.

    `received` is called with topics and rows in the order of their arrival.
    """

    broker: Broker
    topics: Sequence[str]
    received: Callable[[list[tuple[str, bytes]]], None]
    lost: Callable[[str], None]
    _outgoing: deque[Outgoing] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_connected: bool = False

    def send(self, message: Outgoing) -> None:
        """Queue a message; the oldest are dropped if too many wait."""
        self._outgoing.append(message)
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Number of messages that wait for the broker."""
        return len(self._outgoing)

    async def run(self, stop: asyncio.Event) -> None:
        """Exchange messages until `stop` is set; a broken connection is made again."""
        while not stop.is_set():
            try:
                async with client_of(self.broker) as client:
                    # aiomqtt has no option for this: what is acknowledged is gone from the broker.
                    client._client.manual_ack_set(True)
                    client.pending_calls_threshold = _SENT_AT_ONCE
                    for topic in self.topics:
                        await client.subscribe(topic, qos=1)
                    self.is_connected = True
                    await self._exchange(client, stop)
            except aiomqtt.MqttError as error:
                self.lost(str(error))
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
            finally:
                self.is_connected = False

    async def _exchange(self, client: aiomqtt.Client, stop: asyncio.Event) -> None:
        tasks = [
            asyncio.create_task(self._receive(client)),
            asyncio.create_task(self._send(client)),
            asyncio.create_task(stop.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if stop.is_set():
                await self._send_rest(client)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self, client: aiomqtt.Client) -> None:
        messages = aiter(client.messages)
        while True:
            collected = [await anext(messages)]
            await asyncio.sleep(_GATHER_S)
            queue = client._queue
            collected += [queue.get_nowait() for _ in range(min(_TAKEN_AT_ONCE, queue.qsize()))]
            self.received(
                [(str(message.topic), row) for message in collected for row in rows_of_payload(bytes(message.payload))]
            )
            for message in collected:
                client._client.ack(message.mid, message.qos)

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            self._wake.clear()
            await self._send_rest(client)
            await self._wake.wait()

    async def _send_rest(self, client: aiomqtt.Client) -> None:
        """Send what waits, in order; the broker confirms many messages at once. What it did not confirm stays."""
        while self._outgoing:
            sent = list(islice(self._outgoing, _SENT_AT_ONCE))
            answers = await asyncio.gather(
                *(client.publish(one.topic, one.payload, qos=one.qos, retain=one.retain) for one in sent),
                return_exceptions=True,
            )
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            known = {id(one) for one in sent}
            while self._outgoing and id(self._outgoing[0]) in known:
                self._outgoing.popleft()
