"""A process beside this one that runs one call after another, each within a time; it ends with this process."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


class NoAnswerError(Exception):
    """The process did not answer in time, or ended."""


class _NotReadyError(Exception):
    """The process has not started yet."""


@dataclass
class _Running:
    process: BaseProcess
    connection: Connection
    is_ready: bool = False


class SideProcess:
    """One process that starts when it is needed, and again after an end.

    `begin` runs in the process with `arguments` before the first call. A pipe without threads of its own costs the
    calling process a fraction of what a pool of processes costs.
    """

    def __init__(self, begin: Callable[..., None], arguments: tuple[Any, ...], start_patience_s: float) -> None:
        self._begin = (begin, arguments)
        self._start_patience_s = start_patience_s
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._running: _Running | None = None

    def start(self) -> None:
        """Start the process without a wait for its begin."""
        self._started()

    def call(self, function: Callable[[_Given], _Found], given: _Given, patience_s: float) -> _Found:
        """The result of a function of a module, which runs in the process; raises what the function raises.

        The first call after a start also waits for the begin of the process. Raises `NoAnswerError` if the process ends
        or does not answer within `patience_s`; the process is then ended, unless it has not begun yet.
        """
        if not self._turn.acquire(timeout=patience_s):
            raise NoAnswerError
        try:
            running = self._started()
            if not self._is_ready(running):
                raise _NotReadyError
            returned, found = _answer(running.connection, function, given, patience_s)
        except _NotReadyError:
            raise NoAnswerError from None  # the start goes on for later calls, which a new start would only delay
        except (NoAnswerError, EOFError, OSError):
            self.stop()
            raise NoAnswerError from None
        finally:
            self._turn.release()
        if not returned:
            raise found
        return found  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End the process; a call that waits for it ends with `NoAnswerError`."""
        with self._state:
            running, self._running = self._running, None
        if running is not None:
            running.process.kill()
            running.process.join()

    def _is_ready(self, running: _Running) -> bool:
        if not running.is_ready and running.connection.poll(self._start_patience_s):
            running.connection.recv()
            running.is_ready = True
        return running.is_ready

    def _started(self) -> _Running:
        with self._state:
            if self._running is None:
                context = get_context("spawn")
                own, other = context.Pipe()
                process = context.Process(target=_serve, args=(other, *self._begin), daemon=True)
                process.start()
                other.close()  # so that the end of the process is the end of the pipe
                self._running = _Running(process, own)
            return self._running


def _answer(connection: Connection, function: object, given: object, patience_s: float) -> tuple[bool, Any]:
    connection.send((function, given))
    if not connection.poll(patience_s):
        raise NoAnswerError
    returned, found = connection.recv()
    return bool(returned), found


def _serve(connection: Connection, begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes; the other one ends this one
    begin(*arguments)
    connection.send("ready")
    while True:
        try:
            function, given = connection.recv()
        except EOFError:
            return
        try:
            answer = (True, function(given))
        except Exception as error:
            answer = (False, error)
        connection.send(answer)
