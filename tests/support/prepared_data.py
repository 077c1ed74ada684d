"""Data folders of an installation with the bundled lines registered: made once in a session, and copied."""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from api.services.installation import open_installation
from api.state.database import SETTING, SQLITE_FILE, Database
from api.state.migrate import upgrade
from api.state.rows_as_text import add_lines, continue_numbers, lines_of, own_tables, snapshot, table_in


@cache
def _prepared() -> Path:
    """The folder that all others are copies of; the session removes it together with its cache."""
    data = Path(tempfile.mkdtemp(prefix="prepared-", dir=os.environ["HEADWATT_CACHE"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SETTING, raising=False)  # a test may have set the address of its own database
        installation = open_installation(data)
    installation.prepare(lambda _line: None)
    installation.close()
    return data


def prepared_data(data: Path) -> Path:
    """Make a data folder a prepared one, unless it has a database already; returns the folder."""
    if not (data / "headwatt.sqlite").exists():
        shutil.copytree(_prepared(), data, dirs_exist_ok=True)
    return data


def prepared_database(url: str, data: Path) -> str:
    """Give an empty database the rows of a prepared data folder; returns the address of the database."""
    database, source = Database(url), Database(f"sqlite:///{prepared_data(data) / SQLITE_FILE}")
    upgrade(database)
    with snapshot(source) as read, database.writing() as session:
        for name in own_tables(read):
            table = table_in(session.connection(), name)
            session.connection().execute(table.delete())
            add_lines(session.connection(), table, lines_of(read, table_in(read, name)))
            continue_numbers(session.connection(), table)
    source.close()
    database.close()
    return url
