"""`/v1/jobs`: list, follow and stop jobs of every kind, and read what they made."""

import json
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from fastapi.responses import FileResponse

from api.access.roles import Action
from api.http.access import Require
from api.http.answer_headers import report_policy
from api.http.documents import Document
from api.http.events import job_events
from api.http.headers import JSON, LISTED, Cursor, EventId, Limit, NoneMatch
from api.http.job_models import JobListModel, JobModel
from api.http.problems import documented
from api.http.service import TheService
from api.jobs.port import JobKind, JobStatus, Keep
from api.problems import ProblemKind
from api.services.jobs import JobList, JobView
from api.services.kept import MOST_KEPT

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.get(
    "",
    summary="List the jobs",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_model=JobListModel,
    responses=documented(ProblemKind.INVALID_REQUEST, ProblemKind.INPUT_FAULTS),
)
def list_jobs(
    service: TheService,
    limit: Limit = LISTED,
    cursor: Cursor = None,
    kind: Annotated[JobKind | None, Query(description="Only jobs of this kind.")] = None,
    job_status: Annotated[JobStatus | None, Query(alias="status", description="Only jobs with this status.")] = None,
) -> Response:
    """Jobs of every kind, newest first, without results; `next` is the address of the jobs after these."""
    kept = "".join(f"&{name}={value}" for name, value in (("kind", kind), ("status", job_status)) if value is not None)
    kinds, statuses = (kind,) if kind is not None else (), (job_status,) if job_status is not None else ()
    views, following = service.jobs.newest(limit, cursor, kinds, statuses)
    return jobs_document(views, following, f"/v1/jobs?limit={limit}{kept}").answer()


@router.get(
    "/{job_id}",
    summary="Follow a job",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_model=JobModel,
    responses=documented(ProblemKind.UNKNOWN_JOB, ProblemKind.INVALID_REQUEST)
    | {304: {"description": "The job has not changed."}},
)
def read_job(job_id: str, service: TheService, if_none_match: NoneMatch = None) -> Response:
    """Status, progress and, once it succeeded, the result."""
    return job_document(service.jobs, service.jobs.read(job_id)).answer(if_none_match)


@router.post(
    "/{job_id}/stop",
    summary="Stop a job",
    dependencies=[Depends(Require(Action.STOP_PLANS))],
    responses=documented(
        ProblemKind.UNKNOWN_JOB, ProblemKind.ALREADY_FINISHED, ProblemKind.NO_BEST, ProblemKind.INVALID_REQUEST
    )
    | {202: {"model": JobModel, "description": "The search is ending; poll the job until it has ended."}},
)
def stop_job(
    job_id: str,
    response: Response,
    service: TheService,
    keep: Annotated[Keep, Query(description="`best`: end only the search of a plan, and keep its best.")] = "nothing",
) -> JobModel:
    """Stop a job; its processes end within a few seconds."""
    view = service.jobs.stop(job_id, keep)
    if view.job.is_ending:
        response.status_code = status.HTTP_202_ACCEPTED
    return JobModel.of(view)


@router.get(
    "/{job_id}/events",
    summary="Follow a job by events",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_class=Response,
    responses=documented(ProblemKind.UNKNOWN_JOB, ProblemKind.INVALID_REQUEST)
    | {200: {"content": {"text/event-stream": {}}, "description": "One event for each change, until the job ends."}},
)
async def follow_job(job_id: str, service: TheService, last_event_id: EventId = None) -> Response:
    """Server-sent events `job` with status and progress. After a break, `Last-Event-ID` continues where it ended."""
    return await job_events(service, job_id, int(last_event_id) if last_event_id is not None else None)


@router.get(
    "/{job_id}/files/{name}",
    summary="Download a file of a job",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_class=FileResponse,
    responses=documented(ProblemKind.UNKNOWN_JOB, ProblemKind.UNKNOWN_FILE, ProblemKind.NOT_FINISHED)
    | {200: {"content": {"application/octet-stream": {}, "text/html": {}}}},
)
def read_job_file(job_id: str, name: str, service: TheService) -> FileResponse:
    """One of the files that a job made; a page of a judgement or a sweep is shown, any other file is saved."""
    path, sha256 = service.jobs.file(job_id, name)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "no-cache"}
    if name.endswith(".html"):
        return FileResponse(
            path, media_type="text/html", headers=headers | {"Content-Security-Policy": report_policy(path)}
        )
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=headers)


def job_document(jobs: JobList, view: JobView) -> Document:
    """A job with its result; the stored result is copied into it as it is."""
    body = job_text(view)
    result = jobs.result(view)
    if result is not None:
        # The last such text: a value of the order could contain the same text, but only before.
        before, _, after = body.rpartition(b'"result":null')
        body = before + b'"result":' + result.strip() + after
    return Document(body, f'"{view.tag}"')


def accepted(view: JobView) -> Response:
    """The answer to an order: 202 with the job to follow."""
    headers = {"Location": f"/v1/jobs/{view.job.job_id}", "ETag": f'"{view.tag}"'}
    return Response(job_text(view), status.HTTP_202_ACCEPTED, headers, JSON)


@lru_cache(maxsize=MOST_KEPT)
def job_text(view: JobView) -> bytes:
    """The job as JSON without its result; kept, because most requests read a job that has not changed."""
    return JobModel.of(view).model_dump_json().encode()


def jobs_document(views: list[JobView], following: str | None, address: str) -> Document:
    """A page of a list of jobs."""
    joined = "&" if "?" in address else "?"
    next_page = f"{address}{joined}cursor={following}" if following is not None else None
    jobs = b",".join(map(job_text, views))
    return Document(b'{"jobs":[' + jobs + b'],"next":' + json.dumps(next_page).encode() + b"}")
