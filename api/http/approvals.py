"""`/v1/plans/{plan_id}/approval` and the plan in force of a line."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from api.access.roles import Action
from api.http.access import Require
from api.http.models import InForceModel, PlanModel, RollBackModel, StepModel, StepsModel, StepTakenModel
from api.http.plans import etag, plan_body
from api.http.problems import documented
from api.http.service import TheActor, TheService
from api.problems import ProblemError, ProblemKind

router = APIRouter(tags=["approvals"])

_STEP_PROBLEMS = (
    ProblemKind.MALFORMED_JSON, ProblemKind.INVALID_REQUEST, ProblemKind.WRONG_STATE, ProblemKind.SAME_PERSON,
)  # fmt: skip


@router.get(
    "/v1/plans/{plan_id}/approval",
    summary="Read the approval",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    responses=documented(ProblemKind.UNKNOWN_PLAN),
)
def read_steps(plan_id: str, service: TheService) -> StepsModel:
    """Every step of the approval, oldest first."""
    return StepsModel(steps=[StepTakenModel.of(step) for step in service.approvals.steps(plan_id)])


@router.post(
    "/v1/plans/{plan_id}/approval",
    summary="Approve, withdraw, activate, archive or restore a plan",
    dependencies=[Depends(Require(Action.APPROVE_PLANS))],
    response_model=PlanModel,
    responses=documented(*_STEP_PROBLEMS, ProblemKind.UNKNOWN_PLAN, ProblemKind.STALE, ProblemKind.NO_MATCH_GIVEN),
)
def take_step(
    plan_id: str,
    wanted: StepModel,
    service: TheService,
    actor: TheActor,
    if_match: Annotated[str | None, Header(max_length=200, description="The `ETag` of the plan.")] = None,
) -> Response:
    """Take a step of the approval. `If-Match` is required, so that nobody approves a plan that has changed."""
    if if_match is None:
        raise ProblemError(ProblemKind.NO_MATCH_GIVEN, "Send the ETag of the plan that was read.")
    view = service.plans.read(plan_id)
    if if_match != etag(view):
        raise ProblemError(ProblemKind.STALE, "The plan was changed meanwhile; read it again.")
    view = service.approvals.take(plan_id, wanted.step, actor, view.revision, wanted.note, wanted.active_from)
    return Response(plan_body(service.plans, view), 200, {"ETag": etag(view)}, "application/json")


@router.get(
    "/v1/lines/{line_id}/plan",
    summary="Read the plan in force",
    dependencies=[Depends(Require(Action.READ_PLANS))],
    responses=documented(ProblemKind.UNKNOWN_LINE, ProblemKind.INVALID_REQUEST),
)
def read_plan_in_force(
    line_id: str,
    service: TheService,
    on: Annotated[date | None, Query(description="Service day in the zone of the line; by default today.")] = None,
) -> InForceModel:
    """The active plan of a line, without its result."""
    view = service.approvals.in_force(line_id, on)
    return InForceModel(line=line_id, plan=PlanModel.of(view) if view is not None else None)


@router.post(
    "/v1/lines/{line_id}/roll-back",
    summary="Roll back to the plan before",
    dependencies=[Depends(Require(Action.ROLL_BACK))],
    responses=documented(
        ProblemKind.MALFORMED_JSON, ProblemKind.UNKNOWN_LINE, ProblemKind.INVALID_REQUEST, ProblemKind.WRONG_STATE
    ),
)
def roll_back(line_id: str, wanted: RollBackModel, service: TheService, actor: TheActor) -> InForceModel:
    """Supersede the active plan and make the plan before it active again, from today."""
    view = service.approvals.roll_back(line_id, actor, wanted.note)
    return InForceModel(line=line_id, plan=PlanModel.of(view) if view is not None else None)
