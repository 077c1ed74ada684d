"""The rows of lines, the versions of their scenarios, and the settings of the installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from api.state.database import Session, now
from api.state.line_filter import caller_of, line_is_seen
from api.state.tables import LineRow, ScenarioFileRow, ScenarioVersionRow, SettingRow

TELEMETRY_SETTING = "telemetry_store"
"""The setting of the installation with the folder of its telemetry store."""


@dataclass(frozen=True)
class ScenarioFacts:
    """What a list of lines shows of a scenario."""

    line_id: str
    title: str
    length_km: float
    stations: int
    overrides: tuple[str, ...]
    scenario_hash: str


def register_scenario(
    session: Session, facts: ScenarioFacts, origin: str, by_id: str, files: Mapping[str, str] | None = None
) -> int:
    """Add a version of a line's scenario, and the line if it is new; return the number of the version.

    `files` are the files of the version by name and SHA-256; they are named before. The newest version stays if it has
    the same hash and the same files.
    """
    line = session.get(LineRow, facts.line_id)
    if line is None:
        session.add(LineRow(id=facts.line_id, title=facts.title, created_at=now()))
        session.flush()
    else:
        line.title = facts.title
    newest = newest_scenario(session, facts.line_id)
    files = files or {}
    if newest is not None and newest.scenario_hash == facts.scenario_hash:
        stored = scenario_files(session, newest.id)
        if stored == files or not files:
            return newest.number
        if not stored:  # an earlier version of Headwatt stored no files
            _add_files(session, newest.id, files)
            return newest.number
    number = 1 if newest is None else newest.number + 1
    row = ScenarioVersionRow(
        line_id=facts.line_id, number=number, origin=origin, scenario_hash=facts.scenario_hash, title=facts.title,
        length_km=facts.length_km, stations=facts.stations, overrides=list(facts.overrides), created_at=now(),
        created_by=by_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _add_files(session, row.id, files)
    return number


def _add_files(session: Session, version_id: int, files: Mapping[str, str]) -> None:
    for name, sha256 in files.items():
        session.add(ScenarioFileRow(version_id=version_id, name=name, sha256=sha256))
    session.flush()


def scenario_files(session: Session, version_id: int) -> dict[str, str]:
    """The files of a version of a scenario: SHA-256 by name."""
    asked = select(ScenarioFileRow.name, ScenarioFileRow.sha256).where(ScenarioFileRow.version_id == version_id)
    return dict(session.execute(asked.order_by(ScenarioFileRow.name)).all())


def scenario_version(session: Session, line_id: str, number: int) -> ScenarioVersionRow | None:
    """A version of a line's scenario."""
    asked = select(ScenarioVersionRow).where(ScenarioVersionRow.line_id == line_id, ScenarioVersionRow.number == number)
    return session.scalars(asked).one_or_none()


def scenario_versions(session: Session, line_id: str) -> Sequence[ScenarioVersionRow]:
    """The versions of a line's scenario, newest first."""
    asked = select(ScenarioVersionRow).where(ScenarioVersionRow.line_id == line_id)
    return session.scalars(asked.order_by(ScenarioVersionRow.number.desc())).all()


def newest_scenario(session: Session, line_id: str) -> ScenarioVersionRow | None:
    """The newest version of a line's scenario."""
    asked = select(ScenarioVersionRow).where(ScenarioVersionRow.line_id == line_id)
    return session.scalars(asked.order_by(ScenarioVersionRow.number.desc()).limit(1)).one_or_none()


def stored_version(session: Session, line_id: str) -> int | None:
    """The newest version of a line's scenario; None if this is the bundled one, or for an unknown line."""
    asked = _newest_version(caller_of(session).lines)
    found = session.connection().execute(asked, {"line_id": line_id}).one_or_none()
    return found[0] if found is not None and found[1] != "bundled" else None


@lru_cache(maxsize=256)  # one statement for each set of lines that a user sees
def _newest_version(lines: frozenset[str] | None) -> Select[int, str]:
    asked = select(ScenarioVersionRow.number, ScenarioVersionRow.origin)
    asked = asked.where(ScenarioVersionRow.line_id == bindparam("line_id"), line_is_seen(ScenarioVersionRow, lines))
    return asked.order_by(ScenarioVersionRow.number.desc()).limit(1)


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


def known_lines(session: Session, names: Sequence[str]) -> set[str]:
    """Those of the names that are lines which the caller may see."""
    return set(session.scalars(select(LineRow.id).where(LineRow.id.in_(list(names)))))


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
