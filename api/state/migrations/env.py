"""What alembic runs: the revisions, on the connection that `api.state.migrate` opened."""

from alembic import context

from api.state import access_tables, fleet_tables, job_tables, live, tables
from api.state.columns import Base

# An import of a module registers its tables.
assert all((access_tables, fleet_tables, job_tables, live, tables))

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
