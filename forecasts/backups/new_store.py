"""A new store that appears whole or not at all: filled in one transaction, checked, and only then to be seen."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from forecasts import migrations, schema
from forecasts.backups import table_lines
from forecasts.backups.whole_file import A_WRITE_PAUSES, sweep
from forecasts.errors import BackupError
from forecasts.store import Store, address_of, engine_of, label_of, lock_migrations, open_store

_WAITS_SECONDS = 60.0

Fill = Callable[[sa.Connection], None]
"""Writes all rows on a connection to empty tables; what it raises undoes everything."""


def check_is_free(url: str) -> None:
    """Raise BackupError unless a new store can be made at a URL; StoreError when the database cannot be reached."""
    address = address_of(url)
    if address.get_backend_name() == "sqlite":
        path = Path(str(address.database))
        if path.exists():
            raise BackupError(f"{path}: there is a record already; a new and empty place is needed")
        return
    with _store(address) as store, store.reading() as connection:
        _check_no_tables(connection, store.label)


def create(url: str, revision: str, fill: Fill) -> None:
    """Make a store with the rows that `fill` writes into tables of a revision, and bring it up to date.

    Raises
    ------
    BackupError, StoreError
        When there is a record at that place already, rows cannot be kept, or the database refuses. Nothing is left.
    """
    address = address_of(url)
    if address.get_backend_name() == "sqlite":
        _create_file(Path(str(address.database)), revision, fill)
    else:
        _create_tables(address, revision, fill)


def _create_tables(address: sa.URL, revision: str, fill: Fill) -> None:
    with _store(address) as store, store.writing() as connection:
        lock_migrations(connection)
        if connection.dialect.name == "postgresql":
            _check_no_tables(connection, store.label)
        migrations.upgrade(connection, revision)
        fill(connection)
        if revision != schema.SCHEMA:
            migrations.upgrade(connection, schema.SCHEMA)
        _check_parents(connection)


def _create_file(path: Path, revision: str, fill: Fill) -> None:
    """Fill a file under a temporary name; it takes its own name when nothing can go wrong any more."""
    check_is_free(f"sqlite:///{path}")
    temporary = path.parent / f".{path.name}.writing-{secrets.token_hex(4)}"
    url = f"sqlite:///{temporary}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _create_tables(address_of(url), revision, fill)
        open_store(url).close()
        sweep(path.parent, before=temporary.stat().st_mtime - A_WRITE_PAUSES)
        check_is_free(f"sqlite:///{path}")
        temporary.replace(path)
    except OSError as error:
        raise BackupError(f"{path}: cannot be written ({error.strerror or error}); nothing was kept") from error
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


@contextmanager
def _store(address: sa.URL) -> Iterator[Store]:
    store = Store(engine_of(address, _WAITS_SECONDS, rebuilding=True), label_of(address))
    try:
        yield store
    finally:
        store.close()


def _check_no_tables(connection: sa.Connection, label: str) -> None:
    ours = {*schema.metadata.tables, migrations.VERSION_TABLE}
    if found := sorted(ours & set(sa.inspect(connection).get_table_names())):
        raise BackupError(
            f"{label}: there is a record already (table {found[0]}); a database without tables of twixt is needed"
        )


def _check_parents(connection: sa.Connection) -> None:
    """SQLite checks foreign keys only when asked while tables are rebuilt; PostgreSQL has done so by itself."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise BackupError(f"rows without their parents: {broken[:3]}")


def copy_tables(source: Callable[[sa.Table], table_lines.Counted], target: sa.Connection, revision: str) -> None:
    """Write the rows of every table, and read them back: what stands there is what was given, to the byte.

    Parameters
    ----------
    source : gives a table's rows as lines.
    target : connection to the empty tables of the revision.

    Raises
    ------
    BackupError
        When a row cannot be kept, or comes back otherwise than it was given.
    """
    for table in table_lines.tables(target, revision):
        lines = source(table)
        table_lines.insert(target, table, lines)
        found = table_lines.read(target, table)
        for _ in found:
            pass
        if found.tally != lines.tally:
            raise BackupError(f"table {table.name}: its {lines.tally.rows} rows do not come back as they were given")
