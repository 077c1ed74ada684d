"""Who sends a request: by its key, or by the session of its cookie; on this machine anybody, without users."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.principal import Principal
from api.access.sessions import cookie_name, is_csrf_token
from api.http.exposure import Exposure
from api.http.problem_answer import problem_answer
from api.problems import Problem, ProblemError, ProblemKind
from api.services.access import Access
from api.services.availability import DatabaseUnavailableError
from api.services.kept import Remembered
from api.services.sessions import Sessions, SessionView

V = TypeVar("V")
SIGN_IN, METRICS = "/sign-in", "/metrics"
WITHOUT_KEY = (
    "/health/live", SIGN_IN, "/v1/sessions", "/pages/sign_in.js", "/pages/locale.js", "/pages/strings.js",
    "/pages/control_room_strings.js", "/pages/control_room_shift_strings.js", "/pages/engineer_strings.js",
    "/pages/fleet_strings.js", "/pages/service_strings.js", "/pages/theme.js", "/pages/page.css", "/pages/tokens.css",
    "/pages/icon.svg",
)  # fmt: skip
"""Addresses that answer without a key, with nothing that depends on the installation, or begin a session."""
CSRF_HEADER = "X-CSRF-Token"
PAGES = ("/", "/control-room/", "/control-room/handover/", "/engineer/", "/fleet/")
"""Pages for people: without a session, a browser goes on to the page where a person signs in."""
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers of proxies: a request with one of them does not come from this machine."""
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Identify:
    """ASGI middleware that notes the user of each request, or refuses the request with a problem."""

    def __init__(self, app: ASGIApp, access: Access, sessions: Sessions, exposure: Exposure) -> None:
        self._app = app
        self._access = access
        self._sessions = sessions
        self._exposure = exposure
        self._users: Remembered[Principal] = Remembered()
        self._known_sessions: Remembered[SessionView] = Remembered()
        self._without_key = (*WITHOUT_KEY, METRICS) if exposure.metrics == "open" else WITHOUT_KEY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with a user."""
        if scope["type"] != "http" or scope["path"] in self._without_key:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem: Problem
        try:
            principal = await self._principal(headers, scope)
        except ProblemError as error:
            if scope["path"] in PAGES and "text/html" in headers.get("accept", ""):
                to_sign_in: Response = RedirectResponse(SIGN_IN, 303)
                await to_sign_in(scope, receive, send)
                return
            problem = error.problem
            if problem.kind is ProblemKind.KEY_REQUIRED:
                problem = Problem(problem.kind, problem.detail, headers={"WWW-Authenticate": 'Bearer realm="headwatt"'})
        except DatabaseUnavailableError:
            detail = "The database does not answer; the same request can be sent again."
            problem = Problem(ProblemKind.UNAVAILABLE, detail, headers={"Retry-After": "5"})
        else:
            scope.setdefault("state", {})["principal"] = principal
            await self._app(scope, receive, send)
            return
        await problem_answer(problem, scope["path"])(scope, receive, send)

    async def _principal(self, headers: Headers, scope: Scope) -> Principal:
        given = headers.getlist("authorization")
        if len(given) == 1:
            found = await _remembered(self._users, given[0], lambda: self._access.of_header(given[0]))
            assert found is not None
            return found
        if not given:
            session = await self._session(headers)
            if session is not None:
                if scope["method"] not in _SAFE_METHODS:
                    _require_csrf_token(headers, session)
                scope.setdefault("state", {})["session"] = session
                return session.principal
            if self._exposure.is_local and not any(name in headers for name in _FORWARDED):
                local = await _remembered(self._users, "", self._access.local)
                if local is not None:
                    return local
        raise ProblemError(ProblemKind.KEY_REQUIRED, "Send the header `Authorization: Bearer KEY`.")

    async def _session(self, headers: Headers) -> SessionView | None:
        cookies = cookie_parser(headers.get("cookie", ""))
        secret = cookies.get(cookie_name(self._exposure.is_secure))
        if secret is None:
            return None
        return await _remembered(self._known_sessions, secret, lambda: self._sessions.of_secret(secret))


async def _remembered(known: Remembered[V], secret: str, read: Callable[[], V | None]) -> V | None:
    """What belongs to a secret: as it was read a moment ago, or read now. What is not valid is read each time."""
    key = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
    found = known.get(key)
    if found is None:
        moment = known.moment()
        found = await run_in_threadpool(read)
        if found is not None:
            known.note(key, found, moment)
    return found


def _require_csrf_token(headers: Headers, session: SessionView) -> None:
    if not is_csrf_token(headers.get(CSRF_HEADER, ""), session.secret):
        detail = f"A changing request with a session needs the header {CSRF_HEADER} with the token of GET /v1/session."
        raise ProblemError(ProblemKind.NO_CSRF_TOKEN, detail)
