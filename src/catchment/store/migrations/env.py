"""Alembic runs inside the transaction that ``store.migrating.migrate`` opened."""

from alembic import context

from catchment.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
