"""The tables of a fleet: every model of a vehicle, the quality of its telemetry by day, and the newest reports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.state.columns import Base


class VehicleModelRow(Base):
    """A model of a vehicle; rows are only added. `content` is the content of the vehicle file, `version` its SHA-256.

    The present model of a vehicle is the one of the latest service day, and of this day the one that was added last.
    """

    __tablename__ = "vehicle_models"
    __table_args__ = (
        Index("ix_vehicle_models_line_id", "line_id", "vehicle", "day", "id"),
        Index("ix_vehicle_models_version", "line_id", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    vehicle: Mapped[str]
    day: Mapped[date]
    version: Mapped[str] = mapped_column(String(64))
    train_type: Mapped[str]
    job_id: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))
    content: Mapped[dict[str, Any]]


class TelemetryDayRow(Base):
    """What the newest check of the telemetry found about a vehicle on a service day."""

    __tablename__ = "telemetry_days"
    __table_args__ = (Index("ix_telemetry_days_line_id", "line_id", "day"),)

    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    vehicle: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]


class FleetReportRow(Base):
    """The newest report of a kind about the fleet of a line: `ranking` or `telemetry`."""

    __tablename__ = "fleet_reports"

    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(100))
    made_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
