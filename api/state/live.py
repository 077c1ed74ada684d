"""The rows of what users did on live lines: answers to advice, stops of advising, actions on alarms, incidents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from api.state.columns import Base
from api.state.database import Session, now
from api.state.tables import ApprovalRow, PlanRow


class LiveActionRow(Base):
    """An action of a user on a live line; rows are only added, and the process of the line takes them by number."""

    __tablename__ = "live_actions"
    __table_args__ = (Index("ix_live_actions_line_id", "line_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[str] = mapped_column(ForeignKey("lines.id"))
    at: Mapped[datetime]
    by_id: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(200))
    value: Mapped[dict[str, Any]] = mapped_column()


def add_action(
    session: Session, line_id: str, by_id: str, kind: str, object_id: str, value: dict[str, Any]
) -> LiveActionRow:
    """Add an action."""
    row = LiveActionRow(line_id=line_id, at=now(), by_id=by_id, kind=kind, object_id=object_id, value=value)
    session.add(row)
    session.flush()
    return row


def actions_after(session: Session, line_id: str, action_id: int) -> Sequence[LiveActionRow]:
    """The actions on a line after the one with this number, oldest first."""
    asked = select(LiveActionRow).where(LiveActionRow.line_id == line_id, LiveActionRow.id > action_id)
    return session.scalars(asked.order_by(LiveActionRow.id)).all()


def has_action(session: Session, line_id: str, kind: str, object_id: str) -> bool:
    """Whether there is an action of a kind on an object of a line."""
    wanted = (LiveActionRow.line_id == line_id, LiveActionRow.kind == kind, LiveActionRow.object_id == object_id)
    return session.scalar(select(LiveActionRow.id).where(*wanted).limit(1)) is not None


def plan_changes(session: Session, line_id: str, since: datetime) -> list[dict[str, Any]]:
    """The steps of approvals of the plans of a line since a time, newest first: what, who, when, and with what note."""
    asked = select(ApprovalRow).join(PlanRow, PlanRow.id == ApprovalRow.plan_id)
    wanted = asked.where(PlanRow.line_id == line_id, ApprovalRow.at >= since)
    return [
        {
            "plan_id": one.plan_id, "version": one.number, "before": one.before, "after": one.after, "by": one.by_id,
            "at": one.at.isoformat(), "note": one.note,
            "active_from": None if one.active_from is None else one.active_from.isoformat(),
        }
        for one in session.scalars(wanted.order_by(ApprovalRow.id.desc()).limit(50))
    ]  # fmt: skip


def newest_action(session: Session, line_id: str) -> int:
    """The number of the newest action on a line; 0 without one."""
    found = session.scalar(select(func.max(LiveActionRow.id)).where(LiveActionRow.line_id == line_id))
    return int(found or 0)
