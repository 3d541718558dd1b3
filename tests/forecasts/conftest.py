"""Fixtures of the store's tests. Shared: `store` (a new store, once on each kind of database)."""

import pytest

from forecasts.store import open_store


@pytest.fixture
def store(store_url: str):
    """Give a new, empty store; it is closed after the test."""
    with open_store(store_url) as opened:
        yield opened
