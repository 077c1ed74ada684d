"""Every error of the service becomes problem+json from the table in `api.problems`."""

import errno
import logging
from collections.abc import Hashable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from api.access.redaction import without_secrets
from api.access.sessions import cookie_name
from api.http.identify import WITHOUT_KEY
from api.http.models import ProblemModel
from api.http.problem_answer import MEDIA_TYPE, problem_answer
from api.http.request_guard import is_json
from api.problems import Problem, ProblemError, ProblemKind, few_of_each_kind, not_listed, problem_of
from api.services.availability import DatabaseUnavailableError
from energy_models.faults import Infeasible, InputFaults

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NOT_STORED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
"""Errors of a data folder that is full or may not be written."""
_log = logging.getLogger("headwatt.http")


def documented(*kinds: ProblemKind) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` for the possible problems of a route."""
    by_status: dict[int | str, list[ProblemKind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.value.status, []).append(kind)
    return {
        status: {
            "description": "; ".join(kind.value.title for kind in same_status),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": f"#/components/schemas/{ProblemModel.__name__}"},
                    "examples": {
                        kind.value.code: {"value": Problem(kind, kind.value.title).as_json()} for kind in same_status
                    },
                }
            },
        }
        for status, same_status in by_status.items()
    }


def answer(problem: Problem, request: Request) -> Response:
    """The HTTP response for a problem."""
    return problem_answer(problem, request.url.path)


def register_problems(app: FastAPI) -> None:
    """Convert every exception of the application into problem+json."""

    async def from_table(request: Request, error: Exception) -> Response:
        return answer(problem_of(error), request)

    async def unavailable(request: Request, error: Exception) -> Response:
        request_id = getattr(request.state, "request_id", "")
        what = (request.method, request.url.path, error, request_id)
        _log.error("%s %s: the database does not answer (%s, request %s)", *what)
        detail = "The database does not answer; the same request can be sent again."
        return answer(Problem(ProblemKind.UNAVAILABLE, detail, headers={"Retry-After": "5"}), request)

    async def not_stored(request: Request, error: Exception) -> Response:
        assert isinstance(error, OSError)
        if error.errno not in _NOT_STORED:
            raise error
        _log.error("%s %s: the data folder takes no file (%s)", request.method, request.url.path, error)
        detail = f"The service cannot store files ({error.strerror}); the same request can be sent again."
        return answer(Problem(ProblemKind.UNAVAILABLE, detail, headers={"Retry-After": "60"}), request)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(_of_http_exception(app, request, error), request)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(_of_validation(error, request), request)

    for kind in (ProblemError, InputFaults, Infeasible):
        app.add_exception_handler(kind, from_table)
    app.add_exception_handler(DatabaseUnavailableError, unavailable)
    app.add_exception_handler(OSError, not_stored)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)


def document_problems(app: FastAPI) -> None:
    """Complete the OpenAPI document: the problems that any route may answer, and no 422 response in FastAPI's form."""
    made_by_fastapi = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made_by_fastapi()
            for path, methods in document["paths"].items():
                for method, route in methods.items():
                    if "application/json" in route["responses"].get("422", {}).get("content", {}):
                        del route["responses"]["422"]
                    for status, response in _of_every_route(method, "requestBody" in route).items():
                        route["responses"].setdefault(str(status), response)
                    route["security"] = [] if path in WITHOUT_KEY else [{"key": []}, {"session": []}]
            document["components"]["securitySchemes"] = {
                "key": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie_name(is_secure=True)},
            }
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
        return made_by_fastapi()

    app.openapi = openapi  # type: ignore[method-assign]


def _of_every_route(method: str, has_body: bool) -> dict[int | str, dict[str, Any]]:
    kinds = [ProblemKind.UNKNOWN_HOST, ProblemKind.UNKNOWN_PATH, ProblemKind.KEY_REQUIRED, ProblemKind.ROLE_MISSING]
    kinds += [ProblemKind.UNAVAILABLE, ProblemKind.NO_PROVIDER]
    if method not in ("get", "head", "options"):
        kinds += [ProblemKind.CROSS_ORIGIN, ProblemKind.NO_CSRF_TOKEN]
        kinds += [ProblemKind.MALFORMED_JSON, ProblemKind.TOO_SLOW, ProblemKind.TOO_LARGE]
    if has_body:
        kinds.append(ProblemKind.WRONG_MEDIA_TYPE)
    return documented(*kinds)


def allowed_methods(app: FastAPI, request: Request) -> tuple[str, ...]:
    """All methods of the routes at a path."""
    found = set()
    for method in _METHODS:
        scope = dict(request.scope, method=method, app=app)
        scope.pop("route", None)
        if any(route.matches(scope)[0] is Match.FULL for route in app.router.routes):
            found.add(method)
    return tuple(sorted(found))


def _of_http_exception(app: FastAPI, request: Request, error: HTTPException) -> Problem:
    path = request.url.path
    if error.status_code == 404:
        return Problem(ProblemKind.UNKNOWN_PATH, f"There is no resource at {path}.")
    if error.status_code == 405:
        methods = ", ".join(allowed_methods(app, request))
        detail = f"{path} allows {methods}, not {request.method}."
        return Problem(ProblemKind.METHOD_NOT_ALLOWED, detail, headers={"Allow": methods})
    headers = dict(error.headers or {})
    return Problem(ProblemKind.HTTP_ERROR, str(error.detail), status=error.status_code, headers=headers)


def _of_validation(error: RequestValidationError, request: Request) -> Problem:
    found = error.errors()
    if any(one["loc"] == ("body",) and one["type"] != "missing" for one in found) and not is_json(request.headers):
        return Problem(ProblemKind.WRONG_MEDIA_TYPE, "Content-Type must be application/json.")
    malformed = [one for one in found if one["type"] == "json_invalid"]
    if malformed:
        reason = malformed[0].get("ctx", {}).get("error", "it cannot be parsed")
        position = malformed[0]["loc"][-1]
        return Problem(ProblemKind.MALFORMED_JSON, f"{reason}, at character {position}.")
    errors = tuple(
        {
            "field": _short_text(".".join(str(part) for part in one["loc"])),
            "detail": str(one["msg"]),
            "value": _short(one.get("input")),
        }
        for one in few_of_each_kind(found, _kind)
    )
    count = len(found)
    detail = f"{count} fault{'s' if count != 1 else ''} in the request"
    return Problem(ProblemKind.INVALID_REQUEST, detail, (*errors, *not_listed(count - len(errors))))


def _kind(one: dict[str, Any]) -> Hashable:
    """Equal for faults that differ only in the item of a list or in the name of an unknown key."""
    path = tuple(step for step in one["loc"] if isinstance(step, str))
    return one["type"], path[:-1] if one["type"] == "extra_forbidden" else path


def _short(value: object) -> str:
    return _short_text(without_secrets(repr(value)))


def _short_text(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
