"""Fixtures of the jobs' tests.

`new_home` a maker of small homes; `home` a small home with nothing published; `published` (session) one that was
refitted, and the outcome: read only.
"""

import pytest

from tests.jobs.small_home import evidence, open_home


@pytest.fixture
def new_home(tmp_path):
    """Give a maker of small homes; they are closed after the test."""
    opened = []

    def make(name="home", *choices, **more):
        opened.append(open_home(tmp_path / name, *choices, **more))
        return opened[-1]

    yield make
    for one in opened:
        one.store.close()


@pytest.fixture
def home(new_home):
    """Give a small home with nothing published yet."""
    return new_home()


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Give a small home with two items, published once, and the outcome; nobody may write to it."""
    opened = open_home(tmp_path_factory.mktemp("published"))
    opened.add(evidence("E1"), evidence("E2", "fund", lr=0.5))
    outcome = opened.refit()
    yield opened, outcome
    opened.store.close()
