"""Versions of the store's schema, one file each; run by `forecasts.store.open_store`, imported only when one is due.

To add one: change `forecasts.schema`, write `versions/vNNNN_what.py` with the next number as its revision, and set
`schema.SCHEMA` to that number; a test compares what the migrations make with what the schema says. The triggers are
created anew after every migration, because rebuilding a table on SQLite drops them. Released files never change.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def config() -> Config:
    """Return Alembic's configuration for the migrations in this package; no ini file is needed."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    return settings


def upgrade(connection: sa.Connection, revision: str) -> None:
    """Bring the schema to a revision inside the connection's transaction, and create the triggers anew."""
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)
