# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the revisions on the connection that `patchwatch.store.database` hands over; there is no alembic.ini."""

from sqlalchemy import Connection

from alembic import context
from patchwatch.errors import UsageError
from patchwatch.store.schema import metadata

connection = context.config.attributes.get("connection")
if not isinstance(connection, Connection):
    raise UsageError("run `patchwatch db upgrade`")
# transactional_ddl: SQLite can take back DDL too, once the driver starts no transactions of its own.
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
