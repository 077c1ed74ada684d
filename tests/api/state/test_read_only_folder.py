"""A data folder that allows no writing: clear errors, nothing half-written, and it goes on when it may be written."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.state.database import Database, DatabaseUnavailableError
from api.state.files import FileStore
from api.state.lines import change_setting, setting
from api.state.migrate import upgrade

NOBODY = 65534


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """No file can be made or changed in a folder; an administrator becomes another user, because he may write it."""
    paths = [folder, *folder.rglob("*")]
    modes = [path.stat().st_mode for path in paths]
    user = os.geteuid()
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    # The other user must reach the folder, so that only its own rights refuse a write.
    for parent in folder.parents:
        if user == 0 and parent.is_relative_to(tempfile.gettempdir()):
            parent.chmod(parent.stat().st_mode | 0o011)
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)
        for path, mode in zip(paths, modes, strict=True):
            if path.exists():
                path.chmod(mode)


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
