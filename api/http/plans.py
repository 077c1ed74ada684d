"""`/v1/plans`: order, follow, read and stop plans. Each route parses, calls one service, and answers."""

import gzip
import json
from functools import lru_cache
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Response, status
from fastapi.responses import FileResponse

from api.access.roles import Action
from api.http.access import Require, require_on
from api.http.answer_headers import report_policy
from api.http.documents import Document
from api.http.events import plan_events
from api.http.headers import BODY_PROBLEMS, JSON, LISTED, Cursor, EventId, Key, Limit, NoneMatch
from api.http.models import PlanListModel, PlanModel, PlanOrderModel
from api.http.order_route import OrderRoute
from api.http.problems import documented
from api.http.service import ThePrincipal, TheService
from api.problems import ProblemKind
from api.services.kept import MOST_KEPT
from api.services.plans import Plans, PlanView

router = APIRouter(prefix="/v1/plans", tags=["plans"])


def order_plan(wanted: PlanOrderModel, service: TheService, principal: ThePrincipal, key: Key = None) -> Response:
    """Check the order, store it and answer; a worker process computes the plan.

    Faults that need the scenario are usually found at once. If that takes longer than a few seconds, the plan is queued
    and fails with the same `problem`.
    """
    require_on(principal, Action.ORDER_PLANS, wanted.scenario.partition("+")[0])
    limits = service.limits.of_user(principal, wanted.scenario.partition("+")[0])
    view = service.plans.order(wanted.order(), principal.actor_id, key, limits)
    return Response(
        plan_text(view),
        status.HTTP_202_ACCEPTED,
        {"Location": f"/v1/plans/{view.plan_id}", "ETag": etag(view)},
        JSON,
    )


router.add_api_route(
    "",
    order_plan,
    methods=["POST"],
    route_class_override=OrderRoute,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Order a plan",
    dependencies=[Depends(Require(Action.ORDER_PLANS))],
    response_model=PlanModel,
    response_description="The plan is queued; `Location` is its address.",
    responses=documented(*BODY_PROBLEMS, ProblemKind.QUEUE_FULL, ProblemKind.KEY_REUSED, ProblemKind.UNAVAILABLE),
)


@router.get(
    "",
    summary="List the plans",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_model=PlanListModel,
    responses=documented(ProblemKind.INVALID_REQUEST, ProblemKind.INPUT_FAULTS),
)
def list_plans(service: TheService, limit: Limit = LISTED, cursor: Cursor = None) -> Response:
    """Plans, newest first, without results; `next` is the address of the plans after these."""
    return plans_document(service.plans, limit, cursor).answer()


@router.get(
    "/{plan_id}",
    summary="Follow a plan",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_model=PlanModel,
    responses=documented(ProblemKind.UNKNOWN_PLAN) | {304: {"description": "The plan has not changed."}},
)
def read_plan(plan_id: str, service: TheService, if_none_match: NoneMatch = None) -> Response:
    """Status, progress and, once it succeeded, the result; `plan-edited` as its problem where its files were edited."""
    return plan_document(service.plans, plan_id).answer(if_none_match)


@router.post(
    "/{plan_id}/cancel",
    summary="Stop a plan",
    dependencies=[Depends(Require(Action.STOP_PLANS))],
    responses=documented(ProblemKind.UNKNOWN_PLAN, ProblemKind.ALREADY_FINISHED, ProblemKind.INVALID_REQUEST)
    | {202: {"model": PlanModel, "description": "The search is ending; poll the plan until it has ended."}},
)
def cancel_plan(
    plan_id: str,
    response: Response,
    service: TheService,
    keep: Annotated[
        Literal["nothing", "best"],
        Query(description="`best` ends only the search; the best plan so far is checked, judged and becomes `result`."),
    ] = "nothing",
) -> PlanModel:
    """Stop the job of the plan.

    With `keep=best`, the answer for a running plan is 202; poll the plan until it has succeeded. The search ends soon,
    or as soon as it has begun; a plan whose search has ended continues to its result. A waiting plan has no best plan.
    """
    view = service.plans.cancel(plan_id, keep)
    if view.job.is_ending:
        response.status_code = status.HTTP_202_ACCEPTED
    return PlanModel.of(view)


@router.get(
    "/{plan_id}/events",
    summary="Follow a plan by events",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_class=Response,
    responses=documented(ProblemKind.UNKNOWN_PLAN, ProblemKind.INVALID_REQUEST)
    | {200: {"content": {"text/event-stream": {}}, "description": "One event for each change, until the plan ends."}},
)
async def follow_plan(
    plan_id: str,
    service: TheService,
    last_event_id: EventId = None,
) -> Response:
    """Server-sent events `plan` with status and progress. After a break, `Last-Event-ID` continues where it ended."""
    return await plan_events(service, plan_id, int(last_event_id) if last_event_id is not None else None)


@router.get(
    "/{plan_id}/report",
    summary="Read the report",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_class=FileResponse,
    responses=documented(ProblemKind.UNKNOWN_PLAN, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED)
    | {200: {"content": {"text/html": {}}}},
)
def read_report(plan_id: str, service: TheService) -> FileResponse:
    """The report as one page without external files."""
    path, sha256 = service.plans.file(plan_id, "report.html")
    headers = {
        "Content-Security-Policy": report_policy(path),
        "Cache-Control": "no-cache",
        "ETag": f'"{sha256}"',
    }
    return FileResponse(path, media_type="text/html", headers=headers)


@router.get(
    "/{plan_id}/train-graph",
    summary="Read the train graph",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_class=Response,
    responses=documented(
        ProblemKind.UNKNOWN_PLAN, ProblemKind.UNKNOWN_FILE, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED,
        ProblemKind.INVALID_REQUEST,
    )
    | {200: {"content": {JSON: {}}}, 304: {"description": "The train graph has not changed."}},
)  # fmt: skip
def read_train_graph(
    plan_id: str,
    service: TheService,
    if_none_match: NoneMatch = None,
    accept_encoding: Annotated[str, Header(max_length=400)] = "",
) -> Response:
    """Stations, the trips of today and of the plan with the mean power of each run, and the power of both days.

    The job of the plan wrote this answer, compressed with gzip; it is sent as it is stored.
    """
    path, sha256 = service.plans.graph(plan_id)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if if_none_match == headers["ETag"]:
        return Response(None, status.HTTP_304_NOT_MODIFIED, headers)
    if "gzip" not in accept_encoding:
        return Response(gzip.decompress(path.read_bytes()), status.HTTP_200_OK, headers, JSON)
    return FileResponse(path, headers={**headers, "Content-Encoding": "gzip"}, media_type=JSON)


@router.get(
    "/{plan_id}/files/{name}",
    summary="Download a file of the plan",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    response_class=FileResponse,
    responses=documented(
        ProblemKind.UNKNOWN_PLAN, ProblemKind.UNKNOWN_FILE, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED
    )
    | {200: {"content": {"application/octet-stream": {}}}},
)
def read_file(plan_id: str, name: str, service: TheService) -> FileResponse:
    """One of the files of `headwatt plan`."""
    path, sha256 = service.plans.file(plan_id, name)
    return FileResponse(path, filename=name, headers={"ETag": f'"{sha256}"'})


def etag(view: PlanView) -> str:
    """The strong ETag of a plan."""
    return f'"{view.tag}"'


def plan_document(plans: Plans, plan_id: str) -> Document:
    """A plan with its result; raises `ProblemError` for an unknown plan."""
    view = plans.read(plan_id)
    return Document(plan_body(plans, view), etag(view))


def plans_document(plans: Plans, limit: int, cursor: str | None = None) -> Document:
    """A page of the list of plans; raises `InputFaults` for a cursor that did not come from here."""
    views, following = plans.newest(limit, cursor)
    address = f"/v1/plans?limit={limit}&cursor={following}" if following is not None else None
    listed = b",".join(map(plan_text, views))
    return Document(b'{"plans":[' + listed + b'],"next":' + json.dumps(address).encode() + b"}")


@lru_cache(maxsize=MOST_KEPT)
def plan_text(view: PlanView) -> bytes:
    """The plan as JSON without its result; kept, because most requests read a plan that has not changed."""
    return PlanModel.of(view).model_dump_json().encode()


def plan_body(plans: Plans, view: PlanView) -> bytes:
    """The plan as JSON. The stored result is copied into it as it is: it was validated when it was written."""
    body = plan_text(view)
    result = plans.result(view)
    if result is None:
        return body
    before, _, after = body.rpartition(b'"result":null')
    return before + b'"result":' + result.strip() + after
