"""Verify, back up, restore and prune an installation, on both databases."""

import json
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from finished_plans import ended, ordered
from sqlalchemy import update
from typer.testing import CliRunner

from api.cli.main import app
from api.jobs.plan_order import PlanOrder
from api.jobs.plan_publishing import publish_plan
from api.services.audit import Audit
from api.services.backup import restore_backup, write_backup
from api.services.upkeep import Retention, prune, verify
from api.state.database import SETTING, Database, now
from api.state.files import FileStore
from api.state.job_tables import JobRow
from api.state.jobs import end_job
from api.state.migrate import upgrade
from api.state.plans import change_approval, plan_record
from api.state.rows_as_text import lines_of, own_tables, snapshot, table_in
from api.state.tables import FileRow, PlanRow
from energy_models.faults import InputFaults

pytest_plugins = ["state_databases"]

ORDER = PlanOrder("tutorial_line")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "installation"
    made.mkdir()
    return made


def stored_plan(database: Database, data: Path, text: str) -> str:
    """A plan that succeeded with one file."""
    plan_id = ordered(database, ORDER)
    file = data / "timetable.csv"
    file.write_text(text)
    result = {
        "facts": {"result_status": "feasible", "checks_passed": True, "scenario_hash": "", "plan_sha256": "",
                  "model_version": "", "figures": {"saving_percent": 7.25}},
        "files": {"timetable.csv": FileStore(data).put(file)},
    }  # fmt: skip
    file.unlink()
    with database.writing() as session:
        end_job(session, plan_id, "succeeded", None, result)
        publish_plan(session, FileStore(data), plan_id, result)
    return plan_id


def file_of(data: Path) -> Path:
    (found,) = FileStore(data).stored()
    return found


def aged(database: Database, data: Path, plan_id: str, days: int) -> None:
    """Let a plan and the files look as if they were `days` old."""
    at = now() - timedelta(days=days)
    with database.writing() as session:
        session.execute(update(JobRow).where(JobRow.id == plan_id).values(created_at=at, ended_at=at))
        session.execute(update(PlanRow).where(PlanRow.id == plan_id).values(created_at=at))
        session.execute(update(FileRow).values(created_at=at))
    for path in FileStore(data).stored():
        os.utime(path, (at.timestamp(), at.timestamp()))


def test_verify_finds_a_row_without_file_and_a_file_without_row(database: Database, data: Path) -> None:
    stored_plan(database, data, "one")
    assert verify(database, data).is_sound
    file = file_of(data)
    file.chmod(0o600)
    file.write_text("two")
    assert verify(database, data).changed == (file.name,)
    assert verify(database, data, reads=False).is_sound
    file.unlink()
    found = verify(database, data)
    assert (found.missing, found.is_sound) == ((file.name,), False)
    stray = file.with_name("ab" * 32)
    stray.write_text("nobody's")
    assert verify(database, data).young_without_row == 1
    os.utime(stray, (0, 0))
    assert verify(database, data).without_row == (stray.name,)


def test_a_plan_without_files_is_found(database: Database, data: Path) -> None:
    plan_id = ended(database, ORDER, "succeeded")
    assert verify(database, data).plans_without_files == (f"{plan_id} version 1",)


def rows_in(database: Database) -> dict[str, list[str]]:
    with snapshot(database) as connection:
        return {name: list(lines_of(connection, table_in(connection, name))) for name in own_tables(connection)}


def test_a_backup_is_restored_into_the_other_database(
    database: Database, data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plan_id = stored_plan(database, data, "the timetable of ü")
    ended(database, ORDER, "failed", {"code": "internal-error", "detail": "a fault"})
    before = rows_in(database)
    file = tmp_path / "backup.tar.gz"
    found = write_backup(database, data, file)
    assert (found.files, found.rows["plans"]) == (1, 2)
    from state_databases import new_database_url  # a plugin of pytest, which imports it first

    other_kind = "postgresql" if database.is_sqlite else "sqlite"
    other_data = tmp_path / "other"
    other_data.mkdir()
    other = Database(new_database_url(other_kind, other_data, request))
    restore_backup(other, other_data, file)
    assert rows_in(other) == before
    assert verify(other, other_data).is_sound
    assert Audit(other).verify().fault is None
    with other.writing() as session:
        record = plan_record(session, plan_id)
        assert record is not None
        # A new row gets a number after those of the backup.
        assert change_approval(session, record.plan, "approved", "ada", "after the restore")
    with pytest.raises(InputFaults, match="it has tables"):
        restore_backup(other, other_data, file)
    other.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[tuple[Database, Path]]:
    data = tmp_path / "empty"
    data.mkdir()
    database = Database(f"sqlite:///{data / 'headwatt.sqlite'}")
    yield database, data
    database.close()


def test_a_damaged_backup_changes_nothing(
    database: Database, data: Path, tmp_path: Path, empty: tuple[Database, Path]
) -> None:
    stored_plan(database, data, "one")
    file = tmp_path / "backup.tar.gz"
    write_backup(database, data, file)
    whole = file.read_bytes()
    cut = tmp_path / "cut.tar.gz"
    for length in (0, 40, len(whole) // 2):
        cut.write_bytes(whole[:length])
        with pytest.raises(InputFaults):
            restore_backup(*empty, cut)
        with snapshot(empty[0]) as connection:
            assert own_tables(connection) == []
    with tarfile.open(file) as archive, tarfile.open(cut, "w:gz") as changed:
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            if member.name == "manifest.json":
                text = content.read().replace(b'"revision": "0', b'"revision": "9')
                member.size = len(text)
                import io

                content = io.BytesIO(text)  # type: ignore[assignment]
            changed.addfile(member, content)
    with pytest.raises(InputFaults, match="revision"):
        restore_backup(*empty, cut)
    restore_backup(*empty, file)


def test_a_backup_while_plans_are_written_is_whole(
    database: Database, data: Path, tmp_path: Path, empty: tuple[Database, Path]
) -> None:
    """Plans appear during the backup; what the backup has, it has with all of its files and steps."""
    is_over = threading.Event()

    def write() -> None:
        number = 0
        while not is_over.is_set():
            stored_plan(database, data, f"plan {number}")
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        time.sleep(0.5)
        found = write_backup(database, data, tmp_path / "backup.tar.gz")
    finally:
        is_over.set()
        thread.join()
    restore_backup(*empty, tmp_path / "backup.tar.gz")
    assert verify(*empty).is_sound
    rows = rows_in(empty[0])
    succeeded = [row for row in rows["jobs"] if json.loads(row)["status"] == "succeeded"]
    assert len(rows["plan_files"]) == found.files == len(succeeded) > 0
    assert len(rows["plans"]) - len(succeeded) <= 1
    assert Audit(empty[0]).verify().fault is None


def test_prune_removes_what_is_old_and_only_that(database: Database, data: Path) -> None:
    old, approved = stored_plan(database, data, "old"), stored_plan(database, data, "approved")
    for plan_id in (old, approved):
        aged(database, data, plan_id, 400)
    with database.writing() as session:
        record = plan_record(session, approved)
        assert record is not None
        change_approval(session, record.plan, "approved", "ada", "")
    young = stored_plan(database, data, "young")
    waiting = ordered(database, ORDER)
    aged(database, data, waiting, 400)
    before = rows_in(database)
    found = prune(database, data, Retention(), "ada", dry=True)
    assert (found.plans, found.jobs, found.files) == ((old,), (), 1)
    assert rows_in(database) == before
    assert len(list(FileStore(data).stored())) == 3
    assert prune(database, data, Retention(), "ada", dry=False).plans == (old,)
    with database.reading() as session:
        assert plan_record(session, old) is None
        assert all(plan_record(session, one) is not None for one in (approved, young, waiting))
    assert len(list(FileStore(data).stored())) == 2
    assert verify(database, data).is_sound
    assert Audit(database).newest(1)[0].action == "plans.removed"
    assert prune(database, data, Retention(), "ada", dry=False).plans == ()


def test_the_commands(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    database = Database(f"sqlite:///{data / 'headwatt.sqlite'}")
    upgrade(database, "0001")
    runner = CliRunner()

    def run(*words: str) -> tuple[int, str]:
        found = runner.invoke(app, ["data", *words])
        return found.exit_code, found.output

    assert "went from revision 0001" in run("upgrade", "--data", str(data))[1]
    assert "were up to date" in run("upgrade", "--data", str(data))[1]
    plan_id = stored_plan(database, data, "one")
    assert run("backup", str(tmp_path / "b.tar.gz"), "--data", str(data))[0] == 0
    assert run("restore", str(tmp_path / "b.tar.gz"), "--data", str(tmp_path / "new"))[0] == 0
    code, text = run("prune", "--data", str(data), "--json")
    assert (code, json.loads(text)["removed"]) == (0, False)
    aged(database, data, plan_id, 400)
    settings = tmp_path / "headwatt.toml"
    settings.write_text("[retention]\nplans_days = 5000\n")
    config = ("--data", str(data), "--json", "--config", str(settings))
    assert json.loads(run("prune", *config)[1])["plans"] == []
    assert len(json.loads(run("prune", *config, "--plans-days", "9")[1])["plans"]) == 1
    file_of(data).unlink()
    code, text = run("verify", "--data", str(data), "--json")
    assert (code, len(json.loads(text)["missing"])) == (1, 1)
    database.close()
