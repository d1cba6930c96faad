"""Alembic's entry: runs the scripts in `versions` on the connection that `open_database` brings."""

from alembic import context

from worldloom.scene.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
