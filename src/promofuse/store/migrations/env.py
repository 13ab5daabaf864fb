"""How alembic meets the database: the connection comes from `promofuse.store.migrate`."""

from alembic import context

from promofuse.store import incident_tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=incident_tables.IncidentRow.metadata, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
