"""Lines, the versions of their scenarios, imports and edits. A version is made by a job that checks it first."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.access.principal import Principal
from api.access.roles import Action
from api.http.access import Require, role_missing
from api.http.headers import ORDER_PROBLEMS, Key, Match, required_tag
from api.http.job_models import (
    DifferencesModel,
    FileDifferenceModel,
    ScenarioValuesModel,
    ScenarioVersionModel,
    ScenarioVersionsModel,
)
from api.http.jobs import accepted
from api.http.models import ScenarioListModel, ScenarioModel
from api.http.problems import documented
from api.http.service import Service, ThePrincipal, TheService
from api.http.studies import ORDERED
from api.jobs.orders import ImportOrder, ScenarioChangesOrder
from api.jobs.scenario_archive import name_fault
from api.problems import ProblemError, ProblemKind
from energy_models.faults import InputFaults

router = APIRouter(prefix="/v1", tags=["scenarios"])

LINE_ID = r"^[a-z0-9_\-]{1,80}$"
MOST_UPLOAD_BYTES = 50_000_000
"""Largest file of an import; the feed of a large city has about 30 MB."""
MOST_EDIT_BYTES = 1_000_000

_OF_LINE = (ProblemKind.UNKNOWN_LINE, ProblemKind.INVALID_REQUEST)
_OF_VERSION = (*_OF_LINE, ProblemKind.UNKNOWN_VERSION)
_NAMES = {
    "folder": "scenario.zip", "gtfs": "feed.zip", "timetable": "timetable.csv",
}  # fmt: skip
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_Word = Annotated[str | None, Query(max_length=200)]
_Number = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/scenarios", summary="List the scenarios", dependencies=[Depends(Require(Action.READ_LINES))])
def list_scenarios(service: TheService) -> ScenarioListModel:
    """The newest scenario of each line with its size and its named overrides."""
    return ScenarioListModel(scenarios=[ScenarioModel.of(line) for line in service.lines.all()])


@router.get(
    "/lines/{line_id}/scenarios", summary="List the versions of a scenario",
    dependencies=[Depends(Require(Action.READ_LINES))], responses=documented(*_OF_LINE),
)  # fmt: skip
def list_scenario_versions(line_id: str, service: TheService) -> ScenarioVersionsModel:
    """The versions of the scenario of a line, newest first, without their files."""
    return ScenarioVersionsModel(
        versions=[ScenarioVersionModel.of(view) for view in service.scenarios.versions(line_id)]
    )


@router.get(
    "/lines/{line_id}/scenario-differences", summary="Compare two versions of a scenario",
    dependencies=[Depends(Require(Action.READ_LINES))], responses=documented(*_OF_VERSION),
)  # fmt: skip
def compare_versions(line_id: str, service: TheService, before: _Number, after: _Number) -> DifferencesModel:
    """The files that were added, removed or changed, with their lines as in a unified diff."""
    found = service.scenarios.differences(line_id, before, after)
    files = [FileDifferenceModel.of(one) for one in found]
    return DifferencesModel(line=line_id, before=before, after=after, files=files)


@router.get(
    "/lines/{line_id}/scenarios/{version}", summary="Read a version of a scenario",
    dependencies=[Depends(Require(Action.READ_LINES))], responses=documented(*_OF_VERSION),
)  # fmt: skip
def read_scenario_version(line_id: str, version: int, service: TheService, response: Response) -> ScenarioVersionModel:
    """A version with the addresses of its files. Its `ETag` is the `If-Match` of an edit."""
    view = service.scenarios.version(line_id, _possible(version))
    response.headers["ETag"] = f'"{view.tag}"'
    return ScenarioVersionModel.of(view)


@router.get(
    "/lines/{line_id}/scenarios/{version}/files/{name}", summary="Download a file of a scenario",
    dependencies=[Depends(Require(Action.READ_LINES))], response_class=FileResponse,
    responses=documented(*_OF_VERSION, ProblemKind.UNKNOWN_FILE)
    | {200: {"content": {"application/octet-stream": {}}}},
)  # fmt: skip
def read_scenario_file(line_id: str, version: int, name: str, service: TheService) -> FileResponse:
    """One of the files of a version."""
    path, sha256 = service.scenarios.file(line_id, _possible(version), name)
    return FileResponse(
        path, media_type="application/octet-stream", filename=name, headers={"ETag": f'"{sha256}"'}
    )  # fmt: skip


@router.get(
    "/scenario-schema", summary="Read the JSON schema of scenarios",
    dependencies=[Depends(Require(Action.READ_SERVICE))], responses=documented(ProblemKind.UNAVAILABLE),
)  # fmt: skip
def read_scenario_schema(service: TheService) -> dict[str, Any]:
    """The schema of scenario.yaml: each field with its description, default and limits; names end with the unit."""
    return dict(service.scenarios.schema())


@router.get(
    "/lines/{line_id}/scenarios/{version}/values", summary="Read the values of a scenario",
    dependencies=[Depends(Require(Action.READ_LINES))], responses=documented(*_OF_VERSION, ProblemKind.UNAVAILABLE),
)  # fmt: skip
def read_scenario_values(line_id: str, version: int, service: TheService) -> ScenarioValuesModel:
    """The values of scenario.yaml for a form, and what each override changes: path, value before and after."""
    number = _possible(version)
    return ScenarioValuesModel(line=line_id, version=number, **service.scenarios.values(line_id, number))


@router.post(
    "/lines/{line_id}/scenarios/{version}/changes", summary="Change values of a scenario",
    dependencies=[Depends(Require(Action.EDIT_SCENARIOS))],
    responses=documented(*ORDER_PROBLEMS, *_OF_VERSION, ProblemKind.ROLE_MISSING, ProblemKind.READ_ONLY,
                         ProblemKind.STALE),
    **ORDERED,
)  # fmt: skip
def change_scenario(
    line_id: str, version: int, wanted: ScenarioChangesOrder, service: TheService, principal: ThePrincipal,
    line: Annotated[
        str | None, Query(pattern=LINE_ID, description="Id of a line that gets the changed copy; by default the same.")
    ] = None,
    check_only: Annotated[bool, Query(description="Only check the changed scenario; no version is made.")] = False,
    key: Key = None,
) -> Response:  # fmt: skip
    """Change values and files of a version; a job checks the scenario and makes the next version of the line.

    A value is changed where it stands in scenario.yaml, so that comments and order stay. A changed version of the same
    line must be its newest. If the scenario has faults, the job fails with all of them, and there is no new version.
    """
    view = service.scenarios.version(line_id, _possible(version))
    target = line or line_id
    if target == line_id and not view.is_newest and not check_only:
        raise ProblemError(ProblemKind.STALE, "The line has a later version; read it again.")
    if faults := [fault for name in wanted.files if (fault := name_fault(name)) is not None]:
        raise InputFaults(faults)
    order = ImportOrder(
        form="changes", line=target, check_only=check_only, file_name="changes.json", base_line=line_id,
        base_version=version,
    )  # fmt: skip
    with tempfile.NamedTemporaryFile(prefix="headwatt-changes-") as file:
        file.write(wanted.model_dump_json().encode())
        file.flush()
        return _import(service, order, Path(file.name), principal, key)


@router.put(
    "/lines/{line_id}/scenarios/{version}/files/{name}", summary="Edit a file of a scenario",
    dependencies=[Depends(Require(Action.EDIT_SCENARIOS))], openapi_extra=_FILE,
    responses=documented(
        *ORDER_PROBLEMS, *_OF_VERSION, ProblemKind.READ_ONLY, ProblemKind.STALE, ProblemKind.NO_MATCH_GIVEN
    ),
    **ORDERED,
)  # fmt: skip
async def edit_scenario_file(
    line_id: str, version: int, name: str, request: Request, service: TheService, principal: ThePrincipal,
    key: Key = None, if_match: Match = None,
) -> Response:  # fmt: skip
    """Replace or add one file of the newest version; a job checks the scenario and makes the next version.

    `If-Match` is required. If the scenario has faults, the job fails with all of them, and there is no new version.
    """
    tag = required_tag(if_match)
    view = await run_in_threadpool(service.scenarios.version, line_id, _possible(version))
    if not view.is_newest or tag != view.tag:
        raise ProblemError(ProblemKind.STALE, "The line has a later version; read it again.")
    order = ImportOrder(form="edit", line=line_id, file_name=name, base_version=version)
    async with _received(request, MOST_EDIT_BYTES) as file:
        return await run_in_threadpool(_import, service, order, file, principal, key)


@router.post(
    "/imports", summary="Import a scenario, a feed or a timetable",
    dependencies=[Depends(Require(Action.EDIT_SCENARIOS))], openapi_extra=_FILE,
    responses=documented(*ORDER_PROBLEMS, ProblemKind.UNKNOWN_LINE, ProblemKind.READ_ONLY, ProblemKind.TOO_LARGE),
    **ORDERED,
)  # fmt: skip
async def import_scenario(
    request: Request,
    service: TheService,
    principal: ThePrincipal,
    line: Annotated[str, Query(pattern=LINE_ID, description="Id of the line; `name` of the scenario.")],
    form: Annotated[
        Literal["folder", "gtfs", "timetable"],
        Query(description="folder: the zip of a scenario folder; gtfs: the zip of a feed; timetable: CSV or XLSX."),
    ] = "folder",
    check_only: Annotated[bool, Query(description="Only check the scenario; no version is made.")] = False,
    like: Annotated[
        str | None,
        Query(pattern=LINE_ID, description="Line that provides the values a timetable does not have."),
    ] = None,
    route: Annotated[list[str] | None, Query(max_length=20, description="gtfs: routes of the line.")] = None,
    date: Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", description="gtfs: service day.")] = None,
    up_from: _Word = None,
    branch: _Word = None,
    dwell_s: Annotated[int | None, Query(ge=1, le=600)] = None,
    key: Key = None,
) -> Response:
    """Check a scenario in a job, and store it as the next version of its line.

    If the scenario has faults, the job fails with `input-faults` and all of them. A feed or a timetable without `like`
    gives the files of a scenario that lacks values, as `headwatt scenario new`, and no version.
    """
    name = _NAMES[form]
    order = ImportOrder(
        form=form, line=line, check_only=check_only, like=like, routes=tuple(route or ()), date=date, up_from=up_from,
        branch=branch, dwell_s=dwell_s, file_name=name,
    )  # fmt: skip
    async with _received(request, MOST_UPLOAD_BYTES) as file:
        if form == "timetable" and await run_in_threadpool(_is_workbook, file):
            order = order.model_copy(update={"file_name": "timetable.xlsx"})
        return await run_in_threadpool(_import, service, order, file, principal, key)


def _import(service: Service, order: ImportOrder, file: Path, principal: Principal, key: str | None) -> Response:
    if not principal.may(Action.EDIT_SCENARIOS, order.line):
        # A line that the user may not see looks like one that does not exist.
        if principal.may(Action.READ_LINES, order.line):
            raise role_missing(Action.EDIT_SCENARIOS)
        raise ProblemError(ProblemKind.UNKNOWN_LINE, f"No line has the id {order.line!r}.")
    return accepted(service.studies.import_scenario(order, file, principal.actor_id, key))


@asynccontextmanager
async def _received(request: Request, most: int) -> AsyncIterator[Path]:
    """The body of a request in a file, which is removed at the end."""
    with tempfile.NamedTemporaryFile(prefix="headwatt-upload-") as file:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise ProblemError(ProblemKind.TOO_LARGE, f"A file may have {most / 1e6:g} MB.")
            await run_in_threadpool(file.write, piece)
        if size == 0:
            raise ProblemError(ProblemKind.INVALID_REQUEST, "Send the file as the body of the request.")
        await run_in_threadpool(file.flush)
        yield Path(file.name)


def _is_workbook(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"PK"


def _possible(version: int) -> int:
    """The number of a version, or one that no version has, because databases hold numbers of 32 bits only."""
    return version if 1 <= version <= 1_000_000 else 0
