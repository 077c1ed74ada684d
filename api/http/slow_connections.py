"""The HTTP protocol of uvicorn with an end for connections that send or read too slowly, and a limit of heads."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 15.0
"""Time from the beginning of a connection, or from the end of an answer, until the head of the next request is there.
An idle connection between two requests is closed earlier, by uvicorn."""
READING_S = 60.0
"""Longest time for which a client may take nothing of an answer that waits for it."""
MOST_HEAD_BYTES = 65_536
"""Largest head of a request that arrives in several pieces; the parser itself has no limit."""


class TimedProtocol(HttpToolsProtocol):
    """Ends a connection whose request does not arrive, and one whose client does not read its answer.

    The body of a request has its own limit in `api.http.request_guard`, because its route is already running.
    """

    _head_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the time of the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the timers."""
        _end(self._head_timer)
        _end(self._reading_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what arrived; a head that grows without an end gets 400."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_headers_complete(self) -> None:
        """End the time of the head."""
        _end(self._head_timer)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count a body not as a head."""
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin to count the next head."""
        self._head_bytes = 0
        super().on_message_complete()

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
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def _end(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
