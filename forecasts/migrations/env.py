"""How Alembic runs a migration here: on the connection it is given, in that connection's transaction."""

from alembic import context

from forecasts.schema import metadata, protect

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
protect(connection)
if connection.dialect.name == "sqlite":
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration left rows without their parents: {broken[:3]}")
