"""Alembic's entry: migrates the connection that `store.schema` hands over, inside that connection's transaction."""

from alembic import context

from trigger_service.store import sensor_tables  # noqa: F401 (its tables are part of the metadata)
from trigger_service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
