"""Alembic's entry: runs the versions on the connection that `upgrade` holds."""

from alembic import context

from tonne.store.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
