"""The fleet of a line: models of its vehicles with their history, ranking, findings, and quality of the telemetry."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from api.problems import ProblemError, ProblemKind
from api.services.ids import is_storable
from api.state import fleet as rows
from api.state.database import Database, Session
from api.state.fleet_tables import FleetReportRow, VehicleModelRow
from api.state.line_filter import Caller
from api.state.lines import TELEMETRY_SETTING, known_lines, setting

MOST_MODELS = 400
"""Models of a vehicle that its history has, the latest days."""
QUALITY_DAYS = 42
"""Days of telemetry quality without other limits, up to the latest day with rows."""


@dataclass(frozen=True)
class ModelView:
    """A model of a vehicle: the content of its vehicle file, and the job that made it."""

    vehicle: str
    day: date
    version: str
    train_type: str
    job_id: str
    created_at: datetime
    created_by: str
    content: Mapping[str, Any]

    @staticmethod
    def of(row: VehicleModelRow) -> "ModelView":
        """The view of a row."""
        return ModelView(
            row.vehicle, row.day, row.version, row.train_type, row.job_id, row.created_at, row.created_by, row.content
        )  # fmt: skip


@dataclass(frozen=True)
class ReportView:
    """A report about a fleet, the job that made it, and when."""

    job_id: str
    made_at: datetime
    content: Mapping[str, Any]

    @staticmethod
    def of(row: FleetReportRow | None) -> "ReportView | None":
        """The view of a row."""
        return None if row is None else ReportView(row.job_id, row.made_at, row.content)


@dataclass(frozen=True)
class FleetView:
    """The present models of a line with the number of models of each vehicle, and the newest ranking."""

    line_id: str
    tag: str
    has_store: bool
    vehicles: Sequence[tuple[ModelView, int]]
    ranking: ReportView | None

    @property
    def is_ranking_current(self) -> bool:
        """Whether the ranking is that of the present models."""
        ranked = () if self.ranking is None else (*self.ranking.content["ranking"],)
        left_out = set() if self.ranking is None else {one["vehicle"] for one in self.ranking.content["left_out"]}
        present = {model.vehicle: model.version for model, _ in self.vehicles if model.vehicle not in left_out}
        return {one["vehicle"]: one["version"] for one in ranked} == present


@dataclass(frozen=True)
class QualityView:
    """The newest check of the telemetry of a line: its summary, and the days that were asked for."""

    line_id: str
    has_store: bool
    report: ReportView | None
    first_day: date | None
    last_day: date | None
    days: Sequence[Mapping[str, Any]]


class Fleet:
    """The fleets of the lines of an installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def for_caller(self, caller: Caller) -> "Fleet":
        """The fleets of the lines that a caller may see."""
        return Fleet(self.database.for_caller(caller))

    def tag(self, line_id: str) -> str:
        """A text that differs after each change of the fleet; raises `ProblemError` for an unknown line."""
        with self.database.reading() as session:
            _require_line(session, line_id)
            return _tag(session, line_id)

    def read(self, line_id: str) -> FleetView:
        """The vehicles of a line; raises `ProblemError` for an unknown line."""
        with self.database.reading() as session:
            _require_line(session, line_id)
            return FleetView(
                line_id, _tag(session, line_id), _has_store(session),
                [(ModelView.of(row), count) for row, count in rows.present_models(session, line_id)],
                ReportView.of(rows.report_of(session, line_id, "ranking")),
            )  # fmt: skip

    def vehicle(self, line_id: str, vehicle: str) -> tuple[Sequence[ModelView], ReportView | None]:
        """The models of a vehicle by day, and the newest ranking; raises `ProblemError` for an unknown one."""
        with self.database.reading() as session:
            _require_line(session, line_id)
            found = rows.models_of(session, line_id, vehicle, MOST_MODELS) if is_storable(vehicle) else ()
            if not found:
                raise ProblemError(ProblemKind.UNKNOWN_VEHICLE, f"No vehicle {vehicle[:80]!r} has a model.")
            return [ModelView.of(row) for row in found], ReportView.of(rows.report_of(session, line_id, "ranking"))

    def model(self, line_id: str, version: str) -> ModelView:
        """The model with a version; raises `ProblemError` for an unknown one."""
        with self.database.reading() as session:
            _require_line(session, line_id)
            row = rows.model_of_version(session, line_id, version) if is_storable(version) else None
            if row is None:
                raise ProblemError(ProblemKind.UNKNOWN_VEHICLE, f"No model has the version {version[:80]!r}.")
            return ModelView.of(row)

    def quality(self, line_id: str, first: date | None = None, last: date | None = None) -> QualityView:
        """The quality of the telemetry by vehicle and day, by default of the latest `QUALITY_DAYS` days.

        Raises `ProblemError` for an unknown line.
        """
        with self.database.reading() as session:
            _require_line(session, line_id)
            latest = rows.latest_day(session, line_id)
            last = last if last is not None else latest
            if first is None and last is not None and last.toordinal() > QUALITY_DAYS:
                first = last - timedelta(days=QUALITY_DAYS - 1)
            days = rows.days_of(session, line_id, first, last) if latest is not None else []
            report = ReportView.of(rows.report_of(session, line_id, "telemetry"))
            return QualityView(line_id, _has_store(session), report, first, last, days)


def _tag(session: Session, line_id: str) -> str:
    parts = (
        rows.newest_model(session, line_id),
        rows.report_job(session, line_id, "ranking"),
        rows.report_job(session, line_id, "telemetry"),
        _has_store(session),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _has_store(session: Session) -> bool:
    return isinstance(setting(session, TELEMETRY_SETTING), str)


def _require_line(session: Session, line_id: str) -> None:
    if not is_storable(line_id) or line_id not in known_lines(session, [line_id]):
        raise ProblemError(ProblemKind.UNKNOWN_LINE, f"No line has the id {line_id[:80]!r}.")
