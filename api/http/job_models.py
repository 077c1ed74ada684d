"""The response models of jobs, versions of plans, and versions of scenarios."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.models import ProblemModel, ProgressModel, utc_text
from api.jobs.port import JobKind, JobStatus
from api.services.jobs import JobView
from api.services.scenarios import VersionView
from api.services.text_differences import FileDifference

_WIRE = ConfigDict(extra="forbid", frozen=True)
_OF_PLAN = ("judge", "compare", "explain", "export", "revise")


class JobLinks(BaseModel):
    """Addresses of the parts of a job; files exist only for a job that succeeded."""

    model_config = _WIRE

    self: str
    stop: str | None
    events: Annotated[str, Field(description="Server-sent events of the progress.")]
    files: dict[str, str]
    plan: Annotated[str | None, Field(description="The plan that the job computes, judges, explains or edits.")]


class JobModel(BaseModel):
    """A job: ordered, at work, or ended. `facts` and `result` are there when it succeeded, `problem` when not.

    `result` is the document of the job; lists leave it out.
    """

    model_config = _WIRE

    id: str
    kind: JobKind
    line: str | None
    status: JobStatus
    created_at: Annotated[str, Field(description="UTC, ISO 8601, as all times of the job.")]
    started_at: str | None
    ended_at: str | None
    order: dict[str, Any]
    progress: ProgressModel
    facts: dict[str, Any]
    result: Annotated[dict[str, Any] | None, Field(description="As `--json` of the command of the same name.")]
    problem: ProblemModel | None
    links: JobLinks

    @staticmethod
    def of(view: JobView) -> "JobModel":
        """The wire form of a job without its result."""
        job = view.job
        at = f"/v1/jobs/{job.job_id}"
        plan = job.job_id if job.kind == "plan" else job.order.get("plan") if job.kind in _OF_PLAN else None
        return JobModel(
            id=job.job_id,
            kind=job.kind,
            line=job.line_id,
            status=job.status,
            created_at=utc_text(job.created_at),
            started_at=utc_text(job.started_at) if job.started_at else None,
            ended_at=utc_text(job.ended_at) if job.ended_at else None,
            order=dict(job.order),
            progress=ProgressModel.of(job),
            facts=view.facts,
            result=None,
            problem=ProblemModel.stored(job.problem) if job.problem else None,
            links=JobLinks(
                self=at,
                stop=None if job.has_ended else f"{at}/stop",
                events=f"{at}/events",
                files={name: f"{at}/files/{name}" for name in view.files},
                plan=f"/v1/plans/{plan}" if plan is not None else None,
            ),
        )


class JobListModel(BaseModel):
    """Jobs, newest first, without their results; `next` is the address of the jobs after them."""

    model_config = _WIRE

    jobs: list[JobModel]
    next: str | None


class PlanVersionModel(BaseModel):
    """A version of a plan: the job that makes or made it, and the status of its result."""

    model_config = _WIRE

    number: int
    result_status: str | None
    job: JobModel


class PlanVersionsModel(BaseModel):
    """The versions of a plan, newest first; `current` is the one that the plan shows."""

    model_config = _WIRE

    plan: str
    current: int
    versions: list[PlanVersionModel]


class EditCheckModel(BaseModel):
    """The check of an edit: the number of rules, and each violation as in a problem `rules-broken`."""

    model_config = _WIRE

    passed: bool
    rules: int
    violations: list[dict[str, Any]]


class ScenarioVersionModel(BaseModel):
    """A version of the scenario of a line; `files` are the addresses of its files."""

    model_config = _WIRE

    line: str
    version: int
    origin: Annotated[Literal["bundled", "imported"], Field(description="A bundled scenario cannot be changed.")]
    title: str
    length_km: float
    stations: int
    overrides: list[str]
    hash: str
    created_at: str
    created_by: str
    is_newest: bool
    files: dict[str, str]

    @staticmethod
    def of(view: VersionView) -> "ScenarioVersionModel":
        """The wire form of a version."""
        at = f"/v1/lines/{view.line_id}/scenarios/{view.number}"
        return ScenarioVersionModel(
            line=view.line_id, version=view.number, origin="bundled" if view.origin == "bundled" else "imported",
            title=view.title, length_km=view.length_km, stations=view.stations, overrides=list(view.overrides),
            hash=view.scenario_hash, created_at=utc_text(view.created_at), created_by=view.created_by,
            is_newest=view.is_newest, files={name: f"{at}/files/{name}" for name in view.files},
        )  # fmt: skip


class ScenarioVersionsModel(BaseModel):
    """The versions of the scenario of a line, newest first, without their files."""

    model_config = _WIRE

    versions: list[ScenarioVersionModel]


class ValueChangeModel(BaseModel):
    """A value that an override changes; a long list is `{"count": N}`, and null is a value that the file lacks."""

    model_config = _WIRE

    path: list[str]
    before: Any
    after: Any


class OverrideModel(BaseModel):
    """What an override changes in the scenario."""

    model_config = _WIRE

    name: str
    changes: list[ValueChangeModel]


class ScenarioValuesModel(BaseModel):
    """The values of scenario.yaml without overrides, the names of its tables, and what each override changes."""

    model_config = _WIRE

    line: str
    version: int
    values: dict[str, Any]
    tables: list[str]
    overrides: list[OverrideModel]


class FileDifferenceModel(BaseModel):
    """A file that differs between two versions; `lines` as in a unified diff, null if they were not compared."""

    model_config = _WIRE

    name: str
    change: Literal["added", "removed", "changed"]
    lines: list[str] | None

    @staticmethod
    def of(found: FileDifference) -> "FileDifferenceModel":
        """The wire form of a difference."""
        lines = list(found.lines) if found.lines is not None else None
        return FileDifferenceModel(name=found.name, change=found.change, lines=lines)


class DifferencesModel(BaseModel):
    """The files that differ between two versions of the scenario of a line."""

    model_config = _WIRE

    line: str
    before: int
    after: int
    files: list[FileDifferenceModel]
