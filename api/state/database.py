"""The database of an installation: SQLite in the data folder, or PostgreSQL if `HEADWATT_DATABASE` has its address."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, orm
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from api.state.line_filter import CALLER, Caller, filter_lines
from energy_models.faults import Fault, InputFaults

SETTING = "HEADWATT_DATABASE"
SQLITE_FILE = "headwatt.sqlite"
_WRITES = "headwatt_writes"
_BUSY_MS = 30_000
_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Times in seconds, the last one in milliseconds: a server that is not reached is an error, not a wait without end."""


class DatabaseUnavailableError(Exception):
    """The database does not answer, or has no space; a later call may succeed."""


class Session(orm.Session):
    """A session of one transaction, in which other rooms call the repositories of this room."""


event.listen(Session, "do_orm_execute", filter_lines)


class Database:
    """The connections to one database. Its blocks raise `DatabaseUnavailableError` if the database does not answer.

    `reading` and `writing` each are one transaction. `writing` commits at its end and rolls back at an exception; on
    SQLite, it takes the only write lock at its begin, so that what it read stays true until its commit.
    """

    written = 0
    """Number of transactions of this process that may have changed users, keys or sessions, in any database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.caller = Caller()

    def for_caller(self, caller: Caller) -> "Database":
        """The same database, whose sessions find only the lines of a caller."""
        other = copy(self)
        other.caller = caller
        return other

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with (
            _availability(),
            self.engine.connect() as connection,
            Session(connection, expire_on_commit=False, info={CALLER: self.caller}) as session,
        ):
            yield session

    @contextmanager
    def writing(self, *, changes_users: bool = True) -> Iterator[Session]:
        """A session that writes; the commit is at the end of the block.

        Without `changes_users`, it writes nothing about users, keys, roles and sessions, so that what a request needs
        to know of its user is not read again.
        """
        with (
            _availability(),
            self.engine.connect().execution_options(**{_WRITES: True}) as connection,
            connection.begin(),
            Session(connection, expire_on_commit=False, info={CALLER: self.caller}) as session,
        ):
            yield session
            session.flush()
        if changes_users:
            Database.written += 1

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def database_url(data: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The address of the database; raises `InputFaults` for an address that is neither SQLite nor PostgreSQL."""
    given = environment.get(SETTING, "")
    if not given:
        return f"sqlite:///{data / SQLITE_FILE}"
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        # The address may contain a password, so that the fault does not contain the address.
        allowed = "an address such as postgresql+psycopg://user:password@host/headwatt"
        raise InputFaults([Fault("", "", SETTING, given.split(":", maxsplit=1)[0], allowed)])
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def open_database(data: Path, environment: Mapping[str, str] = os.environ) -> Database:
    """The database of a data folder, which is made if it is missing. The tables are those of `migrate.upgrade`."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Database(database_url(data, environment))


def now() -> datetime:
    """The present time in UTC, in whole milliseconds, so that it is the same after a write to the database."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


@contextmanager
def _availability() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, OperationalError) or error.connection_invalidated:
            raise DatabaseUnavailableError(type(error.orig).__name__) from error
        raise


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args=_POSTGRESQL)
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transaction; `_begin` does
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        driver = connection.connection.dbapi_connection
        assert driver is not None
        try:
            # Around the layer of statements, which would take as long as a short reading itself.
            driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        except sqlite3.OperationalError as error:
            raise DatabaseUnavailableError(type(error).__name__) from error

    return engine
