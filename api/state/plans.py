"""The rows of plans: plans, their versions, their files, and the steps of their approval."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select, tuple_, update
from sqlalchemy.orm import aliased

from api.state.audit import Change, hold_log
from api.state.audit import note as note_change
from api.state.columns import insert_row
from api.state.database import Session, now
from api.state.job_tables import JobRow
from api.state.line_filter import caller_of, line_is_seen
from api.state.tables import ApprovalRow, PlanFileRow, PlanRow, PlanVersionRow


@dataclass(frozen=True)
class PlanRecord:
    """A plan with its current version, the job that makes or made this version, and the order of the plan.

    The job of a later version is an edit by hand; the order of the plan is that of its first version.
    """

    plan: PlanRow
    version: PlanVersionRow
    job: JobRow
    order: Mapping[str, Any]


@dataclass(frozen=True)
class PlanStamp:
    """A plan with the two numbers that grow with each change of the plan and of the job of its current version."""

    plan_id: str
    created_at: datetime
    revision: int
    change: int


@dataclass(frozen=True)
class VersionFacts:
    """What a job found out about the version that it made."""

    result_status: str
    scenario_hash: str
    plan_sha256: str
    model_version: str
    figures: Mapping[str, Any]


def add_plan(session: Session, plan_id: str, line_id: str, owner_id: str, created_at: datetime) -> None:
    """Store a new plan, whose first version the job of the same id makes."""
    insert_row(
        session, PlanRow, id=plan_id, line_id=line_id, owner_id=owner_id, created_at=created_at, approval="draft",
        revision=1, current_version=1,
    )  # fmt: skip
    insert_row(session, PlanVersionRow, plan_id=plan_id, number=1, job_id=plan_id, created_at=created_at)


def add_version(session: Session, plan_id: str, job_id: str, created_at: datetime) -> int:
    """Add a version of a plan that a job makes; return its number. The plan shows it after `make_current`."""
    newest = select(func.max(PlanVersionRow.number)).where(PlanVersionRow.plan_id == plan_id)
    number = int(session.execute(newest).scalar_one()) + 1
    insert_row(session, PlanVersionRow, plan_id=plan_id, number=number, job_id=job_id, created_at=created_at)
    return number


def plan_versions(session: Session, plan_id: str) -> Sequence[tuple[PlanVersionRow, JobRow]]:
    """The versions of a plan with their jobs, newest first."""
    asked = select(PlanVersionRow, JobRow).join(JobRow, JobRow.id == PlanVersionRow.job_id)
    found = session.execute(asked.where(PlanVersionRow.plan_id == plan_id).order_by(PlanVersionRow.number.desc()))
    return [(version, job) for version, job in found]


def make_current(session: Session, plan_id: str, job_id: str, base: int, states: Collection[str], by_id: str) -> bool:
    """Make the version of a job the current one, as a draft; False if the plan has changed since version `base`.

    A plan has changed if another version is current, or if its approval is not one of `states` any more.
    """
    hold_log(session)
    plan = session.get(PlanRow, plan_id, populate_existing=True, with_for_update=True)
    number = session.scalars(select(PlanVersionRow.number).where(PlanVersionRow.job_id == job_id)).one()
    if plan is None or plan.current_version != base or plan.approval not in states:
        return False
    if plan.approval != "draft":
        change_approval(session, plan, "draft", by_id, f"Version {number} of the plan was made by hand.")
        session.refresh(plan)
    plan.current_version = number
    plan.revision += 1
    session.flush()
    return True


def plan_record(session: Session, plan_id: str) -> PlanRecord | None:
    """A plan."""
    found = session.execute(_records().where(PlanRow.id == plan_id)).one_or_none()
    return PlanRecord(*found) if found is not None else None


def plan_stamp(session: Session, plan_id: str) -> PlanStamp | None:
    """The stamp of a plan; this takes a tenth of the time that the plan itself takes."""
    found = session.connection().execute(_stamp_of_plan(caller_of(session).lines), {"id": plan_id}).one_or_none()
    return PlanStamp(*found) if found is not None else None


def plan_stamps(
    session: Session, limit: int, before: tuple[datetime, str] | None = None, lines: Collection[str] | None = None
) -> list[PlanStamp]:
    """The stamps of plans, newest first, after the plan with the time and the id `before`; with `lines`, of these."""
    asked = _newest_stamps(caller_of(session).lines)
    if before is not None:
        asked = asked.where(tuple_(PlanRow.created_at, PlanRow.id) < before)
    if lines is not None:
        asked = asked.where(PlanRow.line_id.in_(lines))
    return [PlanStamp(*found) for found in session.connection().execute(asked, {"limit": limit})]


def plan_records(session: Session, plan_ids: Collection[str]) -> list[PlanRecord]:
    """The plans with these ids."""
    return [PlanRecord(*found) for found in session.execute(_records().where(PlanRow.id.in_(plan_ids)))]


def files_of_plans(session: Session, plan_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """The files of the current versions of plans: SHA-256 by name, by plan."""
    asked = (
        select(PlanFileRow.plan_id, PlanFileRow.name, PlanFileRow.sha256)
        .join(PlanRow, (PlanRow.id == PlanFileRow.plan_id) & (PlanRow.current_version == PlanFileRow.number))
        .where(PlanFileRow.plan_id.in_(plan_ids))
    )
    files: dict[str, dict[str, str]] = {plan_id: {} for plan_id in plan_ids}
    for plan_id, name, sha256 in session.execute(asked.order_by(PlanFileRow.name)):
        files[plan_id][name] = sha256
    return files


def plan_files(session: Session, plan_id: str, number: int) -> dict[str, str]:
    """The files of a version: SHA-256 by name."""
    asked = select(PlanFileRow.name, PlanFileRow.sha256)
    asked = asked.where(PlanFileRow.plan_id == plan_id, PlanFileRow.number == number)
    return dict(session.execute(asked.order_by(PlanFileRow.name)).all())


def publish_version(session: Session, job_id: str, files: Mapping[str, str], facts: VersionFacts) -> str | None:
    """Add what a job made to its version of a plan; return the plan's id, None for a job without a plan."""
    version = session.scalars(select(PlanVersionRow).where(PlanVersionRow.job_id == job_id)).one_or_none()
    if version is None:
        return None
    version.result_status = facts.result_status
    version.scenario_hash = facts.scenario_hash
    version.plan_sha256 = facts.plan_sha256
    version.model_version = facts.model_version
    version.figures = dict(facts.figures)
    for name, sha256 in files.items():
        session.add(PlanFileRow(plan_id=version.plan_id, number=version.number, name=name, sha256=sha256))
    session.flush()
    return version.plan_id


def change_approval(
    session: Session, plan: PlanRow, after: str, by_id: str, note: str, active_from: date | None = None
) -> bool:
    """Bring a plan into another state of approval and note the step; False if the plan was changed meanwhile."""
    before, revision = plan.approval, plan.revision  # the update changes the object of the session as well
    hold_log(session)
    changed = (
        update(PlanRow)
        .where(PlanRow.id == plan.id, PlanRow.revision == revision)
        .values(approval=after, revision=revision + 1, active_from=active_from)
    )
    if not session.execute(changed).rowcount:  # type: ignore[attr-defined]
        return False
    session.add(
        ApprovalRow(
            plan_id=plan.id, number=plan.current_version, before=before, after=after, active_from=active_from,
            by_id=by_id, at=now(), note=note,
        )
    )  # fmt: skip
    begin = active_from.isoformat() if active_from is not None else None
    step = Change(
        f"plan.{after}", "plan", plan.id, plan.line_id,
        {"approval": before, "revision": revision},
        {"approval": after, "revision": revision + 1, "active_from": begin, "note": note},
    )  # fmt: skip
    note_change(session, step, by_id)
    return True


def approvals(session: Session, plan_id: str) -> Sequence[ApprovalRow]:
    """The steps of the approval of a plan, oldest first."""
    return session.scalars(select(ApprovalRow).where(ApprovalRow.plan_id == plan_id).order_by(ApprovalRow.id)).all()


def active_plans(session: Session, line_id: str) -> Sequence[PlanRow]:
    """The plans of a line that are active or become active: newest begin first, then the step that came last."""
    last_step = (
        select(func.max(ApprovalRow.id))
        .where(ApprovalRow.plan_id == PlanRow.id, ApprovalRow.after == "active")
        .scalar_subquery()
    )
    asked = select(PlanRow).where(PlanRow.line_id == line_id, PlanRow.approval == "active")
    return session.scalars(asked.order_by(PlanRow.active_from.desc(), last_step.desc())).all()


def superseded_last(session: Session, line_id: str) -> PlanRow | None:
    """The plan of a line that was superseded last."""
    asked = (
        select(PlanRow)
        .join(ApprovalRow, ApprovalRow.plan_id == PlanRow.id)
        .where(PlanRow.line_id == line_id, PlanRow.approval == "superseded", ApprovalRow.after == "superseded")
    )
    return session.scalars(asked.order_by(ApprovalRow.id.desc()).limit(1)).one_or_none()


# The caches hold few statements: one for each set of lines that a user sees.
@lru_cache(maxsize=256)
def _stamp_of_plan(lines: frozenset[str] | None) -> Select[str, datetime, int, int]:
    return _stamps(lines).where(PlanRow.id == bindparam("id"))


@lru_cache(maxsize=256)
def _newest_stamps(lines: frozenset[str] | None) -> Select[str, datetime, int, int]:
    return _stamps(lines).order_by(PlanRow.created_at.desc(), PlanRow.id.desc()).limit(bindparam("limit"))


def _stamps(lines: frozenset[str] | None) -> Select[str, datetime, int, int]:
    current = (PlanVersionRow.plan_id == PlanRow.id) & (PlanVersionRow.number == PlanRow.current_version)
    return (
        select(PlanRow.id, PlanRow.created_at, PlanRow.revision, JobRow.change)
        .join(PlanVersionRow, current)
        .join(JobRow, JobRow.id == PlanVersionRow.job_id)
        .where(line_is_seen(PlanRow, lines))
    )


def _records() -> Any:
    first, ordered = aliased(PlanVersionRow), aliased(JobRow)
    current = (PlanVersionRow.plan_id == PlanRow.id) & (PlanVersionRow.number == PlanRow.current_version)
    return (
        select(PlanRow, PlanVersionRow, JobRow, ordered.order)
        .join(PlanVersionRow, current)
        .join(JobRow, JobRow.id == PlanVersionRow.job_id)
        .join(first, (first.plan_id == PlanRow.id) & (first.number == 1))
        .join(ordered, ordered.id == first.job_id)
        .execution_options(populate_existing=True)
    )
