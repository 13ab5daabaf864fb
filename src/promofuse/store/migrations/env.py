"""How alembic meets the database: the connection comes from `promofuse.store.migrate`."""

from alembic import context

from promofuse.store import delivery_tables, evidence_tables, incident_tables, watch_tables

connection = context.config.attributes["connection"]
# The other tables come with these modules.
tables = (incident_tables.IncidentRow, watch_tables.WatchRow, delivery_tables.DeliveryRow, evidence_tables.UploadRow)
(metadata,) = {table.metadata for table in tables}
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
