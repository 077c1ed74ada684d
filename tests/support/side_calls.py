"""What a side process runs in tests; in a module of its own that every process can import, in the tree and outside."""

import os
import signal
import time
from pathlib import Path

LONG_S = 1200.0


def begin(name: str) -> None:
    os.environ["HEADWATT_TEST_NAME"] = name


def begin_late(folder: str) -> None:
    """Note the process in a file, and begin when the file `go` exists."""
    with Path(folder, "begun").open("a") as begun:
        begun.write(f"{os.getpid()}\n")
    begin("late")
    while not Path(folder, "go").exists():
        time.sleep(0.01)


def name_of(_nothing: None) -> tuple[str, int]:
    return os.environ["HEADWATT_TEST_NAME"], os.getpid()


def refused(text: str) -> None:
    raise ValueError(text)


def killed(_nothing: None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def waiting(begun: str) -> None:
    Path(begun).touch()
    time.sleep(LONG_S)
