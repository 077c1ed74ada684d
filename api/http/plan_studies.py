"""What can be ordered about a plan that exists: judge again, compare, explain, export, and edit by hand."""

from fastapi import APIRouter, Depends, Response

from api.access.roles import Action
from api.http.access import Require
from api.http.headers import BODY_PROBLEMS, ORDER_PROBLEMS, Key, Match, required_tag
from api.http.job_models import EditCheckModel, JobModel, PlanVersionModel, PlanVersionsModel
from api.http.jobs import accepted
from api.http.problems import documented
from api.http.service import TheActor, TheService
from api.http.studies import ORDERED
from api.jobs.orders import (
    ComparisonOrder,
    EditCheckOrder,
    ExplanationOrder,
    ExportOrder,
    JudgementOrder,
    RevisionOrder,
)
from api.plan_files.edits import StopMove
from api.problems import ProblemKind

router = APIRouter(prefix="/v1/plans/{plan_id}", tags=["plans"])

_PROBLEMS = (*ORDER_PROBLEMS, ProblemKind.UNKNOWN_PLAN, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED)
_STUDIES = [Depends(Require(Action.ORDER_STUDIES))]


@router.post(
    "/judgements", summary="Judge a plan again", dependencies=_STUDIES, responses=documented(*_PROBLEMS), **ORDERED
)  # fmt: skip
def order_judgement(
    plan_id: str, wanted: JudgementOrder, service: TheService, actor: TheActor, key: Key = None
) -> Response:
    """Simulate the timetable in force and the plan on the same disturbed days; the plan stays as it is."""
    return accepted(service.studies.of_plan("judge", plan_id, wanted, actor, key))


@router.post(
    "/comparisons", summary="Compare two plans", dependencies=_STUDIES, responses=documented(*_PROBLEMS), **ORDERED
)  # fmt: skip
def order_comparison(
    plan_id: str, wanted: ComparisonOrder, service: TheService, actor: TheActor, key: Key = None
) -> Response:
    """Totals, headways and each trip of both plans beside each other."""
    return accepted(service.studies.of_plan("compare", plan_id, wanted, actor, key))


@router.post(
    "/explanations", summary="Explain a plan or a trip", dependencies=_STUDIES, responses=documented(*_PROBLEMS),
    **ORDERED,
)  # fmt: skip
def order_explanation(
    plan_id: str, wanted: ExplanationOrder, service: TheService, actor: TheActor, key: Key = None
) -> Response:
    """The saving by lever and by trip; with `trip`, the energy exchange of this trip section by section."""
    return accepted(service.studies.of_plan("explain", plan_id, wanted, actor, key))


@router.post(
    "/exports", summary="Export a plan", dependencies=_STUDIES,
    responses=documented(*_PROBLEMS, ProblemKind.RULES_BROKEN), **ORDERED,
)  # fmt: skip
def order_export(plan_id: str, wanted: ExportOrder, service: TheService, actor: TheActor, key: Key = None) -> Response:
    """The files of the export are `links.files` of the job when it has succeeded."""
    return accepted(service.studies.of_plan("export", plan_id, wanted, actor, key))


@router.get(
    "/versions", summary="List the versions of a plan", dependencies=[Depends(Require(Action.READ_PLANS))],
    responses=documented(ProblemKind.UNKNOWN_PLAN),
)  # fmt: skip
def list_versions(plan_id: str, service: TheService) -> PlanVersionsModel:
    """Every version, newest first, also those whose job runs or failed; `current` is the one that the plan shows."""
    return PlanVersionsModel(
        plan=plan_id,
        current=service.plans.read(plan_id).version,
        versions=[
            PlanVersionModel(number=number, result_status=result, job=JobModel.of(view))
            for number, view, result in service.studies.versions(plan_id)
        ],
    )


@router.post(
    "/edit-checks", summary="Check an edit of a plan", dependencies=[Depends(Require(Action.ORDER_PLANS))],
    responses=documented(*BODY_PROBLEMS, ProblemKind.UNKNOWN_PLAN, ProblemKind.NOT_FINISHED, ProblemKind.PLAN_EDITED,
                         ProblemKind.UNAVAILABLE),
)  # fmt: skip
def check_edit(plan_id: str, wanted: EditCheckOrder, service: TheService) -> EditCheckModel:
    """Check every rule on the plan with moved trips and stops, for an editor that shows violations during typing.

    Nothing is stored and no day is simulated; a process beside the service computes the check.
    """
    stops = [StopMove(one.trip, one.stop, one.arrival_by_s, one.departure_by_s) for one in wanted.stops]
    report = service.plans.check_edit(plan_id, [(move.trip, move.by_s) for move in wanted.moves], stops)
    violations = list(report.violations[:200])
    return EditCheckModel(passed=not report.violations, rules=report.rules, violations=violations)


@router.post(
    "/versions", summary="Edit a plan by hand", dependencies=[Depends(Require(Action.ORDER_PLANS))],
    responses=documented(*_PROBLEMS, ProblemKind.WRONG_STATE, ProblemKind.STALE, ProblemKind.NO_MATCH_GIVEN), **ORDERED,
)  # fmt: skip
def edit_plan(
    plan_id: str, wanted: RevisionOrder, service: TheService, actor: TheActor, key: Key = None, if_match: Match = None
) -> Response:
    """Check and judge an edited timetable. If all rules hold, it becomes the current version of the plan, as a draft.

    If a rule is broken, the job fails with `rules-broken` and each violation, and the plan stays as it is. `If-Match`
    is required. An approved plan is withdrawn first; an active plan is never edited.
    """
    return accepted(service.studies.of_plan("revise", plan_id, wanted, actor, key, required_tag(if_match)))
