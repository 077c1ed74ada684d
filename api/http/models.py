"""What goes over the wire, with the examples that OpenAPI shows."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.jobs.store import Job, JobStatus, PlanOrder
from api.plan_folder import PLAN_FILES
from api.result import PlanResult

_WIRE = ConfigDict(extra="forbid", frozen=True)
_NAME = r"^[a-z0-9_\-+]{1,80}$"


class PlanOrderModel(BaseModel):
    """A plan to be computed. Only `scenario` is needed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"scenario": "beijing_yizhuang"},
                {"scenario": "beijing_yizhuang", "overrides": ["summer"], "mode": "equal-service", "replications": 20,
                 "seed": 7, "time_limit_s": 120},
            ]
        },
    )  # fmt: skip

    scenario: Annotated[str, Field(pattern=_NAME, max_length=100, description="Name of a scenario of `/v1/scenarios`.")]
    overrides: Annotated[
        tuple[Annotated[str, Field(pattern=_NAME, max_length=100)], ...],
        Field(max_length=20, description="Named overrides of the scenario, applied in this order."),
    ] = ()
    mode: Annotated[
        Literal["equal-service", "demand-led"],
        Field(description="Same trips and headways as today, or headways that follow the demand within the policy."),
    ] = "equal-service"
    replications: Annotated[
        int, Field(strict=True, ge=2, le=1000, description="Simulated days behind the interval.")
    ] = 10
    seed: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1, description="The same seed gives the same plan.")] = 0
    time_limit_s: Annotated[
        float, Field(gt=0, le=3600, allow_inf_nan=False, description="Seconds for the search of the timetable.")
    ] = 30.0

    def order(self) -> PlanOrder:
        """The order as the jobs know it."""
        return PlanOrder(
            self.scenario, self.overrides, self.mode, self.replications, self.seed, float(self.time_limit_s)
        )


class ProgressModel(BaseModel):
    """How far a plan is: the stage at work and the share of that stage that is done."""

    model_config = _WIRE

    stage: str
    share: Annotated[float, Field(ge=0, le=1)]


class ProblemModel(BaseModel):
    """A problem as RFC 9457 words it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Stable; clients may branch on it.")]
    whose_fault: Literal["caller", "nobody", "headwatt"]
    instance: str | None = None
    errors: list[dict[str, str]] | None = None


class PlanLinks(BaseModel):
    """Where the parts of a plan are; report and files only once it succeeded."""

    model_config = _WIRE

    self: str
    cancel: str | None
    report: str | None
    files: dict[str, str]


class PlanModel(BaseModel):
    """A plan: ordered, at work, or ended. `result` is there when it succeeded, `problem` when it did not."""

    model_config = _WIRE

    id: str
    status: JobStatus
    created_at: Annotated[str, Field(description="UTC, ISO 8601; so are the other moments.")]
    started_at: str | None
    ended_at: str | None
    order: PlanOrderModel
    progress: ProgressModel
    result: PlanResult | None
    problem: ProblemModel | None
    links: PlanLinks

    @staticmethod
    def of(job: Job, result: PlanResult | None) -> "PlanModel":
        """The wire form of a job."""
        at = f"/v1/plans/{job.job_id}"
        done = job.status == "succeeded"
        open_ended = job.status in ("queued", "running")
        return PlanModel(
            id=job.job_id,
            status=job.status,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            order=PlanOrderModel(
                scenario=job.order.scenario,
                overrides=job.order.overrides,
                mode=job.order.mode,
                replications=job.order.replications,
                seed=job.order.seed,
                time_limit_s=job.order.time_limit_s,
            ),
            progress=ProgressModel(stage=job.stage, share=job.share),
            result=result,
            problem=ProblemModel.model_validate(job.problem) if job.problem else None,
            links=PlanLinks(
                self=at,
                cancel=f"{at}/cancel" if open_ended else None,
                report=f"{at}/report" if done else None,
                files={name: f"{at}/files/{name}" for name in PLAN_FILES} if done else {},
            ),
        )


class PlanListModel(BaseModel):
    """All plans that the server knows, newest first, without their results."""

    model_config = _WIRE

    plans: list[PlanModel]


class ScenarioModel(BaseModel):
    """A line that can be planned."""

    model_config = _WIRE

    name: str
    title: str
    length_km: float
    stations: int
    overrides: list[str]
    hash: str


class ScenarioListModel(BaseModel):
    """The bundled scenarios."""

    model_config = _WIRE

    scenarios: list[ScenarioModel]


class HealthModel(BaseModel):
    """The server answers; `jobs` counts the plans by status."""

    model_config = _WIRE

    status: Literal["ok"]
    version: str
    jobs: dict[str, int]
