"""A mosquitto beside a live line on this machine, for a virtual line; it listens on this machine only."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.live.beside import start_beside

_STARTS_WITHIN_S = 20.0
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")


def mosquitto() -> str | None:
    """The path of mosquitto; None if it is not on this machine."""
    found = shutil.which("mosquitto")
    if found is not None:
        return found
    return next((str(path) for one in _SYSTEM_FOLDERS if (path := Path(one) / "mosquitto").exists()), None)


@contextmanager
def broker_beside(folder: Path) -> Iterator[str | None]:
    """A broker on a free port of this machine; its address, or None if mosquitto is missing or does not start."""
    program = mosquitto()
    if program is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = folder / "mosquitto.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n"
        "max_queued_messages 0\nmax_inflight_messages 1000\n",
        encoding="utf-8",
    )
    process = start_beside([program, "-c", str(settings)], is_silent=True)
    try:
        yield f"mqtt://127.0.0.1:{port}" if _answers(port, process) else None
    finally:
        process.terminate()
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    ends = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=0.2):
                return True
        except OSError:
            time.sleep(0.05)
    return False
