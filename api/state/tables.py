"""The tables of lines, files, plans, approvals and settings. Columns with the ending `_at` are times in UTC."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.state.columns import Base


class LineRow(Base):
    """A line; its id is the name in addresses and orders."""

    __tablename__ = "lines"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    title: Mapped[str]
    time_zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class FileRow(Base):
    """A file of the data folder, named by the SHA-256 of its bytes."""

    __tablename__ = "files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class ScenarioVersionRow(Base):
    """A version of the scenario of a line; a bundled scenario has no file, because the installation contains it."""

    __tablename__ = "scenario_versions"
    __table_args__ = (UniqueConstraint("line_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(20))
    scenario_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    length_km: Mapped[float]
    stations: Mapped[int]
    overrides: Mapped[list[str]]
    archive_sha256: Mapped[str | None] = mapped_column(ForeignKey("files.sha256"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(100))


class ScenarioFileRow(Base):
    """A file of a version of a scenario."""

    __tablename__ = "scenario_files"

    version_id: Mapped[int] = mapped_column(ForeignKey("scenario_versions.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("files.sha256"), index=True)


class PlanRow(Base):
    """A plan; `revision` grows with each change of the plan and is its ETag."""

    __tablename__ = "plans"
    __table_args__ = (Index("ix_plans_line_created", "line_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    line_id: Mapped[str] = mapped_column(String(100))
    owner_id: Mapped[str] = mapped_column(String(100), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    approval: Mapped[str] = mapped_column(String(20))
    active_from: Mapped[date | None]
    revision: Mapped[int]
    current_version: Mapped[int]


class PlanVersionRow(Base):
    """A version of a plan: the job that made it, its hashes, the versions of the models, and its main figures."""

    __tablename__ = "plan_versions"

    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    created_at: Mapped[datetime]
    result_status: Mapped[str | None] = mapped_column(String(20))
    scenario_hash: Mapped[str | None] = mapped_column(String(64))
    plan_sha256: Mapped[str | None] = mapped_column(String(64))
    model_version: Mapped[str | None] = mapped_column(String(100))
    figures: Mapped[dict[str, Any] | None]


class PlanFileRow(Base):
    """A file of a version of a plan."""

    __tablename__ = "plan_files"
    __table_args__ = (ForeignKeyConstraint(["plan_id", "number"], ["plan_versions.plan_id", "plan_versions.number"]),)

    plan_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("files.sha256"), index=True)


class ApprovalRow(Base):
    """A step of the approval of a plan; rows are only added."""

    __tablename__ = "approvals"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"), index=True)
    number: Mapped[int]
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    active_from: Mapped[date | None]
    by_id: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
    note: Mapped[str]


class SettingRow(Base):
    """A setting of the installation."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(100))
