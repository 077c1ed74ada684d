"""What every request must satisfy before a route sees it: host, origin, address, and the size and time of its body."""

import asyncio
import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.json_text import json_fault
from api.http.problem_answer import problem_answer
from api.problems import Problem, ProblemError, ProblemKind

MOST_BODY_BYTES = 1_000_000
"""Largest body, except for the addresses of `Limits.most_bytes`. The longest order has about 200 kB."""
LONGEST_PART = 200
"""Largest number of bytes of one part of an address; file systems allow 255 bytes for a name."""
BODY_S, LEAST_BYTES_PER_S = 20.0, 50_000
"""Time in which a body must arrive: the first value, and one second more for each of the second value in bytes."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_SAME_SITE = ("same-origin", "none")


@dataclass(frozen=True)
class Limits:
    """Names under which the service may be addressed, and the largest body in bytes of addresses that take files.

    `hosts` are names; addresses of machines and `localhost` are always allowed, because a name that an attacker points
    at this machine (DNS rebinding) is neither.
    """

    hosts: Collection[str] = ()
    most_bytes: Mapping[str, int] = field(default_factory=dict)

    def body_bytes(self, path: str) -> int:
        """Largest body of a request to a path."""
        return self.most_bytes.get(path, MOST_BODY_BYTES)


class RequestGuard:
    """ASGI middleware that refuses requests which no route should see, each with a problem."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request that is allowed; answer any other with its problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)
        problem = (
            host_problem(headers, self._limits.hosts)
            or origin_problem(scope["method"], headers)
            or path_problem(path)
            or length_problem(headers, self._limits.body_bytes(path))
        )
        if problem is None:
            body = _Body(receive, self._limits.body_bytes(path))
            try:
                if is_json(headers) and path not in self._limits.most_bytes:
                    problem = await body.json_problem()
                if problem is None:
                    await self._app(scope, body.receive, send)
                    return
            except _RefusedBodyError as error:
                problem = error.problem
        await problem_answer(problem, path)(scope, receive, send)


def host_problem(headers: Headers, hosts: Collection[str]) -> Problem | None:
    """The problem of a request whose `Host` is neither an address, `localhost` nor one of the allowed names."""
    given = headers.getlist("host")
    name = host_name(given[0]) if len(given) == 1 else None
    if name is not None and (name == "localhost" or _is_address(name) or name in {host.casefold() for host in hosts}):
        return None
    detail = (
        f"Host: {', '.join(given)[:100] or 'missing'}. Allowed: addresses of machines, localhost, and the names of the "
        "setting allowed-host."
    )
    return Problem(ProblemKind.UNKNOWN_HOST, detail)


@lru_cache(maxsize=256)
def host_name(authority: str) -> str | None:
    """The host of `host:port` in lower case, without brackets; None if the text is no such pair."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    return parts.hostname


@lru_cache(maxsize=256)
def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def origin_problem(method: str, headers: Headers) -> Problem | None:
    """The problem of a changing request that a page of another origin sends through the browser of a user.

    Browsers send `Sec-Fetch-Site`, and `Origin` with each request that may change something; programs send neither.
    """
    if method in _SAFE_METHODS:
        return None
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in _SAME_SITE:
        return Problem(ProblemKind.CROSS_ORIGIN, f"Sec-Fetch-Site is {site[:40]}; allowed is same-origin.")
    if origin is not None and _authority(origin) != headers.get("host", "").casefold():
        return Problem(ProblemKind.CROSS_ORIGIN, f"Origin is {origin[:100]}; allowed is the address of this service.")
    return None


def _authority(origin: str) -> str | None:
    """Host and port of an origin in lower case; None for `null` and anything else without a host."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.casefold() if parts.scheme in ("http", "https") and parts.netloc else None


def path_problem(path: str) -> Problem | None:
    """The problem of an address with a part that is too long, or with characters that no name has."""
    if any(len(part.encode("utf-8", "surrogatepass")) > LONGEST_PART for part in path.split("/")):
        return Problem(ProblemKind.UNKNOWN_PATH, f"Each part of an address has at most {LONGEST_PART} bytes.")
    if any(character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in path):
        return Problem(ProblemKind.UNKNOWN_PATH, "The address contains characters that no resource has.")
    return None


def length_problem(headers: Headers, most: int) -> Problem | None:
    """The problem of a body whose stated length is larger than allowed."""
    length = headers.get("content-length", "")
    return too_large(most) if len(length) > 15 or (length.isdecimal() and int(length) > most) else None


def too_large(most: int) -> Problem:
    """The problem of a body that is larger than `most` bytes."""
    return Problem(ProblemKind.TOO_LARGE, f"A request to this address may have {most / 1e6:g} MB.")


def is_json(headers: Headers) -> bool:
    """Whether the body is JSON by its content type."""
    kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
    return kind == "application/json" or kind.endswith("+json")


class _RefusedBodyError(ProblemError):
    """A body is too large or arrives too slowly."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind, problem.detail)
        self.problem = problem


class _Body:
    """The body of a request, counted and timed while it arrives."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._bytes = 0
        self._complete = False
        self._kept: list[Message] = []
        self._until_s = asyncio.get_running_loop().time() + BODY_S

    async def json_problem(self) -> Problem | None:
        """Read the whole body and check it; `receive` gives it again afterwards."""
        while not self._complete:
            message = await self._next()
            self._kept.append(message)
            if message["type"] != "http.request":
                break
        text = b"".join(message.get("body", b"") for message in self._kept)
        fault = json_fault(text)
        return None if fault is None else Problem(ProblemKind.MALFORMED_JSON, f"{fault[0].upper()}{fault[1:]}.")

    async def receive(self) -> Message:
        """The next message of the request, for the route."""
        if self._kept:
            return self._kept.pop(0)
        if self._complete:
            return await self._receive()  # the end of the connection, for which routes may wait without a limit
        return await self._next()

    async def _next(self) -> Message:
        wait_s = self._until_s + self._bytes / LEAST_BYTES_PER_S - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), max(wait_s, 0.0))
        except TimeoutError:
            detail = (
                f"A body must arrive within {BODY_S:g} s, and one second more for each {LEAST_BYTES_PER_S:,} bytes."
            )
            raise _RefusedBodyError(Problem(ProblemKind.TOO_SLOW, detail, headers={"Connection": "close"})) from None
        self._bytes += len(message.get("body", b""))
        self._complete = message["type"] != "http.request" or not message.get("more_body", False)
        if self._bytes > self._most:
            raise _RefusedBodyError(too_large(self._most))
        return message
