"""The database of a home: SQLite in WAL mode without any service, or PostgreSQL by URL; one code path for both.

Readers see one consistent state and never block; writers take their lock at once (BEGIN IMMEDIATE, a row lock on the
board). Every failure of the database leaves as one `StoreError` line, with nothing written.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from forecasts.errors import StoreError
from forecasts.schema import SCHEMA, boards, metadata

BUSY_SECONDS = 15.0
"""How long a writer waits for another one."""

_WAL_ATTEMPTS = 100
_MIGRATION_LOCK = 7_495_833_012_611
"""Key of PostgreSQL's advisory lock under which one process at a time migrates."""

_IDLE_SECONDS = 60
"""How long a writer that holds a board on PostgreSQL may say nothing."""
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""After how long a network that swallows everything counts as cut: seconds, the last milliseconds; 30 s in all."""
_SERVERS_PATIENCE = {
    "tcp_keepalives_idle": 15,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""The same at the other end, so that a machine that has vanished gives its locks back."""

_SQLITE_REASONS = {
    "SQLITE_BUSY": "is locked by another process; try again when it has finished",
    "SQLITE_LOCKED": "is locked by another connection; try again when it has finished",
    "SQLITE_READONLY": "is read-only; make the file and its directory writable",
    "SQLITE_CANTOPEN": "cannot be opened; its directory must exist and be readable and writable",
    "SQLITE_FULL": "cannot grow because the disk is full; free some space",
    "SQLITE_IOERR": "cannot be read or written by the system (disk full, quota or faulty device)",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup or a dump",
    "SQLITE_NOTADB": "is not a database of twixt",
    "SQLITE_PERM": "may not be accessed by this user",
}
_POSTGRESQL_REASONS = {
    "53100": "cannot grow because the server's disk is full",
    "25006": "is read-only",
    "25P03": "did not hear from this program in the middle of a write and gave up; nothing was kept",
    "55P03": "is locked by another session; try again when it has finished",
    "40P01": "is locked by another session; try again",
    "28": "refuses this user or password",
    "3D": "does not exist on the server",
    "42501": "refuses this user the table",
    "57": "is shutting down or was cancelled by the server",
    "08": "cannot be reached",
}


@dataclass(frozen=True, slots=True)
class Store:
    """An opened database of the current schema. Close it, or use it as a context manager."""

    engine: sa.Engine
    label: str
    """What messages call it: the file, or the URL without its password."""

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection on which all statements see the same state; raises StoreError."""
        options: dict[str, Any] = {}
        if self.engine.dialect.name == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with plain_errors(self.label), self.engine.connect() as raw, raw.execution_options(**options).begin():
            yield raw

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in one transaction, kept whole when the block ends, undone when it raises; StoreError.

        Where the server goes away while it keeps the transaction, nobody here can know whether it did, and the error
        says so.
        """
        with (
            plain_errors(self.label),
            self.engine.connect() as raw,
            raw.execution_options(immediate=True).begin() as transaction,
        ):
            yield raw
            with _told_if_unsure(self.label):
                transaction.commit()

    def forget_deleted(self) -> None:
        """Remove what was erased from SQLite's log of changes too; PostgreSQL does so by itself when it vacuums."""
        if self.engine.dialect.name == "sqlite":
            with plain_errors(self.label), self.engine.connect() as raw:
                raw.execution_options(transaction=False).exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give the connections back to the system."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Before = Callable[[sa.Connection, str], object]
"""What is done within the transaction of a migration before it: given the connection and the schema found."""


def open_store(
    url: str, *, migrate: bool = True, busy_seconds: float = BUSY_SECONDS, before_migrating: Before | None = None
) -> Store:
    """Open the database of a URL, create it when it is absent, and bring it to this program's schema.

    Parameters
    ----------
    url : `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.
    migrate : without it nothing is created or changed.
    busy_seconds : how long to wait for another writer.
    before_migrating : what is done before rows of an older schema are touched; if it raises, they stay as they are.

    Raises
    ------
    StoreError
        When the URL is of another kind, the database cannot be opened, its schema is newer than this program, or
        (without `migrate`) it is absent or older.
    """
    address = address_of(url)
    store = Store(engine_of(address, busy_seconds), label_of(address))
    try:
        found = _check_found(store, address, migrate=migrate)
        if found != SCHEMA:
            _migrate(store, address, busy_seconds, before_migrating)
        if address.drivername == "sqlite" and migrate:
            with plain_errors(store.label):
                _use_wal(Path(str(address.database)), busy_seconds)
    except BaseException:
        store.close()
        raise
    return store


def lock_board(connection: sa.Connection, board: str) -> None:
    """Take a board's write lock until the transaction ends, adding the board's row when it is new.

    PostgreSQL takes the lock back from a writer that says nothing for `_IDLE_SECONDS`: its machine is gone.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(boards).values(id=board).on_conflict_do_nothing())
    query = sa.select(boards.c.id).where(boards.c.id == board).with_for_update()
    if connection.dialect.name == "postgresql":
        idle = f"{_IDLE_SECONDS * 1000}"
        query = query.add_columns(sa.func.set_config("idle_in_transaction_session_timeout", idle, True))
    connection.execute(query)


def lock_migrations(connection: sa.Connection) -> None:
    """Take the lock under which one process at a time changes tables; on SQLite the transaction itself is one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))


def lock_people(connection: sa.Connection) -> None:
    """Take the write lock of the people table until the transaction ends; on SQLite the transaction itself is one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE"))


def lock_everything(connection: sa.Connection) -> None:
    """Let nobody else write until the transaction ends; readers go on. On SQLite the transaction itself is one."""
    if connection.dialect.name == "postgresql":
        present = set(sa.inspect(connection).get_table_names())
        tables = ", ".join(name for name in metadata.tables if name in present)
        connection.execute(sa.text(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))


@contextmanager
def plain_errors(label: str) -> Iterator[None]:
    """Turn any failure of the database into a `StoreError` of one line that begins with the label."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{label}: {_reason(error.orig)}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{label}: {_reason(error)}") from error
    except PoolTimeoutError as error:
        raise StoreError(f"{label}: too many connections of this program are in use; try again") from error


@contextmanager
def _told_if_unsure(label: str) -> Iterator[None]:
    """Say of a commit whose answer never came that it may have been kept or not."""
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise StoreError(
            f"{label}: the connection was lost while this was being kept; look whether it is there before you try again"
        ) from error


def _reason(error: BaseException | None) -> str:
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        known = next((text for code, text in _SQLITE_REASONS.items() if name.startswith(code)), None)
    else:
        state = getattr(error, "sqlstate", None) or ("08" if type(error).__name__ == "OperationalError" else "")
        known = next((text for code, text in _POSTGRESQL_REASONS.items() if state.startswith(code)), None)
    detail = " ".join(str(error).split())[:200]
    return f"{known} ({detail})" if known else f"refused: {detail}"


def address_of(url: str) -> sa.URL:
    """Read a database's URL and name the driver; raises StoreError for one that is of no kind of ours."""
    try:
        address = sa.make_url(url)
        backend = address.get_backend_name()
        if backend == "postgres":
            backend, address = "postgresql", address.set(drivername="postgresql")
    except (ArgumentError, ValueError, NoSuchModuleError):
        raise StoreError(
            "the database URL cannot be read; allowed: sqlite:///FILE, postgresql://USER@HOST/NAME"
        ) from None
    if backend == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"{backend}: unknown database; allowed: sqlite:///FILE, postgresql://USER@HOST/NAME")
    if not address.database or address.database == ":memory:":
        raise StoreError("sqlite://: a record in memory would be lost; name a file: sqlite:///FILE")
    return address.set(drivername="sqlite")


def label_of(address: sa.URL) -> str:
    """Return what messages call a database: the file, or the URL without its password."""
    if address.drivername == "sqlite":
        return str(address.database)
    return address.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


def engine_of(address: sa.URL, busy_seconds: float, *, rebuilding: bool = False) -> sa.Engine:
    """Return an engine for an address; `rebuilding` leaves SQLite's foreign keys unchecked until asked."""
    if address.drivername == "sqlite":
        engine = sa.create_engine(address, connect_args={"timeout": busy_seconds})
        sa.event.listen(engine, "connect", _rebuild_sqlite if rebuilding else _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    settings = {"timezone": "UTC", "lock_timeout": int(busy_seconds * 1000), **_SERVERS_PATIENCE}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    ours = {name: value for name, value in _PATIENCE.items() if name not in address.query}
    return sa.create_engine(address, connect_args={"options": options, **ours}, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    for pragma in ("foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _rebuild_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # and foreign keys stay off: a table that is rebuilt is dropped for a moment


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("transaction", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")


def _check_found(store: Store, address: sa.URL, *, migrate: bool) -> str | None:
    """Return the schema of the database, None for an empty one, having checked that it can be used."""
    if address.drivername == "sqlite":
        _check_file(Path(str(address.database)), migrate=migrate)
    with store.reading() as connection:
        found = schema_version(connection)
    _check_version(store, found, migrate=migrate)
    return found


def _check_file(path: Path, *, migrate: bool) -> None:
    if path.is_file():
        return
    if not migrate:
        raise StoreError(f"{path}: there is no record yet; `twixt init` creates it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot be created ({error.strerror})") from error


def schema_version(connection: sa.Connection) -> str | None:
    """Return the schema of an opened database, None when it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _check_version(store: Store, found: str | None, *, migrate: bool) -> None:
    if found is not None and found > SCHEMA:
        raise StoreError(f"{store.label}: schema {found} is newer than this program's {SCHEMA}; upgrade twixt")
    if found != SCHEMA and not migrate:
        raise StoreError(
            f"{store.label}: schema {found or 'none'}, {SCHEMA} is needed; `twixt init` brings it up to date"
        )


def _migrate(store: Store, address: sa.URL, busy_seconds: float, before: Before | None) -> None:
    """Run the migrations under a lock that only one process holds; a second one then finds nothing to do."""
    from forecasts import migrations

    engine = engine_of(address, busy_seconds, rebuilding=True)
    try:
        with Store(engine, store.label).writing() as connection:
            lock_migrations(connection)
            found = schema_version(connection)
            _check_version(store, found, migrate=True)
            if before is not None and found is not None and found != SCHEMA:
                lock_everything(connection)
                before(connection, found)
            if found != SCHEMA:
                migrations.upgrade(connection, SCHEMA)
    finally:
        engine.dispose()


def _use_wal(path: Path, busy_seconds: float) -> None:
    """Switch the file to WAL for good; SQLite does not itself wait for others that do so at the same moment.

    Nothing but SQLite may open the file, not even to look: when a process closes a file, the system takes away every
    lock that it has on it, and whoever else closes the record last then deletes the log that is still written to.
    """
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        for attempt in range(_WAL_ATTEMPTS):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if attempt == _WAL_ATTEMPTS - 1 or not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    raise
                time.sleep(0.1)
            else:
                return
    finally:
        connection.close()
