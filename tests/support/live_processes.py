"""The processes of a live line for tests: broker, process of the line, virtual line, and what they write."""

import getpass
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live_lines import LINE

from api.live.broker_beside import mosquitto
from api.live.place import LivePlace, read_whole
from api.live.virtual_settings import VirtualSettings, as_line

DAY = "2026-12-01"
PATIENCE_S = 600.0


def until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until a condition holds."""
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(what)


@contextmanager
def process(*command: str, given: bytes | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is killed at the end of the block; its errors go to stderr of the test."""
    found = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert found.stdin is not None
    if given is not None:
        found.stdin.write(given)
        found.stdin.flush()
    try:
        yield found
    finally:
        found.kill()
        found.wait()


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def broker_command(folder: Path, port: int) -> tuple[str, ...]:
    """A broker that keeps its sessions on disk."""
    folder.mkdir(exist_ok=True)
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        f"autosave_interval 1\nmax_queued_messages 0\nuser {getpass.getuser()}\n"
    )
    return str(mosquitto()), "-c", str(settings)


def hub_command(data: Path, broker: str | None, line: str = LINE, *more: str) -> tuple[str, ...]:
    """The process of a virtual line that runs elsewhere."""
    doors = () if broker is None else ("--broker", broker)
    return (
        sys.executable, "-m", "api.cli", "live", line, "--virtual-elsewhere", "--controller", "track", *doors,
        "--data", str(data), *more,
    )  # fmt: skip


def virtual_settings(
    speed: float, broker: str | None = None, service: str | None = None, truth: Path | None = None
) -> bytes:
    """The settings of a virtual line that begins at 08:00."""
    return as_line(
        VirtualSettings(
            LINE, LINE, None, 8 * 3600, speed, 1, 1.0, 2.0, DAY, broker, service,
            truth=None if truth is None else str(truth),
        )
    )  # fmt: skip


def snapshot_of(place: LivePlace) -> dict[str, Any]:
    """The newest snapshot; an empty one before the first."""
    return read_whole(place.snapshot) or {"time_s": 0.0, "trains": [], "sequence": 0, "energy": {}}


def truth_from(path: Path) -> dict[int, dict[str, Any]]:
    """What a virtual line knew, by second."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["time_s"]: row for row in rows}
