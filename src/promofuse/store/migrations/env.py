"""How alembic meets the database: the connection comes from `promofuse.store.migrate`."""

from alembic import context

from promofuse.store import incident_tables, watch_tables

connection = context.config.attributes["connection"]
tables = (incident_tables.IncidentRow, watch_tables.WatchRow)  # the other tables come with these modules
(metadata,) = {table.metadata for table in tables}
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
