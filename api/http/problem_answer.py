"""The HTTP answer of a problem, for routes and for what stands in front of them."""

from starlette.responses import JSONResponse

from api.problems import Problem

MEDIA_TYPE = "application/problem+json"


def problem_answer(problem: Problem, path: str) -> JSONResponse:
    """The answer as `application/problem+json`; `path` is the path of the request."""
    return JSONResponse(
        problem.as_json(path), status_code=problem.http_status, media_type=MEDIA_TYPE, headers=problem.headers
    )
