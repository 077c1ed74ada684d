"""`/v1/plans`: order, poll, read and stop plans."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import FileResponse

from api.http.answer_headers import report_policy
from api.http.models import PlanListModel, PlanModel, PlanOrderModel
from api.http.problems import documented
from api.jobs.request import plan_request
from api.jobs.store import Job, JobStore
from api.jobs.supervisor import Supervisor
from api.plan_files.manifest import MODEL_FILES, OWN_FILES, PLAN_FILES, FolderState, state_of
from api.problems import Problem, ProblemError, ProblemKind
from api.result import PlanResult

router = APIRouter(prefix="/v1/plans", tags=["plans"])

_QUEUE_LENGTH = 100
_BODY_PROBLEMS = (ProblemKind.MALFORMED_JSON, ProblemKind.INVALID_REQUEST, ProblemKind.INPUT_FAULTS)


def supervisor_of(request: Request) -> Supervisor:
    """The supervisor of the running app."""
    found = request.app.state.supervisor
    assert isinstance(found, Supervisor)
    return found


def store_of(request: Request) -> JobStore:
    """The job store of the running app."""
    return supervisor_of(request).store


TheStore = Annotated[JobStore, Depends(store_of)]
TheSupervisor = Annotated[Supervisor, Depends(supervisor_of)]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Order a plan",
    response_description="The plan is queued; `Location` is its address.",
    responses=documented(*_BODY_PROBLEMS, ProblemKind.QUEUE_FULL),
)
def order_plan(wanted: PlanOrderModel, response: Response, supervisor: TheSupervisor) -> PlanModel:
    """Check the order, store it and answer at once; a worker process computes the plan."""
    order = wanted.order()
    store = supervisor.store
    plan_request(order, store)  # unknown names and contradictions are told now, not by the worker
    waiting = sum(job.status == "queued" for job in store.all())
    if waiting >= _QUEUE_LENGTH:
        raise ProblemError(
            ProblemKind.QUEUE_FULL, f"{waiting} plans are waiting; order again when some of them have ended."
        )
    job = store.create(order)
    supervisor.wake()
    response.headers["Location"] = f"/v1/plans/{job.job_id}"
    return PlanModel.of(job, None)


@router.get("", summary="List the plans", responses=documented(ProblemKind.INVALID_REQUEST))
def list_plans(store: TheStore, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> PlanListModel:
    """All plans, newest first, without results."""
    newest = reversed(store.ids()[-limit:])
    return PlanListModel(plans=[PlanModel.of(store.get(job_id), None) for job_id in newest])


@router.get("/{plan_id}", summary="Follow a plan", responses=documented(ProblemKind.UNKNOWN_PLAN))
def read_plan(plan_id: str, store: TheStore) -> PlanModel:
    """Status, progress and, once it succeeded, the result; `plan-edited` as its problem where its files were edited."""
    job = store.get(plan_id)
    return _answer(store, job)


@router.post(
    "/{plan_id}/cancel",
    summary="Stop a plan",
    responses=documented(ProblemKind.UNKNOWN_PLAN, ProblemKind.ALREADY_FINISHED, ProblemKind.INVALID_REQUEST)
    | {202: {"model": PlanModel, "description": "The search is ending; poll the plan until it has ended."}},
)
def cancel_plan(
    plan_id: str,
    response: Response,
    supervisor: TheSupervisor,
    keep: Annotated[
        Literal["nothing", "best"],
        Query(description="`best` ends only the search; the best plan so far is checked, judged and becomes `result`."),
    ] = "nothing",
) -> PlanModel:
    """Stop the worker of the plan; the answer follows when the worker has ended.

    With `keep=best`, the answer for a running plan is 202; poll the plan until it has succeeded. The search ends soon,
    or as soon as it has begun; a plan whose search has ended continues to its result. A waiting plan has no best plan.
    """
    job = supervisor.cancel(plan_id, keep_best=keep == "best")
    if job.is_ending:
        response.status_code = status.HTTP_202_ACCEPTED
    elif job.status != "cancelled":
        raise ProblemError(ProblemKind.ALREADY_FINISHED, f"The plan has ended before: {job.status}.")
    return PlanModel.of(job, None)


@router.get(
    "/{plan_id}/report",
    summary="Read the report",
    response_class=FileResponse,
    responses=documented(ProblemKind.UNKNOWN_PLAN, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED)
    | {200: {"content": {"text/html": {}}}},
)
def read_report(plan_id: str, store: TheStore) -> FileResponse:
    """The report as one page without external files."""
    report = _finished_folder(store, plan_id) / "report.html"
    headers = {"Content-Security-Policy": report_policy(report), "Cache-Control": "no-cache"}
    return FileResponse(report, media_type="text/html", headers=headers)


@router.get(
    "/{plan_id}/files/{name}",
    summary="Download a file of the plan",
    response_class=FileResponse,
    responses=documented(
        ProblemKind.UNKNOWN_PLAN, ProblemKind.UNKNOWN_FILE, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED
    )
    | {200: {"content": {"application/octet-stream": {}}}},
)
def read_file(plan_id: str, name: str, store: TheStore) -> FileResponse:
    """One of the files of `headwatt plan`."""
    folder = _finished_folder(store, plan_id)
    names = [known for known in (*PLAN_FILES, *MODEL_FILES) if (folder / known).exists()]
    if name not in names:
        raise ProblemError(ProblemKind.UNKNOWN_FILE, f"No file {name!r}; there are {', '.join(names)}.")
    return FileResponse(folder / name, filename=name)


def _finished_folder(store: JobStore, plan_id: str) -> Path:
    job = store.get(plan_id)
    if job.status != "succeeded":
        raise ProblemError(ProblemKind.NOT_FINISHED, f"The plan is {job.status}; only a succeeded plan has files.")
    folder = store.folder(plan_id) / "plan"
    problem = _edited(folder)
    if problem is not None:
        raise ProblemError(problem.kind, problem.detail)
    return folder


def _answer(store: JobStore, job: Job) -> PlanModel:
    """The plan with its result; without it, and with a problem, where the files were edited since it was written."""
    if job.status != "succeeded":
        return PlanModel.of(job, None)
    folder = store.folder(job.job_id) / "plan"
    problem = _edited(folder)
    if problem is not None:
        return PlanModel.of(replace(job, problem=problem.as_json(f"/v1/plans/{job.job_id}")), None)
    return PlanModel.of(job, _read_result(folder / "result.json"))


def _edited(folder: Path) -> Problem | None:
    """The problem of a plan whose files are not as its manifest says; plans of earlier versions have none."""
    files = (folder / name for name in OWN_FILES)
    seen = tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.is_file())
    state = _state(folder, seen)
    if state.status != "edited":
        return None
    return Problem(ProblemKind.PLAN_EDITED, f"Since the plan was written: {state.words()}. Its result is not proven.")


@lru_cache(maxsize=64)
def _state(folder: Path, seen: tuple[tuple[str, int, int], ...]) -> FolderState:
    """The state of a folder, read again only when its files look different."""
    del seen
    return state_of(folder)


@lru_cache(maxsize=64)
def _read_result(path: Path) -> PlanResult:
    return PlanResult.model_validate_json(path.read_text(encoding="utf-8"))
