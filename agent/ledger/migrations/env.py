"""Run by alembic inside `agent.ledger.store.migrate`, on the connection that it is given; never from a command line."""

from __future__ import annotations

from alembic import context

from agent.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
