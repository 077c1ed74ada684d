"""Ctrl-C: an orderly stop, or the end of the process after a short time."""

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
    from dispatch.timing.task import SearchStop

_PATIENCE_S = 1.5


def stop_soon_on_interrupt() -> None:
    """Make Ctrl-C raise KeyboardInterrupt; if the process still runs after 1.5 s, end the process and its workers.

    Compiled code does not react to an interrupt, and a process pool first finishes its tasks: in a long search
    Ctrl-C alone would take half a minute. Results are written only at the end, so the early end loses none.
    """
    signal.signal(signal.SIGINT, _interrupted)
    sys.unraisablehook = _unraisable


@contextmanager
def interrupt_keeps_best(stop: "SearchStop", report: Callable[[str, float], None]) -> Iterator[None]:
    """Inside this context, the first Ctrl-C or SIGTERM during a search ends the search and keeps the best plan.

    Before and after the search, and at the second time, both signals act as before. `report` receives the progress.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(signum: int, frame: FrameType | None) -> None:
        if stop.is_searching and not stop.is_cancelled:
            stop.cancel()
            report("ending the search and keeping the best plan (Ctrl-C again ends the command)", 1.0)
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one stop is enough; the key may repeat
    raise KeyboardInterrupt


def _unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    """Report an error that Python cannot raise, but not an interrupt that came in the middle of an import."""
    if not (interrupted.is_set() and issubclass(unraisable.exc_type, KeyboardInterrupt)):
        sys.__unraisablehook__(unraisable)


def _end() -> None:
    for worker in multiprocessing.active_children():
        worker.terminate()
    sys.stderr.write("Stopped.\n")
    sys.stderr.flush()
    os._exit(ExitCode.INTERRUPTED)
