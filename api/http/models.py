"""What goes over the wire, with the examples that OpenAPI shows."""

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, JsonValue
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.jobs.store import Job, JobStatus, PlanOrder
from api.plan_folder import PLAN_FILES, VEHICLE_FILE
from api.result import PlanResult
from scenarios.fixes import Fixes
from scenarios.schema.base import Part
from scenarios.vehicle import VEHICLE_HASH, CalibratedVehicle

_WIRE = ConfigDict(extra="forbid", frozen=True)
_NAME = r"^[a-z0-9_\-+]{1,80}$"


@dataclass(frozen=True)
class _Holds:
    """Tells in OpenAPI what a file of Headwatt's language holds; its faults are told by the language's own reader."""

    part: type[Part]

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        made = handler(core)
        made["anyOf"][0] = handler(self.part.__pydantic_core_schema__)
        return made


_LanguageText = Annotated[str, Field(max_length=50_000)]


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
                {"scenario": "beijing_yizhuang", "mode": "demand-led", "objective": "cost", "pick": 3},
                {"scenario": "beijing_yizhuang", "keep_close_s": 30, "peak_limit_kw": 5000,
                 "fixes": {"trips": ["up-010"], "spare_trains": 1}},
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
    objective: Annotated[
        Literal["energy", "cost", "co2"],
        Field(description="What is saved: energy, its cost by time of use with the demand charge, or CO2."),
    ] = "energy"
    pick: Annotated[
        int | None, Field(strict=True, ge=1, le=1000, description="demand-led: a number of the set in `result.pareto`.")
    ] = None
    mean_waiting_s: Annotated[
        float | None,
        Field(
            ge=1,
            le=3600,
            allow_inf_nan=False,
            description="demand-led: the least objective at which passengers wait no longer on average.",
        ),
    ] = None
    fixes: Annotated[
        dict[str, JsonValue] | _LanguageText | None,
        _Holds(Fixes),
        Field(description="What stays fixed: what a fixes file holds, as an object, or the text of one (YAML)."),
    ] = None
    from_plan: Annotated[
        str | None,
        Field(max_length=100, description="Id of a plan to start from instead of today; its fixes are not taken over."),
    ] = None
    keep_close_s: Annotated[
        int | None,
        Field(strict=True, ge=0, le=3600, description="No departure moves further from the plan to start from."),
    ] = None
    peak_limit_kw: Annotated[
        float | None,
        Field(
            ge=1,
            le=1e6,
            allow_inf_nan=False,
            description="Limit of the mean power of any 15 minutes at the substation DC terminals.",
        ),
    ] = None
    longer_trips_s: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=120,
            description="equal-service: trips may take so much longer end to end, taken from the stand at terminals.",
        ),
    ] = 0

    vehicle: Annotated[
        dict[str, JsonValue] | _LanguageText | None,
        _Holds(CalibratedVehicle),
        Field(description="A vehicle as `headwatt calibrate` writes it; else that of `from_plan`, or the line's."),
    ] = None

    def order(self) -> PlanOrder:
        """The order as the jobs know it."""
        return PlanOrder(**self.model_dump())

    @staticmethod
    def of(order: PlanOrder) -> "PlanOrderModel":
        """The wire form of an order."""
        return PlanOrderModel(**asdict(order))


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
    keep_best: Annotated[str | None, Field(description="Ends the search and keeps the best plan so far (POST).")]
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
    is_ending: Annotated[bool, Field(description="The search was asked to end with the best plan so far.")]
    result: PlanResult | None
    problem: ProblemModel | None
    links: PlanLinks

    @staticmethod
    def of(job: Job, result: PlanResult | None) -> "PlanModel":
        """The wire form of a job."""
        at = f"/v1/plans/{job.job_id}"
        done = job.status == "succeeded"
        names = PLAN_FILES if result is None or VEHICLE_HASH not in result.options else (*PLAN_FILES, VEHICLE_FILE)
        open_ended = job.status in ("queued", "running")
        return PlanModel(
            id=job.job_id,
            status=job.status,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            order=PlanOrderModel.of(job.order),
            progress=ProgressModel(stage=job.stage, share=job.share),
            is_ending=job.is_ending,
            result=result,
            problem=ProblemModel.model_validate(job.problem) if job.problem else None,
            links=PlanLinks(
                self=at,
                cancel=f"{at}/cancel" if open_ended else None,
                keep_best=f"{at}/cancel?keep=best" if job.status == "running" and not job.is_ending else None,
                report=f"{at}/report" if done else None,
                files={name: f"{at}/files/{name}" for name in names} if done else {},
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
