"""Fixtures of the tests of backups.

`home` a filled home, on each kind of database; `empty_url` a database without tables, of each kind; `other_url` one of
the other kind than the home's; `kept` (session) a backup of a filled SQLite home: copy it, never write to it.
"""

from pathlib import Path

import pytest

from forecasts.store import open_store
from tests.forecasts import full_store
from tests.forecasts.backups.homes import Home, files
from tests.postgres import KINDS


@pytest.fixture
def home(store_url: str, tmp_path: Path):
    """Give a home whose store has rows in every table, once on each kind of database."""
    with open_store(store_url) as store:
        full_store.fill(store)
        yield Home(store, *files(tmp_path / "home"))


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables, once on each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'restored' / 'twixt.sqlite'}"


@pytest.fixture
def other_url(home: Home, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables, of the other kind than the home's."""
    if home.store.engine.dialect.name == "sqlite":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'moved' / 'twixt.sqlite'}"


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> Path:
    """Return a backup made of SQLite; copy it, never write to it."""
    root = tmp_path_factory.mktemp("kept")
    with open_store(f"sqlite:///{root / 'twixt.sqlite'}") as store:
        full_store.fill(store)
        Home(store, *files(root / "home")).backup(root / "b.zip")
    return root / "b.zip"
