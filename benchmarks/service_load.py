"""The clients and the event streams of `service.py`, all in one process: what they see, and what it costs."""

import argparse
import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TOLD_S = 10.0
"""Time between two lines about the load."""


def processor_s(pid: int) -> float:
    """Processor time of a process so far, without that of its children."""
    return time.clock_gettime((~pid << 3) | 2)  # the number of the clock that Linux gives each process


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def percentile(sorted_s: list[float], share: float) -> float:
    return sorted_s[min(len(sorted_s) - 1, int(share * len(sorted_s)))]


@dataclass
class Seen:
    """What the clients saw: seconds by kind of request, and statuses."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    events: int = 0
    ended_streams: int = 0


class Connection(asyncio.Protocol):
    """A connection over which one request after another is sent. It reads only what the measurement needs."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answered: asyncio.Future[str] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answered is None or self._answered.done():
            return
        length = self._received.find(b"content-length: ")
        stop = self._received.find(b"\r", length)
        if 0 <= length < end and len(self._received) >= end + 4 + int(self._received[length + 16 : stop]):
            self._answered.set_result(self._received[9:12].decode())

    def connection_lost(self, _error: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result("connection lost")

    async def status_of(self, request: bytes) -> str:
        """Send a request and wait for its whole answer."""
        assert self._transport is not None
        self._received.clear()
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Events(asyncio.Protocol):
    """An open stream of events, of which only the events are counted."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def data_received(self, data: bytes) -> None:
        self._seen.events += data.count(b"\nevent: ")

    def connection_lost(self, _error: Exception | None) -> None:
        self._seen.ended_streams += 1


def request_of(path: str) -> bytes:
    """A GET of a path."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def client(port: int, plans: list[str], seen: Seen, ends: float, pause_s: float) -> None:
    """Requests over one connection until a moment."""
    await asyncio.sleep(random.random() * pause_s)
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    while time.monotonic() < ends:
        plan = random.choice(plans)
        kind, path = random.choice(
            (
                ("plan", f"/v1/plans/{plan}"), ("plan", f"/v1/plans/{plan}"), ("job", f"/v1/jobs/{plan}"),
                ("list", "/v1/plans?limit=20"), ("number of jobs", "/health"),
            )
        )  # fmt: skip
        begin = time.perf_counter()
        status = await connection.status_of(request_of(path))
        took_s = time.perf_counter() - begin
        seen.statuses[status] += 1
        seen.seconds.setdefault(kind, []).append(took_s)
        if status == "connection lost":
            _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        await asyncio.sleep(max(0.0, pause_s - took_s))
    connection.close()


async def tell(seen: Seen) -> None:
    """Print what the clients have seen so far, again and again."""
    while True:
        await asyncio.sleep(TOLD_S)
        found = sorted(second for seconds in seen.seconds.values() for second in seconds)
        if found:
            print(f"  {len(found):,} requests so far; {shares(found)}; {seen.ended_streams} streams ended", flush=True)


async def load(
    port: int, pid: int, plans: list[str], followed: list[str], wanted: argparse.Namespace
) -> dict[str, float | int]:
    """All clients and streams at once; prints what they saw and what it cost, and returns the figures."""
    seen, during_s = Seen(), float(wanted.soak or wanted.seconds)
    streams = []
    for number in range(wanted.streams):
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: Events(seen), "127.0.0.1", port)
        transport.write(request_of(f"/v1/plans/{followed[number % len(followed)]}/events"))
        streams.append(transport)
    until_s = time.monotonic() + 120
    while seen.events < wanted.streams and time.monotonic() < until_s:
        await asyncio.sleep(0.1)
    print(f"  {wanted.streams} event streams, {seen.events} events so far", flush=True)
    begun, before_s, begin_mb = time.monotonic(), processor_s(pid), memory_mb(pid)
    own_before_s = time.process_time()
    clients = [
        asyncio.create_task(client(port, plans + followed, seen, begun + during_s, wanted.pause))
        for _ in range(wanted.clients)
    ]
    telling = asyncio.create_task(tell(seen))
    await asyncio.sleep(during_s / 10)
    warm_mb = memory_mb(pid)
    await asyncio.gather(*clients)
    telling.cancel()
    took_s, used_s = time.monotonic() - begun, processor_s(pid) - before_s
    own_s, end_mb, ended_streams = time.process_time() - own_before_s, memory_mb(pid), seen.ended_streams
    for one in streams:
        one.close()
    found = sorted(second for seconds in seen.seconds.values() for second in seconds)
    count, errors = len(found), sum(number for status, number in seen.statuses.items() if status != "200")
    print(
        f"{wanted.clients} clients, {wanted.streams} event streams, {took_s:.0f} s: {count:,} requests, {errors} errors"
    )
    if errors:
        print("  answers:", dict(seen.statuses))
    print(f"  {count / took_s:.0f} requests/s; {shares(found)}; longest {found[-1] * 1000:.0f} ms")
    for kind, seconds in sorted(seen.seconds.items()):
        print(f"  {kind}: {shares(sorted(seconds))}")
    print(f"  answering process: {used_s / count * 1000:.2f} ms a request, {used_s / took_s:.0%} of a core")
    print(f"  clients: {own_s / count * 1000:.2f} ms a request, {own_s / took_s:.0%} of a core")
    print(f"  {seen.events} events, {ended_streams} streams ended by the service")
    growth = (end_mb / warm_mb - 1) * 100
    print(f"  memory: begin {begin_mb:.0f} MB, after a tenth {warm_mb:.0f} MB, end {end_mb:.0f} MB ({growth:+.1f} %)")
    return {
        "requests": count, "errors": errors, "p50_ms": round(percentile(found, 0.5) * 1000, 1),
        "p99_ms": round(percentile(found, 0.99) * 1000, 1), "longest_ms": round(found[-1] * 1000, 1),
        "service_ms_a_request": round(used_s / count * 1000, 3), "service_of_a_core": round(used_s / took_s, 3),
        "clients_of_a_core": round(own_s / took_s, 3), "events": seen.events, "streams_ended": ended_streams,
        "memory_mb": round(end_mb, 1), "memory_growth_percent": round(growth, 2),
    }  # fmt: skip


def shares(sorted_s: list[float]) -> str:
    """Median, 95 % and 99 % of times."""
    return ", ".join(f"p{share * 100:.0f} {percentile(sorted_s, share) * 1000:.1f} ms" for share in (0.5, 0.95, 0.99))
