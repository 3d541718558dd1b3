"""Versions of the store's schema, one file each; run by `forecasts.store.open_store`, imported only when one is due.

To add one: write the fixture of the schema that is left behind (`tests/forecasts/full_store.py`), change
`forecasts.schema`, write `versions/vNNNN_what.py` with the next number as its revision, and set `schema.SCHEMA` to that
number; a test compares what the migrations make with what the schema says. The triggers are created anew after every
migration, because rebuilding a table on SQLite drops them. Released files never change.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

VERSION_TABLE = "alembic_version"
"""Where the revision of a store stands."""


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


def revisions() -> tuple[str, ...]:
    """Return all revisions, the oldest first."""
    return tuple(sorted(script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()))


def table_names(revision: str) -> frozenset[str]:
    """Return the names of the store's tables at a revision, from what its migrations make of an empty database."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, revision)
        found = frozenset(sa.inspect(connection).get_table_names())
    engine.dispose()
    return found - {VERSION_TABLE}
