"""Every error of the service becomes problem+json from the table in `api.problems`."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from api.http.models import ProblemModel
from api.problems import Problem, ProblemError, ProblemKind, problem_of
from api.services.availability import DatabaseUnavailableError
from energy_models.faults import Infeasible, InputFaults

MEDIA_TYPE = "application/problem+json"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
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
                    "schema": ProblemModel.model_json_schema(ref_template="#/components/schemas/{model}"),
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
    return JSONResponse(
        problem.as_json(request.url.path),
        status_code=problem.http_status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def register_problems(app: FastAPI) -> None:
    """Convert every exception of the application into problem+json."""

    async def from_table(request: Request, error: Exception) -> Response:
        return answer(problem_of(error), request)

    async def unavailable(request: Request, error: Exception) -> Response:
        _log.error("%s %s: the database does not answer (%s)", request.method, request.url.path, error)
        detail = "The database does not answer; the same request can be sent again."
        return answer(Problem(ProblemKind.UNAVAILABLE, detail, headers={"Retry-After": "5"}), request)

    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        detail = f"{type(error).__name__}. The log of the server contains the details."
        return answer(Problem(ProblemKind.INTERNAL, detail), request)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(_of_http_exception(app, request, error), request)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(_of_validation(error), request)

    for kind in (ProblemError, InputFaults, Infeasible):
        app.add_exception_handler(kind, from_table)
    app.add_exception_handler(DatabaseUnavailableError, unavailable)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)


def document_problems(app: FastAPI) -> None:
    """Remove the 422 response of FastAPI from the OpenAPI document, because this service does not use its form."""
    made_by_fastapi = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made_by_fastapi()
            for methods in document["paths"].values():
                for route in methods.values():
                    if "application/json" in route["responses"].get("422", {}).get("content", {}):
                        del route["responses"]["422"]
            for name in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(name, None)
        return made_by_fastapi()

    app.openapi = openapi  # type: ignore[method-assign]


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


def _of_validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    malformed = [one for one in found if one["type"] == "json_invalid"]
    if malformed:
        reason = malformed[0].get("ctx", {}).get("error", "it cannot be parsed")
        position = malformed[0]["loc"][-1]
        return Problem(ProblemKind.MALFORMED_JSON, f"{reason}, at character {position}.")
    errors = tuple(
        {
            "field": ".".join(str(part) for part in one["loc"]),
            "detail": str(one["msg"]),
            "value": _short(one.get("input")),
        }
        for one in found
    )
    count = len(errors)
    return Problem(ProblemKind.INVALID_REQUEST, f"{count} fault{'s' if count != 1 else ''} in the request", errors)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
