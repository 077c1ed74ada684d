"""Who sends a request: each request needs a key, except on this machine as long as there are no users."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.principal import Principal
from api.http.problem_answer import problem_answer
from api.problems import Problem, ProblemError, ProblemKind
from api.services.access import Access
from api.services.availability import DatabaseUnavailableError

WITHOUT_KEY = ("/health/live",)
"""Addresses that answer without a key, with nothing that depends on the installation."""
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers of proxies: a request with one of them does not come from this machine."""


class Identify:
    """ASGI middleware that notes the user of each request, or refuses the request with a problem.

    `is_local` is whether the service listens on this machine only.
    """

    def __init__(self, app: ASGIApp, access: Access, is_local: bool) -> None:
        self._app = app
        self._access = access
        self._is_local = is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with a user."""
        if scope["type"] != "http" or scope["path"] in WITHOUT_KEY:
            await self._app(scope, receive, send)
            return
        problem: Problem
        try:
            principal = await self._principal(Headers(scope=scope))
        except ProblemError as error:
            headers = {"WWW-Authenticate": 'Bearer realm="headwatt"'}
            problem = Problem(error.problem.kind, error.problem.detail, headers=headers)
        except DatabaseUnavailableError:
            detail = "The database does not answer; the same request can be sent again."
            problem = Problem(ProblemKind.UNAVAILABLE, detail, headers={"Retry-After": "5"})
        else:
            scope.setdefault("state", {})["principal"] = principal
            await self._app(scope, receive, send)
            return
        await problem_answer(problem, scope["path"])(scope, receive, send)

    async def _principal(self, headers: Headers) -> Principal:
        given = headers.getlist("authorization")
        if len(given) == 1:
            return await run_in_threadpool(self._access.of_header, given[0])
        if not given and self._is_local and not any(name in headers for name in _FORWARDED):
            local = await run_in_threadpool(self._access.local)
            if local is not None:
                return local
        raise ProblemError(ProblemKind.KEY_REQUIRED, "Send the header `Authorization: Bearer KEY`.")
