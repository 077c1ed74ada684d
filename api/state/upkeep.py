"""The rows that the upkeep of an installation needs: files in use, and what is old enough to be removed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, union

from api.state.audit import Change, note
from api.state.database import Session
from api.state.idempotency import KEPT
from api.state.job_tables import IdempotencyRow, JobFileRow, JobRow
from api.state.jobs import ACTIVE
from api.state.tables import (
    ApprovalRow,
    FileRow,
    PlanFileRow,
    PlanRow,
    PlanVersionRow,
    ScenarioFileRow,
    ScenarioVersionRow,
)

REMOVABLE = ("draft", "checked", "judged", "archived")
"""The states of approval in which a plan is removed; what was approved once is a record."""
_OF_PLANS = ("plan", "revise")


def unused_files(session: Session, before: datetime) -> Sequence[str]:
    """The SHA-256 of named files that nothing refers to, and that were named before a time."""
    used = union(
        select(PlanFileRow.sha256),
        select(JobFileRow.sha256),
        select(ScenarioFileRow.sha256),
        select(ScenarioVersionRow.archive_sha256).where(ScenarioVersionRow.archive_sha256.is_not(None)),
    ).subquery()
    asked = select(FileRow.sha256).where(FileRow.created_at < before)
    return session.scalars(asked.where(FileRow.sha256.not_in(select(used.c[0]))).order_by(FileRow.sha256)).all()


def forget_files(session: Session, hashes: Sequence[str]) -> None:
    """Remove the rows of files."""
    for sha256 in hashes:
        session.execute(delete(FileRow).where(FileRow.sha256 == sha256))


def old_jobs(session: Session, before: datetime) -> Sequence[str]:
    """Ids of jobs that are no versions of plans and ended before a time."""
    asked = select(JobRow.id).where(JobRow.kind.not_in(_OF_PLANS), JobRow.status.not_in(ACTIVE))
    return session.scalars(asked.where(JobRow.ended_at < before).order_by(JobRow.id)).all()


def old_plans(session: Session, before: datetime) -> Sequence[str]:
    """Ids of plans without a job at work that were never approved and whose last job ended before a time."""
    is_late = exists().where(
        PlanVersionRow.plan_id == PlanRow.id,
        JobRow.id == PlanVersionRow.job_id,
        JobRow.status.in_(ACTIVE) | JobRow.ended_at.is_(None) | (JobRow.ended_at >= before),
    )
    was_approved = exists().where(ApprovalRow.plan_id == PlanRow.id, ApprovalRow.after == "approved")
    asked = select(PlanRow.id).where(PlanRow.approval.in_(REMOVABLE), PlanRow.created_at < before)
    return session.scalars(asked.where(~is_late, ~was_approved).order_by(PlanRow.id)).all()


def remove_jobs(session: Session, job_ids: Sequence[str], by_id: str) -> None:
    """Remove jobs with the names of their files, with an entry in the audit log."""
    for job_id in job_ids:
        session.execute(delete(JobFileRow).where(JobFileRow.job_id == job_id))
        session.execute(delete(JobRow).where(JobRow.id == job_id))
    if job_ids:
        note(session, Change("jobs.removed", "job", "old jobs", None, {"ids": list(job_ids)}), by_id)


def remove_plans(session: Session, plan_ids: Sequence[str], by_id: str) -> None:
    """Remove plans with all versions and their jobs, with an entry in the audit log."""
    for plan_id in plan_ids:
        jobs = session.scalars(select(PlanVersionRow.job_id).where(PlanVersionRow.plan_id == plan_id)).all()
        for table in (PlanFileRow, ApprovalRow, PlanVersionRow):
            session.execute(delete(table).where(table.plan_id == plan_id))
        session.execute(delete(PlanRow).where(PlanRow.id == plan_id))
        for job_id in jobs:
            session.execute(delete(JobFileRow).where(JobFileRow.job_id == job_id))
            session.execute(delete(JobRow).where(JobRow.id == job_id))
    if plan_ids:
        note(session, Change("plans.removed", "plan", "old plans", None, {"ids": list(plan_ids)}), by_id)


def forget_old_keys(session: Session, at: datetime) -> None:
    """Remove the answers to repeated requests that are not kept any more."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < at - KEPT))


def plans_without_files(session: Session) -> Sequence[tuple[str, int]]:
    """Id and version of plans whose job succeeded, and which name no file."""
    of_version = (PlanFileRow.plan_id == PlanVersionRow.plan_id, PlanFileRow.number == PlanVersionRow.number)
    has_files = exists().where(*of_version)
    asked = select(PlanVersionRow.plan_id, PlanVersionRow.number).join(JobRow, JobRow.id == PlanVersionRow.job_id)
    found = session.execute(asked.where(JobRow.status == "succeeded", ~has_files))
    return [(plan_id, number) for plan_id, number in found]


def active_job_ids(session: Session) -> set[str]:
    """Ids of jobs in the queue or at work."""
    return set(session.scalars(select(JobRow.id).where(JobRow.status.in_(ACTIVE))))


def known_job_ids(session: Session) -> set[str]:
    """Ids of all jobs."""
    return set(session.scalars(select(JobRow.id)))
