"""The database: the tables of both kinds, transactions, times, and the revisions of the tables."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import StatementError

from api.state.columns import Base
from api.state.database import SETTING, Database, database_url, now
from api.state.migrate import downgrade, newest_revision, require_current, revision_of, upgrade
from api.state.tables import SettingRow
from energy_models.faults import InputFaults

pytest_plugins = ["state_databases"]


def setting(name: str, value: object, at: datetime | None = None) -> SettingRow:
    return SettingRow(name=name, value=value, changed_at=at or now(), changed_by="a test")


def test_the_revisions_make_the_tables_of_the_code(database: Database) -> None:
    found = inspect(database.engine)
    assert set(Base.metadata.tables) | {"alembic_version"} == set(found.get_table_names())
    for name, table in Base.metadata.tables.items():
        assert {column.name for column in table.columns} == {column["name"] for column in found.get_columns(name)}
        nullable = {column["name"]: column["nullable"] for column in found.get_columns(name)}
        assert nullable == {column.name: column.nullable for column in table.columns}, name
        assert {index.name for index in table.indexes} == {index["name"] for index in found.get_indexes(name)} - {
            constraint["name"] for constraint in found.get_unique_constraints(name)
        }


def test_the_tables_go_back_and_forth(database: Database) -> None:
    downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    assert revision_of(database) is None
    require_current(database)
    assert revision_of(database) == newest_revision()


def test_several_processes_may_make_the_tables_at_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    threads = [threading.Thread(target=upgrade, args=(one,)) for one in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {revision_of(one) for one in databases} == {newest_revision()}
    for one in databases:
        one.close()


def test_an_exception_leaves_nothing_behind(database: Database) -> None:

    def fails() -> None:
        with database.writing() as session:
            session.add(setting("half", 1))
            session.flush()
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        fails()
    with database.reading() as session:
        assert session.scalars(select(SettingRow)).all() == []


def test_a_time_returns_in_utc_and_needs_a_zone(database: Database) -> None:
    at = datetime(2026, 11, 30, 20, 15, 7, 125000, timezone(timedelta(hours=8)))
    with database.writing() as session:
        session.add(setting("zone", {"a": [1, None, "ü"]}, at))
    with database.reading() as session:
        row = session.get_one(SettingRow, "zone")
    assert row.changed_at == at
    assert row.changed_at.utcoffset() == UTC.utcoffset(None)
    assert row.value == {"a": [1, None, "ü"]}
    with pytest.raises(StatementError), database.writing() as session:
        session.add(setting("none", 1, datetime(2026, 1, 1)))


def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    """Each thread reads and writes the same value; without the lock at the begin, some would be lost."""
    with database.writing() as session:
        session.add(setting("count", 0))

    def count() -> None:
        for _ in range(20):
            with database.writing() as session:
                row = session.scalars(select(SettingRow).where(SettingRow.name == "count").with_for_update()).one()
                row.value = row.value + 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get_one(SettingRow, "count").value == 80


def test_the_database_is_sqlite_in_the_data_folder_unless_a_setting_names_another(tmp_path: Path) -> None:
    assert database_url(tmp_path, {}) == f"sqlite:///{tmp_path}/headwatt.sqlite"
    given = {SETTING: "postgresql://planner:secret@db.example/headwatt"}
    assert database_url(tmp_path, given) == "postgresql+psycopg://planner:secret@db.example/headwatt"
    for wrong in ("mysql://planner:secret@db.example/headwatt", "not an address"):
        with pytest.raises(InputFaults) as caught:
            database_url(tmp_path, {SETTING: wrong})
        assert "secret" not in str(caught.value)
