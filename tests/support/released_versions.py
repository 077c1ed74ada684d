"""The databases of released versions, which are kept as text in `tests/api/state/versions`."""

from pathlib import Path

from api.state.database import Database
from api.state.migrate import upgrade
from api.state.rows_as_text import add_lines, continue_numbers, own_tables, snapshot, table_in

VERSIONS = Path(__file__).parents[1] / "api" / "state" / "versions"
RELEASED = sorted(folder.name for folder in VERSIONS.iterdir())


def filled(database: Database, revision: str) -> None:
    """The tables of a revision with the rows that its code made."""
    upgrade(database, revision)
    with snapshot(database) as connection:
        names = own_tables(connection)
    with database.engine.connect().execution_options(headwatt_writes=True) as connection, connection.begin():
        for name in names:
            table = table_in(connection, name)
            connection.execute(table.delete())
            add_lines(connection, table, (VERSIONS / revision / f"{name}.jsonl").read_text().splitlines())
            continue_numbers(connection, table)
