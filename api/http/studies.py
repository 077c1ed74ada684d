"""Simulations, sweeps, calibrations and checks of telemetry of a line as resources; each is a job of `/v1/jobs`."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Response, status

from api.access.roles import Action
from api.http.access import Require, require_on, role_missing
from api.http.headers import ORDER_PROBLEMS, Cursor, Key, Limit, NoneMatch
from api.http.job_models import JobModel
from api.http.jobs import accepted, job_document, jobs_document
from api.http.problems import documented
from api.http.service import ThePrincipal, TheService
from api.jobs.orders import (
    CalibrationOrder,
    DescriptionOrder,
    LineOrder,
    SimulationOrder,
    SweepOrder,
    TelemetryCheckOrder,
    TraceOrder,
)
from api.jobs.port import JobKind
from api.problems import ProblemKind

router = APIRouter(prefix="/v1", tags=["studies"])

ORDERED: dict[str, Any] = {
    "status_code": status.HTTP_202_ACCEPTED,
    "response_model": JobModel,
    "response_description": "The job is queued; `Location` is its address.",
}
_STUDIES: dict[str, tuple[JobKind, type[LineOrder], Action, str]] = {
    "simulations": ("simulate", SimulationOrder, Action.ORDER_STUDIES, "simulation"),
    "sweeps": ("sweep", SweepOrder, Action.ORDER_STUDIES, "sweep"),
    "line-descriptions": ("describe", DescriptionOrder, Action.ORDER_STUDIES, "line description"),
    "day-traces": ("trace", TraceOrder, Action.ORDER_STUDIES, "day trace"),
    "calibrations": ("calibrate", CalibrationOrder, Action.EDIT_SCENARIOS, "calibration"),
    "telemetry-checks": ("check-telemetry", TelemetryCheckOrder, Action.ORDER_STUDIES, "telemetry_check"),
}


def _add(resource: str, kind: JobKind, model: type[LineOrder], action: Action, word: str) -> None:
    def order(wanted: LineOrder, service: TheService, principal: ThePrincipal, key: Key = None) -> Response:
        require_on(principal, action, wanted.scenario)
        store_line = getattr(wanted, "telemetry_line", None)
        if store_line not in (None, wanted.scenario) and not principal.may(action, store_line):
            raise role_missing(action)  # the telemetry of another line
        return accepted(service.studies.of_line(kind, wanted, principal.actor_id, key))

    def list_them(service: TheService, limit: Limit = 50, cursor: Cursor = None) -> Response:
        views, following = service.jobs.newest(limit, cursor, (kind,))
        return jobs_document(views, following, f"/v1/{resource}?limit={limit}").answer()

    def read(job_id: str, service: TheService, if_none_match: NoneMatch = None) -> Response:
        return job_document(service.jobs, service.jobs.read(job_id, kind)).answer(if_none_match)

    order.__annotations__["wanted"] = model
    order.__doc__, list_them.__doc__ = model.__doc__, f"The jobs of kind `{kind}`, newest first, without results."
    words, plural = word.replace("_", " "), resource.replace("-", " ")
    read.__doc__ = f"A {words} with its progress and, once it succeeded, its result."
    named: list[tuple[Callable[..., Any], str]] = [(order, "order"), (list_them, "list"), (read, "read")]
    for call, verb in named:
        call.__name__ = f"{verb}_{word if verb != 'list' else resource}".replace(" ", "_").replace("-", "_")
    router.add_api_route(
        f"/{resource}", order, methods=["POST"], summary=f"Order a {words}",
        dependencies=[Depends(Require(action))], responses=documented(*ORDER_PROBLEMS), **ORDERED,
    )  # fmt: skip
    reads = [Depends(Require(Action.READ_PLANS))]
    router.add_api_route(
        f"/{resource}", list_them, methods=["GET"], summary=f"List the {plural}", dependencies=reads,
        responses=documented(ProblemKind.INVALID_REQUEST, ProblemKind.INPUT_FAULTS),
    )  # fmt: skip
    router.add_api_route(
        f"/{resource}/{{job_id}}", read, methods=["GET"], summary=f"Follow a {words}", dependencies=reads,
        response_model=JobModel,
        responses=documented(ProblemKind.UNKNOWN_JOB, ProblemKind.INVALID_REQUEST)
        | {304: {"description": "The job has not changed."}},
    )  # fmt: skip


for _resource, _study in _STUDIES.items():
    _add(_resource, *_study)
