"""`headwatt serve` as a process of its own, and how a test gets its address."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

HEADWATT = (sys.executable, "-c", "import sys; from api.cli.main import run; sys.argv[0] = 'headwatt'; run()")
"""The command `headwatt` of this checkout, whatever is installed."""

WAIT_S = 240.0


@contextmanager
def served(data: Path, *words: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start `headwatt serve` on a free port with a data folder; yields the first address that it prints.

    Its log goes to a file, because a pipe that nobody reads would stop the service when it is full.
    """
    command = (*HEADWATT, "serve", "--port", "0", "--data", str(data), *words)
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stderr=log)
        try:
            yield _printed_address(process, log.fileno())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=WAIT_S)


@contextmanager
def asking(data: Path, *words: str) -> Iterator[httpx2.Client]:
    """Start `headwatt serve` as `served` does; yields a client of it."""
    with served(data, *words) as address, httpx2.Client(base_url=address, timeout=600.0) as client:
        yield client


def _printed_address(process: "subprocess.Popen[bytes]", log: int) -> str:
    ends = time.monotonic() + WAIT_S
    while True:
        text = os.pread(log, 1_000_000, 0).decode()
        found = re.search(r"http://\S+(?=\s)", text)
        if found is not None:
            return found.group()
        assert process.poll() is None, text
        assert time.monotonic() < ends, text
        time.sleep(0.02)
