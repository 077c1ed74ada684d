"""Counts, times and logs each request: its route, its status and its duration, never its query or its headers."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.metrics import Metrics

_log = logging.getLogger("headwatt.requests")
_UNMATCHED = "unmatched"


class Observe:
    """ASGI middleware for metrics and the log of requests. An event stream counts at its beginning."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        status, is_stream = 0, False

        async def noted(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = any(
                    name == b"content-type" and value.startswith(b"text/event-stream")
                    for name, value in message["headers"]
                )
                if is_stream:
                    self._metrics.streams.inc()
                    self._note(scope, status, time.perf_counter() - began_s)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if is_stream:
                self._metrics.streams.dec()
            else:
                self._note(scope, status or 499, time.perf_counter() - began_s)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self._metrics.requests.labels(scope["method"] if route != _UNMATCHED else "", route, str(status)).observe(
            seconds
        )
        if _log.isEnabledFor(logging.INFO):
            principal = scope.get("state", {}).get("principal")
            facts = {
                "method": scope["method"], "path": scope["path"], "route": route, "status": status,
                "duration_ms": round(1000.0 * seconds, 2), "user": principal.actor_id if principal is not None else "",
            }  # fmt: skip
            _log.info("%s %s %d", scope["method"], scope["path"], status, extra=facts)


def route_of(scope: Scope) -> str:
    """The template of the route, so that ids in addresses make no new series of metrics."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/pages" if scope["path"].startswith("/pages/") else _UNMATCHED
