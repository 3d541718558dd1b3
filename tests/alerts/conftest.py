"""Fixtures of the alerts' tests: a board with one published snapshot, in SQLite (`home`), or once in each (`both`)."""

import pytest

from tests.alerts import scene


@pytest.fixture
def home(tmp_path):
    """Give a small board, published once."""
    opened = scene.open_home(tmp_path / "home")
    scene.publish(opened, scene.NOW)
    yield opened
    opened.store.close()


@pytest.fixture
def both(tmp_path, store_url):
    """Give a small board, published once, with its record on each kind of database."""
    opened = scene.open_home(tmp_path / "home", store_url)
    scene.publish(opened, scene.NOW)
    yield opened
    opened.store.close()


@pytest.fixture
def receiver():
    """Give a receiver of messages on this machine."""
    with scene.receiving() as known:
        yield known
