"""The id of each request: in the answer, in the log, and in the audit log."""

import re
import secrets

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import REQUEST_ID

HEADER = "X-Request-ID"
_NAME = HEADER.lower().encode()
_FORM = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIds:
    """ASGI middleware that gives each request an id: the one of its header, or a random one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _FORM.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = request_id

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (_NAME, request_id.encode())]
            await send(message)

        REQUEST_ID.set(request_id)
        await self._app(scope, receive, with_id)
