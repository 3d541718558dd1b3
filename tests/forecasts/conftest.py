"""Fixtures of the store's tests. Shared: `store` (a new store, once on each kind of database)."""

import pytest

from forecasts.store import open_store


@pytest.fixture
def store(database_url: str):
    """Give a new, empty store; it is closed after the test."""
    with open_store(database_url) as opened:
        yield opened
