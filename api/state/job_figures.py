"""Figures about all jobs and the newest plans, for metrics."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from api.state.database import Session
from api.state.job_tables import JobRow
from api.state.tables import PlanRow, PlanVersionRow


def jobs_by_lane(session: Session) -> dict[tuple[str, str], int]:
    """Number of jobs by lane and status."""
    found = session.execute(select(JobRow.lane, JobRow.status, func.count()).group_by(JobRow.lane, JobRow.status))
    return {(lane, status): count for lane, status, count in found}


def oldest_waiting_at(session: Session) -> datetime | None:
    """When the oldest job in the queue was ordered; None without one."""
    found = select(JobRow.created_at).where(JobRow.status == "queued").order_by(JobRow.created_at).limit(1)
    return session.execute(found).scalar_one_or_none()


def ended_since(session: Session, change: int, limit: int) -> Sequence[Any]:
    """Change, kind, status, start and end of the jobs that ended with a change after `change`, in order."""
    found = select(JobRow.change, JobRow.kind, JobRow.status, JobRow.started_at, JobRow.ended_at)
    return session.execute(
        found.where(JobRow.change > change, JobRow.ended_at.is_not(None)).order_by(JobRow.change).limit(limit)
    ).all()


def figures_of_newest_plans(session: Session) -> Mapping[str, Mapping[str, Any]]:
    """The main figures of the newest plan of each line that succeeded."""
    newest = (
        select(PlanRow.line_id, func.max(PlanVersionRow.created_at).label("at"))
        .join(PlanVersionRow, PlanVersionRow.plan_id == PlanRow.id)
        .where(PlanVersionRow.result_status.is_not(None))
        .group_by(PlanRow.line_id)
        .subquery()
    )
    found = (
        select(PlanRow.line_id, PlanVersionRow.figures)
        .join(PlanVersionRow, PlanVersionRow.plan_id == PlanRow.id)
        .join(newest, (newest.c.line_id == PlanRow.line_id) & (newest.c.at == PlanVersionRow.created_at))
    )
    return {line: figures or {} for line, figures in session.execute(found)}
