"""All rows of a database as lines of text and back, for backups: the same text for SQLite and PostgreSQL."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Integer, MetaData, Table, func, insert, inspect, null, select, text
from sqlalchemy.exc import DBAPIError

from api.state import access_tables, job_tables, tables
from api.state.columns import Base
from api.state.database import Database, DatabaseUnavailableError

LEFT_OUT = ("workers",)
"""Tables that a backup leaves out: no worker survives a backup."""
_AT_ONCE = 500


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees the database as it is at one instant, while others go on writing."""
    options = {} if database.is_sqlite else {"isolation_level": "REPEATABLE READ"}
    try:
        with database.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        raise DatabaseUnavailableError(type(error.orig).__name__) from error


def own_tables(connection: Connection) -> list[str]:
    """The names of the tables of Headwatt in a database, a table before those that refer to it.

    The job engine has its own tables in the same SQLite file; a start without them gives it all jobs again.
    """
    assert all((access_tables, job_tables, tables))  # an import of a module registers its tables
    found = set(inspect(connection).get_table_names())
    names = [table.name for table in Base.metadata.sorted_tables]
    return [name for name in names if name in found and name not in LEFT_OUT]


def table_in(connection: Connection, name: str) -> Table:
    """A table as it is in a database, of whatever revision."""
    return Table(name, MetaData(), autoload_with=connection, resolve_fks=False)


def lines_of(connection: Connection, table: Table) -> Iterator[str]:
    """Each row of a table as one line of JSON, in the order of the primary key."""
    asked = select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(asked).mappings():
        yield json.dumps({name: _encoded(value) for name, value in row.items()}, ensure_ascii=False)


def add_lines(connection: Connection, table: Table, lines: Iterable[str]) -> int:
    """Add rows that `lines_of` wrote; return their number. Raises ValueError for a line that is no row."""
    count = 0
    waiting: list[dict[str, Any]] = []
    # Every row names every column, so that rows with other columns than the table are noticed.
    for line in lines:
        given = json.loads(line)
        waiting.append({column.name: _decoded(given[column.name], column, connection) for column in table.columns})
        count += 1
        if len(waiting) == _AT_ONCE:
            connection.execute(insert(table), waiting)
            waiting = []
    if waiting:
        connection.execute(insert(table), waiting)
    return count


def continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after the rows that were added with their numbers; SQLite does this itself."""
    keys = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return
    newest = connection.execute(select(func.max(keys[0]))).scalar_one()
    if newest is not None:
        set_number = text("SELECT setval(sequence, :newest) FROM pg_get_serial_sequence(:table, :column) AS sequence "
                          "WHERE sequence IS NOT NULL")  # fmt: skip
        connection.execute(set_number, {"newest": newest, "table": table.name, "column": keys[0].name})


def _encoded(value: Any) -> Any:
    if isinstance(value, datetime):
        time = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return {"time": time.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return {"json": value} if isinstance(value, (dict, list)) else value


def _decoded(value: Any, column: Any, connection: Connection) -> Any:
    if isinstance(value, dict):
        ((kind, inner),) = value.items()
        if kind == "time":
            time = datetime.fromisoformat(inner)
            return time.replace(tzinfo=None) if connection.dialect.name == "sqlite" else time
        return date.fromisoformat(inner) if kind == "day" else inner
    return null() if value is None and isinstance(column.type, JSON) and column.nullable else value
