"""Ctrl-C: stop at once where that is clean, and soon in any case."""

import multiprocessing
import os
import signal
import sys
import threading
from types import FrameType

from api.cli.outcome import ExitCode

_PATIENCE_S = 1.5


def stop_soon_on_interrupt() -> None:
    """Make Ctrl-C raise KeyboardInterrupt, and end the process and its workers if that is not through in 1.5 s.

    An interrupt is not noticed while compiled code runs, and a pool first finishes what it was given: on a long search
    that would be half a minute in which nothing seems to happen. Results are written only at the end, so none are lost.
    """
    signal.signal(signal.SIGINT, _interrupted)


def _interrupted(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    deadline = threading.Timer(_PATIENCE_S, _end)
    deadline.daemon = True
    deadline.start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one stop is enough; the shell's key may repeat
    raise KeyboardInterrupt


def _end() -> None:
    for worker in multiprocessing.active_children():
        worker.terminate()
    sys.stderr.write("Stopped.\n")
    sys.stderr.flush()
    os._exit(ExitCode.INTERRUPTED)
