"""A disk that takes no more bytes, by the limit of the size of a file: nothing half-written, and it goes on later."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from full_disk import full_disk

from api.services.backup import write_backup
from api.services.upkeep import verify
from api.state.database import Database, DatabaseUnavailableError
from api.state.files import FileStore, name_files
from api.state.lines import change_setting, setting
from api.state.migrate import upgrade


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'headwatt.sqlite'}")
    upgrade(database)
    yield database
    database.close()


def large_file(folder: Path) -> Path:
    file = folder / "report.html"
    file.write_bytes(bytes(range(256)) * 1000)
    return file


def test_a_file_that_does_not_fit_is_not_there(tmp_path: Path) -> None:
    file, store = large_file(tmp_path), FileStore(tmp_path)
    with full_disk(100_000), pytest.raises(OSError, match="File too large"):
        store.put(file)
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []
    assert store.path(store.put(file)).read_bytes() == file.read_bytes()


def test_a_database_that_cannot_grow_keeps_what_it_promised(database: Database) -> None:
    with database.writing() as session:
        change_setting(session, "promised", "kept", "a test")
    with full_disk(4096), pytest.raises(DatabaseUnavailableError), database.writing() as session:
        change_setting(session, "late", "x" * 300_000, "a test")
    with database.reading() as session:
        assert (setting(session, "promised"), setting(session, "late")) == ("kept", None)
    with database.writing() as session:
        change_setting(session, "late", "x" * 300_000, "a test")
    with database.reading() as session:
        assert len(setting(session, "late")) == 300_000


def test_a_backup_that_does_not_fit_is_not_there_and_the_last_one_stays(database: Database, tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    noise = tmp_path / "noise"
    noise.write_bytes(os.urandom(300_000))
    sha256 = store.put(noise)
    with database.writing() as session:
        name_files(session, store, [sha256])
    target = tmp_path / "backups" / "backup.tar.gz"
    target.parent.mkdir()
    write_backup(database, tmp_path, target)
    before = target.read_bytes()
    with full_disk(100_000), pytest.raises(OSError, match="File too large"):
        write_backup(database, tmp_path, target)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.read_bytes() == before
    assert verify(database, tmp_path).is_sound
