"""The protection of the service as one call: what stands in front of the routes, and the headers of the files."""

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.http.answer_headers import AnswerHeaders, UnexpectedErrors
from api.http.exposure import Exposure
from api.http.frequent_reads import FrequentReads
from api.http.identify import Identify
from api.http.metrics import Metrics
from api.http.observe import Observe
from api.http.request_guard import Limits, RequestGuard
from api.http.request_ids import RequestIds
from api.http.scenarios import MOST_UPLOAD_BYTES
from api.http.service import Service
from api.http.telemetry import MOST_BODY_BYTES


def secure(app: FastAPI, service: Service, exposure: Exposure, metrics: Metrics) -> None:
    """Protect every route of an application, and the answers to the most frequent requests in front of the routes."""
    app.add_middleware(FrequentReads, service=service)
    app.add_middleware(UnexpectedErrors)
    bodies = {"/v1/telemetry": MOST_BODY_BYTES, "/v1/imports": MOST_UPLOAD_BYTES}
    app.add_middleware(RequestGuard, limits=Limits(exposure.hosts, bodies))
    app.add_middleware(Identify, access=service.access, sessions=service.sessions, exposure=exposure)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(Observe, metrics=metrics)
    app.add_middleware(RequestIds)


class PageFiles(StaticFiles):
    """The files of the pages, compressed; a browser asks whether they changed before it uses its copy."""

    def file_response(self, full_path: object, stat_result: object, scope: Scope, status_code: int = 200) -> Response:
        """The answer with a file, or that it has not changed."""
        answer = super().file_response(full_path, stat_result, scope, status_code)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["Vary"] = "Accept-Encoding"
        path = Path(str(full_path))
        is_wanted = path.suffix in _COMPRESSED and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if not isinstance(answer, FileResponse) or scope["method"] != "GET" or not is_wanted:
            return answer
        seen = path.stat()
        headers = {name: answer.headers[name] for name in ("Cache-Control", "Vary", "Last-Modified")}
        # The compressed form is equal, but not the same bytes: a weak tag.
        headers |= {"ETag": f"W/{answer.headers['ETag']}", "Content-Encoding": "gzip"}
        body = _gzip(path, seen.st_mtime_ns, seen.st_size)
        return Response(body, status_code, headers, answer.headers["Content-Type"])


_COMPRESSED = frozenset((".js", ".css", ".html", ".svg", ".json"))


@lru_cache(maxsize=256)
def _gzip(path: Path, changed_ns: int, size: int) -> bytes:
    """A file compressed, kept until the file changes."""
    del changed_ns, size
    return gzip.compress(path.read_bytes(), 9, mtime=0)
