"""Ctrl-C: stop at once where that is clean, and soon in any case."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from api.cli.outcome import ExitCode, interrupted

if TYPE_CHECKING:
    from dispatch.timing.job import SearchStop

_PATIENCE_S = 1.5


def stop_soon_on_interrupt() -> None:
    """Make Ctrl-C raise KeyboardInterrupt, and end the process and its workers if that is not through in 1.5 s.

    An interrupt is not noticed while compiled code runs, and a pool first finishes what it was given: on a long search
    that would be half a minute in which nothing seems to happen. Results are written only at the end, so none are lost.
    """
    signal.signal(signal.SIGINT, _interrupted)


@contextmanager
def interrupt_keeps_best(stop: "SearchStop", tell: Callable[[str, float], None]) -> Iterator[None]:
    """While this lasts, the first Ctrl-C or SIGTERM that meets a search ends the search and keeps what it found.

    Before and after the search, and the second time, both signals do what they did before. `tell` is told as progress.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(signum: int, frame: FrameType | None) -> None:
        if stop.is_searching and not stop.is_cancelled:
            stop.cancel()
            tell("ending the search, the best plan so far follows (once more to end all)", 1.0)
            return
        known = before[signal.Signals(signum)]
        if callable(known):
            known(signum, frame)
        else:
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)


def _interrupted(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    interrupted.set()
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
