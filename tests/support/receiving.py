"""`headwatt telemetry receive` in a process, and what it has stored."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from energy_models.telemetry.store.query import read_rows
from energy_models.telemetry.store.store import open_store

START = "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()"


@contextmanager
def receiving(url: str, topic: str, folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """A receiver with the mapping `m.yaml` and the store `store` of a folder; it ends with Ctrl-C."""
    words = ["telemetry", "receive", url, "--topic", topic, "--every", "0.2"]
    files = ["--mapping", str(folder / "m.yaml"), "--store", str(folder / "store")]
    process = subprocess.Popen([sys.executable, "-c", START, *words, *files], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert re.search("Receiving", process.stderr.readline())
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def stored(folder: Path) -> int:
    """Number of rows in the store of a folder; 0 without a store."""
    if not (folder / "store" / "store.json").exists():
        return 0
    return len(read_rows(open_store(folder / "store"), "test_line", columns=[]))


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 120.0) -> None:
    """Wait until a condition holds; the test fails with `otherwise` if it does not."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, otherwise
        time.sleep(0.05)
