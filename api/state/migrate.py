"""The tables of the database and their versions: alembic runs the revisions in `migrations/versions`."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from api.state.database import Database
from energy_models.faults import Fault, InputFaults

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x48656164
"""Number of the lock of PostgreSQL that lets one process at a time change the tables."""


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to a revision, in one transaction; several processes may call this at the same time."""
    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str) -> None:
    """Bring the tables back to an earlier revision, in one transaction."""
    _run(database, lambda config: command.downgrade(config, revision))


def revision_of(database: Database) -> str | None:
    """The revision of the tables; None for an empty database."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision that this version of Headwatt needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def require_current(database: Database) -> None:
    """Make the tables of an empty database; raise `InputFaults` for a database of another version of Headwatt."""
    found, needed = revision_of(database), newest_revision()
    if found is None:
        upgrade(database)
    elif found != needed:
        allowed = f"revision {needed}; `headwatt data upgrade` changes a database of an earlier version"
        raise InputFaults([Fault("", "", "database", f"revision {found}", allowed)])


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _run(database: Database, run: Callable[[Config], None]) -> None:
    config = _config()
    with database.engine.connect().execution_options(headwatt_writes=True) as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        run(config)
