"""Headers of every answer, which limit what a page may do in a browser; the answer to unexpected errors."""

import logging
import re
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problem_answer import problem_answer
from api.problems import Problem, ProblemKind

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of answers that are not pages."""
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The policy of the page: scripts and styles only from files of this service, none within the page."""
PAGE_HEADERS = {"Cache-Control": "no-cache", "Content-Security-Policy": PAGE}
"""Headers of the pages; a browser asks whether they changed before it uses its copy."""
SANDBOX = "sandbox allow-scripts allow-downloads allow-modals allow-popups; frame-ancestors 'self'"
"""Added to the policy of a report: its scripts cannot use the session of the user, or read other answers."""

_HEADERS = (
    (b"content-security-policy", NOTHING.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"<>]+)">')
_log = logging.getLogger("headwatt.http")


class AnswerHeaders:
    """ASGI middleware that adds the headers to every answer; a header that a route has set stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}  # ASGI names are in lower case
                message["headers"] = [*given, *(pair for pair in _HEADERS if pair[0] not in names)]
            await send(message)

        await self._app(scope, receive, with_headers)


class UnexpectedErrors:
    """ASGI middleware that answers an unexpected error with a problem and keeps the connection open.

    The answer contains the kind of the error and nothing of its text; the log contains both.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; an error after the beginning of an answer ends the connection."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            request_id = scope.get("state", {}).get("request_id", "")
            _log.error("%s %s failed (request %s)", scope["method"], scope["path"], request_id, exc_info=error)
            detail = f"{type(error).__name__}. The log of the server contains the details."
            await problem_answer(Problem(ProblemKind.INTERNAL, detail), scope["path"])(scope, receive, send)


def report_policy(report: Path) -> str:
    """The policy of a stored report: the one that the report states for itself, and a sandbox.

    The report names its own scripts by their hashes; a report of an earlier version, which names none, has no scripts.
    """
    with report.open(encoding="utf-8", errors="replace") as file:
        found = _POLICY.search(file.read(4_096))
    return f"{found.group(1) if found else NOTHING.partition(';')[0]}; {SANDBOX}"
