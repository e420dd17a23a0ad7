"""Runs the steps on the connection that ``web.storage`` opened."""

from __future__ import annotations

from alembic import context

import web.desk.tables  # its tables are part of the metadata
from web.storage import metadata

assert web.desk.tables.account_table.metadata is metadata
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by writing it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
