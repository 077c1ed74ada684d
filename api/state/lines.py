"""The rows of lines, the versions of their scenarios, and the settings of the installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from api.state.database import Session, now
from api.state.tables import LineRow, ScenarioVersionRow, SettingRow


@dataclass(frozen=True)
class ScenarioFacts:
    """What a list of lines shows of a scenario."""

    line_id: str
    title: str
    length_km: float
    stations: int
    overrides: tuple[str, ...]
    scenario_hash: str


def register_scenario(session: Session, facts: ScenarioFacts, origin: str, by_id: str) -> int:
    """Add a version of a line's scenario, and the line if it is new; the newest version stays if it has this hash."""
    line = session.get(LineRow, facts.line_id)
    if line is None:
        session.add(LineRow(id=facts.line_id, title=facts.title, created_at=now()))
        session.flush()
    else:
        line.title = facts.title
    newest = newest_scenario(session, facts.line_id)
    if newest is not None and newest.scenario_hash == facts.scenario_hash:
        return newest.number
    number = 1 if newest is None else newest.number + 1
    session.add(
        ScenarioVersionRow(
            line_id=facts.line_id, number=number, origin=origin, scenario_hash=facts.scenario_hash, title=facts.title,
            length_km=facts.length_km, stations=facts.stations, overrides=list(facts.overrides), created_at=now(),
            created_by=by_id,
        )
    )  # fmt: skip
    session.flush()
    return number


def newest_scenario(session: Session, line_id: str) -> ScenarioVersionRow | None:
    """The newest version of a line's scenario."""
    asked = select(ScenarioVersionRow).where(ScenarioVersionRow.line_id == line_id)
    return session.scalars(asked.order_by(ScenarioVersionRow.number.desc()).limit(1)).one_or_none()


def newest_scenarios(session: Session) -> Sequence[ScenarioVersionRow]:
    """The newest version of each line's scenario, by the id of the line."""
    newest = (
        select(ScenarioVersionRow.line_id, func.max(ScenarioVersionRow.number).label("number"))
        .group_by(ScenarioVersionRow.line_id)
        .subquery()
    )
    asked = select(ScenarioVersionRow).join(
        newest,
        (ScenarioVersionRow.line_id == newest.c.line_id) & (ScenarioVersionRow.number == newest.c.number),
    )
    return session.scalars(asked.order_by(ScenarioVersionRow.line_id)).all()


def setting(session: Session, name: str) -> Any:
    """The value of a setting of the installation; None if it is not set."""
    row = session.get(SettingRow, name)
    return None if row is None else row.value


def change_setting(session: Session, name: str, value: Any, by_id: str) -> None:
    """Set a setting of the installation."""
    row = session.get(SettingRow, name)
    if row is None:
        session.add(SettingRow(name=name, value=value, changed_at=now(), changed_by=by_id))
    else:
        row.value, row.changed_at, row.changed_by = value, now(), by_id
    session.flush()
