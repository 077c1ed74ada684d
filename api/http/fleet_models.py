"""The response models of fleets: vehicles with their models, ranking and findings, and quality of the telemetry."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.models import utc_text
from api.services.fleet import FleetView, ModelView, QualityView, ReportView


def _wire(example: dict[str, Any] | None = None) -> ConfigDict:
    found = ConfigDict(extra="forbid", frozen=True)
    if example is not None:
        found["json_schema_extra"] = {"examples": [example]}
    return found


class EstimateModel(BaseModel):
    """An estimate with its 95 % interval."""

    model_config = _wire({"value": 194.2, "lower": 192.9, "upper": 195.5, "unit": "t", "scenario_value": 196.0})

    value: float
    lower: float
    upper: float
    unit: str
    scenario_value: Annotated[float | None, Field(description="Value of the scenario; null if it has none.")]


class RankModel(BaseModel):
    """The place of a vehicle in the ranking of its type by normalised energy, the thriftiest first.

    Energies are at the collector in kWh for each train-km; `pooled` leans on the type, `weight` is the weight of the
    own estimate. With 95 %, the rank is from `rank_from` to `rank_to`.
    """

    model_config = _wire()

    rank: int
    rank_from: int
    rank_to: int
    own: EstimateModel
    pooled: EstimateModel
    weight: float


class FleetFindingModel(BaseModel):
    """A step or a drift of a parameter of a vehicle, and what it costs a day at the mean distance of a vehicle."""

    model_config = _wire(
        {
            "vehicle": "six_car-03", "parameter": "resistance_constant_kn", "unit": "kN", "kind": "step",
            "level": 3.1, "change": 0.4, "change_lower": 0.3, "change_upper": 0.5, "since": "2026-11-21",
            "since_from": "2026-11-20", "since_to": "2026-11-22", "chance": 0.0001, "kwh_a_day": 41.5,
        }
    )  # fmt: skip

    vehicle: str
    parameter: str
    unit: str
    kind: Literal["step", "drift"]
    level: float
    change: float
    change_lower: float
    change_upper: float
    since: Annotated[str, Field(description="First service day of the new level, or of the drift.")]
    since_from: str
    since_to: str
    chance: Annotated[float, Field(description="Probability that a vehicle without change shows as much.")]
    kwh_a_day: Annotated[float, Field(description="Additional energy at the collector.")]


class VehicleModelModel(BaseModel):
    """A model of a vehicle with its parameters; `version` is the SHA-256 of its content."""

    model_config = _wire()

    day: Annotated[str, Field(description="Service day of the telemetry.")]
    version: str
    train_type: str
    job: str
    calibrated_at: str
    calibrated_by: str
    parameters: dict[str, EstimateModel]
    held: dict[str, float]
    not_estimated: Annotated[dict[str, str], Field(description="The reason by parameter.")]
    normalised: EstimateModel | None
    hours_used: float
    intervals_widened_by: float | None
    remarks: tuple[str, ...]
    links: dict[str, str]

    @staticmethod
    def of(view: ModelView, line_id: str) -> "VehicleModelModel":
        """The wire form of a model."""
        content = view.content
        quality = content.get("quality") or {}
        normalised = content.get("normalised")
        return VehicleModelModel(
            day=view.day.isoformat(),
            version=view.version,
            train_type=view.train_type,
            job=view.job_id,
            calibrated_at=utc_text(view.created_at),
            calibrated_by=view.created_by,
            parameters={name: _estimate(one) for name, one in content["parameters"].items()},
            held=content.get("held") or {},
            not_estimated=content.get("not_estimated") or {},
            normalised=_estimate(normalised) if normalised is not None else None,
            hours_used=round(content["source"]["seconds_used"] / 3600.0, 3),
            intervals_widened_by=quality.get("intervals_widened_by"),
            remarks=(*quality.get("misfits", ()), *quality.get("together", ())),
            links={"content": f"/v1/lines/{line_id}/vehicle-models/{view.version}"},
        )


class VehicleModel(BaseModel):
    """A vehicle with its present model, its place in the ranking, and its findings."""

    model_config = _wire()

    vehicle: str
    models: Annotated[int, Field(description="Number of models of the vehicle.")]
    model: VehicleModelModel
    rank: RankModel | None
    findings: list[FleetFindingModel]


class RefusedModel(BaseModel):
    """A vehicle and day that the newest calibration refused."""

    model_config = _wire()

    vehicle: str
    day: str
    reasons: list[str]


class LeftOutModel(BaseModel):
    """A vehicle that is not ranked, because its model does not belong to the present scenario."""

    model_config = _wire()

    vehicle: str
    reason: str


class FleetModel(BaseModel):
    """The vehicles of a line that have a model, the newest ranking, and findings, the most expensive first."""

    model_config = _wire()

    line: str
    has_telemetry_store: bool
    metering_point: Literal["collector"] = "collector"
    km_a_day: Annotated[float | None, Field(description="Mean distance of a vehicle a day.")]
    ranked_at: str | None
    ranked_by: Annotated[str | None, Field(description="The job of the newest calibration.")]
    is_ranking_current: Annotated[bool, Field(description="False if a vehicle has a newer model than the ranking.")]
    vehicles: list[VehicleModel]
    findings: list[FleetFindingModel]
    refused: list[RefusedModel]
    left_out: list[LeftOutModel]

    @staticmethod
    def of(view: FleetView) -> "FleetModel":
        """The wire form of a fleet."""
        content = view.ranking.content if view.ranking is not None else {}
        return FleetModel(
            line=view.line_id,
            has_telemetry_store=view.has_store,
            km_a_day=content.get("km_a_day"),
            ranked_at=utc_text(view.ranking.made_at) if view.ranking is not None else None,
            ranked_by=view.ranking.job_id if view.ranking is not None else None,
            is_ranking_current=view.is_ranking_current,
            vehicles=[_vehicle(model, count, view.line_id, view.ranking) for model, count in view.vehicles],
            findings=_findings(view.ranking),
            refused=[RefusedModel(**one) for one in content.get("refused", ())],
            left_out=[LeftOutModel(**one) for one in content.get("left_out", ())],
        )


class VehicleHistoryModel(BaseModel):
    """A vehicle with every model of its latest days, in the order of days; the last one is the present model."""

    model_config = _wire()

    line: str
    vehicle: str
    rank: RankModel | None
    findings: list[FleetFindingModel]
    models: list[VehicleModelModel]

    @staticmethod
    def of(line_id: str, models: Sequence[ModelView], report: ReportView | None) -> "VehicleHistoryModel":
        """The wire form of the models of a vehicle."""
        vehicle = models[-1].vehicle
        return VehicleHistoryModel(
            line=line_id, vehicle=vehicle, rank=_rank(vehicle, report), findings=_findings(report, vehicle),
            models=[VehicleModelModel.of(one, line_id) for one in models],
        )  # fmt: skip


class TelemetryFindingModel(BaseModel):
    """What is wrong with the telemetry of a vehicle on a day."""

    model_config = _wire()

    kind: str
    signal: Annotated[str, Field(description="Empty for the clock and the order of rows.")]
    since_ms: Annotated[int, Field(description="Unix time from which it holds, in ms.")]
    amount: float
    unit: str
    detail: str
    words: Annotated[str, Field(description="The finding as one line.")]


class TelemetryDayModel(BaseModel):
    """The telemetry of a vehicle on a service day."""

    model_config = _wire()

    vehicle: str
    day: str
    rows: int
    flagged: int
    hours: float
    missing_share: float
    step_s: float
    signals: list[str]
    is_clock_compared: bool
    findings: list[TelemetryFindingModel]


class QuarantineModel(BaseModel):
    """Rows that could not be stored, and the most frequent reasons."""

    model_config = _wire()

    rows: int
    reasons: dict[str, int]


class TelemetryQualityModel(BaseModel):
    """The quality of the telemetry of a line by vehicle and day, as the newest check found it."""

    model_config = _wire()

    line: str
    has_telemetry_store: bool
    checked_at: Annotated[str | None, Field(description="Null if the telemetry was never checked.")]
    checked_by: Annotated[str | None, Field(description="The job of the check.")]
    telemetry_line: Annotated[str | None, Field(description="Name of the line in the telemetry store.")]
    rows: Annotated[int, Field(description="Rows of all days.")]
    quarantine: QuarantineModel
    first_day: str | None
    last_day: str | None
    days: list[TelemetryDayModel]

    @staticmethod
    def of(view: QualityView) -> "TelemetryQualityModel":
        """The wire form of a check."""
        content = view.report.content if view.report is not None else {}
        return TelemetryQualityModel(
            line=view.line_id,
            has_telemetry_store=view.has_store,
            checked_at=utc_text(view.report.made_at) if view.report is not None else None,
            checked_by=view.report.job_id if view.report is not None else None,
            telemetry_line=content.get("telemetry_line"),
            rows=content.get("rows", 0),
            quarantine=QuarantineModel(**content.get("quarantine", {"rows": 0, "reasons": {}})),
            first_day=view.first_day.isoformat() if view.first_day is not None else None,
            last_day=view.last_day.isoformat() if view.last_day is not None else None,
            days=[TelemetryDayModel(**one) for one in view.days],
        )


def _vehicle(model: ModelView, count: int, line_id: str, report: ReportView | None) -> VehicleModel:
    return VehicleModel(
        vehicle=model.vehicle, models=count, model=VehicleModelModel.of(model, line_id),
        rank=_rank(model.vehicle, report), findings=_findings(report, model.vehicle),
    )  # fmt: skip


def _estimate(one: Mapping[str, Any]) -> EstimateModel:
    interval = one["interval_95"]
    return EstimateModel(
        value=one["value"], lower=interval["lower"], upper=interval["upper"], unit=one["unit"],
        scenario_value=one.get("scenario_value"),
    )  # fmt: skip


def _with_error(value: float, error: float, unit: str) -> EstimateModel:
    half = 1.96 * error
    return EstimateModel(value=value, lower=value - half, upper=value + half, unit=unit, scenario_value=None)


def _rank(vehicle: str, report: ReportView | None) -> RankModel | None:
    for one in report.content["ranking"] if report is not None else ():
        if one["vehicle"] == vehicle:
            return RankModel(
                rank=one["rank"], rank_from=one["rank_from"], rank_to=one["rank_to"], weight=one["weight"],
                own=_with_error(one["own"], one["own_error"], "kWh/km"),
                pooled=_with_error(one["pooled"], one["pooled_error"], "kWh/km"),
            )  # fmt: skip
    return None


def _findings(report: ReportView | None, vehicle: str | None = None) -> list[FleetFindingModel]:
    found = [
        FleetFindingModel(
            **{name: value for name, value in one.items() if name != "error"},
            change_lower=one["change"] - 1.96 * one["error"], change_upper=one["change"] + 1.96 * one["error"],
        )
        for one in (report.content["changes"] if report is not None else ())
        if vehicle is None or one["vehicle"] == vehicle
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.kwh_a_day)
