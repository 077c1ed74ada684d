"""The rows of a fleet: models of vehicles, the quality of their telemetry by day, and the newest reports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select

from api.state.database import Session, now
from api.state.fleet_tables import FleetReportRow, TelemetryDayRow, VehicleModelRow

ReportKind = Literal["ranking", "telemetry"]


@dataclass(frozen=True)
class NewModel:
    """A model that a calibration made."""

    vehicle: str
    day: date
    version: str
    train_type: str
    content: Mapping[str, Any]


def add_models(session: Session, line_id: str, job_id: str, by_id: str, models: Iterable[NewModel]) -> int:
    """Add models; one that is the present model of its vehicle and day already is not added again. Returns how many."""
    at, count = now(), 0
    for one in models:
        of_day = select(VehicleModelRow.version).where(
            VehicleModelRow.line_id == line_id, VehicleModelRow.vehicle == one.vehicle, VehicleModelRow.day == one.day
        )
        if session.scalars(of_day.order_by(VehicleModelRow.id.desc()).limit(1)).one_or_none() == one.version:
            continue
        session.add(
            VehicleModelRow(
                line_id=line_id, vehicle=one.vehicle, day=one.day, version=one.version, train_type=one.train_type,
                job_id=job_id, created_at=at, created_by=by_id, content=dict(one.content),
            )
        )  # fmt: skip
        count += 1
    session.flush()
    return count


def present_models(session: Session, line_id: str) -> Sequence[tuple[VehicleModelRow, int]]:
    """The present model of each vehicle of a line, with the number of its models, by vehicle."""
    place = func.row_number().over(
        partition_by=VehicleModelRow.vehicle, order_by=(VehicleModelRow.day.desc(), VehicleModelRow.id.desc())
    )
    count = func.count().over(partition_by=VehicleModelRow.vehicle)
    ranked = (
        select(VehicleModelRow.id, place.label("place"), count.label("models"))
        .where(VehicleModelRow.line_id == line_id)
        .subquery()
    )
    asked = select(VehicleModelRow, ranked.c.models).join(ranked, ranked.c.id == VehicleModelRow.id)
    found = session.execute(asked.where(ranked.c.place == 1).order_by(VehicleModelRow.vehicle)).all()
    return [(row, int(models)) for row, models in found]


def models_of(session: Session, line_id: str, vehicle: str, most: int) -> Sequence[VehicleModelRow]:
    """The models of a vehicle, at most so many of the latest days, in the order of their days and of their making."""
    asked = select(VehicleModelRow).where(VehicleModelRow.line_id == line_id, VehicleModelRow.vehicle == vehicle)
    found = session.scalars(asked.order_by(VehicleModelRow.day.desc(), VehicleModelRow.id.desc()).limit(most)).all()
    return found[::-1]


def models_with_content(session: Session, line_id: str, most: int) -> dict[str, list[dict[str, Any]]]:
    """The content of the newest model of each day of each vehicle, for at most so many of its latest days."""
    of_day = func.row_number().over(
        partition_by=(VehicleModelRow.vehicle, VehicleModelRow.day), order_by=VehicleModelRow.id.desc()
    )
    back = func.dense_rank().over(partition_by=VehicleModelRow.vehicle, order_by=VehicleModelRow.day.desc())
    ranked = (
        select(VehicleModelRow.id, of_day.label("place"), back.label("back"))
        .where(VehicleModelRow.line_id == line_id)
        .subquery()
    )
    asked = (
        select(VehicleModelRow.vehicle, VehicleModelRow.content)
        .join(ranked, ranked.c.id == VehicleModelRow.id)
        .where(ranked.c.place == 1, ranked.c.back <= most)
        .order_by(VehicleModelRow.vehicle, VehicleModelRow.day)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for vehicle, content in session.execute(asked):
        found.setdefault(vehicle, []).append(content)
    return found


def model_of_version(session: Session, line_id: str, version: str) -> VehicleModelRow | None:
    """The model of a line with a version."""
    asked = select(VehicleModelRow).where(VehicleModelRow.line_id == line_id, VehicleModelRow.version == version)
    return session.scalars(asked.order_by(VehicleModelRow.id.desc()).limit(1)).one_or_none()


def newest_model(session: Session, line_id: str) -> int:
    """The number of the model of a line that was added last; 0 without one."""
    return int(session.scalar(select(func.max(VehicleModelRow.id)).where(VehicleModelRow.line_id == line_id)) or 0)


def replace_days(session: Session, line_id: str, days: Iterable[Mapping[str, Any]]) -> None:
    """Replace what was found about the telemetry of a line; each day has `vehicle` and `day`."""
    session.execute(delete(TelemetryDayRow).where(TelemetryDayRow.line_id == line_id))
    rows = [
        {"line_id": line_id, "vehicle": one["vehicle"], "day": date.fromisoformat(one["day"]), "content": dict(one)}
        for one in days
    ]
    if rows:
        session.execute(insert(TelemetryDayRow), rows)


def days_of(session: Session, line_id: str, first: date | None, last: date | None) -> list[dict[str, Any]]:
    """What was found about the telemetry of a line, by vehicle and day."""
    asked = select(TelemetryDayRow.content).where(TelemetryDayRow.line_id == line_id)
    if first is not None:
        asked = asked.where(TelemetryDayRow.day >= first)
    if last is not None:
        asked = asked.where(TelemetryDayRow.day <= last)
    return list(session.scalars(asked.order_by(TelemetryDayRow.vehicle, TelemetryDayRow.day)))


def latest_day(session: Session, line_id: str) -> date | None:
    """The latest service day with telemetry of a line."""
    return session.scalar(select(func.max(TelemetryDayRow.day)).where(TelemetryDayRow.line_id == line_id))


def put_report(session: Session, line_id: str, kind: ReportKind, job_id: str, content: Mapping[str, Any]) -> None:
    """Make a report the newest one of its kind."""
    row = session.get(FleetReportRow, (line_id, kind))
    if row is None:
        session.add(FleetReportRow(line_id=line_id, kind=kind, job_id=job_id, made_at=now(), content=dict(content)))
    else:
        row.job_id, row.made_at, row.content = job_id, now(), dict(content)
    session.flush()


def report_of(session: Session, line_id: str, kind: ReportKind) -> FleetReportRow | None:
    """The newest report of a kind."""
    return session.get(FleetReportRow, (line_id, kind))


def report_job(session: Session, line_id: str, kind: ReportKind) -> str:
    """The job of the newest report of a kind, without its content; the empty text without one."""
    asked = select(FleetReportRow.job_id).where(FleetReportRow.line_id == line_id, FleetReportRow.kind == kind)
    return session.scalar(asked) or ""
