"""The request and response models of the HTTP service, with examples for OpenAPI."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.jobs.plan_order import PlanOrder, order_of
from api.jobs.port import Job, JobStatus
from api.plan_files.manifest import GRAPH_FILE, MODEL_FILES, PLAN_FILES
from api.problems import Problem, ProblemKind
from api.result import PlanResult
from api.services.approvals import ApprovalStep, Step
from api.services.lines import LineView
from api.services.plans import PlanView
from dispatch.planner.options import NAMED, OPTIONS, Option
from scenarios.requests.fixes import Fixes
from scenarios.schema.base import Part
from scenarios.vehicles.calibrated import CalibratedVehicle

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


class _PlanOrderBase(BaseModel):
    """An order of a plan. Only `scenario` is required."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"scenario": "beijing_yizhuang"},
                {"scenario": "beijing_yizhuang", "overrides": ["summer"], "mode": "equal-service", "replications": 20,
                 "seed": 7, "effort": "thorough"},
                {"scenario": "beijing_yizhuang", "mode": "demand-led", "objective": "cost", "pick": 3},
                {"scenario": "beijing_yizhuang", "keep_close_s": 30, "peak_limit_kw": 5000,
                 "fixes": {"trips": ["up-010"], "spare_trains": 1}},
            ]
        },
    )  # fmt: skip

    scenario: Annotated[str, Field(pattern=_NAME, max_length=100, description="Name of a scenario of `/v1/scenarios`.")]
    version: Annotated[
        int | None,
        Field(strict=True, ge=1, le=1_000_000, description="Version of the scenario; by default the newest."),
    ] = None
    overrides: Annotated[
        tuple[Annotated[str, Field(pattern=_NAME, max_length=100)], ...],
        Field(max_length=20, description="Named overrides of the scenario, applied in this order."),
    ] = ()
    replications: Annotated[
        int, Field(strict=True, ge=2, le=1000, description="Number of simulated days for the interval.")
    ] = 10
    fixes: Annotated[
        dict[str, JsonValue] | _LanguageText | None,
        _Holds(Fixes),
        Field(description=f"{NAMED['fixes'].help} What a fixes file holds, as an object, or the text of one."),
    ] = None
    headways: Annotated[_LanguageText | None, Field(description=f"{NAMED['headways'].help} The text of the table.")] = (
        None
    )
    from_plan: Annotated[
        str | None, Field(max_length=100, description=f"{NAMED['from_plan'].help} The id of that plan.")
    ] = None
    vehicle: Annotated[
        dict[str, JsonValue] | _LanguageText | None,
        _Holds(CalibratedVehicle),
        Field(description=f"{NAMED['vehicle'].help} Without it, {NAMED['vehicle'].default_text}."),
    ] = None
    fleet: Annotated[
        dict[str, dict[str, JsonValue]] | None,
        Field(max_length=1000, description=f"{NAMED['fleet'].help} Here: the content of a vehicle file by vehicle."),
    ] = None
    fleet_versions: Annotated[
        dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] | None,
        Field(
            max_length=1000,
            description="Instead of `fleet`: the version of a model of `/v1/lines/LINE/vehicles` by vehicle.",
        ),
    ] = None
    as_type: Annotated[str | None, Field(max_length=100, description=NAMED["as_type"].help)] = None

    def order(self) -> PlanOrder:
        """The order as the jobs know it."""
        return PlanOrder(**self.model_dump())


def _plain_fields() -> dict[str, Any]:
    """The plain options of the planner's list as fields: annotation and default by name."""
    return {one.name: (_annotation(one), one.default) for one in OPTIONS if not one.is_document}


def _annotation(option: Option) -> Any:
    kind: Any = option.kind
    limits: dict[str, Any] = {"ge": option.least, "le": option.most}
    if option.least is None:
        limits = {}
    elif int in (kind, *get_args(kind)):
        limits["strict"] = True
    else:
        limits["allow_inf_nan"] = False
    described: Any = Annotated[kind, Field(description=option.help, **limits)]
    if not option.words:
        return described
    number = {"type": "integer" if option.kind is int else "number", "minimum": option.least, "maximum": option.most}
    schema: dict[str, Any] = {"anyOf": [number, {"enum": list(option.words)}], "description": option.help}
    # A word stands for its number; what is neither is left to the checks of the number.
    return Annotated[described, BeforeValidator(lambda value: _number(option, value)), WithJsonSchema(schema)]


def _number(option: Option, value: Any) -> Any:
    return option.words.get(value, value) if isinstance(value, str) else value


if TYPE_CHECKING:

    class PlanOrderModel(_PlanOrderBase):
        """A plan to be computed, with every plain option of the planner's list."""
else:
    PlanOrderModel = create_model(
        "PlanOrderModel", __base__=_PlanOrderBase, __doc__=_PlanOrderBase.__doc__, **_plain_fields()
    )


class SearchBestModel(BaseModel):
    """The best that a running search has found so far: the search's own estimate, which no simulated day has judged."""

    model_config = _WIRE

    saving_percent: Annotated[float, Field(description="Saving of energy against today, in the model of the search.")]
    curve: Annotated[
        list[tuple[float, float]],
        Field(description="Each best saving so far: seconds since the search began, and percent; it never falls."),
    ]


class ProgressModel(BaseModel):
    """Progress of a job: the current stage, the share of this stage that is done, and the best saving so far."""

    model_config = _WIRE

    stage: str
    share: Annotated[float, Field(ge=0, le=1)]
    best: Annotated[SearchBestModel | None, Field(description="For plans, as soon as the search has a timetable.")]

    @staticmethod
    def of(job: Job) -> "ProgressModel":
        """The progress of a job."""
        best = SearchBestModel(**job.best) if job.best is not None else None
        return ProgressModel(stage=job.stage, share=job.share, best=best)


class ProblemModel(BaseModel):
    """A problem in the form of RFC 9457."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Stable code for programs.")]
    whose_fault: Literal["caller", "nobody", "headwatt"]
    instance: str | None = None
    errors: list[dict[str, str]] | None = None

    @staticmethod
    def stored(problem: Mapping[str, Any]) -> "ProblemModel":
        """The problem of a job as it is stored; what an earlier version left out, or stored otherwise, is completed."""
        try:
            return ProblemModel.model_validate(problem)
        except ValidationError:
            whole = Problem(ProblemKind.INTERNAL, str(problem.get("detail", "The stored problem cannot be read.")))
            return ProblemModel.model_validate(whole.as_json())


class PlanLinks(BaseModel):
    """Addresses of the parts of a plan; report and files exist only for a succeeded plan."""

    model_config = _WIRE

    self: str
    cancel: str | None
    keep_best: Annotated[str | None, Field(description="POST ends the search and keeps the best plan so far.")]
    report: str | None
    files: dict[str, str]
    train_graph: Annotated[str | None, Field(description="Stations and trips; null for a plan of an earlier version.")]
    events: Annotated[str, Field(description="Server-sent events of the progress.")]
    approval: str
    versions: Annotated[str, Field(description="The versions of the plan; POST edits the plan by hand.")]


class ApprovalModel(BaseModel):
    """The state of the approval of a plan; an active plan holds from the service day `active_from`."""

    model_config = _WIRE

    state: Literal["draft", "checked", "judged", "approved", "active", "superseded", "archived"]
    active_from: date | None


class PlanModel(BaseModel):
    """A plan: ordered, at work, or ended. `result` is there when it succeeded, `problem` when it did not, or
    when its files were edited since."""

    model_config = _WIRE

    id: str
    status: JobStatus
    created_at: Annotated[str, Field(description="UTC, ISO 8601, as all times of the plan.")]
    started_at: str | None
    ended_at: str | None
    order: PlanOrderModel
    approval: ApprovalModel
    version: int
    ordered_by: Annotated[str, Field(description="The user who ordered the plan.")]
    saving_percent: Annotated[float | None, Field(description="The judged saving; null if there is none to quote.")]
    progress: ProgressModel
    is_ending: Annotated[bool, Field(description="The search is ending and keeps the best plan so far.")]
    result: PlanResult | None
    problem: ProblemModel | None
    links: PlanLinks

    @staticmethod
    def of(view: PlanView) -> "PlanModel":
        """The wire form of a plan without its result."""
        at = f"/v1/plans/{view.plan_id}"
        job = view.job
        done = job.status == "succeeded"
        names = (*PLAN_FILES, *(file for file in MODEL_FILES if file in view.files))
        problem = view.problem.as_json(at) if view.problem is not None else job.problem
        return PlanModel(
            id=view.plan_id,
            status=job.status,
            created_at=utc_text(job.created_at),
            started_at=utc_text(job.started_at) if job.started_at else None,
            ended_at=utc_text(job.ended_at) if job.ended_at else None,
            # A stored order was valid when it was given; the limits of today do not apply to it.
            order=PlanOrderModel.model_construct(**asdict(order_of(view.order))),
            approval=ApprovalModel.model_construct(state=view.approval, active_from=view.active_from),
            version=view.version,
            ordered_by=view.owner_id,
            saving_percent=view.saving_percent if done and not view.damage else None,
            progress=ProgressModel.of(job),
            is_ending=job.is_ending,
            result=None,
            problem=ProblemModel.stored(problem) if problem else None,
            links=PlanLinks(
                self=at,
                cancel=None if job.has_ended else f"{at}/cancel",
                keep_best=f"{at}/cancel?keep=best" if job.status == "running" and not job.is_ending else None,
                report=f"{at}/report" if done else None,
                files={name: f"{at}/files/{name}" for name in names} if done else {},
                train_graph=f"{at}/train-graph" if done and GRAPH_FILE in view.files else None,
                events=f"{at}/events",
                approval=f"{at}/approval",
                versions=f"{at}/versions",
            ),
        )


def utc_text(time: datetime) -> str:
    """A time in UTC, ISO 8601 with milliseconds."""
    return time.isoformat(timespec="milliseconds")


class PlanListModel(BaseModel):
    """Plans, newest first, without their results; `next` is the address of the plans after them."""

    model_config = _WIRE

    plans: list[PlanModel]
    next: str | None


class StepModel(BaseModel):
    """A step of the approval of a plan."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"step": "approve", "note": "Agreed with operations."},
                {"step": "activate", "active_from": "2027-03-01"},
            ]
        },
    )

    step: Step
    active_from: Annotated[date | None, Field(description="activate: first service day; by default today.")] = None
    note: Annotated[str, Field(max_length=2000)] = ""


class RollBackModel(BaseModel):
    """The reason why the plan before is made active again."""

    model_config = _WIRE

    note: Annotated[str, Field(max_length=2000)] = ""


class StepTakenModel(BaseModel):
    """A step of the approval that was taken."""

    model_config = _WIRE

    before: str
    after: str
    active_from: date | None
    by: str
    at: str
    note: str

    @staticmethod
    def of(step: ApprovalStep) -> "StepTakenModel":
        """The wire form of a step."""
        return StepTakenModel(
            before=step.before, after=step.after, active_from=step.active_from, by=step.by_id, at=utc_text(step.at),
            note=step.note,
        )  # fmt: skip


class StepsModel(BaseModel):
    """The steps of the approval of a plan, oldest first."""

    model_config = _WIRE

    steps: list[StepTakenModel]


class InForceModel(BaseModel):
    """The active plan of a line on a service day; null if the timetable of the scenario is in force."""

    model_config = _WIRE

    line: str
    plan: PlanModel | None


class ScenarioModel(BaseModel):
    """A line for planning."""

    model_config = _WIRE

    name: str
    title: str
    length_km: float
    stations: int
    overrides: list[str]
    hash: str
    version: int

    @staticmethod
    def of(line: LineView) -> "ScenarioModel":
        """The wire form of a line."""
        return ScenarioModel(
            name=line.name, title=line.title, length_km=line.length_km, stations=line.stations,
            overrides=list(line.overrides), hash=line.scenario_hash, version=line.version,
        )  # fmt: skip


class ScenarioListModel(BaseModel):
    """The newest scenario of each line."""

    model_config = _WIRE

    scenarios: list[ScenarioModel]


class HealthModel(BaseModel):
    """The state of the service; `jobs` is the number of jobs by status."""

    model_config = _WIRE

    status: Literal["ok"]
    version: str
    jobs: dict[str, int]


class LiveModel(BaseModel):
    """The process answers."""

    model_config = _WIRE

    status: Literal["live"]


class ReadyModel(BaseModel):
    """The service can do its work."""

    model_config = _WIRE

    status: Literal["ready"]
