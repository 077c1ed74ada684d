"""The HTTP protocol of uvicorn with an end for connections that send or read too slowly."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 15.0
"""Time from the beginning of a connection, or from the end of an answer, until the head of the next request is there.
An idle connection between two requests is closed earlier, by uvicorn."""
READING_S = 60.0
"""Longest time for which a client may take nothing of an answer that waits for it."""


class TimedProtocol(H11Protocol):
    """Ends a connection whose request does not arrive, and one whose client does not read its answer.

    The body of a request has its own limit in `api.http.request_guard`, because its route is already running.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the time of the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the timers."""
        _end(self._head_timer)
        _end(self._reading_timer)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """End the time of the head when a request has begun."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            _end(self._head_timer)

    def on_response_complete(self) -> None:
        """Begin the time of the next request, also where the body of this one has not arrived completely."""
        self._wait_for_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Begin the time in which the client must read."""
        super().pause_writing()
        _end(self._reading_timer)
        self._reading_timer = self.loop.call_later(READING_S, self.transport.abort)

    def resume_writing(self) -> None:
        """End the time in which the client must read."""
        _end(self._reading_timer)
        super().resume_writing()

    def _wait_for_head(self) -> None:
        _end(self._head_timer)
        self._head_timer = self.loop.call_later(HEAD_S, self._end_without_head)

    def _end_without_head(self) -> None:
        if self.cycle is None or self.cycle.response_complete or self.conn.their_state is h11.IDLE:
            self.transport.abort()


def _end(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
