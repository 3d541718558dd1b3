"""Versions of the store's schema, one file each; run by `forecasts.store.open_store`, imported only when one is due."""

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
