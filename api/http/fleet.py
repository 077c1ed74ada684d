"""The fleet of a line: vehicles with their models and findings, versions of models, and quality of the telemetry."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response, status

from api.access.roles import Action
from api.http.access import Require
from api.http.fleet_models import FleetModel, TelemetryQualityModel, VehicleHistoryModel
from api.http.headers import JSON, NoneMatch
from api.http.problems import documented
from api.http.service import TheService
from api.problems import ProblemKind

router = APIRouter(prefix="/v1/lines/{line_id}", tags=["fleet"])

_READS = [Depends(Require(Action.READ_LINES))]
_OF_LINE = (ProblemKind.UNKNOWN_LINE, ProblemKind.INVALID_REQUEST)
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing has changed."}}
LineId = Annotated[str, Path(description="Id of the line.", max_length=100)]
VehicleId = Annotated[str, Path(description="Name of the vehicle.", max_length=300)]
Version = Annotated[str, Path(description="Version of the model, 64 hexadecimal digits.", max_length=100)]


@router.get(
    "/vehicles", summary="List the vehicles of a line", dependencies=_READS, response_model=FleetModel,
    responses=documented(*_OF_LINE) | _UNCHANGED,
)  # fmt: skip
def list_vehicles(line_id: LineId, service: TheService, if_none_match: NoneMatch = None) -> Response:
    """The vehicles that have a model: present model with intervals, rank by normalised energy, and findings.

    `findings` are changes of parameters: since when, how sure, and what they cost a day, the most expensive first.
    """
    tag = service.fleet.tag(line_id)
    if if_none_match == f'"{tag}"':
        return _unchanged(tag)
    view = service.fleet.read(line_id)
    return _answer(FleetModel.of(view), view.tag)


@router.get(
    "/vehicles/{vehicle}", summary="Read the models of a vehicle", dependencies=_READS,
    response_model=VehicleHistoryModel, responses=documented(*_OF_LINE, ProblemKind.UNKNOWN_VEHICLE) | _UNCHANGED,
)  # fmt: skip
def read_vehicle(line_id: LineId, vehicle: VehicleId, service: TheService, if_none_match: NoneMatch = None) -> Response:
    """The models of the latest days of a vehicle, in the order of days, with its rank and its findings."""
    tag = service.fleet.tag(line_id)
    if if_none_match == f'"{tag}"':
        return _unchanged(tag)
    models, report = service.fleet.vehicle(line_id, vehicle)
    return _answer(VehicleHistoryModel.of(line_id, models, report), tag)


@router.get(
    "/vehicle-models/{version}", summary="Read a version of a model", dependencies=_READS,
    responses=documented(*_OF_LINE, ProblemKind.UNKNOWN_VEHICLE),
)  # fmt: skip
def read_vehicle_model(line_id: LineId, version: Version, service: TheService, response: Response) -> dict[str, Any]:
    """The content of the vehicle file of a model, as an order of a plan takes it. A version never changes."""
    view = service.fleet.model(line_id, version)
    response.headers["ETag"] = f'"{view.version}"'
    return dict(view.content)


@router.get(
    "/telemetry-quality", summary="Read the quality of telemetry", dependencies=_READS,
    response_model=TelemetryQualityModel, responses=documented(*_OF_LINE) | _UNCHANGED,
)  # fmt: skip
def read_telemetry_quality(
    line_id: LineId,
    service: TheService,
    first: Annotated[date | None, Query(alias="from", description="First service day.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Last service day.")] = None,
    if_none_match: NoneMatch = None,
) -> Response:
    """Rows, gaps, flags and findings by vehicle and day, and the quarantine, as the newest check found them.

    By default the latest 42 days. `POST /v1/telemetry-checks` checks anew.
    """
    tag = service.fleet.tag(line_id)
    if if_none_match == f'"{tag}"':
        return _unchanged(tag)
    return _answer(TelemetryQualityModel.of(service.fleet.quality(line_id, first, last)), tag)


def _answer(found: FleetModel | VehicleHistoryModel | TelemetryQualityModel, tag: str) -> Response:
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    return Response(found.model_dump_json(), status.HTTP_200_OK, headers, JSON)


def _unchanged(tag: str) -> Response:
    return Response(None, status.HTTP_304_NOT_MODIFIED, {"ETag": f'"{tag}"', "Cache-Control": "no-cache"})
