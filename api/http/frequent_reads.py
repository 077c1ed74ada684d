"""Plans, jobs, their lists and the number of jobs, answered before the routes: clients repeat these requests most.

The answers are those of the routes of the same addresses, which also answer everything that is not as expected here.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.principal import Principal
from api.access.roles import Action
from api.http.documents import Document
from api.http.headers import LISTED, MOST_LISTED
from api.http.health import jobs_by_status
from api.http.jobs import job_document, jobs_document
from api.http.plans import plan_document, plans_document
from api.http.problem_answer import problem_answer
from api.http.service import Service
from api.problems import Problem, ProblemKind
from api.services.availability import Caller, DatabaseUnavailableError
from api.services.health import Health
from api.services.jobs import JobList
from api.services.plans import Plans

_ID = re.compile(r"/v1/(plans|jobs)/([A-Za-z0-9_-]{1,100})")
_LIMIT = re.compile(rb"limit=([1-9][0-9]{0,2})")
_Route = Literal["/v1/plans/{plan_id}", "/v1/jobs/{job_id}", "/v1/plans", "/v1/jobs", "/health"]


@dataclass(frozen=True)
class _Address:
    """What the observation of requests needs of a route."""

    path: str


@dataclass(frozen=True)
class _Wanted:
    """A document that a user may read: the route, the id or the length of a list, and the lines that the user sees."""

    address: _Route
    object_id: str
    limit: int
    lines: frozenset[str] | None


class FrequentReads:
    """ASGI middleware that answers the most frequent requests; it stands behind the checks of user and request.

    Requests that wait at the same time are read together, by one thread. A request is read after its arrival, so that
    its answer contains every earlier change, also those of other processes.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._waiting: dict[_Wanted, asyncio.Future[Document | Problem | None]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._seen_by = lru_cache(maxsize=256)(self._of_lines)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a frequent request; pass on any other."""
        wanted = _wanted(scope)
        if_none_match = _single_header(scope, b"if-none-match") if wanted is not None else None
        found = await self._read(wanted) if wanted is not None and if_none_match is not None else None
        if wanted is None or if_none_match is None or found is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _Address(wanted.address)
        if isinstance(found, Problem):
            answer: Response = problem_answer(found, scope["path"])
        else:
            answer = found.answer(if_none_match or None)
        await answer(scope, receive, send)

    async def _read(self, wanted: _Wanted) -> Document | Problem | None:
        loop = asyncio.get_running_loop()
        found = self._waiting.get(wanted)
        if found is None:
            found = self._waiting[wanted] = loop.create_future()
            if self._reader is None or self._reader.done():
                self._reader = loop.create_task(self._read_all())
        return await asyncio.shield(found)

    async def _read_all(self) -> None:
        """Read what waits, until nothing waits. A request that comes during a reading waits for the next one."""
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            found = await asyncio.to_thread(self._documents, tuple(waiting))
            for future, document in zip(waiting.values(), found, strict=True):
                future.set_result(document)

    def _documents(self, wanted: Sequence[_Wanted]) -> list[Document | Problem | None]:
        return [self._document(one) for one in wanted]

    def _document(self, wanted: _Wanted) -> Document | Problem | None:
        """The document; None if the route shall answer: that there is no such plan, or an unexpected error."""
        try:
            return _READ[wanted.address](self._seen_by(wanted.lines), wanted)
        except DatabaseUnavailableError:
            return Problem(
                ProblemKind.UNAVAILABLE, "The database does not answer; the same request can be sent again.",
                headers={"Retry-After": "5"},
            )  # fmt: skip
        except Exception:
            return None

    def _of_lines(self, lines: frozenset[str] | None) -> "_Seen":
        caller = Caller(lines=lines)
        return _Seen(
            self._service.plans.for_caller(caller), self._service.jobs.for_caller(caller),
            self._service.health.for_caller(caller),
        )  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """The services with the lines that a user sees."""

    plans: Plans
    jobs: JobList
    health: Health


def _wanted(scope: Scope) -> _Wanted | None:
    """What a request wants, if the user may read it; None for anything but the plainest requests."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    found = _named(scope["path"], scope["query_string"])
    principal = scope.get("state", {}).get("principal")
    if found is None or not isinstance(principal, Principal):
        return None
    address, object_id, limit = found
    if not principal.may_somewhere(Action.READ_SERVICE if address == "/health" else Action.READ_PLANS):
        return None
    return _Wanted(address, object_id, limit, principal.lines(Action.READ_PLANS))


def _named(path: str, query: bytes) -> tuple[_Route, str, int] | None:
    """Route, id and length of a list that an address names; None for any other address."""
    found = _ID.fullmatch(path)
    if found is not None and not query:
        return "/v1/plans/{plan_id}" if found[1] == "plans" else "/v1/jobs/{job_id}", found[2], 0
    if path == "/health" and not query:
        return "/health", "", 0
    limit = _LIMIT.fullmatch(query or b"limit=%d" % LISTED)
    if limit is None or int(limit[1]) > MOST_LISTED:
        return None
    lists: dict[str, _Route] = {"/v1/plans": "/v1/plans", "/v1/jobs": "/v1/jobs"}
    return (lists[path], "", int(limit[1])) if path in lists else None


def _single_header(scope: Scope, name: bytes) -> str | None:
    """A header in lower case that comes at most once; "" without it, and None if the route shall read it."""
    found = [value for given, value in scope["headers"] if given == name]
    if not found:
        return ""
    return found[0].decode("latin-1") if len(found) == 1 and 0 < len(found[0]) <= 200 else None


def _read_plan(seen: _Seen, wanted: _Wanted) -> Document:
    return plan_document(seen.plans, wanted.object_id)


def _read_job(seen: _Seen, wanted: _Wanted) -> Document:
    return job_document(seen.jobs, seen.jobs.read(wanted.object_id))


def _read_plans(seen: _Seen, wanted: _Wanted) -> Document:
    return plans_document(seen.plans, wanted.limit)


def _read_jobs(seen: _Seen, wanted: _Wanted) -> Document:
    return jobs_document(*seen.jobs.newest(wanted.limit), f"/v1/jobs?limit={wanted.limit}")


def _read_health(seen: _Seen, _wanted: _Wanted) -> Document:
    return Document(jobs_by_status(seen.health).model_dump_json().encode())


_READ: Mapping[_Route, Callable[[_Seen, _Wanted], Document]] = {
    "/v1/plans/{plan_id}": _read_plan,
    "/v1/jobs/{job_id}": _read_job,
    "/v1/plans": _read_plans,
    "/v1/jobs": _read_jobs,
    "/health": _read_health,
}
