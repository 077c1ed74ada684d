"""A data folder that allows no writing: clear errors, nothing half-written, and it goes on when it may be written."""

from pathlib import Path

import pytest
from read_only_folder import read_only

from api.state.database import Database, DatabaseUnavailableError
from api.state.files import FileStore
from api.state.lines import change_setting, setting
from api.state.migrate import upgrade


def test_a_file_is_not_stored_and_leaves_nothing(tmp_path: Path) -> None:
    data, source = tmp_path / "data", tmp_path / "source"
    source.write_bytes(b"timetable")
    store = FileStore(data)
    store.folder.mkdir(parents=True)
    source.chmod(0o444)
    with read_only(data), pytest.raises(PermissionError):
        store.put(source)
    assert list(store.folder.rglob("*")) == []
    assert store.path(store.put(source)).read_bytes() == b"timetable"


def test_a_database_that_cannot_be_written_keeps_what_it_promised(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    url = f"sqlite:///{data / 'headwatt.sqlite'}"
    database = Database(url)
    upgrade(database)
    with database.writing() as session:
        change_setting(session, "promised", "kept", "a test")
    database.close()
    refused = Database(url)
    with read_only(data), pytest.raises(DatabaseUnavailableError), refused.writing() as session:
        change_setting(session, "late", "value", "a test")
    refused.close()
    with database.reading() as session:
        assert (setting(session, "promised"), setting(session, "late")) == ("kept", None)
    with database.writing() as session:
        change_setting(session, "late", "value", "a test")
    database.close()
