"""The tables of the queue: Procrastinate's own, in a PostgreSQL schema of their own beside the record's.

They hold what is to be done, never what is known: dropping the schema loses no number, and the next look for due boards
fills it again. An upgrade of the library brings migrations, which are applied under the lock of the record's own; a
queue of a newer library than this program's is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forecasts.errors import StoreError
from forecasts.store import Store, lock_migrations

SCHEMA = "twixt_queue"
"""Name of the PostgreSQL schema."""
SEARCH_PATH = f"-c search_path={SCHEMA} -c timezone=UTC"
"""Options of a connection whose statements speak of the queue."""

STATES = ("todo", "doing", "succeeded", "failed", "cancelled", "aborted")
"""In which a task can be: the first two are active, the others its end."""

_library = sa.MetaData(schema=SCHEMA)
jobs = sa.Table(
    "procrastinate_jobs",
    _library,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("task_name", sa.Text),
    sa.Column("priority", sa.Integer),
    sa.Column("lock", sa.Text),
    sa.Column("queueing_lock", sa.Text),
    sa.Column("args", sa.JSON),
    sa.Column("status", sa.Enum(*STATES, name="procrastinate_job_status", metadata=_library)),
    sa.Column("scheduled_at", sa.DateTime(timezone=True)),
    sa.Column("attempts", sa.Integer),
    sa.Column("abort_requested", sa.Boolean),
    sa.Column("worker_id", sa.BigInteger),
)
events = sa.Table(
    "procrastinate_events",
    _library,
    sa.Column("job_id", sa.BigInteger),
    sa.Column("type", sa.Text),
    sa.Column("at", sa.DateTime(timezone=True)),
)
workers = sa.Table(
    "procrastinate_workers",
    _library,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("last_heartbeat", sa.DateTime(timezone=True)),
)

_APPLIED = sa.Table("applied", sa.MetaData(schema=SCHEMA), sa.Column("name", sa.Text, primary_key=True))
"""Names of the library's migrations that the tables have been through."""


def require_postgresql(store: Store) -> None:
    """Raise StoreError unless the record lies in PostgreSQL, which alone can share out tasks among machines."""
    if store.engine.dialect.name != "postgresql":
        raise StoreError(
            f"{store.label}: a queue for many machines needs PostgreSQL (TWIXT_DB=postgresql://USER@HOST/NAME); "
            "`twixt schedule` does the same work on one machine"
        )


def install(store: Store) -> None:
    """Create the tables, or bring older ones to the library's present form; a second process then finds nothing to do.

    Raises
    ------
    StoreError
        When the record is no PostgreSQL database, the queue is of a newer library, or the database refuses.
    """
    require_postgresql(store)
    known = {path.stem: path for path in _migrations()}
    while _missing(store, known):
        with store.writing() as connection:
            lock_migrations(connection)
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            _step(connection, known)


def _missing(store: Store, known: Mapping[str, Path]) -> bool:
    with store.reading() as connection:
        applied = _applied(connection)
    if newer := sorted(applied - known.keys()):
        raise StoreError(
            f"{store.label}: the queue has been through {newer[-1]}, unknown to this program; upgrade twixt"
        )
    return applied != known.keys()


def _step(connection: sa.Connection, known: Mapping[str, Path]) -> None:
    """Create all tables, or apply one migration: the next may need what this one has committed."""
    from procrastinate.schema import SchemaManager

    applied = _applied(connection)
    names = sorted(known.keys() - applied)[: 1 if applied else None]
    if names:
        text = known[names[0]].read_text(encoding="utf-8") if applied else SchemaManager.get_schema()
        with speaking_of_the_queue(connection):
            connection.exec_driver_sql(text, execution_options={"no_parameters": True})
        _APPLIED.create(connection, checkfirst=True)
        connection.execute(_APPLIED.insert(), [{"name": name} for name in names])


def require_queue(store: Store) -> None:
    """Raise StoreError unless there is a queue."""
    require_postgresql(store)
    if not is_installed(store):
        raise StoreError(f"{store.label}: there is no queue yet; `twixt worker` creates it")


def is_installed(store: Store) -> bool:
    """Tell whether the record's database has a queue."""
    if store.engine.dialect.name != "postgresql":
        return False
    with store.reading() as connection:
        return bool(_applied(connection))


@contextmanager
def speaking_of_the_queue(connection: sa.Connection) -> Iterator[Any]:
    """Give the driver's connection, in the same transaction, with the queue's tables in reach for a block.

    Whatever changes a task needs it: the library's triggers name their tables without a schema.
    """
    connection.execute(sa.text(f"SET LOCAL search_path TO {SCHEMA}"))
    yield connection.connection.driver_connection
    connection.execute(sa.text("SET LOCAL search_path TO DEFAULT"))


def _applied(connection: sa.Connection) -> set[str]:
    if not sa.inspect(connection).has_table(_APPLIED.name, schema=SCHEMA):
        return set()
    return set(connection.execute(sa.select(_APPLIED.c.name)).scalars())


def _migrations() -> list[Path]:
    from procrastinate.schema import SchemaManager

    return list(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
