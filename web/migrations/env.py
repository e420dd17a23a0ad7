"""Runs the steps on the connection that ``web.storage`` opened."""

from __future__ import annotations

from alembic import context

from web.storage import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
